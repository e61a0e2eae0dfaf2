"""T-shirts: crew neck, V-neck, oversized, tank top, polo shirt, and one with a printed front."""

from dataclasses import replace

import numpy as np

from local.demo.canvas import Panel, Sheet
from local.demo.curves import ellipse, outline, ribbon, shift, smooth, symmetric
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
from local.demo.garments.details import patch_pocket, polo_collar
from local.demo.patterns import RGB, mix
from local.demo.spec import COLORS, GarmentSpec


def draw_crew(sheet: Sheet, spec: GarmentSpec) -> None:
    _draw_tee(sheet, spec, Block(), Sleeve())


def draw_vee(sheet: Sheet, spec: GarmentSpec) -> None:
    block = Block(neck_depth=128, vee=True, waist=(168, 600), armpit=(180, 380))
    _draw_tee(sheet, spec, block, Sleeve(length=170, cuff=120))


def draw_oversized(sheet: Sheet, spec: GarmentSpec) -> None:
    block = Block(
        neck=80, shoulder=(232, 250), armpit=(212, 430), waist=(210, 620), hem=(216, 832), neck_depth=56
    )
    _draw_tee(sheet, spec, block, Sleeve(length=172, cuff=158, angle=20))
    pocket = patch_pocket(sheet, spec, (CENTER + 92, 392), (104, 116))
    sheet.stroke([[(CENTER + 44, 404), (CENTER + 140, 404)]], spec.dark, 1.2, 0.5, dash=(5, 3), clip=pocket)


def draw_graphic(sheet: Sheet, spec: GarmentSpec) -> None:
    body = _draw_tee(sheet, replace(spec, pattern="plain"), Block(), Sleeve())
    emblems = (_draw_sunset, _draw_peaks, _draw_rings)
    emblems[spec.seed % len(emblems)](sheet, COLORS[spec.accent], spec.rgb, body)


def draw_tank(sheet: Sheet, spec: GarmentSpec) -> None:
    block = Block(
        neck=84,
        top=186,
        neck_depth=132,
        shoulder=(128, 196),
        armpit=(176, 404),
        waist=(164, 600),
        hem=(178, 806),
    )
    back_of_neck(sheet, block, spec.plain(), label=False)
    for side in SIDES:
        hole = outline(
            [(CENTER + 118, 200), (CENTER + 140, 330), (CENTER + 176, 404)],
            [(CENTER + 128, 430)],
            [(CENTER + 96, 250)],
        )
        sheet.panel(flip(hole, side), spec.plain(), puff=20, tone=0.62, cast=0)
    half = [
        *block.half()[:1],
        [(CENTER + 127, 190)],
        [(CENTER + 118, 290), (CENTER + 138, 366), (CENTER + 176, 404)],
        [(CENTER + 164, 600), (CENTER + 178, 806)],
        [(CENTER + 90, 814), (CENTER, 816)],
    ]
    body = sheet.panel(symmetric(*half), spec.cloth, puff=80, folds=bodice_folds(sheet, block), cast=0.22)
    for side in SIDES:
        arm = smooth([(CENTER + 123, 192), (CENTER + 114, 290), (CENTER + 134, 368), (CENTER + 174, 408)])
        sheet.panel(ribbon(flip(arm, side), [11.0]), spec.plain("rib"), puff=6, cast=0.1, relief=0.2)
    stitch_hem(sheet, replace(block, hem=(178, 806)), spec, body)
    neck_band(sheet, block, spec.plain("rib"), 12)


def draw_polo(sheet: Sheet, spec: GarmentSpec) -> None:
    block = Block(neck=74, neck_depth=74)
    _draw_tee(sheet, spec, block, Sleeve(length=184, cuff=124), ribbed=True)
    polo_collar(sheet, spec, block)


def _draw_tee(
    sheet: Sheet, spec: GarmentSpec, block: Block, sleeve: Sleeve, *, ribbed: bool = False
) -> Panel:
    band = spec.plain("rib")
    back_of_neck(sheet, block, spec.plain(), band=band)
    arms = sleeves(sheet, block, sleeve, spec.cloth)
    for side, arm in zip(SIDES, arms, strict=True):
        cuff = flip(sleeve.hem_band(block, 18), side)
        if ribbed:
            sheet.panel(cuff, band, puff=10, cast=0.1, relief=0.2, grain=sleeve.grain(block, side))
        else:
            line = cuff[[0, 3]]
            sheet.stroke([line, shift(line, 0, 5)], spec.dark, 1.2, 0.5, dash=(5, 3), clip=arm)
    body = sheet.panel(block.front(), spec.cloth, puff=80, folds=bodice_folds(sheet, block), cast=0.22)
    stitch_hem(sheet, block, spec, body)
    neck_band(sheet, block, band)
    return body


def _draw_sunset(sheet: Sheet, ink: RGB, cloth: RGB, clip: Panel) -> None:
    radius, middle = 88.0, 420.0
    sheet.fill(ellipse((CENTER, middle), radius), ink, 0.95, clip)
    for row in range(5):
        y, thick = 8 + row * 17.0, 2.4 + row * 1.9
        half = (radius**2 - y**2) ** 0.5 + 1
        low, high = middle + y, middle + y + thick
        sheet.fill(
            [(CENTER - half, low), (CENTER + half, low), (CENTER + half, high), (CENTER - half, high)],
            cloth,
            1,
            clip,
        )
    wave = smooth(
        [(CENTER - 60, 534), (CENTER - 30, 528), (CENTER, 534), (CENTER + 30, 540), (CENTER + 60, 534)]
    )
    sheet.stroke([wave], ink, 4.0, 0.9, clip=clip)


def _draw_peaks(sheet: Sheet, ink: RGB, cloth: RGB, clip: Panel) -> None:
    sheet.fill(ellipse((CENTER + 40, 376), 30), mix(ink, (236, 150, 70), 0.6), 0.95, clip)
    sheet.fill([(CENTER - 116, 490), (CENTER - 40, 366), (CENTER + 36, 490)], ink, 0.95, clip)
    sheet.fill([(CENTER - 26, 490), (CENTER + 46, 408), (CENTER + 116, 490)], mix(ink, cloth, 0.38), 1, clip)
    snow = [
        (CENTER - 61, 400),
        (CENTER - 40, 366),
        (CENTER - 19, 400),
        (CENTER - 32, 394),
        (CENTER - 44, 408),
    ]
    sheet.fill(snow, mix(cloth, (255, 255, 255), 0.75), 0.95, clip)
    for row in range(2):
        y, half = 506.0 + row * 14, 84.0 - row * 34
        sheet.stroke([[(CENTER - half, y), (CENTER + half, y)]], ink, 3.4, 0.9, clip=clip)


def _draw_rings(sheet: Sheet, ink: RGB, cloth: RGB, clip: Panel) -> None:
    for index, radius in enumerate((98, 76, 54, 32)):
        tone = mix(ink, cloth, (0.0, 0.62, 0.25, 0.80)[index])
        half = np.vstack([ellipse((CENTER, 440), radius)[20:], [[CENTER + radius, 440.0]]])
        sheet.fill(half, tone, 1.0, clip)
    sheet.fill(ellipse((CENTER, 478), 24), mix(ink, (236, 150, 70), 0.5), 0.95, clip)
