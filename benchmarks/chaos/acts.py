"""What a shopper does while something fails, and what they see of it.

An act returns what was seen. It raises Lost when a shopper is left with nothing: silence, an answer that is
no problem document, a promise that is not kept.
"""

import json
import random
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks.load.ledger import count_recorded
from benchmarks.load.stack import Shopper
from runtime.shared.products import product_id_for_key
from tests.support.cloud import RunningCloud, eventually
from tests.support.pictures import encode, garment

PARTY = "I am a woman and need an outfit for a party, up to 300 euros"
TRIP = "I am a woman and go to the office in Lisbon tomorrow, up to 300 euros"
REVIEWS = "What do other customers say about your dresses? I am a woman."
LONGEST_JOB_S = 200.0


class Lost(Exception):
    """Something that a shopper had a right to did not come."""


@dataclass(frozen=True)
class Visit:
    """A shopper in a running cloud."""

    cloud: RunningCloud
    shopper: Shopper


Act = Callable[[Visit], str]


def see(answer: httpx.Response, describe: Callable[[Any], str]) -> str:
    """What an answer shows: its content, or a problem that says what to do. Raises Lost for anything else."""
    if answer.status_code < 300:
        return describe(answer.json())
    return see_problem(answer.json(), answer.headers.get("retry-after"), answer.status_code)


def see_problem(problem: Mapping[str, Any], retry_after: Any, status: int) -> str:
    """A problem document as a shopper sees it. Raises Lost when it does not help them on."""
    if not problem.get("title") or not problem.get("detail"):
        raise Lost(f"{status} without a word: {str(problem)[:200]}")
    if status in (429, 503):
        if not retry_after:
            raise Lost(f"{status} that does not say when to come back")
        return f"“{problem['detail']}” ({status}, again in {retry_after} s)"
    if status >= 500:
        raise Lost(f"{status}: {problem['detail']}")
    return f"“{problem['detail']}” ({status})"


def search(visit: Visit) -> str:
    """By words that nobody has asked for before, so that the model is needed."""
    answer = visit.shopper.call(
        "GET", f"/search?query=red dress {uuid.uuid4().hex[:8]}&limit=5&personalize=0.5"
    )
    return see(answer, lambda found: f"{_some(found['results'], 'result')}, ordered by {found['ranker']}")


def browse(visit: Visit) -> str:
    return see(
        visit.shopper.call("GET", "/products?limit=5"), lambda page: _some(page["products"], "product")
    )


def ask(visit: Visit, message: str = PARTY) -> str:
    """A turn over REST."""
    return see(visit.shopper.call("POST", "/text", json={"message": message}), describe_turn)


def ask_about_weather(visit: Visit) -> str:
    return ask(visit, TRIP)


def ask_about_reviews(visit: Visit) -> str:
    return ask(visit, REVIEWS)


def ask_by_socket(visit: Visit) -> str:
    """A turn over the WebSocket."""
    with connect(visit.shopper.socket_url, open_timeout=30) as connection:
        connection.send(json.dumps({"action": "chat", "message": PARTY}))
        frame: dict[str, Any] = {"type": "chat.delta"}
        while frame["type"] == "chat.delta":
            try:
                frame = json.loads(connection.recv(timeout=40))
            except (TimeoutError, WebSocketException) as silence:
                raise Lost("silence on the socket") from silence
    if frame["type"] == "error":
        problem = frame["problem"]
        return see_problem(problem, problem.get("retry_after"), problem["status"])
    return describe_turn(frame)


