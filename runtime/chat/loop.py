"""The tool loop: asks the model, runs the tools it wants, and stops in time."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from runtime.chat.model import (
    Message,
    ModelAnswer,
    ModelBusy,
    ModelFailed,
    ModelRequest,
    ModelTurn,
    Stop,
    ToolUse,
)
from runtime.chat.prompt import INSTRUCTIONS, LAST_ROUND
from runtime.chat.stream import ReplyStream
from runtime.chat.tool_specs import TOOL_SPECS
from runtime.chat.tools import Toolbox, TurnState
from runtime.shared.problems import Problem, refuse_for_now

_MOST_ATTEMPTS = 5
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.4, 3.0
_LEAST_TIME_S = 2.0
"""Seconds that a call of the model is given at least; with less left, none is begun."""
_LEAST_TOKENS = 50
_MOST_USES = 8
_MALFORMED_ATTEMPTS = 2
RETRY_AFTER_S = 5


class Ending(StrEnum):
    """How a turn ended."""

    ANSWERED = "answered"
    ASKED = "asked"
    BLOCKED = "blocked"
    CUT = "cut"
    """Rounds, time or tokens ran out, or the model could not go on; what was said so far stands."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a turn: calls of the model, tokens it writes in all, and the clock's value at the end."""

    rounds: int
    tokens: int
    deadline: float


@dataclass
class LoopEnd:
    """What a loop leaves: the turn's messages but for the last reply, and its figures."""

    ending: Ending
    messages: list[Message]
    rounds: int = 0
    retries: int = 0
    tokens: int = 0
    model_s: float = 0.0
    tool_s: float = 0.0


@dataclass
class ToolLoop:
    """One turn with one model. `describe` gives the state of the conversation for the model."""

    turn: ModelTurn
    toolbox: Toolbox
    state: TurnState
    stream: ReplyStream
    limits: Limits
    describe: Callable[[], str]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    streams: bool
    _end: LoopEnd = field(init=False)
    _history: Sequence[Message] = field(init=False, default=())

    def run(self, history: Sequence[Message], message: Message) -> LoopEnd:
        """Run until the model has answered or a bound is reached.

        Raises a 429 or 503 Problem when the model does not answer at all.
        """
        self._history = history
        self._end = LoopEnd(Ending.CUT, [message])
        for number in range(1, self.limits.rounds + 1):
            if not self._may_go_on():
                break
            answer = self._ask_well()
            text = self.stream.end_round(broke_off=answer is None or answer.stop is Stop.LENGTH)
            self._end.rounds = number
            if answer is None or not self._take(answer, text, last=number >= self.limits.rounds - 1):
                break
        return self._end

    def _take(self, answer: ModelAnswer, text: str, *, last: bool) -> bool:
        """Act on an answer; whether the model is to be asked again."""
        self._end.tokens += answer.output_tokens
        self.state.citations += [each for each in answer.citations if each not in self.state.citations]
        if answer.stop is Stop.BLOCKED:
            self._end.ending = Ending.BLOCKED
            return False
        if answer.tool_uses:
            self._use_tools(answer.tool_uses, text, last)
            if self.state.question is None:
                return True
            self._end.ending = Ending.ASKED
            return False
        self._end.ending = Ending.CUT if answer.stop in (Stop.MALFORMED, Stop.TOO_LONG) else Ending.ANSWERED
        return False

    def _may_go_on(self) -> bool:
        enough_time = self.limits.deadline - self.clock() >= _LEAST_TIME_S
        return enough_time and self.limits.tokens - self._end.tokens >= _LEAST_TOKENS

    def _ask_well(self) -> ModelAnswer | None:
        """An answer, asked for again while it is malformed or the conversation too long."""
        answer: ModelAnswer | None = None
        for _ in range(_MALFORMED_ATTEMPTS):
            answer = self._ask_patiently()
            if answer is None or answer.stop not in (Stop.MALFORMED, Stop.TOO_LONG):
                return answer
            if answer.stop is Stop.TOO_LONG:
                self._history = ()
            if self.stream.has_sent_round:
                return answer
            self.stream.restart_round()
        return answer

    def _ask_patiently(self) -> ModelAnswer | None:
        """An answer; None when the model broke off in the middle. Raises Problem when there is none."""
        delay = _FIRST_DELAY_S
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            try:
                return self._ask()
            except ModelFailed as error:
                if self.stream.has_sent_round:
                    return None
                self.stream.restart_round()
                wait = delay * random.uniform(0.5, 1.0)
                late = self.clock() + wait + _LEAST_TIME_S > self.limits.deadline
                if not error.transient or attempt == _MOST_ATTEMPTS or late:
                    if self.stream.rounds or self.state.seen:
                        return None
                    raise _explain(error) from error
            self._end.retries += 1
            self.sleep(wait)
            delay = min(2 * delay, _LONGEST_DELAY_S)
        return None

    def _ask(self) -> ModelAnswer:
        request = ModelRequest(
            instructions=INSTRUCTIONS,
            state=self.describe(),
            messages=[*self._history, *self._end.messages],
            tools=TOOL_SPECS,
            max_tokens=self.limits.tokens - self._end.tokens,
        )
        started = self.clock()
        try:
            answer = self.turn.ask(request, self.stream.write if self.streams else None)
        finally:
            self._end.model_s += self.clock() - started
        if not self.streams:
            self.stream.write(answer.text)
        return answer

    def _use_tools(self, tool_uses: Sequence[ToolUse], text: str, last: bool) -> None:
        started = self.clock()
        said: list[dict[str, Any]] = [{"text": text}] if text else []
        uses = [
            {"toolUse": {"toolUseId": use.id, "name": use.name, "input": dict(use.arguments or {})}}
            for use in tool_uses
        ]
        results = [self._use(use, place) for place, use in enumerate(tool_uses)]
        note = [{"text": LAST_ROUND}] if last else []
        self._end.messages += [
            {"role": "assistant", "content": said + uses},
            {"role": "user", "content": results + note},
        ]
        self._end.tool_s += self.clock() - started

    def _use(self, use: ToolUse, place: int) -> dict[str, Any]:
        if place < _MOST_USES:
            result, worked = self.toolbox.run(use)
        else:
            result, worked = (
                {"error": "too_many", "message": f"use at most {_MOST_USES} tools at once"},
                False,
            )
        status = "success" if worked else "error"
        return {"toolResult": {"toolUseId": use.id, "content": [{"json": result}], "status": status}}


def _explain(error: ModelFailed) -> Problem:
    if isinstance(error, ModelBusy):
        return Problem(
            429, "Too many requests", "The stylist is busy; try again shortly.", retry_after=RETRY_AFTER_S
        )
    return refuse_for_now("The stylist does not answer; try again shortly.", retry_after=RETRY_AFTER_S)
