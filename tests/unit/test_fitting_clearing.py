"""What was worn before: where it shows no longer, there is skin or wall; everything else stays as it was."""

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from local.ai.tryon import segment
from runtime.fitting import bare, blend
from runtime.fitting.blend import Dressed, dress_photo
from runtime.fitting.body import Body, find_body
from runtime.fitting.garments import GarmentClass
from runtime.fitting.laying import Draped, nothing
from runtime.fitting.parameters import MaskExclusions
from runtime.fitting.pixels import Array, Mask, as_floats, to_lab
from tests.e2e.fitting import draw_shopper

SIZE = (240, 360)
WALL = np.array([206, 214, 220], dtype=np.float32) / 255
SKIN = np.array([214, 168, 138], dtype=np.float32) / 255
TEAL = np.array([20, 130, 120], dtype=np.float32) / 255


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """A figure in a grey shirt with long sleeves and dark trousers before a plain wall."""
    return Image.open(io.BytesIO(draw_shopper(SIZE))).convert("RGB")


@pytest.fixture(scope="module")
def photo(picture: Image.Image) -> Array:
    return as_floats(picture)


@pytest.fixture(scope="module")
def body(picture: Image.Image) -> Body:
    return find_body(picture, silhouette(picture))


def silhouette(picture: Image.Image) -> NDArray[np.uint8]:
    away = np.abs(as_floats(picture) - WALL).max(axis=-1)
    return np.where(away > 0.06, 255, 0).astype(np.uint8)


def far(rgb: Array, tone: Array) -> Array:
    """Distance in L*a*b* of each pixel from a colour."""
    return np.linalg.norm(to_lab(rgb) - to_lab(tone), axis=-1).astype(np.float32)


def cover(body: Body, top: float, end: float, *, wide: float = 0.0) -> Draped:
    """Teal cloth over the torso and hips between two rows, wider than they are by so many heads."""
    draped = nothing(body)
    w, h = body.size
    y, x = np.mgrid[0:h, 0:w]
    ease = wide * body.head
    inside = (y >= top) & (y <= end) & (x > body.left[:, None] - ease) & (x < body.right[:, None] + ease)
    draped.rgb[inside] = TEAL
    draped.cover[inside] = 1
    draped.neckline[:] = top
    return draped


def put_on(photo: Array, body: Body, draped: Draped, kind: GarmentClass) -> Dressed:
    return dress_photo(photo, draped, body, kind, MaskExclusions())


def legs(body: Body, top: float, end: float) -> Mask:
    """The middles of both legs between two rows."""
    w, h = body.size
    y, x = np.mgrid[0:h, 0:w]
    parts = np.zeros((h, w), dtype=np.bool_)
    for leg in (0, 1):
        middle = (body.legs[2 * leg] + body.legs[2 * leg + 1]) / 2
        parts |= np.abs(x - middle[:, None]) < 0.08 * body.head
    return parts & (y > top) & (y < end)


def test_under_a_skirt_trousers_become_bare_legs(photo: Array, body: Body) -> None:
    hem = body.crotch + 0.6 * body.head
    dressed = put_on(photo, body, cover(body, body.waistband, hem, wide=0.1), GarmentClass.OTHER_LOWER_BODY)
    below = legs(body, hem + 0.4 * body.head, body.floor - 0.6 * body.head)
    assert np.median(far(dressed.rgb, SKIN)[below]) < 15
    assert np.median(far(photo, SKIN)[below]) > 40
    assert dressed.drawn[below].mean() > 0.9


def test_bare_legs_stay_as_they_are(photo: Array, picture: Image.Image, body: Body) -> None:
    bare_legs = photo.copy()
    h = body.size[1]
    trousers = silhouette(picture) > 0
    trousers &= (np.arange(h) > body.crotch)[:, None] & (np.arange(h) < 0.9 * h)[:, None]
    hands = blend.find_hands(photo, body, nothing(body))
    bare_legs[trousers & ~hands] = SKIN
    seen = find_body(Image.fromarray((bare_legs * 255).astype(np.uint8)), silhouette(picture))
    hem = seen.crotch + 0.5 * seen.head
    dressed = put_on(
        bare_legs, seen, cover(seen, seen.waistband, hem, wide=0.1), GarmentClass.OTHER_LOWER_BODY
    )
    below = legs(seen, hem + 0.3 * seen.head, seen.floor - 0.6 * seen.head)
    assert np.abs(dressed.rgb - bare_legs)[below].max() < 1e-3


