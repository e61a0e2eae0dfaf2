"""Small pictures for tests."""

import io
import struct
import zlib

from PIL import Image, ImageDraw


def encode(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def garment(color: str = "crimson", *, size: tuple[int, int] = (240, 320), seed: int = 0) -> Image.Image:
    """A plain dress shape on white; another seed moves its hem, so that its bytes differ."""
    image = Image.new("RGB", size, "white")
    width, height = size
    hem = height * 0.85 + seed % 17
    ImageDraw.Draw(image).polygon(
        [(width * 0.35, height * 0.1), (width * 0.65, height * 0.1), (width * 0.8, hem), (width * 0.2, hem)],
        fill=color,
    )
    image.putpixel((seed % width, seed // width % height), (seed % 251, 3, 7))
    return image


def decompression_bomb() -> bytes:
    """A small PNG file whose header promises 40,000 x 40,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack("!I", len(body)) + kind + body + struct.pack("!I", zlib.crc32(kind + body))

    header = struct.pack("!IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def unusable_pictures() -> dict[str, bytes]:
    """What shoppers and retailers send by mistake or on purpose, by name."""
    image = garment()
    frames = [garment(color) for color in ("red", "blue")]
    return {
        "not an image": b"this is only text " * 20,
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "a GIF": encode(image.convert("P"), "GIF"),
        "a truncated JPEG": encode(image)[: len(encode(image)) // 2],
        "a CMYK JPEG": encode(image.convert("CMYK")),
        "a 16-bit PNG": encode(Image.new("I;16", (120, 120), 40_000), "PNG"),
        "an animated WebP": encode(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "a decompression bomb": decompression_bomb(),
        "a tiny picture": encode(image.resize((8, 8))),
    }
