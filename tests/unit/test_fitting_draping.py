"""Where garments end up on a body: shoulders, wrists, waistbands, hems, hats and feet."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from runtime.fitting import extras, tops
from runtime.fitting.body import Body, find_body
from runtime.fitting.cloth import Cloth
from runtime.fitting.composer import Fill, compose
from runtime.fitting.drape import drape
from runtime.fitting.garments import GarmentClass
from runtime.fitting.laying import Draped
from runtime.fitting.parameters import GarmentStyling, TryOnParameters, TuckingStyle
from runtime.fitting.pixels import Mask, encode_png, open_photo
from runtime.fitting.port import Garment, RenderRequest, TryOnRefused
from tests.e2e.fitting import draw_shopper
from tests.unit.test_fitting_clearing import SIZE, silhouette

FLAT = GarmentStyling()


@pytest.fixture(scope="module")
def body() -> Body:
    picture = Image.open(io.BytesIO(draw_shopper(SIZE))).convert("RGB")
    return find_body(picture, silhouette(picture))


def cloth_of(mask: Mask) -> Cloth:
    """Cloth of this shape: red grows across, green downwards, so that a colour tells its place."""
    h, w = mask.shape
    y, x = np.mgrid[0:h, 0:w]
    rgb = np.stack([x / w, y / h, np.full((h, w), 0.5)], axis=-1).astype(np.float32)
    return Cloth(rgb, mask)


def shirt(*, sleeves: int = 0) -> Cloth:
    """A trunk of 100 x 140 pixels with sleeves of this length beside it, laid out flat."""
    mask = np.zeros((140, 100 + 2 * sleeves + 4), dtype=np.bool_)
    mask[:, sleeves + 2 : sleeves + 102] = True
    mask[4:44, 2 : 102 + 2 * sleeves] = True
    return cloth_of(mask)


def rows_of(draped: Draped) -> tuple[int, int]:
    covered = np.flatnonzero((draped.cover > 0.5).any(axis=1))
    return int(covered[0]), int(covered[-1])


def test_a_tucked_shirt_ends_at_the_waistband_and_an_untucked_one_below(body: Body) -> None:
    tucked = GarmentStyling(tuckingStyle=TuckingStyle.TUCKED)
    kind = GarmentClass.NO_SLEEVE_SHIRT
    inside, outside = (rows_of(drape(shirt(), body, kind, each))[1] for each in (tucked, FLAT))
    assert abs(inside - body.waistband) < 0.12 * body.head
    assert outside > body.hip


@pytest.mark.parametrize("kind", [GarmentClass.LONG_PANTS, GarmentClass.OTHER_LOWER_BODY])
def test_what_is_worn_below_reaches_over_the_waistband(body: Body, kind: GarmentClass) -> None:
    mask = np.ones((200, 100), dtype=np.bool_)
    mask[90:, 46:54] = False
    draped = drape(cloth_of(mask), body, kind, FLAT)
    columns = np.abs(np.arange(SIZE[0]) - body.x) < 0.3 * body.head
    top = (draped.cover > 0.5)[:, columns].argmax(axis=0)
    assert (top <= body.waistband).all()
    assert (top > body.waistband - 0.3 * body.head).all()


def test_long_sleeves_end_at_the_hands_and_short_ones_far_above(body: Body) -> None:
    ends: list[float] = []
    for kind in (GarmentClass.LONG_SLEEVE_SHIRT, GarmentClass.SHORT_SLEEVE_SHIRT):
        draped = drape(shirt(sleeves=60), body, kind, FLAT)
        ends.append(float(np.flatnonzero(draped.sleeves.any(axis=1))[-1]))
    hands = 0.49 * SIZE[1]
    assert abs(ends[0] - hands) < 0.4 * body.head
    assert ends[1] < ends[0] - 0.8 * body.head


def test_an_arm_that_seems_to_go_on_in_a_leg_does_not_lengthen_the_sleeve(body: Body) -> None:
    joined = body.mask.copy()
    joined[int(0.5 * SIZE[1]) : int(0.9 * SIZE[1]), int(0.25 * SIZE[0]) : int(0.4 * SIZE[0])] = True
    draped = drape(shirt(sleeves=60), replace(body, mask=joined), GarmentClass.LONG_SLEEVE_SHIRT, FLAT)
    assert np.flatnonzero(draped.sleeves.any(axis=1))[-1] < body.crotch + 0.6 * body.head


def test_sleeves_leave_no_thread_of_the_old_between_them_and_the_trunk(body: Body) -> None:
    draped = drape(shirt(sleeves=60), body, GarmentClass.LONG_SLEEVE_SHIRT, FLAT)
    covered = draped.cover > 0.5
    for row in range(int(body.below(0.6)), int(body.below(1.0))):
        columns = np.flatnonzero(covered[row])
        holes = ~covered[row, columns[0] : columns[-1]] & body.mask[row, columns[0] : columns[-1]]
        assert not holes.any()


def test_shoulders_follow_the_body_but_not_what_rises_beside_the_neck(body: Body) -> None:
    ring = body.mask.copy()
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    ring |= (np.abs(x - body.x) < 0.7 * body.head) & (np.abs(y - body.below(0.1)) < 0.15 * body.head)
    plain, ringed = (
        drape(shirt(), replace(body, mask=mask), GarmentClass.NO_SLEEVE_SHIRT, FLAT).neckline
        for mask in (body.mask, ring)
    )
    beside = np.abs(np.arange(SIZE[0]) - body.x) < 0.6 * body.head
    assert np.abs(plain - ringed)[beside].max() < 0.12 * body.head
    assert np.abs(np.diff(plain[beside])).max() < 0.1 * body.head


def hat(brim: int) -> Cloth:
    """A crown of 60 x 50 pixels over a rim that stands out by so many on both sides."""
    mask = np.zeros((60, 64 + 2 * brim), dtype=np.bool_)
    mask[:50, brim + 2 : brim + 62] = True
    mask[50:, 2 : 62 + 2 * brim] = True
    return cloth_of(mask)


def test_the_crown_of_a_hat_fits_the_head_whatever_its_brim(body: Body) -> None:
    widths: list[int] = []
    for brim in (0, 18):
        draped = drape(hat(brim), body, GarmentClass.HAT, FLAT)
        top, end = rows_of(draped)
        widths.append(int((draped.cover > 0.5)[top + (end - top) // 3].sum()))
    head = 0.18 * SIZE[0]
    assert all(1.0 * head < each < 1.45 * head for each in widths)


def test_a_hat_sits_above_the_eyes(body: Body) -> None:
    _, end = rows_of(drape(hat(0), body, GarmentClass.HAT, FLAT))
    assert end < body.face.y
    assert end > body.crown + 0.2 * body.head


def test_both_shoes_stand_on_the_ground_where_one_foot_is_lost(body: Body) -> None:
    lost = body.mask.copy()
    lost[int(0.9 * SIZE[1]) :, int(body.x) :] = False
    pair = np.zeros((40, 90), dtype=np.bool_)
    pair[:, 2:40], pair[:, 50:88] = True, True
    draped = drape(cloth_of(pair), replace(body, mask=lost), GarmentClass.SHOES, FLAT)
    for side in (slice(0, int(body.x)), slice(int(body.x), None)):
        rows = np.flatnonzero((draped.cover[:, side] > 0.5).any(axis=1))
        assert rows[-1] > body.ground - 0.15 * body.head


def test_bags_hang_below_the_hand(body: Body) -> None:
    draped = drape(cloth_of(np.ones((60, 60), dtype=np.bool_)), body, GarmentClass.BAG, FLAT)
    ys, xs = np.nonzero(draped.cover > 0.5)
    assert xs.mean() > body.x
    assert ys.min() > body.waist


def test_a_photo_with_room_for_a_strip_only_is_refused_with_advice() -> None:
    shopper = open_photo(draw_shopper((480, 720))).crop((90, 0, 390, 385))
    trousers = Image.new("RGB", (200, 300), "white")
    trousers.paste((20, 40, 90), (50, 20, 150, 290))
    garment = Garment(encode_png(trousers), GarmentClass.LONG_PANTS, "blue trousers")

    def cut_out(picture: bytes) -> np.ndarray:
        image = open_photo(picture)
        background = np.asarray(image)[2, 2].astype(int)
        return np.where(np.abs(np.asarray(image).astype(int) - background).max(axis=-1) > 12, 255, 0).astype(
            np.uint8
        )

    def fill_in(fill: Fill) -> bytes:
        raise AssertionError("nothing may be paid for")

    request = RenderRequest(encode_png(shopper), garment, TryOnParameters(), 1)
    with pytest.raises(TryOnRefused, match="hips and legs"):
        compose(request, cut_out, fill_in)


def test_bodies_without_an_arm_get_no_sleeve(body: Body) -> None:
    armless = body.mask & (np.abs(np.arange(SIZE[0]) - body.x) < 0.3 * body.head)[None, :]
    found = tops.follow_arm(replace(body, mask=armless), body.right + 0.4 * body.head, 1)
    assert found is None


def test_feet_that_do_not_show_get_no_shoes(body: Body) -> None:
    draped = drape(
        cloth_of(np.ones((40, 60), dtype=np.bool_)),
        replace(body, ground=float(SIZE[1] - 1)),
        GarmentClass.SHOES,
        FLAT,
    )
    assert not draped.cover.any()
    assert extras.split_pair(cloth_of(np.ones((40, 60), dtype=np.bool_))) is None
