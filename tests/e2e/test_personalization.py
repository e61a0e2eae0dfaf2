"""Taste end to end: interactions change the next search, a reset undoes that, and erasure is whole."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from local.faults import Fault
from tests.support.cloud import RunningCloud, eventually

pytestmark = pytest.mark.cloud

NEUTRAL = "something to wear"


@pytest.fixture(autouse=True)
def _fresh_taste(cloud: RunningCloud) -> Iterator[None]:
    forget_taste(cloud)
    yield
    forget_taste(cloud)


def forget_taste(cloud: RunningCloud) -> None:
    cloud.call("PATCH", "/me/style", json={"opted_out": False, "weight": None})
    cloud.call("DELETE", "/me/style")


def find(cloud: RunningCloud, **body: Any) -> dict[str, Any]:
    answer = cloud.call("POST", "/search", json={"query": NEUTRAL, "limit": 10} | body)
    assert answer.status_code == 200, answer.text
    return {name: value for name, value in answer.json().items() if name != "took_ms"}


def ids(answer: dict[str, Any]) -> list[str]:
    return [result["product_id"] for result in answer["results"]]


def without_links(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the pictures' addresses, which are signed anew now and then."""
    results = [{k: v for k, v in each.items() if k != "image_url"} for each in answer["results"]]
    return {**answer, "results": results}


def products(cloud: RunningCloud, color: str, count: int) -> list[dict[str, Any]]:
    found = cloud.search(query=f"{color} clothes", filters={"color": color}, limit=count)
    assert len(found) == count
    return found


def tell(cloud: RunningCloud, chosen: Sequence[dict[str, Any]], kind: str = "favorite") -> dict[str, int]:
    events = [
        {"product_id": each["product_id"], "event_type": kind, "session_id": "visit"} for each in chosen
    ]
    answer = cloud.call("POST", "/interactions", json={"events": events})
    assert answer.status_code == 202, answer.text
    return answer.json()


def lake_lines(cloud: RunningCloud) -> list[dict[str, Any]]:
    s3, bucket = cloud.aws("s3"), cloud.outputs["lake_bucket"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="interactions/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
    return [json.loads(line) for body in bodies for line in body.decode().splitlines()]


def test_three_liked_pieces_change_the_next_search_and_a_reset_undoes_it(cloud: RunningCloud) -> None:
    baseline = find(cloud)
    assert baseline["ranker"] == "none"
    chosen = products(cloud, "red", 3)
    assert tell(cloud, chosen) == {"accepted": 3, "ignored": 0}
    personal = find(cloud)
    assert personal["ranker"] == "builtin"
    assert ids(personal) != ids(baseline)
    strong = find(cloud, personalize=0.8)
    reasons = [why for result in strong["results"] for why in result["why"]]
    assert any("the red " in why and "you saved" in why for why in reasons)
    clusters = {each["cluster"] for each in chosen}
    first = strong["results"][:3]
    assert all(result["color"] == "red" or result["cluster"] in clusters for result in first)
    assert any(result["color"] == "red" for result in first)
    assert without_links(find(cloud, personalize=0)) == without_links(baseline)
    assert cloud.call("DELETE", "/me/style").status_code == 200
    assert without_links(find(cloud)) == without_links(baseline)


def test_taste_turns_within_three_interactions(cloud: RunningCloud) -> None:
    tell(cloud, products(cloud, "red", 3))
    tell(cloud, products(cloud, "navy", 3))
    first = find(cloud, personalize=0.9)["results"][:5]
    navy = sum(result["color"] == "navy" for result in first)
    assert navy > sum(result["color"] == "red" for result in first)


def test_the_same_again_is_ignored_and_so_is_what_does_not_exist(cloud: RunningCloud) -> None:
    (dress,) = products(cloud, "red", 1)
    assert tell(cloud, [dress]) == {"accepted": 1, "ignored": 0}
    assert tell(cloud, [dress, {"product_id": "a" * 20}]) == {"accepted": 0, "ignored": 2}
    single = {"product_id": dress["product_id"], "event_type": "cart"}
    answer = cloud.call("POST", "/interactions", json=single)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "ignored": 0})


def test_the_profile_is_shown_corrected_and_weighted(cloud: RunningCloud) -> None:
    tell(cloud, products(cloud, "red", 2))
    style = cloud.call("GET", "/me/style").json()
    assert (style["interactions"], style["opted_out"], style["weight"]) == (2, False, 0.3)
    strengths = {(like["kind"], like["value"]): like["strength"] for like in style["likes"]}
    assert strengths["color", "red"] == pytest.approx(1.0)
    assert all(like["label"] for like in style["likes"])
    change = {"weight": 0.7, "remove": [{"kind": "color", "value": "red"}]}
    changed = cloud.call("PATCH", "/me/style", json=change).json()
    assert changed["weight"] == 0.7
    assert ("color", "red") not in {(like["kind"], like["value"]) for like in changed["likes"]}
    unknown = cloud.call("PATCH", "/me/style", json={"remove": [{"kind": "color", "value": "puce"}]})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (400, "remove.0")


