"""The control plane: JSON 1.1 with the operation in the header, as in botocore's model of `personalize`.

The operations that training and its removal use, with the service's order of things: what a deletion needs
gone first, what must be active, names that make ARNs, and states that take their time.
"""

import csv
import io
import json
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from local.ai.personalize import model
from local.ai.personalize.model import Event
from local.ai.personalize.state import Shop, Thing
from local.ai.wire import Json, ServiceError

RECIPES = ("aws-personalized-ranking-v2", "aws-personalized-ranking")
FEWEST_INTERACTIONS = 1000
FEWEST_USERS = 25
SOON_S = 0.3
"""How long everything takes to be made or removed here; on AWS it is minutes, and hours for a training."""
_PAGE = 100
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-_]{0,62}")
_REQUIRED = ("USER_ID", "ITEM_ID", "TIMESTAMP")
ReadObject = Callable[[str, str], bytes]
"""The content of an object by bucket and key. Raises ClientError."""


def invalid(message: str) -> ServiceError:
    return ServiceError("InvalidInputException", 400, message)


def in_use(message: str) -> ServiceError:
    return ServiceError("ResourceInUseException", 400, message)


class ControlPlane:
    """The operations by name, over one `Shop`."""

    def __init__(self, shop: Shop, read_object: ReadObject) -> None:
        self._shop = shop
        self._read_object = read_object
        self.operations: dict[str, Callable[[Json], Json]] = {
            "CreateSchema": self.create_schema,
            "CreateDatasetGroup": self.create_dataset_group,
            "CreateDataset": self.create_dataset,
            "CreateDatasetImportJob": self.create_import_job,
            "CreateEventTracker": self.create_event_tracker,
            "CreateSolution": self.create_solution,
            "CreateSolutionVersion": self.create_solution_version,
            "CreateCampaign": self.create_campaign,
            "UpdateCampaign": self.update_campaign,
            "GetSolutionMetrics": self.get_solution_metrics,
            "ListEventTrackers": self.list_event_trackers,
            "ListSolutionVersions": self.list_solution_versions,
            **{f"Describe{kind[0].upper()}{kind[1:]}": self._describe(kind) for kind in _KINDS},
            **{f"Delete{kind[0].upper()}{kind[1:]}": self._delete(kind) for kind in _HOLDERS},
        }

    def create_schema(self, request: Json) -> Json:
        name = _name(request)
        schema = _parse_schema(request.get("schema"))
        thing = self._shop.add(
            "schema", f"schema/{name}", {"name": name, "schema": json.dumps(schema)}, {}, 0
        )
        del thing.described["status"]  # the one kind of thing that has none
        thing.described["schemaArn"] = thing.arn
        return {"schemaArn": thing.arn}

    def create_dataset_group(self, request: Json) -> Json:
        return self._make("datasetGroup", f"dataset-group/{_name(request)}", request)

    def create_dataset(self, request: Json) -> Json:
        _name(request)
        group = self._shop.need_active("datasetGroup", request.get("datasetGroupArn"))
        self._shop.need("schema", request.get("schemaArn"))
        if str(request.get("datasetType", "")).lower() != "interactions":
            raise invalid("This stand-in has datasets of type Interactions only.")
        return self._make("dataset", f"dataset/{group.described['name']}/INTERACTIONS", request)

    def create_event_tracker(self, request: Json) -> Json:
        _name(request)
        group = self._shop.need_active("datasetGroup", request.get("datasetGroupArn"))
        if self._shop.all("eventTracker", datasetGroupArn=group.arn):
            raise ServiceError("ResourceAlreadyExistsException", 400, "The group has a tracker already.")
        tracking = f"{secrets.token_hex(4)}-{secrets.token_hex(2)}-4{secrets.token_hex(6)}"
        path = f"event-tracker/{secrets.token_hex(4)}"
        made = self._make("eventTracker", path, request | {"trackingId": tracking})
        return made | {"trackingId": tracking}

    def create_import_job(self, request: Json) -> Json:
        name = _name(request, "jobName")
        dataset = self._shop.need_active("dataset", request.get("datasetArn"))
        if request.get("importMode", "FULL") != "FULL":
            raise invalid("This stand-in imports in mode FULL only.")
        if not str(request.get("roleArn", "")).startswith("arn:aws:iam::"):
            raise invalid("roleArn is missing.")
        schema = json.loads(self._shop.need("schema", dataset.described["schemaArn"]).described["schema"])
        ending = self._import(request, dataset, [each["name"] for each in schema["fields"]])
        return self._make("datasetImportJob", f"dataset-import-job/{name}", request, ending)

    def _import(self, request: Json, dataset: Thing, columns: list[str]) -> Json:
        """Take in the file; what the job becomes."""
        try:
            location = str((request.get("dataSource") or {}).get("dataLocation", ""))
            self._shop.events[dataset.arn] = self._read_events(location, columns)
        except (ValueError, ClientError) as error:
            return {"status": "CREATE FAILED", "failureReason": str(error)}
        return {"status": "ACTIVE"}

    def _read_events(self, location: str, columns: list[str]) -> list[Event]:
        match = re.fullmatch(r"s3://([^/]+)/(.+)", location)
        if match is None:
            raise ValueError(f"{location} is no place in S3.")
        rows = csv.DictReader(io.StringIO(self._read_object(match[1], match[2]).decode()))
        if missing := set(columns) - set(rows.fieldnames or ()):
            raise ValueError(f"The file has no column {', '.join(sorted(missing))}.")
        return [
            Event(row["USER_ID"], row["ITEM_ID"], float(row.get("EVENT_VALUE") or 1.0), int(row["TIMESTAMP"]))
            for row in rows
        ]

    def create_solution(self, request: Json) -> Json:
        name = _name(request)
        self._shop.need_active("datasetGroup", request.get("datasetGroupArn"))
        recipe = str(request.get("recipeArn", "")).rpartition("/")[2]
        if recipe not in RECIPES:
            raise invalid(f"This stand-in has the recipes {', '.join(RECIPES)} only.")
        # As on the service: trained every week unless it is told not to.
        automatic = request.get("performAutoTraining", True)
        return self._make("solution", f"solution/{name}", request | {"performAutoTraining": automatic})

    def create_solution_version(self, request: Json) -> Json:
        solution = self._shop.need_active("solution", request.get("solutionArn"))
        name = _name(request) if "name" in request else ""
        if name and self._shop.all("solutionVersion", solutionArn=solution.arn, name=name):
            raise ServiceError("ResourceAlreadyExistsException", 400, f"There is a version {name} already.")
        group = solution.described["datasetGroupArn"]
        events = self._events_of(group)
        path = f"solution/{solution.described['name']}/{secrets.token_hex(4)}"
        arn = self._shop.arn(path)
        ending: Json = {"status": "ACTIVE", "trainingHours": 1.0}
        if shortage := _shortage(events):
            ending = {"status": "CREATE FAILED", "failureReason": shortage}
        else:
            self._shop.models[arn] = model.train(events)
            self._shop.metrics[arn] = model.measure(events)
        described = {
            "solutionArn": solution.arn,
            "datasetGroupArn": group,
            "trainingMode": "FULL",
            "name": name,
        }
        self._make("solutionVersion", path, described | {"trainingType": "MANUAL"}, ending)
        return {"solutionVersionArn": arn}

    def _events_of(self, group: str) -> list[Event]:
        """All interactions of a group: the imported ones and those that came since."""
        datasets = self._shop.all("dataset", datasetGroupArn=group)
        imported = [event for each in datasets for event in self._shop.events.get(each.arn, ())]
        return [*imported, *(event for events in self._shop.live.get(group, {}).values() for event in events)]

    def create_campaign(self, request: Json) -> Json:
        name = _name(request)
        self._shop.need_active("solutionVersion", request.get("solutionVersionArn"))
        return self._make("campaign", f"campaign/{name}", {"minProvisionedTPS": 1} | request)

    def update_campaign(self, request: Json) -> Json:
        campaign = self._shop.need_active("campaign", request.get("campaignArn"))
        if (campaign.described.get("latestCampaignUpdate") or {}).get("status", "ACTIVE") != "ACTIVE":
            raise in_use("The campaign is being changed.")
        if "solutionVersionArn" in request:
            self._shop.need_active("solutionVersion", request["solutionVersionArn"])
        kept = {key: campaign.described.get(key) for key in ("solutionVersionArn", "minProvisionedTPS")}
        wanted = {key: request.get(key, value) for key, value in kept.items()}
        now = time.time()
        update = {**wanted, "creationDateTime": now, "lastUpdatedDateTime": now}
        campaign.described["latestCampaignUpdate"] = update | {"status": "CREATE IN_PROGRESS"}
        campaign.becomes = {**wanted, "latestCampaignUpdate": update | {"status": "ACTIVE"}}
        campaign.changes_at = now + SOON_S
        return {"campaignArn": campaign.arn}

    def get_solution_metrics(self, request: Json) -> Json:
        version = self._shop.need_active("solutionVersion", request.get("solutionVersionArn"))
        return {"solutionVersionArn": version.arn, "metrics": self._shop.metrics[version.arn]}

    def list_event_trackers(self, request: Json) -> Json:
        group = request.get("datasetGroupArn")
        trackers = self._shop.all("eventTracker", **({"datasetGroupArn": group} if group else {}))
        return _page("eventTrackers", trackers, request, ("name", "eventTrackerArn"))

    def list_solution_versions(self, request: Json) -> Json:
        solution = self._shop.need("solution", request.get("solutionArn"))
        versions = self._shop.all("solutionVersion", solutionArn=solution.arn)
        return _page(
            "solutionVersions", versions, request, ("solutionVersionArn", "trainingMode", "trainingType")
        )

    def _make(self, kind: str, path: str, request: Json, becomes: Json | None = None) -> Json:
        described = {key: value for key, value in request.items() if key != "tags"}
        thing = self._shop.add(kind, path, described, becomes or {"status": "ACTIVE"}, SOON_S)
        thing.described[f"{kind}Arn"] = thing.arn
        return {f"{kind}Arn": thing.arn}

    def _describe(self, kind: str) -> Callable[[Json], Json]:
        return lambda request: {kind: self._shop.need(kind, request.get(f"{kind}Arn")).described}

    def _delete(self, kind: str) -> Callable[[Json], Json]:
        def delete(request: Json) -> Json:
            thing = self._shop.need(kind, request.get(f"{kind}Arn"))
            for held, member in _HOLDERS[kind]:
                if self._holds(thing, held, member):
                    raise in_use(f"{thing.arn} still has a {held}.")
            if thing.becomes is not None:
                raise in_use(f"{thing.arn} is {thing.described.get('status')}.")
            thing.goes, thing.changes_at = True, time.time() + (SOON_S if "status" in thing.described else 0)
            if "status" in thing.described:
                thing.described["status"] = "DELETE PENDING"
            self._forget(thing)
            return {}

        return delete

    def _holds(self, thing: Thing, held: str, member: str) -> bool:
        """Whether anything of kind `held` belongs to it; a campaign belongs to its version's solution."""
        return any(
            each.described.get(member) == thing.arn
            or str(each.described.get(member)).startswith(f"{thing.arn}/")
            for each in self._shop.all(held)
        )

    def _forget(self, thing: Thing) -> None:
        self._shop.events.pop(thing.arn, None)
        self._shop.live.pop(thing.arn, None)
        for version in self._shop.all("solutionVersion", solutionArn=thing.arn):
            del self._shop.things[version.arn]
            self._shop.models.pop(version.arn, None)
            self._shop.metrics.pop(version.arn, None)


