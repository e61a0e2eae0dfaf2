"""Long and tailored outerwear: blazer, trench coat, wool coat, raincoat."""

from dataclasses import replace

from local.demo.canvas import Sheet
from local.demo.curves import Points, outline, ribbon, smooth, symmetric
from local.demo.garments.blocks import CENTER, SIDES, Block, Sleeve, back_of_neck, bodice_folds, flip, sleeves
from local.demo.garments.details import belt, flap_pocket
from local.demo.garments.skirtwork import band_shape
from local.demo.patterns import Cloth, mix
from local.demo.shading import Fold
from local.demo.spec import GarmentSpec

COAT = Block(
    neck=62, top=116, neck_depth=40, shoulder=(164, 158), armpit=(158, 300), waist=(146, 470), hem=(186, 918)
)
COAT_SLEEVE = Sleeve(length=424, cuff=84, angle=9, bend=8, fullness=3)


def draw_blazer(sheet: Sheet, spec: GarmentSpec) -> None:
    block = Block(
        neck=66,
        top=170,
        neck_depth=40,
        shoulder=(196, 218),
        armpit=(182, 372),
        waist=(160, 560),
        hem=(192, 800),
    )
    sleeve = Sleeve(length=428, cuff=82, angle=9, bend=8, fullness=2)
    _draw_inside(sheet, block, 290)
    _draw_sleeves(sheet, spec, block, sleeve)
    for side in (1, -1):
        shape = _blazer_front(block)
        sheet.panel(flip(shape, side), spec.cloth, puff=74, cast=0.34, folds=_front_folds(block), edge=0.5)
    for side in SIDES:
        flap_pocket(sheet, spec, (CENTER + side * 104, 622), (98, 38))
        dart = smooth([(CENTER + 104, 400), (CENTER + 92, 500), (CENTER + 100, 612)])
        sheet.stroke([flip(dart, side)], spec.dark, 1.4, 0.4)
    sheet.stroke([[(CENTER + 64, 388), (CENTER + 122, 380)]], spec.dark, 3.0, 0.55)
    _draw_lapels(sheet, spec, block, fall=300, width=92)
    for y in (516, 584):
        sheet.button((CENTER + 2, y), 10, mix(spec.rgb, (24, 20, 18), 0.55))


def draw_trench(sheet: Sheet, spec: GarmentSpec) -> None:
    _draw_inside(sheet, COAT, 200)
    _draw_sleeves(sheet, spec, COAT, COAT_SLEEVE, strap=True)
    _draw_coat_front(sheet, spec, COAT, overlap=62)
    flap = outline(
        [(CENTER - 58, 148), (CENTER - 152, 172)],
        [(CENTER - 150, 296)],
        [(CENTER - 90, 334), (CENTER - 36, 326)],
    )
    sheet.panel(flap, spec.cloth, puff=24, cast=0.3, edge=0.5)
    tone = mix(spec.rgb, (52, 34, 22), 0.72)
    for y in (372, 440, 560, 650):
        for x in (-52, 44):
            sheet.button((CENTER + x, y), 10.5, tone)
    for side in SIDES:
        tab = outline([(CENTER + 96, 128), (CENTER + 160, 152)], [(CENTER + 164, 176)], [(CENTER + 92, 150)])
        sheet.panel(flip(tab, side), spec.cloth, puff=8, cast=0.25, edge=0.6)
        sheet.button((CENTER + side * 106, 144), 4.5, tone)
        welt = outline(
            [(CENTER + 100, 586), (CENTER + 122, 582)], [(CENTER + 136, 686)], [(CENTER + 114, 690)]
        )
        sheet.panel(flip(welt, side), spec.cloth, puff=8, cast=0.3, edge=0.55)
    _draw_lapels(sheet, spec, COAT, fall=190, width=104, wide=True)
    strap = belt(
        sheet,
        band_shape(468, 42, 148, 151),
        spec.cloth,
        (CENTER - 4, 494),
        metal=mix(spec.rgb, (62, 40, 26), 0.7),
        size=26,
    )
    sheet.stroke(
        [
            smooth([(CENTER - 150, 474), (CENTER, 480), (CENTER + 150, 474)]),
            smooth([(CENTER - 150, 505), (CENTER, 511), (CENTER + 150, 505)]),
        ],
        spec.dark,
        1.1,
        0.45,
        dash=(5, 3),
        clip=strap,
    )
    tail = outline(
        [(CENTER + 20, 500), (CENTER + 44, 506), (CENTER + 66, 640)],
        [(CENTER + 48, 660)],
        [(CENTER + 26, 648), (CENTER + 20, 500)],
    )
    sheet.panel(tail, spec.cloth, puff=10, cast=0.35, edge=0.55)


