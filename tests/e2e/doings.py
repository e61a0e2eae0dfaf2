"""All that the functions of a stack do, done once: what their permissions are for."""

import json
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from websockets.sync.client import ClientConnection

from local.faults import Fault
from runtime.shared.products import product_id_for_key
from runtime.vectors.compactor import KEPT_SNAPSHOTS
from tests.e2e.desk import Merchandiser
from tests.e2e.fitting import Shopper, draw_shopper, listen
from tests.e2e.test_chat import socket, talk
from tests.support.cloud import RunningCloud, eventually
from tests.support.pictures import encode, garment, unusable_pictures
from tests.support.roles import Role

ADVICE = "I am a woman, an outfit for the office in Lisbon tomorrow, up to 400 euros"


def start_without_a_snapshot(cloud: RunningCloud) -> None:
    """What is kept in memory is read when a process starts: vectors from the table without a snapshot."""
    search, clusters, ingest = (Role(cloud, name) for name in ("search", "clusters", "catalog-ingest"))
    with cloud.faults(Fault("s3", "/indexes/.*latest", status=404, code="NoSuchKey")):
        for role in (search, clusters):
            role.start_anew()
        assert cloud.search(query="dress")
        clusters.invoke({"force": True})
    for role in (search, clusters, ingest):
        role.start_anew()


def look_around(cloud: RunningCloud) -> None:
    """Browse, look at pictures, like something, search by taste, and forget the taste again."""
    cloud.call("DELETE", "/me/style")
    for path in ("/products/trending", "/products/trending?category=dress"):
        assert cloud.call("GET", path).status_code == 200
    products = cloud.call("GET", "/products?limit=2").json()["products"]
    listed = cloud.call("GET", "/products?category=dress&limit=2").json()["products"]
    product_id = products[0]["product_id"]
    for product in (listed[0], cloud.call("GET", f"/products/{product_id}").json()):
        assert httpx.get(product["image_url"]).status_code == 200
    liked = {"product_id": product_id, "event_type": "favorite"}
    assert cloud.call("POST", "/interactions", json=liked).json()["accepted"] == 1
    found = cloud.call("GET", f"/search?query=dress {uuid.uuid4().hex}&personalize=0.5").json()
    assert found["ranker"] == "builtin"
    assert httpx.get(found["results"][0]["image_url"]).status_code == 200
    assert cloud.call("GET", "/me/style").json()["interactions"] == 1
    assert cloud.call("DELETE", "/me/style").json()["interactions"] == 0


def fill_the_closet(cloud: RunningCloud) -> None:
    """Something is saved, changed and taken out again; a look is changed that has lost its piece."""
    (product,) = cloud.call("GET", "/products?limit=1").json()["products"]
    for kind, item_id, body in (
        ("bag", product["product_id"], {"size": "M"}),
        ("look", "permissions", {"product_ids": [product["product_id"]]}),
    ):
        place = f"/me/closet/{kind}/{item_id}"
        for _ in range(2):
            assert cloud.call("PUT", place, json=body).status_code == 200
        assert item_id in cloud.call("GET", "/me/closet").text
        assert cloud.call("DELETE", place).json() == {"deleted": item_id}
    gone = {"product_ids": ["a" * 20]}
    assert cloud.call("PUT", "/me/closet/look/permissions", json=gone).status_code == 422


def record_an_interaction(cloud: RunningCloud) -> None:
    """Handed over directly: in the queue it waits for company."""
    row = {
        "event_id": uuid.uuid4().hex,
        "user_id": uuid.uuid4().hex,
        "product_id": "a" * 20,
        "cluster": None,
        "category": None,
        "event_type": "view",
        "session_id": "s",
        "timestamp": int(time.time()),
    }
    assert Role(cloud, "personalization-recorder").invoke(queued([row])) == {"batchItemFailures": []}


def extend_the_catalogue(cloud: RunningCloud) -> None:
    """A new picture, its CSV row, its deletion, a bad picture, and a message that comes again."""
    role, name = Role(cloud, "catalog-ingest"), uuid.uuid4().hex
    key, sheet, bad = f"products/skirt/{name}.jpg", f"products/{name}.csv", f"products/skirt/{name}.png"
    product_id = product_id_for_key(key)
    row = f"image,name\nskirt/{name}.jpg,Named by a sheet\n"
    picture = encode(garment("olive", seed=uuid.uuid4().int % 5000))
    for each, content in ((key, picture), (sheet, row.encode()), (bad, b"no picture")):
        put(cloud, "catalog_bucket", each, content)
        assert role.invoke(uploaded(cloud, "catalog_bucket", each)) == {"batchItemFailures": []}
    product = cloud.product_row(product_id)
    assert product is not None and product["name"]["S"] == "Named by a sheet"
    for each in (key, sheet, bad):
        cloud.remove(each)
    assert role.invoke(uploaded(cloud, "catalog_bucket", key)) == {"batchItemFailures": []}
    assert cloud.product_row(product_id) is None
    with cloud.faults(Fault("bedrock", "/invoke", status=500)):
        put(cloud, "catalog_bucket", key, encode(garment("olive", seed=uuid.uuid4().int % 5000)))
        assert role.invoke(uploaded(cloud, "catalog_bucket", key))["batchItemFailures"]
        cloud.remove(key)
    cloud.dead_letters()


