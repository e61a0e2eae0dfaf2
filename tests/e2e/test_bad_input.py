"""Whatever is wrong with a request, the answer is the right problem, and nothing private is logged."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from local.users import create_user
from tests.support.cloud import RunningCloud
from tests.support.pictures import encode, garment, unusable_pictures

pytestmark = pytest.mark.cloud

SECRET_WORDS = "ultraviolet-kumquat"


def is_problem(answer: httpx.Response, *statuses: int) -> bool:
    body = answer.json()
    assert answer.status_code in statuses, (answer.status_code, answer.text)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in answer.text
    return True


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "   "}, "query"),
        ({"query": "x" * 10_000}, "query"),
        ({"query": "dress", "limit": "0"}, "limit"),
        ({"query": "dress", "limit": "10000"}, "limit"),
        ({"query": "dress", "limit": "three"}, "limit"),
        ({"query": "dress", "flavour": "mint"}, "flavour"),
        ({"query": "dress", "max_price": "cheap"}, "max_price"),
        ({"query": "dress", "personalize": "2"}, "personalize"),
    ],
)
def test_bad_query_parameters(cloud: RunningCloud, parameters: dict[str, str], field: str) -> None:
    answer = cloud.call("GET", "/search", params=parameters)
    assert is_problem(answer, 400)
    assert field in answer.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": 7}, "query"),
        ({"query": "dress", "filters": {"flavour": "mint"}}, "flavour"),
        ({"query": "dress", "limit": 0}, "limit"),
        ({"query": "dress", "limit": 10_000}, "limit"),
        ({"query": "dress", "colour": "red"}, "colour"),
        ({"image": "not base64 !"}, "image"),
        ({"like": ["nosuchproduct"]}, "like"),
    ],
)
def test_bad_bodies(cloud: RunningCloud, body: dict[str, Any], field: str) -> None:
    assert is_problem(cloud.call("POST", "/search", json=body), 400)
    del field


@pytest.mark.parametrize("name", sorted(unusable_pictures()))
def test_unusable_pictures(cloud: RunningCloud, name: str) -> None:
    image = base64.b64encode(unusable_pictures()[name]).decode()
    assert is_problem(cloud.call("POST", "/search", json={"image": image}), 400, 415, 422)


def test_a_picture_of_30_megabytes(cloud: RunningCloud) -> None:
    image = base64.b64encode(encode(garment()) + b"\0" * 30_000_000).decode()
    assert is_problem(cloud.call("POST", "/search", json={"image": image}), 413)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"query": ', "application/json", 400),
        (b"[1, 2]", "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"query=dress", "application/x-www-form-urlencoded", 415),
        (b'{"query": "dress"}', "text/plain", 415),
    ],
)
def test_malformed_bodies(cloud: RunningCloud, content: bytes, kind: str, status: int) -> None:
    headers = cloud.headers | {"content-type": kind}
    assert is_problem(cloud.call("POST", "/search", content=content, headers=headers), status)


def _without_key(cloud: RunningCloud) -> dict[str, str]:
    return {"authorization": cloud.headers["authorization"]}


def _wrong_key(cloud: RunningCloud) -> dict[str, str]:
    return cloud.headers | {"x-api-key": "0" * 32}


def _without_token(cloud: RunningCloud) -> dict[str, str]:
    return {"x-api-key": cloud.headers["x-api-key"]}


def _garbage_token(cloud: RunningCloud) -> dict[str, str]:
    return cloud.headers | {"authorization": "Bearer abc.def.ghi"}


def _tampered_token(cloud: RunningCloud) -> dict[str, str]:
    head, body, signature = cloud.token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims["cognito:groups"] = ["merchandiser"]
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return cloud.headers | {"authorization": f"Bearer {head}.{forged}.{signature}"}


def _expired_token(cloud: RunningCloud) -> dict[str, str]:
    token = _password_token(cloud, cloud.outputs["user_pool_id"], seconds=1)
    time.sleep(1.5)
    return cloud.headers | {"authorization": f"Bearer {token}"}


def _token_of_another_pool(cloud: RunningCloud) -> dict[str, str]:
    pool = cloud.aws("cognito-idp").create_user_pool(PoolName="another")["UserPool"]["Id"]
    return cloud.headers | {"authorization": f"Bearer {_password_token(cloud, pool)}"}


def _token_without_scope(cloud: RunningCloud) -> dict[str, str]:
    token = _password_token(cloud, cloud.outputs["user_pool_id"])
    return cloud.headers | {"authorization": f"Bearer {token}"}


def _password_token(cloud: RunningCloud, pool: str, seconds: int = 3600) -> str:
    """An access token of a client made for the test; a password sign-in never has the shop's scope."""
    cognito = cloud.aws("cognito-idp")
    client = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="test",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        AccessTokenValidity=seconds,
        TokenValidityUnits={"AccessToken": "seconds"},
    )["UserPoolClient"]["ClientId"]
    create_user(cognito, pool, "visitor@stylist.example", "Visitor-Pass-1", "")
    answer = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "visitor@stylist.example", "PASSWORD": "Visitor-Pass-1"},
    )
    return answer["AuthenticationResult"]["AccessToken"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (_without_key, 403),
        (_wrong_key, 403),
        (_without_token, 401),
        (_garbage_token, 401),
        (_tampered_token, 401),
        (_expired_token, 401),
        (_token_of_another_pool, 401),
        (_token_without_scope, 401),
    ],
)
def test_missing_and_foreign_credentials(
    cloud: RunningCloud, headers: Callable[[RunningCloud], dict[str, str]], status: int
) -> None:
    answer = cloud.call("GET", "/search", params={"query": "dress"}, headers=headers(cloud))
    assert is_problem(answer, status)


def test_unknown_routes_and_methods(cloud: RunningCloud) -> None:
    assert is_problem(cloud.call("GET", "/nowhere"), 404)
    assert is_problem(cloud.call("DELETE", "/search"), 403, 404, 405)


def test_logs_hold_nothing_private(cloud: RunningCloud) -> None:
    """Everything that all functions have logged so far, after requests that carry private words."""
    cloud.search(query=SECRET_WORDS)
    cloud.call("POST", "/search", json={"query": SECRET_WORDS, "limit": 0})
    picture = base64.b64encode(encode(garment("navy"))).decode()
    cloud.search(image=picture)
    logs = cloud.aws("logs")
    time.sleep(0.5)
    text = ""
    for group in logs.describe_log_groups()["logGroups"]:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
            text += "\n".join(event["message"] for event in page["events"])
    assert "search" in text, "the functions have logged nothing"
    private = (SECRET_WORDS, cloud.token, cloud.description["api_key"], "demo@stylist.example", picture[:60])
    assert not [secret for secret in private if secret in text]
