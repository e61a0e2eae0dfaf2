"""Frames of `application/vnd.amazon.eventstream`.

A frame is: total length and headers' length (4 bytes each, big-endian), CRC-32 of these 8 bytes, headers,
payload, CRC-32 of everything before. A header is: length of the name (1 byte), name, type 7 (string), length
of the value (2 bytes), value. Source: Smithy's specification, Amazon Event Stream.
"""

import json
import struct
import zlib
from typing import Any

MEDIA_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7


def encode_event(name: str, payload: dict[str, Any]) -> bytes:
    """The frame of an event with a JSON payload."""
    headers = b"".join(
        _encode_header(key, value)
        for key, value in (
            (":event-type", name),
            (":content-type", "application/json"),
            (":message-type", "event"),
        )
    )
    body = json.dumps(payload, ensure_ascii=False).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    start = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return start + struct.pack(">I", zlib.crc32(start))


def _encode_header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return bytes([len(key)]) + key + bytes([_STRING]) + struct.pack(">H", len(text)) + text
