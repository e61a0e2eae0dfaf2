"""Shoes, as pairs: sneaker, high-top, loafer, ankle boot, heel (from the side), sandal (from above)."""

from collections.abc import Callable

import numpy as np

from local.demo.canvas import Sheet
from local.demo.curves import Points, ellipse, outline, parallel, ribbon, shift, smooth
from local.demo.patterns import RGB, Cloth, mix
from local.demo.shading import Fold
from local.demo.spec import COLORS, GarmentSpec

WHITE: RGB = (240, 239, 234)
INSIDE = Cloth((206, 192, 172), weave="suede")


def draw_sneaker(sheet: Sheet, spec: GarmentSpec) -> None:
    _draw_pair(sheet, spec, _one_sneaker)


def draw_high_top(sheet: Sheet, spec: GarmentSpec) -> None:
    _draw_pair(sheet, spec, _one_high_top, scale=0.86)


def draw_loafer(sheet: Sheet, spec: GarmentSpec) -> None:
    _draw_pair(sheet, spec, _one_loafer)


def draw_ankle_boot(sheet: Sheet, spec: GarmentSpec) -> None:
    _draw_pair(sheet, spec, _one_boot, scale=0.86, lift=30)


def draw_heel(sheet: Sheet, spec: GarmentSpec) -> None:
    _draw_pair(sheet, spec, _one_heel, scale=0.95)


def draw_sandal(sheet: Sheet, spec: GarmentSpec) -> None:
    with sheet.placed(138, -14, 1.12, 5):
        _one_sandal(sheet, spec, 1)
    with sheet.placed(-138, 14, 1.12, -5):
        _one_sandal(sheet, spec, -1)


def _draw_pair(
    sheet: Sheet,
    spec: GarmentSpec,
    draw: Callable[[Sheet, GarmentSpec], None],
    *,
    scale: float = 1.0,
    lift: float = 0.0,
) -> None:
    """The far shoe above, the near one below it."""
    with sheet.placed(44, -186 + lift, 0.94 * scale):
        draw(sheet, spec)
    with sheet.placed(-34, 104 + lift, 1.06 * scale):
        draw(sheet, spec)


def _draw_sole(sheet: Sheet, shape: Points, cloth: Cloth, *, line: float | None = None) -> None:
    panel = sheet.panel(shape, cloth, puff=12, roll=1.0, cast=0, edge=0.5)
    if line is not None:
        edge = smooth([(120, line - 4), (300, line + 2), (480, line + 8), (600, line + 4), (660, line - 10)])
        sheet.stroke([edge], mix(cloth.color, (40, 36, 36), 0.4), 1.6, 0.5, clip=panel)


def _trainer_sole() -> Points:
    return outline(
        [(126, 582), (120, 612), (132, 640)],
        [(300, 646), (480, 648), (590, 644), (642, 626), (652, 600)],
        [(600, 604), (480, 606), (300, 598), (126, 578)],
    )


def _draw_laces(
    sheet: Sheet, start: tuple[float, float], end: tuple[float, float], rows: int, reach: float, color: RGB
) -> None:
    """Flat laces across the opening, from the tongue down to the toe."""
    a, b = np.array(start), np.array(end)
    along = (b - a) / np.linalg.norm(b - a)
    across = np.array([along[1], -along[0]])
    for share in np.linspace(0, 1, rows):
        spot = a + (b - a) * share
        bar = np.vstack(
            [spot - across * reach * 0.5, spot + across * reach * (0.62 - 0.15 * share) + along * 5]
        )
        sheet.stroke([shift(bar, 1.5, 3.5)], (30, 24, 26), 9.0, 0.30)
        sheet.stroke([bar], mix(color, (30, 26, 28), 0.25), 9.0, 1.0)
        sheet.stroke([shift(bar, -0.6, -1.0)], color, 6.4, 1.0)
        eyelet = bar[0]
        sheet.fill(ellipse((float(eyelet[0]), float(eyelet[1])), 4.6), (60, 56, 58), 0.8)


