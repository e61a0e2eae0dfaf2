"""The shared pattern block of everything worn on the upper body: bodice, sleeves, neckline, folds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from local.demo.canvas import Grain, Panel, Sheet
from local.demo.curves import Point, Points, mirror, outline, parallel, ribbon, shift, smooth, symmetric
from local.demo.patterns import Cloth
from local.demo.shading import Fold
from local.demo.spec import GarmentSpec

CENTER = 384.0
SIDES = (1, -1)


@dataclass(frozen=True, slots=True)
class Block:
    """Half widths and heights of a bodice, in pixels; x is measured from the centre line."""

    neck: float = 76.0
    top: float = 176.0
    neck_depth: float = 60.0
    shoulder: Point = (204.0, 228.0)
    armpit: Point = (186.0, 380.0)
    waist: Point = (180.0, 600.0)
    hem: Point = (188.0, 822.0)
    vee: bool = False

    def neckline(self) -> Points:
        """The front neckline from the left shoulder to the right one."""
        bottom = (CENTER, self.top + self.neck_depth)
        if self.vee:
            right = smooth(
                [bottom, (CENTER + self.neck * 0.55, self.top + self.neck_depth * 0.46), self._tip]
            )
        else:
            reach = self.neck * 0.64
            right = smooth(
                [mirror([(CENTER + reach, 0)])[0], bottom, (CENTER + reach, bottom[1] - 15), self._tip]
            )
            right = smooth(
                [
                    bottom,
                    (CENTER + self.neck * 0.38, bottom[1] - self.neck_depth * 0.07),
                    (CENTER + self.neck * 0.78, bottom[1] - self.neck_depth * 0.40),
                    self._tip,
                ]
            )
        return np.vstack([mirror(right)[::-1], right[1:]])

    @property
    def _tip(self) -> Point:
        return (CENTER + self.neck, self.top)

    def half(self, *tail: Sequence[Point]) -> list[Sequence[Point]]:
        """Runs of the right half from the neckline to the armpit, then `tail`, for `symmetric`."""
        line = self.neckline()
        right = [(float(x), float(y)) for x, y in line[len(line) // 2 :]]
        shoulder = (CENTER + self.shoulder[0], self.shoulder[1])
        mid = ((CENTER + self.neck + shoulder[0]) / 2, (self.top + shoulder[1]) / 2 - 3)
        armpit = (CENTER + self.armpit[0], self.armpit[1])
        hollow = (min(shoulder[0], armpit[0]) - 4, (shoulder[1] * 0.45 + armpit[1] * 0.55))
        return [right, [mid, shoulder], [hollow, armpit], *tail]

    def front(self, sag: float = 9.0) -> Points:
        """The closed front piece down to the hem."""
        side = [(CENTER + self.waist[0], self.waist[1]), (CENTER + self.hem[0], self.hem[1])]
        hem = [(CENTER + self.hem[0] * 0.55, self.hem[1] + sag * 0.8), (CENTER, self.hem[1] + sag)]
        return symmetric(*self.half(side, hem))


def flip(points: Sequence[Point] | Points, side: int) -> Points:
    """Right-hand points for `side` 1, mirrored for -1."""
    return np.array(points, dtype=np.float64) if side > 0 else mirror(points)


def flip_folds(folds: Sequence[Fold], side: int) -> list[Fold]:
    return [Fold(_pairs(flip(fold.points, side)), fold.width, fold.depth) for fold in folds]


def _pairs(points: Points) -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in points)


def jitter(sheet: Sheet, points: Sequence[Point], amount: float = 7.0) -> tuple[Point, ...]:
    """The points moved by chance."""
    moved = np.asarray(points) + sheet.rng.uniform(-amount, amount, (len(points), 2))
    return _pairs(moved)


def back_of_neck(
    sheet: Sheet, block: Block, cloth: Cloth, *, band: Cloth | None = None, label: bool = True
) -> None:
    """The inside of the back, seen through the neck opening, with its band and a woven label."""
    edge = smooth(
        [(CENTER - block.neck, block.top), (CENTER, block.top + 13), (CENTER + block.neck, block.top)]
    )
    front = block.neckline()
    sheet.panel(np.vstack([edge, shift(front[::-1], 0, 12)]), cloth, puff=40, tone=0.62, cast=0, relief=0.3)
    if band:
        sheet.panel(ribbon(shift(edge, 0, 5), [15.0]), band, puff=9, tone=0.78, cast=0.1, relief=0.3)
    if label:
        y = block.top + (24 if band else 16)
        tag = outline([(CENTER - 16, y), (CENTER + 16, y)], [(CENTER + 15, y + 19)], [(CENTER - 15, y + 19)])
        sheet.fill(tag, (232, 228, 220), 0.92)
        words = [[(CENTER - 8, y + 7), (CENTER + 8, y + 7)], [(CENTER - 5, y + 12), (CENTER + 5, y + 12)]]
        sheet.stroke(words, (120, 112, 108), 1.3, 0.8)


def bodice_folds(sheet: Sheet, block: Block, strength: float = 1.0) -> list[Fold]:
    """Drag lines from the armpits and shoulders, and soft breaks towards the hem."""
    ax, ay = CENTER + block.armpit[0], block.armpit[1]
    wx, wy = CENTER + block.waist[0], block.waist[1]
    hx, hy = CENTER + block.hem[0], block.hem[1]
    folds: list[Fold] = []
    for side in SIDES:
        lines = [
            (((ax - 4, ay + 8), (ax - 46, ay + 46), (ax - 84, ay + 120)), 16, -0.42),
            (((ax - 2, ay + 26), (ax - 30, ay + 76), (ax - 46, ay + 150)), 14, 0.34),
            (((ax - 16, ay - 70), (ax - 40, ay - 8), (ax - 78, ay + 44)), 22, -0.24),
            (((wx - 2, wy - 30), (wx - 50, wy - 6), (wx - 112, wy + 4)), 22, -0.26),
            (((wx - 2, wy + 8), (wx - 40, wy + 26), (wx - 92, wy + 34)), 18, 0.26),
            (((wx - 30, wy + 40), (wx - 44, (wy + hy) / 2 + 20), (hx - 52, hy - 8)), 24, -0.26),
            (((wx - 72, wy + 60), (wx - 84, (wy + hy) / 2 + 30), (hx - 96, hy - 4)), 26, 0.20),
        ]
        folds += flip_folds(
            [Fold(jitter(sheet, points, 9), width, depth * strength) for points, width, depth in lines], side
        )
    return folds


@dataclass(frozen=True, slots=True)
class Sleeve:
    """A sleeve hanging from a block's armhole: `length` along it, `cuff` width, `angle` from the vertical."""

    length: float = 190.0
    cuff: float = 128.0
    angle: float = 27.0
    bend: float = 0.0
    fullness: float = 0.0

    def axis(self, block: Block) -> tuple[Points, Points]:
        """The right sleeve's outer and inner edges, each from the body to the cuff."""
        sx, sy = CENTER + block.shoulder[0], block.shoulder[1]
        px, py = CENTER + block.armpit[0], block.armpit[1]
        a = np.radians(self.angle)
        along, out = np.array([np.sin(a), np.cos(a)]), np.array([np.cos(a), -np.sin(a)])
        start = np.array([(sx + px) / 2, (sy + py) / 2])
        end = start + along * self.length
        width = float(np.hypot(sx - px, sy - py))
        elbow = start + along * self.length * 0.52 + out * (self.bend + 0.0)
        wide = 0.5 * (0.5 * width + 0.5 * self.cuff) + self.fullness
        cap = 0.6 * np.array([sx, sy]) + 0.4 * (elbow + out * wide) + out * (9 + self.fullness * 0.7)
        outer = smooth(
            [
                (sx - 30, sy - 14),
                (sx, sy),
                _pair(cap),
                _pair(elbow + out * wide),
                _pair(end + out * self.cuff / 2),
            ]
        )
        inner = smooth(
            [(px - 30, py - 4), (px - 4, py - 6), _pair(elbow - out * wide), _pair(end - out * self.cuff / 2)]
        )
        return outer, inner

    def shape(self, block: Block) -> Points:
        outer, inner = self.axis(block)
        return np.vstack([outer, inner[::-1]])

    def hem_band(self, block: Block, depth: float, spread: float = 0.0) -> Points:
        """The strip of `depth` at the cuff."""
        (outer, inner) = self.axis(block)
        a = np.radians(self.angle)
        along = np.array([np.sin(a), np.cos(a)])
        o, i = outer[-1], inner[-1]
        wide = (o - i) / max(float(np.linalg.norm(o - i)), 1.0) * spread
        return np.vstack(
            [o - along * depth + wide, o + along * 2 + wide, i + along * 2 - wide, i - along * depth - wide]
        )

    def grain(self, block: Block, side: int) -> Grain:
        x = CENTER + side * (block.shoulder[0] + block.armpit[0]) / 2
        return Grain((x, (block.shoulder[1] + block.armpit[1]) / 2), -side * self.angle)

    def folds(self, sheet: Sheet, block: Block, strength: float = 1.0) -> list[Fold]:
        """Creases across the sleeve: at the armhole, the elbow and above the cuff."""
        outer, inner = self.axis(block)
        places = [(0.20, 0.34, -0.30, 16), (0.36, 0.24, 0.24, 18)]
        if self.length > 260:
            places += [
                (0.46, 0.56, -0.44, 16),
                (0.52, 0.60, 0.36, 14),
                (0.60, 0.52, -0.36, 16),
                (0.68, 0.74, 0.24, 20),
                (0.84, 0.78, -0.32, 15),
                (0.90, 0.93, 0.26, 12),
                (0.95, 0.91, -0.22, 12),
            ]
        found: list[Fold] = []
        for start, end, depth, width in places:
            one, two = _at(inner, start), _at(outer, end)
            near = one + (two - one) * 0.06
            far = one + (two - one) * sheet.rng.uniform(0.62, 0.92)
            mid = (near + far) / 2 + (0, sheet.rng.uniform(3, 11))
            found.append(
                Fold(jitter(sheet, [_pair(near), _pair(mid), _pair(far)], 5), width, depth * strength)
            )
        return found


