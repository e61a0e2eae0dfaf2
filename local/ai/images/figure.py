"""The person who wears it: proportions of eight heads, a pose, and what shows of the skin.

Everything is measured on the sheet of `local.demo.canvas`. Side 1 is the right one of
the picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from local.demo.canvas import Sheet
from local.demo.curves import Point, Points, ellipse, ribbon, smooth
from local.demo.patterns import RGB, Cloth, mix

HEAD = 112.0
TOP = 66.0
CENTER = 384.0
SIDES = (1, -1)
GROUND = TOP + 8.06 * HEAD

SKINS: dict[str, RGB] = {
    "porcelain": (244, 219, 201),
    "light": (232, 196, 168),
    "olive": (213, 172, 134),
    "tan": (190, 140, 100),
    "brown": (146, 98, 68),
    "deep": (98, 64, 48),
}
INK: RGB = (40, 30, 34)


def level(heads: float) -> float:
    """The height on the sheet that is so many heads below the crown."""
    return TOP + heads * HEAD


@dataclass(frozen=True, slots=True)
class Build:
    """Half widths in heads, by height in heads."""

    shoulder: float
    torso: tuple[tuple[float, float], ...]
    neck: float
    arm: tuple[float, float, float]
    """At the shoulder, the elbow, the wrist."""
    leg: tuple[float, float, float, float]
    """At the crotch, the knee, the calf, the ankle."""
    face: float


WOMAN = Build(
    0.80,
    ((1.5, 0.76), (2.05, 0.60), (2.3, 0.62), (2.8, 0.485), (3.1, 0.55), (3.7, 0.70), (4.1, 0.72)),
    0.165,
    (0.165, 0.125, 0.082),
    (0.355, 0.185, 0.20, 0.098),
    0.335,
)
MAN = Build(
    0.97,
    ((1.5, 0.92), (2.05, 0.74), (2.3, 0.73), (2.8, 0.60), (3.1, 0.60), (3.7, 0.65), (4.1, 0.66)),
    0.205,
    (0.195, 0.15, 0.10),
    (0.35, 0.205, 0.22, 0.11),
    0.355,
)


@dataclass(frozen=True, slots=True)
class Limb:
    """Angles from straight down in degrees, outwards positive: upper and lower part."""

    upper: float
    lower: float


@dataclass(frozen=True, slots=True)
class Pose:
    """How someone stands. Shifts are in heads, tilts in degrees (positive: the right side lower)."""

    shoulders: float = 0.0
    hips: float = 0.0
    shoulder_tilt: float = 0.0
    hip_tilt: float = 0.0
    head_tilt: float = 0.0
    arms: tuple[Limb, Limb] = (Limb(12, 5), Limb(12, 5))
    legs: tuple[Limb, Limb] = (Limb(3, 2), Limb(3, 2))
    drop: tuple[float, float] = (0.0, 0.0)
    """How much nearer each foot is, in heads: a near foot stands lower in the picture."""

    def mirrored(self) -> "Pose":
        return Pose(
            -self.shoulders,
            -self.hips,
            -self.shoulder_tilt,
            -self.hip_tilt,
            -self.head_tilt,
            (self.arms[1], self.arms[0]),
            (self.legs[1], self.legs[0]),
            (self.drop[1], self.drop[0]),
        )


POSES = (
    Pose(0.03, -0.06, 2.5, -3.5, 3, (Limb(14, 4), Limb(11, 7)), (Limb(6, 8), Limb(-1, -1)), (0.08, 0)),
    Pose(-0.03, 0.07, -3.0, 4.0, -4, (Limb(44, -52), Limb(13, 5)), (Limb(0, -1), Limb(7, 6)), (0, 0.08)),
    Pose(0.0, 0.03, 1.0, 2.0, 2, (Limb(16, 12), Limb(20, -16)), (Limb(-3, -7), Limb(4, 1)), (0.12, 0)),
    Pose(0.02, -0.02, 1.0, -1.0, -2, (Limb(24, -22), Limb(12, 8)), (Limb(4, 3), Limb(4, 5)), (0, 0.04)),
    Pose(0.0, 0.05, -1.5, 2.5, 4, (Limb(12, 8), Limb(42, -48)), (Limb(-2, -2), Limb(8, 9)), (0, 0.09)),
)


@dataclass(frozen=True)
class Body:
    """Where everything is on one person in one pose."""

    build: Build
    pose: Pose

    def middle(self, heads: float) -> float:
        """x of the torso's middle line at a height."""
        shift = np.interp(heads, (1.4, 2.6, 3.7), (self.pose.shoulders, 0.3 * self.pose.hips, self.pose.hips))
        return CENTER + float(shift) * HEAD

    def half(self, heads: float) -> float:
        """Half width of the torso at a height, in pixels."""
        line = _outline_torso(self.build)
        return float(np.interp(heads, line[:, 0], line[:, 1])) * HEAD

    def tilt(self, heads: float) -> float:
        """Slope of the torso's cross lines at a height."""
        angle = np.interp(heads, (1.5, 2.6, 3.7), (self.pose.shoulder_tilt, 0, self.pose.hip_tilt))
        return float(np.tan(np.radians(angle)))

    def at(self, x: float, heads: float) -> Point:
        """The point `x` pixels beside the middle line at a height, tilted with the body."""
        return self.middle(heads) + x, level(heads) + x * self.tilt(heads)

    def edge(self, side: int, heads: float, ease: float = 0.0) -> Point:
        """The torso's edge; `ease` pixels further out."""
        return self.at(side * (self.half(heads) + ease), heads)

    def shoulder(self, side: int, out: float = 0.0) -> Point:
        """The tip of a shoulder."""
        return self.at(side * (self.build.shoulder * HEAD + out), 1.52)

    def arm(self, side: int) -> tuple[Points, Points]:
        """The line of an arm from shoulder to wrist, and its half widths along it."""
        start = np.array(self.at(side * (self.build.shoulder - self.build.arm[0]) * HEAD, 1.68))
        limb = self.pose.arms[0 if side > 0 else 1]
        elbow = start + _step(limb.upper, side) * 1.32 * HEAD
        wrist = elbow + _step(limb.lower, side) * 1.12 * HEAD
        # Around the elbow, not through it: a sharp corner would fold the inner edge of a sleeve over itself.
        bends = (elbow + (start - elbow) * 0.18, elbow + (wrist - elbow) * 0.20)
        path = [start, start + (elbow - start) * 0.5, *bends, elbow + (wrist - elbow) * 0.6, wrist]
        line = smooth([_pair(point) for point in path])
        a, b, c = self.build.arm
        return line, _along(line, (0, 0.25, 0.52, 0.66, 1), (a, a * 0.93, b, b * 1.03, c))

    def leg(self, side: int) -> tuple[Points, Points]:
        """The line of a leg from hip to ankle, and its half widths along it."""
        limb = self.pose.legs[0 if side > 0 else 1]
        drop = self.pose.drop[0 if side > 0 else 1]
        start = np.array(self.at(side * self.half(3.8) * 0.5, 3.8))
        knee = start + _step(limb.upper, side) * (1.95 + 0.4 * drop) * HEAD
        ankle = knee + _step(limb.lower, side) * (1.85 + 0.6 * drop) * HEAD
        path = [
            start,
            start + (knee - start) * 0.5 + (side * 3, 0),
            knee,
            knee + (ankle - knee) * 0.34 + (side * 3, 0),
            ankle,
        ]
        line = smooth([_pair(point) for point in path])
        a, b, c, d = self.build.leg
        return line, _along(line, (0, 0.3, 0.51, 0.68, 0.92, 1), (a, a * 0.87, b, c, d, d))

    def ankle(self, side: int) -> Point:
        return _pair(self.leg(side)[0][-1])

    def ground(self, side: int) -> float:
        """Where a foot stands."""
        return self.ankle(side)[1] + 0.36 * HEAD

    def wrist(self, side: int) -> Point:
        return _pair(self.arm(side)[0][-1])

    @property
    def head(self) -> Point:
        """The middle of the head."""
        lean = np.sin(np.radians(self.pose.head_tilt)) * 0.3 * HEAD
        return self.middle(1.0) + float(lean), level(0.5)

    @property
    def is_walking_right_first(self) -> bool:
        return self.ankle(1)[1] >= self.ankle(-1)[1]


