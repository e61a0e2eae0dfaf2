"""The chat: text, feedback and conversations over REST, and the WebSocket route `chat`, which streams."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

import boto3
from botocore.config import Config
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from runtime.chat.admission import Admission
from runtime.chat.language import Language
from runtime.chat.logic import Stylist
from runtime.chat.model import ChatModel
from runtime.chat.past import ListQuery, TurnsQuery
from runtime.chat.profile import ProfileStore
from runtime.chat.services import KnowledgeBase, SearchFunction, Services, WeatherFunction
from runtime.chat.session import SessionStore, SessionsUnavailable
from runtime.chat.settings import (
    AgentSettings,
    ChatSettings,
    ConnectionSettings,
    ConverseSettings,
    FunctionSettings,
    KnowledgeSettings,
    ProfileSettings,
    SessionSettings,
)
from runtime.chat.turn import Answered, Asked, Bounds
from runtime.shared.aws import CONFIG, Clients
from runtime.shared.http import Api, Request, Route, read_body, read_query, subject_of
from runtime.shared.observability import describe_error, emit_metrics, get_logger, pseudonym
from runtime.shared.problems import Problem, refuse_fields, refuse_for_now
from runtime.shared.settings import read_setting
from runtime.shared.sockets import Connection, find_user

MAX_MESSAGE = 4_000
"""Characters."""
_MOST_ENTITIES = 20
_LONGEST_ID = 100
"""What is longer is no conversation's id, and no key that a table takes."""

_TOOLS = CONFIG.merge(Config(read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1}))
"""A tool that takes longer is given up: the model can go on without it."""
_MODEL = CONFIG.merge(Config(read_timeout=22, retries={"mode": "standard", "total_max_attempts": 1}))
"""The loop repeats calls of the model itself, as only it knows how much time is left."""

Settings = TypeVar("Settings")
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TextRequest(_Body):
    """The body of POST /text. `profile` holds entities of the brief as the shopper edited them."""

    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_MESSAGE)]
    session_id: Id | None = None
    request_id: Id | None = None
    profile: Annotated[dict[str, Any], Field(max_length=_MOST_ENTITIES)] | None = None
    language: Language | None = None

    def to_asked(self, user_id: str) -> Asked:
        return Asked(
            user_id, self.message, self.session_id, self.request_id, self.profile or {}, self.language
        )


class ChatFrame(TextRequest):
    """What a browser sends on the WebSocket."""

    action: Literal["chat"]


class FeedbackRequest(_Body):
    """The body of POST /feedback."""

    session_id: Id
    turn: Annotated[int, Field(ge=1)]
    rating: Literal["up", "down"]
    comment: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)] | None
    ) = None


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    if "connectionId" in (event.get("requestContext") or {}):
        return _open_socket()(event)
    return _open_api()(event, context)


class Socket:
    """The WebSocket route `chat`: answers go to the connection, the gateway only hears that all is well."""

    def __init__(
        self,
        stylist: Stylist,
        find_user: Callable[[Mapping[str, Any]], str],
        connect: Callable[[str], Connection],
    ) -> None:
        self._stylist = stylist
        self._find_user = find_user
        self._connect = connect

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        started = time.perf_counter()
        place = event["requestContext"]
        get_logger().set_correlation_id(place.get("requestId"))
        connection = self._connect(place["connectionId"])
        user: str | None = None
        answered, status, details = Answered({}), 200, dict[str, Any]()
        try:
            user = self._find_user(event)
            answered = self._answer(user, event, connection)
        except Exception as error:
            problem = _explain(error, str(place.get("requestId")))
            status = problem.status
            details = {"problem": problem.title} | (describe_error(error) if status >= 500 else {})
            retry = {} if problem.retry_after is None else {"retry_after": problem.retry_after}
            connection.send({"type": "error", "problem": {**problem.render(), **retry}})
        counts = {**answered.counts, "LostConnections": float(connection.is_lost)}
        log_id = pseudonym(user, str((place.get("authorizer") or {}).get("iss", ""))) if user else None
        _report(
            status, 1000 * (time.perf_counter() - started), log_id, counts, answered.milliseconds, details
        )
        return {"statusCode": 200}

    def _answer(self, user: str, event: Mapping[str, Any], connection: Connection) -> Answered:
        frame = ChatFrame.model_validate_json(event.get("body") or "", strict=True)

        def send(session_id: str, turn: int, index: int, text: str) -> None:
            place = {"session_id": session_id, "turn": turn, "index": index}
            connection.send({"type": "chat.delta", **place, "text": text})

        answered = self._stylist.answer(frame.to_asked(user), send)
        connection.send({"type": "chat.done", **answered.body})
        return answered


