"""Long-sleeved tops: long-sleeve tee, sweater, turtleneck, V-neck sweater, cardigan, hoodie."""

from dataclasses import replace

import numpy as np

from local.demo.canvas import Panel, Sheet
from local.demo.curves import Points, mirror, outline, parallel, ribbon, shift, smooth, symmetric
from local.demo.garments.blocks import (
    CENTER,
    SIDES,
    Block,
    Sleeve,
    back_of_neck,
    bodice_folds,
    flip,
    neck_band,
    sleeves,
    stitch_hem,
)
from local.demo.garments.details import buttons, drawstring
from local.demo.patterns import mix
from local.demo.shading import Fold
from local.demo.spec import GarmentSpec

TEE = Block(hem=(182, 816), armpit=(180, 380), waist=(172, 600), shoulder=(196, 228))
KNIT = Block(neck=80, hem=(186, 806), armpit=(190, 400), waist=(190, 620), shoulder=(206, 240))
TEE_SLEEVE = Sleeve(length=428, cuff=72, angle=10, bend=6)
KNIT_SLEEVE = Sleeve(length=416, cuff=88, angle=11, bend=10, fullness=5)


def draw_long_tee(sheet: Sheet, spec: GarmentSpec) -> None:
    band = spec.plain("rib")
    back_of_neck(sheet, TEE, spec.plain(), band=band)
    arms = sleeves(sheet, TEE, TEE_SLEEVE, spec.cloth, puff=36)
    for side, arm in zip(SIDES, arms, strict=True):
        line = flip(TEE_SLEEVE.hem_band(TEE, 16), side)[[0, 3]]
        sheet.stroke([line, shift(line, 0, 5)], spec.dark, 1.2, 0.5, dash=(5, 3), clip=arm)
    body = sheet.panel(TEE.front(), spec.cloth, puff=80, folds=bodice_folds(sheet, TEE), cast=0.22)
    stitch_hem(sheet, TEE, spec, body)
    neck_band(sheet, TEE, band)


def draw_sweater(sheet: Sheet, spec: GarmentSpec) -> None:
    back_of_neck(sheet, KNIT, spec.plain(), band=spec.plain("rib"))
    _draw_knit_body(sheet, spec, KNIT)
    neck_band(sheet, KNIT, spec.plain("rib"), 26)


