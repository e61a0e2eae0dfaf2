"""The HTML document that is sent first."""

import asyncio
from pathlib import Path

import httpx
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ui.first_page import FirstPage, edit, first_tag

DOCUMENT = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


def answer(request: Request) -> Response:
    if request.url.path == "/data":
        return JSONResponse({"encodings": request.headers.get("accept-encoding")})
    status = 404 if request.url.path == "/missing" else 200
    return HTMLResponse(DOCUMENT, status, {"etag": '"1"', "last-modified": "yesterday"})


def ask(method: str, path: str, **headers: str) -> httpx.Response:
    return asyncio.run(_ask(method, path, headers))


async def _ask(method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    routes = [Route(path, answer) for path in ("/", "/product", "/data", "/missing")]
    app = Starlette(routes=routes, middleware=[Middleware(FirstPage)])
    usual = {"accept": "text/html,*/*", "accept-encoding": "gzip"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://site", headers=usual) as client:
        return await client.request(method, path, headers=headers)


def test_streamlits_document_has_the_places_that_are_edited() -> None:
    edited = edit(DOCUMENT, "de")
    assert '<html lang="de">' in edited
    assert "<title>Virtual Stylist</title>" in edited
    assert edited.count("BACKEND_BASE_URL") == 1
    assert edited.index('<div id="root">') < edited.index(".stMainBlockContainer {") < edited.index("</body>")


def test_a_page_is_sent_edited_and_as_long_as_it_says() -> None:
    found = ask("GET", "/product", **{"accept-language": "de-AT,de;q=0.9,en;q=0.8"})
    assert '<html lang="de">' in found.text
    assert int(found.headers["content-length"]) == len(found.content)
    assert "accept-language" in found.headers["vary"].lower()
    assert not {"etag", "last-modified"} & set(found.headers)


def test_everything_else_is_left_alone() -> None:
    assert ask("GET", "/missing").text == DOCUMENT
    assert ask("POST", "/").status_code == 405
    assert ask("GET", "/data", accept="application/json").json() == {"encodings": "gzip"}
    assert ask("GET", "/", accept="application/json").text == DOCUMENT


def test_the_first_language_counts() -> None:
    assert first_tag("de;q=0.9, en") == "de"
    assert first_tag("") == ""