def hang_up_while_being_answered(visit: Visit) -> str:
    """The connection is dropped after the first words; the reply has to be in the conversation."""
    first = visit.shopper.call("POST", "/text", json={"message": PARTY}).json()
    with connect(visit.shopper.socket_url, open_timeout=30) as connection:
        asked = {"action": "chat", "message": "in red, please", "session_id": first["session_id"]}
        connection.send(json.dumps(asked))
        connection.recv(timeout=30)
    # A turn that comes while the other is under way may be told first.
    eventually(lambda: visit.cloud.kept_turns(first["session_id"]) == 2)
    following = {"message": "something cheaper", "session_id": first["session_id"]}
    answer = visit.shopper.call("POST", "/text", json=following).json()
    if answer.get("turn") != 3:
        raise Lost(f"the turn that nobody listened to is gone: {answer.get('turn')} turns")
    return "the reply stands in the conversation, which goes on"


def ask_many_at_once(visit: Visit) -> str:
    """Eight turns at the same moment."""
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: ask(visit, "a hat for the beach"), range(8)))
    told = sum("again in" in each for each in seen)
    return f"{len(seen) - told} were answered, {told} told when to come back"


def draw(visit: Visit) -> str:
    answer = visit.shopper.call("POST", "/image", json={"prompt": "a green coat"})
    return see(answer, lambda drawn: _some(drawn["images"], "picture"))


def like_things(visit: Visit) -> str:
    """What is accepted has to come to the lake once the trouble is over; see `settle_interactions`."""
    products = random.sample(visit.shopper.call("GET", "/products?limit=50").json()["products"], 3)
    events = [{"product_id": each["product_id"], "event_type": "favorite"} for each in products]
    answer = visit.shopper.call("POST", "/interactions", json={"events": events})
    return see(answer, lambda told: f"{told['accepted']} of {len(events)} taken")


def try_on(visit: Visit) -> str:
    """A job to its end, which is a picture or a reason."""
    return see_job(visit, order(visit))


def order(visit: Visit, **more: Any) -> str:
    """Order a try-on; the job's id. Raises Lost when the order is not taken."""
    found = visit.shopper.call("GET", "/products?category=dress&limit=1").json()["products"]
    body = {"model_id": visit.shopper.model_id, "product_ids": [found[0]["product_id"]], **more}
    answer = visit.shopper.call("POST", "/try-on", json=body)
    if answer.status_code != 202:
        raise Lost(f"the order was not taken: {answer.status_code} {answer.text[:200]}")
    return answer.json()["job_id"]


def see_job(visit: Visit, job_id: str) -> str:
    """How a job ends. Raises Lost when it does not, or ends without a picture and without a reason."""

    def ended() -> dict[str, Any]:
        answer = visit.shopper.call("GET", f"/try-on/{job_id}")
        job = answer.json() if answer.status_code == 200 else {}
        return job if job.get("status") in ("completed", "error") else {}

    try:
        job = eventually(ended, within_s=LONGEST_JOB_S, every_s=0.3)
    except AssertionError as silence:
        raise Lost("the job never ends") from silence
    if job["status"] == "error":
        if not job["error_message"]:
            raise Lost("the job failed without a reason")
        return f"“{job['error_message']}”"
    if httpx.get(job["result_url"]).status_code != 200:
        raise Lost("the picture is missing")
    return "the picture"


def order_many_times(visit: Visit) -> str:
    """The same order six times at once is one job."""
    request = uuid.uuid4().hex
    with ThreadPoolExecutor(6) as pool:
        jobs = set(pool.map(lambda _: order(visit, request_id=request), range(6)))
    if len(jobs) != 1:
        raise Lost(f"{len(jobs)} jobs of one order")
    return f"one job of six equal orders; {see_job(visit, jobs.pop())}"


def hang_up_before_the_result(visit: Visit) -> str:
    """Order over a socket that is dropped; a new one is told of the result."""
    found = visit.shopper.call("GET", "/products?category=dress&limit=1").json()["products"]
    asked = {"model_id": visit.shopper.model_id, "product_ids": [found[0]["product_id"]]}
    with connect(visit.shopper.socket_url, open_timeout=30) as connection:
        connection.send(json.dumps({"action": "tryon", **asked}))
        job_id = json.loads(connection.recv(timeout=30))["job_id"]
    seen = see_job(visit, job_id)
    with connect(visit.shopper.socket_url, open_timeout=30) as connection:
        connection.send(json.dumps({"action": "subscribe", "job_id": job_id}))
        status = json.loads(connection.recv(timeout=30))["status"]
    if status not in ("completed", "error"):
        raise Lost(f"a new connection is told {status}")
    return f"{seen}, told again to the new connection"


