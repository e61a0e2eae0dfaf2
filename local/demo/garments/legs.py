"""The shared pattern of everything with two legs: leg pieces, creases, and three kinds of fronts."""

from dataclasses import dataclass

from local.demo.canvas import Grain, Panel, Sheet
from local.demo.curves import Points, outline, parallel, shift, smooth
from local.demo.garments.blocks import CENTER, SIDES, flip, flip_folds, jitter
from local.demo.garments.details import drawstring, slant_pockets
from local.demo.garments.skirtwork import belt_loops, waistband
from local.demo.patterns import RGB, mix
from local.demo.shading import Fold
from local.demo.spec import GarmentSpec

BRASS: RGB = (196, 156, 92)
THREAD: RGB = (196, 144, 82)


@dataclass(frozen=True, slots=True)
class Leg:
    """The right leg: half width of the waist, then x and y of its edges down to the hem."""

    waist: float = 122.0
    top: float = 112.0
    hip: tuple[float, float] = (158.0, 300.0)
    crotch: float = 396.0
    knee: tuple[float, float, float] = (158.0, 44.0, 640.0)
    hem: tuple[float, float, float] = (150.0, 56.0, 948.0)

    def shape(self) -> Points:
        knee_out, knee_in, knee_y = self.knee
        hem_out, hem_in, hem_y = self.hem
        return outline(
            [
                (CENTER - 1, self.top + 6),
                (CENTER + self.waist * 0.6, self.top + 4),
                (CENTER + self.waist, self.top),
            ],
            [
                (CENTER + self.hip[0], self.hip[1]),
                (CENTER + knee_out, knee_y),
                (CENTER + hem_out, hem_y),
            ],
            [(CENTER + (hem_out + hem_in) / 2, hem_y + 7), (CENTER + hem_in, hem_y + 2)],
            [(CENTER + knee_in, knee_y), (CENTER + 7, self.crotch + 26), (CENTER - 1, self.crotch)],
            [(CENTER - 2, self.top + 6)],
        )

    def hem_line(self, rise: float) -> Points:
        hem_out, hem_in, hem_y = self.hem
        mid = (hem_out + hem_in) / 2
        return smooth(
            [
                (CENTER + hem_in - 12, hem_y + 2 - rise),
                (CENTER + mid, hem_y + 7 - rise),
                (CENTER + hem_out + 12, hem_y - rise),
            ]
        )

    def cuff(self, depth: float, spread: float = 3.0) -> Points:
        hem_out, hem_in, hem_y = self.hem
        mid = (hem_out + hem_in) / 2
        return outline(
            [
                (CENTER + hem_in - spread, hem_y + 2 - depth),
                (CENTER + mid, hem_y + 7 - depth),
                (CENTER + hem_out + spread, hem_y - depth),
            ],
            [(CENTER + hem_out + spread, hem_y + 2)],
            [(CENTER + mid, hem_y + 9), (CENTER + hem_in - spread, hem_y + 4)],
        )


def draw_legs(
    sheet: Sheet, spec: GarmentSpec, leg: Leg, *, strength: float = 1.0, swing: bool = False
) -> tuple[Panel, Panel]:
    """Both legs, the right one (as seen) first; the fly side overlaps."""
    shape = leg.shape()
    width = leg.hem[0] - leg.hem[1]
    panels = [
        sheet.panel(
            flip(shape, side),
            spec.cloth,
            puff=min(0.5 * width, 62),
            folds=flip_folds(_leg_folds(sheet, leg, strength, swing), side),
            grain=Grain((CENTER, leg.top), -side * 2.5),
            cast=0.16 if side > 0 else 0.28,
        )
        for side in SIDES
    ]
    return panels[0], panels[1]


