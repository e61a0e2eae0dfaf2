"""What a shopper gets when something behind the stylist fails: advice all the same, or a clear problem."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from local.ai.stylist.eventstream import MEDIA_TYPE, encode_event
from local.faults import Fault
from tests.e2e.test_chat import socket, talk
from tests.e2e.test_permissions import Role
from tests.support.cloud import RunningCloud, eventually

pytestmark = pytest.mark.cloud

PARTY = "I am a woman and need an outfit for a party, up to 300 euros"
TRIP = "I am a woman and go to the office in Lisbon tomorrow, up to 300 euros"
SLOW_MODEL = Fault("bedrock", "converse", status=200, delay_s=6.0, limit=1)


def ask(cloud: RunningCloud, message: str = PARTY, **body: Any) -> Any:
    return cloud.call("POST", "/text", json={"message": message} | body)


def ask_by_socket(cloud: RunningCloud, message: str = PARTY) -> dict[str, Any]:
    """The frame that ends the turn."""
    with socket(cloud, cloud.token) as connection:
        return talk(connection, message=message)[-1]


@contextmanager
def at_most(cloud: RunningCloud, turns: int) -> Iterator[None]:
    """The chat function with a bound of turns at once, as the setting `chatConcurrency` gives it."""
    functions, name = cloud.aws("lambda"), Role(cloud, "chat").function
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    bound = variables | {"CHAT": json.dumps(json.loads(variables["CHAT"]) | {"max_turns": turns})}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": bound})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


@contextmanager
def reserved(cloud: RunningCloud, instances: int) -> Iterator[None]:
    """The chat function with a limit of Lambda's own."""
    functions, name = cloud.aws("lambda"), Role(cloud, "chat").function
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=instances)
    try:
        yield
    finally:
        functions.delete_function_concurrency(FunctionName=name)


def test_turns_beyond_the_bound_are_told_when_to_come_back(cloud: RunningCloud) -> None:
    with at_most(cloud, 1), cloud.faults(SLOW_MODEL), ThreadPoolExecutor(4) as threads:
        running = [threads.submit(ask, cloud, "a hat for the beach") for _ in range(3)]
        busy = ask_by_socket(cloud)
        answers = [each.result() for each in running]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {answer.status_code for answer in refused} <= {429}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    problems = [answer.json() for answer in refused] + ([busy["problem"]] if busy["type"] == "error" else [])
    assert len(problems) == 3, "one turn at once"
    assert {problem["status"] for problem in problems} == {429}
    assert all("try again" in problem["detail"] for problem in problems)
    if busy["type"] == "error":
        assert busy["problem"]["retry_after"] > 0
    assert ask(cloud).status_code == 200, "the room was given back"


def test_over_the_socket_the_bound_is_told_as_clearly(cloud: RunningCloud) -> None:
    with at_most(cloud, 1), cloud.faults(SLOW_MODEL), ThreadPoolExecutor(1) as threads:
        running = threads.submit(ask, cloud, "a hat for the beach")
        eventually(cloud.count_strikes)
        problem = ask_by_socket(cloud)["problem"]
        assert running.result().status_code == 200
    assert (problem["status"], problem["retry_after"]) == (429, 3)


def test_beyond_lambdas_own_limit_the_gateway_says_429(cloud: RunningCloud) -> None:
    with reserved(cloud, 0):
        answer = ask(cloud)
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["title"] == "Too Many Requests"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("bedrock", "converse", status=429, code="ThrottlingException"),
        Fault("bedrock", "converse", status=503, code="ServiceUnavailableException"),
        Fault("bedrock", "converse", status=424, code="ModelErrorException"),
    ],
    ids=["throttled", "down", "failing"],
)
def test_a_model_that_does_not_answer_is_a_problem_to_come_back_to(cloud: RunningCloud, fault: Fault) -> None:
    with cloud.faults(fault):
        answer = ask(cloud)
        frame = ask_by_socket(cloud)
    assert answer.status_code in (429, 503)
    assert int(answer.headers["retry-after"]) > 0
    assert frame["type"] == "error"
    assert frame["problem"]["status"] == answer.status_code
    assert frame["problem"]["retry_after"] > 0


def test_a_model_that_is_throttled_for_a_moment_is_waited_for(cloud: RunningCloud) -> None:
    with cloud.faults(Fault("bedrock", "converse", status=429, code="ThrottlingException", limit=2)):
        answer = ask(cloud)
    assert answer.status_code == 200
    assert answer.json()["outfit"]


def converse_answer(*blocks: dict[str, Any], stop: str) -> str:
    """An answer of Converse, as the content of a fault."""
    message = {"role": "assistant", "content": list(blocks)}
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    answer = {"output": {"message": message}, "stopReason": stop, "usage": usage, "metrics": {"latencyMs": 1}}
    return b64encode(json.dumps(answer).encode()).decode()


