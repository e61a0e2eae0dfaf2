"""Starts the embedded AWS emulator; runs inside the emulator's own environment, so it imports only that.

Its few adjustments each mend a measured shortcoming of the pinned version; every private name touched is
looked up first, so that another version fails here by name instead of behaving oddly later.
"""

import socketserver
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

import ministack.app as emulator
import ministack.core.iam_actions as iam_actions
import ministack.core.iam_evaluator as iam_evaluator
import ministack.services.apigateway_v1 as apigateway
import ministack.services.dynamodb as dynamodb
import ministack.services.lambda_svc as lambda_svc
import ministack.services.stepfunctions as stepfunctions
import ministack.services.sts as sts

from local.faults import App, FaultInjector, Receive, Scope, Send, answer_json

ADMINISTRATOR = "test"  # the emulator's access key that may do everything; faults leave it alone


def main() -> None:
    """Serve until SIGTERM."""
    _quicken_function_calls()
    _read_conditions_once()
    _start_streams_from_their_beginning()
    _validate_only_described_bodies()
    _fail_throttled_integrations()
    _name_batch_permissions()
    _name_waiting_machines()
    decisions = _record_decisions()
    app = _with_control(emulator.app, decisions)
    vars(emulator)["app"] = FaultInjector(app, exempt_key=ADMINISTRATOR)
    emulator.main()


@dataclass(frozen=True, slots=True)
class Decision:
    """What IAM said when the holder of `role` wanted to do `action` on `resource`."""

    role: str
    action: str
    resource: str
    allowed: bool


@dataclass
class Decisions:
    """Every different decision since somebody began to listen; nothing is kept while nobody does."""

    listening: bool = False
    made: set[Decision] = field(default_factory=set)


def _record_decisions() -> Decisions:
    """The emulator's own calls and the stand-ins' questions are all decided by one function."""
    decide, decisions = _require(iam_evaluator, "evaluate"), Decisions()

    def decide_and_note(context: Any, *policies: Any) -> Any:
        result = decide(context, *policies)
        if decisions.listening:
            role = context.principal_arn.partition("role/")[2].partition("/")[0]
            allowed = result.decision == "Allow"
            decisions.made.add(Decision(role, context.action, context.resource_arn, allowed))
        return result

    vars(iam_evaluator)["evaluate"] = decide_and_note
    return decisions


def _with_control(app: App, decisions: Decisions) -> App:
    """Adds requests of the local cloud's own.

    `POST /_local/save` writes the state to disk, `GET /_local/caller?key=` tells whose key it is, and
    `PUT /_local/decisions` begins to listen to IAM's decisions, which `GET` lists.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/_local/save":
            emulator.save_all(_require(emulator, "_build_persistence_save_dict")())
            await answer_json(send, 200, {})
        elif scope["type"] == "http" and scope["path"] == "/_local/caller":
            key = parse_qs(scope["query_string"].decode())["key"][0]
            await answer_json(send, 200, {"arn": _require(sts, "_sessions").get(key, {}).get("Arn")})
        elif scope["type"] == "http" and scope["path"] == "/_local/decisions":
            if scope["method"] == "PUT":
                decisions.listening, decisions.made = True, set()
            await answer_json(send, 200, [asdict(each) for each in decisions.made])
        else:
            await app(scope, receive, send)

    return serve


def _quicken_function_calls() -> None:
    """The runtime API answers in small writes, which Nagle's algorithm holds back: about 40 ms a call."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    socketserver.StreamRequestHandler.wbufsize = -1


def _read_conditions_once() -> None:
    """DynamoDB's expressions are read anew for each item that they are asked of: remember what was read."""
    for name in ("_tokenize", "_condition_syntax_error"):
        vars(dynamodb)[name] = lru_cache(maxsize=1024)(_require(dynamodb, name))


def _start_streams_from_their_beginning() -> None:
    """Stream positions survive a restart but stream records do not: a restored position skips new records."""
    restore = _require(lambda_svc, "_restore_esm_positions")
    stream_positions = _require(lambda_svc, "_dynamodb_stream_positions")

    def restore_other_positions(store: Any, positions: Any) -> None:
        if store is not stream_positions:
            restore(store, positions)

    vars(lambda_svc)["_restore_esm_positions"] = restore_other_positions


def _validate_only_described_bodies() -> None:
    """API Gateway leaves a body alone whose content type has no model; the emulator takes the JSON model."""
    check = _require(apigateway, "_check_request_validation")

    def check_described(
        method: dict[str, Any], api: str, request: Any, headers: dict[str, str], body: bytes, query: Any
    ) -> Any:
        kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "application/json")
        described = kind.split(";")[0].strip().lower() in (method.get("requestModels") or {})
        return check(method, api, request, headers, body, query) if described else None

    vars(apigateway)["_check_request_validation"] = check_described


class _Throttled(Exception):
    """A function behind a route that takes no more calls."""


def _fail_throttled_integrations() -> None:
    """To API Gateway a throttled function is a failed integration; the emulator passes Lambda's body on."""
    shape = _require(apigateway, "_lambda_proxy_response")
    invoke = _require(apigateway, "_invoke_lambda_proxy_v1")
    fail = _require(apigateway, "_gw_error")

    def shape_unless_throttled(result: dict[str, Any]) -> Any:
        if result.get("throttle"):
            raise _Throttled
        return shape(result)

    async def invoke_or_fail(*arguments: Any, **named: Any) -> Any:
        try:
            return await invoke(*arguments, **named)
        except _Throttled:
            return fail("INTEGRATION_FAILURE", "Rate exceeded")

    vars(apigateway)["_lambda_proxy_response"] = shape_unless_throttled
    vars(apigateway)["_invoke_lambda_proxy_v1"] = invoke_or_fail


def _name_batch_permissions() -> None:
    """IAM knows no batch actions of SQS: the batch calls need the permission for the single ones."""
    extract = _require(iam_actions, "extract_iam_action")

    def extract_single(*arguments: Any, **named: Any) -> str | None:
        action = extract(*arguments, **named)
        is_batch = action is not None and action.startswith("sqs:") and action.endswith("Batch")
        return action.removesuffix("Batch") if is_batch else action

    vars(iam_actions)["extract_iam_action"] = extract_single


def _name_waiting_machines() -> None:
    """Who answers a task token needs the right on the state machine, which the emulator does not look up.

    It keeps no note of which machine a token is of, so this takes one whose tasks wait for tokens.
    """
    extract = _require(iam_actions, "extract_resource_arn")
    machines = _require(stepfunctions, "_state_machines")

    def extract_machine(service: str, *arguments: Any, **named: Any) -> str:
        resource = extract(service, *arguments, **named)
        if service != "states" or resource != "*":
            return resource
        waiting = (arn for arn, machine in machines.items() if "waitForTaskToken" in str(machine))
        return next(waiting, resource)

    vars(iam_actions)["extract_resource_arn"] = extract_machine


def _require(module: ModuleType, name: str) -> Any:
    if not hasattr(module, name):
        raise SystemExit(f"this emulator version has no {module.__name__}.{name}: see local/launcher.py")
    return getattr(module, name)


if __name__ == "__main__":
    main()