def _one_sneaker(sheet: Sheet, spec: GarmentSpec) -> None:
    accent = Cloth(COLORS[spec.accent], weave=spec.weave)
    inside = outline(
        [(146, 450), (170, 420), (240, 432), (330, 408)], [(360, 440)], [(300, 480), (220, 490), (146, 450)]
    )
    sheet.panel(inside, INSIDE, puff=20, tone=0.72, cast=0)
    tongue = outline(
        [(312, 446), (320, 400), (344, 384), (370, 394)],
        [(430, 440), (506, 506)],
        [(480, 530), (400, 500), (312, 446)],
    )
    sheet.panel(tongue, spec.plain(shift=0.10), puff=20, cast=0.2, roll=1.0)
    upper = outline(
        [(134, 596), (128, 510), (144, 432), (164, 420)],
        [(200, 462), (260, 474), (322, 440)],
        [(392, 486), (470, 532)],
        [(520, 524), (590, 544), (640, 576), (652, 604)],
        [(480, 612), (300, 606), (134, 596)],
    )
    creases = [
        Fold(((470, 540), (484, 566), (480, 590)), 12, -0.3),
        Fold(((500, 536), (514, 562), (512, 590)), 12, -0.25),
    ]
    body = sheet.panel(upper, spec.cloth, puff=46, roll=1.0, cast=0.25, folds=creases, edge=0.5)
    stay = outline(
        [(262, 474), (322, 440)], [(392, 486), (474, 532)], [(452, 566), (370, 540), (286, 510), (262, 474)]
    )
    sheet.panel(stay, spec.plain(shift=-0.16), puff=14, cast=0.2, roll=1.0)
    toe = outline([(548, 604), (560, 560), (596, 546)], [(640, 574), (654, 606)], [(600, 612), (548, 604)])
    sheet.panel(toe, spec.plain(shift=-0.10), puff=18, cast=0.14, roll=1.0)
    heel = outline([(130, 600), (126, 510), (142, 434)], [(168, 424)], [(184, 500), (204, 604)])
    sheet.panel(heel, accent, puff=18, cast=0.18, roll=1.0)
    wave = [(224, 590), (280, 556), (350, 566), (420, 596)]
    sheet.panel(ribbon(wave, [10, 26, 18, 6]), accent, puff=8, cast=0.15)
    collar = smooth([(164, 424), (200, 466), (260, 478), (322, 444)])
    sheet.stroke([parallel(collar, 7)], spec.dark, 1.2, 0.5, dash=(5, 3), clip=body)
    _draw_laces(sheet, (338, 440), (468, 524), 5, 34, WHITE)
    _draw_sole(sheet, _trainer_sole(), Cloth(WHITE, weave="rubber"), line=622)


def _one_high_top(sheet: Sheet, spec: GarmentSpec) -> None:
    inside = outline([(150, 300), (230, 292), (318, 290)], [(330, 350)], [(150, 350)])
    sheet.panel(inside, INSIDE, puff=20, tone=0.70, cast=0)
    tongue = outline(
        [(296, 330), (300, 276), (330, 262), (356, 280)],
        [(400, 400), (500, 510)],
        [(470, 530), (380, 470), (296, 330)],
    )
    sheet.panel(tongue, spec.plain(shift=0.12), puff=20, cast=0.2, roll=1.0)
    upper = outline(
        [(134, 596), (136, 480), (150, 380), (148, 312)],
        [(220, 320), (300, 312)],
        [(336, 420), (390, 494), (470, 536)],
        [(540, 530), (610, 552), (652, 604)],
        [(480, 612), (300, 606), (134, 596)],
    )
    folds = [
        Fold(((142, 470), (190, 462), (250, 480)), 14, -0.34),
        Fold(((144, 500), (200, 500), (250, 516)), 14, 0.26),
    ]
    body = sheet.panel(upper, spec.cloth, puff=46, roll=1.0, cast=0.25, folds=folds)
    stay = outline(
        [(262, 318), (300, 312)],
        [(336, 420), (390, 494), (474, 538)],
        [(446, 562), (356, 524), (296, 430), (262, 318)],
    )
    sheet.panel(stay, spec.plain(shift=-0.14), puff=12, cast=0.16, roll=1.0)
    toe = outline([(530, 606), (540, 556), (572, 540)], [(630, 560), (656, 606)], [(530, 610)])
    sheet.panel(toe, Cloth(WHITE, weave="rubber"), puff=20, cast=0.18, roll=1.0)
    disc = ellipse((204, 412), 34)
    sheet.panel(disc, Cloth(COLORS[spec.accent], weave="rubber"), puff=8, cast=0.2)
    sheet.stroke([ellipse((204, 412), 26)], spec.rgb, 2.0, 0.8)
    heel = smooth([(170, 604), (168, 480), (176, 330)])
    sheet.stroke([heel, shift(heel, 6, 0)], spec.dark, 1.2, 0.5, dash=(5, 3), clip=body)
    _draw_laces(sheet, (314, 336), (352, 432), 4, 36, WHITE)
    _draw_laces(sheet, (374, 466), (466, 530), 4, 36, WHITE)
    _draw_sole(sheet, _trainer_sole(), Cloth(WHITE, weave="rubber"), line=626)
    stripe = smooth([(120, 604), (300, 618), (480, 624), (600, 620), (664, 602)])
    sheet.stroke([stripe], COLORS[spec.accent], 4.0, 0.9)


