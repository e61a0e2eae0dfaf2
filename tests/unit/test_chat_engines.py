"""The agent engine and the services behind the tools, against the shapes that botocore knows."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from runtime.chat.engines.agent import AgentModel
from runtime.chat.engines.converse import ConverseModel
from runtime.chat.model import Citation, ModelBusy, ModelFailed, ModelRequest, Stop, text_message
from runtime.chat.services import KnowledgeBase, SearchFunction, ToolFailed, WeatherFunction
from runtime.chat.tool_specs import TOOL_NAMES, TOOL_SPECS
from runtime.shared.observability import follow
from tests.unit.chat_doubles import ScriptedBedrock, check_request, client_error, says

CONVERSATION = "user-1\nsession-1"


def ask(*messages: dict[str, Any]) -> ModelRequest:
    return ModelRequest(
        "Be a stylist.", "STATE {}", list(messages) or [text_message("user", "Hi")], TOOL_SPECS
    )


def calls(*functions: tuple[str, dict[str, str]], invocation: str = "inv-1") -> dict[str, Any]:
    """An agent's event that hands calls over."""
    inputs = [
        {
            "functionInvocationInput": {
                "actionGroup": "shop",
                "function": name,
                "actionInvocationType": "RESULT",
                "parameters": [
                    {"name": key, "type": "string", "value": value} for key, value in given.items()
                ],
            }
        }
        for name, given in functions
    ]
    return {"returnControl": {"invocationId": invocation, "invocationInputs": inputs}}


class ScriptedAgent:
    """bedrock-agent-runtime: one list of events for each call."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []

    def invoke_agent(self, **arguments: Any) -> dict[str, Any]:
        check_request("bedrock-agent-runtime", "InvokeAgent", arguments)
        self.requests.append(arguments)
        events = self.script.pop(0)
        if isinstance(events, Exception):
            raise events
        return {"completion": iter(events)}


def chunk(text: str, **more: Any) -> dict[str, Any]:
    return {"chunk": {"bytes": text.encode(), **more}}


def test_an_agent_hands_its_calls_over_and_gets_the_results() -> None:
    client = ScriptedAgent(
        [calls(("search_products", {"query": "dress"}), ("note_brief", {"colors": "[red, white]"}))],
        [{"trace": {}}, chunk("Here "), chunk("you are.")],
    )
    turn = AgentModel(client, "AGENT1", "ALIAS1").open_turn(CONVERSATION)
    first = turn.ask(ask())
    assert first.stop is Stop.TOOLS
    assert [(use.name, use.arguments) for use in first.tool_uses] == [
        ("search_products", {"query": "dress"}),
        ("note_brief", {"colors": "[red, white]"}),
    ]
    blocks: list[dict[str, Any]] = [
        {"toolResult": {"toolUseId": use.id, "content": [{"json": {"n": number}}], "status": status}}
        for number, (use, status) in enumerate(zip(first.tool_uses, ("success", "error"), strict=True))
    ]
    written: list[str] = []
    second = turn.ask(ask(text_message("user", "Hi"), {"role": "user", "content": blocks}), written.append)
    assert (second.text, second.stop, written) == ("Here you are.", Stop.DONE, ["Here ", "you are."])
    begun, resumed = client.requests
    assert begun["inputText"] == "Hi"
    assert begun["sessionState"] == {"promptSessionAttributes": {"state": "STATE {}"}}
    assert begun["sessionId"] == resumed["sessionId"]
    assert resumed["streamingConfigurations"] == {"streamFinalResponse": True}
    assert "inputText" not in resumed
    state = resumed["sessionState"]
    assert state["invocationId"] == "inv-1"
    assert state["returnControlInvocationResults"] == [
        {
            "functionResult": {
                "actionGroup": "shop",
                "function": "search_products",
                "responseBody": {"TEXT": {"body": '{"n": 0}'}},
            }
        },
        {
            "functionResult": {
                "actionGroup": "shop",
                "function": "note_brief",
                "responseState": "REPROMPT",
                "responseBody": {"TEXT": {"body": '{"n": 1}'}},
            }
        },
    ]


def test_conversations_of_an_agent_do_not_meet() -> None:
    client = ScriptedAgent([chunk("a")], [chunk("b")])
    model = AgentModel(client, "AGENT1", "ALIAS1")
    for conversation in (CONVERSATION, "user-2\nsession-1"):
        model.open_turn(conversation).ask(ask())
    assert len({request["sessionId"] for request in client.requests}) == 2


def test_an_agent_s_citations_are_kept() -> None:
    reference = {
        "content": {"text": "Cosy <b>hat</b>"},
        "location": {"type": "S3", "s3Location": {"uri": "s3://docs/reviews/hats.csv"}},
    }
    attribution = {"citations": [{"retrievedReferences": [reference]}]}
    client = ScriptedAgent([chunk("Nice hats.", attribution=attribution)])
    answer = AgentModel(client, "AGENT1", "ALIAS1").open_turn(CONVERSATION).ask(ask())
    assert answer.citations == (Citation("Cosy hat", "hats.csv"),)


@pytest.mark.parametrize(
    ("code", "kind", "transient"),
    [
        ("ThrottlingException", ModelBusy, True),
        ("InternalServerException", ModelFailed, True),
        ("ModelNotReadyException", ModelFailed, True),
        ("AccessDeniedException", ModelFailed, False),
        ("ResourceNotFoundException", ModelFailed, False),
    ],
)
def test_failures_of_both_engines_mean_the_same(code: str, kind: type[ModelFailed], transient: bool) -> None:
    error = client_error(code)
    for model in (
        AgentModel(ScriptedAgent(error), "AGENT1", "ALIAS1"),
        ConverseModel(ScriptedBedrock([error]), "amazon.nova-pro-v1:0", None),
    ):
        with pytest.raises(kind) as raised:
            model.open_turn(CONVERSATION).ask(ask())
        assert raised.value.transient is transient


def test_converse_offers_the_tools_of_the_contract() -> None:
    bedrock = ScriptedBedrock([says("Hello!")])
    ConverseModel(bedrock, "amazon.nova-pro-v1:0", None).open_turn(CONVERSATION).ask(ask())
    tools = [each["toolSpec"] for each in bedrock.requests[0]["toolConfig"]["tools"]]
    fields = {each["name"]: set(each["inputSchema"]["json"]["properties"]) for each in tools}
    assert tuple(fields) == TOOL_NAMES
    assert fields == {
        "search_products": {"query", "category", "color", "max_price", "min_price", "size", "limit"},
        "search_knowledge": {"query"},
        "get_weather": {"city", "date"},
        "build_outfit": {"occasion", "gender", "season", "colors", "budget", "formality", "exclude"},
        "ask_shopper": {"question", "missing"},
        "note_brief": {
            "age_group",
            "gender",
            "season",
            "location",
            "date",
            "occasion",
            "items",
            "colors",
            "budget",
            "currency",
            "sizes",
            "style",
        },
    }
    assert "guardrailConfig" not in bedrock.requests[0]


class FakeLambda:
    """Answers one function call after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.events: list[dict[str, Any]] = []

    def invoke(self, **arguments: Any) -> dict[str, Any]:
        check_request("lambda", "Invoke", arguments)
        self.events.append(json.loads(arguments["Payload"]))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        failed = {"FunctionError": "Unhandled"} if answer is None else {}
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return {"Payload": io.BytesIO(text), **failed}