def extend_catalogue(visit: Visit, good: int = 20, bad: int = 2) -> str:
    """Pictures uploaded at once: each good one is a product in the end, each bad one a dead letter."""
    cloud, run = visit.cloud, uuid.uuid4().hex[:8]
    cloud.dead_letters()
    keys = [f"products/pants/{run}-{n}.jpg" for n in range(good)]
    broken = [f"products/pants/{run}-bad-{n}.jpg" for n in range(bad)]
    pictures = {key: encode(garment("gray", size=(96, 128), seed=n)) for n, key in enumerate(keys)}
    letters: list[str] = []

    def missing() -> list[str]:
        rows = {key: cloud.product_row(product_id_for_key(key)) or {} for key in keys}
        return [key for key, row in rows.items() if "embedding_key" not in row]

    def all_told() -> bool:
        found = [each["MessageAttributes"]["key"]["StringValue"] for each in cloud.dead_letters()]
        letters.extend(found)
        return len(letters) >= bad

    try:
        for key, picture in {**pictures, **dict.fromkeys(broken, b"no picture")}.items():
            cloud.upload(key, picture)
        eventually(lambda: not missing(), within_s=60, every_s=0.5)
        eventually(all_told, within_s=30, every_s=0.5)
    except AssertionError as late:
        absent, waiting = len(missing()), count_in_flight(cloud, "catalog-events")
        if waiting < absent + bad - len(letters):
            raise Lost(f"{absent} of {good} pictures are neither products nor in the queue") from late
        return f"{good - absent} of {good} pictures are products, the others wait in the queue to come again"
    finally:
        for key in (*keys, *broken):
            cloud.remove(key)
    if sorted(letters) != sorted(broken):
        raise Lost(f"dead letters of good pictures: {set(letters) - set(broken)}")
    return f"{good} good pictures are products, {bad} bad ones dead letters with their reasons"


def count_in_flight(cloud: RunningCloud, queue: str) -> int:
    """Messages of a queue that somebody has taken and not settled."""
    sqs = cloud.aws("sqs")
    [url] = [
        url
        for url in sqs.list_queues(QueueNamePrefix=queue)["QueueUrls"]
        if url.rpartition("/")[2].startswith(queue)
    ]
    name = "ApproximateNumberOfMessagesNotVisible"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def settle_interactions(visit: Visit) -> str:
    """Likes that are taken now are in the lake soon."""
    since = datetime.now(UTC)
    seen = like_things(visit)
    taken = int(seen.split()[0]) if seen[0].isdigit() else 0
    if not taken:
        raise Lost(f"there was nothing to record: {seen}")
    stack = visit.shopper.stack
    try:
        eventually(lambda: count_recorded(stack, since) >= taken, within_s=90, every_s=1.0)
    except AssertionError as missing:
        raise Lost(f"of {taken} likes, {count_recorded(stack, since)} came to the lake") from missing
    return f"{seen}, and all of them recorded"


def describe_turn(said: Mapping[str, Any]) -> str:
    """A turn in short. Raises Lost when it says nothing."""
    if not said.get("reply"):
        raise Lost("an empty reply")
    extras = [name for name in ("outfit", "weather", "citations") if said.get(name)]
    return f"a reply with {', '.join(extras)}" if extras else f"“{said['reply'][:70]}”"


def _some(things: Any, name: str) -> str:
    if not things:
        raise Lost(f"not one {name}")
    return f"{len(things)} {name}{'s' * (len(things) > 1)}"
