"""The HTML document that Streamlit's scripts start from, made the shop's own before it is sent.

Streamlit finds its server by trying every folder of the page's address, and fails once for each page that is
not the first one. Told where its server is it asks there at once (`window.__streamlit.BACKEND_BASE_URL`).
Title, language, ground and style sheet are there from the first moment, so that nothing flickers or jumps
when the scripts run.
"""

from functools import cache
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.words import choose_language

NAME = "Virtual Stylist"
_SHEET = Path(__file__).with_name("theme.css")
_HEAD = """<head>
    <meta name="color-scheme" content="light dark" />
    <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fcfaf7" />
    <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#161412" />
    <meta name="description" content="A personal stylist for this shop." />
    <style>:root { background: light-dark(#fcfaf7, #161412); }</style>
    <script>window.__streamlit = { BACKEND_BASE_URL: location.origin + "/" };</script>"""


class FirstPage:
    """ASGI middleware that edits HTML documents and leaves every other answer alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_navigation(scope):
            await self._app(scope, receive, send)
            return
        language = choose_language(first_tag(Headers(scope=scope).get("accept-language", "")))
        # Asked without compression, as it has to be read; whatever stands before the site compresses it.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self._app({**scope, "headers": plain}, receive, _Editor(send, language).send)


class _Editor:
    """Holds an HTML answer back until all of it is there, and sends it edited."""

    def __init__(self, send: Send, language: str) -> None:
        self._send = send
        self._language = language
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
            return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        body = edit(self._body.decode(), self._language).encode()
        headers = MutableHeaders(scope=self._start)
        headers["content-length"] = str(len(body))
        headers.add_vary_header("Accept-Language")
        # They describe the document as it was.
        for name in ("etag", "last-modified"):
            del headers[name]
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def _is_navigation(scope: Scope) -> bool:
    """Whether a browser asks for a document, not for a part of one."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def _is_page(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] == 200 and kind.startswith("text/html")


def edit(document: str, language: str) -> str:
    """The document with the shop's title and style sheet, its language, and where its server is."""
    return (
        document.replace('<html lang="en">', f'<html lang="{language}">', 1)
        .replace("<title>Streamlit</title>", f"<title>{NAME}</title>", 1)
        .replace("<head>", _HEAD, 1)
        # Streamlit's scripts add theirs to the head: where both say something, the later one counts.
        .replace("</body>", f"<style>{_read_sheet()}</style>\n  </body>", 1)
    )


@cache
def _read_sheet() -> str:
    return _SHEET.read_text(encoding="utf-8")


def first_tag(accepted: str) -> str:
    """The first language tag of an Accept-Language header, which browsers write in order of preference."""
    return accepted.partition(",")[0].partition(";")[0].strip()
