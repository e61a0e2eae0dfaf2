"""Bedrock's Converse and ConverseStream in front of the stylist."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from local.ai.gate import AccessDenied
from local.ai.stylist.eventstream import MEDIA_TYPE, encode_event
from local.ai.stylist.guardrails import GuardrailStore, assess
from local.ai.stylist.model import answer
from local.ai.stylist.requests import Request, read_request
from local.ai.wire import Call, Check, Json, ServiceError, endpoint, error_response, not_found, read_call

CHARACTERS_PER_TOKEN = 4
_PROFILE = re.compile(r"^(?:us|eu|apac|jp|au|ca|global|us-gov)\.")
_WORDS = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the stream flows: seconds before the first piece and between pieces."""

    first_s: float = 0.04
    next_s: float = 0.008


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer on the wire: content blocks of Converse, why it ended, and figures."""

    blocks: list[Json]
    stop: str
    usage: Json
    trace: Json | None


def routes(
    guardrails: GuardrailStore,
    check: Check,
    *,
    region: str,
    account: str,
    models: frozenset[str] | None = None,
    pace: Pace | None = None,
    today: Callable[[], date] = lambda: datetime.now(UTC).date(),
) -> list[Route]:
    """Both operations for `models` (ids without a region's prefix; any by default).

    `check` is asked for bedrock:InvokeModel (Converse) or bedrock:InvokeModelWithResponseStream on the
    model's ARN, for a model behind an inference profile on the profile's ARN too, and for
    bedrock:ApplyGuardrail on the guardrail's ARN where a request names one.
    """
    service = _Service(guardrails, check, region, account, models, today)
    flow = pace or Pace()

    def converse(call: Call) -> Json:
        started = time.monotonic()
        outcome = service.run(call, "bedrock:InvokeModel")
        message = {"role": "assistant", "content": outcome.blocks}
        told: Json = {"output": {"message": message}, "stopReason": outcome.stop, "usage": outcome.usage}
        traced = {"trace": outcome.trace} if outcome.trace else {}
        return told | traced | {"metrics": {"latencyMs": _since(started)}}

    async def stream(http: HttpRequest) -> Response:
        started = time.monotonic()
        try:
            call = await read_call(http)
            outcome = await run_in_threadpool(service.run, call, "bedrock:InvokeModelWithResponseStream")
        except (ServiceError, AccessDenied) as error:
            return error_response(error)
        return StreamingResponse(_pace_events(outcome, flow, started), media_type=MEDIA_TYPE)

    return [
        Route("/model/{model:path}/converse", endpoint(converse), methods=["POST"]),
        Route("/model/{model:path}/converse-stream", stream, methods=["POST"]),
    ]


def events(outcome: Outcome) -> Iterator[tuple[str, Json]]:
    """The events of a stream but for the last one, `metadata`."""
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(outcome.blocks):
        use = block.get("toolUse")
        if use:
            start = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
            yield "contentBlockStart", {"start": start, "contentBlockIndex": index}
        for delta in _deltas(block):
            yield "contentBlockDelta", {"delta": delta, "contentBlockIndex": index}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": outcome.stop}


def model_arns(model: str, region: str, account: str) -> list[str]:
    """The ARNs on which a call of a model has to be allowed."""
    if model.startswith("arn:"):
        return [model]
    bare = _PROFILE.sub("", model)
    foundation = f"arn:aws:bedrock:{region}::foundation-model/{bare}"
    profile = f"arn:aws:bedrock:{region}:{account}:inference-profile/{model}"
    return [foundation] if bare == model else [profile, foundation]


class _Service:
    """What both operations do."""

    def __init__(
        self,
        guardrails: GuardrailStore,
        check: Check,
        region: str,
        account: str,
        models: frozenset[str] | None,
        today: Callable[[], date],
    ) -> None:
        self._guardrails = guardrails
        self._check = check
        self._region = region
        self._account = account
        self._models = models
        self._today = today

    def run(self, call: Call, action: str) -> Outcome:
        """Raises ServiceError and AccessDenied."""
        model = call.path["model"]
        for arn in model_arns(model, self._region, self._account):
            self._check(call.authorization, action, arn)
        bare = _PROFILE.sub("", model.rpartition("/")[2])
        if self._models is not None and bare not in self._models:
            raise not_found(f"There is no local chat model {model}.")
        try:
            request = read_request(call.body)
            return self._answer(request, call.authorization)
        except (KeyError, TypeError, AttributeError) as error:
            raise ServiceError("ValidationException", 400, f"The request is malformed: {error!r}") from error

    def _answer(self, request: Request, authorization: str) -> Outcome:
        settings, key, traces = self._find_guardrail(request, authorization)
        trace: Json = {}
        if settings:
            verdict = assess(settings, request.guarded_texts, is_input=True)
            trace["inputAssessment"] = {key: verdict.assessment}
            if verdict.message:
                return _finish(request, [{"text": verdict.message}], "guardrail_intervened", trace, traces)
        blocks, stop = _write(request, self._today())
        if settings:
            said = [block["text"] for block in blocks if "text" in block]
            verdict = assess(settings, said, is_input=False)
            trace["outputAssessments"] = {key: [verdict.assessment]}
            if verdict.message:
                return _finish(request, [{"text": verdict.message}], "guardrail_intervened", trace, traces)
        return _finish(request, blocks, stop, trace, traces)

    def _find_guardrail(self, request: Request, authorization: str) -> tuple[Json | None, str, bool]:
        named = request.guardrail
        if not named or not named.get("guardrailIdentifier"):
            return None, "", False
        identifier = named["guardrailIdentifier"]
        self._check(authorization, "bedrock:ApplyGuardrail", self._guardrails.arn(identifier))
        found = self._guardrails.find(identifier)
        settings = found.settings(named.get("guardrailVersion") or "DRAFT")
        return settings, found.id, named.get("trace", "disabled") != "disabled"


def _write(request: Request, today: date) -> tuple[list[Json], str]:
    """The stylist's answer as content blocks, and why it ended."""
    given = answer(request.system, request.messages, request.tools, today, request.forced)
    if given.calls:
        uses = [
            {"toolUseId": f"tooluse_{uuid4().hex[:22]}", "name": call.name, "input": call.arguments}
            for call in given.calls
        ]
        return [{"toolUse": use} for use in uses], "tool_use"
    text, stop = given.text, "end_turn"
    cuts = [text.find(mark) for mark in request.stops if mark in text]
    if cuts:
        text, stop = text[: min(cuts)], "stop_sequence"
    most = request.most_tokens
    if most is not None and len(text) > most * CHARACTERS_PER_TOKEN:
        text, stop = text[: most * CHARACTERS_PER_TOKEN], "max_tokens"
    return ([{"text": text}] if text else []), stop


def _finish(request: Request, blocks: list[Json], stop: str, trace: Json, traces: bool) -> Outcome:
    read = -(-request.size // CHARACTERS_PER_TOKEN)
    written = max(1, len(json.dumps(blocks, ensure_ascii=False)) // CHARACTERS_PER_TOKEN)
    usage = {"inputTokens": read, "outputTokens": written, "totalTokens": read + written}
    return Outcome(blocks, stop, usage, {"guardrail": trace} if traces and trace else None)


def _deltas(block: Json) -> Iterator[Json]:
    """The pieces in which a block is streamed: words of a text, parts of a tool's input."""
    if "text" in block:
        for piece in _WORDS.findall(block["text"]):
            yield {"text": piece}
        return
    written = json.dumps(block["toolUse"]["input"], ensure_ascii=False)
    for at in range(0, len(written), 40):
        yield {"toolUse": {"input": written[at : at + 40]}}


async def _pace_events(outcome: Outcome, pace: Pace, started: float) -> AsyncIterator[bytes]:
    wait = pace.first_s
    for name, payload in events(outcome):
        if name == "contentBlockDelta":
            await asyncio.sleep(wait)
            wait = pace.next_s if "text" in payload["delta"] else 0.0
        yield encode_event(name, payload)
    told: dict[str, Any] = {"usage": outcome.usage, "metrics": {"latencyMs": _since(started)}}
    yield encode_event("metadata", told | ({"trace": outcome.trace} if outcome.trace else {}))


def _since(started: float) -> int:
    return round(1000 * (time.monotonic() - started))