_KINDS = (
    "schema",
    "datasetGroup",
    "dataset",
    "datasetImportJob",
    "eventTracker",
    "solution",
    "solutionVersion",
    "campaign",
)
# What may be deleted -> what has to be gone before, and which of its members says that it belongs there.
_HOLDERS: dict[str, tuple[tuple[str, str], ...]] = {
    "campaign": (),
    "eventTracker": (),
    "solution": (("campaign", "solutionVersionArn"),),
    "dataset": (),
    "schema": (("dataset", "schemaArn"),),
    "datasetGroup": (
        ("eventTracker", "datasetGroupArn"),
        ("solution", "datasetGroupArn"),
        ("dataset", "datasetGroupArn"),
    ),
}


def _name(request: Json, member: str = "name") -> str:
    name = request.get(member)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid(f"{member} {name!r} is no name: 1 to 63 letters, digits, hyphens and underscores.")
    return name


def _parse_schema(text: Any) -> Json:
    try:
        schema = json.loads(text)
        names = [each["name"] for each in schema["fields"]]
    except (ValueError, TypeError, KeyError) as error:
        raise invalid("schema is no Avro schema.") from error
    if missing := [name for name in _REQUIRED if name not in names]:
        raise invalid(f"The schema has no field {', '.join(missing)}.")
    return schema


def _shortage(events: list[Event]) -> str | None:
    counts: dict[str, int] = {}
    for event in events:
        counts[event.user] = counts.get(event.user, 0) + 1
    if len(events) < FEWEST_INTERACTIONS:
        return f"There are {len(events)} interactions; at least {FEWEST_INTERACTIONS} are needed."
    if sum(count >= 2 for count in counts.values()) < FEWEST_USERS:
        return f"Fewer than {FEWEST_USERS} users have two interactions."
    return None


def _page(member: str, things: list[Thing], request: Json, members: tuple[str, ...]) -> Json:
    start = int(request.get("nextToken") or 0)
    size = int(request.get("maxResults") or _PAGE)
    common = ("status", "creationDateTime", "lastUpdatedDateTime", "failureReason")
    shown = [
        {key: thing.described[key] for key in (*members, *common) if key in thing.described}
        for thing in things[start : start + size]
    ]
    more = {"nextToken": str(start + size)} if start + size < len(things) else {}
    return {member: shown, **more}
