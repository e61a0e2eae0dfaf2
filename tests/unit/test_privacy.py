"""What is kept of a shopper: seen, changed with consent, exported page by page, erased everywhere."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from runtime.privacy import handler as privacy
from runtime.privacy import logic
from runtime.privacy.handler import create_api
from runtime.privacy.settings import KeptObjects, KeptRows, read_kept
from runtime.privacy.stores.owned_objects import OwnedObjects
from runtime.privacy.stores.owned_rows import OwnedRows
from runtime.privacy.stores.port import Page, StoreUnavailable, UnknownPlace
from runtime.privacy.stores.profiles import ProfileTable
from runtime.privacy.stores.rows import read_row, write_value
from runtime.shared.aws import Clients
from runtime.shared.http import Api
from runtime.shared.problems import Problem
from runtime.shared.settings import SettingsError
from tests.unit.shop import CLAIMS, ENVIRONMENT, api_event, read_answer

ME = CLAIMS["sub"]
Call = Callable[..., tuple[int, dict[str, Any]]]


SESSIONS = KeptRows(
    name="sessions", table="sessions", keys=("session_id",), hidden=("version",), texts=("messages", "state")
)
PICTURES = KeptObjects(name="pictures", bucket="pictures", prefix="images/")
KEYS = {"profiles": ["user_id"], "sessions": ["user_id", "session_id"]}


@pytest.fixture(scope="module")
def tables() -> Iterator[Any]:
    """Both tables; making a client for each test would take most of the time."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        client = Clients().get("dynamodb")
        for table, keys in KEYS.items():
            client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind}
                    for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            )
        yield client


@pytest.fixture
def dynamodb(tables: Any) -> Any:
    for table, keys in KEYS.items():
        for item in tables.scan(TableName=table)["Items"]:
            tables.delete_item(TableName=table, Key={key: item[key] for key in keys})
    return tables


@pytest.fixture
def profiles(dynamodb: Any) -> ProfileTable:
    return ProfileTable(dynamodb, "profiles")


@pytest.fixture
def sessions(dynamodb: Any) -> OwnedRows:
    return OwnedRows(dynamodb, SESSIONS, lambda seconds: None)


@pytest.fixture
def api(profiles: ProfileTable, sessions: OwnedRows) -> Api:
    return create_api(profiles, [profiles, sessions])


@pytest.fixture
def call(api: Api) -> Call:
    def run(
        method: str, path: str = "/me", body: Any = None, user: str = ME, **query: str
    ) -> tuple[int, dict[str, Any]]:
        text = None if body is None else body if isinstance(body, str) else json.dumps(body)
        event = api_event(method, path, body=text, query=query, claims={**CLAIMS, "sub": user})
        return read_answer(api(event, None))[:2]

    return run


def put_session(dynamodb: Any, session_id: str, user: str = ME, **more: Any) -> None:
    row = {
        "user_id": user,
        "session_id": session_id,
        "messages": json.dumps([{"role": "user", "content": [{"text": "a dress"}]}]),
        "brief": {"budget": 199.5, "sizes": ["M"]},
        "turn": 1,
        "version": 3,
        "expires_at": 1_800_000_000,
        **more,
    }
    dynamodb.put_item(TableName="sessions", Item={name: write_value(value) for name, value in row.items()})


def count(dynamodb: Any, table: str) -> int:
    return dynamodb.scan(TableName=table, Select="COUNT")["Count"]


def test_a_stranger_has_an_empty_profile(call: Call) -> None:
    assert call("GET") == (200, {"consent": False, "facts": {}, "updated_at": None})


def test_facts_are_kept_with_consent_seen_changed_and_removed(call: Call) -> None:
    facts = {
        "age_group": "30-50",
        "gender": "women",
        "sizes": ["M", "38"],
        "style": "classic",
        "budget": 199.5,
    }
    status, body = call("PATCH", body={"consent": True, "facts": {**facts, "city": "Lisbon"}})
    assert status == 200 and body["facts"] == {**facts, "city": "Lisbon"} and body["updated_at"]
    status, body = call("PATCH", body={"facts": {"city": None, "budget": 250}})
    assert (status, body["facts"]) == (200, {**facts, "budget": 250})
    assert call("GET")[1]["facts"] == {**facts, "budget": 250}


def test_facts_without_consent_are_not_kept(call: Call, dynamodb: Any) -> None:
    status, problem = call("PATCH", body={"facts": {"city": "Lisbon"}})
    assert (status, problem["title"]) == (409, "No consent")
    assert count(dynamodb, "profiles") == 0


