"""How far a try-on is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ui import waits
from ui.fitting_answers import Job
from ui.widgets.making import describe_rest
from ui.widgets.text import escape
from ui.words import later, say

_STAGES = {
    "created": later("Waiting for its turn"),
    "processing": later("Dressing you"),
    "completed": later("Done"),
}
STEPS: Mapping[str, str] = {
    "waiting": later("Waiting for its turn."),
    "looking": later("Looking at your photo."),
    "putting-on": later("Putting on {garment}."),
    "putting-on-again": later("Putting on {garment}, once more."),
    "checking": later("Checking {garment}."),
    "finishing": later("Done."),
    "ready": later("Ready."),
    "not-made": later("Not made."),
}
"""What the API tells by code."""


@dataclass(slots=True)
class Progress:
    """The latest news of a try-on, and since when they are known."""

    job: Job
    told_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def describe(self) -> str:
        """HTML: the steps, a bar, what is being done, and about how long it will take."""
        job = self.job
        names = list(_STAGES)
        at = names.index(job.status) if job.status in names else 0
        steps = "".join(
            f'<li class="{_state(position, at)}">{escape(say(_STAGES[name]))}</li>'
            for position, name in enumerate(names)
        )
        percent = round(min(max(job.progress, 0), 100))
        words = describe_step(job)
        # Seen already as the step that is going on.
        spoken = (
            ' class="sr-only"'
            if words.rstrip(".") == say(_STAGES.get(job.status, _STAGES["created"]))
            else ""
        )
        return (
            f'<div class="job" data-status="{job.status}"><ol class="steps">{steps}</ol>'
            f'<div class="bar" role="progressbar" aria-label="{escape(say("Try-on"))}" aria-valuemin="0" '
            f'aria-valuemax="100" aria-valuenow="{percent}">'
            f'<span style="width:{max(percent, 3)}%"></span></div>'
            f'<p role="status"{spoken}>{escape(words)}</p>'
            f'<p class="muted small">{escape(self._estimate())}</p></div>'
        )

    def _estimate(self) -> str:
        now = datetime.now(UTC)
        if self.job.estimate_s is not None:
            return describe_rest(self.job.estimate_s - (now - self.told_at).total_seconds())
        begun = self.job.created_at or self.told_at
        expected = waits.expect("piece", max(len(self.job.product_ids), 1))
        left = expected - (now - begun).total_seconds()
        return describe_rest(left) if left >= 1 else say("This takes a little longer than usual.")


def describe_step(job: Job) -> str:
    """What is being done, in the shopper's language where the step is known."""
    known = STEPS.get(job.step.code)
    if known is None or ("{garment}" in known and "garment" not in job.step.values):
        return job.note or say(_STAGES.get(job.status, _STAGES["created"]))
    return say(known, garment=job.step.values.get("garment", ""))


def note_duration(job: Job) -> None:
    """Remembers how long a try-on took, for what is told of the next ones."""
    if job.status == "completed" and job.created_at and job.updated_at and job.product_ids:
        waits.note("piece", (job.updated_at - job.created_at).total_seconds(), len(job.product_ids))


def _state(position: int, at: int) -> str:
    return "past" if position < at else "now" if position == at else "next"
