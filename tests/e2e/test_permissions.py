"""No function has a permission to spare: taking any one of them away breaks what the function does."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import WebSocketException

from local.faults import Fault
from tests.e2e.test_chat import socket, talk
from tests.e2e.test_ingestion import cloud_id, fresh_key, indexed
from tests.support.cloud import RunningCloud, eventually
from tests.support.pictures import encode, garment

pytestmark = pytest.mark.cloud

# What the emulator grants without asking. That each is there, the policies over the graph assert.
UNENFORCED = {
    "logs:CreateLogStream": "the emulator itself writes the logs",
    "logs:PutLogEvents": "the emulator itself writes the logs",
    "xray:PutTelemetryRecords": "there is no X-Ray here",
    "xray:PutTraceSegments": "there is no X-Ray here",
    "s3:ListBucket": "the emulator says that an object is missing without asking for it",
    "sqs:DeleteMessage": "the emulator itself reads the queue",
    "sqs:GetQueueAttributes": "the emulator itself reads the queue",
    "sqs:ReceiveMessage": "the emulator itself reads the queue",
}
NOT_SETTLED = "key not settled"
TROUBLE = ('"level":"WARNING"', '"level":"ERROR"')
NO_TOOL_FAILED = '"ToolFailures":0.0'
SELDOM = {
    ("catalog-ingest", "sqs:ChangeMessageVisibility", "events"): "has a test of its own below",
    ("vectors-compactor", "s3:AbortMultipartUpload", ""): "only after a large snapshot failed half-way",
    ("search", "dynamodb:Query", "index/by-category"): "only while the vectors cannot be searched",
    ("clusters", "dynamodb:GetItem", "products"): "only when a row has changed meanwhile",
    ("clusters", "sqs:SendMessage", ""): "the emulator itself hands over failed events",
    ("vectors-compactor", "sqs:SendMessage", ""): "the emulator itself hands over failed events",
    ("chat", "bedrock:InvokeModel", "us-east-2::"): "the inference profile may choose any of its regions",
    ("chat", "bedrock:InvokeModel", "us-west-2::"): "the inference profile may choose any of its regions",
    ("chat", "bedrock:InvokeModelWithResponseStream", "us-east-2::"): "the same",
    ("chat", "bedrock:InvokeModelWithResponseStream", "us-west-2::"): "the same",
    ("chat", "dynamodb:GetItem", "connections-table"): "only when an event has lost its authorizer's context",
}


class Role:
    """The role of one deployed function, whose permissions can be taken away one by one."""

    def __init__(self, cloud: RunningCloud, name: str) -> None:
        functions = cloud.aws("lambda").list_functions()["Functions"]
        function = next(f for f in functions if f["FunctionName"].startswith(f"{name}-function-"))
        self.function = function["FunctionName"]
        self.log_group = function["LoggingConfig"]["LogGroup"]
        self._cloud = cloud
        self._role = function["Role"].rpartition("/")[2]
        iam = cloud.aws("iam")
        self._policy = iam.list_role_policies(RoleName=self._role)["PolicyNames"][0]
        document = iam.get_role_policy(RoleName=self._role, PolicyName=self._policy)["PolicyDocument"]
        self.document: dict[str, Any] = document if isinstance(document, dict) else json.loads(document)

    def grants(self) -> list[tuple[str, str]]:
        """Every action with the resource it is for."""
        return [
            (a, r) for s in self.document["Statement"] for a in s["Action"] for r in _listed(s["Resource"])
        ]

    @contextmanager
    def without(self, *grants: tuple[str, str]) -> Iterator[None]:
        """The role with some of its permissions taken away, in a process that starts anew."""
        statements = [
            {**s, "Action": [action], "Resource": [resource]}
            for s in self.document["Statement"]
            for action in s["Action"]
            for resource in _listed(s["Resource"])
            if (action, resource) not in grants
        ]
        self._put({**self.document, "Statement": statements})
        try:
            self.start_anew()
            yield
        finally:
            self._put(self.document)
            self.start_anew()

    def start_anew(self) -> None:
        """New code, even the same, ends the processes that run the old one."""
        functions = self._cloud.aws("lambda")
        bundle = httpx.get(functions.get_function(FunctionName=self.function)["Code"]["Location"])
        functions.update_function_code(FunctionName=self.function, ZipFile=bundle.content)

    def count_logged(self, *texts: str) -> int:
        """How many lines of the function's log so far hold one of these texts."""
        logs = self._cloud.aws("logs")
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=self.log_group)
        messages = [event["message"] for page in pages for event in page["events"]]
        return sum(any(text in message for text in texts) for message in messages)

    def _put(self, document: dict[str, Any]) -> None:
        self._cloud.aws("iam").put_role_policy(
            RoleName=self._role, PolicyName=self._policy, PolicyDocument=json.dumps(document)
        )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def search_works(cloud: RunningCloud, role: Role) -> bool:
    """Find something by new words and by taste, look at its picture, and log no warning meanwhile."""
    before = role.count_logged(*TROUBLE)
    with some_taste(cloud):
        query = {"query": f"dress {uuid.uuid4().hex}", "personalize": "0.5"}
        answer = cloud.call("GET", "/search", params=query)
    if answer.status_code != 200 or not answer.json()["results"] or answer.json()["ranker"] != "builtin":
        return False
    picture = httpx.get(answer.json()["results"][0]["image_url"])
    return picture.status_code == 200 and role.count_logged(*TROUBLE) == before