def draw_wool_coat(sheet: Sheet, spec: GarmentSpec) -> None:
    block = replace(COAT, waist=(154, 470), hem=(176, 912))
    _draw_inside(sheet, block, 250)
    _draw_sleeves(sheet, spec, block, replace(COAT_SLEEVE, cuff=90))
    _draw_coat_front(sheet, spec, block, overlap=40)
    for side in SIDES:
        flap_pocket(sheet, spec, (CENTER + side * 98, 596), (94, 40))
    _draw_lapels(sheet, spec, block, fall=270, width=100)
    for y in (418, 510, 602):
        sheet.button((CENTER + 12, y), 12, mix(spec.rgb, (40, 28, 22), 0.62))


def draw_raincoat(sheet: Sheet, spec: GarmentSpec) -> None:
    block = Block(
        neck=70,
        top=196,
        neck_depth=44,
        shoulder=(176, 246),
        armpit=(176, 396),
        waist=(178, 600),
        hem=(206, 896),
    )
    hood = symmetric(
        [(CENTER, 66), (CENTER + 74, 82), (CENTER + 116, 150), (CENTER + 112, 214), (CENTER + 84, 258)],
        [(CENTER, 290)],
    )
    sheet.panel(hood, spec.cloth, puff=56, roll=0.8, cast=0)
    _draw_sleeves(sheet, spec, block, Sleeve(length=420, cuff=100, angle=11, bend=8, fullness=5))
    sheet.panel(block.front(14), spec.cloth, puff=84, folds=bodice_folds(sheet, block, 1.1), cast=0.24)
    front = symmetric(
        [(CENTER, 70), (CENTER + 72, 86), (CENTER + 112, 152), (CENTER + 110, 214)],
        [(CENTER + 62, 276), (CENTER, 306)],
    )
    sheet.panel(front, spec.cloth, puff=40, roll=0.7, cast=0.3)
    opening = symmetric(
        [(CENTER, 104), (CENTER + 46, 116), (CENTER + 76, 166), (CENTER + 64, 222)],
        [(CENTER + 30, 262), (CENTER, 282)],
    )
    sheet.panel(opening, spec.plain("cotton"), puff=30, tone=0.5, cast=0, relief=0.5)
    flap = outline([(CENTER - 24, 288), (CENTER + 26, 288)], [(CENTER + 26, 908)], [(CENTER - 24, 908)])
    panel = sheet.panel(flap, spec.cloth, puff=12, cast=0.3, edge=0.55)
    sheet.stroke(
        [[(CENTER - 18, 290), (CENTER - 18, 906)], [(CENTER + 20, 290), (CENTER + 20, 906)]],
        spec.dark,
        1.1,
        0.42,
        dash=(5, 3),
        clip=panel,
    )
    for y in range(330, 880, 88):
        sheet.button((CENTER + 1, y), 9, mix(spec.rgb, (255, 255, 255), 0.25), holes=False)
    for side in SIDES:
        flap_pocket(
            sheet,
            spec,
            (CENTER + side * 108, 640),
            (104, 46),
            button=mix(spec.rgb, (255, 255, 255), 0.25),
            patch=128,
        )
        yoke = smooth([(CENTER + 60, 320), (CENTER + 120, 336), (CENTER + 184, 332)])
        sheet.stroke([flip(yoke, side)], spec.dark, 1.6, 0.5)


def _draw_inside(sheet: Sheet, block: Block, depth: float) -> None:
    """The lining seen between the lapels."""
    lining = Cloth((84, 78, 80), weave="satin")
    back_of_neck(sheet, replace(block, neck_depth=depth, vee=True), lining)


def _draw_sleeves(
    sheet: Sheet, spec: GarmentSpec, block: Block, sleeve: Sleeve, *, strap: bool = False
) -> None:
    sleeves(sheet, block, sleeve, spec.cloth, puff=42, fold=0.95)
    for side in SIDES:
        band = flip(sleeve.hem_band(block, 58 if strap else 74), side)
        if strap:
            sheet.panel(
                flip(sleeve.hem_band(block, 66, 4), side)[[0, 3]].repeat(2, axis=0)[[0, 2, 3, 1]]
                + [[0, 0], [0, 0], [0, 20], [0, 20]],
                spec.cloth,
                puff=8,
                cast=0.25,
                edge=0.6,
            )
            continue
        outer, inner = band[1], band[2]
        for index in range(3):
            spot = outer + (inner - outer) * 0.16 + (band[0] - band[1]) * (0.2 + 0.26 * index)
            sheet.button((float(spot[0]), float(spot[1])), 5, mix(spec.rgb, (24, 20, 18), 0.55))


