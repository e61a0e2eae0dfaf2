"""Whether a model may be called, as Bedrock says it: by the project's own catalogue of models.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetFoundationModelAvailability.html
"""

import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ai.gate import AccessDenied
from local.ai.wire import ServiceError, error_response, not_found
from local.config import ROOT

Check = Callable[[str, str, str], None]
_CATALOGUE = ROOT / "runtime" / "shared" / "models.toml"


def routes(check: Check, *, default_region: str) -> list[Route]:
    """The one operation; `check` raises AccessDenied for callers who may not ask."""

    def answer(model_id: str, authorization: str) -> Response:
        try:
            check(authorization, "bedrock:GetFoundationModelAvailability", "*")
            return JSONResponse(describe(model_id, _region_of(authorization, default_region)))
        except (AccessDenied, ServiceError) as error:
            return error_response(error)

    async def get(request: Request) -> Response:
        authorization = request.headers.get("authorization", "")
        return await run_in_threadpool(answer, request.path_params["model"], authorization)

    return [Route("/foundation-model-availability/{model:path}", get, methods=["GET"])]


def describe(model_id: str, region: str) -> dict[str, object]:
    """What Bedrock would say of a model in a region. Raises ServiceError for one that nobody knows."""
    catalogue = tomllib.loads(_CATALOGUE.read_text(encoding="utf-8"))["models"]
    entries = [each for each in catalogue if model_id in (each["id"], each["id"].partition(".")[2])]
    if not entries:
        raise not_found(f"there is no model {model_id}")
    today = datetime.now(UTC).date()
    offered = any(region in each["regions"] for each in entries)
    lives = any(each["status"] != "ended" and each.get("eol", date.max) > today for each in entries)
    state = "AVAILABLE" if lives else "NOT_AVAILABLE"
    return {
        "modelId": model_id,
        "agreementAvailability": {"status": state},
        "authorizationStatus": "AUTHORIZED" if lives else "NOT_AUTHORIZED",
        "entitlementAvailability": state,
        "regionAvailability": "AVAILABLE" if offered else "NOT_AVAILABLE",
    }


def _region_of(authorization: str, default: str) -> str:
    parts = authorization.partition("Credential=")[2].split("/")
    return parts[2] if len(parts) > 3 else default
