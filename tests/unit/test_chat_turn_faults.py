"""Turns that do not go well: faults, bounds, and streams that break."""

from typing import Any

import pytest
from botocore.exceptions import EventStreamError

from runtime.chat.services import ToolFailed
from runtime.chat.turn import NOTHING_TO_SAY, ONLY_PRODUCTS
from runtime.shared.problems import Problem
from tests.unit.chat_doubles import (
    DRESS,
    SLIP,
    Conversation,
    client_error,
    says,
    start_conversation,
    uses,
)
from tests.unit.chat_tables import named, tables, talk

__all__ = ["tables", "talk"]

SEARCH = ("search_products", {"query": "dress", "category": "dress"})
WEDDING = ("build_outfit", {"occasion": "wedding", "gender": "women", "season": "summer"})


@pytest.mark.parametrize(
    ("tool", "code"),
    [
        (("search_products", {}), "malformed_input"),
        (("search_products", {"query": "x", "max_price": "cheap"}), "malformed_input"),
        (("search_products", "{broken"), "malformed_input"),
        (("note_brief", {"age_group": "7"}), "malformed_input"),
        (("note_brief", {"date": "in June"}), "malformed_input"),
        (("get_moon", {}), "unknown_tool"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_malformed_tool_use_is_told_and_the_turn_goes_on(
    talk: Conversation, tool: tuple[str, Any], code: str, stream: bool
) -> None:
    answer = talk.say("Hello", uses(tool), says("Never mind, hello!"), stream=stream)
    assert answer["reply"] == "Never mind, hello!"
    result = talk.results()[0]
    assert (result["status"], result["content"][0]["json"]["error"]) == ("error", code)


def test_a_tool_that_stays_malformed_is_given_up(talk: Conversation) -> None:
    bad = uses(("search_products", {}))
    talk.say("Hello", bad, bad, says("Hello!"))
    assert talk.results()[0]["content"][0]["json"]["message"] == "go on without search_products"


@pytest.mark.parametrize("stop", ["malformed_tool_use", "malformed_model_output"])
def test_malformed_output_is_asked_for_once_more(talk: Conversation, stop: str) -> None:
    assert talk.say("Hi", {"content": [], "stop": stop}, says("Hello!"))["reply"] == "Hello!"
    empty = {"content": [], "stop": stop}
    assert talk.say("Hi", empty, empty)["reply"] == NOTHING_TO_SAY


@pytest.mark.parametrize("fail", [ToolFailed("timeout", "too slow"), ToolFailed("unavailable", "down")])
def test_a_failing_tool_is_a_result(talk: Conversation, fail: ToolFailed) -> None:
    talk.catalogue.fail = fail
    talk.forecaster.answer = fail
    answer = talk.say(
        "A dress", uses(SEARCH, ("get_weather", {"city": "Rome"}), WEDDING), says("I cannot look right now.")
    )
    assert answer["reply"] == "I cannot look right now."
    assert [each["content"][0]["json"]["error"] for each in talk.results()] == [fail.code] * 3


def test_the_weather_s_errors_are_told(talk: Conversation) -> None:
    talk.forecaster.answer = {"error": "date_out_of_range", "message": "Forecasts reach to Friday."}
    answer = talk.say("Lisbon in June", uses(("get_weather", {"city": "Lisbon"})), says("Too far ahead."))
    assert talk.results()[0]["content"][0]["json"] == {
        "error": "date_out_of_range",
        "message": "Forecasts reach to Friday.",
    }
    assert "weather" not in answer


def test_a_throttled_model_is_asked_again(talk: Conversation) -> None:
    busy = client_error("ThrottlingException", status=429)
    started = talk.clock.now
    for stream in (False, True):
        assert talk.say("Hi", busy, busy, says("Hello!"), stream=stream)["reply"] == "Hello!"
    assert 0.5 < talk.clock.now - started < 5


@pytest.mark.parametrize(
    ("code", "status", "problem"),
    [
        ("ThrottlingException", 429, 429),
        ("ServiceUnavailableException", 503, 503),
        ("ModelTimeoutException", 408, 503),
        ("ModelNotReadyException", 429, 503),
        ("AccessDeniedException", 403, 503),
    ],
)
def test_a_model_that_does_not_answer_is_a_problem(
    talk: Conversation, tables: Any, code: str, status: int, problem: int
) -> None:
    attempts = 1 if code == "AccessDeniedException" else 5
    talk.session_id = None
    with pytest.raises(Problem) as raised:
        talk.say("Hi", *[client_error(code, status=status)] * attempts)
    assert (raised.value.status, raised.value.retry_after) == (problem, 5)
    assert not talk.bedrock.script
    assert tables.scan(TableName="sessions")["Count"] == 0, "nothing of the turn is kept"


def test_no_attempt_is_begun_that_the_deadline_would_cut(tables: Any) -> None:
    talk = start_conversation(tables, deadline_s=2.1)
    with pytest.raises(Problem):
        talk.say("Hi", client_error("ThrottlingException", status=429))
    assert len(talk.bedrock.requests) == 1


def test_what_was_found_is_shown_when_the_model_fails_afterwards(talk: Conversation) -> None:
    answer = talk.say("A dress", uses(SEARCH), *[client_error("ThrottlingException", status=429)] * 5)
    assert answer["reply"] == ONLY_PRODUCTS
    assert [each["name"] for each in answer["products"]] == [DRESS["name"], SLIP["name"]]


def test_rounds_are_bounded_and_the_model_is_warned(talk: Conversation) -> None:
    searching = [uses(("search_products", {"query": f"dress {number}"})) for number in range(6)]
    answer = talk.say("A dress", *searching)
    assert answer["reply"] == ONLY_PRODUCTS
    warned = [
        any("No more tools" in block.get("text", "") for block in request["messages"][-1]["content"])
        for request in talk.bedrock.requests
    ]
    assert warned == [False, False, False, False, False, True]


def test_time_is_bounded(talk: Conversation) -> None:
    def think_long(_: Any) -> dict[str, Any]:
        talk.clock.sleep(12)
        return uses(SEARCH)

    answer = talk.say("A dress", think_long, think_long)
    assert answer["reply"] == ONLY_PRODUCTS
    results = [block for request in talk.bedrock.requests for block in request["messages"]]
    assert len(results) == 1 + 3


def test_tokens_are_bounded(tables: Any) -> None:
    talk = start_conversation(tables, tokens=100)
    talk.say("A dress", *[uses(("note_brief", {"style": f"s{number}"})) for number in range(3)])
    assert [each["inferenceConfig"]["maxTokens"] for each in talk.bedrock.requests] == [100, 80, 60]


@pytest.mark.parametrize("stream", [False, True])
def test_a_text_cut_by_its_length_ends_with_a_whole_sentence(talk: Conversation, stream: bool) -> None:
    answer = talk.say(
        "Hi", says("Linen is cool. Cotton is soft. And then there is", "max_tokens"), stream=stream
    )
    assert answer["reply"] == "Linen is cool. Cotton is soft."


@pytest.mark.parametrize(
    "too_long",
    [
        says("", "model_context_window_exceeded"),
        client_error("ValidationException", text="Input is too long for requested model."),
    ],
)
def test_a_conversation_too_long_for_the_model_is_shortened(talk: Conversation, too_long: Any) -> None:
    talk.say("Hi", says("Hello!"))
    if isinstance(too_long, dict):
        too_long = {**too_long, "content": []}
    talk.say("Hi again", too_long, says("Hello again!"))
    assert [len(request["messages"]) for request in talk.bedrock.requests] == [1, 3, 1]


def test_text_streams_in_order_as_soon_as_it_is_safe(talk: Conversation) -> None:
    text = f"Good choice! For a garden party, I would take the {named(DRESS)} at 89.90 EUR. It is light."
    answer = talk.say("A dress", uses(SEARCH, text="One moment, please."), says(text), stream=True)
    assert talk.streamed == answer["reply"]
    assert [index for _, _, index, _ in talk.deltas] == list(range(len(talk.deltas)))
    assert {(session, turn) for session, turn, _, _ in talk.deltas} == {(answer["session_id"], 1)}
    assert [part for _, _, _, part in talk.deltas] == [
        "One moment, ",
        "please.",
        "\n\nGood choice! ",
        "For a garden party, ",
        "I would take the Linen wrap dress at 89.90 EUR. ",
        "It is light.",
    ]


def test_an_unknown_product_never_streams(talk: Conversation) -> None:
    text = "I like the Golden gown [[zzzzzzzzzzzzzzzzzzz2]] best. Or wear what you love."
    answer = talk.say("A dress", says(text), stream=True)
    assert talk.streamed == answer["reply"] == "Or wear what you love."


def test_a_stream_that_breaks_before_words_left_is_asked_for_again(talk: Conversation) -> None:
    broken = {
        **says("Once"),
        "breaks": EventStreamError({"Error": {"Code": "modelStreamErrorException"}}, "x"),
    }
    answer = talk.say("Hi", broken, says("Hello!"), stream=True)
    assert talk.streamed == answer["reply"] == "Hello!"


def test_a_stream_that_breaks_later_ends_with_what_was_said(talk: Conversation) -> None:
    broken = {
        **says("Linen is cool. Cotton is soft. And then"),
        "breaks": EventStreamError({"Error": {"Code": "throttlingException"}}, "x"),
    }
    answer = talk.say("Hi", broken, stream=True)
    assert talk.streamed.strip() == answer["reply"] == "Linen is cool. Cotton is soft."
