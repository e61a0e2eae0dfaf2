"""Pictures that were asked for: made once, kept by their request id, explained when they fail."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ui.client import StylistClient
from ui.problems import ApiProblem
from ui.stylist_answers import ImageAnswer, ImageRequest, MadePicture, new_request_id
from ui.words import later

_KEPT = timedelta(hours=20)
"""For a day the API remembers a request id; after that the same request would be paid again."""
_REFUSED = later("We could not make this picture.")
_TEXTS = {
    404: later("This conversation has ended, and its outfit with it. Please ask the stylist again."),
    422: later(
        "The safety filter stopped this picture. Please describe the clothes and the place in other words."
    ),
    429: later("You have had many pictures in a short time. Please try again later."),
    503: later("No pictures can be made right now. Please try again later."),
}
_NOTHING = later("Nothing came of this picture. Please try again.")
_GONE = later("This picture is no longer kept.")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Look:
    """Pictures that a shopper wants; `problem` says in words why there are none."""

    request: ImageRequest
    answer: ImageAnswer | None = None
    problem: str | None = None
    made_at: datetime = field(default_factory=_now)
    missing: int = 0
    """How many of the pictures could not be made."""

    @property
    def waits(self) -> bool:
        """Whether it still has to be made."""
        return self.answer is None and self.problem is None

    @property
    def is_kept(self) -> bool:
        """Whether the API still has the pictures for nothing."""
        return _now() - self.made_at < _KEPT

    def make(self, client: StylistClient) -> None:
        """Has the pictures made. Raises ApiProblem only when the shopper has to sign in again."""
        try:
            answer = client.image(self.request)
        except ApiProblem as problem:
            if problem.session_ended:
                raise
            self.problem = explain(problem)
            return
        self.problem = None if answer.images else _NOTHING
        self.answer = answer if answer.images else None
        self.missing = self.request.count - len(answer.images)

    def renew(self, client: StylistClient) -> None:
        """Asks for addresses that work when the known ones have run out, and at no cost."""
        if self.answer and not self.answer.is_fresh:
            self.answer = None
            if self.is_kept:
                self.make(client)
            else:
                self.problem = _GONE

    def retry(self) -> None:
        """Wants the pictures after a problem."""
        if not self.is_kept:
            self.request = self.request.model_copy(update={"request_id": new_request_id()})
            self.made_at = _now()
        self.problem = None

    def again(self) -> "Look":
        """The same wish, to be drawn anew."""
        return Look(self.request.model_copy(update={"request_id": new_request_id()}))

    def drop(self, image_id: str) -> None:
        """Leaves out a picture that has been deleted."""
        if self.answer:
            kept = tuple(image for image in self.answer.images if image.image_id != image_id)
            self.answer = self.answer.model_copy(update={"images": kept})

    @property
    def is_empty(self) -> bool:
        """Whether all of its pictures have been deleted."""
        return self.answer is not None and not self.answer.images

    def load_file(self, client: StylistClient, position: int) -> MadePicture:
        """A picture with its file (base64). Raises ApiProblem."""
        known = self.answer.images[position : position + 1] if self.answer else ()
        if known and known[0].base64:
            return known[0]
        return client.image(self.request, "base64").images[position]


def explain(problem: ApiProblem) -> str:
    """What to tell a shopper, to be said where it is shown; the API's own words where people are meant."""
    if problem.status in (422, 429, 503) and problem.detail:
        return problem.detail
    return problem.describe(_REFUSED, _TEXTS)