def test_under_a_sleeveless_top_long_sleeves_become_bare_arms(photo: Array, body: Body) -> None:
    draped = cover(body, body.below(0.3), body.hip)
    dressed = put_on(photo, body, draped, GarmentClass.NO_SLEEVE_SHIRT)
    w, h = body.size
    y, x = np.mgrid[0:h, 0:w]
    for column in (0.29 * w, 0.71 * w):
        sleeve = (np.abs(x - column) < 3) & (y > 0.30 * h) & (y < 0.46 * h)
        assert np.median(far(photo, SKIN)[sleeve]) > 20
        assert np.median(far(dressed.rgb, SKIN)[sleeve]) < 18


def test_a_sleeve_unlike_the_shirt_is_left_alone(photo: Array, body: Body) -> None:
    w, h = body.size
    y, x = np.mgrid[0:h, 0:w]
    striped = photo.copy()
    beside = silhouette(Image.fromarray((photo * 255).astype(np.uint8))) > 0
    left = beside & (x < 0.325 * w) & (y > 0.24 * h) & (y < 0.49 * h)
    striped[left] = (0.1, 0.5, 0.2)
    dressed = put_on(striped, body, cover(body, body.below(0.3), body.hip), GarmentClass.NO_SLEEVE_SHIRT)
    sleeve = (np.abs(x - 0.265 * w) < 3) & (y > 0.30 * h) & (y < 0.42 * h)
    assert np.quantile(np.abs(dressed.rgb - striped)[sleeve], 0.9) < 0.02


def test_face_hair_and_hands_are_the_photos_own(photo: Array, body: Body) -> None:
    dressed = put_on(photo, body, cover(body, body.below(0.3), body.hip), GarmentClass.NO_SLEEVE_SHIRT)
    above = slice(0, int(body.chin - 0.1 * body.head))
    assert np.array_equal(dressed.rgb[above], photo[above])


def test_no_wall_shows_between_a_top_and_what_is_put_on_below(photo: Array, body: Body) -> None:
    dressed = put_on(
        photo, body, cover(body, body.waistband + 2, body.floor - 20), GarmentClass.OTHER_LOWER_BODY
    )
    rows = slice(int(body.waistband - 0.3 * body.head), int(body.waistband + 0.2 * body.head))
    columns = slice(int(body.x - 0.4 * body.head), int(body.x + 0.4 * body.head))
    assert far(dressed.rgb[rows, columns], WALL).min() > 15