def group_products(cloud: RunningCloud) -> None:
    """All products, one of which has lost its label."""
    product_id = cloud.call("GET", "/products?limit=1").json()["products"][0]["product_id"]
    cloud.aws("dynamodb").update_item(
        TableName=cloud.outputs["products_table"],
        Key={"product_id": {"S": product_id}},
        UpdateExpression="REMOVE #cluster",
        ExpressionAttributeNames={"#cluster": "cluster"},
    )
    assert Role(cloud, "clusters").invoke({"force": True})["grouped"]
    assert "cluster" in (cloud.product_row(product_id) or {})


def look_after_the_catalogue(cloud: RunningCloud) -> None:
    """Bring pictures, see one refused, try it again, throw it away, and have the products grouped."""
    Role(cloud, "desk").start_anew()  # a count of products is remembered for a while
    desk, good = Merchandiser(cloud), encode(garment("plum", seed=uuid.uuid4().int % 5000))
    keys = desk.upload({"good.jpg": good, "bad.jpg": b"no picture"})
    told = desk.settled(*keys.values())
    assert {each["status"] for each in told.values()} == {"indexed", "refused"}
    desk.forget_outcome(keys["good.jpg"])
    assert desk.files(keys["good.jpg"])[keys["good.jpg"]]["status"] == "indexed"
    [letter] = eventually(lambda: desk.letters(keys["bad.jpg"]))
    desk.call("POST", "/catalog/dead-letters/retry", json={"ids": [letter["id"]]}).raise_for_status()
    assert desk.read("/catalog/status")["products"]["count"] > 0
    eventually(lambda: desk.call("POST", "/catalog/clusters").status_code == 202)
    eventually(lambda: desk.letters(keys["bad.jpg"]))
    desk.tidy_up()


def compact(cloud: RunningCloud) -> None:
    """As often as it takes until an old snapshot is deleted, and once from the table."""
    role = Role(cloud, "vectors-compactor")
    for request in ({"from_table": True}, *[{"force": True}] * (KEPT_SNAPSHOTS + 1)):
        role.invoke(request)


def talk_with_the_stylist(cloud: RunningCloud) -> None:
    """Over HTTP with a fact that is kept, over the socket, and on in the same conversation."""
    city = f"Porto {uuid.uuid4().hex[:6]}"
    cloud.call("PATCH", "/me", json={"consent": True})
    said = cloud.say(ADVICE, profile={"city": city})
    assert said["products"] and said["weather"]
    with socket(cloud, cloud.token) as connection:
        connection.send(json.dumps({"action": "ping"}))
        assert json.loads(connection.recv(timeout=10))["type"] == "pong"
        assert talk(connection, message=ADVICE)[-1]["type"] == "chat.done"
    said = cloud.say("what do other customers say about your dresses?", said["session_id"])
    assert cloud.call("GET", "/conversations").json()["conversations"]
    assert cloud.call("GET", f"/conversations/{said['session_id']}").json()["turns"]
    assert city in cloud.call("GET", "/me").text
    come_without_a_name(Role(cloud, "chat"), "chat")


def read_documents(cloud: RunningCloud) -> None:
    """A change is read, and the job that reads it looked after; handed over directly."""
    role = Role(cloud, "knowledge-sync")
    put(cloud, "documents_bucket", "permissions.csv", b"data/description\nA coat for the rain.\n")
    assert role.invoke(queued({"Records": []})) is not None
    agent = cloud.ai("bedrock-agent")
    place = {
        "knowledgeBaseId": cloud.outputs["knowledge_base_id"],
        "dataSourceId": cloud.outputs["data_source_id"],
    }
    jobs = eventually(lambda: agent.list_ingestion_jobs(**place)["ingestionJobSummaries"])
    role.invoke(queued({"job": jobs[0]["ingestionJobId"]}))


