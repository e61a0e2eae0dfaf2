"""Services with one address between them: the stand-ins tell them apart by the header."""

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from local.ai.wire import TargetRoute
from tests.contract.vector_backends import serve


async def say_first(_request: Request) -> Response:
    return PlainTextResponse("first")


async def say_second(_request: Request) -> Response:
    return PlainTextResponse("second")


def test_each_service_gets_its_own_operations_whatever_the_order() -> None:
    routes = [TargetRoute("First.", say_first), TargetRoute("Second.", say_second)]
    with serve(Starlette(routes=routes)) as address:
        answers = [
            httpx.post(address, headers={"x-amz-target": f"{each}.Do"}) for each in ("Second", "First")
        ]
        assert [answer.text for answer in answers] == ["second", "first"]
        assert httpx.post(address, headers={"x-amz-target": "Third.Do"}).status_code == 404
        assert httpx.post(address).status_code == 404
