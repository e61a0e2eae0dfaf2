"""Pictures that can be used and pictures that cannot, by what their bytes are."""

import base64
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from runtime.shared.images import (
    MEGABYTE,
    Picture,
    PictureRefused,
    Refusal,
    check_picture,
    decode_base64,
)
from tests.unit.shop import draw, encode

NOISE = Image.effect_noise((200, 150), 60).convert("RGB")
TURNED = NOISE.rotate(180)
JPEG = encode(NOISE, "JPEG")
PROGRESSIVE = encode(NOISE, "JPEG", progressive=True)
PNG = encode(NOISE, "PNG")
WEBP = encode(NOISE, "WEBP")


def make_png(width: int, height: int, depth: int, kind: int, raw: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def make_text_bomb() -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("comment", "x" * 5_000_000, zip=True)
    return encode(NOISE, "PNG", pnginfo=notes)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (JPEG, Picture("JPEG", 200, 150)),
        (PROGRESSIVE, Picture("JPEG", 200, 150)),
        (encode(NOISE, "MPO", save_all=True, append_images=[TURNED]), Picture("JPEG", 200, 150)),
        (PNG, Picture("PNG", 200, 150)),
        (WEBP, Picture("WEBP", 200, 150)),
        (encode(NOISE.convert("L"), "JPEG"), Picture("JPEG", 200, 150)),
        (encode(NOISE.convert("LA"), "PNG"), Picture("PNG", 200, 150)),
        (encode(NOISE.convert("P"), "PNG", transparency=bytes(range(200))), Picture("PNG", 200, 150)),
        (encode(NOISE.convert("1"), "PNG"), Picture("PNG", 200, 150)),
        (draw(side=32), Picture("PNG", 32, 32)),
    ],
)
def test_usable_pictures(data: bytes, expected: Picture) -> None:
    assert check_picture(data) == expected
    assert expected.content_type == f"image/{expected.format.lower()}"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Refusal.NOT_A_PICTURE),
        (b"hello", Refusal.NOT_A_PICTURE),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', Refusal.NOT_A_PICTURE),
        (b"<html><body>", Refusal.NOT_A_PICTURE),
        (b"\xff\xd8\xff<script>alert(1)</script>", Refusal.NOT_A_PICTURE),
        (b"%PDF-1.7", Refusal.NOT_A_PICTURE),
        (encode(NOISE, "GIF"), Refusal.NOT_A_PICTURE),
        (encode(NOISE, "BMP"), Refusal.NOT_A_PICTURE),
        (encode(NOISE, "TIFF"), Refusal.NOT_A_PICTURE),
        (b"\xff\xd8\xff" + bytes(30 * MEGABYTE), Refusal.TOO_MANY_BYTES),
        (make_png(50_000, 50_000, 8, 2, b""), Refusal.TOO_MANY_PIXELS),
        (make_png(12_000, 12_000, 8, 0, b""), Refusal.TOO_MANY_PIXELS),
        (make_png(7_000, 7_000, 8, 0, b""), Refusal.TOO_MANY_PIXELS),
        (make_text_bomb(), Refusal.DAMAGED),
        (draw(side=31), Refusal.TOO_SMALL),
        (encode(NOISE.resize((1, 400)), "PNG"), Refusal.TOO_SMALL),
        (encode(NOISE.convert("CMYK"), "JPEG"), Refusal.CMYK),
        (encode(Image.new("I;16", (64, 64)), "PNG"), Refusal.DEEP_COLOUR),
        (make_png(64, 64, 16, 2, b"".join(b"\0" + bytes(64 * 6) for _ in range(64))), Refusal.DEEP_COLOUR),
        (encode(NOISE, "PNG", save_all=True, append_images=[TURNED]), Refusal.ANIMATED),
        (encode(NOISE, "WEBP", save_all=True, append_images=[TURNED]), Refusal.ANIMATED),
        *(
            (data[: int(len(data) * share)], Refusal.DAMAGED)
            for data in (JPEG, PROGRESSIVE, PNG, WEBP)
            for share in (0.5, 0.9, 0.98)
        ),
        (JPEG[:-2], Refusal.DAMAGED),
        (PNG[:1000] + bytes(1000) + PNG[2000:], Refusal.DAMAGED),
    ],
)
def test_refused_pictures(data: bytes, code: Refusal) -> None:
    with pytest.raises(PictureRefused) as refused:
        check_picture(data)
    assert refused.value.code is code
    assert refused.value.advice.endswith(".")


def test_limits_can_be_set() -> None:
    with pytest.raises(PictureRefused, match="too-many-bytes"):
        check_picture(JPEG, max_bytes=len(JPEG) - 1)
    with pytest.raises(PictureRefused, match="too-many-pixels"):
        check_picture(JPEG, max_pixels=200 * 150 - 1)
    assert check_picture(JPEG, max_bytes=len(JPEG), max_pixels=200 * 150).width == 200


def test_base64_with_and_without_data_url() -> None:
    text = base64.b64encode(b"picture").decode()
    assert decode_base64(text, max_bytes=7) == b"picture"
    assert decode_base64(f"data:image/svg+xml;base64,{text}", max_bytes=7) == b"picture"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not base64!", Refusal.NOT_BASE64),
        ("YWJj\nZGVm", Refusal.NOT_BASE64),
        ("YWJ", Refusal.NOT_BASE64),
        ("é", Refusal.NOT_BASE64),
        ("data:image/png,plain", Refusal.NOT_BASE64),
        ("data:image/png;base64,", Refusal.NOT_A_PICTURE),
        ("A" * 2_000, Refusal.TOO_MANY_BYTES),
    ],
)
def test_refused_base64(text: str, code: Refusal) -> None:
    with pytest.raises(PictureRefused) as refused:
        decode_base64(text, max_bytes=1_000)
    assert refused.value.code is code
