"""The stylist that talks: chat function, weather tool, memory, guardrail."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.bedrock import Place, find_place
from components._lib.chat import agent, converse
from components._lib.chat.engine import REFUSAL, CreateEngine, EngineRequest, EngineResult
from components._lib.chat.guardrail import PinnedGuardrail, create_guardrail
from components._lib.function import Function, FunctionSpec, check_pair
from components._lib.kept import describe_kept, kept_rows, own_rows
from components._lib.models import Model, find_model, load_models
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.table import Index, data_table
from components._lib.watched import describe_watched, watched_table

DEFAULT_SESSION_HOURS = 72
DEFAULT_CHAT_MODEL = "us.amazon.nova-2-lite-v1:0"
EXPIRY_ATTRIBUTE = "expires_at"
BY_TIME = "by_time"
"""Index of the conversations: a shopper's by the time of the latest turn, with what a list of them shows."""
_LISTED = ("title", "turn", EXPIRY_ATTRIBUTE)
_GATEWAY_LIMIT_SECONDS = 29
# What is left of the gateway's time when the model has to stop, for storing and answering.
_DEADLINE_SECONDS = 25
_MOST_ROUNDS = 6
_MOST_TOKENS = 1200
_RECOVERY_DAYS = 30
# They are counted in one row, which takes about a thousand writes of 1 KB a second.
_MOST_TURNS = 500


class ChatEngine(StrEnum):
    """Who leads the conversation."""

    CONVERSE = "converse"
    AGENT = "agent"


class WeatherSource(StrEnum):
    """Where forecasts come from."""

    OPEN_METEO = "open-meteo"
    OPENWEATHERMAP = "openweathermap"


ENGINES: dict[ChatEngine, CreateEngine] = {
    ChatEngine.CONVERSE: converse.create,
    ChatEngine.AGENT: agent.create,
}


class ChatAgentArgs(TypedDict):
    """Inputs of `ChatAgent`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, without numpy."""
    search_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `ProductSearch`."""
    search_policy: pulumi.Input[str]
    """Output `policy` of `ProductSearch`."""
    knowledge_environment: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Output `environment` of `KnowledgeBase`. Default: the stylist knows the catalogue only."""
    knowledge_policy: NotRequired[pulumi.Input[str]]
    """Output `policy` of `KnowledgeBase`; belongs to `knowledge_environment`. Default: none."""
    connections_environment: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Output `environment` of `Connections`. Default: no WebSocket, so answers come as a whole."""
    connections_policy: NotRequired[pulumi.Input[str]]
    """Output `policy` of `Connections`; belongs to `connections_environment`. Default: none."""
    engine: NotRequired[ChatEngine]
    """Who leads the conversation; `agent` only in accounts that used Bedrock Agents. Default: `converse`."""
    model: NotRequired[str]
    """Id of a chat model of `runtime/shared/models.toml`. Default: `us.amazon.nova-2-lite-v1:0`."""
    physical_name: NotRequired[pulumi.Input[str]]
    """Prefix, unique in account and region, of the agent's name. Default: none; `agent` needs one."""
    weather: NotRequired[WeatherSource]
    """Where forecasts come from. Default: `open-meteo`, which needs no key."""
    weather_url: NotRequired[str]
    """Scheme, host and path of another server for the same service. Default: the service's own."""
    weather_secret_arn: NotRequired[pulumi.Input[str]]
    """ARN of a secret that holds the key of OpenWeatherMap. Default: one is made from `weather_key`."""
    weather_key: NotRequired[pulumi.Input[str]]
    """Key of OpenWeatherMap, put into a secret of its own; `open-meteo` has no use for it. Default: none."""
    max_turns: NotRequired[int]
    """Turns that may run at once; more are refused with 429 and `Retry-After`. Default: 0, no such bound."""
    session_hours: NotRequired[int]
    """Hours for which a conversation is remembered, 1 to 720. Default: 72."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: deletion protection, recovery, retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class ChatAgent(pulumi.ComponentResource):
    """A conversation with memory, tools and a guardrail, behind one function."""

    function_arn: pulumi.Output[str]
    """Function behind the routes of text, feedback and conversations, and the WebSocket action `chat`."""
    environment: pulumi.Output[Mapping[str, str]]
    """Settings SESSIONS and PROFILES (JSON texts) for functions that read conversations and profiles."""
    read_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for reading one conversation and one profile."""
    kept: pulumi.Output[str]
    """Where conversations are kept (JSON text), for `Profile`."""
    owner_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for showing, changing and erasing what is kept of a shopper."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: ChatAgentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("ChatAgent"), name, {}, opts)
        engine = ChatEngine(args.get("engine", ChatEngine.CONVERSE))
        source = WeatherSource(args.get("weather", WeatherSource.OPEN_METEO))
        hours = int(args.get("session_hours", DEFAULT_SESSION_HOURS))
        max_turns = int(args.get("max_turns", 0))
        model = find_model(args.get("model", DEFAULT_CHAT_MODEL), "chat", load_models())
        _check_engine(engine, args)
        _check_source(source, args)
        _check_hours(hours)
        _check_turns(max_turns)
        check_pair(args, "knowledge_environment", "knowledge_policy")
        check_pair(args, "connections_environment", "connections_policy")

        place = find_place(self)
        sessions = _sessions(f"{name}-sessions", self, args)
        profiles = _profiles(f"{name}-profiles", self, args)
        guardrail = create_guardrail(name, self, REFUSAL, args.get("tags"))
        weather = _weather(name, self, args, source)
        led = ENGINES[engine](
            EngineRequest(
                name=name,
                parent=self,
                place=place,
                model=model,
                guardrail=guardrail,
                weather=weather,
                physical_name=args.get("physical_name"),
                knowledge_base_id=_knowledge_base_id(args),
                knowledge_policy=args.get("knowledge_policy"),
                tags=args.get("tags"),
            )
        )
        memory = {
            "SESSIONS": pulumi.Output.json_dumps(
                {"table": sessions.name, "ttl_hours": hours}, sort_keys=True
            ),
            "PROFILES": pulumi.Output.json_dumps({"table": profiles.name}, sort_keys=True),
        }
        setting = _chat_setting(engine, model, place, guardrail, led, max_turns)
        chat = _chat(name, self, args, {**memory, "CHAT": setting}, sessions, profiles, weather, led)

        self.function_arn = chat.arn
        self.environment = pulumi.Output.all(**memory)
        self.read_policy = iam.document([iam.allow(["dynamodb:GetItem"], [sessions.arn, profiles.arn])])
        self.kept = describe_kept(
            kept_rows(
                "sessions",
                sessions,
                keys=["session_id"],
                hidden=["version"],
                texts=["history", "messages", "products", "state"],
            )
        )
        self.owner_policy = iam.document(_own(sessions, profiles))
        self.watched = describe_watched(
            chat.watched,
            weather.watched,
            watched_table(f"{name}-sessions", sessions),
            watched_table(f"{name}-profiles", profiles),
        )
        self.register_outputs(
            {
                "function_arn": self.function_arn,
                "environment": self.environment,
                "read_policy": self.read_policy,
                "kept": self.kept,
                "owner_policy": self.owner_policy,
                "watched": self.watched,
            }
        )


