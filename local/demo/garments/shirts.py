"""Shirts: button-down, flannel, camp-collar, blouse with a bow, collarless linen shirt."""

from dataclasses import replace

from local.demo.canvas import Panel, Sheet
from local.demo.curves import Points, outline, ribbon, smooth, symmetric
from local.demo.garments.blocks import CENTER, SIDES, Block, Sleeve, back_of_neck, bodice_folds, flip, sleeves
from local.demo.garments.details import (
    buttons,
    collar_stand,
    flap_pocket,
    patch_pocket,
    placket,
    shirt_collar,
    tie_bow,
)
from local.demo.patterns import RGB, mix
from local.demo.spec import GarmentSpec

BLOCK = Block(
    neck=68, neck_depth=40, top=184, shoulder=(198, 240), armpit=(184, 388), waist=(172, 600), hem=(182, 800)
)
LONG = Sleeve(length=424, cuff=80, angle=10, bend=8, fullness=4)
PEARL: RGB = (236, 230, 220)


def draw_oxford(sheet: Sheet, spec: GarmentSpec) -> None:
    _draw_body(sheet, spec, BLOCK, LONG)
    placket(sheet, spec, 214, 846)
    patch_pocket(sheet, spec, (CENTER + 92, 398), (92, 104))
    buttons(sheet, 262, 806, 7, _button_tone(spec))
    shirt_collar(sheet, spec, BLOCK)
    for side in SIDES:
        sheet.button((CENTER + side * 80, 270), 5, _button_tone(spec))