def draw_an_outfit(cloud: RunningCloud) -> None:
    """The outfit of a conversation, the same request once more, the album, and a picture deleted."""
    session = cloud.say("a red dress for a party, I am a woman")["session_id"]
    body = {"prompt": "show me", "session_id": session, "request_id": uuid.uuid4().hex}
    images = [cloud.call("POST", "/image", json=body).json()["images"][0] for _ in range(2)]
    assert all(httpx.get(image["url"]).status_code == 200 for image in images)
    image_id = images[0]["image_id"]
    assert image_id in cloud.call("GET", "/images").text
    assert cloud.call("DELETE", f"/images/{image_id}").status_code == 200


def bring_photos(cloud: RunningCloud) -> None:
    """One to use, a bad one, one that nobody announced, nobody's, and a message that comes again."""
    shopper, role = Shopper(cloud, cloud.headers), Role(cloud, "photos-intake")
    ready = shopper.photo()
    bad, _ = shopper.upload(unusable_pictures()["a GIF"])
    shown = shopper.call("GET", f"/models/{ready}").json()
    assert httpx.get(shown["image_url"]).status_code == 200
    user = shown["image_url"].split("/models/")[1].split("/")[0]
    unannounced, nobodys = f"models/{user}/{uuid.uuid4().hex}", "models/nobodys"
    for key in (unannounced, nobodys):
        put(cloud, "photos_bucket", key, draw_shopper())
    for key in (unannounced, nobodys):
        role.invoke(uploaded(cloud, "photos_bucket", key))
    assert shopper.wait_for_photo(unannounced.rpartition("/")[2])["status"] == "ready"
    assert shopper.wait_for_photo(bad)["status"] == "refused"
    fail_a_message(role)
    for each in (ready, bad, unannounced.rpartition("/")[2]):
        shopper.call("DELETE", f"/models/{each}")


def try_on(cloud: RunningCloud) -> None:
    """Two garments with a mask of the shopper's own, looked at, one deleted, and all with the photo."""
    shopper = Shopper(cloud, cloud.headers)
    photo = shopper.photo()
    mask = {"maskType": "IMAGE", "maskImage": b64encode(draw_shopper()).decode(), "returnMask": True}
    order_over_the_socket(cloud, photo, [product_of(shopper, "dress"), product_of(shopper, "hat")])
    with cloud.faults(Fault("bedrock", "/invoke", status=400, code="ValidationException")):
        assert shopper.wait(shopper.order(photo, product_of(shopper, "dress")))["status"] == "error"
    second = shopper.wait(shopper.order(photo, product_of(shopper, "dress"), parameters=mask))
    assert httpx.get(second["result_url"]).status_code == 200, second
    assert second["job_id"] in shopper.call("GET", "/try-on").text
    shopper.call("DELETE", f"/try-on/{second['job_id']}").raise_for_status()
    assert photo in shopper.call("GET", "/models").text
    assert shopper.call("DELETE", f"/models/{photo}").json()["deleted"]["jobs"] == 2
    fail_a_message(Role(cloud, "try-on-delivery"))
    come_without_a_name(Role(cloud, "try-on-routes"), "subscribe")


def order_over_the_socket(cloud: RunningCloud, photo: str, products: list[str]) -> dict[str, Any]:
    with socket(cloud, cloud.token) as connection:
        asked = {"action": "tryon", "model_id": photo, "product_ids": products}
        connection.send(json.dumps(asked | {"request_id": uuid.uuid4().hex}))
        done = listen(connection)[-1]
    assert done["status"] == "completed", done
    assert all(httpx.get(done[name]).status_code == 200 for name in ("result_url", "person_url"))
    return done


def bring_a_stuck_job_to_an_end(cloud: RunningCloud) -> None:
    """Its result lies there untold; then it is lost and nobody works on it; then the workflow gives it up."""
    sweeper, closer = Role(cloud, "try-on-sweeper"), Role(cloud, "try-on-closer")
    with finished_job(cloud) as job:
        job.turn_back()
        sweeper.invoke({})
        job.expect("completed")
        job.lose_the_result()
        job.turn_back()
        sweeper.invoke({})
        job.expect("error")
        job.turn_back()
        closer.invoke({"job_id": job.id, "error": {"Error": "NotMade", "Cause": "Too little light."}})
        job.expect("error")


def see_and_erase_oneself(cloud: RunningCloud) -> None:
    """With something in every place; the shopper is a new one to the shop afterwards."""
    shopper = Shopper(cloud, cloud.headers)
    order_over_the_socket(cloud, shopper.photo(), [product_of(shopper, "dress")])
    assert cloud.call("POST", "/image", json={"prompt": "a red dress"}).status_code == 200
    liked = {"product_id": product_of(shopper, "dress"), "event_type": "favorite"}
    cloud.call("POST", "/interactions", json=liked)
    cloud.call("PUT", f"/me/closet/favorite/{liked['product_id']}", json={})
    cloud.call("PATCH", "/me", json={"consent": True, "facts": {"city": "Porto"}})
    assert cloud.call("GET", "/me").json()["facts"]["city"] == "Porto"
    exported = cloud.call("GET", "/me/export").json()["data"]
    links = [record["url"] for records in exported.values() for record in records if "url" in record]
    assert len(links) >= 3 and all(httpx.get(link).status_code == 200 for link in links)
    erased = cloud.call("DELETE", "/me").json()["erased"]
    assert min(erased.values()) >= 1, erased