def test_consent_withdrawn_forgets_the_facts_and_stays_withdrawn(call: Call, dynamodb: Any) -> None:
    call("PATCH", body={"consent": True, "facts": {"city": "Lisbon"}})
    status, body = call("PATCH", body={"consent": False})
    assert (status, body["consent"], body["facts"]) == (200, False, {})
    assert "Lisbon" not in json.dumps(dynamodb.scan(TableName="profiles")["Items"])
    assert call("PATCH", body={"facts": {"city": "Lisbon"}})[0] == 409


def test_agreeing_again_keeps_the_facts(call: Call) -> None:
    call("PATCH", body={"consent": True, "facts": {"city": "Lisbon"}})
    assert call("PATCH", body={"consent": True})[1]["facts"] == {"city": "Lisbon"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "consent"),
        ({"facts": {}}, "consent"),
        ({"consent": False, "facts": {"city": "Lisbon"}}, "facts"),
        ({"consent": "yes"}, "consent"),
        ({"consent": True, "facts": {"age_group": "34"}}, "facts.age_group"),
        ({"consent": True, "facts": {"gender": "x"}}, "facts.gender"),
        ({"consent": True, "facts": {"budget": -1}}, "facts.budget"),
        ({"consent": True, "facts": {"sizes": []}}, "facts.sizes"),
        ({"consent": True, "facts": {"city": " "}}, "facts.city"),
        ({"consent": True, "facts": {"city": "x" * 101}}, "facts.city"),
        ({"consent": True, "facts": {"income": 1}}, "facts.income"),
        ({"user_id": "other"}, "user_id"),
    ],
)
def test_a_wrong_change_is_refused_by_field_and_changes_nothing(
    call: Call, dynamodb: Any, body: Any, field: str
) -> None:
    status, problem = call("PATCH", body=body)
    assert status == 400
    assert [error["field"] for error in problem["errors"]] == [field]
    assert count(dynamodb, "profiles") == 0


def test_an_export_tells_all_in_readable_form(call: Call, dynamodb: Any) -> None:
    call("PATCH", body={"consent": True, "facts": {"city": "Lisbon"}})
    put_session(dynamodb, "s1", feedback={"1": {"rating": "up"}}, state=json.dumps({"formality": "smart"}))
    status, body = call("GET", "/me/export")
    assert status == 200 and body["cursor"] is None and body["exported_at"]
    assert list(body["data"]) == ["profile", "sessions"]
    (profile,), (session,) = body["data"]["profile"], body["data"]["sessions"]
    assert (profile["consent"], profile["facts"]) == (True, {"city": "Lisbon"})
    assert session["messages"] == [{"role": "user", "content": [{"text": "a dress"}]}]
    assert session["brief"] == {"budget": 199.5, "sizes": ["M"]}
    assert session["state"] == {"formality": "smart"}
    assert session["expires_at"] == "2027-01-15T08:00:00+00:00"
    assert session["session_id"] == "s1" and "version" not in session


def test_an_export_of_many_pages_repeats_and_loses_nothing(
    call: Call, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logic, "PAGE_BYTES", 500_000)
    call("PATCH", body={"consent": True, "facts": {"city": "Lisbon"}})
    for number in range(30):
        put_session(dynamodb, f"s{number:02}", messages=json.dumps(["x" * 190_000]))
    seen: list[str] = []
    profiles = pages = 0
    query: dict[str, str] = {}
    while True:
        status, body = call("GET", "/me/export", **query)
        assert status == 200
        assert len(json.dumps(body)) < 6_000_000
        seen += [session["session_id"] for session in body["data"].get("sessions", [])]
        profiles += len(body["data"].get("profile", []))
        pages += 1
        if body["cursor"] is None:
            break
        query = {"cursor": body["cursor"]}
    assert seen == [f"s{number:02}" for number in range(30)]
    assert profiles == 1 and pages > 2


@pytest.mark.parametrize("cursor", ["x", "bm8=", "W10=", "WyJvdGhlciIsbnVsbF0=", "WyJzZXNzaW9ucyIsN10="])
def test_a_cursor_of_no_export_is_refused(call: Call, cursor: str) -> None:
    status, problem = call("GET", "/me/export", cursor=cursor)
    assert (status, problem["errors"][0]["field"]) == (400, "cursor")


@pytest.mark.parametrize("place", ["not json", "[1]", '{"other": "x"}'])
def test_a_cursor_with_a_place_of_no_export_is_refused(dynamodb: Any, place: str) -> None:
    """DynamoDB refuses keys that are no place of the table, which moto does not."""
    refusing = OwnedRows(Interrupted(dynamodb, query="ValidationException"), SESSIONS)
    with pytest.raises(UnknownPlace):
        refusing.read(ME, place)
    cursor = base64.urlsafe_b64encode(json.dumps(["sessions", place]).encode()).decode()
    with pytest.raises(Problem) as problem:
        logic.export([refusing], ME, cursor)
    assert (problem.value.status, problem.value.errors[0].field) == (400, "cursor")


