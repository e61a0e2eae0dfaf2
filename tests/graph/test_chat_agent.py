"""The chat agent: memory, model, guardrail, weather, and the Bedrock Agent as the other engine."""

import json
from typing import Any

import pulumi
import pytest

from components import ChatAgent, ChatEngine, WeatherSource
from components._lib import iam
from components._lib.chat import agent
from components._lib.chat.engine import REFUSAL
from components._lib.models import load_models
from components.chat_agent import DEFAULT_CHAT_MODEL
from tests.graph.recorder import Graph, Secret, record

SESSIONS = "arn:aws:dynamodb:us-east-1:123456789012:table/chat-sessions-1a2b3c4"
PROFILES = "arn:aws:dynamodb:us-east-1:123456789012:table/chat-profiles-1a2b3c4"
WEATHER = "arn:aws:lambda:us-east-1:123456789012:function:chat-weather-function-1a2b3c4"
GUARDRAIL = "arn:aws:bedrock:us-east-1:123456789012:guardrail/guardrail123"
PROFILE_ARN = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{DEFAULT_CHAT_MODEL}"
MODELS = {
    f"arn:aws:bedrock:{region}::foundation-model/amazon.nova-2-lite-v1:0"
    for region in ("us-east-1", "us-east-2", "us-west-2")
}
KNOWLEDGE = {"knowledge_base_id": "BASE123456", "data_source_id": "S", "region": "us-east-1"}


def record_chat(**changes: Any) -> Graph:
    def program() -> None:
        chat = ChatAgent(
            "chat",
            {
                "layers": ["arn:core"],
                "search_environment": {"SEARCH": "s"},
                "search_policy": iam.document([iam.allow(["lambda:InvokeFunction"], ["arn:search"])]),
                **changes,
            },
        )
        for name in ("environment", "read_policy", "owner_policy"):
            pulumi.export(name, getattr(chat, name))

    return record(program)


def with_knowledge() -> dict[str, Any]:
    return {
        "knowledge_environment": pulumi.Output.from_input({"KNOWLEDGE": json.dumps(KNOWLEDGE)}),
        "knowledge_policy": iam.document([iam.allow(["bedrock:Retrieve"], ["arn:knowledge"])]),
    }


def record_agent(**changes: Any) -> Graph:
    def program() -> None:
        base: dict[str, Any] = {
            "layers": ["arn:core"],
            "search_environment": {"SEARCH": "s"},
            "search_policy": iam.document([iam.allow(["lambda:InvokeFunction"], ["arn:search"])]),
            "engine": ChatEngine.AGENT,
            "physical_name": "shop-test",
            **with_knowledge(),
        }
        ChatAgent("chat", {**base, **changes})  # pyright: ignore[reportArgumentType]

    return record(program)


@pytest.fixture(scope="module")
def chat() -> Graph:
    return record_chat()


@pytest.fixture(scope="module")
def led_by_agent() -> Graph:
    return record_agent()


