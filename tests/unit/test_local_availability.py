"""The stand-in for Bedrock's control plane: it says of models what the catalogue says, in Bedrock's form."""

import asyncio
from typing import Any

import httpx
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from starlette.applications import Starlette

from local.ai.availability import describe, routes
from local.ai.gate import AccessDenied
from local.ai.wire import ServiceError

ACTIVE, ENDED = "amazon.titan-embed-image-v1", "amazon.nova-canvas-v1:0"


def test_a_model_is_there_where_it_is_offered_until_it_ends() -> None:
    assert describe(ACTIVE, "us-east-1")["regionAvailability"] == "AVAILABLE"
    assert describe(ACTIVE, "eu-west-1")["regionAvailability"] == "NOT_AVAILABLE"
    assert describe(ACTIVE, "us-east-1")["authorizationStatus"] == "AUTHORIZED"
    assert describe(ENDED, "us-east-1")["authorizationStatus"] == "NOT_AUTHORIZED"


def test_a_model_behind_a_profile_is_known_by_its_own_name() -> None:
    assert describe("amazon.nova-2-lite-v1:0", "us-east-2")["regionAvailability"] == "AVAILABLE"


def test_a_model_that_nobody_knows_is_not_found() -> None:
    with pytest.raises(ServiceError):
        describe("nobody.made-this", "us-east-1")


def test_answers_are_what_bedrock_gives() -> None:
    shape: Any = (
        ServiceModel(Loader().load_service_model("bedrock", "service-2"))
        .operation_model("GetFoundationModelAvailability")
        .output_shape
    )
    answer = describe(ACTIVE, "us-east-1")
    assert set(answer) == set(shape.members)
    for name in ("authorizationStatus", "entitlementAvailability", "regionAvailability"):
        assert answer[name] in shape.members[name].enum
    agreement: Any = answer["agreementAvailability"]
    assert agreement["status"] in shape.members["agreementAvailability"].members["status"].enum


def test_it_answers_by_the_region_that_a_request_is_signed_for() -> None:
    def check(authorization: str, action: str, _resource: str) -> None:
        if "stranger" in authorization:
            raise AccessDenied(f"not allowed: {action}")

    app = Starlette(routes=routes(check, default_region="us-east-1"))

    def ask(model: str, key: str, region: str) -> httpx.Response:
        return asyncio.run(send(f"/foundation-model-availability/{model}", key, region))

    async def send(path: str, key: str, region: str) -> httpx.Response:
        signed = f"AWS4-HMAC-SHA256 Credential={key}/20261126/{region}/bedrock/aws4_request"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ai") as client:
            return await client.get(path, headers={"authorization": signed})

    assert ask(ACTIVE, "test", "us-west-2").json()["regionAvailability"] == "AVAILABLE"
    assert ask(ACTIVE, "test", "eu-west-1").json()["regionAvailability"] == "NOT_AVAILABLE"
    assert ask(ACTIVE, "stranger", "us-east-1").status_code == 403
    assert ask("nobody.made-this", "test", "us-east-1").status_code == 404
