"""The wire of the stand-in for `personalize`, `personalize-runtime` and `personalize-events`."""

import json
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ai.gate import AccessDenied
from local.ai.personalize.control import ControlPlane, ReadObject, invalid
from local.ai.personalize.model import Event
from local.ai.personalize.state import MOST_LIVE_EVENTS, Shop
from local.ai.wire import Call, Check, Json, ServiceError, TargetRoute, endpoint, read_call

_TARGET = "AmazonPersonalize."
_MOST_RANKED = 500
_MOST_EVENTS = 10
# What IAM calls a new thing's ARN, of operations that name it only by parts.
_NEW: dict[str, Callable[[Json], str]] = {
    "CreateSchema": lambda request: f"schema/{request.get('name')}",
    "CreateDatasetGroup": lambda request: f"dataset-group/{request.get('name')}",
    "CreateDataset": lambda request: (
        f"dataset/{str(request.get('datasetGroupArn')).rpartition('/')[2]}/INTERACTIONS"
    ),
    "CreateDatasetImportJob": lambda request: f"dataset-import-job/{request.get('jobName')}",
    "CreateEventTracker": lambda _request: "event-tracker/new",
    "CreateSolution": lambda request: f"solution/{request.get('name')}",
    "CreateCampaign": lambda request: f"campaign/{request.get('name')}",
}
_NAMED_BY = {
    "CreateSolutionVersion": "solutionArn",
    "UpdateCampaign": "campaignArn",
    "GetSolutionMetrics": "solutionVersionArn",
}


def routes(shop: Shop, read_object: ReadObject, check: Check) -> list[Route]:
    """The three services over one shop, each operation behind `check` for its own IAM action."""
    control = ControlPlane(shop, read_object)

    def run(target: str, call: Call) -> Json:
        name = target.removeprefix(_TARGET)
        if name not in control.operations:
            raise ServiceError("UnknownOperationException", 400, f"This stand-in has no operation {target}.")
        check(call.authorization, f"personalize:{name}", _resource(shop, name, call.body))
        with shop.lock:
            return control.operations[name](call.body)

    async def answer(request: Request) -> Response:
        try:
            call = await read_call(request)
            target = request.headers.get("x-amz-target", "")
            body = await run_in_threadpool(run, target, call)
            return Response(json.dumps(body), media_type="application/x-amz-json-1.1")
        except (ServiceError, AccessDenied) as error:
            return _error_response(error)

    def rank(call: Call) -> Json:
        check(call.authorization, "personalize:GetPersonalizedRanking", str(call.body.get("campaignArn")))
        with shop.lock:
            return get_personalized_ranking(shop, call.body)

    def put(call: Call) -> Json:
        with shop.lock:
            tracker = _tracker(shop, call.body)
            check(call.authorization, "personalize:PutEvents", tracker["eventTrackerArn"])
            put_events(shop, tracker["datasetGroupArn"], call.body)
        return {}

    return [
        TargetRoute(_TARGET, answer),
        Route("/personalize-ranking", endpoint(rank), methods=["POST"]),
        Route("/events", endpoint(put), methods=["POST"]),
    ]


def _error_response(error: ServiceError | AccessDenied) -> Response:
    """The error as botocore reads it from a JSON 1.1 service: its name is in the body."""
    name, status = ("AccessDeniedException", 403)
    if isinstance(error, ServiceError):
        name, status = error.name, error.status
    return JSONResponse({"__type": name, "message": str(error)}, status)


def _resource(shop: Shop, operation: str, request: Json) -> str:
    if operation in _NEW:
        return shop.arn(_NEW[operation](request))
    if operation.startswith("List"):
        return "*"
    named = _NAMED_BY.get(operation)
    if named is None:
        kind = operation.removeprefix("Describe").removeprefix("Delete")
        named = f"{kind[0].lower()}{kind[1:]}Arn"
    return str(request.get(named))


def get_personalized_ranking(shop: Shop, request: Json) -> Json:
    """The items of `inputList` by falling score of the campaign's model. Raises ServiceError."""
    items = request.get("inputList")
    if not isinstance(items, list) or not 1 <= len(items) <= _MOST_RANKED:
        raise invalid(f"inputList must have between 1 and {_MOST_RANKED} members.")
    user = request.get("userId")
    if not isinstance(user, str) or not user:
        raise invalid("userId is missing.")
    campaign = shop.need_active("campaign", request.get("campaignArn"))
    version = shop.need("solutionVersion", campaign.described["solutionVersionArn"])
    recent = shop.live.get(version.described["datasetGroupArn"], {}).get(user, [])
    ranked = shop.models[version.arn].rank(user, list(dict.fromkeys(items)), recent)
    return {
        "personalizedRanking": [
            {"itemId": item} if score is None else {"itemId": item, "score": round(score, 7)}
            for item, score in ranked
        ]
    }


def _tracker(shop: Shop, request: Json) -> Json:
    found = shop.all("eventTracker", trackingId=str(request.get("trackingId")))
    if not found:
        raise ServiceError("ResourceNotFoundException", 404, "There is no such event tracker.")
    return found[0].described


def put_events(shop: Shop, group: str, request: Json) -> None:
    """Remember what a user does. Raises ServiceError."""
    events = request.get("eventList")
    if not isinstance(events, list) or not 1 <= len(events) <= _MOST_EVENTS:
        raise invalid(f"eventList must have between 1 and {_MOST_EVENTS} members.")
    session, user = request.get("sessionId"), request.get("userId")
    if not isinstance(session, str) or not session:
        raise invalid("sessionId is missing.")
    kept = shop.live.setdefault(group, {}).setdefault(str(user or session), [])
    kept += [_event(str(user or session), each) for each in events]
    kept.sort(key=lambda each: each.timestamp)
    del kept[:-MOST_LIVE_EVENTS]


def _event(user: str, event: Any) -> Event:
    if not event.get("eventType") or event.get("sentAt") is None:
        raise invalid("An event has no eventType or no sentAt.")
    return Event(
        user, str(event.get("itemId", "")), float(event.get("eventValue") or 1.0), float(event["sentAt"])
    )
