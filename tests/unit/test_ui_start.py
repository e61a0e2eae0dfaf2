"""The site's entry point and its server: where secrets go, and where they must never go."""

import asyncio
import json
import os
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto import mock_aws
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit.web.server.starlette import starlette_server_config

from ui import server, start
from ui.headers import HEADERS, SecurityHeaders

SITE: Mapping[str, Any] = {
    "api_url": "https://api.example.com/dev",
    "api_key": "key-that-nobody-may-see",
    "user_pool_id": "us-east-1_abc",
    "client_id": "client-1",
    "client_secret": 'a "quoted" \\ secret\nwith ünïcode',
    "metadata_url": "https://cognito.example.com/.well-known/openid-configuration",
    "domain_url": "https://signin.example.com/",
    "site_url": "https://shop.example.com",
    "region": "us-east-1",
    "stack": "dev",
    "websocket_url": None,
}


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv(start.SECRET_ARN_VARIABLE, raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with mock_aws():
        yield


def keep_secret(value: Mapping[str, Any]) -> str:
    client = boto3.client("secretsmanager", region_name="eu-west-1")
    return client.create_secret(Name="site", SecretString=json.dumps(value))["ARN"]


class Executed(Exception):
    """Stands for the moment at which the process becomes Streamlit."""


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[list[str], dict[str, str]]:
    caught: list[Any] = []

    def execve(path: str, command: list[str], environment: dict[str, str]) -> None:
        caught.extend([command, environment])
        raise Executed

    monkeypatch.setattr(os, "execve", execve)
    with pytest.raises(Executed):
        start.main(arguments)
    return caught[0], caught[1]


def test_the_server_gets_its_secrets_in_a_private_file_only(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(start.SECRET_ARN_VARIABLE, keep_secret(SITE))
    command, environment = run_main(monkeypatch, "--port", "9000", "--address", "127.0.0.1")
    (option,) = [part for part in command if part.startswith("--secrets.files=")]
    path = Path(option.removeprefix("--secrets.files="))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert environment[start.SECRETS_DIRECTORY_VARIABLE] == str(path.parent)
    outside = " ".join([*command, *environment.values()])
    for secret in (
        SITE["api_key"],
        SITE["client_secret"],
        tomllib.loads(path.read_text())["auth"]["cookie_secret"],
    ):
        assert secret not in outside


def test_the_command_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(start.SECRET_ARN_VARIABLE, keep_secret(SITE))
    command, environment = run_main(monkeypatch, "--port", "9000", "--address", "127.0.0.1")
    assert command[1:4] == ["-m", "streamlit", "run"]
    assert Path(command[4]).samefile(Path(server.__file__))
    assert "--server.port=9000" in command
    assert "--server.address=127.0.0.1" in command
    assert "--server.corsAllowedOrigins=https://shop.example.com" in command
    root = environment["PYTHONPATH"].split(os.pathsep)[0]
    assert (Path(root) / "ui" / "app.py").is_file()


def test_the_secrets_file_says_what_streamlit_and_the_pages_need():
    document = tomllib.loads(start.describe_secrets(start.SiteSecret.model_validate(SITE)))
    auth = document["auth"]
    assert auth["redirect_uri"] == "https://shop.example.com/oauth2callback"
    assert auth["client_id"] == "client-1"
    assert auth["client_secret"] == SITE["client_secret"]
    assert auth["server_metadata_url"] == SITE["metadata_url"]
    assert auth["expose_tokens"] == ["id", "access"]
    assert auth["client_kwargs"] == {"scope": "openid email profile stylist/shop", "prompt": "login"}
    assert document["stylist"]["api_key"] == SITE["api_key"]
    assert document["stylist"]["domain_url"] == "https://signin.example.com"
    assert "client_secret" not in document["stylist"]


def test_all_tasks_share_the_cookie_secret_and_it_is_not_the_clients():
    def cookie_secret(client_secret: str) -> str:
        site = start.SiteSecret.model_validate({**SITE, "client_secret": client_secret})
        return tomllib.loads(start.describe_secrets(site))["auth"]["cookie_secret"]

    assert cookie_secret("one") == cookie_secret("one")
    assert cookie_secret("one") != cookie_secret("two")
    assert len(cookie_secret("one")) == 64


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("", "SITE_SECRET_ARN is not set"),
        ("site", "not the ARN of a secret"),
        ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:gone-abcdef", "cannot be read"),
    ],
)
def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, arn: str, text: str):
    monkeypatch.setenv(start.SECRET_ARN_VARIABLE, arn)
    with pytest.raises(SystemExit, match=text):
        start.main([])


