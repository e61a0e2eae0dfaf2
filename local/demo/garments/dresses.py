"""Dresses: A-line, wrap, slip, tiered maxi, shirt-dress, knitted column."""

from dataclasses import replace

from local.demo.canvas import Sheet
from local.demo.curves import Points, outline, ribbon, shift, smooth, symmetric
from local.demo.garments.blocks import (
    CENTER,
    SIDES,
    Block,
    Sleeve,
    back_of_neck,
    flip,
    flip_folds,
    neck_band,
    sleeves,
)
from local.demo.garments.details import belt, buttons, collar_stand, placket, shirt_collar, tie_bow
from local.demo.garments.skirtwork import Flare, band_shape, draw_flare, hem_stitches
from local.demo.patterns import Cloth, mix
from local.demo.shading import Fold
from local.demo.spec import GarmentSpec

BLOCK = Block(
    neck=66, top=100, neck_depth=70, shoulder=(132, 128), armpit=(130, 256), waist=(112, 384), hem=(108, 414)
)


def draw_a_line(sheet: Sheet, spec: GarmentSpec) -> None:
    back_of_neck(sheet, BLOCK, spec.plain())
    _draw_armholes(sheet, spec)
    flare = Flare(410, 872, 110, 256, hip=172, waves=3.6, depth=7, sag=24, wave=6)
    skirt = draw_flare(sheet, spec.cloth, flare)
    hem_stitches(sheet, spec, flare, skirt)
    sheet.panel(_sleeveless(BLOCK), spec.cloth, puff=60, folds=_fitted_folds(), cast=0.2)
    sheet.stroke([smooth([(CENTER - 109, 412), (CENTER, 421), (CENTER + 109, 412)])], spec.dark, 1.6, 0.55)
    for side in SIDES:
        dart = smooth([(CENTER + 62, 414), (CENTER + 60, 350), (CENTER + 66, 300)])
        sheet.stroke([flip(dart, side)], spec.dark, 1.3, 0.4)
    neck_band(sheet, BLOCK, spec.plain(), 8)


