"""A WebSocket to the stylist, on behalf of one shopper."""

import json
import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

_OPEN_SECONDS = 5.0
_CLOSE_SECONDS = 1.0
_LARGEST_FRAME = 1_000_000


class Lost(Exception):
    """The WebSocket is of no use (any more)."""


@contextmanager
def open_line(url: str, token: str) -> Generator[ClientConnection]:
    """A connection for as long as the block runs. Raises Lost when there is none, or when it breaks."""
    try:
        with connect(
            f"{url}?{urlencode({'token': token})}",
            open_timeout=_OPEN_SECONDS,
            close_timeout=_CLOSE_SECONDS,
            max_size=_LARGEST_FRAME,
            # Its own logger would write the address, and with it the token.
            logger=logging.Logger("silent", logging.CRITICAL + 1),
        ) as connection:
            yield connection
    except (OSError, WebSocketException) as error:
        raise Lost(type(error).__name__) from error


def read_frame(data: str | bytes) -> Mapping[str, Any]:
    """The JSON object of a frame, empty for JSON of another form. Raises Lost when it is no JSON."""
    try:
        frame = json.loads(data)
    except ValueError as error:
        raise Lost("a frame that is no JSON") from error
    return frame if isinstance(frame, dict) else {}
