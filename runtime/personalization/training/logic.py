"""The steps from interactions to a live campaign, and back to nothing.

Every step may be repeated: it looks at what is there, asks for what is missing, and says whether it is done.
Nothing is carried from step to step but the run, so that a lost answer cannot make two of anything.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from runtime.personalization.pointer import LiveModel
from runtime.personalization.training import service
from runtime.personalization.training.export import SCHEMA, Counts
from runtime.personalization.training.service import Personalize, is_ready
from runtime.personalization.training.settings import TrainingRefused, TrainingSettings

RECIPE = "arn:aws:personalize:::recipe/aws-personalized-ranking-v2"
QUALITY = "normalized_discounted_cumulative_gain_at_10"
"""The metric that decides: how well held-back interactions rank among the first ten."""
_SHORTEST_WAIT_S = 1
_LONGEST_WAIT_S = 60


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the workflow: a short name of its own and when it began."""

    id: str
    started: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """Whether a step is done, and after how many seconds to look again otherwise.

    `accepted` is False where the run ends here without a fault, for `reason`.
    """

    ready: bool
    wait_s: int = _SHORTEST_WAIT_S
    accepted: bool = True
    reason: str = ""


class Files(Protocol):
    """The training bucket and the lake. All may raise TrainingBusy."""

    def export(self, key: str) -> Counts:
        """Write the lake's interactions as CSV under `key`."""
        ...

    def address(self, key: str) -> str:
        """Where Personalize finds `key`."""
        ...

    def live(self) -> LiveModel | None: ...

    def switch(self, live: LiveModel) -> None: ...

    def clear(self) -> None: ...


DONE = Progress(ready=True)