def draw_flannel(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(BLOCK, armpit=(192, 396), waist=(186, 600), hem=(192, 806))
    _draw_body(sheet, spec, block, replace(LONG, fullness=8))
    placket(sheet, spec, 214, 852, width=38)
    for side in SIDES:
        flap_pocket(sheet, spec, (CENTER + side * 98, 384), (98, 40), button=_button_tone(spec), patch=104)
    buttons(sheet, 262, 810, 7, _button_tone(spec))
    shirt_collar(sheet, spec, block)


def draw_camp(sheet: Sheet, spec: GarmentSpec) -> None:
    back_of_neck(sheet, replace(BLOCK, vee=True, neck_depth=150), spec.cloth, label=False)
    block = replace(
        BLOCK,
        vee=True,
        neck_depth=128,
        armpit=(196, 400),
        waist=(194, 600),
        hem=(198, 806),
        shoulder=(210, 244),
    )
    _draw_body(sheet, spec, block, Sleeve(length=182, cuff=142, angle=22), curved=False)
    sheet.stroke([[(CENTER + 14, 314), (CENTER + 14, 812)]], spec.dark, 1.6, 0.55)
    sheet.shade([(CENTER + 14, 320), (CENTER + 24, 320), (CENTER + 24, 806), (CENTER + 14, 806)], 0.4, 4.0)
    patch_pocket(sheet, spec, (CENTER + 98, 412), (96, 104), pointed=False)
    buttons(sheet, 346, 770, 5, _button_tone(spec), radius=8)
    collar_stand(sheet, spec, replace(block, neck_depth=40))
    _draw_open_collar(sheet, spec, block)


def draw_blouse(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(
        BLOCK,
        neck=64,
        neck_depth=36,
        shoulder=(176, 238),
        armpit=(166, 392),
        waist=(150, 590),
        hem=(172, 776),
    )
    sleeve = Sleeve(length=404, cuff=108, angle=13, bend=16, fullness=20)
    _draw_body(sheet, spec, block, sleeve, cuff=(34, -27))
    sheet.stroke([[(CENTER, 236), (CENTER, 786)]], spec.dark, 1.4, 0.4)
    band = outline(
        [(CENTER - 66, 176), (CENTER - 40, 206), (CENTER, 218), (CENTER + 40, 206), (CENTER + 66, 176)],
        [(CENTER + 62, 148)],
        [(CENTER + 38, 172), (CENTER, 184), (CENTER - 38, 172), (CENTER - 62, 148)],
    )
    sheet.panel(band, spec.cloth, puff=16, cast=0.28)
    tie_bow(sheet, spec.cloth, (CENTER, 222), 104, 260)


def draw_band_collar(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(BLOCK, neck_depth=44, armpit=(190, 396), waist=(184, 600), hem=(192, 812), neck=70)
    back_of_neck(sheet, block, spec.plain(), label=True)
    _draw_body(sheet, spec, block, replace(LONG, fullness=9, cuff=88), stand=False)
    placket(sheet, spec, 226, 540, width=36)
    buttons(sheet, 262, 500, 4, _button_tone(spec))
    sheet.stroke([[(CENTER - 18, 528), (CENTER + 18, 528)]], spec.dark, 1.2, 0.5, dash=(5, 3))
    line = smooth(
        [(CENTER - 71, 178), (CENTER - 52, 212), (CENTER, 232), (CENTER + 52, 212), (CENTER + 71, 178)]
    )
    sheet.panel(ribbon(line, [25.0]), spec.plain(), puff=12, cast=0.25, relief=0.3, edge=0.55)
    sheet.button((CENTER, 230), 6.5, _button_tone(spec))


def shirt_front(block: Block, *, curved: bool) -> Points:
    """A shirt's front down to its (tailed, when `curved`) hem."""
    x, y = block.hem
    side = [(CENTER + block.waist[0], block.waist[1]), (CENTER + x, y)]
    tail = [(CENTER + x * 0.82, y + 22), (CENTER + x * 0.5, y + 48), (CENTER, y + 54)]
    straight = [(CENTER + x * 0.5, y + 8), (CENTER, y + 10)]
    return symmetric(*block.half(side, tail if curved else straight))


def _draw_body(
    sheet: Sheet,
    spec: GarmentSpec,
    block: Block,
    sleeve: Sleeve,
    *,
    curved: bool = True,
    cuff: tuple[float, float] = (46, 3),
    stand: bool = True,
) -> Panel:
    """Collar stand, sleeves with buttoned cuffs, front with its yoke seams and hem stitches."""
    if stand:
        collar_stand(sheet, spec, replace(block, neck_depth=40))
    arms = sleeves(sheet, block, sleeve, spec.cloth, puff=42, fold=1.15)
    for side, arm in zip(SIDES, arms, strict=True):
        if sleeve.length > 260:
            shape = flip(sleeve.hem_band(block, *cuff), side)
            sheet.panel(
                shape, spec.cloth, puff=24, cast=0.2, relief=0.4, grain=sleeve.grain(block, side), edge=0.55
            )
            middle = shape.mean(axis=0)
            sheet.button((float(middle[0]) - side * 14, float(middle[1])), 5.5, _button_tone(spec))
        else:
            line = flip(sleeve.hem_band(block, 24), side)[[0, 3]]
            sheet.stroke([line], spec.dark, 1.2, 0.5, dash=(5, 3), clip=arm)
    body = sheet.panel(
        shirt_front(block, curved=curved),
        spec.cloth,
        puff=80,
        folds=bodice_folds(sheet, block, 1.15),
        cast=0.24,
    )
    yoke = smooth(
        [(CENTER + block.neck + 8, block.top + 30), (CENTER + block.shoulder[0] + 4, block.shoulder[1] + 26)]
    )
    sheet.stroke([flip(yoke, side) for side in SIDES], spec.dark, 1.5, 0.5, clip=body)
    hem = shirt_front(replace(block, hem=(block.hem[0], block.hem[1] - 9)), curved=curved)
    low = hem[hem[:, 1] > block.hem[1] - 12]
    sheet.stroke([low], spec.dark, 1.1, 0.45, dash=(5, 3), clip=body)
    return body


def _draw_open_collar(sheet: Sheet, spec: GarmentSpec, block: Block) -> None:
    top, low = block.top, block.top + block.neck_depth
    leaf = outline(
        [(CENTER + 62, top - 30), (CENTER + 82, top - 4), (CENTER + 92, top + 22)],
        [(CENTER + 130, top + 74)],
        [(CENTER + 92, top + 104)],
        [(CENTER + 108, top + 124)],
        [(CENTER + 52, low - 18), (CENTER + 4, low + 8)],
        [(CENTER + 40, top + 56), (CENTER + 62, top - 30)],
    )
    notch = smooth([(CENTER + 92, top + 104), (CENTER + 64, top + 60)])
    for side in (-1, 1):
        panel = sheet.panel(flip(leaf, side), spec.cloth, puff=14, cast=0.34, relief=0.4, edge=0.6)
        sheet.stroke([flip(notch, side)], spec.dark, 1.5, 0.6, clip=panel)


def _button_tone(spec: GarmentSpec) -> RGB:
    return PEARL if sum(spec.rgb) < 560 else mix(spec.rgb, (120, 104, 92), 0.35)