def _leg_folds(sheet: Sheet, leg: Leg, strength: float, swing: bool) -> list[Fold]:
    knee_out, knee_in, knee_y = leg.knee
    hem_out, hem_in, hem_y = leg.hem
    hip, hip_y = leg.hip
    crotch = leg.crotch
    lines = [
        (((6, crotch - 30), (60, crotch - 44), (hip - 26, crotch - 76)), 16, -0.40),
        (((6, crotch - 4), (56, crotch - 4), (hip - 44, crotch - 22)), 16, 0.36),
        (((10, crotch + 24), (52, crotch + 44), (hip - 50, crotch + 54)), 18, -0.32),
        (((20, crotch + 70), (60, crotch + 120), (80, crotch + 190)), 20, 0.24),
        (((hip - 8, hip_y - 10), (hip - 44, hip_y + 6), (hip - 90, hip_y - 4)), 20, -0.22),
    ]
    if hem_y - crotch > 350:
        lines += [
            (
                (
                    (knee_in + 6, knee_y - 34),
                    ((knee_in + knee_out) / 2, knee_y - 18),
                    (knee_out - 20, knee_y - 36),
                ),
                18,
                -0.30,
            ),
            (
                (
                    (knee_in + 10, knee_y - 6),
                    ((knee_in + knee_out) / 2, knee_y + 14),
                    (knee_out - 10, knee_y - 2),
                ),
                18,
                0.28,
            ),
            (
                (
                    (knee_out - 6, knee_y + 30),
                    ((knee_in + knee_out) / 2, knee_y + 50),
                    (knee_in + 20, knee_y + 44),
                ),
                18,
                -0.26,
            ),
            (
                ((hem_in + 8, hem_y - 74), ((hem_in + hem_out) / 2, hem_y - 58), (hem_out - 16, hem_y - 78)),
                15,
                -0.34,
            ),
            (
                ((hem_out - 6, hem_y - 46), ((hem_in + hem_out) / 2, hem_y - 32), (hem_in + 14, hem_y - 42)),
                15,
                0.34,
            ),
        ]
    folds = [
        Fold(jitter(sheet, [(CENTER + x, y) for x, y in points], 7), width, depth * strength)
        for points, width, depth in lines
    ]
    if swing:
        for share, depth in ((0.22, -0.34), (0.40, 0.34), (0.60, -0.34), (0.80, 0.30)):
            foot = CENTER + hem_in + share * (hem_out - hem_in)
            top = CENTER + 30 + share * (hip - 40)
            folds.append(Fold(((top, crotch - 60), ((top + foot) / 2 - 4, knee_y), (foot, hem_y)), 28, depth))
    return folds


def _draw_fly(sheet: Sheet, spec: GarmentSpec, leg: Leg, thread: RGB, depth: float) -> None:
    top = leg.top + 6
    sheet.stroke([[(CENTER, top), (CENTER, leg.crotch - 2)]], spec.dark, 2.0, 0.7)
    curve = smooth(
        [
            (CENTER + 30, top),
            (CENTER + 30, top + depth * 0.66),
            (CENTER + 22, top + depth * 0.92),
            (CENTER + 2, top + depth),
        ]
    )
    sheet.stroke([curve, parallel(curve, 5.0)], thread, 1.3, 0.65, dash=(5, 3))


