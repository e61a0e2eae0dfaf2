"""The look at a shopper's photo: advice in words, and no refusal of what could do."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from local.ai.tryon.segment import cut_out
from local.demo.people import PEOPLE, draw_person
from runtime.fitting import person
from runtime.fitting.body import find_body
from runtime.fitting.person import inspect_person
from runtime.fitting.pixels import encode_png
from runtime.shared.images import PictureRefused

ASTRONAUT = Path(__file__).resolve().parents[3] / "shared" / "data" / "people" / "astronaut.png"


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who.name)
def test_good_photos_are_usable_whatever_the_skin(who: person.PersonReport) -> None:
    report = inspect_person(encode_png(draw_person(who)))  # pyright: ignore[reportArgumentType]
    assert report.usable
    assert person.NO_FACE not in report.advice and person.UPPER_BODY not in report.advice


def test_hopeless_pictures_are_refused() -> None:
    assert inspect_person(encode_png(Image.new("RGB", (200, 900), "red"))) == person.PersonReport(
        False, (person.LARGER,)
    )
    assert inspect_person(encode_png(Image.new("RGB", (600, 900), "black"))).advice == (person.BLANK,)
    with pytest.raises(PictureRefused):
        inspect_person(b"no picture")


def test_advice_fits_the_fault() -> None:
    photo = draw_person(PEOPLE[0])
    blurred = inspect_person(encode_png(photo.filter(ImageFilter.GaussianBlur(9))))
    assert blurred.usable and person.SHARPER in blurred.advice
    dark = inspect_person(encode_png(photo.point(lambda value: value // 8)))
    assert dark.usable and person.LIGHTER in dark.advice
    close = photo.crop((234, 60, 534, 330)).resize((800, 720))
    assert person.UPPER_BODY in inspect_person(encode_png(close)).advice
    noise = np.random.default_rng(1).integers(0, 255, (800, 600, 3), dtype=np.uint8)
    busy = inspect_person(encode_png(Image.fromarray(noise)))
    assert busy.usable and person.PLAIN in busy.advice


@pytest.mark.parametrize("who", PEOPLE[:3], ids=lambda who: who.name)
def test_bodies_are_measured(who: person.PersonReport) -> None:
    photo = draw_person(who).resize((512, 768))  # pyright: ignore[reportArgumentType]
    body = find_body(photo, cut_out(photo))
    assert body.full
    heads = (body.ground - body.crown) / body.head
    assert 6.8 < heads < 8.6
    assert body.crown < body.chin < body.tips[0][1] < body.waist < body.crotch < body.ground
    assert body.tips[0][0] < body.x - body.neck < body.x + body.neck < body.tips[1][0]


@pytest.mark.skipif(not ASTRONAUT.is_file(), reason="the photo is not on this machine")
def test_a_real_portrait_is_usable() -> None:
    report = inspect_person(ASTRONAUT.read_bytes())
    assert report.usable and not report.full_body
    assert person.NO_FACE not in report.advice
