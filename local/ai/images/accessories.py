"""Shoes, hats and what else is carried or put on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from local.ai.images.figure import HEAD, SIDES, Body, Skin, cut_line, draw_skin, sides_of
from local.ai.images.garments.cloth import darken, plain
from local.ai.images.garments.trousers import draw_waistband
from local.demo import draw_garment
from local.demo.canvas import Sheet
from local.demo.curves import Point, Points, ellipse, outline, ribbon, smooth
from local.demo.patterns import RGB, Cloth
from local.demo.spec import GarmentSpec

_WHITE: RGB = (244, 242, 238)
_METAL: RGB = (206, 172, 104)


# --- shoes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Foot:
    """A foot seen from the front and a little above, turned outwards; offsets in pixels from the ankle."""

    side: int
    ankle: Point

    def place(self, points: Sequence[Point]) -> list[Point]:
        angle = np.radians(9.0) * self.side
        c, s = float(np.cos(angle)), float(np.sin(angle))
        return [
            (self.ankle[0] + self.side * x * c + y * s, self.ankle[1] + y * c - self.side * x * s * 0.3)
            for x, y in points
        ]

    def shape(self, *runs: Sequence[Point]) -> Points:
        return outline(*(self.place(run) for run in runs))

    def line(self, points: Sequence[Point]) -> Points:
        return smooth(self.place(points))


def draw_shoes(sheet: Sheet, body: Body, skin: Skin, cloth: Cloth, cut: str) -> None:
    """A pair of shoes on its feet, the nearer one last."""
    near = 1 if body.is_walking_right_first else -1
    for side in (-near, near):
        foot = Foot(side, body.ankle(side))
        SHOES[cut](sheet, body, foot, skin, cloth)


def _draw_foot(sheet: Sheet, foot: Foot, skin: Skin, long: float = 46) -> None:
    shape = foot.shape(
        [
            (-11, -6),
            (-13, 12),
            (-15, 0.7 * long),
            (-9, long),
            (2, long + 3),
            (14, long - 3),
            (15, 0.6 * long),
            (12, 10),
            (11, -6),
        ]
    )
    draw_skin(sheet, shape, skin, puff=14)


def _draw_sneaker(sheet: Sheet, body: Body, foot: Foot, skin: Skin, cloth: Cloth) -> None:
    _draw_sole(sheet, foot, _WHITE, 46)
    upper = foot.shape(
        [(-12, -2), (-15, 14), (-18, 34), (-12, 44), (1, 47), (15, 43), (19, 32), (15, 12), (12, -2)],
        [(0, 2), (-12, -2)],
    )
    sheet.panel(upper, cloth, puff=12, cast=0.1, relief=0.4, roll=0.8)
    cap = foot.line([(-17, 36), (-8, 31), (2, 30), (12, 31), (18, 35)])
    sheet.stroke([cap], darken(cloth.color), 1.4, 0.45)
    lace = _WHITE if sum(cloth.color) < 600 else (206, 204, 200)
    for y in (6, 13, 20, 27):
        sheet.stroke([foot.line([(-7, y), (0, y + 2), (8, y)])], darken(lace, 0.3), 3.6, 0.5)
        sheet.stroke([foot.line([(-7, y - 0.6), (0, y + 1.4), (8, y - 0.6)])], lace, 2.4, 1.0)


def _draw_sole(sheet: Sheet, foot: Foot, color: RGB, long: float) -> None:
    shape = foot.shape(
        [
            (-18, 0.55 * long),
            (-20, 0.78 * long),
            (-13, long + 3),
            (1, long + 6),
            (16, long + 2),
            (21, 0.74 * long),
            (18, 0.5 * long),
        ],
        [(0, 0.4 * long), (-18, 0.55 * long)],
    )
    sheet.panel(shape, Cloth(color, weave="rubber"), puff=5, cast=0, edge=0.4, relief=0.1)


def _draw_high_top(sheet: Sheet, body: Body, foot: Foot, skin: Skin, cloth: Cloth) -> None:
    _draw_shaft(sheet, body, foot, cloth, 0.90, 5)
    _draw_sneaker(sheet, body, foot, skin, cloth)
    toe = foot.shape(
        [(-16, 36), (-8, 32), (2, 31), (12, 32), (17, 35)], [(12, 44), (1, 47), (-11, 45), (-16, 36)]
    )
    sheet.panel(toe, Cloth(_WHITE, weave="rubber"), puff=6, cast=0.1, relief=0.1, edge=0.4)


def _draw_loafer(sheet: Sheet, body: Body, foot: Foot, skin: Skin, cloth: Cloth) -> None:
    _draw_foot(sheet, foot, skin, 30)
    _draw_sole(sheet, foot, darken(cloth.color, 0.72), 45)
    upper = foot.shape(
        [(-15, 12), (-18, 30), (-11, 43), (1, 46), (14, 42), (18, 29), (15, 10)],
        [(10, 20), (0, 23), (-9, 21), (-15, 12)],
    )
    sheet.panel(upper, cloth, puff=11, cast=0.14, relief=0.3, roll=0.8)
    sheet.stroke(
        [foot.line([(-12, 26), (-9, 37), (1, 40), (11, 36), (13, 25)])], darken(cloth.color), 1.5, 0.55
    )
    strap = ribbon(foot.place([(-13, 25), (0, 28), (14, 24)]), [5.5])
    sheet.panel(strap, plain(cloth, shade=0.12), puff=3, cast=0.15, relief=0.1)


def _draw_derby(sheet: Sheet, body: Body, foot: Foot, skin: Skin, cloth: Cloth) -> None:
    _draw_shaft(sheet, body, foot, Cloth((62, 60, 66)), 0.90, 2)
    _draw_sole(sheet, foot, darken(cloth.color, 0.72), 46)
    upper = foot.shape(
        [(-12, 0), (-16, 14), (-17, 32), (-9, 45), (1, 48), (12, 44), (18, 31), (15, 12), (12, 0)],
        [(0, 4), (-12, 0)],
    )
    sheet.panel(upper, cloth, puff=11, cast=0.12, relief=0.3, roll=0.8)
    sheet.stroke([foot.line([(-15, 31), (0, 26), (16, 30)])], darken(cloth.color), 1.5, 0.55)
    for y in (8, 14, 20):
        sheet.stroke([foot.line([(-6, y), (0, y + 1.5), (7, y)])], darken(cloth.color, 0.6), 2.0, 0.8)


def _draw_shaft(sheet: Sheet, body: Body, foot: Foot, cloth: Cloth, start: float, ease: float) -> None:
    line, widths = cut_line(*body.leg(foot.side), start, 1.0)
    one, other = sides_of(line, widths + ease)
    shape = np.vstack(
        [one, foot.line([(12 + ease, 10), (0, 16), (-12 - ease, 10)])[:: foot.side or 1], other[::-1]]
    )
    sheet.panel(shape, plain(cloth), puff=12, cast=0.12, relief=0.4)


def _draw_boot(sheet: Sheet, body: Body, foot: Foot, skin: Skin, cloth: Cloth, start: float = 0.88) -> None:
    _draw_shaft(sheet, body, foot, cloth, start, 4.5)
    _draw_sole(sheet, foot, darken(cloth.color, 0.75), 46)
    upper = foot.shape(
        [(-14, -4), (-16, 14), (-18, 32), (-10, 45), (1, 47), (13, 44), (18, 31), (16, 12), (14, -4)],
        [(0, -7), (-14, -4)],
    )
    sheet.panel(upper, plain(cloth), puff=13, cast=0.0, relief=0.4, roll=0.6, edge=0.36)
    if start > 0.8:
        for x in (-10, 10):
            gusset = foot.line([(x, -14), (x * 1.1, 4)])
            sheet.stroke([gusset], darken(cloth.color, 0.7), 3.4, 0.5)


def _draw_tall_boot(sheet: Sheet, body: Body, foot: Foot, skin: Skin, cloth: Cloth) -> None:
    _draw_boot(sheet, body, foot, skin, cloth, 0.60)


def _draw_heel(sheet: Sheet, body: Body, foot: Foot, skin: Skin, cloth: Cloth) -> None:
    shape = foot.shape(
        [(-10, -6), (-12, 14), (-13, 32), (-6, 47), (1, 50), (9, 46), (13, 30), (11, 10), (10, -6)]
    )
    draw_skin(sheet, shape, skin, puff=12)
    heel = ribbon(foot.place([(12, 12), (15, 30), (15, 50)]), [6, 3.6, 3.4])
    sheet.panel(heel, plain(cloth, shade=0.25), puff=3, cast=0, relief=0.1)
    pump = foot.shape(
        [(-13, 20), (-14, 34), (-7, 49), (1, 55), (8, 49), (14, 33), (13, 16)],
        [(9, 30), (0, 34), (-8, 31), (-13, 20)],
    )
    sheet.panel(pump, cloth, puff=9, cast=0.15, relief=0.2, roll=0.8)


def _draw_sandal(sheet: Sheet, body: Body, foot: Foot, skin: Skin, cloth: Cloth) -> None:
    _draw_sole(sheet, foot, (172, 132, 92), 47)
    _draw_foot(sheet, foot, skin, 44)
    toes = [foot.line([(x, 40), (x, 46)]) for x in (-7, -2, 3, 8)]
    sheet.stroke(toes, skin.shade, 1.2, 0.5)
    for points, width in (([(-16, 33), (0, 29), (17, 31)], 8.0), ([(-13, 13), (0, 10), (14, 12)], 6.0)):
        sheet.panel(ribbon(foot.place(points), [width]), plain(cloth), puff=3, cast=0.2, relief=0.1)
    sheet.button(foot.place([(9, 11)])[0], 2.6, _METAL, holes=False)


def _draw_ballerina(sheet: Sheet, body: Body, foot: Foot, skin: Skin, cloth: Cloth) -> None:
    _draw_foot(sheet, foot, skin, 40)
    shoe = foot.shape(
        [(-14, 14), (-17, 32), (-9, 45), (1, 48), (12, 44), (17, 31), (14, 12)],
        [(11, 28), (0, 34), (-9, 29), (-14, 14)],
    )
    sheet.panel(shoe, cloth, puff=9, cast=0.12, relief=0.2, roll=0.8)
    sheet.button(foot.place([(0, 37)])[0], 2.6, darken(cloth.color, 0.25), holes=False)


SHOES: Mapping[str, Callable[[Sheet, Body, Foot, Skin, Cloth], None]] = {
    "sneaker": _draw_sneaker,
    "high-top": _draw_high_top,
    "loafer": _draw_loafer,
    "derby": _draw_derby,
    "ankle-boot": _draw_boot,
    "tall-boot": _draw_tall_boot,
    "heel": _draw_heel,
    "sandal": _draw_sandal,
    "ballerina": _draw_ballerina,
}
BOOTS = frozenset({"tall-boot"})


# --- hats ---------------------------------------------------------------------------------------------------

# Width of the hat in face widths; how far its lower edge lies above the middle of the face, in heads; turn.
_HATS: Mapping[str, tuple[float, float, float]] = {
    "cap": (1.62, 0.13, 2.0),
    "beanie": (1.24, 0.16, 0.0),
    "sun-hat": (2.35, 0.10, 0.0),
    "fedora": (1.95, 0.15, 0.0),
    "bucket": (1.62, 0.10, 0.0),
    "beret": (1.52, 0.24, -8.0),
}
HATS = tuple(_HATS)


def put_on_hat(figure: Image.Image, body: Body, spec: GarmentSpec) -> Image.Image:
    """One of the shop's hats on the head of a figure."""
    wide, lift, turn = _HATS[spec.cut]
    drawn = draw_garment(spec)
    hat = drawn.crop(drawn.getchannel("A").point([0] * 25 + [255] * 231).getbbox())
    across = round(2 * body.build.face * HEAD * wide)
    hat = hat.resize((across, round(hat.height * across / hat.width)), Image.Resampling.LANCZOS)
    hat = hat.rotate(turn - 0.4 * body.pose.head_tilt, Image.Resampling.BICUBIC, expand=True)
    x, y = body.head
    # A cap's peak points to one side of the head.
    left = x - hat.width * (0.42 if spec.cut == "cap" else 0.5)
    layer = Image.new("RGBA", figure.size)
    layer.paste(hat, (round(left), round(y - lift * HEAD - hat.height)))
    return Image.alpha_composite(figure, layer)