def visit(cloud: RunningCloud) -> None:
    """As the schedule has it done."""
    assert Role(cloud, "canary").invoke({}) == {"passed": True, "failed": None}


DOINGS: tuple[Callable[[RunningCloud], None], ...] = (
    visit,
    start_without_a_snapshot,
    look_around,
    fill_the_closet,
    record_an_interaction,
    extend_the_catalogue,
    group_products,
    compact,
    look_after_the_catalogue,
    talk_with_the_stylist,
    read_documents,
    draw_an_outfit,
    bring_photos,
    try_on,
    bring_a_stuck_job_to_an_end,
    see_and_erase_oneself,
)


@dataclass(frozen=True)
class FinishedJob:
    """A job that something is made to go wrong with, and the connection of the shopper who waits for it."""

    cloud: RunningCloud
    id: str
    folder: str
    connection: ClientConnection

    def turn_back(self) -> None:
        """Open again, untouched for two minutes, with renderings left."""
        for name in ("one", "two"):  # the emulator asks about versions from the second object on
            put(self.cloud, "results_bucket", f"{self.folder}/steps/{name}", b"{}")
        old = (datetime.now(UTC) - timedelta(minutes=2)).isoformat(timespec="milliseconds")
        values = {":status": "processing", ":open": "open", ":old": old}
        self.cloud.aws("dynamodb").update_item(
            TableName=self.cloud.outputs["jobs_table"],
            Key={"id": {"S": self.id}},
            UpdateExpression="SET #status = :status, #open = :open, created_at = :old, updated_at = :old",
            ExpressionAttributeNames={"#status": "status", "#open": "open"},
            ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
        )

    def lose_the_result(self) -> None:
        bucket = self.cloud.outputs["results_bucket"]
        self.cloud.aws("s3").delete_object(Bucket=bucket, Key=f"{self.folder}/look.jpg")

    def expect(self, status: str) -> None:
        """The shopper hears of this end, with pictures that can be seen."""
        frame = json.loads(self.connection.recv(timeout=20))
        assert frame["status"] == status, frame
        shown = [frame[name] for name in ("person_url", "result_url") if frame.get(name)]
        assert all(httpx.get(url).status_code == 200 for url in shown)


@contextmanager
def finished_job(cloud: RunningCloud) -> Generator[FinishedJob]:
    shopper = Shopper(cloud, cloud.headers)
    photo, dress = shopper.photo(), product_of(shopper, "dress")
    with socket(cloud, cloud.token) as connection:
        connection.send(json.dumps({"action": "tryon", "model_id": photo, "product_ids": [dress]}))
        done = listen(connection)[-1]
        folder = done["result_url"].partition("/look.jpg")[0].partition("/results/")[2]
        yield FinishedJob(cloud, done["job_id"], f"results/{folder}", connection)
    shopper.call("DELETE", f"/models/{photo}")


def product_of(shopper: Shopper, category: str) -> str:
    found = shopper.call("GET", f"/products?category={category}&limit=1").json()["products"]
    return found[0]["product_id"]


def put(cloud: RunningCloud, bucket: str, key: str, content: bytes) -> None:
    """Put an object into one of the stack's buckets, by the name of its output."""
    cloud.aws("s3").put_object(Bucket=cloud.outputs[bucket], Key=key, Body=content)


def queued(body: Any) -> dict[str, Any]:
    """A message as Lambda takes it from a queue."""
    record = {
        "messageId": "1",
        "receiptHandle": "of no queue",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
    }
    return {"Records": [record]}


def uploaded(cloud: RunningCloud, bucket: str, key: str) -> Mapping[str, Any]:
    """The event of an upload, as a queue hands it over; the real one comes as well."""
    place = {"bucket": {"name": cloud.outputs[bucket]}, "object": {"key": key}}
    return queued({"Records": [{"s3": place}]})


def come_without_a_name(role: Role, action: str) -> None:
    """An event that has lost its authorizer's context: the shopper is looked up by the connection."""
    place = {"connectionId": "nobodys", "routeKey": action, "eventType": "MESSAGE"}
    role.invoke({"requestContext": place, "body": json.dumps({"action": action, "job_id": "a" * 32})})


def fail_a_message(role: Role) -> None:
    """A message that cannot be read waits a while before it comes again."""
    assert role.invoke(queued("not JSON")) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
