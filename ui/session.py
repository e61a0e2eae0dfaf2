"""The shopper of this session: who they are, and the API on their behalf."""

from collections.abc import Mapping

import httpx
import streamlit as st

from ui.chat_stream import ChatStream
from ui.client import StylistClient, open_http
from ui.job_watch import JobWatch
from ui.storage import Storage


def is_signed_in() -> bool:
    """Whether this session belongs to a signed-in shopper (their token may have expired since)."""
    return bool(st.user.get("is_logged_in", False))


def shopper_name() -> str:
    """What to call the shopper, empty if the sign-in does not tell."""
    for claim in ("given_name", "name"):
        value = st.user.get(claim)
        if isinstance(value, str) and value:
            return value
    return ""


def shopper_email() -> str:
    """The shopper's address, empty if the sign-in does not tell."""
    value = st.user.get("email")
    return value if isinstance(value, str) else ""


def groups() -> frozenset[str]:
    """The groups of the shop's people that this person is in; none for shoppers."""
    value: object = st.user.get("cognito:groups")
    return frozenset(str(group) for group in value) if isinstance(value, (list, tuple)) else frozenset()


def get_client() -> StylistClient:
    """The API on behalf of this session's shopper."""
    settings: Mapping[str, str] = st.secrets["stylist"]
    return StylistClient(_share_http(settings["api_url"], settings["api_key"]), _access_token())


def get_chat() -> ChatStream:
    """The stylist on behalf of this session's shopper."""
    settings: Mapping[str, str] = st.secrets["stylist"]
    return ChatStream(get_client(), settings.get("websocket_url"), _access_token())


def get_watch() -> JobWatch:
    """The news of try-ons on behalf of this session's shopper."""
    settings: Mapping[str, str] = st.secrets["stylist"]
    return JobWatch(get_client(), settings.get("websocket_url"), _access_token())


@st.cache_resource(show_spinner=False)
def get_storage() -> Storage:
    """Where photos are sent to and looks come from; shared, as it holds no one's token."""
    return Storage()


@st.cache_resource(show_spinner=False)
def _share_http(api_url: str, api_key: str) -> httpx.Client:
    return open_http(api_url, api_key)


def _access_token() -> str | None:
    return st.user.tokens.get("access") if is_signed_in() else None