# --- further things -----------------------------------------------------------------------------------------


def draw_scarf(sheet: Sheet, body: Body, cloth: Cloth) -> None:
    end = [body.at(12, 1.5), body.at(20, 2.1), body.at(17, 2.75)]
    sheet.panel(ribbon(smooth(end), [20, 25, 27]), cloth, puff=10, cast=0.3, relief=0.5)
    other = [body.at(-8, 1.5), body.at(-17, 2.0), body.at(-14, 2.45)]
    sheet.panel(ribbon(smooth(other), [18, 23, 24]), cloth, puff=10, cast=0.3, relief=0.5)
    wide = body.build.neck * HEAD + 14
    loop = [
        body.at(-wide, 1.20),
        body.at(-wide - 5, 1.34),
        body.at(-0.5 * wide, 1.56),
        body.at(0.5 * wide, 1.56),
        body.at(wide + 5, 1.34),
        body.at(wide, 1.20),
        body.at(0, 1.36),
        body.at(-wide, 1.20),
    ]
    sheet.panel(smooth(loop), cloth, puff=13, cast=0.28, relief=0.5)


def draw_tie(sheet: Sheet, body: Body, cloth: Cloth) -> None:
    blade = outline(
        [body.at(-4, 1.52), body.at(-9.5, 2.55)],
        [body.at(0, 2.72)],
        [body.at(9.5, 2.55), body.at(4, 1.52)],
        [body.at(-4, 1.52)],
    )
    sheet.panel(blade, replace(cloth, scale=cloth.scale * 0.5), puff=5, cast=0.25, relief=0.3)
    knot = outline(
        [body.at(-7, 1.46), body.at(-4, 1.57)], [body.at(4, 1.57), body.at(7, 1.46)], [body.at(-7, 1.46)]
    )
    sheet.panel(knot, plain(cloth, shade=0.1), puff=4, cast=0.2, relief=0.2)