class Training:
    """The steps of one stack."""

    def __init__(
        self, settings: TrainingSettings, personalize: Personalize, files: Files, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._personalize = personalize
        self._files = files
        self._now = now

    def step(self, name: str, run: Run) -> Progress:
        """Do one step of a run, or look how far it is. Raises TrainingRefused and TrainingBusy."""
        steps: Mapping[str, Callable[[Run], Progress]] = {
            "export": self.export,
            "dataset_group": self.dataset_group,
            "dataset": self.dataset,
            "event_tracker": self.event_tracker,
            "import": self.import_,
            "solution": self.solution,
            "version": self.version,
            "evaluate": self.evaluate,
            "campaign": self.campaign,
            "switch": self.switch,
            "remove": self.remove,
        }
        if name not in steps:
            raise TrainingRefused(f"there is no step {name!r}; use one of {', '.join(steps)}")
        return steps[name](run)

    def export(self, run: Run) -> Progress:
        """Bring the lake's interactions into Personalize's form; ends the run while they are too few."""
        shortage = self._files.export(_csv_key(run)).shortage()
        return Progress(True, accepted=not shortage, reason=shortage or "")

    def dataset_group(self, run: Run) -> Progress:
        return self._ensure(run, service.GROUP, self._settings.name)

    def dataset(self, run: Run) -> Progress:
        """The interactions' dataset and its schema."""
        name = self._settings.name
        schema = self._ensure(run, service.SCHEMA, name, schema=json.dumps(SCHEMA, sort_keys=True))
        if not schema.ready:
            return schema
        return self._ensure(
            run,
            service.DATASET,
            name,
            schemaArn=self._arn(service.SCHEMA),
            datasetGroupArn=self._arn(service.GROUP),
            datasetType="Interactions",
        )

    def event_tracker(self, run: Run) -> Progress:
        tracker = self._tracker()
        if tracker is None:
            group = self._arn(service.GROUP)
            self._personalize.create(service.TRACKER, name=self._settings.name, datasetGroupArn=group)
            tracker = self._tracker()
        return self._judge(run, service.TRACKER, tracker)

    def import_(self, run: Run) -> Progress:
        """Replace what was imported before: who has left is not learned from again."""
        return self._ensure(
            run,
            service.IMPORT,
            f"{self._settings.name}-{run.id}",
            datasetArn=self._arn(service.DATASET),
            dataSource={"dataLocation": self._files.address(_csv_key(run))},
            roleArn=self._settings.role_arn,
            importMode="FULL",
        )

    def solution(self, run: Run) -> Progress:
        return self._ensure(
            run,
            service.SOLUTION,
            self._settings.name,
            datasetGroupArn=self._arn(service.GROUP),
            recipeArn=RECIPE,
            # On by default: every week a training of its own, paid for and used by nobody.
            performAutoTraining=False,
        )

    def version(self, run: Run) -> Progress:
        """Train; a version that was begun since this run did is this run's."""
        arn = self._version_arn(run)
        if arn is None:
            self._personalize.create(
                service.VERSION,
                # The name keeps a version that is not listed yet from being trained, and paid, twice.
                name=f"{self._settings.name}-{run.id}",
                solutionArn=self._arn(service.SOLUTION),
                trainingMode="FULL",
            )
            arn = self._version_arn(run)
        found = self._personalize.describe(service.VERSION, arn) if arn else None
        return self._judge(run, service.VERSION, found)

    def evaluate(self, run: Run) -> Progress:
        """Compare with the live model; ends the run when the new one is worse by more than the margin."""
        live = self._files.live()
        quality = self._personalize.metrics(self._need_version(run)).get(QUALITY)
        if quality is None:
            raise TrainingRefused(f"Amazon Personalize measured no {QUALITY} of the new version")
        before = live.metrics.get(QUALITY) if live else None
        if before is None or quality >= before * (1 - self._settings.margin):
            return DONE
        reason = f"the new version is worse: {QUALITY} {quality:.3f} after {before:.3f}; the old one stays"
        return Progress(True, accepted=False, reason=reason)

    def campaign(self, run: Run) -> Progress:
        """Have the campaign answer with this run's version."""
        wanted: dict[str, Any] = {
            "solutionVersionArn": self._need_version(run),
            "minProvisionedTPS": self._settings.transactions_per_second,
        }
        arn = self._arn(service.CAMPAIGN)
        found = self._personalize.describe(service.CAMPAIGN, arn)
        if found is None:
            self._personalize.create(service.CAMPAIGN, name=self._settings.name, **wanted)
        elif not _is_asked_for(found, wanted):
            self._personalize.update_campaign(campaignArn=arn, **wanted)
        found = self._personalize.describe(service.CAMPAIGN, arn)
        if found and _has(found, wanted):
            return self._judge(run, service.CAMPAIGN, found)
        update = (found or {}).get("latestCampaignUpdate")
        if update and _has(update, wanted):
            is_ready(service.CAMPAIGN, update)  # a failed change must not be waited for
        return self._wait(run)

    def switch(self, run: Run) -> Progress:
        """Let every function know which model answers now."""
        tracker, version = self._tracker(), self._need_version(run)
        if tracker is None:
            raise TrainingRefused("the event tracker is gone; was everything removed meanwhile?")
        self._files.switch(
            LiveModel(
                campaign_arn=self._arn(service.CAMPAIGN),
                solution_version_arn=version,
                tracking_id=tracker["trackingId"],
                metrics=self._personalize.metrics(version),
                switched_at=int(self._now().timestamp()),
            )
        )
        return DONE

    def remove(self, run: Run) -> Progress:
        """Remove everything from Personalize, what is paid by the hour first."""
        self._files.clear()
        tracker = self._personalize.tracker_arn(self._arn(service.GROUP))
        parts = [
            (service.CAMPAIGN, self._arn(service.CAMPAIGN)),
            *([(service.TRACKER, tracker)] if tracker else []),
            (service.SOLUTION, self._arn(service.SOLUTION)),
            (service.DATASET, self._arn(service.DATASET)),
            (service.SCHEMA, self._arn(service.SCHEMA)),
            (service.GROUP, self._arn(service.GROUP)),
        ]
        # Each needs those before it to be gone; `all` stops at the first that is not.
        gone = all(self._personalize.remove(kind, arn) for kind, arn in parts)
        return DONE if gone else self._wait(run)

    def _ensure(self, run: Run, kind: service.Kind, name: str, **request: Any) -> Progress:
        return DONE if self._personalize.ensure(kind, name, **request) is not None else self._wait(run)

    def _judge(self, run: Run, kind: service.Kind, found: dict[str, Any] | None) -> Progress:
        return DONE if found is not None and is_ready(kind, found) else self._wait(run)

    def _wait(self, run: Run) -> Progress:
        """The longer a run lasts, the less it hurries: a tenth of its age, a second to a minute."""
        age = (self._now() - run.started).total_seconds()
        return Progress(False, wait_s=round(min(max(age / 10, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)))

    def _arn(self, kind: service.Kind) -> str:
        return self._personalize.arn(kind, self._settings.name)

    def _tracker(self) -> dict[str, Any] | None:
        arn = self._personalize.tracker_arn(self._arn(service.GROUP))
        return self._personalize.describe(service.TRACKER, arn) if arn else None

    def _version_arn(self, run: Run) -> str | None:
        return self._personalize.version_since(self._arn(service.SOLUTION), run.started)

    def _need_version(self, run: Run) -> str:
        arn = self._version_arn(run)
        if arn is None:
            raise TrainingRefused("this run has trained no version")
        return arn


def _csv_key(run: Run) -> str:
    return f"exports/{run.id}/interactions.csv"


def _has(described: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(described.get(key) == value for key, value in wanted.items())


def _is_asked_for(campaign: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether the campaign has what is wanted, or a change to that is the last that was asked for."""
    return _has(campaign, wanted) or _has(campaign.get("latestCampaignUpdate") or {}, wanted)


def utc_now() -> datetime:
    return datetime.now(UTC)