def draw_jeans_front(
    sheet: Sheet, spec: GarmentSpec, leg: Leg, legs: tuple[Panel, Panel], *, thread: RGB, height: float = 44.0
) -> None:
    _draw_fly(sheet, spec, leg, thread, (leg.crotch - leg.top) * 0.62)
    wide = leg.waist / 122
    for panel, side in zip(legs, SIDES, strict=True):
        y = leg.top
        curve = smooth(
            [
                (CENTER + 58 * wide, y),
                (CENTER + 66 * wide, y + 52 * wide),
                (CENTER + 96 * wide, y + 80 * wide),
                (CENTER + 152 * wide, y + 84 * wide),
            ]
        )
        inner = outline(
            [
                (CENTER + 58 * wide, y),
                (CENTER + 66 * wide, y + 52 * wide),
                (CENTER + 96 * wide, y + 80 * wide),
                (CENTER + 152 * wide, y + 84 * wide),
            ],
            [(CENTER + 150 * wide, y)],
        )
        sheet.shade(flip(inner, side), 0.10, 2.0, panel)
        sheet.stroke([flip(curve, side)], spec.dark, 2.2, 0.75, clip=panel)
        sheet.stroke(
            [shift(flip(curve, side), 0, 5), shift(flip(curve, side), 0, 10)],
            thread,
            1.3,
            0.7,
            dash=(6, 3),
            clip=panel,
        )
        sheet.stroke(
            [
                flip(
                    smooth(
                        [
                            (CENTER + leg.hip[0] - 14, leg.hip[1] - 60),
                            (CENTER + leg.hip[0] - 8, leg.hip[1] + 60),
                        ]
                    ),
                    side,
                )
            ],
            spec.dark,
            1.4,
            0.45,
            clip=panel,
        )
        for dx, dy in ((64, 14), (140, 78)):
            sheet.button((CENTER + side * dx * wide, y + dy * wide), 3.6, (190, 118, 72), holes=False)
    waistband(sheet, spec, leg.top - height + 4, height, leg.waist - 5, leg.waist + 1)
    belt_loops(sheet, spec, leg.top - height + 4, height, (54 * wide, 100 * wide))
    sheet.button((CENTER + 2, leg.top - height / 2 + 10), 11, BRASS, holes=False)


def draw_smart_front(
    sheet: Sheet, spec: GarmentSpec, leg: Leg, legs: tuple[Panel, Panel], *, height: float = 44.0
) -> None:
    _draw_fly(sheet, spec, leg, spec.dark, (leg.crotch - leg.top) * 0.62)
    for panel in legs:
        slant_pockets(
            sheet, spec, (CENTER + leg.waist * 0.72, leg.top), (CENTER + leg.hip[0] - 6, leg.top + 112), panel
        )
    waistband(sheet, spec, leg.top - height + 4, height, leg.waist - 5, leg.waist + 1)
    wide = leg.waist / 122
    belt_loops(sheet, spec, leg.top - height + 4, height, (50 * wide, 98 * wide))
    sheet.button((CENTER + 4, leg.top - height / 2 + 10), 8.5, mix(spec.rgb, (48, 36, 28), 0.6))


def draw_soft_front(
    sheet: Sheet,
    spec: GarmentSpec,
    leg: Leg,
    legs: tuple[Panel, Panel],
    *,
    pockets: bool = True,
    height: float = 54.0,
) -> None:
    """An elastic waist, gathered, with a drawstring."""
    sheet.stroke([[(CENTER, leg.top + 8), (CENTER, leg.crotch - 2)]], spec.dark, 1.8, 0.6)
    if pockets:
        for panel in legs:
            slant_pockets(
                sheet,
                spec,
                (CENTER + leg.waist * 0.78, leg.top + 6),
                (CENTER + leg.hip[0] - 8, leg.top + 128),
                panel,
            )
    band = waistband(sheet, spec, leg.top - height + 6, height, leg.waist - 6, leg.waist + 2)
    tucks = []
    for index in range(-9, 10):
        x = CENTER + index * leg.waist / 10.4
        tucks.append([(x, leg.top - height + 14), (x + 1.5 * index / 9, leg.top + 4)])
    sheet.stroke(tucks, spec.dark, 2.2, 0.20, clip=band)
    cord = mix(spec.rgb, (255, 255, 255), 0.75) if sum(spec.rgb) < 520 else mix(spec.rgb, (120, 104, 90), 0.5)
    drawstring(sheet, cord, CENTER - 15, leg.top - 12, 118, -10)
    drawstring(sheet, cord, CENTER + 15, leg.top - 12, 128, 9)