@lru_cache(maxsize=8)
def _outline_torso(build: Build) -> Points:
    return smooth(build.torso)


def _step(angle: float, side: int) -> Points:
    a = np.radians(angle)
    return np.array([side * np.sin(a), np.cos(a)])


def _pair(point: Points) -> Point:
    return float(point[0]), float(point[1])


def _along(line: Points, places: Sequence[float], widths: Sequence[float]) -> Points:
    """Half widths in pixels at every point of a line, from widths in heads at shares of its length."""
    return np.interp(shares(line), places, np.array(widths) * HEAD)


def shares(line: Points) -> Points:
    """How far along a line each of its points is, 0..1."""
    step = np.diff(line, axis=0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(step[:, 0], step[:, 1]))])
    return along / along[-1]


def cut_line(line: Points, widths: Points, start: float, end: float) -> tuple[Points, Points]:
    """The part of a limb between two shares of its length."""
    along = shares(line)
    places = np.unique(np.concatenate([[start], along[(along > start) & (along < end)], [end]]))
    xs, ys = np.interp(places, along, line[:, 0]), np.interp(places, along, line[:, 1])
    return np.column_stack([xs, ys]), np.interp(places, along, widths)


def sides_of(line: Points, widths: Points) -> tuple[Points, Points]:
    """The two edges of a limb: to the right and to the left of its direction."""
    shape = ribbon(line, (2 * widths).tolist()) if len(line) > 1 else line
    half = len(line)
    return _unfold(shape[:half], line), _unfold(shape[half:][::-1], line)