def _check_engine(engine: ChatEngine, args: ChatAgentArgs) -> None:
    if engine is ChatEngine.AGENT and "physical_name" not in args:
        raise ValueError("physical_name: engine 'agent' needs a prefix for the agent's name; give one")


def _check_source(source: WeatherSource, args: ChatAgentArgs) -> None:
    keyed = source is WeatherSource.OPENWEATHERMAP
    if keyed and "weather_secret_arn" not in args and "weather_key" not in args:
        raise ValueError("weather_key: weather 'openweathermap' needs it, or weather_secret_arn instead")
    if not keyed and "weather_secret_arn" in args:
        raise ValueError(
            f"weather_secret_arn: weather {source.value!r} needs no key; drop it or use openweathermap"
        )


def _check_hours(hours: int) -> None:
    if not 1 <= hours <= 720:
        raise ValueError(f"session_hours: {hours} is out of range; use 1 to 720")


def _check_turns(turns: int) -> None:
    if not 0 <= turns <= _MOST_TURNS:
        raise ValueError(f"max_turns: {turns} is out of range; use 1 to {_MOST_TURNS}, or 0 for no bound")


def _knowledge_base_id(args: ChatAgentArgs) -> pulumi.Output[str] | None:
    if "knowledge_environment" not in args:
        return None
    return pulumi.Output.from_input(args["knowledge_environment"]).apply(_read_knowledge_base_id)


def _read_knowledge_base_id(environment: Mapping[str, Any]) -> str:
    return json.loads(environment["KNOWLEDGE"])["knowledge_base_id"]


def _sessions(name: str, parent: pulumi.Resource, args: ChatAgentArgs) -> aws.dynamodb.Table:
    """The conversations, by shopper; they end by themselves."""
    return data_table(
        name,
        parent,
        hash_key="user_id",
        range_key="session_id",
        indexes=[Index(name=BY_TIME, hash_key="user_id", range_key="updated_at", holds=_LISTED)],
        numbers=["updated_at"],
        expires_by=EXPIRY_ATTRIBUTE,
        protect_data=args.get("protect_data", True),
        tags=args.get("tags"),
    )


