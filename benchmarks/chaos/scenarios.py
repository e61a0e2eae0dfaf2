"""The faults of the whole product as data: what is made to fail, and what a shopper does meanwhile."""

import os
import signal
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chaos import acts
from benchmarks.chaos.acts import Act, Lost, Visit
from local.ai.stylist.eventstream import MEDIA_TYPE
from local.faults import Fault
from runtime.shared.products import product_id_for_key
from tests.e2e.doings import queued
from tests.e2e.test_chat_faults import CUT_SHORT, MALFORMED
from tests.support.cloud import RunningCloud, eventually
from tests.support.pictures import encode, garment
from tests.support.roles import Role

Trouble = Callable[[Visit], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of trouble. It is survived when the act does not raise Lost, and is served afterwards.

    `faults` are set while the act runs; `trouble` is something else that happens then. `quick` ones are
    tests: one for each part, of a few seconds.
    """

    part: str
    name: str
    act: Act
    faults: tuple[Fault, ...] = ()
    trouble: Trouble = lambda _: nullcontext()
    quick: bool = False


def model(operation: str, **how: object) -> Fault:
    """Trouble with a model of Bedrock."""
    return Fault("bedrock", operation, **how)  # pyright: ignore[reportArgumentType]


def table(operation: str, code: str = "ProvisionedThroughputExceededException", **how: object) -> Fault:
    """Trouble with the database."""
    return Fault("dynamodb", operation, status=400, code=code, **how)  # pyright: ignore[reportArgumentType]


THROTTLED = {"status": 429, "code": "ThrottlingException"}
DOWN = {"status": 503, "code": "ServiceUnavailableException"}
GARBAGE = {"status": 200, "content": b64encode(b"<html>").decode()}
SLOW = {"status": 200, "delay_s": 4.0}


@contextmanager
def database_gone_for_5_s(visit: Visit) -> Generator[None]:
    """Nothing of the database answers for five seconds, from now on, whoever asks."""

    def lose() -> None:
        with visit.cloud.faults(Fault("dynamodb", "DynamoDB_20120810", status=500)):
            time.sleep(5)

    loss = threading.Thread(target=lose)
    loss.start()
    yield
    loss.join()


def killed(name: str, after_s: float = 0.0) -> Trouble:
    """The processes of a function are killed while the act runs."""

    @contextmanager
    def trouble(visit: Visit) -> Generator[None]:
        killer = threading.Timer(after_s, lambda: kill_function(visit.cloud, name))
        killer.start()
        yield
        killer.join()

    return trouble


def kill_function(cloud: RunningCloud, name: str) -> int:
    """SIGKILL for every process that runs a function of this cloud; how many there were."""
    marks = (
        b"AWS_LAMBDA_FUNCTION_NAME=%s-function-" % name.encode(),
        b"GATEWAY_PORT=%d" % cloud.config.emulator_port,
    )
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            if all(mark in environment for mark in marks):
                os.kill(int(folder.name), signal.SIGKILL)
                count += 1
        except OSError:
            continue  # it has ended meanwhile, or is somebody else's
    return count


def repeat_everything(visit: Visit) -> str:
    """A finished try-on hears of all its events once more, twice each and in the wrong order."""
    job_id = acts.order(visit)
    seen, cloud = acts.see_job(visit, job_id), visit.cloud
    before = visit.shopper.call("GET", f"/try-on/{job_id}").json()
    bucket = cloud.outputs["results_bucket"]
    pages = cloud.aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    [key] = [key for key in keys if job_id in key and key.endswith("look.jpg")]
    stored = {"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}
    row = {"eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": job_id}}}}
    late = {"job_id": job_id, "error": {"Error": "States.Timeout", "Cause": ""}}
    Role(cloud, "try-on-closer").invoke(late)
    Role(cloud, "try-on-delivery").invoke(queued({"Records": [stored, stored]}))
    Role(cloud, "try-on-starter").invoke({"Records": [row, row]})
    Role(cloud, "try-on-worker").invoke(queued({"job_id": job_id, "task_token": "of nobody"}))
    after = visit.shopper.call("GET", f"/try-on/{job_id}").json()
    if (before["status"], before["updated_at"]) != (after["status"], after["updated_at"]):
        raise Lost(f"it was {before['status']}, and is {after['status']}")
    return f"{seen}, once, whatever came again"


def lose_the_database_under_a_job(visit: Visit) -> str:
    """Ordered, and then nothing of the database answers for five seconds."""
    job_id = acts.order(visit)
    with database_gone_for_5_s(visit):
        return acts.see_job(visit, job_id)


def kill_the_worker_of_a_job(visit: Visit) -> str:
    """The process that makes the picture ends in the middle of it."""
    with visit.cloud.faults(model("/invoke", status=200, delay_s=5.0, limit=1)):
        job_id = acts.order(visit)
        path = f"/try-on/{job_id}"
        eventually(lambda: visit.shopper.call("GET", path).json().get("progress", 0) >= 5)
        if not kill_function(visit.cloud, "try-on-worker"):
            raise Lost("no process of the worker was found")
    return acts.see_job(visit, job_id)


def repeat_uploads(visit: Visit) -> str:
    """A catalogue picture is told of three times, and once more after it is gone."""
    cloud, ingest = visit.cloud, Role(visit.cloud, "catalog-ingest")
    key = f"products/skirt/{time.time_ns()}.jpg"
    product_id = product_id_for_key(key)
    place = {"bucket": {"name": cloud.outputs["catalog_bucket"]}, "object": {"key": key}}
    event = queued({"Records": [{"s3": place}] * 3})
    cloud.upload(key, encode(garment("teal", seed=time.time_ns() % 5_000)))
    ingest.invoke(event)
    eventually(lambda: "embedding_key" in (cloud.product_row(product_id) or {}))
    cloud.remove(key)
    ingest.invoke(event)
    ingest.invoke(event)
    if cloud.product_row(product_id) is not None:
        raise Lost("a product whose picture is gone came back")
    return "one product, and none once its picture is gone"


def interrupt_the_compactor(visit: Visit) -> str:
    """Killed while it writes a snapshot; searches go on, and the next run writes a whole one."""
    compactor = Role(visit.cloud, "vectors-compactor")
    with visit.cloud.faults(Fault("s3", "PUT .*/indexes/", status=200, delay_s=3.0)):
        caller = threading.Thread(target=_call_in_vain, args=(compactor,))
        caller.start()
        time.sleep(1.5)
        kill_function(visit.cloud, "vectors-compactor")
        caller.join()
    seen = acts.search(visit)
    if not compactor.invoke({"force": True})["written"]:
        raise Lost("no snapshot could be written afterwards")
    Role(visit.cloud, "search").start_anew()
    return f"{seen}; after the next run {acts.search(visit)}"


def _call_in_vain(role: Role) -> None:
    try:
        role.invoke({"force": True})
    except AssertionError:
        return  # its process was ended


SCENARIOS: Sequence[Scenario] = (
    Scenario("search", "embedding model throttled", acts.search, (model("/invoke", **THROTTLED),)),
    Scenario("search", "embedding model down", acts.search, (model("/invoke", **DOWN),)),
    Scenario(
        "search", "embedding model answers garbage", acts.search, (model("/invoke", **GARBAGE),), quick=True
    ),
    Scenario("search", "embedding model slow (4 s)", acts.search, (model("/invoke", **SLOW),)),
    Scenario("search", "taste cannot be read", acts.search, (table(r"\.GetItem$"),)),
    Scenario("search", "product table throttled", acts.search, (table(r"\.BatchGetItem$"),)),
    Scenario("search", "its process killed", acts.search, trouble=killed("search")),
    Scenario("search", "database gone for 5 s", acts.search, trouble=database_gone_for_5_s),
    Scenario("browse", "database gone for 5 s", acts.browse, trouble=database_gone_for_5_s),
    Scenario("browse", "product table throttled", acts.browse, (table(r"\.(Scan|Query)$"),), quick=True),
    Scenario(
        "catalogue",
        "5 % of calls to model and database fail",
        acts.extend_catalogue,
        (
            model("/invoke", rate=0.05, **THROTTLED),
            Fault("dynamodb", rate=0.05, status=500),
        ),
    ),
    Scenario("catalogue", "events doubled and out of order", repeat_uploads, quick=True),
    Scenario(
        "catalogue",
        "the ingestion's process killed",
        acts.extend_catalogue,
        trouble=killed("catalog-ingest", 0.5),
    ),
    Scenario("vectors", "the compactor killed while it writes", interrupt_the_compactor),
    Scenario("chat", "model throttled", acts.ask, (model("converse", **THROTTLED),)),
    Scenario(
        "chat",
        "model throttled for a moment",
        acts.ask,
        (model("converse", **THROTTLED, limit=2),),
    ),
    Scenario("chat", "model down", acts.ask_by_socket, (model("converse", **DOWN),)),
    Scenario(
        "chat",
        "model failing",
        acts.ask,
        (model("converse", status=424, code="ModelErrorException"),),
    ),
    Scenario("chat", "model slow (4 s a round)", acts.ask, (model("converse", **SLOW),)),
    Scenario(
        "chat",
        "tool use without an object",
        acts.ask,
        (model("converse$", status=200, content=MALFORMED[0]),),
    ),
    Scenario(
        "chat",
        "tool use of an unknown tool",
        acts.ask,
        (model("converse$", status=200, content=MALFORMED[2]),),
    ),
    Scenario(
        "chat",
        "a stream with broken tool use",
        acts.ask_by_socket,
        (model("converse-stream$", status=200, content=CUT_SHORT, media_type=MEDIA_TYPE, limit=1),),
    ),
    Scenario(
        "chat",
        "weather service throttled",
        acts.ask_about_weather,
        (Fault("lambda", "weather", status=429, code="TooManyRequestsException"),),
    ),
    Scenario(
        "chat",
        "weather service hangs (9 s)",
        acts.ask_about_weather,
        (Fault("lambda", "weather", status=200, delay_s=9),),
    ),
    Scenario(
        "chat",
        "search fails",
        acts.ask,
        (Fault("lambda", "search", status=500, code="ServiceException"),),
        quick=True,
    ),
    Scenario("chat", "knowledge base down", acts.ask_about_reviews, (model("retrieve", **DOWN),)),
    Scenario(
        "chat",
        "knowledge base empty",
        acts.ask_about_reviews,
        (model("retrieve", status=200, content=b64encode(b'{"retrievalResults": []}').decode()),),
    ),
    Scenario("chat", "session table throttled", acts.ask, (table("UpdateItem"),)),
    Scenario("chat", "database gone for 5 s", acts.ask, trouble=database_gone_for_5_s),
    Scenario("chat", "connection dropped while being answered", acts.hang_up_while_being_answered),
    Scenario("chat", "eight turns at once", acts.ask_many_at_once),
    Scenario("pictures", "model throttled", acts.draw, (model("/invoke", **THROTTLED),)),
    Scenario("pictures", "model down", acts.draw, (model("/invoke", **DOWN),)),
    Scenario("pictures", "model answers garbage", acts.draw, (model("/invoke", **GARBAGE),), quick=True),
    Scenario(
        "taste", "table of tastes throttled", acts.like_things, (table(r"\.(GetItem|PutItem)$"),), quick=True
    ),
    Scenario(
        "taste",
        "the lake refuses twice",
        acts.settle_interactions,
        (Fault("s3", "PUT .*/interactions/", status=503, code="SlowDown", limit=2),),
    ),
    Scenario("try-on", "model throttled twice", acts.try_on, (model("/invoke", **THROTTLED, limit=2),)),
    Scenario("try-on", "model down once", acts.try_on, (model("/invoke", **DOWN, limit=1),)),
    Scenario(
        "try-on",
        "model refuses the photo",
        acts.try_on,
        (model("/invoke", status=400, code="ValidationException"),),
    ),
    Scenario(
        "try-on",
        "model forbidden",
        acts.try_on,
        (model("/invoke", status=403, code="AccessDeniedException"),),
    ),
    Scenario("try-on", "model answers garbage", acts.try_on, (model("/invoke", **GARBAGE),)),
    Scenario("try-on", "model slow (4 s)", acts.try_on, (model("/invoke", **SLOW),)),
    Scenario("try-on", "database gone for 5 s", lose_the_database_under_a_job),
    Scenario("try-on", "the worker killed in the middle", kill_the_worker_of_a_job),
    Scenario("try-on", "connection dropped before the result", acts.hang_up_before_the_result),
    Scenario("try-on", "the same order six times at once", acts.order_many_times),
    Scenario("try-on", "events doubled and out of order", repeat_everything),
)
