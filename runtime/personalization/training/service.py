"""Amazon Personalize's control plane, as far as training needs it: find by name, make, remove.

Wire format: `personalize`, version 2018-05-22. Names make ARNs, except of event trackers and solution
versions, which are found by listing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.personalization.training.settings import TrainingBusy, TrainingRefused
from runtime.shared.aws import is_transient, read_code


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing in Personalize; its operations are `create_<operation>` and so on."""

    operation: str
    path: str
    """Of its ARN, with `{}` for the name."""
    member: str
    """Of what describes it; with `Arn` behind it, the parameter that names it."""
    name_parameter: str = "name"

    @property
    def arn_parameter(self) -> str:
        return f"{self.member}Arn"


SCHEMA = Kind("schema", "schema/{}", "schema")
GROUP = Kind("dataset_group", "dataset-group/{}", "datasetGroup")
DATASET = Kind("dataset", "dataset/{}/INTERACTIONS", "dataset")
IMPORT = Kind("dataset_import_job", "dataset-import-job/{}", "datasetImportJob", "jobName")
SOLUTION = Kind("solution", "solution/{}", "solution")
CAMPAIGN = Kind("campaign", "campaign/{}", "campaign")
TRACKER = Kind("event_tracker", "event-tracker/{}", "eventTracker")
VERSION = Kind("solution_version", "solution/{}", "solutionVersion")

_STILL_IN_USE = "ResourceInUseException"


class Personalize:
    """Calls of one account and region. All raise TrainingBusy where a later attempt may work."""

    def __init__(self, client: Any, region: str, account: str) -> None:
        self._client = client
        self._prefix = f"arn:aws:personalize:{region}:{account}:"

    def arn(self, kind: Kind, name: str) -> str:
        return self._prefix + kind.path.format(name)

    def describe(self, kind: Kind, arn: str) -> dict[str, Any] | None:
        """It as it is now; None when there is none."""
        try:
            return self._call(f"describe_{kind.operation}", **{kind.arn_parameter: arn})[kind.member]
        except ClientError as error:
            if read_code(error) == "ResourceNotFoundException":
                return None
            raise

    def ensure(self, kind: Kind, name: str, **request: Any) -> dict[str, Any] | None:
        """Make it unless it is there; what is there once it is usable, None until then.

        Raises TrainingRefused when it failed.
        """
        arn = self.arn(kind, name)
        found = self.describe(kind, arn)
        if found is None:
            self.create(kind, **{kind.name_parameter: name}, **request)
            found = self.describe(kind, arn)
        return found if found is not None and is_ready(kind, found) else None

    def create(self, kind: Kind, **request: Any) -> None:
        """Ask for it; asking for what is there already does no harm, nor does asking too early."""
        try:
            self._call(f"create_{kind.operation}", **request)
        except ClientError as error:
            if read_code(error) not in ("ResourceAlreadyExistsException", _STILL_IN_USE):
                raise

    def update_campaign(self, **request: Any) -> None:
        """Ask for the change; while another is under way, asking does nothing."""
        try:
            self._call("update_campaign", **request)
        except ClientError as error:
            if read_code(error) != _STILL_IN_USE:
                raise

    def remove(self, kind: Kind, arn: str) -> bool:
        """Ask for its removal unless that is under way; whether it is gone."""
        found = self.describe(kind, arn)
        if found is None:
            return True
        if not found.get("status", "").startswith("DELETE"):
            try:
                self._call(f"delete_{kind.operation}", **{kind.arn_parameter: arn})
            except ClientError as error:
                if read_code(error) not in ("ResourceNotFoundException", _STILL_IN_USE):
                    raise
        return self.describe(kind, arn) is None

    def tracker_arn(self, group_arn: str) -> str | None:
        """The one event tracker of a dataset group, if there is one."""
        if self.describe(GROUP, group_arn) is None:
            return None
        trackers = self._list("list_event_trackers", "eventTrackers", datasetGroupArn=group_arn)
        return next((each["eventTrackerArn"] for each in trackers), None)

    def version_since(self, solution_arn: str, since: datetime) -> str | None:
        """The newest version of the solution that was begun at or after a time."""
        versions = self._list("list_solution_versions", "solutionVersions", solutionArn=solution_arn)
        recent = [each for each in versions if each["creationDateTime"] >= since]
        newest = max(recent, key=lambda each: each["creationDateTime"], default=None)
        return newest["solutionVersionArn"] if newest else None

    def metrics(self, version_arn: str) -> dict[str, float]:
        """What Personalize measured of a version on interactions that it held back."""
        return self._call("get_solution_metrics", solutionVersionArn=version_arn)["metrics"]

    def _list(self, operation: str, member: str, **request: Any) -> Iterator[dict[str, Any]]:
        page: dict[str, Any] = {}
        while True:
            page = self._call(operation, **request, **_next(page))
            yield from page[member]
            if not page.get("nextToken"):
                return

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        try:
            return getattr(self._client, operation)(**request)
        except (ClientError, BotoCoreError) as error:
            if is_transient(error):
                raise TrainingBusy(f"Amazon Personalize is busy in {operation}") from error
            raise


def _next(page: dict[str, Any]) -> dict[str, str]:
    return {"nextToken": page["nextToken"]} if page else {}


def is_ready(kind: Kind, found: dict[str, Any]) -> bool:
    """Whether it can be used; a schema has no status and always can. Raises TrainingRefused if it failed."""
    status = found.get("status", "ACTIVE")
    if status.endswith(("FAILED", "STOPPED")):
        reason = found.get("failureReason") or f"it is {status}"
        raise TrainingRefused(f"Amazon Personalize could not make the {kind.operation}: {reason}")
    return status == "ACTIVE"