def wall_behind(body: Body, left: Array, right: Array, above: Array) -> tuple[Array, Mask]:
    """A room of three colours, and a patch of the person in the middle of it that goes."""
    w, h = body.size
    rgb = np.empty((h, w, 3), dtype=np.float32)
    rgb[:, : w // 2], rgb[:, w // 2 :] = left, right
    rgb[: int(body.chin)] = above
    rgb[body.mask] = TEAL
    y, x = np.mgrid[0:h, 0:w]
    middle = (np.abs(x - body.x) < 0.12 * body.head) & (y > body.chin) & (y < body.below(0.8))
    return rgb, body.mask & middle


def test_a_plain_wall_is_carried_on(body: Body) -> None:
    rgb, gone = wall_behind(body, WALL, WALL, WALL)
    filled, walled = bare.fill_wall(rgb, rgb, gone, body)
    assert np.array_equal(walled, gone)
    inside = gone & ~blend.grow(~gone, 2)
    assert far(filled, WALL)[inside].max() < 1
    assert np.array_equal(filled[~gone], rgb[~gone])


def test_the_light_on_a_wall_is_carried_on(body: Body) -> None:
    rgb, gone = wall_behind(body, WALL, WALL, WALL)
    light = np.linspace(1.0, 0.85, body.size[0], dtype=np.float32)[None, :, None]
    lit = np.where(body.mask[..., None], rgb, rgb * light)
    filled, walled = bare.fill_wall(lit, lit, gone, body)
    inside = walled & ~blend.grow(~walled, 2)
    assert walled.sum() > 0.9 * gone.sum()
    assert np.abs(filled - WALL * light)[inside].max() < 0.05


def test_what_stands_before_the_wall_is_not_carried_on(body: Body) -> None:
    flag = np.array([0.7, 0.1, 0.1], dtype=np.float32)
    rgb, gone = wall_behind(body, flag, WALL, WALL)
    filled, walled = bare.fill_wall(rgb, rgb, gone, body)
    assert walled.any()
    inside = walled & ~blend.grow(~walled, 2)
    assert far(filled, WALL)[inside].max() < 3


def test_a_room_of_many_colours_is_left_to_the_model(body: Body) -> None:
    red, green = np.array([0.8, 0.1, 0.1], np.float32), np.array([0.1, 0.6, 0.1], np.float32)
    rgb, gone = wall_behind(body, red, green, WALL)
    filled, walled = bare.fill_wall(rgb, rgb, gone, body)
    assert not walled.any()
    assert np.array_equal(filled, rgb)


def test_a_person_who_fills_the_photo_has_no_wall(body: Body) -> None:
    everywhere = replace(body, mask=np.ones_like(body.mask))
    rgb, gone = wall_behind(body, WALL, WALL, WALL)
    filled, walled = bare.fill_wall(rgb, rgb, gone, everywhere)
    assert not walled.any()
    assert np.array_equal(filled, rgb)


@pytest.mark.parametrize("rise", [0.39, 0.42, 0.45])
def test_the_waistband_is_where_the_clothes_change_colour(rise: float) -> None:
    picture = Image.open(io.BytesIO(draw_shopper(SIZE))).convert("RGB")
    pixels = np.asarray(picture).copy()
    w, h = SIZE
    torso = (slice(int(rise * h), int(0.6 * h)), slice(int(0.35 * w), int(0.65 * w)))
    pixels[int(0.3 * h) : int(rise * h), torso[1]] = (120, 124, 130)
    pixels[torso] = (70, 74, 90)
    found = find_body(Image.fromarray(pixels), silhouette(picture))
    expected = np.clip(rise * h, found.waist, found.hip)
    assert abs(found.waistband - expected) <= 0.05 * found.head


def test_in_one_colour_the_waistband_is_a_little_below_the_waist() -> None:
    picture = Image.open(io.BytesIO(draw_shopper(SIZE))).convert("RGB")
    pixels = np.asarray(picture).copy()
    w, h = SIZE
    pixels[int(0.4 * h) : int(0.7 * h), int(0.35 * w) : int(0.65 * w)] = (120, 124, 130)
    found = find_body(Image.fromarray(pixels), silhouette(picture))
    assert found.waistband == pytest.approx(found.waist + 0.25 * (found.hip - found.waist))


def figure_with_a_gap() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A torso with an arm beside it and wall between them, and where the person is in L*a*b*."""
    shape = np.zeros((120, 100), dtype=np.uint8)
    shape[20:110, 30:60] = 1
    shape[20:90, 70:80] = 1
    shape[20:30, 55:75] = 1
    lab = np.where(shape[..., None] > 0, (40, 30, 20), (85, 0, 2)).astype(np.float32)
    return shape, lab


def test_wall_between_arm_and_torso_is_peeled_off() -> None:
    shape, lab = figure_with_a_gap()
    taken = shape.copy()
    taken[30:90, 60:70] = 1
    peeled = segment._peel(taken, np.full(shape.shape, 0.5), lab)  # pyright: ignore[reportPrivateUsage]
    assert peeled[35:85, 62:68].mean() < 0.05
    assert peeled[35:85, 34:56].all()
    assert peeled[35:85, 72:78].all()


def test_what_is_certain_or_unlike_the_wall_is_not_peeled_off() -> None:
    shape, lab = figure_with_a_gap()
    taken = shape.copy()
    taken[30:90, 60:70] = 1
    certain = np.where(taken > 0, 1.0, 0.0)
    assert np.array_equal(segment._peel(taken, certain, lab), taken)  # pyright: ignore[reportPrivateUsage]
    clothed = lab.copy()
    clothed[30:90, 60:70] = (60, -20, 10)
    unsure = np.full(shape.shape, 0.5)
    assert segment._peel(taken, unsure, clothed)[35:85, 62:68].all()  # pyright: ignore[reportPrivateUsage]


def test_an_arm_in_a_sleeve_is_no_hand_until_the_sleeve_ends(photo: Array, body: Body) -> None:
    w, h = body.size
    y, x = np.mgrid[0:h, 0:w]
    bare_arms = photo.copy()
    arms = ((np.abs(x - 0.29 * w) < 9) | (np.abs(x - 0.71 * w) < 9)) & (y > 0.26 * h) & (y < 0.5 * h)
    bare_arms[arms] = SKIN
    draped = cover(body, body.below(0.3), body.hip, wide=0.05)
    end = int(0.46 * h)
    draped.sleeves |= (np.abs(x - 0.29 * w) < 5) & (y > 0.26 * h) & (y < end)
    draped.sleeves |= (np.abs(x - 0.71 * w) < 5) & (y > 0.26 * h) & (y < end)
    draped.cover[draped.sleeves] = 1
    hands = blend.find_hands(bare_arms, body, draped)
    assert not hands[: end - round(0.1 * body.head)].any()


def test_specks_are_neither_hair_nor_hands(body: Body) -> None:
    kept = np.zeros_like(body.mask)
    kept[40:60, 40:60] = True
    kept[100, 100:103] = True
    kept[50, 60:75] = True  # a thread
    clean = blend._without_specks(kept, body)  # pyright: ignore[reportPrivateUsage]
    assert clean[42:58, 42:58].all()
    assert clean.sum() <= 400
