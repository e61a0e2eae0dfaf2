"""Hats: baseball cap, beanie, sun hat, fedora, bucket hat, beret."""

import numpy as np

from local.demo.canvas import Grain, Sheet
from local.demo.curves import Points, ellipse, outline, parallel, shift, smooth, symmetric
from local.demo.garments.blocks import CENTER, SIDES
from local.demo.garments.details import tie_bow
from local.demo.patterns import Cloth, mix
from local.demo.shading import Drape, Fold
from local.demo.spec import COLORS, GarmentSpec


def draw_cap(sheet: Sheet, spec: GarmentSpec) -> None:
    with sheet.placed(-62, 20, 1.06, -5):
        crown = outline(
            [
                (196, 604),
                (180, 510),
                (214, 400),
                (300, 330),
                (388, 316),
                (474, 346),
                (540, 430),
                (566, 530),
                (568, 596),
            ],
            [(500, 618), (380, 634), (270, 628), (196, 604)],
        )
        panel = sheet.panel(crown, spec.cloth, puff=84, roll=0.9, grain=Grain((CENTER, 300)))
        seams = [
            smooth([(388, 318), (400, 400), (402, 520), (392, 632)]),
            smooth([(388, 318), (300, 380), (262, 480), (256, 620)]),
            smooth([(388, 318), (478, 380), (530, 470), (546, 604)]),
        ]
        sheet.stroke(seams, spec.dark, 1.7, 0.55, clip=panel)
        sheet.stroke(
            [parallel(line, d) for line in seams for d in (-5, 5)],
            spec.dark,
            1.1,
            0.4,
            dash=(5, 3),
            clip=panel,
        )
        for x, y in ((322, 428), (452, 432)):
            sheet.fill(ellipse((x, y), 6), spec.dark, 0.85)
            sheet.stroke([ellipse((x, y), 8.5)], spec.dark, 2.0, 0.5)
        _draw_badge(sheet, spec, (474, 520))
        brim = outline(
            [(392, 634), (480, 612), (566, 578), (620, 584)],
            [(690, 616), (736, 656), (738, 676)],
            [(664, 684), (560, 676), (470, 668), (410, 656), (392, 634)],
        )
        visor = sheet.panel(brim, spec.cloth, puff=34, roll=1.0, cast=0.42, edge=0.55)
        rim = [(404, 645), (470, 656), (560, 664), (660, 671), (724, 666)]
        rows = [smooth([(x - 10 * k, y - (11 - 0.9 * k) * k) for x, y in rim]) for k in range(5)]
        sheet.stroke(rows, spec.dark, 1.1, 0.42, dash=(5, 3), clip=visor)
        sheet.shade(
            outline([(392, 632), (480, 610), (566, 578)], [(590, 592)], [(490, 632), (396, 648)]),
            0.4,
            7,
            visor,
        )
        sheet.panel(ellipse((388, 317), 17, 9), spec.cloth, puff=10, roll=1.0)
        under = smooth([(410, 658), (560, 680), (664, 687), (736, 678)])
        sheet.stroke([under], spec.dark, 3.0, 0.5, clip=visor)


def draw_beanie(sheet: Sheet, spec: GarmentSpec) -> None:
    with sheet.placed(0, 30, 1.14, -2):
        crown = symmetric(
            [
                (CENTER, 292),
                (CENTER + 96, 312),
                (CENTER + 168, 396),
                (CENTER + 192, 520),
                (CENTER + 194, 660),
            ],
            [(CENTER + 90, 690), (CENTER, 694)],
        )
        ribs = [
            Fold(
                (
                    (CENTER + x * 34, 660),
                    (CENTER + x * 33, 480),
                    (CENTER + x * 25, 380),
                    (CENTER + x * 7, 298),
                ),
                22,
                0.5,
            )
            for x in range(-6, 7)
        ]
        sheet.panel(crown, spec.cloth, puff=92, roll=0.9, folds=ribs)
        cuff = symmetric(
            [(CENTER, 566), (CENTER + 110, 560), (CENTER + 204, 544)],
            [(CENTER + 212, 620), (CENTER + 204, 690)],
            [(CENTER + 110, 712), (CENTER, 718)],
        )
        ribs = [
            Fold(((CENTER + x * 29, 556), (CENTER + x * 29.5, 630), (CENTER + x * 29, 716)), 16, 0.62)
            for x in range(-7, 8)
        ]
        sheet.panel(cuff, spec.plain(), puff=60, roll=0.5, folds=ribs, cast=0.42, edge=0.55)
        if spec.seed % 2:
            _draw_pompom(sheet, spec, (CENTER + 2, 262), 66)
        else:
            tag = [(CENTER + 92, 614), (CENTER + 148, 610), (CENTER + 148, 646), (CENTER + 92, 650)]
            sheet.panel(tag, Cloth((150, 104, 66), weave="leather"), puff=5, cast=0.3)


