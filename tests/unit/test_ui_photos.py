"""A shopper's photo before it is searched with."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from ui.photos import PhotoProblem, prepare_photo

ORIENTATION = 0x0112


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decode(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_small_plain_photo_keeps_its_bytes():
    data = encode(Image.new("RGB", (400, 533), "red"), "JPEG")
    assert prepare_photo(data).data == data


def test_a_huge_photo_is_shrunk_in_proportion():
    photo = decode(prepare_photo(encode(Image.new("RGB", (4000, 3000), "blue"), "JPEG")).data)
    assert photo.size == (1024, 768)


def test_a_photo_from_a_phone_stands_upright_and_loses_its_metadata():
    image = Image.new("RGB", (60, 30), "white")
    image.paste("black", (0, 0, 30, 30))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "Camera of a private person"
    data = prepare_photo(encode(image, "JPEG", exif=exif)).data
    photo = decode(data).convert("L")
    assert photo.size == (30, 60)
    assert photo.getpixel((15, 5)) < 60 < 200 < photo.getpixel((15, 55))
    assert b"private person" not in data
    assert not decode(data).getexif()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_becomes_white(kind: str):
    data = prepare_photo(encode(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), kind)).data
    photo = decode(data)
    assert (photo.format, photo.getpixel((10, 10))) == ("JPEG", (255, 255, 255))


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_other_colour_modes_are_converted(mode: str):
    assert decode(prepare_photo(encode(Image.new(mode, (20, 20)), "JPEG")).data).mode == "RGB"


def truncated() -> bytes:
    return encode(Image.effect_noise((300, 300), 90).convert("RGB"), "JPEG")[:2000]


def gif() -> bytes:
    return encode(Image.new("P", (9, 9)), "GIF")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: b"not a picture", "cannot read"),
        (lambda: b"", "cannot read"),
        (gif, "cannot read"),
        (truncated, "damaged"),
        (lambda: encode(Image.new("1", (9000, 9000)), "PNG"), "too many pixels"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words_for_people(make: Callable[[], bytes], text: str):
    with pytest.raises(PhotoProblem, match=text):
        prepare_photo(make())