def _one_loafer(sheet: Sheet, spec: GarmentSpec) -> None:
    inside = outline([(148, 486), (220, 470), (320, 462)], [(396, 500)], [(300, 540), (200, 530), (148, 486)])
    sheet.panel(inside, INSIDE, puff=20, tone=0.74, cast=0)
    upper = outline(
        [(138, 606), (128, 540), (146, 480)],
        [(196, 520), (270, 530), (344, 490)],
        [(380, 470), (440, 484)],
        [(540, 520), (620, 564), (652, 610)],
        [(480, 622), (300, 616), (138, 606)],
    )
    body = sheet.panel(upper, spec.cloth, puff=46, roll=1.0, cast=0.25, edge=0.5)
    apron = smooth([(392, 520), (450, 532), (530, 552), (600, 566), (616, 572)])
    sheet.stroke([apron], spec.dark, 2.4, 0.7, clip=body)
    sheet.stroke([shift(apron, 0, -6)], spec.dark, 1.2, 0.5, dash=(4, 3), clip=body)
    strap = outline(
        [(344, 488), (376, 466), (420, 474)], [(432, 520), (424, 612)], [(336, 612), (330, 540), (344, 488)]
    )
    sheet.panel(strap, spec.cloth, puff=18, cast=0.34, roll=1.0, edge=0.55)
    slot = ribbon([(354, 530), (384, 522), (414, 530)], [9, 13, 9])
    sheet.fill(slot, mix(spec.rgb, (12, 10, 12), 0.8), 0.9)
    sheet.stroke(
        [smooth([(344, 556), (384, 548), (424, 556)]), smooth([(350, 502), (384, 490), (422, 500)])],
        spec.dark,
        1.2,
        0.5,
        dash=(4, 3),
    )
    rim = smooth([(146, 482), (196, 520), (270, 530), (344, 490)])
    sheet.stroke([parallel(rim, 6)], spec.dark, 1.2, 0.5, dash=(4, 3), clip=body)
    heel_seam = smooth([(214, 612), (206, 560), (220, 526)])
    sheet.stroke([heel_seam], spec.dark, 1.5, 0.55, clip=body)
    _draw_leather_sole(sheet, heel=(134, 252, 650))


def _draw_leather_sole(sheet: Sheet, *, heel: tuple[float, float, float]) -> None:
    left, right, ground = heel
    stack = Cloth((66, 46, 36), weave="leather")
    block = outline([(left, 612), (left - 2, ground)], [(right - 12, ground)], [(right, 622)])
    sheet.panel(block, stack, puff=16, roll=0.6, cast=0, edge=0.5)
    sole = outline(
        [(132, 600), (128, 620)],
        [(300, 628), (420, 644), (560, 648), (636, 638), (658, 612)],
        [(560, 622), (440, 622), (300, 610), (132, 600)],
    )
    sheet.panel(sole, stack, puff=10, roll=1.0, cast=0, edge=0.5)
    welt = smooth([(134, 606), (300, 615), (440, 628), (560, 629), (656, 610)])
    sheet.stroke([welt], (176, 140, 104), 1.3, 0.6, dash=(4, 3))


def _one_boot(sheet: Sheet, spec: GarmentSpec) -> None:
    inside = outline([(164, 282), (240, 270), (336, 278)], [(330, 310), (250, 320), (164, 282)])
    sheet.panel(inside, INSIDE, puff=16, tone=0.66, cast=0)
    upper = outline(
        [(140, 606), (136, 500), (156, 400), (160, 286)],
        [(244, 302), (336, 284)],
        [(342, 380), (374, 466)],
        [(450, 512), (560, 536), (634, 572), (652, 610)],
        [(480, 622), (300, 616), (140, 606)],
    )
    creases = [
        Fold(((360, 440), (330, 470), (290, 476)), 16, -0.36),
        Fold(((376, 470), (350, 504), (300, 512)), 16, 0.34),
        Fold(((400, 494), (384, 540), (344, 566)), 16, -0.34),
        Fold(((142, 470), (180, 480), (216, 474)), 14, -0.30),
        Fold(((520, 532), (530, 564), (520, 600)), 18, -0.24),
    ]
    body = sheet.panel(upper, spec.cloth, puff=56, roll=0.8, cast=0.25, folds=creases, edge=0.5)
    gore = outline(
        [(216, 300), (292, 298)], [(284, 400), (266, 470)], [(254, 484), (240, 470)], [(222, 400), (216, 300)]
    )
    elastic = Cloth(mix(spec.rgb, (30, 28, 30), 0.62), weave="rib")
    sheet.panel(gore, elastic, puff=14, cast=0.0, edge=0.6)
    outlines = [smooth([(208, 298), (214, 400), (234, 478), (254, 494), (274, 478), (292, 400), (300, 296)])]
    sheet.stroke(outlines, spec.dark, 1.3, 0.55, dash=(5, 3), clip=body)
    sheet.stroke([smooth([(254, 494), (250, 560), (256, 616)])], spec.dark, 1.6, 0.55, clip=body)
    tab = outline([(152, 292), (156, 250), (168, 244)], [(184, 248), (182, 296)])
    sheet.panel(tab, spec.plain("cotton", shift=-0.2), puff=8, cast=0.2, edge=0.6)
    _draw_leather_sole(sheet, heel=(136, 250, 664))