def _profiles(name: str, parent: pulumi.Resource, args: ChatAgentArgs) -> aws.dynamodb.Table:
    """What shoppers agreed to be known by."""
    return data_table(
        name,
        parent,
        hash_key="user_id",
        protect_data=args.get("protect_data", True),
        tags=args.get("tags"),
    )


def _weather(name: str, parent: pulumi.Resource, args: ChatAgentArgs, source: WeatherSource) -> Function:
    setting: dict[str, pulumi.Input[str]] = {"source": source.value}
    if address := args.get("weather_url", ""):
        setting |= {"base_url": address, "geocoding_url": address}
    statements: list[iam.Statement] = []
    if source is WeatherSource.OPENWEATHERMAP:
        secret = args.get("weather_secret_arn") or _keep_key(name, parent, args)
        setting["secret_arn"] = secret
        statements.append(iam.allow(["secretsmanager:GetSecretValue"], [secret]))
    return Function(
        f"{name}-weather",
        FunctionSpec(
            service="weather",
            handler="runtime.weather.handler.handler",
            packages=("weather", "shared"),
            layers=args["layers"],
            timeout=15,
            memory_mb=512,
            operation=read_operation(args),
            environment={"WEATHER_SOURCE": pulumi.Output.json_dumps(setting, sort_keys=True)},
            statements=tuple(statements),
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def _keep_key(name: str, parent: pulumi.Resource, args: ChatAgentArgs) -> pulumi.Output[str]:
    """ARN of a secret with the key of the weather service."""
    secret = aws.secretsmanager.Secret(
        f"{name}-weather-key",
        description="Key of OpenWeatherMap.",
        # A deleted secret keeps its name during the recovery window; without protection it goes at once.
        recovery_window_in_days=_RECOVERY_DAYS if args.get("protect_data", True) else 0,
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    aws.secretsmanager.SecretVersion(
        f"{name}-weather-key-value",
        secret_id=secret.id,
        secret_string=pulumi.Output.secret(args.get("weather_key", "")),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return secret.arn


def _chat_setting(
    engine: ChatEngine,
    model: Model,
    place: Place,
    guardrail: PinnedGuardrail,
    led: EngineResult,
    max_turns: int,
) -> pulumi.Output[str]:
    content: dict[str, Any] = {
        "engine": engine.value,
        "model_id": model.id,
        # The guardrail works only where the model is called, so both are where the stack is.
        "region": place.region.apply(model.require_region),
        "guardrail_id": guardrail.id,
        "guardrail_version": guardrail.version,
        "max_rounds": _MOST_ROUNDS,
        "max_tokens": _MOST_TOKENS,
        "deadline_s": _DEADLINE_SECONDS,
        "max_turns": max_turns,
    }
    return pulumi.Output.json_dumps({**content, **led.setting}, sort_keys=True)


def _chat(
    name: str,
    parent: pulumi.Resource,
    args: ChatAgentArgs,
    settings: Mapping[str, pulumi.Input[str]],
    sessions: aws.dynamodb.Table,
    profiles: aws.dynamodb.Table,
    weather: Function,
    led: EngineResult,
) -> Function:
    asked = pulumi.Output.json_dumps({"function": weather.name}, sort_keys=True)
    environments = [args["search_environment"]]
    policies = [args["search_policy"]]
    if "knowledge_environment" in args and "knowledge_policy" in args:
        environments.append(args["knowledge_environment"])
        policies.append(args["knowledge_policy"])
    if "connections_environment" in args and "connections_policy" in args:
        environments.append(args["connections_environment"])
        policies.append(args["connections_policy"])
    return Function(
        name,
        FunctionSpec(
            service="chat",
            handler="runtime.chat.handler.handler",
            packages=("chat", "wardrobe", "shared"),
            layers=args["layers"],
            timeout=_GATEWAY_LIMIT_SECONDS,
            memory_mb=1024,
            operation=read_operation(args),
            environment={**settings, "WEATHER": asked},
            bound_environments=tuple(environments),
            statements=(
                iam.allow(
                    ["dynamodb:GetItem", "dynamodb:UpdateItem"],
                    [sessions.arn, profiles.arn],
                ),
                iam.allow(["dynamodb:Query"], [pulumi.Output.concat(sessions.arn, "/index/", BY_TIME)]),
                iam.allow(["lambda:InvokeFunction"], [weather.arn]),
                *led.statements,
            ),
            bound_policies=tuple(policies),
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def _own(sessions: aws.dynamodb.Table, profiles: aws.dynamodb.Table) -> list[iam.Statement]:
    return [
        *own_rows(sessions),
        iam.allow(["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"], [profiles.arn]),
    ]
