"""The server behind the pages: Streamlit's own, with security headers, a first page of the shop's own, and a
sign-out that Cognito accepts.
"""

import logging
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from streamlit.starlette import App

from ui.first_page import FirstPage
from ui.headers import SecurityHeaders
from ui.start import SECRETS_DIRECTORY_VARIABLE
from ui.widgets import messages

_LOG = logging.getLogger(__name__)
_IDENTITY_COOKIES = ("_streamlit_user", "_streamlit_user_tokens")
_SIGN_OUT_PATH = "/auth/logout"


def sign_out(request: Request) -> Response:
    """Forgets the shopper here and at Cognito, then returns to the site.

    Streamlit's own route sends the parameters of OpenID Connect's RP-initiated logout; Cognito's endpoint
    wants `client_id` and `logout_uri` instead:
    https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
    """
    if request.headers.get("sec-fetch-site") == "cross-site":
        return RedirectResponse("/", status_code=302)
    site = st.secrets["stylist"]
    query = urlencode({"client_id": site["client_id"], "logout_uri": site["site_url"]})
    response = RedirectResponse(f"{site['domain_url']}/logout?{query}", status_code=302)
    for name in filter(_is_identity_cookie, request.cookies):
        response.delete_cookie(name, path="/", httponly=True, samesite="lax")
    return response


def _is_identity_cookie(name: str) -> bool:
    """Long identities are split over cookies with a number at the end."""
    stem, _, number = name.rpartition("_")
    return name in _IDENTITY_COOKIES or (stem in _IDENTITY_COOKIES and number.isdigit())


@asynccontextmanager
async def discard_secrets_file(app: App) -> AsyncGenerator[None]:
    """Streamlit has read its secrets when this runs, and keeps them in memory."""
    directory = os.environ.pop(SECRETS_DIRECTORY_VARIABLE, None)
    if directory:
        shutil.rmtree(directory)
    yield


def show_failure(error: Exception) -> bool:
    """Keeps an unforeseen error in the log and out of the shopper's sight; True: nothing else is shown."""
    _LOG.error("a page failed", exc_info=error)
    messages.show_message("That did not work", "Something went wrong on our side. Please reload the page.")
    return True


app = App(
    Path(__file__).with_name("app.py"),
    routes=[Route(_SIGN_OUT_PATH, sign_out)],
    middleware=[Middleware(SecurityHeaders), Middleware(FirstPage)],
    on_script_error=show_failure,
    lifespan=discard_secrets_file,
)