def allowed(text: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in json.loads(text)["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not action.startswith(("logs:", "xray:"))
    }


def test_turns_at_once_are_bounded_in_the_function_and_take_nothing_from_the_account() -> None:
    chat = record_chat(max_turns=20)
    assert json.loads(variables(chat, "chat-function")["CHAT"])["max_turns"] == 20
    assert "reservedConcurrentExecutions" not in chat.get("chat-function").inputs


def variables(graph: Graph, name: str) -> dict[str, str]:
    return graph.get(name).inputs["environment"]["variables"]


def test_conversations_expire_and_profiles_do_not(chat: Graph) -> None:
    sessions, profiles = chat.get("chat-sessions"), chat.get("chat-profiles")
    assert (sessions.inputs["hashKey"], sessions.inputs["rangeKey"]) == ("user_id", "session_id")
    assert sessions.inputs["ttl"] == {"attributeName": "expires_at", "enabled": True}
    assert profiles.inputs["hashKey"] == "user_id" and "rangeKey" not in profiles.inputs
    assert "ttl" not in profiles.inputs
    assert sessions.protect and profiles.protect
    discarded = record_chat(protect_data=False)
    assert not discarded.get("chat-sessions").protect


def test_the_chat_function_is_told_everything(chat: Graph) -> None:
    given = variables(chat, "chat-function")
    assert json.loads(given["CHAT"]) == {
        "engine": "converse",
        "model_id": DEFAULT_CHAT_MODEL,
        "region": "us-east-1",
        "guardrail_id": "guardrail123",
        "guardrail_version": "1",
        "max_rounds": 6,
        "max_tokens": 1200,
        "deadline_s": 25,
        "max_turns": 0,
    }
    assert json.loads(given["SESSIONS"]) == {"table": "chat-sessions-1a2b3c4", "ttl_hours": 72}
    assert json.loads(given["PROFILES"]) == {"table": "chat-profiles-1a2b3c4"}
    assert json.loads(given["WEATHER"]) == {"function": "chat-weather-function-1a2b3c4"}
    assert given["SEARCH"] == "s"
    assert "KNOWLEDGE" not in given and "CONNECTIONS" not in given
    assert chat.get("chat-function").inputs["timeout"] == 29


def test_it_may_call_the_model_in_every_region_of_its_profile_and_nothing_else(chat: Graph) -> None:
    invoke = {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}
    assert allowed(chat.get("chat-policy").inputs["policy"]) == {
        *(
            (f"dynamodb:{action}", table)
            for action in ("GetItem", "UpdateItem")
            for table in (SESSIONS, PROFILES)
        ),
        ("dynamodb:Query", f"{SESSIONS}/index/by_time"),
        ("lambda:InvokeFunction", WEATHER),
        ("lambda:InvokeFunction", "arn:search"),
        ("bedrock:ApplyGuardrail", GUARDRAIL),
        *((action, arn) for action in invoke for arn in {PROFILE_ARN, *MODELS}),
    }


def test_others_read_one_conversation_and_the_owner_sees_and_erases_all(chat: Graph) -> None:
    assert allowed(chat.exports["read_policy"]) == {
        ("dynamodb:GetItem", SESSIONS),
        ("dynamodb:GetItem", PROFILES),
    }
    assert allowed(chat.exports["owner_policy"]) == {
        ("dynamodb:Query", SESSIONS),
        ("dynamodb:BatchWriteItem", SESSIONS),
        ("dynamodb:GetItem", PROFILES),
        ("dynamodb:UpdateItem", PROFILES),
        ("dynamodb:DeleteItem", PROFILES),
    }
    assert set(chat.exports["environment"]) == {"SESSIONS", "PROFILES"}


def test_the_guardrail_filters_attacks_masks_account_data_and_answers_with_the_refusal(chat: Graph) -> None:
    guardrail = chat.get("chat-guardrail").inputs
    filters = {each["type"]: each for each in guardrail["contentPolicyConfig"]["filtersConfigs"]}
    assert filters["PROMPT_ATTACK"] == {
        "type": "PROMPT_ATTACK",
        "inputStrength": "HIGH",
        "outputStrength": "NONE",
    }
    assert {"HATE", "INSULTS", "SEXUAL", "VIOLENCE", "MISCONDUCT"} < set(filters)
    masked = guardrail["sensitiveInformationPolicyConfig"]["piiEntitiesConfigs"]
    assert {each["action"] for each in masked} == {"ANONYMIZE"}
    kinds = {each["type"] for each in masked}
    assert {"EMAIL", "PHONE", "CREDIT_DEBIT_CARD_NUMBER"} < kinds
    assert not kinds & {"AGE", "NAME", "ADDRESS"}, "a stylist cannot advise without them"
    assert guardrail["blockedInputMessaging"] == guardrail["blockedOutputsMessaging"] == REFUSAL
    assert REFUSAL == ("I’m sorry, I’m a Virtual Stylist, I will not be able to help you with this query")


def test_a_version_of_the_guardrail_is_pinned_and_follows_its_rules(
    chat: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = chat.get("chat-guardrail-version").inputs
    assert version["guardrailArn"] == GUARDRAIL
    monkeypatch.setattr("components._lib.chat.guardrail._FILTERS", ("HATE",))
    assert record_chat().get("chat-guardrail-version").inputs["description"] != version["description"]


def test_weather_needs_no_key_by_default(chat: Graph) -> None:
    assert json.loads(variables(chat, "chat-weather-function")["WEATHER_SOURCE"]) == {"source": "open-meteo"}
    assert allowed(chat.get("chat-weather-policy").inputs["policy"]) == set()


def test_the_weather_function_reads_its_key_by_the_secrets_arn() -> None:
    graph = record_chat(weather=WeatherSource.OPENWEATHERMAP, weather_secret_arn="arn:secret")
    setting = json.loads(variables(graph, "chat-weather-function")["WEATHER_SOURCE"])
    assert setting == {"source": "openweathermap", "secret_arn": "arn:secret"}
    assert allowed(graph.get("chat-weather-policy").inputs["policy"]) == {
        ("secretsmanager:GetSecretValue", "arn:secret")
    }


def test_a_key_is_kept_in_a_secret_and_nowhere_else() -> None:
    graph = record_chat(weather=WeatherSource.OPENWEATHERMAP, weather_key="0123456789abcdef")
    assert graph.get("chat-weather-key-value").inputs["secretString"] == Secret("0123456789abcdef")
    arn = graph.get("chat-weather-key").state["arn"]
    given = variables(graph, "chat-weather-function")["WEATHER_SOURCE"]
    assert json.loads(given) == {"source": "openweathermap", "secret_arn": arn}
    assert allowed(graph.get("chat-weather-policy").inputs["policy"]) == {
        ("secretsmanager:GetSecretValue", arn)
    }
    assert not record_chat(weather_key="").of_type("aws:secretsmanager/secret:Secret")


def test_bindings_add_their_settings_and_rights() -> None:
    def program() -> None:
        ChatAgent(
            "chat",
            {
                "layers": ["arn:core"],
                "search_environment": {"SEARCH": "s"},
                "search_policy": iam.document([]),
                "knowledge_environment": {"KNOWLEDGE": json.dumps(KNOWLEDGE)},
                "knowledge_policy": iam.document([iam.allow(["bedrock:Retrieve"], ["arn:knowledge"])]),
                "connections_environment": {"CONNECTIONS": "c"},
                "connections_policy": iam.document([iam.allow(["execute-api:ManageConnections"], ["arn:c"])]),
            },
        )

    graph = record(program)
    assert variables(graph, "chat-function")["CONNECTIONS"] == "c"
    granted = allowed(graph.get("chat-policy").inputs["policy"])
    assert {("bedrock:Retrieve", "arn:knowledge"), ("execute-api:ManageConnections", "arn:c")} < granted


def test_with_converse_nothing_of_an_agent_is_declared(chat: Graph) -> None:
    assert not [resource for resource in chat.resources if "agent" in resource.type]


def test_the_agent_is_called_by_its_alias_and_does_the_models_calls_itself(led_by_agent: Graph) -> None:
    setting = json.loads(variables(led_by_agent, "chat-function")["CHAT"])
    assert (setting["engine"], setting["agent_id"], setting["agent_alias_id"]) == (
        "agent",
        "AGENT12345",
        "ALIAS12345",
    )
    granted = allowed(led_by_agent.get("chat-policy").inputs["policy"])
    alias = "arn:aws:bedrock:us-east-1:123456789012:agent-alias/AGENT12345/ALIAS12345"
    assert ("bedrock:InvokeAgent", alias) in granted
    assert not [action for action, _ in granted if action.startswith("bedrock:InvokeModel")]


def test_the_agents_role_serves_this_account_only_and_no_more_than_it_needs(led_by_agent: Graph) -> None:
    (trust,) = json.loads(led_by_agent.get("chat-agent-role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert trust["Condition"] == {
        "ArnLike": {"aws:SourceArn": "arn:aws:bedrock:us-east-1:123456789012:agent/*"},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }
    invoke = {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}
    assert allowed(led_by_agent.get("chat-agent-policy").inputs["policy"]) == {
        *((action, arn) for action in invoke for arn in {PROFILE_ARN, *MODELS}),
        ("bedrock:ApplyGuardrail", GUARDRAIL),
        ("bedrock:GetInferenceProfile", PROFILE_ARN),
        ("bedrock:Retrieve", "arn:knowledge"),
    }


def test_the_agent_has_model_guardrail_and_knowledge(led_by_agent: Graph) -> None:
    made = led_by_agent.get("chat-agent", "aws:bedrock/agentAgent:AgentAgent")
    assert made.inputs["agentName"] == "shop-test-stylist"
    assert made.inputs["foundationModel"] == PROFILE_ARN
    assert made.inputs["guardrailConfigurations"] == [
        {"guardrailIdentifier": "guardrail123", "guardrailVersion": "1"}
    ]
    assert REFUSAL in made.inputs["instruction"] and 40 <= len(made.inputs["instruction"]) <= 4000
    assert "chat-agent-policy" in made.dependencies
    knowledge = led_by_agent.get("chat-agent-knowledge").inputs
    assert (knowledge["knowledgeBaseId"], knowledge["knowledgeBaseState"]) == ("BASE123456", "ENABLED")


def test_the_agent_calls_the_weather_itself_and_hands_all_else_back(led_by_agent: Graph) -> None:
    groups = {
        r.inputs["actionGroupName"]: r.inputs
        for r in led_by_agent.of_type("aws:bedrock/agentAgentActionGroup:AgentAgentActionGroup")
    }
    assert groups["weather"]["actionGroupExecutor"] == {"lambda": WEATHER}
    assert groups["shop"]["actionGroupExecutor"] == {"customControl": "RETURN_CONTROL"}
    names = {
        name: [each["name"] for each in group["functionSchema"]["memberFunctions"]["functions"]]
        for name, group in groups.items()
    }
    assert names == {
        "weather": ["get_weather"],
        "shop": ["search_products", "build_outfit", "ask_shopper", "note_brief"],
    }
    permission = led_by_agent.get("chat-agent-permission").inputs
    assert permission["principal"] == "bedrock.amazonaws.com"
    assert permission["sourceArn"] == "arn:aws:bedrock:us-east-1:123456789012:agent/AGENT12345"
    assert permission["sourceAccount"] == "123456789012"


def test_tools_of_the_agent_are_those_of_the_loop_within_bedrocks_quota() -> None:
    from runtime.chat.tool_specs import TOOL_SPECS

    known = {spec["name"]: spec["inputSchema"]["json"] for spec in TOOL_SPECS}
    for tool in (*agent.WEATHER_TOOLS, *agent.SHOP_TOOLS):
        assert len(tool.parameters) <= agent.MOST_PARAMETERS
        schema = known[tool.name]
        assert {each.name for each in tool.parameters} <= set(schema["properties"]), tool.name
        required = {each.name for each in tool.parameters if each.required}
        assert required == set(schema.get("required", [])), tool.name


def test_an_agent_takes_one_change_at_a_time_and_the_alias_comes_last(led_by_agent: Graph) -> None:
    assert "chat-agent-knowledge" in led_by_agent.get("chat-agent-weather").dependencies
    assert "chat-agent-weather" in led_by_agent.get("chat-agent-shop").dependencies
    assert "chat-agent-shop" in led_by_agent.get("chat-agent-alias").dependencies


def test_the_alias_moves_with_every_change_of_the_agent(
    led_by_agent: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = led_by_agent.get("chat-agent-alias").inputs["description"]
    assert record_agent().get("chat-agent-alias").inputs["description"] == before
    changed = record_agent(model="us.anthropic.claude-haiku-4-5-20251001-v1:0")
    assert changed.get("chat-agent-alias").inputs["description"] != before
    monkeypatch.setattr("components._lib.chat.agent.INSTRUCTION", "You are a stylist. " * 5)
    assert record_agent().get("chat-agent-alias").inputs["description"] != before


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"model": "amazon.titan-embed-image-v1"}, "model: .* is no chat model; use one of us.amazon.nova-2"),
        ({"model": "nothing"}, "model: 'nothing' is no chat model"),
        ({"engine": "agent"}, "physical_name: engine 'agent' needs a prefix"),
        ({"weather": "openweathermap"}, "weather_key: weather 'openweathermap' needs it"),
        ({"weather_secret_arn": "arn:s"}, "weather_secret_arn: weather 'open-meteo' needs no key"),
        ({"session_hours": 0}, "session_hours: 0 is out of range"),
        ({"max_turns": 501}, "max_turns: 501 is out of range; use 1 to 500, or 0 for no bound"),
        ({"knowledge_environment": {"KNOWLEDGE": "{}"}}, "knowledge_environment: goes with knowledge_policy"),
        ({"connections_policy": "{}"}, "connections_environment: goes with connections_policy"),
    ],
)
def test_wrong_inputs_are_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        record_chat(**changes)


def test_a_model_that_is_not_offered_in_the_region_is_refused() -> None:
    model = load_models()[DEFAULT_CHAT_MODEL]
    assert model.require_region("us-west-2") == "us-west-2"
    with pytest.raises(ValueError, match=r"nova-2-lite-v1:0 is not offered in eu-west-1; it is in us-east-1"):
        model.require_region("eu-west-1")