def _blazer_front(block: Block) -> Points:
    """The right front: overlaps the middle, with a rounded lower corner."""
    line = block.half()
    return outline(
        [(CENTER + block.neck, block.top), (CENTER + block.shoulder[0], block.shoulder[1])],
        line[2],
        [(CENTER + block.waist[0], block.waist[1]), (CENTER + block.hem[0], block.hem[1])],
        [
            (CENTER + 110, block.hem[1] + 12),
            (CENTER + 56, block.hem[1] + 10),
            (CENTER - 2, block.hem[1] - 66),
            (CENTER - 16, 600),
            (CENTER - 16, 500),
        ],
        [(CENTER + 22, 340), (CENTER + block.neck, block.top)],
    )


def _draw_coat_front(sheet: Sheet, spec: GarmentSpec, block: Block, *, overlap: float) -> None:
    line = block.half()
    x, y = block.hem
    for side, reach in ((1, 20.0), (-1, overlap)):
        front = outline(
            [(CENTER + block.neck, block.top), (CENTER + block.shoulder[0], block.shoulder[1])],
            line[2],
            [(CENTER + block.waist[0], block.waist[1]), (CENTER + x, y)],
            [(CENTER + x * 0.4, y + 10), (CENTER - reach, y + 11)],
            [(CENTER - reach, 420)],
            [(CENTER + 14, 270), (CENTER + block.neck, block.top)],
        )
        sheet.panel(flip(front, side), spec.cloth, puff=74, cast=0.36, folds=_front_folds(block), edge=0.5)
    sheet.stroke(
        [[(CENTER + overlap - 8, 420), (CENTER + overlap - 8, y + 6)]], spec.dark, 1.1, 0.4, dash=(5, 3)
    )


def _front_folds(block: Block) -> list[Fold]:
    ax, ay = CENTER + block.armpit[0], block.armpit[1]
    wx, wy = CENTER + block.waist[0], block.waist[1]
    return [
        Fold(((ax - 6, ay + 10), (ax - 40, ay + 50), (ax - 62, ay + 120)), 16, -0.34),
        Fold(((wx - 4, wy - 26), (wx - 50, wy - 4), (wx - 104, wy + 6)), 20, -0.28),
        Fold(((wx - 4, wy + 10), (wx - 44, wy + 28), (wx - 90, wy + 34)), 18, 0.26),
        Fold(((wx - 40, wy + 50), (wx - 44, (wy + block.hem[1]) / 2), (wx - 30, block.hem[1])), 28, -0.24),
        Fold(((wx - 84, wy + 60), (wx - 90, (wy + block.hem[1]) / 2), (wx - 84, block.hem[1])), 28, 0.20),
    ]


def _draw_lapels(
    sheet: Sheet, spec: GarmentSpec, block: Block, *, fall: float, width: float, wide: bool = False
) -> None:
    """A notched collar: the left side (as worn) over the right."""
    top, neck = block.top, block.neck
    notch = top + (112 if wide else 92)
    lapel = outline(
        [(CENTER + neck - 4, top - 8), (CENTER + neck + 16, top + 40)],
        [(CENTER + width + 20, notch)],
        [(CENTER + width + (30 if wide else 26), notch + 34)],
        [(CENTER + width * 0.5, top + fall * 0.72), (CENTER - 12, top + fall + 24)],
        [(CENTER + 26, top + fall * 0.52), (CENTER + neck - 4, top - 8)],
    )
    collar = outline(
        [
            (CENTER + neck - 12, top - 22),
            (CENTER + neck + 16, top + 6),
            (CENTER + neck + (58 if wide else 44), top + 52),
        ],
        [(CENTER + width + (34 if wide else 16), notch - 14)],
        [(CENTER + width - 14, notch + 4)],
        [(CENTER + neck - 8, top + 56), (CENTER + neck - 26, top + 8), (CENTER + neck - 12, top - 22)],
    )
    for side in (1, -1):
        sheet.panel(flip(lapel, side), spec.cloth, puff=20, cast=0.40, relief=0.4, edge=0.6)
    stand = smooth([(CENTER - neck + 8, top - 18), (CENTER, top + 2), (CENTER + neck - 8, top - 18)])
    sheet.panel(ribbon(stand, [34.0]), spec.cloth, puff=16, cast=0.2, relief=0.3, tone=0.92)
    for side in (1, -1):
        sheet.panel(flip(collar, side), spec.cloth, puff=16, cast=0.34, relief=0.4, edge=0.6)
