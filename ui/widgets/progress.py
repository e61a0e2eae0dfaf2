"""How far a try-on is."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from ui.fitting_answers import Job
from ui.widgets.text import escape

_STEPS = {"created": "Waiting for its turn", "processing": "Dressing you", "completed": "Done"}


@dataclass(slots=True)
class Progress:
    """The latest news of a try-on, and since when they are known."""

    job: Job
    told_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def describe(self) -> str:
        """HTML: the steps, a bar, what is being done, and about how long it will take."""
        job = self.job
        names = list(_STEPS)
        at = names.index(job.status) if job.status in names else 0
        steps = "".join(
            f'<li class="{_state(position, at)}">{_STEPS[name]}</li>' for position, name in enumerate(names)
        )
        percent = round(min(max(job.progress, 0), 100))
        step = _STEPS.get(job.status, "")
        words = job.note or step
        # Seen already as the step that is going on.
        spoken = ' class="sr-only"' if words == step else ""
        return (
            f'<div class="job" data-status="{job.status}"><ol class="steps">{steps}</ol>'
            f'<div class="bar" role="progressbar" aria-label="Try-on" aria-valuemin="0" aria-valuemax="100" '
            f'aria-valuenow="{percent}"><span style="width:{max(percent, 3)}%"></span></div>'
            f'<p role="status"{spoken}>{escape(words)}</p><p class="muted">{self._estimate()}</p></div>'
        )

    def _estimate(self) -> str:
        if self.job.estimate_s is None:
            return "You may leave this page: the look waits for you here."
        left = self.job.estimate_s - (datetime.now(UTC) - self.told_at).total_seconds()
        return f"About {round(left)} seconds left" if left >= 1 else "Nearly there"


def _state(position: int, at: int) -> str:
    return "past" if position < at else "now" if position == at else "next"