def _unfold(edge: Points, line: Points) -> Points:
    """An edge without the points at which it runs back inside a bend."""
    forward = (np.diff(edge, axis=0) * np.diff(line, axis=0)).sum(axis=1) > 0
    kept = edge.copy()
    for index in np.flatnonzero(~forward):
        kept[index + 1] = kept[index]
    return kept


def limb_shape(line: Points, widths: Points) -> Points:
    """The closed outline of a limb."""
    one, other = sides_of(line, widths)
    return np.vstack([one, other[::-1]])


@dataclass(frozen=True, slots=True)
class Skin:
    """A skin tone; `cloth` is how the drawing takes it."""

    color: RGB

    @property
    def cloth(self) -> Cloth:
        return Cloth(self.color)

    @property
    def shade(self) -> RGB:
        return mix(self.color, (92, 40, 38), 0.34)


def draw_skin(sheet: Sheet, shape: Points, skin: Skin, *, puff: float, cast: float = 0.0) -> None:
    """A part of the body, softly round."""
    sheet.panel(shape, skin.cloth, puff=0.5 * puff, relief=0.0, cast=cast, edge=0.20, roll=0.1)


def draw_legs(sheet: Sheet, body: Body, skin: Skin) -> None:
    order = (-1, 1) if body.is_walking_right_first else (1, -1)
    for side in order:
        draw_skin(sheet, limb_shape(*body.leg(side)), skin, puff=26, cast=0.12)


def draw_torso(sheet: Sheet, body: Body, skin: Skin) -> None:
    """Neck, shoulders and trunk."""
    build = body.build
    neck = build.neck * HEAD
    right, left = (
        [
            body.at(side * neck, 0.86),
            body.at(side * neck, 1.16),
            body.at(side * neck * 1.22, 1.31),
            body.at(side * (0.55 * neck + 0.5 * build.shoulder * HEAD), 1.465),
            body.at(side * (build.shoulder * HEAD - 11), 1.58),
            body.edge(side, 1.78, -9),
            body.edge(side, 2.05, -2),
            body.edge(side, 2.8),
            body.edge(side, 3.7),
            body.edge(side, 4.0),
        ]
        for side in SIDES
    )
    draw_skin(sheet, np.vstack([smooth(right), smooth(left)[::-1]]), skin, puff=40)
    collarbone = [
        smooth([body.at(side * 12, 1.50), body.at(side * 34, 1.475), body.at(side * 62, 1.46)])
        for side in SIDES
    ]
    sheet.stroke(collarbone, skin.shade, 1.6, 0.35)


def draw_arm(sheet: Sheet, body: Body, skin: Skin, side: int, covered: float = 0.0) -> None:
    """An arm with its hand; a sleeve covers that share of it."""
    place = _hand_place(body, side)
    thumb = [(0.06, 0.05), (0.17, 0.115), (0.29, 0.125), (0.33, 0.105), (0.24, 0.06)]
    draw_skin(sheet, smooth(place(thumb)), skin, puff=6)
    line, widths = cut_line(*body.arm(side), min(max(covered - 0.1, 0.0), 0.93), 1.0)
    one, other = sides_of(line, widths)
    palm = smooth(place(_PALM))
    shape = np.vstack([other, palm[::-1] if side > 0 else palm, one[::-1]])
    if not covered:
        reach = float(widths[0])
        tip = (float(line[0, 0]) + side * 0.45 * reach, float(line[0, 1]) - 0.92 * reach)
        shape = np.vstack([shape, smooth([_pair(one[0]), tip, _pair(other[0])])[1:-1]])
    draw_skin(sheet, shape, skin, puff=18, cast=0.06)
    fingers = [
        smooth(place([(0.30, across), (0.42, across * 0.86), (0.515, across * 0.6)]))
        for across in (-0.036, 0.002, 0.04)
    ]
    sheet.stroke(fingers, skin.shade, 1.3, 0.5)


