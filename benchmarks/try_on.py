"""Many shoppers try on at once: does every job end, once, for its owner, in order? And how fast is one?

Run: python -m benchmarks.try_on
"""

import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from json import dumps, loads
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from benchmarks.record import Figure, record
from local.users import access_token, create_user
from tests.e2e.fitting import Shopper, draw_shopper, listen
from tests.support.cloud import RunningCloud, eventually, running_cloud

COMMAND = "python -m benchmarks.try_on"
USERS, JOBS_EACH, SINGLES = 20, 10, 9
_ORDER = ("created", "processing", "completed", "error")
_LONGEST_S = 1_500


@dataclass
class Party:
    """One shopper with a photo, ten jobs, and a connection that hears of them."""

    shopper: Shopper
    token: str
    model_id: str = ""
    jobs: list[str] = field(default_factory=list[str])
    ended: dict[str, float] = field(default_factory=dict[str, float])
    frames: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def run(self, url: str, products: Sequence[str], barrier: threading.Barrier) -> None:
        """Ask for all jobs at once over the socket, and listen until each is over."""
        with connect(f"{url}?token={self.token}", open_timeout=60) as connection:
            barrier.wait()
            began = perf_counter()
            for number in range(JOBS_EACH):
                product = products[number % len(products)]
                message = {"action": "tryon", "model_id": self.model_id, "product_ids": [product]}
                connection.send(dumps(message))
            with suppress(TimeoutError, ConnectionClosed):
                while len(self.ended) < JOBS_EACH:
                    frame = loads(connection.recv(timeout=_LONGEST_S))
                    self.frames.append(frame)
                    if frame.get("status") in _ORDER[2:]:
                        self.ended[frame["job_id"]] = perf_counter() - began


def main() -> None:
    """Measure in a cloud of its own and record the figures."""
    settings = {"dailyTryOnsPerUser": "1000", "dailySpendUsd": "10000"}
    with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder), None, settings) as cloud:
        _measure_single(cloud)
        _measure_burst(cloud)


def _measure_single(cloud: RunningCloud) -> None:
    shopper = Shopper(cloud, cloud.headers)
    model_id, [product] = shopper.photo(draw_shopper()), _products(shopper, 1)
    seconds: list[float] = []
    updates: list[int] = []
    for _ in range(SINGLES + 1):  # the first one starts the processes
        with connect(f"{cloud.description['websocket_url']}?token={cloud.token}") as connection:
            began = perf_counter()
            connection.send(dumps({"action": "tryon", "model_id": model_id, "product_ids": [product]}))
            frames = listen(connection)
            seconds.append(perf_counter() - began)
        assert frames[-1]["status"] == "completed", frames[-1]
        updates.append(len(frames))
    value = median(seconds[1:])
    record(Figure("try-on/one job, p50", round(value, 2), "s", "lower", COMMAND, target=3, n=SINGLES))
    fewest = min(updates)
    record(
        Figure("try-on/status updates of one job", fewest, "updates", "higher", COMMAND, target=3, n=SINGLES)
    )


def _measure_burst(cloud: RunningCloud) -> None:
    with ThreadPoolExecutor(4) as pool:
        parties = list(pool.map(lambda number: _invite(cloud, number), range(USERS)))
    products = _products(parties[0].shopper, JOBS_EACH)
    barrier = threading.Barrier(USERS)
    url = cloud.description["websocket_url"]
    began = perf_counter()
    with ThreadPoolExecutor(USERS) as pool:
        list(pool.map(lambda party: party.run(url, products, barrier), parties))
    took = perf_counter() - began
    faults = [fault for party in parties for fault in _find_faults(party, parties)]
    for fault in faults[:10]:
        print(fault)
    waits = [seconds for party in parties for seconds in party.ended.values()]
    total = USERS * JOBS_EACH
    record(
        Figure(
            "try-on/200 jobs of 20 shoppers at once, ended",
            len(waits),
            "jobs",
            "higher",
            COMMAND,
            target=total,
            n=total,
        )
    )
    record(
        Figure(
            "try-on/200 jobs of 20 shoppers at once, faults",
            len(faults),
            "faults",
            "lower",
            COMMAND,
            target=0,
            n=total,
        )
    )
    rate = len(waits) / took
    record(
        Figure(
            "try-on/200 jobs of 20 shoppers at once, throughput",
            round(rate, 2),
            "jobs/s",
            "higher",
            COMMAND,
            n=total,
        )
    )
    late = quantiles(waits, n=20)[-1]
    record(
        Figure(
            "try-on/200 jobs of 20 shoppers at once, p95 until the result",
            round(late, 1),
            "s",
            "lower",
            COMMAND,
            n=total,
        )
    )


def _invite(cloud: RunningCloud, number: int) -> Party:
    email, password = f"party{number}@stylist.example", "Party-Guest-1"
    create_user(cloud.aws("cognito-idp"), cloud.outputs["user_pool_id"], email, password, "shopper")
    token = access_token(cloud.description, email, password)
    shopper = Shopper(cloud, cloud.headers | {"authorization": f"Bearer {token}"})
    return Party(shopper, token, shopper.photo(draw_shopper((480, 720 + number))))


def _find_faults(party: Party, parties: Sequence[Party]) -> list[str]:
    """What is wrong with what one shopper was told, and with what is theirs."""
    faults = [f"a problem: {frame}" for frame in party.frames if frame["type"] != "tryon.status"]
    told = [frame for frame in party.frames if frame["type"] == "tryon.status"]
    own = {job["job_id"]: job for job in _all_jobs(party.shopper)}
    if len(own) != JOBS_EACH:
        faults.append(f"{len(own)} jobs instead of {JOBS_EACH}")
    faults += [f"someone else's job: {frame['job_id']}" for frame in told if frame["job_id"] not in own]
    for job_id, job in own.items():
        frames = [frame for frame in told if frame["job_id"] == job_id]
        if [f["status"] for f in frames] != sorted((f["status"] for f in frames), key=_ORDER.index):
            faults.append(f"statuses out of order: {[frame['status'] for frame in frames]}")
        ends = Counter(frame["status"] for frame in frames)
        if ends["completed"] != 1 or ends["error"] or job["status"] != "completed":
            faults.append(f"ended as {dict(ends)}, is {job['status']}: {job['error_message']}")
    neighbour = parties[(parties.index(party) + 1) % len(parties)].shopper
    faults += [f"shown to another: {each}" for each in list(own)[:1] if _can_see(neighbour, each)]
    return faults


def _can_see(shopper: Shopper, job_id: str) -> bool:
    return shopper.call("GET", f"/try-on/{job_id}").status_code != 404


def _all_jobs(shopper: Shopper) -> list[dict[str, Any]]:
    return shopper.call("GET", "/try-on?limit=50").json()["jobs"]


def _products(shopper: Shopper, count: int) -> list[str]:
    def find() -> list[str]:
        found = shopper.call("GET", f"/products?category=dress&limit={count}").json()["products"]
        return [product["product_id"] for product in found]

    return eventually(find)


if __name__ == "__main__":
    main()