@contextmanager
def some_taste(cloud: RunningCloud) -> Iterator[str]:
    """A shopper who likes one product, and no longer afterwards; its id."""
    product_id = cloud.call("GET", "/products?limit=1").json()["products"][0]["product_id"]
    liked = {"product_id": product_id, "event_type": "favorite"}
    cloud.call("POST", "/interactions", json=liked)
    try:
        yield product_id
    finally:
        cloud.call("DELETE", "/me/style")


def style_works(cloud: RunningCloud, _role: Role) -> bool:
    with some_taste(cloud):
        style = cloud.call("GET", "/me/style")
        return style.status_code == 200 and style.json()["interactions"] == 1


def recording_works(cloud: RunningCloud, role: Role) -> bool:
    """An interaction handed over directly, as the queue would."""
    row = {
        "event_id": uuid.uuid4().hex,
        "user_id": uuid.uuid4().hex,
        "product_id": "a" * 20,
        "cluster": None,
        "event_type": "view",
        "session_id": "s",
        "timestamp": int(time.time()),
    }
    record = {"messageId": "1", "body": json.dumps([row])}
    answer = cloud.aws("lambda").invoke(FunctionName=role.function, Payload=json.dumps({"Records": [record]}))
    return json.loads(answer["Payload"].read()) == {"batchItemFailures": []}


def grouping_works(cloud: RunningCloud, role: Role) -> bool:
    """Group all products, one of which has lost its label, and log no warning meanwhile."""
    before = role.count_logged(*TROUBLE)
    product_id = cloud.call("GET", "/products?limit=1").json()["products"][0]["product_id"]
    cloud.aws("dynamodb").update_item(
        TableName=cloud.outputs["products_table"],
        Key={"product_id": {"S": product_id}},
        UpdateExpression="REMOVE #cluster",
        ExpressionAttributeNames={"#cluster": "cluster"},
    )
    answer = cloud.aws("lambda").invoke(FunctionName=role.function, Payload=json.dumps({"force": True}))
    if "FunctionError" in answer or not json.loads(answer["Payload"].read())["grouped"]:
        return False
    if role.count_logged(*TROUBLE) != before:
        return False
    return "cluster" in (cloud.product_row(product_id) or {})