def converse_stream(*events: tuple[str, dict[str, Any]]) -> str:
    """A stream of ConverseStream, as the content of a fault."""
    return b64encode(b"".join(encode_event(name, payload) for name, payload in events)).decode()


def tool_use(name: str, arguments: Any) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": "use-1", "name": name, "input": arguments}}


MALFORMED = [
    converse_answer(tool_use("build_outfit", ["no", "object"]), stop="tool_use"),
    converse_answer(tool_use("build_outfit", {"budget": {"of": "what"}}), stop="tool_use"),
    converse_answer(tool_use("sell_everything", {}), stop="tool_use"),
    converse_answer(stop="malformed_tool_use"),
]
CUT_SHORT = converse_stream(
    ("messageStart", {"role": "assistant"}),
    (
        "contentBlockStart",
        {"start": {"toolUse": {"toolUseId": "u", "name": "build_outfit"}}, "contentBlockIndex": 0},
    ),
    ("contentBlockDelta", {"delta": {"toolUse": {"input": '{"occasion": "par'}}, "contentBlockIndex": 0}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("messageStop", {"stopReason": "tool_use"}),
)


@pytest.mark.parametrize("content", MALFORMED, ids=["no object", "wrong types", "unknown tool", "own stop"])
def test_malformed_tool_use_is_mended_or_told(cloud: RunningCloud, content: str) -> None:
    with cloud.faults(Fault("bedrock", "converse$", status=200, content=content, limit=1)):
        answer = ask(cloud)
    assert answer.status_code == 200
    assert answer.json()["outfit"], "the model heard what was wrong and went on"
    with cloud.faults(Fault("bedrock", "converse$", status=200, content=content)):
        answer = ask(cloud)
    assert answer.status_code == 200
    assert answer.json()["reply"], "also where it never mends it"


def test_malformed_tool_use_in_a_stream_is_mended(cloud: RunningCloud) -> None:
    fault = Fault(
        "bedrock", "converse-stream$", status=200, content=CUT_SHORT, media_type=MEDIA_TYPE, limit=1
    )
    with cloud.faults(fault):
        assert ask_by_socket(cloud)["outfit"]


def test_a_stream_that_breaks_off_is_begun_again(cloud: RunningCloud) -> None:
    broken = b64encode(b64decode(CUT_SHORT)[:-30]).decode()
    fault = Fault("bedrock", "converse-stream$", status=200, content=broken, media_type=MEDIA_TYPE, limit=1)
    with cloud.faults(fault):
        frame = ask_by_socket(cloud)
    assert frame.get("outfit") or frame["problem"]["retry_after"] > 0


def test_a_weather_service_that_hangs_or_fails_costs_the_forecast_only(cloud: RunningCloud) -> None:
    throttled = Fault("lambda", "weather", status=429, code="TooManyRequestsException")
    for fault in (throttled, Fault("lambda", "weather", status=200, delay_s=9)):
        with cloud.faults(fault):
            answer = ask(cloud, TRIP)
        assert answer.status_code == 200
        assert answer.json()["outfit"]
        assert "weather" not in answer.json()


def test_a_search_that_fails_is_said(cloud: RunningCloud) -> None:
    with cloud.faults(Fault("lambda", "search", status=500, code="ServiceException")):
        answer = ask(cloud)
    assert answer.status_code == 200
    assert answer.json()["reply"]
    assert answer.json()["products"] == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("bedrock", "retrieve", status=503, code="ServiceUnavailableException"),
        Fault("bedrock", "retrieve", status=429, code="ThrottlingException"),
        Fault("bedrock", "retrieve", status=404, code="ResourceNotFoundException"),
        Fault("bedrock", "retrieve", status=200, content=b64encode(b'{"retrievalResults": []}').decode()),
    ],
    ids=["down", "throttled", "gone", "empty"],
)
def test_without_the_knowledge_base_the_stylist_still_advises(cloud: RunningCloud, fault: Fault) -> None:
    asked = "What do other customers say about your dresses? I am a woman."
    with cloud.faults(fault):
        answer = ask(cloud, asked)
    assert answer.status_code == 200
    assert answer.json()["reply"]
    assert answer.json()["citations"] == []


def test_a_throttled_session_table_is_a_clear_problem(cloud: RunningCloud) -> None:
    session = cloud.say(PARTY)["session_id"]
    throttled = Fault("dynamodb", "GetItem", status=400, code="ProvisionedThroughputExceededException")
    with cloud.faults(throttled):
        answer = ask(cloud, "something cheaper", session_id=session)
        frame = ask_by_socket(cloud)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert frame["type"] in ("error", "chat.done")


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(cloud: RunningCloud) -> None:
    throttled = Fault("dynamodb", "UpdateItem", status=400, code="ProvisionedThroughputExceededException")
    with cloud.faults(throttled):
        answer = ask(cloud)
        frame = ask_by_socket(cloud)
    assert answer.status_code == 200
    assert answer.json()["outfit"]
    assert frame["outfit"]
