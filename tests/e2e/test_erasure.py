"""A shopper who has used everything sees all that is kept of them; erased, nothing of it is left."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from local.users import access_token, create_user
from tests.e2e.doings import ADVICE, product_of
from tests.e2e.fitting import Shopper, listen
from tests.e2e.test_chat import socket, talk
from tests.support.cloud import RunningCloud, eventually, subject_of
from tests.support.roles import Role

pytestmark = pytest.mark.cloud

# Rows and objects that say whose they are and do not have to be described as kept.
PASSING = {"connections-table": "rows of open connections, gone when they close"}


@dataclass(frozen=True)
class Person:
    """A shopper of whom nothing was known before."""

    shopper: Shopper
    token: str
    id: str
    email: str
    city: str
    since: datetime


@pytest.fixture(scope="module")
def person(cloud: RunningCloud) -> Person:
    email, password, since = f"{uuid.uuid4().hex}@stylist.example", "Erase-Me-Now-1", datetime.now(UTC)
    create_user(cloud.aws("cognito-idp"), cloud.outputs["user_pool_id"], email, password, "shopper")
    token = access_token(cloud.description, email, password)
    shopper = Shopper(cloud, cloud.headers | {"authorization": f"Bearer {token}"})
    return Person(shopper, token, subject_of(token), email, f"Vila {uuid.uuid4().hex[:12]}", since)


def names_of(person: Person) -> tuple[str, ...]:
    """What tells of this shopper and of nobody else."""
    return (person.id, person.email, person.city)


def use_everything(cloud: RunningCloud, person: Person) -> None:
    """Leave a trace in every place that there is for one."""
    shopper = person.shopper
    dress = product_of(shopper, "dress")
    shopper.call("PATCH", "/me", json={"consent": True, "facts": {"city": person.city}}).raise_for_status()
    liked = {"product_id": dress, "event_type": "favorite"}
    assert shopper.call("POST", "/interactions", json=liked).json()["accepted"] == 1
    shopper.call("PUT", f"/me/closet/favorite/{dress}", json={}).raise_for_status()
    image = {"prompt": "a red dress", "request_id": uuid.uuid4().hex}
    shopper.call("POST", "/image", json=image).raise_for_status()
    photo = shopper.photo()
    with socket(cloud, person.token) as connection:
        said = talk(connection, message=ADVICE)[-1]
        connection.send(json.dumps({"action": "tryon", "model_id": photo, "product_ids": [dress]}))
        assert listen(connection)[-1]["status"] == "completed"
    told = {"session_id": said["session_id"], "turn": said["turn"], "rating": "up", "comment": "Lovely"}
    assert shopper.call("POST", "/feedback", json=told).status_code == 202


def test_everything_is_shown_and_nothing_is_left(cloud: RunningCloud, person: Person) -> None:
    use_everything(cloud, person)
    pseudonym = eventually(lambda: find_pseudonym(cloud, person))
    eventually(lambda: pseudonym in str(list(find_texts(cloud, person.since, "lake-bucket"))), within_s=60)
    names = names_of(person)
    holders = eventually(lambda: where(cloud, person, names) - set(PASSING))
    assert holders <= described(cloud), "not described in `kept`, so neither shown nor erased"
    exported = export(person.shopper)
    assert {name for name, records in exported.items() if not records} == set()
    assert {"closet", "profile", "sessions", "style", "try_ons"} <= set(exported)
    assert person.city in json.dumps(exported)
    links = [each["url"] for records in exported.values() for each in records if "url" in each]
    assert all(httpx.get(link).status_code == 200 for link in links)
    assert len(links) >= 3, "a picture, a photo and a look"
    erased = person.shopper.call("DELETE", "/me").json()["erased"]
    assert min(erased.values()) >= 1, erased
    assert where(cloud, person, names) == set()
    assert where(cloud, person, (pseudonym,)) <= {"lake-bucket"}
    assert not any(httpx.get(link).status_code == 200 for link in links)
    assert not any(export(person.shopper).values())


def test_nothing_of_a_shopper_is_in_a_log(cloud: RunningCloud, person: Person) -> None:
    logs = cloud.aws("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    since = int(person.since.timestamp() * 1000)
    for group in groups:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        lines = [event["message"] for page in pages for event in page["events"]]
        assert not [line for line in lines if any(name in line for name in names_of(person))]


def export(shopper: Shopper) -> dict[str, list[dict[str, Any]]]:
    """All pages of the export."""
    found: dict[str, list[dict[str, Any]]] = {}
    cursor: str | None = ""
    while cursor is not None:
        page = shopper.call("GET", f"/me/export?cursor={cursor}" if cursor else "/me/export").json()
        for name, records in page["data"].items():
            found.setdefault(name, []).extend(records)
        cursor = page["cursor"]
    return found


def described(cloud: RunningCloud) -> set[str]:
    """Logical names of the tables and buckets that the function behind /me is told of."""
    function = Role(cloud, "profile").function
    configuration = cloud.aws("lambda").get_function_configuration(FunctionName=function)
    variables = configuration["Environment"]["Variables"]
    places = [*json.loads(variables["KEPT"]), json.loads(variables["PROFILES"])]
    known = {place.get("table") or place.get("bucket") for place in places}
    return {name for name, physical in stores(cloud) if physical in known}


def stores(cloud: RunningCloud) -> Iterator[tuple[str, str]]:
    """Logical and physical name of every table and bucket of the stack, as its program declares them."""
    resources = json.loads((cloud.config.folder / "resources.json").read_text())
    for urn, resource in resources.items():
        kind, _, name = urn.partition("::")
        if kind in ("aws:dynamodb/table:Table", "aws:s3/bucket:Bucket"):
            yield name, resource["id"]


def where(cloud: RunningCloud, person: Person, names: tuple[str, ...]) -> set[str]:
    """Tables and buckets in which one of the names stands, in whatever version of whatever object."""
    return {
        store
        for store, _ in stores(cloud)
        if any(name in text for text in find_texts(cloud, person.since, store) for name in names)
    }


def find_texts(cloud: RunningCloud, since: datetime, store: str) -> Iterator[str]:
    """All rows of a table as text; all keys of a bucket, and the contents of what is new."""
    physical = dict(stores(cloud))[store]
    if physical in cloud.aws("dynamodb").list_tables()["TableNames"]:
        pages = cloud.aws("dynamodb").get_paginator("scan").paginate(TableName=physical)
        yield from (str(row) for page in pages for row in page["Items"])
        return
    s3 = cloud.aws("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=physical):
        yield from (each["Key"] for kind in ("Versions", "DeleteMarkers") for each in page.get(kind, []))
        for each in page.get("Versions", []):
            if each["LastModified"] >= since.replace(microsecond=0):
                place = {"Bucket": physical, "Key": each["Key"], "VersionId": each["VersionId"]}
                found = s3.get_object(**place)
                yield f"{found['Metadata']} {found['Body'].read().decode('latin-1')}"


def find_pseudonym(cloud: RunningCloud, person: Person) -> str:
    """What the lake calls a shopper, as long as their style profile tells."""
    table = dict(stores(cloud))["personalization-styles"]
    key = {"user_id": {"S": person.id}}
    row = cloud.aws("dynamodb").get_item(TableName=table, Key=key).get("Item", {})
    return row.get("pseudonym", {}).get("S", "")