def draw_wrap(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(BLOCK, vee=True, neck_depth=196, shoulder=(136, 132), armpit=(132, 262), neck=62)
    back_of_neck(sheet, block, spec.plain())
    sleeve = Sleeve(length=226, cuff=104, angle=17, fullness=3)
    sleeves(sheet, block, sleeve, spec.cloth, puff=34)
    flare = Flare(412, 884, 112, 234, hip=166, waves=3.4, depth=6, sag=20, wave=6)
    draw_flare(sheet, spec.cloth, replace(flare, hem=226, bottom=876), tone=0.86)
    sheet.panel(_wrap_side(-1), spec.cloth, puff=60, cast=0.2, folds=_wrap_folds(-1))
    sheet.panel(_wrap_side(1), spec.cloth, puff=60, cast=0.38, folds=_wrap_folds(1))
    drape = flare.drape(float(sheet.rng.uniform(0, 6)))
    front = outline(
        [(CENTER - 112, 412), (CENTER, 420), (CENTER + 112, 412)],
        [(CENTER + 166, 560), (CENTER + 234, 884)],
        [(CENTER + 130, 896), (CENTER + 20, 900)],
        [(CENTER - 42, 700), (CENTER - 74, 540), (CENTER - 104, 416)],
    )
    folds = [
        Fold(((CENTER - 96, 424), (CENTER - 20, 520), (CENTER + 60, 700)), 20, -0.36),
        Fold(((CENTER - 92, 430), (CENTER - 40, 540), (CENTER + 6, 720)), 20, 0.34),
        Fold(((CENTER - 88, 420), (CENTER + 30, 480), (CENTER + 130, 600)), 18, 0.28),
    ]
    sheet.panel(front, spec.cloth, puff=90, drape=drape, folds=folds, cast=0.42, edge=0.5)
    belt(sheet, band_shape(394, 32, 110, 113), spec.plain(), None)
    tie_bow(sheet, spec.plain(), (CENTER - 88, 414), 58, 190)


def draw_slip(sheet: Sheet, spec: GarmentSpec) -> None:
    back = symmetric(
        [(CENTER, 262), (CENTER + 80, 250), (CENTER + 118, 246)], [(CENTER + 112, 320), (CENTER, 330)]
    )
    sheet.panel(back, spec.plain(), tone=0.62, cast=0)
    for side in SIDES:
        strap = [
            (CENTER + 84, 176),
            (CENTER + 74, 116),
            (CENTER + 58, 86),
            (CENTER + 66, 130),
            (CENTER + 92, 250),
        ]
        sheet.panel(ribbon(flip(strap[2:], side), [6.0]), spec.plain(), puff=4, tone=0.8, cast=0.0)
        sheet.panel(ribbon(flip(strap[:3], side), [6.5]), spec.plain(), puff=4, cast=0.15)
    body = symmetric(
        [(CENTER, 244), (CENTER + 42, 226), (CENTER + 84, 172)],
        [(CENTER + 100, 216), (CENTER + 124, 256)],
        [(CENTER + 110, 380), (CENTER + 142, 540), (CENTER + 190, 914)],
        [(CENTER + 96, 926), (CENTER, 930)],
    )
    flare = Flare(360, 914, 110, 190, waves=2.6, depth=6)
    cowl = [
        Fold(((CENTER - 74, 194), (CENTER, 272), (CENTER + 74, 194)), 15, 0.40),
        Fold(((CENTER - 84, 206), (CENTER, 312), (CENTER + 84, 206)), 16, -0.36),
        Fold(((CENTER - 94, 232), (CENTER + 6, 350), (CENTER + 92, 232)), 16, 0.26),
        Fold(((CENTER - 108, 380), (CENTER - 60, 440), (CENTER + 20, 470)), 22, -0.28),
        Fold(((CENTER + 112, 400), (CENTER + 60, 470), (CENTER - 20, 520)), 22, -0.30),
    ]
    sheet.panel(
        body, spec.cloth, puff=74, folds=cowl, drape=flare.drape(float(sheet.rng.uniform(0, 6))), cast=0.25
    )
    trim = smooth(
        [(CENTER - 84, 172), (CENTER - 42, 226), (CENTER, 244), (CENTER + 42, 226), (CENTER + 84, 172)]
    )
    sheet.stroke([shift(trim, 0, 4)], spec.dark, 1.2, 0.4)


def draw_maxi(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(
        BLOCK,
        top=84,
        neck_depth=96,
        shoulder=(126, 110),
        armpit=(126, 230),
        waist=(106, 340),
        hem=(104, 352),
        vee=True,
    )
    back_of_neck(sheet, block, spec.plain())
    for side in SIDES:
        _draw_flutter(sheet, spec.cloth, block, side)
    tiers = (
        Flare(726, 956, 214, 278, waves=8, depth=3.6, sag=20, wave=6),
        Flare(530, 752, 158, 222, waves=6, depth=3.6, sag=16, wave=4),
        Flare(348, 556, 105, 166, hip=140, waves=5, depth=3.4, sag=12, wave=3),
    )
    for tier in tiers:
        draw_flare(sheet, spec.cloth, tier, cast=0.32)
    side_line = [(CENTER + 106, 340), (CENTER + 105, 352)]
    front = symmetric(*block.half(side_line, [(CENTER + 50, 359), (CENTER, 361)]))
    sheet.panel(front, spec.cloth, puff=56, folds=_fitted_folds(-40), cast=0.22)
    belt(sheet, band_shape(336, 26, 104, 107), spec.plain(), None)
    tie_bow(sheet, spec.plain(), (CENTER, 354), 48, 130)


def draw_shirt_dress(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(
        BLOCK,
        neck=58,
        top=112,
        neck_depth=36,
        shoulder=(146, 152),
        armpit=(138, 280),
        waist=(116, 424),
        hem=(112, 446),
    )
    collar_stand(sheet, spec, block)
    sleeve = Sleeve(length=196, cuff=100, angle=18, fullness=4)
    arms = sleeves(sheet, block, sleeve, spec.cloth, puff=34)
    for side, _ in zip(SIDES, arms, strict=True):
        sheet.panel(
            flip(sleeve.hem_band(block, 34, 4), side),
            spec.cloth,
            puff=18,
            cast=0.25,
            grain=sleeve.grain(block, side),
        )
    flare = Flare(444, 880, 114, 218, hip=164, waves=3.4, depth=5, sag=18, wave=4)
    skirt = draw_flare(sheet, spec.cloth, flare)
    hem_stitches(sheet, spec, flare, skirt)
    side_line = [(CENTER + 114, 424), (CENTER + 112, 448)]
    front = symmetric(*block.half(side_line, [(CENTER + 50, 455), (CENTER, 457)]))
    sheet.panel(front, spec.cloth, puff=60, folds=_fitted_folds(30), cast=0.2)
    placket(sheet, spec, 140, 892, width=30, clip=skirt)
    tone = (236, 230, 220) if sum(spec.rgb) < 520 else mix(spec.rgb, (96, 74, 58), 0.6)
    buttons(sheet, 188, 850, 10, tone, radius=6)
    shirt_collar(sheet, spec, block, spread=58, drop=70)
    strap = (
        Cloth((122, 82, 52), weave="leather")
        if spec.color != "brown"
        else Cloth((52, 42, 40), weave="leather")
    )
    belt(sheet, band_shape(430, 32, 114, 118), strap, (CENTER, 453), size=21)


def draw_knit(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(
        BLOCK,
        neck=60,
        top=116,
        neck_depth=40,
        shoulder=(136, 152),
        armpit=(132, 272),
        waist=(116, 424),
        hem=(150, 872),
    )
    rib = spec.plain("rib")
    back_of_neck(sheet, block, spec.plain(), band=rib, label=False)
    sleeve = Sleeve(length=420, cuff=58, angle=9, bend=6)
    sleeves(sheet, block, sleeve, spec.cloth, puff=30)
    for side in SIDES:
        sheet.panel(
            flip(sleeve.hem_band(block, 40, -3), side),
            rib,
            puff=18,
            cast=0.15,
            grain=sleeve.grain(block, side),
        )
    side_line = [(CENTER + 114, 424), (CENTER + 146, 590), (CENTER + 152, 872)]
    front = symmetric(*block.half(side_line, [(CENTER + 80, 880), (CENTER, 882)]))
    creases = [
        *_fitted_folds(20),
        Fold(((CENTER - 116, 430), (CENTER - 50, 462), (CENTER + 20, 458)), 20, -0.30),
        Fold(((CENTER + 116, 446), (CENTER + 50, 484), (CENTER - 10, 486)), 20, -0.30),
        Fold(((CENTER + 140, 620), (CENTER + 60, 668), (CENTER - 20, 672)), 26, 0.24),
    ]
    sheet.panel(front, spec.cloth, puff=74, folds=creases, cast=0.24)
    hem = symmetric(
        [(CENTER, 846), (CENTER + 152, 838)], [(CENTER + 150, 874)], [(CENTER + 80, 882), (CENTER, 884)]
    )
    sheet.panel(hem, rib, puff=60, cast=0.1, relief=0.4)
    tube = symmetric(
        [(CENTER, 108), (CENTER + 40, 100), (CENTER + 57, 84)],
        [(CENTER + 66, 130)],
        [(CENTER + 40, 162), (CENTER, 172)],
    )
    inside = symmetric(
        [(CENTER, 72), (CENTER + 40, 74), (CENTER + 57, 84)], [(CENTER + 40, 102), (CENTER, 110)]
    )
    sheet.panel(inside, rib, tone=0.62, cast=0)
    sheet.panel(tube, rib, puff=36, cast=0.3)


def _sleeveless(block: Block) -> Points:
    side = [(CENTER + block.waist[0], block.waist[1]), (CENTER + block.hem[0], block.hem[1])]
    return symmetric(*block.half(side, [(CENTER + 50, block.hem[1] + 8), (CENTER, block.hem[1] + 10)]))


def _draw_armholes(sheet: Sheet, spec: GarmentSpec) -> None:
    for side in SIDES:
        hole = outline(
            [(CENTER + 118, 124), (CENTER + 138, 150), (CENTER + 140, 210), (CENTER + 130, 258)],
            [(CENTER + 96, 250)],
            [(CENTER + 90, 160)],
        )
        sheet.panel(flip(hole, side), spec.plain(), puff=16, tone=0.6, cast=0)


def _draw_flutter(sheet: Sheet, cloth: Cloth, block: Block, side: int) -> None:
    x, y = CENTER + block.shoulder[0], block.shoulder[1]
    shape = outline(
        [(x - 36, y - 12), (x + 10, y + 8), (x + 54, y + 66), (x + 66, y + 122)],
        [(x + 46, y + 134), (x + 24, y + 124), (x + 2, y + 134), (x - 16, y + 124)],
        [(x - 20, y + 60), (x - 36, y - 12)],
    )
    folds = [
        Fold(((x - 6, y + 4), (x + 12, y + 60), (x + 34, y + 128)), 12, -0.5),
        Fold(((x + 4, y + 10), (x + 36, y + 66), (x + 56, y + 120)), 12, 0.4),
        Fold(((x - 12, y + 10), (x - 8, y + 66), (x + 8, y + 128)), 10, 0.4),
    ]
    moved = [
        Fold(tuple((float(a), float(b)) for a, b in flip(f.points, side)), f.width, f.depth) for f in folds
    ]
    sheet.panel(flip(shape, side), cloth, puff=26, folds=moved, cast=0.2)


def _fitted_folds(dy: float = 0.0) -> list[Fold]:
    """Drag lines of a close bodice towards the bust and the waist."""
    lines = [
        ((126, 262), (92, 282), (56, 292), 14, -0.34),
        ((108, 372), (70, 386), (30, 384), 16, -0.30),
        ((110, 352), (80, 358), (50, 350), 14, 0.26),
        ((70, 300), (60, 340), (58, 392), 20, -0.18),
    ]
    found: list[Fold] = []
    for a, b, c, width, depth in lines:
        right = Fold(tuple((CENTER + x, y + dy) for x, y in (a, b, c)), width, depth)
        found += [right, *flip_folds([right], -1)]
    return found


def _wrap_side(side: int) -> Points:
    """One front of a wrap bodice, from its shoulder across to the other side of the waist."""
    right = outline(
        [(CENTER + 62, 100), (CENTER + 100, 113), (CENTER + 136, 132)],
        [(CENTER + 124, 206), (CENTER + 132, 262)],
        [(CENTER + 112, 384), (CENTER + 111, 416)],
        [(CENTER, 424), (CENTER - 106, 414)],
        [(CENTER - 40, 330), (CENTER + 24, 224), (CENTER + 62, 100)],
    )
    return flip(right, side)


def _wrap_folds(side: int) -> list[Fold]:
    lines = [
        (((108, 140), (50, 280), (-60, 396)), 16, 0.30),
        (((126, 200), (70, 320), (-40, 404)), 18, -0.32),
        (((124, 280), (70, 362), (0, 404)), 16, 0.28),
    ]
    return [
        Fold(tuple((CENTER + side * x, float(y)) for x, y in points), width, depth)
        for points, width, depth in lines
    ]