def _pair(point: np.ndarray) -> Point:
    return float(point[0]), float(point[1])


def _at(line: Points, share: float) -> np.ndarray:
    return line[min(int(share * (len(line) - 1)), len(line) - 1)]


def sleeves(
    sheet: Sheet, block: Block, sleeve: Sleeve, cloth: Cloth, *, fold: float = 1.0, puff: float = 44.0
) -> list[Panel]:
    """Both sleeves, laid before the body so that its armhole seam lies on top; right one first."""
    return [
        sheet.panel(
            flip(sleeve.shape(block), side),
            cloth,
            puff=puff,
            folds=flip_folds(sleeve.folds(sheet, block, fold), side),
            grain=sleeve.grain(block, side),
            tone=1.0 if side < 0 else 0.97,
        )
        for side in SIDES
    ]


def neck_band(sheet: Sheet, block: Block, cloth: Cloth, width: float = 17.0) -> Panel:
    """A ribbed band along the front neckline, with the seam below it."""
    line = block.neckline()
    return sheet.panel(ribbon(line, [width]), cloth, puff=width * 0.6, cast=0.18, relief=0.3, edge=0.5)


def stitch_hem(
    sheet: Sheet, block: Block, spec: GarmentSpec, clip: Panel, *, rise: float = 20.0, sag: float = 9.0
) -> None:
    """Two rows of stitches above the hem."""
    x, y = block.hem
    row = smooth([(CENTER - x - 4, y - rise), (CENTER, y - rise + sag), (CENTER + x + 4, y - rise)])
    sheet.stroke([row, parallel(row, 5.0)], spec.dark, 1.2, 0.5, dash=(5, 3), clip=clip)