def create_api(stylist: Stylist) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """The REST routes over a stylist."""

    def post_text(request: Request) -> dict[str, Any]:
        asked = read_body(request, TextRequest).to_asked(subject_of(request))
        answered = stylist.answer(asked)
        request.counts.update(answered.counts)
        request.milliseconds.update(answered.milliseconds)
        return answered.body

    def post_feedback(request: Request) -> dict[str, Any]:
        given = read_body(request, FeedbackRequest)
        stylist.rate(subject_of(request), given.session_id, given.turn, given.rating, given.comment)
        return {"status": "accepted"}

    def list_conversations(request: Request) -> dict[str, Any]:
        answer = stylist.list_conversations(subject_of(request), read_query(request, ListQuery))
        request.counts["Results"] = len(answer["conversations"])
        return answer

    def show_conversation(request: Request) -> dict[str, Any]:
        query = read_query(request, TurnsQuery)
        return stylist.show_conversation(subject_of(request), request.path["session_id"][:_LONGEST_ID], query)

    return Api(
        [
            Route("POST", "/text", post_text),
            Route("POST", "/feedback", post_feedback, status=202),
            Route("GET", "/conversations", list_conversations),
            Route("GET", "/conversations/<session_id>", show_conversation),
        ],
        answers={SessionsUnavailable: _explain_sessions},
    )


@cache
def _open_api() -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    return create_api(_open_stylist())


@cache
def _open_socket() -> Socket:
    settings: ConnectionSettings = read_setting("CONNECTIONS", ConnectionSettings)
    gateway = boto3.Session().client("apigatewaymanagementapi", endpoint_url=settings.endpoint, config=CONFIG)
    rows = _clients().get("dynamodb")
    return Socket(
        _open_stylist(),
        lambda event: find_user(rows, settings.table, event),
        lambda connection_id: Connection(gateway, connection_id),
    )


@cache
def _open_stylist() -> Stylist:
    chat: ConverseSettings | AgentSettings = read_setting("CHAT", ChatSettings)
    sessions: SessionSettings = read_setting("SESSIONS", SessionSettings)
    profiles = _read_optional("PROFILES", ProfileSettings)
    rows = _clients().get("dynamodb")
    return Stylist(
        open_model(chat),
        SessionStore(rows, sessions.table, sessions.ttl_hours, time.time),
        ProfileStore(rows, profiles.table) if profiles else None,
        _open_services(),
        Bounds(chat.max_rounds, chat.max_tokens, chat.deadline_s),
        admit=Admission(rows, sessions.table, chat.max_turns, time.time).turn
        if chat.max_turns
        else nullcontext,
    )


def _open_services() -> Services:
    session = boto3.Session()
    search: FunctionSettings = read_setting("SEARCH", FunctionSettings)
    weather = _read_optional("WEATHER", FunctionSettings)
    knowledge = _read_optional("KNOWLEDGE", KnowledgeSettings)
    functions = session.client("lambda", config=_TOOLS)
    documents = None
    if knowledge:
        client = session.client("bedrock-agent-runtime", region_name=knowledge.region, config=_TOOLS)
        documents = KnowledgeBase(client, knowledge.knowledge_base_id)
    return Services(
        SearchFunction(functions, search.function),
        documents,
        WeatherFunction(functions, weather.function) if weather else None,
    )


def open_model(settings: ConverseSettings | AgentSettings) -> ChatModel:
    """The engine of the settings; the other one is not even imported. Makes no call yet."""
    session = boto3.Session()
    if isinstance(settings, AgentSettings):
        from runtime.chat.engines.agent import AgentModel

        client = session.client("bedrock-agent-runtime", region_name=settings.region, config=_MODEL)
        return AgentModel(client, settings.agent_id, settings.agent_alias_id)
    from runtime.chat.engines.converse import ConverseModel

    client = session.client("bedrock-runtime", region_name=settings.region, config=_MODEL)
    guardrail = (
        (settings.guardrail_id, settings.guardrail_version or "DRAFT") if settings.guardrail_id else None
    )
    return ConverseModel(client, settings.model_id, guardrail)


@cache
def _clients() -> Clients:
    return Clients()


def _read_optional(name: str, kind: type[Settings]) -> Settings | None:
    return read_setting(name, kind) if os.environ.get(name) else None


def _explain_sessions(_: Exception) -> Problem:
    return refuse_for_now("The conversations are not available; try again.", retry_after=2)


def _explain(error: Exception, request_id: str) -> Problem:
    """What a browser is told; as for the REST routes, a text of an exception stays here."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, SessionsUnavailable):
        return _explain_sessions(error)
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_context=False, include_input=False)[:_MOST_ENTITIES]
        return refuse_fields(
            *((".".join(map(str, each["loc"]))[:100] or "body", each["msg"]) for each in found)
        )
    detail = f"Something went wrong on our side. Quote request {request_id} when you ask about it."
    return Problem(500, "Something went wrong", detail)


def _report(
    status: int,
    took: float,
    user: str | None,
    counts: Mapping[str, float],
    milliseconds: Mapping[str, float],
    details: Mapping[str, Any],
) -> None:
    figures = {**counts, **{name: round(ms, 2) for name, ms in milliseconds.items()}}
    log = get_logger().error if status >= 500 else get_logger().info
    log(
        "answered", route="chat", status=status, took_ms=round(took, 2), user=user, figures=figures, **details
    )
    requests = {"Requests": 1.0, "Refusals": float(400 <= status < 500), "Faults": float(status >= 500)}
    emit_metrics({"route": "chat"}, {**requests, **counts}, {"Latency": took, **milliseconds})
