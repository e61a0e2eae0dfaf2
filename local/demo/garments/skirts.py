"""Skirts: A-line mini, pleated midi, pencil, tiered maxi, denim with buttons, wrap."""

from dataclasses import replace

from local.demo.canvas import Sheet
from local.demo.curves import outline, shift, smooth
from local.demo.garments.blocks import CENTER, SIDES, flip
from local.demo.garments.details import buttons, tie_bow
from local.demo.garments.skirtwork import (
    Flare,
    belt_loops,
    draw_flare,
    hem_stitches,
    seam_down,
    waistband,
)
from local.demo.patterns import RGB
from local.demo.shading import Fold
from local.demo.spec import GarmentSpec

BRASS: RGB = (196, 156, 92)


def draw_a_line(sheet: Sheet, spec: GarmentSpec) -> None:
    flare = Flare(266, 764, 146, 276, hip=204, waves=3.4, depth=6, sag=26, wave=5)
    body = draw_flare(sheet, spec.cloth, flare)
    hem_stitches(sheet, spec, flare, body)
    waistband(sheet, spec, 222, 46, 140, 147)


def draw_pleated(sheet: Sheet, spec: GarmentSpec) -> None:
    flare = Flare(196, 872, 128, 268, hip=180, waves=13, depth=2.6, sag=22, wave=5, pleated=True)
    draw_flare(sheet, spec.cloth, flare)
    waistband(sheet, spec, 158, 42, 123, 129, cloth=spec.plain())


def draw_pencil(sheet: Sheet, spec: GarmentSpec) -> None:
    creases = [
        Fold(((CENTER - 168, 330), (CENTER - 90, 356), (CENTER - 20, 352)), 22, -0.24),
        Fold(((CENTER + 172, 340), (CENTER + 100, 372), (CENTER + 30, 366)), 22, -0.28),
        Fold(((CENTER + 150, 690), (CENTER + 80, 668), (CENTER + 10, 676)), 24, 0.22),
    ]
    flare = Flare(206, 862, 134, 142, hip=178, hip_at=0.28, waves=2, depth=1.2, sag=12, wave=0)
    body = draw_flare(sheet, spec.cloth, flare, folds=creases)
    for side in SIDES:
        dart = smooth([(CENTER + side * 66, 208), (CENTER + side * 72, 320)])
        sheet.stroke([dart], spec.dark, 1.4, 0.5, clip=body)
    slit = outline(
        [(CENTER + 74, 700), (CENTER + 66, 800), (CENTER + 48, 880)],
        [(CENTER + 82, 880)],
        [(CENTER + 78, 790), (CENTER + 74, 700)],
    )
    sheet.fill(slit, spec.dark, 0.9, body)
    seam_down(sheet, spec, [(CENTER + 74, 420), (CENTER + 74, 700)], body)
    waistband(sheet, spec, 168, 42, 129, 135)


def draw_tiered(sheet: Sheet, spec: GarmentSpec) -> None:
    tiers = (
        Flare(640, 918, 226, 290, waves=8, depth=3.6, sag=22, wave=6),
        Flare(384, 668, 172, 232, waves=6.4, depth=3.4, sag=18, wave=4),
        Flare(150, 410, 120, 178, hip=150, waves=5, depth=3.2, sag=14, wave=3),
    )
    for tier in tiers:
        draw_flare(sheet, spec.cloth, tier, cast=0.34)
    waistband(sheet, spec, 114, 40, 116, 121)
    tie_bow(sheet, spec.plain(), (CENTER, 142), 54, 130)


def draw_denim(sheet: Sheet, spec: GarmentSpec) -> None:
    flare = Flare(262, 770, 148, 226, hip=202, hip_at=0.36, waves=2.4, depth=2.4, sag=18, wave=2)
    body = draw_flare(
        sheet,
        spec.cloth,
        flare,
        folds=[Fold(((CENTER + 60, 560), (CENTER + 120, 610), (CENTER + 190, 620)), 22, -0.25)],
    )
    thread = replace(spec, color="camel")
    for x in (-17, 17):
        sheet.stroke([[(CENTER + x, 268), (CENTER + x, 792)]], thread.rgb, 1.4, 0.75, dash=(6, 3), clip=body)
    sheet.stroke([[(CENTER + 23, 268), (CENTER + 23, 792)]], spec.dark, 1.8, 0.7, clip=body)
    for side in SIDES:
        curve = smooth([(CENTER + 78, 266), (CENTER + 88, 318), (CENTER + 122, 346), (CENTER + 188, 350)])
        sheet.stroke([flip(curve, side)], spec.dark, 2.0, 0.7, clip=body)
        sheet.stroke([shift(flip(curve, side), 0, 6)], thread.rgb, 1.4, 0.75, dash=(6, 3), clip=body)
    row = smooth([(CENTER - 232, 752), (CENTER, 770), (CENTER + 232, 752)])
    sheet.stroke([row, shift(row, 0, -6)], thread.rgb, 1.3, 0.7, dash=(6, 3), clip=body)
    waistband(sheet, spec, 218, 46, 143, 149)
    belt_loops(sheet, spec, 218, 46, (66.0, 112.0))
    buttons(sheet, 246, 730, 7, BRASS, radius=9)


def draw_wrap(sheet: Sheet, spec: GarmentSpec) -> None:
    flare = Flare(214, 850, 132, 232, hip=184, waves=3.4, depth=5, sag=20, wave=5)
    draw_flare(sheet, spec.cloth, replace(flare, bottom=842, hem=222), tone=0.86)
    drape = flare.drape(float(sheet.rng.uniform(0, 6)))
    cut = [(CENTER + 128, 214), (CENTER + 116, 420), (CENTER + 84, 640), (CENTER + 18, 874)]
    front = outline(
        cut,
        [(CENTER - 60, 868), (CENTER - 150, 862), (CENTER - 232, 850)],
        [(CENTER - 190, 404), (CENTER - 132, 214)],
    )
    folds = [
        Fold(((CENTER + 112, 226), (CENTER + 30, 330), (CENTER - 60, 540)), 20, -0.36),
        Fold(((CENTER + 116, 236), (CENTER + 70, 360), (CENTER + 20, 560)), 20, 0.34),
        Fold(((CENTER + 104, 224), (CENTER - 30, 290), (CENTER - 140, 420)), 18, 0.30),
        Fold(((CENTER + 100, 222), (CENTER - 60, 262), (CENTER - 150, 330)), 14, -0.28),
        Fold(((CENTER - 60, 560), (CENTER - 90, 700), (CENTER - 110, 850)), 26, -0.28),
    ]
    panel = sheet.panel(front, spec.cloth, puff=90, drape=drape, folds=folds, cast=0.42, edge=0.55)
    sheet.stroke([shift(smooth(cut), -7, 0)], spec.dark, 1.1, 0.42, dash=(5, 3), clip=panel)
    waistband(sheet, spec, 174, 44, 127, 133)
    tie_bow(sheet, spec.plain(), (CENTER + 100, 200), 62, 170)
