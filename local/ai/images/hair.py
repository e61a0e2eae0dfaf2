"""Hair and headscarves: what lies behind the head, and what lies above the face."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from local.ai.images.figure import HEAD, SIDES, Body, level
from local.demo.canvas import Panel, Sheet
from local.demo.curves import Point, Points, ellipse, ribbon, shift, smooth
from local.demo.patterns import RGB, Cloth, mix

HAIR_COLORS: dict[str, RGB] = {
    "black": (38, 32, 34),
    "dark": (66, 46, 38),
    "brown": (104, 70, 48),
    "auburn": (134, 66, 40),
    "blonde": (212, 174, 112),
    "grey": (168, 166, 166),
}


@dataclass(frozen=True, slots=True)
class Hair:
    """A hair style (a key of `STYLES`) and its colour, or that of the scarf."""

    style: str
    color: RGB

    @property
    def cloth(self) -> Cloth:
        return Cloth(self.color, weave="cotton" if self.style == "hijab" else "satin")


def draw_hair_behind(sheet: Sheet, body: Body, hair: Hair) -> None:
    """What hangs behind neck and shoulders."""
    STYLES[hair.style].behind(sheet, body, hair)


def draw_hair_above(sheet: Sheet, body: Body, hair: Hair) -> None:
    """What frames the face."""
    STYLES[hair.style].above(sheet, body, hair)


Draw = Callable[[Sheet, Body, Hair], None]


@dataclass(frozen=True, slots=True)
class Style:
    behind: Draw
    above: Draw


def _place(body: Body, points: list[tuple[float, float]]) -> list[Point]:
    """Points in half face widths and heads, measured from the middle of the face."""
    x, y = body.head
    wide = body.build.face * HEAD
    return [(x + a * wide, y + b * HEAD) for a, b in points]


def _mass(sheet: Sheet, shape: Points, hair: Hair, *, puff: float = 16.0, tone: float = 1.0) -> Panel:
    return sheet.panel(shape, hair.cloth, puff=puff, relief=0.0, cast=0.14, edge=0.30, tone=tone, roll=0.6)


def _strands(
    sheet: Sheet, body: Body, hair: Hair, lines: list[list[tuple[float, float]]], clip: Panel
) -> None:
    light = mix(hair.color, (255, 240, 220), 0.20)
    dark = mix(hair.color, (16, 10, 12), 0.45)
    for index, line in enumerate(lines):
        tone = dark if index % 2 else light
        sheet.stroke([smooth(_place(body, line))], tone, 1.5, 0.35, clip=clip)


def _nothing(_sheet: Sheet, _body: Body, _hair: Hair) -> None:
    """Nothing shows there."""


def _cap(sheet: Sheet, body: Body, hair: Hair, *, part: float = 0.25, sides: float = 0.02) -> None:
    """Hair close to the skull: a hairline with a parting, down to the ears."""
    top = [
        (-1.06, sides),
        (-1.10, -0.22),
        (-0.82, -0.47),
        (-0.1, -0.575),
        (0.72, -0.50),
        (1.09, -0.24),
        (1.06, sides),
    ]
    line = [
        (1.06, sides),
        (0.93, -0.12),
        (0.80, -0.25),
        (0.50, -0.335),
        (part, -0.40),
        (-0.35, -0.315),
        (-0.80, -0.22),
        (-0.94, -0.10),
        (-1.06, sides),
    ]
    panel = _mass(sheet, np.vstack([smooth(_place(body, top)), smooth(_place(body, line))[1:-1]]), hair)
    strands = [
        [(part, -0.42), (-0.35, -0.44), (-0.95, -0.20)],
        [(part, -0.46), (-0.25, -0.50), (-0.92, -0.32)],
        [(part, -0.42), (0.62, -0.42), (0.98, -0.18)],
        [(part, -0.47), (0.60, -0.48), (0.98, -0.28)],
    ]
    _strands(sheet, body, hair, strands, panel)


def _behind_long(sheet: Sheet, body: Body, hair: Hair, length: float = 2.0) -> None:
    _, y = body.head
    low = (level(length) - y) / HEAD
    right = _place(
        body, [(0.0, -0.56), (0.9, -0.48), (1.22, -0.10), (1.24, 0.40), (1.42, 0.8 * low), (1.05, low)]
    )
    left = _place(
        body, [(0.0, -0.56), (-0.9, -0.48), (-1.22, -0.10), (-1.26, 0.40), (-1.36, 0.8 * low), (-1.0, low)]
    )
    _mass(sheet, np.vstack([smooth(right), smooth(left)[::-1]]), hair, puff=22, tone=0.86)


def _above_long(sheet: Sheet, body: Body, hair: Hair, length: float = 2.05) -> None:
    _cap(sheet, body, hair, part=0.12, sides=0.10)
    _, y = body.head
    low = (level(length) - y) / HEAD
    for side in SIDES:
        lock = [
            (side * a, b)
            for a, b in [(0.9, -0.24), (1.12, 0.10), (1.10, 0.46), (1.34, 0.78 * low), (1.06, low)]
        ]
        line = smooth(_place(body, lock))
        panel = _mass(sheet, ribbon(line, [11, 15, 16, 17, 5]), hair, puff=8)
        sheet.stroke([shift(line, side * 2, 0)], mix(hair.color, (255, 240, 220), 0.2), 1.5, 0.35, clip=panel)


def _behind_bob(sheet: Sheet, body: Body, hair: Hair) -> None:
    right = _place(body, [(0.0, -0.57), (0.9, -0.50), (1.26, -0.10), (1.30, 0.36), (1.16, 0.62), (0.6, 0.60)])
    left = [(2 * body.head[0] - x, y) for x, y in right]
    _mass(sheet, np.vstack([smooth(right), smooth(left)[::-1]]), hair, puff=20, tone=0.84)


def _above_bob(sheet: Sheet, body: Body, hair: Hair) -> None:
    _cap(sheet, body, hair, part=-0.3, sides=0.08)
    for side in SIDES:
        lock = [(side * a, b) for a, b in [(0.92, -0.24), (1.13, 0.06), (1.20, 0.36), (1.00, 0.60)]]
        _mass(sheet, ribbon(smooth(_place(body, lock)), [12, 18, 20, 6]), hair, puff=9)


def _above_bun(sheet: Sheet, body: Body, hair: Hair) -> None:
    _cap(sheet, body, hair, part=0.0, sides=-0.02)


def _behind_bun(sheet: Sheet, body: Body, hair: Hair) -> None:
    (x, y), *_ = _place(body, [(0.05, -0.64)])
    panel = _mass(sheet, ellipse((x, y), 25, 20), hair, puff=14)
    for turn in (0.0, 0.9):
        swirl = smooth([(x - 20, y + 6 * turn), (x - 4, y - 14 + 12 * turn), (x + 18, y - 3)])
        sheet.stroke([swirl], mix(hair.color, (16, 10, 12), 0.4), 1.5, 0.4, clip=panel)


def _behind_pony(sheet: Sheet, body: Body, hair: Hair) -> None:
    tail = _place(body, [(0.5, -0.42), (1.45, -0.20), (1.55, 0.45), (1.30, 1.05), (1.36, 1.35)])
    _mass(sheet, ribbon(smooth(tail), [18, 30, 32, 24, 3]), hair, puff=14, tone=0.9)


def _above_short(sheet: Sheet, body: Body, hair: Hair) -> None:
    """Short at the sides, with some volume on top."""
    top = [
        (-1.03, -0.06),
        (-1.08, -0.26),
        (-0.92, -0.50),
        (-0.2, -0.64),
        (0.66, -0.60),
        (1.05, -0.36),
        (1.03, -0.06),
    ]
    line = [
        (1.03, -0.06),
        (0.92, -0.20),
        (0.78, -0.31),
        (0.30, -0.345),
        (-0.35, -0.375),
        (-0.80, -0.28),
        (-0.92, -0.18),
        (-1.03, -0.06),
    ]
    panel = _mass(sheet, np.vstack([smooth(_place(body, top)), smooth(_place(body, line))[1:-1]]), hair)
    strands = [
        [(-0.7, -0.34), (-0.1, -0.52), (0.8, -0.46)],
        [(-0.8, -0.40), (-0.2, -0.58), (0.6, -0.55)],
        [(-0.4, -0.38), (0.2, -0.46), (0.9, -0.36)],
    ]
    _strands(sheet, body, hair, strands, panel)


def _above_crop(sheet: Sheet, body: Body, hair: Hair) -> None:
    """Very short, with a straight hairline."""
    top = [
        (-1.01, -0.06),
        (-1.04, -0.25),
        (-0.78, -0.47),
        (0, -0.545),
        (0.78, -0.47),
        (1.04, -0.25),
        (1.01, -0.06),
    ]
    line = [
        (1.01, -0.06),
        (0.90, -0.20),
        (0.74, -0.32),
        (0, -0.36),
        (-0.74, -0.32),
        (-0.90, -0.20),
        (-1.01, -0.06),
    ]
    _mass(sheet, np.vstack([smooth(_place(body, top)), smooth(_place(body, line))[1:-1]]), hair, puff=8)


def _curls(sheet: Sheet, body: Body, hair: Hair, spots: list[tuple[float, float]], radius: float) -> None:
    for x, y in _place(body, spots):
        dx, dy = sheet.rng.normal(0, 0.16 * radius, 2)
        size, tone = radius * float(sheet.rng.uniform(0.8, 1.25)), float(sheet.rng.uniform(0.86, 1.04))
        _mass(
            sheet,
            ellipse((x + float(dx), y + float(dy)), size, 0.9 * size),
            hair,
            puff=0.5 * radius,
            tone=tone,
        )


def _behind_curls(sheet: Sheet, body: Body, hair: Hair) -> None:
    """A cloud of curls down to the shoulders."""
    (x, y), *_ = _place(body, [(0.0, 0.0)])
    _mass(sheet, ellipse((x, y + 6), 52, 66), hair, puff=24, tone=0.8)
    angles = np.radians(np.arange(-232, 53, 12))
    ring = [(1.34 * float(np.cos(a)), 0.06 + 0.60 * float(np.sin(a))) for a in angles]
    inner = [(1.12 * float(np.cos(a)), 0.05 + 0.50 * float(np.sin(a))) for a in angles]
    _curls(sheet, body, hair, ring, 14)
    _curls(sheet, body, hair, inner, 15)


def _behind_afro(sheet: Sheet, body: Body, hair: Hair) -> None:
    (x, y), *_ = _place(body, [(0.0, -0.16)])
    angles = np.linspace(0, 2 * np.pi, 120)
    wobble = 1 + 0.018 * np.sin(17 * angles) + 0.014 * np.sin(29 * angles + 1)
    ring = np.column_stack([x + 67 * wobble * np.cos(angles), y + 63 * wobble * np.sin(angles)])
    _mass(sheet, ring, hair, puff=24)


def _above_curls(sheet: Sheet, body: Body, hair: Hair) -> None:
    _cap(sheet, body, hair, part=0.1, sides=-0.05)
    angles = np.radians(np.arange(-172, -7, 11))
    line = [(1.0 * float(np.cos(a)), -0.08 + 0.345 * float(np.sin(a))) for a in angles]
    top = [(1.08 * float(np.cos(a)), -0.12 + 0.42 * float(np.sin(a))) for a in angles]
    _curls(sheet, body, hair, top, 12)
    _curls(sheet, body, hair, line, 9.5)


def _above_afro(sheet: Sheet, body: Body, hair: Hair) -> None:
    top = [
        (-1.08, 0.0),
        (-1.14, -0.26),
        (-0.82, -0.55),
        (0, -0.64),
        (0.82, -0.55),
        (1.14, -0.26),
        (1.08, 0.0),
    ]
    line = [
        (1.08, 0.0),
        (0.93, -0.15),
        (0.74, -0.30),
        (0.3, -0.37),
        (-0.3, -0.37),
        (-0.74, -0.30),
        (-0.93, -0.15),
        (-1.08, 0.0),
    ]
    _mass(sheet, np.vstack([smooth(_place(body, top)), smooth(_place(body, line))[1:-1]]), hair, puff=10)


def _behind_scarf(sheet: Sheet, body: Body, hair: Hair) -> None:
    right = _place(body, [(0.0, -0.58), (0.95, -0.48), (1.22, -0.05), (1.10, 0.45), (1.55, 0.84)])
    left = [(2 * body.head[0] - x, y) for x, y in right]
    _mass(sheet, np.vstack([smooth(right), smooth(left)[::-1]]), hair, puff=24, tone=0.85)


def _above_scarf(sheet: Sheet, body: Body, hair: Hair) -> None:
    """A headscarf around the face, wrapped over neck and shoulders."""
    outer = [
        (0.0, -0.60),
        (0.82, -0.53),
        (1.17, -0.20),
        (1.16, 0.16),
        (0.98, 0.50),
        (1.02, 0.66),
        (1.75, 1.00),
        (0.75, 1.22),
        (0.0, 1.28),
    ]
    inner = [
        (0.0, -0.385),
        (0.52, -0.33),
        (0.82, -0.14),
        (0.86, 0.10),
        (0.74, 0.32),
        (0.44, 0.47),
        (0.0, 0.535),
    ]
    halves: list[Points] = []
    for side in SIDES:
        edge = smooth(_place(body, [(side * a, b) for a, b in outer]))
        face = smooth(_place(body, [(side * a, b) for a, b in inner]))
        halves.append(np.vstack([edge, face[::-1]]))
    for half, side in zip(halves, SIDES, strict=True):
        _mass(sheet, half, hair, puff=18, tone=1.0 if side < 0 else 0.96)
    dark = mix(hair.color, (20, 12, 16), 0.4)
    for fold in (
        [(-0.80, 0.40), (-0.2, 0.70), (0.75, 0.74), (1.3, 0.92)],
        [(-0.95, 0.62), (-0.3, 0.92), (0.6, 0.98)],
        [(0.92, 0.30), (0.4, 0.62), (-0.5, 0.68)],
        [(-0.9, -0.30), (-1.02, 0.05), (-0.9, 0.36)],
    ):
        sheet.stroke([smooth(_place(body, fold))], dark, 1.8, 0.42)


def _above_bald(sheet: Sheet, body: Body, hair: Hair) -> None:
    (x, y), *_ = _place(body, [(-0.3, -0.36)])
    sheet.shade(ellipse((x, y), 9, 5, -20), -0.25, 4.0)


STYLES: Mapping[str, Style] = {
    "long": Style(_behind_long, _above_long),
    "bob": Style(_behind_bob, _above_bob),
    "bun": Style(_behind_bun, _above_bun),
    "ponytail": Style(_behind_pony, _above_bun),
    "curly": Style(_behind_curls, _above_curls),
    "afro": Style(_behind_afro, _above_afro),
    "short-curls": Style(_nothing, _above_curls),
    "short": Style(_nothing, _above_short),
    "crop": Style(_nothing, _above_crop),
    "bald": Style(_nothing, _above_bald),
    "hijab": Style(_behind_scarf, _above_scarf),
}