def draw_sun_hat(sheet: Sheet, spec: GarmentSpec) -> None:
    with sheet.placed(0, 10, 1.06, -5):
        waves = Drape(480, 720, 600, 4, 3.0, phase=1.0)
        edge = ellipse((CENTER, 596), 322, 122)
        edge[:, 1] += 7 * np.sin(np.linspace(0, 10 * np.pi, len(edge)))
        brim = sheet.panel(np.vstack([edge, edge[:1]]), spec.cloth, puff=70, roll=1.0, drape=waves)
        rings = [ellipse((CENTER, 592 - 4 * k), 322 - 26 * k, 122 - 10 * k) for k in range(1, 6)]
        sheet.stroke([np.vstack([r, r[:1]]) for r in rings], spec.dark, 1.2, 0.30, clip=brim)
        sheet.shade(ellipse((CENTER + 26, 596), 196, 66), 0.42, 12, brim)
        crown = symmetric(
            [(CENTER, 330), (CENTER + 84, 346), (CENTER + 142, 420), (CENTER + 164, 560)],
            [(CENTER + 110, 606), (CENTER, 622)],
        )
        panel = sheet.panel(crown, spec.cloth, puff=80, roll=0.9, cast=0.25)
        rows = [smooth([(CENTER - 160, y), (CENTER, y + 30), (CENTER + 160, y)]) for y in range(370, 540, 26)]
        sheet.stroke(rows, spec.dark, 1.2, 0.25, clip=panel)
        ribbon = _crown_band(514, 562, 157, 165, 44)
        sheet.panel(ribbon, Cloth(COLORS[spec.accent], weave="satin"), puff=24, cast=0.28)
        tie_bow(sheet, Cloth(COLORS[spec.accent], weave="satin"), (CENTER + 116, 584), 46, 84)