def test_erasing_leaves_nothing_of_the_shopper_and_all_of_others(call: Call, dynamodb: Any) -> None:
    call("PATCH", body={"consent": True, "facts": {"city": "Lisbon"}})
    call("PATCH", body={"consent": True, "facts": {"city": "Porto"}}, user="other")
    for number in range(60):
        put_session(dynamodb, f"s{number}")
    put_session(dynamodb, "theirs", user="other")
    assert call("DELETE") == (200, {"erased": {"profile": 1, "sessions": 60}})
    left = [*dynamodb.scan(TableName="profiles")["Items"], *dynamodb.scan(TableName="sessions")["Items"]]
    assert {item["user_id"]["S"] for item in left} == {"other"} and len(left) == 2
    assert call("DELETE") == (200, {"erased": {"profile": 0, "sessions": 0}})
    assert call("GET", "/me/export")[1]["data"] == {"profile": [], "sessions": []}


def test_nobody_sees_what_is_kept_of_others(call: Call, dynamodb: Any) -> None:
    call("PATCH", body={"consent": True, "facts": {"city": "Lisbon"}})
    put_session(dynamodb, "s1")
    assert call("GET", user="other")[1]["facts"] == {}
    assert call("GET", "/me/export", user="other")[1]["data"] == {"profile": [], "sessions": []}


class Interrupted:
    """A client whose calls fail, or leave work undone, as told."""

    def __init__(self, client: Any, **answers: Any) -> None:
        self._client = client
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        if operation not in self._answers:
            return getattr(self._client, operation)
        answer = self._answers[operation]
        if isinstance(answer, str):
            raise_it = ClientError({"Error": {"Code": answer}}, operation)

            def fail(**_: Any) -> None:
                raise raise_it

            return fail
        return answer


@pytest.mark.parametrize("operation", ["get_item", "update_item", "delete_item", "query"])
def test_a_throttled_table_is_a_clear_problem(dynamodb: Any, operation: str) -> None:
    throttled = Interrupted(dynamodb, **{operation: "ProvisionedThroughputExceededException"})
    table = ProfileTable(throttled, "profiles")
    api = create_api(table, [table, OwnedRows(throttled, SESSIONS)])
    request = {
        "get_item": ("GET", "/me", None),
        "update_item": ("PATCH", "/me", '{"consent": true}'),
        "delete_item": ("DELETE", "/me", None),
        "query": ("GET", "/me/export", None),
    }[operation]
    status, problem, headers = read_answer(api(api_event(request[0], request[1], body=request[2]), None))
    assert (status, problem["title"], headers["retry-after"]) == (503, "Temporarily unavailable", "5")


def test_deletions_left_over_are_tried_again_then_told(dynamodb: Any) -> None:
    put_session(dynamodb, "s1")
    rounds: list[int] = []

    def leave_over(RequestItems: Any) -> Any:
        rounds.append(1)
        if len(rounds) < 3:
            return {"UnprocessedItems": RequestItems}
        return dynamodb.batch_write_item(RequestItems=RequestItems)

    waits: list[float] = []
    table = OwnedRows(Interrupted(dynamodb, batch_write_item=leave_over), SESSIONS, waits.append)
    assert table.erase(ME) == 1
    assert count(dynamodb, "sessions") == 0 and waits == sorted(waits) and len(waits) == 2

    put_session(dynamodb, "s2")
    never = Interrupted(dynamodb, batch_write_item=lambda RequestItems: {"UnprocessedItems": RequestItems})
    with pytest.raises(StoreUnavailable):
        OwnedRows(never, SESSIONS, waits.append).erase(ME)


def test_any_other_error_is_not_taken_for_a_busy_table(dynamodb: Any) -> None:
    refused = Interrupted(dynamodb, get_item="AccessDeniedException")
    with pytest.raises(ClientError):
        ProfileTable(refused, "profiles").load(ME)


def test_a_full_page_before_the_last_store_goes_on_with_the_next() -> None:
    class Big:
        name = "big"

        def read(self, user_id: str, after: str | None) -> Page:
            return Page(({"text": "x" * logic.PAGE_BYTES},))

        def erase(self, user_id: str) -> int:
            return 0

    class Small(Big):
        name = "small"

        def read(self, user_id: str, after: str | None) -> Page:
            return Page(({"text": "y"},))

    stores = [Big(), Small()]
    first = logic.export(stores, ME, None)
    assert list(first.data) == ["big"] and first.cursor is not None
    second = logic.export(stores, ME, first.cursor)
    assert (second.data, second.cursor) == ({"small": [{"text": "y"}]}, None)


@pytest.fixture
def pictures(tables: Any) -> OwnedObjects:
    s3 = Clients().get("s3")
    s3.create_bucket(Bucket="pictures")
    return OwnedObjects(s3, PICTURES)