def draw_belt(sheet: Sheet, body: Body, cloth: Cloth, heads: float) -> None:
    draw_waistband(sheet, body, plain(cloth, "leather"), heads, 9)
    x, y = body.at(0, heads + 0.045)
    sheet.stroke(
        [np.array([(x - 6, y), (x + 6, y), (x + 6, y + 9), (x - 6, y + 9), (x - 6, y)])], _METAL, 2.2, 1.0
    )


def draw_glasses(sheet: Sheet, body: Body, cloth: Cloth) -> None:
    x, y = body.head
    wide = body.build.face * HEAD
    dark = darken(cloth.color, 0.35)
    for side in SIDES:
        lens = ellipse((x + side * 0.44 * wide, y + 5), 13.5, 10.5)
        sheet.fill(lens, dark, 0.88)
        sheet.fill(ellipse((x + side * 0.44 * wide - 3, y + 1), 5, 3, -20), (255, 255, 255), 0.18)
        sheet.stroke(
            [np.array([(x + side * 0.80 * wide, y + 2), (x + side * 1.0 * wide, y)])], dark, 2.2, 0.9
        )
    sheet.stroke([smooth([(x - 4, y + 3), (x, y + 1), (x + 4, y + 3)])], dark, 2.4, 0.95)


def draw_necklace(sheet: Sheet, body: Body, cloth: Cloth) -> None:
    x, y = body.head
    color = _METAL if "gold" in cloth.weave or cloth.color == (0, 0, 0) else cloth.color
    for spot in smooth(
        [body.at(-20, 1.36), body.at(-13, 1.52), body.at(0, 1.60), body.at(13, 1.52), body.at(20, 1.36)]
    )[::3]:
        sheet.button((float(spot[0]), float(spot[1])), 2.7, color, holes=False)
    for side in SIDES:
        sheet.button((x + side * (body.build.face * HEAD + 2), y + 22), 3.2, color, holes=False)