def _one_heel(sheet: Sheet, spec: GarmentSpec) -> None:
    inside = outline(
        [(150, 430), (250, 452), (360, 520), (452, 556)], [(470, 580)], [(330, 570), (200, 490), (150, 430)]
    )
    sheet.panel(inside, INSIDE, puff=16, tone=0.78, cast=0)
    spike = outline([(148, 470), (160, 560), (170, 650)], [(188, 650)], [(196, 580), (238, 500)])
    sheet.panel(spike, spec.plain(shift=-0.12), puff=14, roll=0.3, cast=0, edge=0.5)
    sole = outline(
        [(146, 484), (240, 508), (340, 580), (430, 636), (520, 650), (610, 650), (656, 640)],
        [(560, 634), (440, 616), (340, 552), (240, 486), (146, 470)],
    )
    sheet.panel(sole, Cloth((120, 84, 60), weave="leather"), puff=6, cast=0, edge=0.5)
    upper = outline(
        [(146, 486), (136, 446), (142, 414), (158, 404)],
        [(180, 446), (250, 496), (340, 556), (420, 572), (470, 548)],
        [(540, 566), (620, 606), (664, 642)],
        [(600, 646), (500, 640), (430, 622), (340, 564), (240, 494), (146, 486)],
    )
    body = sheet.panel(upper, spec.cloth, puff=36, roll=1.0, cast=0.2, edge=0.5)
    rim = smooth([(158, 406), (180, 446), (250, 496), (340, 556), (420, 572), (470, 548)])
    sheet.stroke([parallel(rim, 4)], spec.dark, 1.2, 0.5, clip=body)


def _one_sandal(sheet: Sheet, spec: GarmentSpec, side: int) -> None:
    """A footbed seen from above, its heel at the bottom; `side` 1 is the right foot."""

    def turned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(384 + side * (x - 384), y) for x, y in points]

    foot = turned(
        [
            (350, 262),
            (400, 254),
            (444, 300),
            (462, 390),
            (448, 500),
            (430, 600),
            (440, 690),
            (418, 758),
            (372, 772),
            (326, 754),
            (310, 680),
            (322, 590),
            (316, 480),
            (300, 380),
            (312, 300),
            (350, 262),
        ]
    )
    edge = outline(foot)
    sheet.panel(shift(edge, 5, 9), Cloth((92, 72, 58), weave="rubber"), puff=10, cast=0)
    sheet.panel(shift(edge, 2, 4), Cloth((192, 150, 104), weave="suede"), puff=10, cast=0)
    bed = sheet.panel(edge, spec.plain("suede", shift=0.10), puff=26, roll=1.0, cast=0.2)
    sheet.stroke(
        [(edge - edge.mean(axis=0)) * 0.92 + edge.mean(axis=0)],
        spec.dark,
        1.3,
        0.6,
        dash=(5, 3),
        clip=bed,
    )
    sheet.shade(ellipse((380, 690), 40, 52), 0.12, 14, bed)
    sheet.shade(ellipse((384, 370), 58, 60), 0.10, 16, bed)
    for y, lean, width in ((360, -8, 62), (470, 4, 58)):
        left, right = (298, 464) if y < 400 else (311, 458)
        upper = smooth(turned([(left, y - 14 - lean), (384, y - 42), (right, y - 14 + lean)]))
        lower = shift(upper, 0, width)
        band = np.vstack([upper, lower[::-1]])
        sheet.panel(band, spec.cloth, puff=26, roll=1.0, cast=0.45, edge=0.55)
        sheet.stroke([shift(upper, 0, 6), shift(lower, 0, -6)], spec.dark, 1.1, 0.45, dash=(5, 3))
        x = 384 + side * 40.0
        frame = outline(
            [(x - 17, y - 30), (x + 17, y - 28)], [(x + 17, y + 22)], [(x - 17, y + 20)], [(x - 17, y - 30)]
        )
        sheet.stroke([shift(frame, 1.5, 3.0)], (30, 24, 22), 5.0, 0.4)
        sheet.stroke([frame], (206, 180, 122), 5.0, 1.0)
        sheet.stroke([shift(frame, -0.8, -0.8)], (246, 232, 194), 1.4, 0.9)
        sheet.stroke([[(x, y - 28), (x, y + 20)]], (206, 180, 122), 3.4, 1.0)