def test_an_incomplete_secret_is_named_without_its_values(monkeypatch: pytest.MonkeyPatch):
    broken = {**SITE, "api_url": "", "client_id": 7}
    del broken["site_url"]
    monkeypatch.setenv(start.SECRET_ARN_VARIABLE, keep_secret(broken))
    with pytest.raises(SystemExit) as caught:
        start.main([])
    text = str(caught.value)
    assert all(name in text for name in ("api_url", "client_id", "site_url"))
    assert SITE["api_key"] not in text
    assert "quoted" not in text


def test_the_fixed_settings_are_hardened():
    settings = tomllib.loads((Path(server.__file__).parent / ".streamlit" / "config.toml").read_text())
    assert settings["server"]["headless"] is True
    assert settings["server"]["enableXsrfProtection"] is True
    assert settings["server"]["enableCORS"] is True
    assert settings["server"]["fileWatcherType"] == "none"
    assert settings["server"]["maxUploadSize"] == 10
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["toolbarMode"] == "minimal"
    assert settings["client"]["showErrorDetails"] == "none"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Callable[..., httpx.Response]:
    """Asks the server's own routes: path, then `cookies` and `headers`."""
    secrets = tomllib.loads(start.describe_secrets(start.SiteSecret.model_validate(SITE)))
    monkeypatch.setattr("streamlit.secrets", secrets)
    routes = [Route("/auth/logout", server.sign_out), Route("/page", lambda _: PlainTextResponse("hello"))]
    transport = httpx.ASGITransport(Starlette(routes=routes, middleware=[Middleware(SecurityHeaders)]))

    async def ask(path: str, cookies: Mapping[str, str], headers: Mapping[str, str]) -> httpx.Response:
        base = "https://shop.example.com"
        async with httpx.AsyncClient(transport=transport, base_url=base, cookies=dict(cookies)) as client:
            return await client.get(path, headers=headers)

    def ask_now(path: str, **details: Mapping[str, str]) -> httpx.Response:
        return asyncio.run(ask(path, details.get("cookies", {}), details.get("headers", {})))

    return ask_now


def test_sign_out_forgets_the_shopper_and_goes_to_cognito(site: Callable[..., httpx.Response]):
    names = ["_streamlit_user", "_streamlit_user_1", "_streamlit_user_tokens", "_streamlit_user_tokens_2"]
    answer = site("/auth/logout", cookies=dict.fromkeys([*names, "_streamlit_xsrf"], "value"))
    assert answer.headers["location"] == (
        "https://signin.example.com/logout?client_id=client-1&logout_uri=https%3A%2F%2Fshop.example.com"
    )
    dropped = answer.headers.get_list("set-cookie")
    assert sorted(cookie.split("=")[0] for cookie in dropped) == sorted(names)
    assert all("Max-Age=0" in cookie for cookie in dropped)


def test_another_site_cannot_sign_a_shopper_out(site: Callable[..., httpx.Response]):
    headers = {"sec-fetch-site": "cross-site"}
    answer = site("/auth/logout", cookies={"_streamlit_user": "value"}, headers=headers)
    assert answer.headers["location"] == "/"
    assert "set-cookie" not in answer.headers


def test_the_cookies_are_still_called_what_sign_out_thinks():
    names = (starlette_server_config.USER_COOKIE_NAME, starlette_server_config.TOKENS_COOKIE_NAME)
    assert names == ("_streamlit_user", "_streamlit_user_tokens")


def test_every_answer_has_the_security_headers(site: Callable[..., httpx.Response]):
    answer = site("/page")
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


async def discard(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(start.SECRETS_DIRECTORY_VARIABLE, str(directory))
    async with server.discard_secrets_file(server.app):
        assert not directory.exists()
    assert start.SECRETS_DIRECTORY_VARIABLE not in os.environ


def test_the_secrets_file_is_gone_once_the_server_runs(monkeypatch: pytest.MonkeyPatch):
    directory = start.write_privately("text").parent
    asyncio.run(discard(directory, monkeypatch))