def test_who_opts_out_leaves_no_trace(cloud: RunningCloud) -> None:
    baseline = find(cloud)
    dresses = products(cloud, "red", 3)
    tell(cloud, dresses)
    style = cloud.call("PATCH", "/me/style", json={"opted_out": True}).json()
    assert (style["opted_out"], style["interactions"], style["likes"]) == (True, 0, [])
    assert tell(cloud, products(cloud, "blue", 1)) == {"accepted": 0, "ignored": 1}
    assert without_links(find(cloud, personalize=1)) == without_links(baseline)


def test_interactions_reach_the_lake_without_a_name_and_lose_their_owner_with_the_account(
    cloud: RunningCloud,
) -> None:
    dresses = products(cloud, "red", 2)
    table = cloud.aws("dynamodb")
    name = next(each for each in table.list_tables()["TableNames"] if "personalization-styles" in each)
    tell(cloud, dresses, "purchase")
    subject = cloud.subject
    # Other shoppers of the run have their own.
    rows = [row for row in table.scan(TableName=name)["Items"] if row["user_id"]["S"] == subject]
    (pseudonym,) = {row["pseudonym"]["S"] for row in rows if "pseudonym" in row}
    lines = eventually(
        lambda: [each for each in lake_lines(cloud) if each["user_id"] == pseudonym], within_s=40
    )
    assert {line["product_id"] for line in lines} == {each["product_id"] for each in dresses}
    assert {line["event_type"] for line in lines} == {"purchase"}
    assert subject not in json.dumps(lake_lines(cloud))
    exported = cloud.call("GET", "/me/export").json()["data"]["style"]
    assert [event[1] for event in exported[0]["events"]] == ["purchase", "purchase"]
    assert pseudonym not in json.dumps(exported)
    assert cloud.call("DELETE", "/me").json()["erased"]["style"] == 1
    assert not [row for row in table.scan(TableName=name)["Items"] if row["user_id"]["S"] == subject]
    assert cloud.call("GET", "/me/style").json()["interactions"] == 0


def test_products_get_clusters_and_new_ones_theirs(cloud: RunningCloud) -> None:
    answer = cloud.aws("lambda").invoke(
        FunctionName=cloud.outputs["clusters_function"], Payload=json.dumps({"force": True})
    )
    figures = json.loads(answer["Payload"].read())
    assert figures["grouped"] and figures["clusters"] > 5, figures
    found = eventually(
        lambda: [r for r in find(cloud, limit=50)["results"] if r["cluster"] is not None], within_s=10
    )
    assert len(found) == 50
    again = cloud.aws("lambda").invoke(
        FunctionName=cloud.outputs["clusters_function"], Payload=json.dumps({"force": True})
    )
    second = json.loads(again["Payload"].read())
    assert second["changed"] <= figures["rows"] // 10
    assert second["kept_labels"] >= 0.9 * second["clusters"]


def test_a_throttled_table_costs_taste_not_the_answer(cloud: RunningCloud) -> None:
    baseline = find(cloud)
    tell(cloud, products(cloud, "red", 3))
    throttle = Fault("dynamodb", r"\.GetItem$", status=400, code="ThrottlingException")
    with cloud.faults(throttle):
        degraded = find(cloud, personalize=1)
    assert degraded["ranker"] == "none (unavailable)"
    assert ids(degraded) == ids(baseline)
    assert find(cloud, personalize=1)["ranker"] == "builtin"


def test_a_look_is_completed(cloud: RunningCloud) -> None:
    (shirt,) = cloud.search(query="white shirt", filters={"category": "shirt", "color": "white"}, limit=1)
    answer = cloud.call("GET", f"/products/{shirt['product_id']}/outfit")
    assert answer.status_code == 200, answer.text
    look = answer.json()
    assert {"bottom", "shoes"} <= {piece["slot"] for piece in look["outfit"]}
    assert shirt["product_id"] not in {piece["product_id"] for piece in look["outfit"]}
    assert look["total"] == pytest.approx(shirt["price"] + sum(piece["price"] for piece in look["outfit"]))
    small = cloud.call("GET", f"/products/{shirt['product_id']}/outfit", params={"budget": "1"}).json()
    assert small["outfit"] == [] and small["notes"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "events.0.product_id"),
        ({"events": []}, "events"),
        ({"product_id": "a" * 20, "event_type": "smell"}, "events.0.event_type"),
        ({"product_id": "short", "event_type": "view"}, "events.0.product_id"),
        (
            {"product_id": "a" * 20, "event_type": "view", "occurred_at": "2026-11-20T10:00:00"},
            "events.0.occurred_at",
        ),
        ({"events": [{"product_id": "a" * 20, "event_type": "view"}] * 51}, "events"),
    ],
)
def test_bad_interactions_are_refused_by_name(cloud: RunningCloud, body: dict[str, Any], field: str) -> None:
    answer = cloud.call("POST", "/interactions", json=body)
    assert answer.status_code == 400, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]