def draw_bag(sheet: Sheet, body: Body, cloth: Cloth, cut: str) -> None:
    """A bag in the hand that hangs lower."""
    side = max(SIDES, key=lambda each: body.wrist(each)[1])
    x, y = body.wrist(side)
    x, y = x + side * 4, y + 40
    wide, high, drop = {"tote": (50, 84, 30), "handbag": (44, 50, 24), "clutch": (40, 30, -4)}[cut]
    dark = darken(cloth.color)
    if drop > 0:
        for shift in (-6, 6):
            handle = smooth(
                [
                    (x - wide * 0.5 + shift, y + drop),
                    (x - 4, y - 4),
                    (x + 4, y - 4),
                    (x + wide * 0.5 + shift, y + drop),
                ]
            )
            sheet.panel(ribbon(handle, [4.0]), plain(cloth, shade=0.3), puff=2, cast=0.15, relief=0.1)
    top = y + drop
    bag = outline(
        [(x - wide * 0.86, top), (x + wide * 0.86, top)],
        [(x + wide * 0.98, top + high * 0.9), (x + wide * 0.86, top + high)],
        [(x - wide * 0.86, top + high), (x - wide * 0.98, top + high * 0.9)],
        [(x - wide * 0.86, top)],
    )
    panel = sheet.panel(bag, cloth, puff=14, cast=0.3, relief=0.4, roll=0.6)
    if cut != "tote":
        flap = smooth(
            [
                (x - wide * 0.86, top + 2),
                (x - wide * 0.5, top + high * 0.5),
                (x + wide * 0.5, top + high * 0.5),
                (x + wide * 0.86, top + 2),
            ]
        )
        sheet.stroke([flap], dark, 1.8, 0.6, clip=panel)
        sheet.button((x, top + high * 0.5), 4.0, _METAL, holes=False)


def ground_shadow(body: Body) -> list[tuple[float, float]]:
    """Where the feet touch the ground, on the sheet."""
    return [(body.ankle(side)[0] + side * 6, body.ground(side) + 6) for side in SIDES]


def lowest(body: Body) -> float:
    """The lowest point of the shoes."""
    return max(body.ground(side) for side in SIDES) + 8
