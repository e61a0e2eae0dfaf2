"""Short outerwear: puffer, denim jacket, bomber, biker jacket."""

from dataclasses import replace

import numpy as np

from local.demo.canvas import Sheet
from local.demo.curves import Points, outline, ribbon, shift, smooth, symmetric
from local.demo.garments.blocks import (
    CENTER,
    SIDES,
    Block,
    Sleeve,
    back_of_neck,
    bodice_folds,
    flip,
    jitter,
    sleeves,
)
from local.demo.garments.details import buttons, collar_stand, flap_pocket, shirt_collar, zip_line
from local.demo.patterns import RGB
from local.demo.shading import Fold
from local.demo.spec import GarmentSpec

STEEL: RGB = (196, 198, 204)
COPPER: RGB = (186, 128, 84)
THREAD: RGB = (200, 150, 88)
BLOCK = Block(
    neck=74, top=190, neck_depth=46, shoulder=(202, 246), armpit=(194, 402), waist=(192, 600), hem=(184, 780)
)
SLEEVE = Sleeve(length=420, cuff=92, angle=11, bend=10, fullness=7)


def draw_puffer(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(
        BLOCK, shoulder=(206, 250), armpit=(206, 410), waist=(212, 610), hem=(198, 808), neck=82, top=204
    )
    sleeve = Sleeve(length=400, cuff=96, angle=13, bend=10, fullness=22)
    _draw_stand_collar(sheet, spec, 100, 222, quilted=True)
    outer, inner = sleeve.axis(block)
    shape = sleeve.shape(block)
    shares = np.linspace(0.22, 0.90, 5)
    for side in SIDES:
        seams = [_sleeve_seam(outer, inner, float(share), side) for share in shares]
        folds = [Fold(seam, 10, -0.9) for seam in seams] + _puckers(sheet, seams)
        sheet.panel(flip(shape, side), spec.cloth, puff=40, folds=folds, grain=sleeve.grain(block, side))
        sheet.stroke([smooth(seam) for seam in seams], spec.dark, 1.6, 0.45)
        sheet.panel(
            flip(sleeve.hem_band(block, 22, -8), side), spec.plain("rib", shift=-0.2), puff=12, cast=0.1
        )
    rows = [_across(block, y) for y in range(302, 790, 82)]
    folds = [Fold(row, 11, -1.0) for row in rows] + _puckers(sheet, rows)
    folds += [Fold(_across(block, y + 41), 40, 0.42) for y in range(302, 790, 82)]
    body = sheet.panel(_padded_front(block), spec.cloth, puff=88, folds=folds, cast=0.3)
    sheet.stroke([smooth(row) for row in rows], spec.dark, 1.6, 0.45, clip=body)
    _draw_stand_collar(sheet, spec, 100, 222, quilted=True, front=True)
    zip_line(sheet, [(CENTER, 150), (CENTER, 814)], STEEL, width=12)
    for side in SIDES:
        slit = flip(smooth([(CENTER + 112, 600), (CENTER + 132, 700)]), side)
        sheet.stroke([slit], spec.dark, 5.0, 0.6, clip=body)


def draw_denim(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(BLOCK, waist=(184, 600), hem=(170, 742), neck=70, neck_depth=38)
    collar_stand(sheet, spec, block)
    sleeves(sheet, block, SLEEVE, spec.cloth, puff=44, fold=1.3)
    _draw_cuffs(sheet, spec, block, 50)
    body = sheet.panel(block.front(4), spec.cloth, puff=84, folds=bodice_folds(sheet, block, 1.2), cast=0.26)
    for side in SIDES:
        yoke = [(CENTER + 18, 366), (CENTER + 96, 358), (CENTER + 192, 366)]
        seams = [
            yoke,
            [(CENTER + 66, 400), (CENTER + 46, 560), (CENTER + 40, 720)],
            [(CENTER + 138, 400), (CENTER + 112, 560), (CENTER + 104, 720)],
        ]
        for seam in seams:
            line = flip(smooth(seam), side)
            sheet.stroke([line], spec.dark, 1.8, 0.6, clip=body)
            sheet.stroke(
                [
                    shift(line, -4.0, 4.0 if seam is yoke else 0.0),
                    shift(line, 4.0, 9.0 if seam is yoke else 0.0),
                ],
                THREAD,
                1.3,
                0.7,
                dash=(6, 3),
                clip=body,
            )
        fade = outline([(CENTER + 56, 420), (CENTER + 120, 420), (CENTER + 100, 640), (CENTER + 52, 640)])
        sheet.shade(flip(fade, side), -0.2, 18, body)
        flap_pocket(sheet, spec, (CENTER + side * 102, 372), (92, 44), button=COPPER)
    band = symmetric([(CENTER, 716), (CENTER + 174, 706)], [(CENTER + 171, 752)], [(CENTER, 758)])
    sheet.panel(band, spec.cloth, puff=24, cast=0.25, edge=0.6)
    _draw_placket(sheet, spec, 218, 756)
    buttons(sheet, 268, 736, 6, COPPER, radius=9)
    shirt_collar(sheet, spec, block, spread=70, drop=96)


def draw_bomber(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(BLOCK, neck_depth=52)
    rib = spec.plain("rib", shift=-0.18)
    back_of_neck(sheet, block, spec.plain(), band=rib)
    sleeve = replace(SLEEVE, fullness=13, cuff=86)
    sleeves(sheet, block, sleeve, spec.cloth, puff=46, fold=1.3)
    for side in SIDES:
        sheet.panel(
            flip(sleeve.hem_band(block, 46, -8), side),
            rib,
            puff=24,
            cast=0.15,
            grain=sleeve.grain(block, side),
        )
    body = sheet.panel(block.front(6), spec.cloth, puff=86, folds=bodice_folds(sheet, block, 1.4), cast=0.28)
    for side in SIDES:
        welt = outline(
            [(CENTER + 104, 560), (CENTER + 122, 552)], [(CENTER + 148, 660)], [(CENTER + 130, 668)]
        )
        sheet.panel(flip(welt, side), spec.cloth, puff=8, cast=0.3, edge=0.6)
    hem = symmetric(
        [(CENTER, 742), (CENTER + 120, 740), (CENTER + 184, 732)], [(CENTER + 178, 784)], [(CENTER, 796)]
    )
    sheet.panel(hem, rib, puff=50, cast=0.15)
    line = block.neckline()
    sheet.panel(ribbon(line, [34.0]), rib, puff=18, cast=0.2)
    sheet.shade([(CENTER - 9, 240), (CENTER + 9, 240), (CENTER + 9, 740), (CENTER - 9, 740)], 0.3, 5, body)
    zip_line(sheet, [(CENTER, 228), (CENTER, 794)], STEEL, width=13)


def draw_biker(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(BLOCK, waist=(170, 590), hem=(172, 744), neck=70, neck_depth=150, vee=True)
    back_of_neck(sheet, block, spec.plain("cotton", shift=-0.2))
    sleeves(sheet, block, replace(SLEEVE, fullness=3, cuff=80), spec.cloth, puff=40, fold=1.3)
    for side in SIDES:
        band = flip(replace(SLEEVE, fullness=3, cuff=80).hem_band(block, 90), side)
        spot = band[1] * 0.7 + band[2] * 0.3
        zip_line(sheet, np.vstack([spot + (band[0] - band[1]), spot]), STEEL, width=8, pull=False)
    body = sheet.panel(block.front(4), spec.cloth, puff=80, folds=bodice_folds(sheet, block, 1.3), cast=0.28)
    flap = outline(
        [(CENTER - 60, 250), (CENTER - 98, 330), (CENTER - 62, 420), (CENTER - 34, 752)],
        [(CENTER + 30, 752)],
        [(CENTER + 22, 420), (CENTER + 6, 336)],
    )
    sheet.panel(flap, spec.cloth, puff=30, cast=0.4, edge=0.6)
    zip_line(sheet, smooth([(CENTER - 88, 350), (CENTER - 60, 440), (CENTER - 36, 740)]), STEEL, width=11)
    for a, b in (((-150, 470), (-84, 446)), ((150, 590), (92, 640)), ((-150, 590), (-86, 640))):
        zip_line(sheet, np.array([(CENTER + a[0], a[1]), (CENTER + b[0], b[1])]), STEEL, width=9, pull=False)
    belt_shape = symmetric([(CENTER, 704), (CENTER + 173, 694)], [(CENTER + 171, 744)], [(CENTER, 752)])
    sheet.panel(belt_shape, spec.cloth, puff=20, cast=0.3, edge=0.6)
    for side in SIDES:
        _draw_biker_lapel(sheet, spec, side)
        yoke = flip(smooth([(CENTER + 120, 330), (CENTER + 150, 338), (CENTER + 190, 336)]), side)
        sheet.stroke([yoke, shift(yoke, 0, 6)], spec.dark, 1.4, 0.6, clip=body)


def _padded_front(block: Block) -> Points:
    """A front whose sides bulge between the quilting seams."""
    seams = [y - 4.0 for y in range(384, 790, 82)]
    side = [block.armpit[0] + 2, *(208.0 for _ in seams)]
    points: list[tuple[float, float]] = []
    for x, y in zip(side[1:], seams, strict=True):
        points += [(CENTER + x - 3, y), (CENTER + x + 9, y + 41)]
    points[0] = (CENTER + block.armpit[0] + 4, 414.0)
    tail = [*points[1:-1], (CENTER + block.hem[0] + 6, block.hem[1])]
    return symmetric(*block.half(tail, [(CENTER + 100, block.hem[1] + 6), (CENTER, block.hem[1] + 8)]))


def _draw_biker_lapel(sheet: Sheet, spec: GarmentSpec, side: int) -> None:
    lapel = outline(
        [(CENTER + 66, 186), (CENTER + 86, 226)],
        [(CENTER + 138, 262)],
        [(CENTER + 128, 330)],
        [(CENTER + 62, 384), (CENTER + 2, 350)],
        [(CENTER + 30, 270), (CENTER + 66, 186)],
    )
    collar = outline(
        [(CENTER + 58, 164), (CENTER + 92, 190), (CENTER + 122, 224)],
        [(CENTER + 108, 272)],
        [(CENTER + 74, 236)],
        [(CENTER + 46, 196), (CENTER + 58, 164)],
    )
    sheet.panel(flip(lapel, side), spec.cloth, puff=22, cast=0.42, edge=0.65)
    sheet.panel(flip(collar, side), spec.cloth, puff=16, cast=0.36, edge=0.65)
    for x, y in ((118, 318), (100, 256)):
        sheet.button((CENTER + side * x, y), 5, STEEL, holes=False)


def _draw_placket(sheet: Sheet, spec: GarmentSpec, top: float, bottom: float) -> None:
    strip = outline(
        [(CENTER - 20, top), (CENTER + 20, top)], [(CENTER + 20, bottom)], [(CENTER - 20, bottom)]
    )
    panel = sheet.panel(strip, spec.cloth, puff=9, cast=0.3, edge=0.55)
    for x in (-15, 15):
        sheet.stroke([[(CENTER + x, top), (CENTER + x, bottom)]], THREAD, 1.3, 0.7, dash=(6, 3), clip=panel)


def _draw_cuffs(sheet: Sheet, spec: GarmentSpec, block: Block, depth: float) -> None:
    for side in SIDES:
        cuff = flip(SLEEVE.hem_band(block, depth, 2), side)
        panel = sheet.panel(cuff, spec.cloth, puff=24, cast=0.25, edge=0.6, grain=SLEEVE.grain(block, side))
        line = cuff[[0, 3]]
        sheet.stroke([shift(line, 0, 6), cuff[[1, 2]] + (0, -6)], THREAD, 1.3, 0.7, dash=(6, 3), clip=panel)
        spot = cuff[1] * 0.72 + cuff[2] * 0.28 + (cuff[0] - cuff[1]) * 0.5
        sheet.button((float(spot[0]), float(spot[1])), 7, COPPER)


def _draw_stand_collar(
    sheet: Sheet, spec: GarmentSpec, half: float, low: float, *, quilted: bool, front: bool = False
) -> None:
    """A high padded collar: its inside first, its front when the body is there."""
    if not front:
        inside = symmetric(
            [(CENTER, 124), (CENTER + 54, 126), (CENTER + 86, 142)],
            [(CENTER + 84, low + 10)],
            [(CENTER, low + 24)],
        )
        sheet.panel(inside, spec.plain("cotton"), tone=0.55, cast=0, puff=30)
        return
    shape = symmetric(
        [(CENTER, 196), (CENTER + 50, 172), (CENTER + 88, 138)],
        [(CENTER + 97, 170), (CENTER + half, low - 4)],
        [(CENTER + 54, low + 34), (CENTER, low + 44)],
    )
    row = ((CENTER - 96, 184), (CENTER - 50, 214), (CENTER, 228), (CENTER + 50, 214), (CENTER + 96, 184))
    sheet.panel(shape, spec.cloth, puff=30, cast=0.3, folds=[Fold(row, 9, -0.8)] if quilted else [])


def _across(block: Block, y: float) -> tuple[tuple[float, float], ...]:
    half = block.armpit[0] + 18
    return (
        (CENTER - half, y - 4),
        (CENTER - half / 2, y + 5),
        (CENTER, y + 8),
        (CENTER + half / 2, y + 5),
        (CENTER + half, y - 4),
    )


def _sleeve_seam(outer: Points, inner: Points, share: float, side: int) -> tuple[tuple[float, float], ...]:
    a, b = outer[int(share * (len(outer) - 1))], inner[int(share * (len(inner) - 1))]
    one, two = a + (a - b) * 0.06, b + (b - a) * 0.06
    middle = (one + two) / 2 + (0, 6)
    points = flip([(float(p[0]), float(p[1])) for p in (one, middle, two)], side)
    return tuple((float(x), float(y)) for x, y in points)


def _puckers(sheet: Sheet, seams: list[tuple[tuple[float, float], ...]]) -> list[Fold]:
    """The small creases that a quilting seam pulls into a padded cloth."""
    found: list[Fold] = []
    for seam in seams:
        line = smooth(seam)
        for spot in line[3:-3:6]:
            x, y = float(spot[0]), float(spot[1])
            for sign in (-1, 1):
                end = jitter(
                    sheet, [(x, y), (x + sheet.rng.uniform(-10, 10), y + sign * 15), (x, y + sign * 28)], 3
                )
                found.append(Fold(end, 6, -0.34))
    return found