_PALM: tuple[Point, ...] = (
    (0.03, -0.074),
    (0.14, -0.082),
    (0.28, -0.085),
    (0.42, -0.062),
    (0.53, -0.026),
    (0.555, 0.01),
    (0.50, 0.046),
    (0.34, 0.074),
    (0.18, 0.083),
    (0.03, 0.072),
)
"""A hand, along and across its direction from the wrist, in heads; the thumb's side is positive."""


def _hand_place(body: Body, side: int) -> Callable[[Sequence[Point]], list[Point]]:
    """Puts points of a hand where the hand is."""
    line, _ = body.arm(side)
    direction = line[-1] - line[-6]
    direction = direction / np.linalg.norm(direction)
    inward = np.array([direction[1], -direction[0]]) * -side
    size = HEAD * (body.build.arm[2] / 0.082)

    def place(points: Sequence[Point]) -> list[Point]:
        return [
            _pair(line[-1] + direction * along * size + inward * across * size) for along, across in points
        ]

    return place


def draw_head(sheet: Sheet, body: Body, skin: Skin) -> None:
    """The face, with hardly more than a hint of features."""
    x, y = body.head
    wide = body.build.face * HEAD
    neck = body.build.neck * HEAD
    shadow = smooth([(x - neck, level(1.02)), (x, level(1.17)), (x + neck, level(1.02)), (x, level(0.9))])
    sheet.shade(shadow, 0.30, 6.0)
    for side in SIDES:
        draw_skin(sheet, ellipse((x + side * (wide + 1), y + 6), 7, 14, side * 8), skin, puff=6)
    half = [
        (0.0, -0.50),
        (0.62, -0.44),
        (0.97, -0.18),
        (1.0, 0.06),
        (0.88, 0.27),
        (0.58, 0.44),
        (0.22, 0.505),
        (0.0, 0.51),
    ]
    right = smooth([(x + a * wide, y + b * HEAD) for a, b in half])
    left = right.copy()
    left[:, 0] = 2 * x - left[:, 0]
    draw_skin(sheet, np.vstack([right, left[::-1]]), skin, puff=34, cast=0.0)
    _draw_features(sheet, (x, y), wide, skin)


def _draw_features(sheet: Sheet, at: Point, wide: float, skin: Skin) -> None:
    x, y = at
    for side in SIDES:
        eye = smooth(
            [
                (x + side * 0.22 * wide, y + 5),
                (x + side * 0.40 * wide, y + 8.5),
                (x + side * 0.60 * wide, y + 4),
            ]
        )
        sheet.stroke([eye], mix(skin.shade, INK, 0.55), 1.9, 0.75)
        brow = smooth(
            [
                (x + side * 0.20 * wide, y - 7),
                (x + side * 0.42 * wide, y - 11),
                (x + side * 0.64 * wide, y - 7),
            ]
        )
        sheet.stroke([brow], mix(skin.shade, INK, 0.45), 2.2, 0.45)
        sheet.fill(ellipse((x + side * 0.55 * wide, y + 21), 8, 5), (214, 104, 92), 0.13)
    nose = smooth([(x + 3, y + 4), (x + 5, y + 18), (x + 1, y + 21), (x - 3, y + 20)])
    sheet.stroke([nose], skin.shade, 1.5, 0.5)
    lips = mix(skin.color, (176, 62, 66), 0.55)
    upper = smooth([(x - 9, y + 34), (x - 3, y + 32), (x, y + 33), (x + 3, y + 32), (x + 9, y + 34)])
    lower = smooth([(x + 9, y + 34), (x, y + 39.5), (x - 9, y + 34)])
    sheet.fill(np.vstack([upper, lower]), lips, 0.85)
    sheet.stroke([smooth([(x - 8, y + 34), (x, y + 34.6), (x + 8, y + 34)])], mix(lips, INK, 0.4), 1.0, 0.6)
