"""What goes wrong between the site and the API, in words for people, and when to try again by itself."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, ValidationError

from ui.answers import FieldProblem
from ui.words import later, say

_PASSING = frozenset({429, 502, 503, 504})
_BUSY_WITH_THE_SAME = 409
_FIRST_DELAY_SECONDS = 0.2

NO_ANSWER = 0
_TEXTS: Mapping[int, str] = {
    NO_ANSWER: later("The shop is not answering at the moment. Please try again in a little while."),
    401: later("Your session has ended. Please sign in again."),
    403: later("Your account does not have access to this."),
    404: later("We could not find what you were looking for."),
    413: later("That photo is too large. Please choose one of less than 5 MB."),
    415: later("We cannot read that kind of file. Please choose a JPEG, PNG or WebP photo."),
    429: later("A lot of people are here right now. Please wait a few seconds and try again."),
}
_REFUSED_TEXT = later("We could not search for that.")
_FAILED_TEXT = later("Something went wrong on our side. Please try again in a moment.")


class ApiProblem(Exception):
    """A request that was not answered as hoped; `status` is the HTTP status, 0 when there was no answer."""

    def __init__(
        self, status: int, title: str, detail: str | None = None, errors: Sequence[FieldProblem] = ()
    ) -> None:
        super().__init__(f"{status} {title}")
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)

    @property
    def text(self) -> str:
        """What to tell a shopper who searched or looked around."""
        return self.describe(_REFUSED_TEXT)

    def describe(self, refused: str, texts: Mapping[int, str] | None = None) -> str:
        """What to tell a shopper, in their language.

        `refused` begins a refusal, `texts` replace those of some statuses; both are messages marked `later`.
        What the API says itself is English, but for the sentences that are messages of the site as well.
        """
        known = {**_TEXTS, **(texts or {})}
        if self.status in known:
            return say(known[self.status])
        if 400 <= self.status < 500:
            reasons = [_say(error) for error in self.errors if error.detail] or [self.detail or ""]
            return " ".join([say(refused), *(say(each) for each in reasons if each)])
        return say(_FAILED_TEXT)

    @property
    def unanswered(self) -> bool:
        """Whether nobody answered at all: the shop is down, or the line is."""
        return self.status == NO_ANSWER

    @property
    def session_ended(self) -> bool:
        """Whether signing in again is the cure."""
        return self.status == HTTPStatus.UNAUTHORIZED


def _say(error: FieldProblem) -> str:
    """A reason without the words that the validating library puts before it."""
    return error.detail.removeprefix("Value error, ")


class ProblemAnswer(BaseModel):
    """application/problem+json, RFC 9457. Frames of the chat also have the seconds of `Retry-After`."""

    model_config = ConfigDict(extra="ignore")

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    title: str | None = None
    detail: str | None = None
    errors: tuple[FieldProblem, ...] = ()
    retry_after: float = 0.0


def read_problem(status: int, content: bytes, reason: str) -> ApiProblem:
    """The problem of an HTTP answer, whatever its form."""
    try:
        answer = ProblemAnswer.model_validate_json(content)
    except ValidationError:
        answer = ProblemAnswer()
    return ApiProblem(status, answer.title or reason or "Request failed", answer.detail, answer.errors)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is sent, how long it may take, and the longest wait before it is sent again."""

    attempts: int = 3
    timeout_seconds: float = 15.0
    longest_delay_seconds: float = 4.0


QUICK = Patience()
LONG = Patience(attempts=8, timeout_seconds=32.0, longest_delay_seconds=15.0)
"""For answers that a model writes or draws: the API itself gives up after 29 s, and says when it is busy."""


def backoff(attempt: int) -> float:
    """Seconds to wait after attempt 1, 2, ..: doubling, with jitter to keep clients out of step."""
    return _FIRST_DELAY_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)


def retry_delay(status: int, asked_seconds: float, attempt: int, patience: Patience) -> float | None:
    """Seconds until the request may be repeated; None when that is senseless or longer than people wait."""
    # "In progress" with a time to come back: the first attempt of the same request is still at work.
    if status not in _PASSING and not (status == _BUSY_WITH_THE_SAME and asked_seconds):
        return None
    delay = max(asked_seconds, backoff(attempt))
    return delay if delay <= patience.longest_delay_seconds and attempt < patience.attempts else None


def unless_gone(take_away: Callable[[], object]) -> None:
    """Takes something away; what is gone already is what was wanted. Raises ApiProblem."""
    try:
        take_away()
    except ApiProblem as problem:
        if problem.status != HTTPStatus.NOT_FOUND:
            raise


def seconds_of(retry_after: str) -> float:
    """Retry-After (RFC 9110, 10.2.3) as seconds from now; 0 when there is none to be read."""
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