def draw_vee_sweater(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(KNIT, vee=True, neck_depth=150, neck=74)
    back_of_neck(sheet, block, spec.plain(), band=spec.plain("rib"))
    _draw_knit_body(sheet, spec, block)
    neck_band(sheet, block, spec.plain("rib"), 24)
    point = CENTER, block.top + block.neck_depth
    sheet.stroke([[(point[0], point[1] - 14), (point[0], point[1] + 14)]], spec.dark, 1.4, 0.6)


def draw_turtleneck(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(KNIT, neck=70, neck_depth=34, top=196)
    _draw_knit_body(sheet, spec, block)
    rib = spec.plain("rib")
    inside = symmetric(
        [(CENTER, 112), (CENTER + 44, 114), (CENTER + 64, 124)], [(CENTER + 40, 140), (CENTER, 144)]
    )
    sheet.panel(inside, rib, tone=0.62, cast=0)
    tube = outline(
        [(CENTER + 66, 122), (CENTER + 68, 170), (CENTER + 78, 202)],
        [(CENTER + 46, 232), (CENTER, 242), (CENTER - 46, 232), (CENTER - 78, 202)],
        [(CENTER - 68, 170), (CENTER - 66, 122)],
        [(CENTER - 40, 138), (CENTER, 143), (CENTER + 40, 138), (CENTER + 66, 122)],
    )
    creases = [
        Fold(((CENTER - 70, 178), (CENTER - 20, 196), (CENTER + 40, 192)), 12, -0.35),
        Fold(((CENTER + 72, 182), (CENTER + 20, 208), (CENTER - 30, 212)), 12, 0.30),
    ]
    sheet.panel(tube, rib, puff=42, cast=0.3, folds=creases)


def draw_cardigan(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(KNIT, vee=True, neck_depth=210, neck=70)
    back_of_neck(sheet, block, spec.plain(), band=spec.plain("rib"))
    _draw_knit_body(sheet, spec, block)
    rib = spec.plain("rib")
    bottom = block.hem[1] + 2
    line = block.neckline()
    right = np.vstack([line[len(line) // 2 :][::-1], [[CENTER + 2, bottom]]])
    sheet.panel(shift(ribbon(mirror(right), [27.0]), -2, 0), rib, puff=13, cast=0.15, relief=0.3)
    sheet.panel(shift(ribbon(right, [27.0]), 2, 0), rib, puff=13, cast=0.30, relief=0.3)
    tone = mix(spec.rgb, (70, 48, 36), 0.75) if sum(spec.rgb) > 380 else mix(spec.rgb, (250, 240, 220), 0.6)
    buttons(sheet, block.top + block.neck_depth + 22, bottom - 22, 6, tone, radius=8.5, x=CENTER + 4)


def draw_hoodie(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(
        KNIT, top=214, neck=84, neck_depth=64, shoulder=(208, 266), armpit=(194, 420), hem=(184, 838)
    )
    hood = symmetric(
        [(CENTER, 84), (CENTER + 78, 100), (CENTER + 124, 168), (CENTER + 126, 226), (CENTER + 100, 262)],
        [(CENTER + 40, 300), (CENTER, 306)],
    )
    sheet.panel(hood, spec.cloth, puff=60, roll=0.8, cast=0)
    _draw_knit_body(sheet, replace(spec, weave="cotton"), block)
    opening = symmetric(
        [(CENTER, 124), (CENTER + 50, 134), (CENTER + 82, 180), (CENTER + 74, 232)],
        [(CENTER + 36, 274), (CENTER, 296)],
    )
    front = symmetric(
        [(CENTER, 88), (CENTER + 76, 104), (CENTER + 120, 170), (CENTER + 122, 232)],
        [(CENTER + 72, 290), (CENTER, 322)],
    )
    sheet.panel(front, spec.cloth, puff=44, roll=0.7, cast=0.34, folds=_hood_folds())
    sheet.panel(opening, spec.plain(), puff=30, tone=0.58, cast=0, relief=0.6)
    edge = parallel(opening, 9.0)
    sheet.stroke([np.vstack([edge, edge[:1]])], spec.dark, 1.2, 0.5, dash=(5, 3))
    sheet.stroke([[(CENTER, 294), (CENTER, 324)]], spec.dark, 1.8, 0.6)
    _draw_kangaroo_pocket(sheet, spec)
    cord = mix(spec.rgb, (255, 255, 255), 0.72)
    drawstring(sheet, cord, CENTER - 34, 292, 122, -8)
    drawstring(sheet, cord, CENTER + 34, 292, 132, 7)


def _hood_folds() -> list[Fold]:
    right = [
        Fold(((CENTER + 112, 210), (CENTER + 84, 262), (CENTER + 40, 300)), 14, -0.4),
        Fold(((CENTER + 92, 140), (CENTER + 104, 190), (CENTER + 90, 240)), 14, 0.35),
    ]
    left = [Fold(tuple((2 * CENTER - x, y) for x, y in f.points), f.width, f.depth) for f in right]
    return right + left


def _draw_kangaroo_pocket(sheet: Sheet, spec: GarmentSpec) -> None:
    shape = symmetric(
        [(CENTER, 610), (CENTER + 82, 610)],
        [(CENTER + 112, 650), (CENTER + 126, 704)],
        [(CENTER + 126, 784)],
        [(CENTER, 788)],
    )
    pocket = sheet.panel(shape, replace(spec, weave="cotton").cloth, puff=18, cast=0.28, edge=0.6)
    side = smooth([(CENTER + 76, 610), (CENTER + 106, 652), (CENTER + 119, 704)])
    rows = [side, mirror(side)]
    sheet.stroke(
        [*rows, [(CENTER - 80, 617), (CENTER + 80, 617)]], spec.dark, 1.2, 0.5, dash=(5, 3), clip=pocket
    )


def _draw_knit_body(sheet: Sheet, spec: GarmentSpec, block: Block) -> Panel:
    """Sleeves with ribbed cuffs and a body with a ribbed hem."""
    rib = spec.plain("rib")
    arms = sleeves(sheet, block, KNIT_SLEEVE, spec.cloth, puff=44, fold=1.1)
    for side, _ in zip(SIDES, arms, strict=True):
        cuff = flip(KNIT_SLEEVE.hem_band(block, 44, -6), side)
        sheet.panel(cuff, rib, puff=26, cast=0.12, relief=0.3, grain=KNIT_SLEEVE.grain(block, side))
    body = sheet.panel(block.front(), spec.cloth, puff=84, folds=bodice_folds(sheet, block, 1.1), cast=0.24)
    sheet.panel(_hem_rib(block), rib, puff=60, cast=0.10, relief=0.4, roll=0.2)
    return body


def _hem_rib(block: Block, depth: float = 46.0) -> Points:
    x, y = block.hem
    return symmetric(
        [(CENTER, y - depth + 8), (CENTER + x * 0.6, y - depth + 5), (CENTER + x + 1, y - depth)],
        [(CENTER + x - 6, y + 2)],
        [(CENTER + x * 0.55, y + 10), (CENTER, y + 12)],
    )