def draw_fedora(sheet: Sheet, spec: GarmentSpec) -> None:
    with sheet.placed(0, 0, 1.16, -6):
        back = outline(
            [
                (CENTER - 276, 584),
                (CENTER - 170, 540),
                (CENTER, 528),
                (CENTER + 170, 540),
                (CENTER + 276, 584),
            ],
            [(CENTER + 150, 616), (CENTER, 626), (CENTER - 150, 616), (CENTER - 276, 584)],
        )
        sheet.panel(back, spec.plain(), puff=30, tone=0.8, roll=1.0)
        crown = outline(
            [(CENTER - 170, 590), (CENTER - 158, 450), (CENTER - 128, 340), (CENTER - 84, 316)],
            [(CENTER - 30, 338), (CENTER + 20, 340), (CENTER + 84, 316)],
            [(CENTER + 130, 344), (CENTER + 158, 450), (CENTER + 170, 590)],
            [(CENTER + 80, 630), (CENTER, 640), (CENTER - 80, 630), (CENTER - 170, 590)],
        )
        pinch = [
            Fold(((CENTER - 70, 330), (CENTER - 6, 366), (CENTER + 70, 328)), 26, -0.5),
            Fold(((CENTER - 122, 380), (CENTER - 92, 430), (CENTER - 96, 500)), 34, -0.42),
            Fold(((CENTER + 124, 380), (CENTER + 96, 430), (CENTER + 100, 500)), 34, -0.42),
        ]
        sheet.panel(crown, spec.cloth, puff=84, roll=0.9, folds=pinch, cast=0.3)
        band = (
            Cloth(COLORS[spec.accent], weave="satin")
            if spec.accent != "white"
            else spec.plain("satin", shift=-0.45)
        )
        sheet.panel(_crown_band(528, 584, 167, 171, 40), band, puff=26, cast=0.2)
        knot = outline(
            [(CENTER - 170, 540), (CENTER - 128, 556)], [(CENTER - 126, 610)], [(CENTER - 172, 592)]
        )
        sheet.panel(knot, band, puff=10, cast=0.35)
        front = outline(
            [
                (CENTER - 284, 576),
                (CENTER - 240, 594),
                (CENTER - 168, 604),
                (CENTER - 80, 628),
                (CENTER, 636),
                (CENTER + 80, 628),
                (CENTER + 168, 604),
                (CENTER + 240, 594),
                (CENTER + 284, 576),
            ],
            [
                (CENTER + 286, 604),
                (CENTER + 206, 656),
                (CENTER + 80, 688),
                (CENTER, 693),
                (CENTER - 80, 688),
                (CENTER - 206, 656),
                (CENTER - 286, 604),
                (CENTER - 284, 576),
            ],
        )
        brim = sheet.panel(front, spec.cloth, puff=34, roll=1.0, cast=0.30, edge=0.5)
        rim = [(CENTER - 276, 602), (CENTER - 200, 647), (CENTER - 78, 677), (CENTER, 682)]
        line = smooth([*rim, *((2 * CENTER - x, y) for x, y in rim[-2::-1])])
        sheet.stroke([line], spec.dark, 1.2, 0.5, clip=brim)


def draw_bucket(sheet: Sheet, spec: GarmentSpec) -> None:
    with sheet.placed(0, -4, 1.18, -3):
        crown = symmetric(
            [(CENTER, 322), (CENTER + 86, 328), (CENTER + 134, 352)],
            [(CENTER + 150, 440), (CENTER + 172, 570)],
            [(CENTER + 90, 604), (CENTER, 612)],
        )
        panel = sheet.panel(crown, spec.cloth, puff=80, roll=0.5)
        lid = smooth(
            [(CENTER - 138, 356), (CENTER - 80, 378), (CENTER, 385), (CENTER + 80, 378), (CENTER + 138, 356)]
        )
        sheet.stroke([lid], spec.dark, 1.8, 0.6, clip=panel)
        sheet.stroke([shift(lid, 0, 5), shift(lid, 0, -5)], spec.dark, 1.1, 0.42, dash=(5, 3), clip=panel)
        for side in SIDES:
            for y in (440, 462):
                sheet.fill(ellipse((CENTER + side * 106, y), 4.6, 5.4), spec.dark, 0.85)
        drape = Drape(560, 720, 380, 3, 2.2, 0.003, phase=2.0)
        brim = symmetric(
            [(CENTER, 596), (CENTER + 90, 588), (CENTER + 172, 558)],
            [(CENTER + 222, 622), (CENTER + 256, 684)],
            [(CENTER + 150, 728), (CENTER, 744)],
        )
        flare = sheet.panel(
            brim,
            spec.cloth,
            puff=60,
            roll=0.4,
            drape=drape,
            cast=0.22,
            grain=Grain((CENTER, 580), flare=0.003, bend=-30),
            edge=0.5,
        )
        rows = [
            smooth(
                [
                    (CENTER - 256 + k * 9, 680 - k * 17),
                    (CENTER - 150 + k * 6, 720 - k * 20),
                    (CENTER, 736 - k * 20),
                    (CENTER + 150 - k * 6, 720 - k * 20),
                    (CENTER + 256 - k * 9, 680 - k * 17),
                ]
            )
            for k in range(6)
        ]
        sheet.stroke(rows, spec.dark, 1.1, 0.42, dash=(5, 3), clip=flare)


