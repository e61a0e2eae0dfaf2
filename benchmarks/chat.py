"""Many shoppers talk at once: is a turn lost, or mixed up between them? And how fast do words come?

Run: python -m benchmarks.chat
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import httpx
from websockets.sync.client import ClientConnection, connect

from benchmarks.record import Figure, record
from local.users import access_token, create_user
from tests.support.cloud import RunningCloud, running_cloud

COMMAND = "python -m benchmarks.chat"
USERS, TURNS, AT_ONCE = 50, 20, 16
_COLOURS = ("red", "blue", "black", "white", "green", "grey", "brown", "yellow", "pink", "purple")
_REFINEMENTS = ("something cheaper", "show me more", "something less formal", "and shoes to go with it")
_STREAMS = 20


@dataclass
class Shopper:
    """One user with a conversation of their own."""

    headers: dict[str, str]
    colour: str
    session: str = ""
    turns: int = 0
    seconds: list[float] = field(default_factory=list[float])
    faults: list[str] = field(default_factory=list[str])

    def talk(self, url: str) -> None:
        with httpx.Client(headers=self.headers, timeout=60) as client:
            for turn in range(TURNS):
                self._say(client, url, turn)

    def _say(self, client: httpx.Client, url: str, turn: int) -> None:
        first = f"I am a woman looking for {self.colour} clothes for the city"
        message = _REFINEMENTS[turn % len(_REFINEMENTS)] if turn else first
        body = {"message": message} | ({"session_id": self.session} if self.session else {})
        began = perf_counter()
        answer = client.post(f"{url}/text", json=body)
        self.seconds.append(perf_counter() - began)
        if answer.status_code != 200:
            self.faults.append(f"{answer.status_code}: {answer.text[:100]}")
            return
        told = answer.json()
        self.session, self.turns = told["session_id"], self.turns + 1
        if told["turn"] != self.turns or told["brief"]["colors"] != [self.colour]:
            self.faults.append(
                f"turn {told['turn']} of {told['brief']} instead of {self.turns}, {self.colour}"
            )


def main() -> None:
    """Run the shoppers, then time the stream of one."""
    with tempfile.TemporaryDirectory() as scratch, running_cloud(Path(scratch), None) as cloud:
        shoppers = [_sign_up(cloud, number) for number in range(USERS)]
        began = perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda shopper: shopper.talk(cloud.description["api_url"]), shoppers))
        seconds = perf_counter() - began
        faults = [fault for shopper in shoppers for fault in shopper.faults]
        print("\n".join(faults[:5]))
        times = [1000 * each for shopper in shoppers for each in shopper.seconds]
        name = f"chat/{len(times):,} turns of {USERS} shoppers, {AT_ONCE} at once"
        wrong = float(len(faults))
        record(
            Figure(f"{name}, lost or mixed up", wrong, "turns", "lower", COMMAND, target=0.0, n=len(times))
        )
        record(Figure(f"{name}, rate", len(times) / seconds, "turns/s", "higher", COMMAND, n=len(times)))
        record(Figure(f"{name}, p50", median(times), "ms", "lower", COMMAND, n=len(times)))
        record(Figure(f"{name}, p95", _p95(times), "ms", "lower", COMMAND, n=len(times)))
        under_load = read_figures(cloud)
        record_overhead(f"under that load, {AT_ONCE} at once", under_load)
        measure_stream(cloud)
        measure_turns(cloud)


def _sign_up(cloud: RunningCloud, number: int) -> Shopper:
    email, password = f"shopper-{number}@stylist.example", f"Shopper-Pass-{number}"
    create_user(cloud.aws("cognito-idp"), cloud.outputs["user_pool_id"], email, password, "shopper")
    token = access_token(cloud.description, email, password)
    headers = {"x-api-key": cloud.description["api_key"], "authorization": f"Bearer {token}"}
    return Shopper(headers, _COLOURS[number % len(_COLOURS)])


def measure_stream(cloud: RunningCloud) -> None:
    """From sending a message over an open socket to its first words."""
    question = "what's the capital of France"
    with connect(f"{cloud.description['websocket_url']}?token={cloud.token}") as connection:
        times = [1000 * _say_by_socket(connection, question) for _ in range(_STREAMS)]
    name = "chat/first words over the socket, one round of the model"
    record(Figure(name, median(times), "ms", "lower", COMMAND, target=300.0, n=len(times)))


def measure_turns(cloud: RunningCloud) -> None:
    """Whole turns of one shopper: what they take beside model and tools, and how long words are held back."""
    before = len(read_figures(cloud))
    with connect(f"{cloud.description['websocket_url']}?token={cloud.token}") as connection:
        for turn in range(_STREAMS):
            _say_by_socket(connection, f"I am a woman, an outfit for a party, up to {300 + turn} euros")
    streamed = read_figures(cloud)[before:]
    record_overhead("one shopper, streamed", streamed)
    held = [turn["FirstWords"] for turn in streamed if "FirstWords" in turn]
    name = "chat/from the model's first words to the first words sent"
    record(Figure(f"{name}, p95", _p95(held), "ms", "lower", COMMAND, target=300.0, n=len(held)))


def record_overhead(what: str, turns: Sequence[Mapping[str, float]]) -> None:
    """What turns took beside the model and the tools, by the function's own log."""
    beside = [turn["took_ms"] - turn["Model"] - turn["Tools"] for turn in turns]
    name = f"chat/turn without model and tools, {what}"
    record(Figure(f"{name}, p50", median(beside), "ms", "lower", COMMAND, target=50.0, n=len(beside)))
    record(Figure(f"{name}, p95", _p95(beside), "ms", "lower", COMMAND, target=50.0, n=len(beside)))


def read_figures(cloud: RunningCloud) -> list[dict[str, float]]:
    """Milliseconds of each turn so far, oldest first: `took_ms`, `Model`, `Tools`, `FirstWords`."""
    functions = cloud.aws("lambda").list_functions()["Functions"]
    group = next(f for f in functions if f["FunctionName"].startswith("chat-function-"))["LoggingConfig"]
    pages = cloud.aws("logs").get_paginator("filter_log_events").paginate(logGroupName=group["LogGroup"])
    events = sorted((e for page in pages for e in page["events"]), key=lambda event: event["timestamp"])
    lines = [json.loads(e["message"]) for e in events if '"answered"' in e["message"]]
    return [{**line["figures"], "took_ms": line["took_ms"]} for line in lines if "Model" in line["figures"]]


def _say_by_socket(connection: ClientConnection, message: str) -> float:
    """Seconds until the first words of the reply; returns when all of it has come."""
    began = perf_counter()
    connection.send(json.dumps({"action": "chat", "message": message}))
    frame = json.loads(connection.recv(timeout=30))
    first = perf_counter() - began
    while frame["type"] == "chat.delta":
        frame = json.loads(connection.recv(timeout=30))
    return first


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[18]


if __name__ == "__main__":
    main()