def put_pictures(count: int, user: str = ME) -> None:
    s3 = Clients().get("s3")
    for number in range(count):
        s3.put_object(Bucket="pictures", Key=f"images/{user}/{number:04}.png", Body=b"png")


def test_pictures_are_exported_with_an_address_and_erased(
    profiles: ProfileTable, pictures: OwnedObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.privacy.stores.owned_objects._PAGE", 2)
    monkeypatch.setattr("runtime.privacy.stores.owned_objects._BATCH", 2)
    put_pictures(5)
    put_pictures(1, user=f"{ME}-twin")
    exported = logic.export([profiles, pictures], ME, None)
    found = exported.data["pictures"]
    assert [each["file"] for each in found] == [f"{number:04}.png" for number in range(5)]
    assert found[0]["bytes"] == 3 and found[0]["made_at"] and "Signature" in found[0]["url"]
    assert pictures.erase(ME) == 5
    assert pictures.erase(ME) == 0
    assert len(pictures.read(f"{ME}-twin", None).records) == 1


def test_pictures_that_were_not_erased_are_told(pictures: OwnedObjects) -> None:
    put_pictures(1)
    s3 = Clients().get("s3")
    stubborn = Interrupted(s3, delete_objects=lambda **_: {"Errors": [{"Key": "k", "Code": "InternalError"}]})
    with pytest.raises(StoreUnavailable):
        OwnedObjects(stubborn, PICTURES).erase(ME)
    with pytest.raises(StoreUnavailable):
        OwnedObjects(Interrupted(s3, list_objects_v2="SlowDown"), PICTURES).read(ME, None)


def test_every_version_of_a_picture_is_erased(pictures: OwnedObjects) -> None:
    s3 = Clients().get("s3")
    s3.create_bucket(Bucket="kept-versions")
    s3.put_bucket_versioning(Bucket="kept-versions", VersioningConfiguration={"Status": "Enabled"})
    for key in (f"images/{ME}/a.png", f"images/{ME}/a.png", "images/other/a.png"):
        s3.put_object(Bucket="kept-versions", Key=key, Body=b"png")
    s3.delete_object(Bucket="kept-versions", Key=f"images/{ME}/a.png")
    versioned = OwnedObjects(s3, KeptObjects(name="pictures", bucket="kept-versions", prefix="images/"))
    assert versioned.erase(ME) == 3
    left = s3.list_object_versions(Bucket="kept-versions")
    assert [each["Key"] for each in left["Versions"]] == ["images/other/a.png"]
    assert "DeleteMarkers" not in left


def test_rows_found_through_an_index_are_exported_and_erased_by_their_own_keys(tables: Any) -> None:
    tables.create_table(
        TableName="jobs",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "user_id", "created_at")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_user",
                "KeySchema": [
                    {"AttributeName": "user_id", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for number, user in enumerate([ME] * 30 + ["other"]):
        row = {"id": f"j{number:02}", "user_id": user, "created_at": f"2026-11-{number:02}", "secret": 1}
        tables.put_item(TableName="jobs", Item={name: write_value(value) for name, value in row.items()})
    jobs = OwnedRows(
        tables, KeptRows(name="jobs", table="jobs", keys=("id",), index="by_user", hidden=("secret",))
    )
    assert jobs.read(ME, None).records[0] == {"id": "j00", "created_at": "2026-11-00"}
    assert jobs.erase(ME) == 30
    assert [row["id"]["S"] for row in tables.scan(TableName="jobs")["Items"]] == ["j30"]


def test_a_place_of_unknown_kind_is_refused_by_name() -> None:
    assert read_kept({"KEPT": f"[{PICTURES.model_dump_json()}]"}) == [PICTURES]
    with pytest.raises(SettingsError, match="KEPT is wrong: 0"):
        read_kept({"KEPT": '[{"kind": "files", "name": "x"}]'})


def test_rows_are_read_and_written_plainly() -> None:
    value = {"a": [1, 2.5, True, None, "x"], "b": {"c": ("y",)}}
    assert read_row({"row": write_value(value)}) == {
        "row": {"a": [1, 2.5, True, None, "x"], "b": {"c": ["y"]}}
    }
    assert read_row({"set": {"SS": ["b", "a"]}}) == {"set": ["a", "b"]}


def test_the_handler_reads_its_settings(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILES", json.dumps({"table": "profiles"}))
    monkeypatch.setenv("KEPT", f"[{SESSIONS.model_dump_json()}, {PICTURES.model_dump_json()}]")
    privacy._open_api.cache_clear()
    try:
        assert read_answer(privacy.handler(api_event("GET", "/me"), None))[0] == 200
    finally:
        privacy._open_api.cache_clear()