def draw_beret(sheet: Sheet, spec: GarmentSpec) -> None:
    with sheet.placed(0, 20, 1.24, -10):
        band = outline(
            [(CENTER - 150, 560), (CENTER, 600), (CENTER + 140, 566)],
            [(CENTER + 132, 618)],
            [(CENTER, 650), (CENTER - 142, 616)],
        )
        sheet.panel(band, spec.plain(shift=-0.25), puff=24)
        cap = outline(
            [
                (CENTER + 150, 586),
                (CENTER + 236, 540),
                (CENTER + 252, 470),
                (CENTER + 170, 396),
                (CENTER + 10, 366),
                (CENTER - 150, 390),
                (CENTER - 256, 460),
                (CENTER - 262, 530),
                (CENTER - 160, 586),
                (CENTER, 612),
                (CENTER + 150, 586),
            ]
        )
        folds = [
            Fold(((CENTER - 230, 530), (CENTER - 150, 520), (CENTER - 90, 560)), 22, -0.34),
            Fold(((CENTER + 220, 520), (CENTER + 150, 520), (CENTER + 90, 566)), 22, -0.30),
            Fold(((CENTER - 40, 430), (CENTER - 120, 450), (CENTER - 190, 480)), 30, 0.18),
        ]
        sheet.panel(cap, spec.cloth, puff=90, roll=1.0, folds=folds, cast=0.4, edge=0.5)
        stem = outline(
            [(CENTER + 2, 372), (CENTER + 4, 350), (CENTER + 12, 338)],
            [(CENTER + 20, 342)],
            [(CENTER + 16, 356), (CENTER + 16, 374)],
        )
        sheet.panel(stem, spec.cloth, puff=7, cast=0.3, edge=0.6)


def _crown_band(top: float, bottom: float, upper: float, lower: float, sag: float) -> Points:
    return symmetric(
        [(CENTER, top + sag), (CENTER + upper * 0.6, top + sag * 0.62), (CENTER + upper, top)],
        [(CENTER + lower, bottom)],
        [(CENTER + lower * 0.6, bottom + sag * 0.62), (CENTER, bottom + sag)],
    )


def _draw_badge(sheet: Sheet, spec: GarmentSpec, at: tuple[float, float]) -> None:
    """An embroidered patch with a small peak."""
    (x, y), ink = at, COLORS[spec.accent]
    sheet.fill(ellipse(at, 34, 40), ink, 0.95)
    sheet.stroke([ellipse(at, 29, 35)], spec.rgb, 2.2, 0.9)
    sheet.fill([(x - 19, y + 14), (x, y - 18), (x + 19, y + 14)], spec.rgb, 0.95)


def _draw_pompom(sheet: Sheet, spec: GarmentSpec, at: tuple[float, float], radius: float) -> None:
    wool = Cloth(mix(spec.rgb, COLORS[spec.accent], 0.5), weave="wool")
    sheet.panel(ellipse(at, radius * 0.9), wool, puff=50, roll=1.0, cast=0.35, edge=0)
    for shade in (-0.42, -0.18, 0.12, 0.34):
        tone = mix(wool.color, (255, 255, 255) if shade > 0 else (20, 16, 18), abs(shade))
        tufts: list[Points] = []
        for _ in range(130):
            angle = sheet.rng.uniform(0, 2 * np.pi)
            near = radius * np.sqrt(sheet.rng.uniform(0, 0.86))
            start = np.array([at[0] + near * np.cos(angle), at[1] + near * np.sin(angle)])
            if (np.cos(angle) * 0.6 + np.sin(angle) * 0.8) * near / radius * 0.6 > -shade + sheet.rng.uniform(
                -0.4, 0.4
            ):
                continue
            bend = angle + sheet.rng.uniform(-0.6, 0.6)
            tufts.append(np.vstack([start, start + 13 * np.array([np.cos(bend), np.sin(bend)])]))
        sheet.stroke(tufts, tone, 2.4, 0.8)
