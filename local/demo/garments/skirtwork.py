"""The hanging part of skirts and dresses: flared pieces with waves, pleats, tiers and waistbands."""

from dataclasses import dataclass

import numpy as np

from local.demo.canvas import Grain, Panel, Sheet
from local.demo.curves import Point, Points, outline, parallel, smooth, symmetric
from local.demo.garments.blocks import CENTER
from local.demo.patterns import Cloth
from local.demo.shading import Drape, Fold
from local.demo.spec import GarmentSpec


@dataclass(frozen=True, slots=True)
class Flare:
    """A skirt piece: half widths at its top, hip and hem, its heights, and the waves of its cloth."""

    top: float
    bottom: float
    waist: float
    hem: float
    hip: float = 0.0
    hip_at: float = 0.30
    waves: float = 5.0
    depth: float = 7.0
    sag: float = 16.0
    wave: float = 5.0
    pleated: bool = False

    def drape(self, phase: float) -> Drape:
        growth = (self.hem / self.waist - 1) / (self.bottom - self.top)
        return Drape(
            self.top - (30 if self.pleated else 0),
            self.bottom,
            2 * self.waist,
            self.waves,
            self.depth,
            growth,
            phase=phase,
            sharp=self.pleated,
        )

    def shape(self, drape: Drape) -> Points:
        y_hip = self.top + self.hip_at * (self.bottom - self.top)
        straight = self.waist + self.hip_at * (self.hem - self.waist)
        hip = self.hip or straight + 4
        right = smooth(
            [(CENTER + self.waist, self.top), (CENTER + hip, y_hip), (CENTER + self.hem, self.bottom)]
        )
        hem = np.array(
            drape.hem((CENTER + self.hem, self.bottom), (CENTER - self.hem, self.bottom), self.sag, self.wave)
        )
        left = np.column_stack([2 * CENTER - right[::-1, 0], right[::-1, 1]])
        dip = smooth(
            [(CENTER - self.waist, self.top), (CENTER, self.top + 6), (CENTER + self.waist, self.top)]
        )
        return np.vstack([right, hem, left, dip])


def draw_flare(
    sheet: Sheet,
    cloth: Cloth,
    flare: Flare,
    *,
    folds: list[Fold] | None = None,
    cast: float = 0.2,
    tone: float = 1.0,
) -> Panel:
    """Lay a flared piece; its pattern widens with it."""
    drape = flare.drape(float(sheet.rng.uniform(0, 6)))
    growth = 0.0 if cloth.pattern in ("floral", "printed", "dotted") else drape.flare
    return sheet.panel(
        flare.shape(drape),
        cloth,
        puff=min(flare.hem, 110.0),
        drape=drape,
        folds=[*gathers(sheet, flare), *(folds or [])],
        grain=Grain((CENTER, flare.top), flare=growth, bend=-4.0),
        cast=cast,
        tone=tone,
    )


def gathers(sheet: Sheet, flare: Flare) -> list[Fold]:
    """Short creases that run down from the waist seam."""
    if flare.pleated or flare.depth < 2:
        return []
    found: list[Fold] = []
    for x in np.linspace(-0.86, 0.86, 13):
        start, spread = CENTER + x * flare.waist, 1 + 0.45 * (flare.hem / flare.waist - 1)
        length = sheet.rng.uniform(50, 150)
        end = CENTER + x * flare.waist * spread
        points = (
            (start, flare.top + 2),
            ((start + end) / 2, flare.top + length / 2),
            (end, flare.top + length),
        )
        found.append(Fold(points, 10, float(sheet.rng.choice([-0.32, 0.26]))))
    return found


def hem_stitches(sheet: Sheet, spec: GarmentSpec, flare: Flare, clip: Panel, rise: float = 14.0) -> None:
    row = smooth(
        [
            (CENTER - flare.hem - 6, flare.bottom - rise),
            (CENTER, flare.bottom - rise + flare.sag),
            (CENTER + flare.hem + 6, flare.bottom - rise),
        ]
    )
    sheet.stroke([row], spec.dark, 1.1, 0.4, dash=(5, 3), clip=clip)


def band_shape(top: float, height: float, upper: float, lower: float, dip: float = 6.0) -> Points:
    """A waistband: half widths `upper` and `lower`, dipping in the middle."""
    return symmetric(
        [(CENTER, top + dip), (CENTER + upper * 0.6, top + dip * 0.6), (CENTER + upper, top)],
        [(CENTER + lower, top + height)],
        [(CENTER + lower * 0.6, top + height + dip * 0.6), (CENTER, top + height + dip)],
    )


def waistband(
    sheet: Sheet,
    spec: GarmentSpec,
    top: float,
    height: float,
    upper: float,
    lower: float,
    *,
    cloth: Cloth | None = None,
) -> Panel:
    """A waistband with the inside of its back showing above it and stitches along both edges."""
    back = symmetric(
        [(CENTER, top - 7), (CENTER + upper * 0.6, top - 5), (CENTER + upper - 2, top)],
        [(CENTER + upper * 0.6, top + 12), (CENTER, top + 14)],
    )
    sheet.panel(back, spec.plain(), tone=0.62, cast=0, relief=0.2)
    shape = band_shape(top, height, upper, lower)
    panel = sheet.panel(shape, cloth or spec.cloth, puff=26, cast=0.28, relief=0.4, edge=0.55, roll=0.15)
    sheet.stroke(
        [edge_line(top + 5, upper), edge_line(top + height - 5, lower)],
        spec.dark,
        1.1,
        0.42,
        dash=(5, 3),
        clip=panel,
    )
    return panel


def edge_line(y: float, half: float, dip: float = 6.0) -> Points:
    return smooth(
        [
            (CENTER - half, y),
            (CENTER - half * 0.6, y + dip * 0.6),
            (CENTER, y + dip),
            (CENTER + half * 0.6, y + dip * 0.6),
            (CENTER + half, y),
        ]
    )


def belt_loops(sheet: Sheet, spec: GarmentSpec, top: float, height: float, places: tuple[float, ...]) -> None:
    for x in (*places, *(-p for p in places)):
        y = top + 6 * (1 - (x / 140) ** 2)
        loop = outline(
            [(CENTER + x - 5, y - 4), (CENTER + x + 5, y - 4)],
            [(CENTER + x + 5, y + height + 5)],
            [(CENTER + x - 5, y + height + 5)],
        )
        sheet.panel(loop, spec.plain(), puff=6, cast=0.22, relief=0.2, edge=0.6)


def seam_down(
    sheet: Sheet, spec: GarmentSpec, points: list[Point], clip: Panel | None = None, *, double: bool = False
) -> None:
    """A seam, with a row of stitches beside it when `double`."""
    line = smooth(points)
    sheet.stroke([line], spec.dark, 1.6, 0.55, clip=clip)
    if double:
        sheet.stroke([parallel(line, 5.0)], spec.dark, 1.1, 0.42, dash=(5, 3), clip=clip)