def browsing_works(cloud: RunningCloud, _role: Role) -> bool:
    for path in ("/products?limit=2", "/products?category=dress&limit=2"):
        answer = cloud.call("GET", path)
        if answer.status_code != 200 or not answer.json()["products"]:
            return False
        product = answer.json()["products"][0]
        if httpx.get(product["image_url"]).status_code != 200:
            return False
        if cloud.call("GET", f"/products/{product['product_id']}").status_code != 200:
            return False
    return True


def ingestion_works(cloud: RunningCloud, role: Role) -> bool:
    """A new picture, its CSV row, its deletion and a bad picture, each handed over directly."""
    key, sheet, bad = fresh_key("skirt"), f"products/{uuid.uuid4().hex}.csv", fresh_key("skirt")
    row = f"image,name\n{key.removeprefix('products/')},Named by a sheet\n"
    failures = role.count_logged(NOT_SETTLED)
    cloud.dead_letters()
    if not _ingest(cloud, role, key, encode(garment("olive", seed=uuid.uuid4().int % 5000))):
        return False
    if not _ingest(cloud, role, sheet, row.encode()) or not _ingest(cloud, role, bad, b"no picture"):
        return False
    product = cloud.product_row(cloud_id(key)) or {}
    if product.get("name", {}).get("S") != "Named by a sheet" or not indexed(cloud, cloud_id(key)):
        return False
    if not [
        letter for letter in cloud.dead_letters() if letter["MessageAttributes"]["key"]["StringValue"] == bad
    ]:
        return False
    cloud.remove(key)
    if not _ingest(cloud, role, key, None) or cloud.product_row(cloud_id(key)) is not None:
        return False
    # The queue has handed the same events over as well: whoever came first may have met the refusal.
    return role.count_logged(NOT_SETTLED) == failures