def test_the_search_function_is_called_as_agreed() -> None:
    client = FakeLambda({"results": [{"product_id": "a"}]}, {"results": []})
    search = SearchFunction(client, "search-fn")
    follow("r1")
    assert search.search("u1", {"query": "hat"}) == [{"product_id": "a"}]
    assert search.fetch("u1", ["a"]) == []
    assert client.events == [
        {"tool": "search", "user_id": "u1", "request": {"query": "hat"}, "request_id": "r1"},
        {"tool": "products", "user_id": "u1", "request": {"product_ids": ["a"]}, "request_id": "r1"},
    ]


def test_the_weather_function_is_called_as_agreed() -> None:
    client = FakeLambda({"city": "Rome"}, {"error": "quota", "message": "m"})
    weather = WeatherFunction(client, "weather-fn")
    assert weather.forecast("Rome", "2026-11-22") == {"city": "Rome"}
    assert weather.forecast("Rome", None) == {"error": "quota", "message": "m"}
    assert [event["request"] for event in client.events] == [
        {"city": "Rome", "date": "2026-11-22"},
        {"city": "Rome"},
    ]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (None, "unavailable"),
        (b"<html>", "unavailable"),
        (b"[]", "unavailable"),
        ({"problem": {"status": 503}}, "unavailable"),
        ({"problem": {"status": 400}}, "refused"),
        (ReadTimeoutError(endpoint_url="https://lambda"), "timeout"),
        (client_error("AccessDeniedException", "Invoke", 403), "unavailable"),
    ],
)
def test_a_function_that_fails_is_a_failed_tool(answer: Any, code: str) -> None:
    with pytest.raises(ToolFailed) as raised:
        SearchFunction(FakeLambda(answer), "search-fn").search("u1", {"query": "hat"})
    assert raised.value.code == code


def test_a_function_that_is_busy_is_called_once_more() -> None:
    busy = client_error("TooManyRequestsException", "Invoke", 429)
    assert SearchFunction(FakeLambda(busy, {"results": []}), "search-fn").search("u1", {}) == []
    with pytest.raises(ToolFailed):
        SearchFunction(FakeLambda(busy, busy), "search-fn").search("u1", {})


def test_the_knowledge_base_is_asked_for_passages() -> None:
    class Client:
        def retrieve(self, **arguments: Any) -> dict[str, Any]:
            check_request("bedrock-agent-runtime", "Retrieve", arguments)
            assert arguments["retrievalQuery"] == {"text": "hats"}
            uri = "s3://documents/reviews.csv"
            location = {"type": "S3", "s3Location": {"uri": uri}}
            return {
                "retrievalResults": [
                    {
                        "content": {"text": "Warm [[hat]]\n\n" + "x" * 2_000},
                        "location": location,
                        "score": 0.8,
                    },
                    {"content": {"text": "No place"}},
                ]
            }

    first, second = KnowledgeBase(Client(), "KB12345678").retrieve("hats")
    assert first.text.startswith("Warm hat xxx")
    assert (len(first.text), first.source, second.source) == (1_200, "reviews.csv", "knowledge base")