def _ingest(cloud: RunningCloud, role: Role, key: str, content: bytes | None) -> bool:
    """Change an object behind the queue's back and hand its event to the function; whether it was settled."""
    bucket = f"{cloud.outputs['catalog_bucket']}"
    if content is not None:
        cloud.aws("s3").put_object(Bucket=bucket, Key=key, Body=content)
    body = json.dumps({"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}]})
    record = {
        "messageId": "1",
        "receiptHandle": "of no queue",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
    }
    answer = cloud.aws("lambda").invoke(FunctionName=role.function, Payload=json.dumps({"Records": [record]}))
    result = json.loads(answer["Payload"].read())
    return result == {"batchItemFailures": []}


def compaction_works(cloud: RunningCloud, role: Role) -> bool:
    before = role.count_logged(*TROUBLE)
    for request in ({"force": True}, {"from_table": True}):
        answer = cloud.aws("lambda").invoke(FunctionName=role.function, Payload=json.dumps(request))
        if "FunctionError" in answer:
            return False
    return role.count_logged(*TROUBLE) == before


def chatting_works(cloud: RunningCloud, role: Role) -> bool:
    """A turn over HTTP and one over the socket, with every tool answering, and a fact kept of the shopper."""
    wanted = {"message": "I am a woman, an outfit for the office in Lisbon tomorrow, up to 400 euros"}
    smooth = role.count_logged(NO_TOOL_FAILED)
    city = f"Porto {uuid.uuid4().hex[:6]}"
    cloud.call("PATCH", "/me", json={"consent": True})
    answer = cloud.call("POST", "/text", json=wanted | {"profile": {"city": city}})
    if answer.status_code != 200 or not answer.json()["products"] or "weather" not in answer.json():
        return False
    try:
        with socket(cloud, cloud.token) as connection:
            frames = talk(connection, **wanted)
    except (TimeoutError, WebSocketException):
        return False
    follow_up = {"message": "something cheaper", "session_id": answer.json()["session_id"]}
    if cloud.call("POST", "/text", json=follow_up).status_code != 200:
        return False
    if frames[-1].get("type") != "chat.done" or city not in cloud.call("GET", "/me").text:
        return False
    return role.count_logged(NO_TOOL_FAILED) == smooth + 3


def drawing_works(cloud: RunningCloud, role: Role) -> bool:
    """The outfit of a conversation, the same request once more, the album, and a picture deleted."""
    before = role.count_logged(*TROUBLE)
    session = cloud.say("a red dress for a party, I am a woman")["session_id"]
    body = {"prompt": "show me", "session_id": session, "request_id": uuid.uuid4().hex}
    for _ in range(2):
        answer = cloud.call("POST", "/image", json=body)
        if answer.status_code != 200 or httpx.get(answer.json()["images"][0]["url"]).status_code != 200:
            return False
    image_id = answer.json()["images"][0]["image_id"]
    album = cloud.call("GET", "/images")
    if album.status_code != 200 or image_id not in album.text:
        return False
    if cloud.call("DELETE", f"/images/{image_id}").status_code != 200:
        return False
    return role.count_logged(*TROUBLE) == before


def socket_works(cloud: RunningCloud, role: Role) -> bool:
    before = role.count_logged(*TROUBLE)
    try:
        with socket(cloud, cloud.token) as connection:
            connection.send(json.dumps({"action": "ping"}))
            if json.loads(connection.recv(timeout=3))["type"] != "pong":
                return False
    except (TimeoutError, WebSocketException):
        return False
    if role.count_logged(*TROUBLE) != before:
        return False
    deadline = time.monotonic() + 2
    while rows := _connections(cloud, role):
        if time.monotonic() > deadline:
            _forget(cloud, role, rows)
            return False
        time.sleep(0.1)
    return True


def _connections(cloud: RunningCloud, role: Role) -> list[dict[str, Any]]:
    """The rows of open connections; the end of one is told to the function a little later."""
    return cloud.aws("dynamodb").scan(TableName=_connections_table(cloud, role))["Items"]


def _forget(cloud: RunningCloud, role: Role, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        key = {"connection_id": row["connection_id"]}
        cloud.aws("dynamodb").delete_item(TableName=_connections_table(cloud, role), Key=key)


def _connections_table(cloud: RunningCloud, role: Role) -> str:
    function = cloud.aws("lambda").get_function_configuration(FunctionName=role.function)
    return json.loads(function["Environment"]["Variables"]["CONNECTIONS"])["table"]


SCENARIOS: dict[str, Callable[[RunningCloud, Role], bool]] = {
    "chat": chatting_works,
    "images": drawing_works,
    "realtime-lifecycle": socket_works,
    "search": search_works,
    "catalog-browse": browsing_works,
    "catalog-ingest": ingestion_works,
    "clusters": grouping_works,
    "personalization-recorder": recording_works,
    "personalization-style": style_works,
    "vectors-compactor": compaction_works,
}


def is_seldom(name: str, grant: tuple[str, str]) -> bool:
    action, resource = grant
    return any(key[:2] == (name, action) and key[2] in resource for key in SELDOM)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_permission_is_needed(cloud: RunningCloud, name: str) -> None:
    role, works = Role(cloud, name), SCENARIOS[name]
    assert works(cloud, role), "the scenario itself fails"
    spared: list[tuple[str, str]] = []
    for grant in role.grants():
        if grant[0] in UNENFORCED or is_seldom(name, grant):
            continue
        with role.without(grant):
            if works(cloud, role):
                spared.append(grant)
    assert works(cloud, role), "the role was not put back"
    assert not spared


def test_a_short_pause_after_a_failure_needs_its_permission(cloud: RunningCloud) -> None:
    role, key = Role(cloud, "catalog-ingest"), fresh_key("skirt")
    grant = next(grant for grant in role.grants() if grant[0] == "sqs:ChangeMessageVisibility")
    with role.without(grant), cloud.faults(Fault("bedrock", status=500)):
        cloud.upload(key, encode(garment("olive", seed=77)))
        eventually(lambda: role.count_logged("pause not set"))
    cloud.remove(key)
