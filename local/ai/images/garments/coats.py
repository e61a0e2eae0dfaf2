"""Jackets and coats, worn open far enough to show what is under them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from local.ai.images.figure import HEAD, SIDES, Body, level
from local.ai.images.garments.cloth import darken, pair, plain
from local.ai.images.garments.tops import (
    NECK_TOP,
    TopCut,
    draw_collar,
    draw_hood,
    draw_sleeve,
    flank,
    grain_of,
    trunk_folds,
)
from local.demo.canvas import Panel, Sheet
from local.demo.curves import Points, outline, ribbon, shift, smooth
from local.demo.patterns import Cloth, mix
from local.demo.shading import Fold


@dataclass(frozen=True, slots=True)
class OuterCut:
    """Hem in heads; how far the fronts stand apart at breast, waist and hem (pixels); collar; fastening."""

    hem: float
    gap: tuple[float, float, float]
    collar: str
    front: str
    ease: float = 12.0
    full: float = 3.0
    sleeve: float = 1.0
    width: float = 0.0
    """How much wider the hem is than the hips, in pixels."""
    ribs: bool = False


OUTERS: Mapping[str, OuterCut] = {
    "blazer": OuterCut(4.15, (16, -5, 10), "notch", "single", 9, 1, width=4),
    "tuxedo": OuterCut(4.15, (16, -5, 10), "shawl", "single", 9, 1, width=4),
    "trench": OuterCut(5.75, (16, 8, 26), "wide", "double", 13, 3, width=26),
    "wool-coat": OuterCut(5.9, (18, 16, 24), "notch", "single", 14, 3, width=18),
    "raincoat": OuterCut(5.0, (10, 12, 18), "hood", "snaps", 16, 4, width=20),
    "puffer": OuterCut(3.95, (8, 12, 14), "stand", "quilt", 24, 8, width=4),
    "parka": OuterCut(4.9, (10, 14, 18), "hood", "zip", 18, 6, width=12),
    "denim-jacket": OuterCut(3.55, (13, 18, 22), "collar", "denim", 12, 3),
    "bomber": OuterCut(3.55, (8, 14, 16), "rib", "zip", 17, 7, ribs=True),
    "biker": OuterCut(3.45, (20, 16, 22), "biker", "zip", 9, 2),
    "cardigan": OuterCut(3.85, (13, 16, 20), "none", "single", 12, 4, ribs=True),
    "overshirt": OuterCut(4.0, (14, 20, 24), "collar", "snaps", 12, 3),
    "vest": OuterCut(3.35, (12, -5, 2), "none", "single", 6, 0, sleeve=0.0),
    "cape": OuterCut(4.6, (12, 14, 30), "wide", "single", 34, 0, sleeve=0.0, width=40),
}


def draw_outer(sheet: Sheet, body: Body, cloth: Cloth, cut: OuterCut) -> None:
    """A jacket or coat without its sleeves, open far enough to show what is under it."""
    if cut.collar == "hood":
        draw_hood(sheet, body, cloth)
    panels = [_draw_front_half(sheet, body, cloth, cut, side) for side in SIDES]
    _draw_fastening(sheet, body, cloth, cut, panels)


def draw_outer_back(sheet: Sheet, body: Body, cloth: Cloth, cut: OuterCut) -> None:
    """The inside of a coat's back, which shows between the legs and below a shorter skirt."""
    right, left = (_outer_side(body, cut, side) for side in SIDES)
    shape = np.vstack([right, left[::-1]])
    sheet.panel(shape, plain(cloth, shade=0.35), puff=30, cast=0, relief=0.4, tone=0.82)


def _outer_side(body: Body, cut: OuterCut, side: int) -> Points:
    tip = body.shoulder(side, 1.0)
    seam = flank(body, side, cut.ease, min(cut.hem, 3.7), start=2.35)
    points = [
        body.at(side * 0.27 * HEAD, NECK_TOP - 0.01),
        (tip[0] - side * 9, tip[1] - 1),
        body.edge(side, 1.80, 0.3 * cut.ease - 2),
        body.edge(side, 2.08, 0.85 * cut.ease),
    ]
    shape = np.vstack([smooth(points[:2]), smooth(points[1:])[1:], seam])
    if cut.hem > 3.7:
        hip = seam[-1]
        end = (hip[0] + side * cut.width, level(cut.hem))
        shape = np.vstack([shape, end])
    return shape


def _front_edge(body: Body, cut: OuterCut, side: int) -> Points:
    breast, waist, hem = cut.gap
    heights = [1.95, 2.85, min(cut.hem, 3.7)]
    gaps = [breast, waist, waist + (hem - waist) * (0.6 if cut.hem > 3.8 else 1.0)]
    points = [body.at(side * 0.24 * HEAD, NECK_TOP)]
    points += [body.at(side * gap, height) for gap, height in zip(gaps, heights, strict=True)]
    if cut.hem > 3.7:
        points.append((body.middle(3.7) + side * hem, level(cut.hem) + 3))
    return smooth(points)


def _draw_front_half(sheet: Sheet, body: Body, cloth: Cloth, cut: OuterCut, side: int) -> Panel:
    outside, inside = _outer_side(body, cut, side), _front_edge(body, cut, side)
    folds = trunk_folds(sheet, body, min(cut.hem, 3.8))
    if cut.hem > 4.4:
        for share in (0.35, 0.7):
            x = inside[-1, 0] + (outside[-1, 0] - inside[-1, 0]) * share
            folds.append(
                Fold((body.edge(side, 3.0, -10 - 20 * share), (float(x), level(cut.hem))), 14, -0.26)
            )
    return sheet.panel(
        np.vstack([outside, inside[::-1]]),
        cloth,
        puff=24,
        folds=folds,
        grain=grain_of(body),
        cast=0.30,
        edge=0.48,
        relief=0.7,
    )


def draw_outer_sleeve(sheet: Sheet, body: Body, cloth: Cloth, cut: OuterCut, side: int) -> None:
    sleeve = TopCut("crew", cut.sleeve, cut.ease + 2, 3.8, full=cut.full, ribs=cut.ribs, drop=6)
    draw_sleeve(sheet, body, cloth, sleeve, side)
    if cut.front == "quilt":
        line, widths = body.arm(side)
        lines: list[Points] = []
        for place in (0.2, 0.32, 0.44, 0.56, 0.68, 0.8):
            index = int(place * len(line))
            x, y = line[index]
            wide = float(widths[index]) + 0.5 * cut.ease + 6
            lines.append(smooth([(x - wide, y), (x, y + 5), (x + wide, y)]))
        sheet.stroke(lines, darken(cloth.color), 2.2, 0.42)


def draw_outer_collar(sheet: Sheet, body: Body, cloth: Cloth, cut: OuterCut) -> None:
    """Collar and lapels, above sleeves and scarf."""
    neck = body.build.neck * HEAD
    if cut.collar in ("notch", "shawl", "wide", "biker"):
        _draw_lapels(sheet, body, cloth, cut)
    elif cut.collar == "collar":
        draw_collar(sheet, body, cloth, 0.26, wide=0.46)
    elif cut.collar in ("stand", "rib"):
        weave = "rib" if cut.collar == "rib" else None
        high, puff = (1.12, 12) if cut.collar == "stand" else (1.28, 5)
        for side in SIDES:
            points = [
                body.at(side * (neck + 7), high),
                body.at(side * (neck + 13), 1.36),
                body.at(side * 11, 1.62),
                body.at(side * 9, 1.50),
                body.at(side * (neck - 2), high + 0.10),
            ]
            sheet.panel(smooth([*points, points[0]]), plain(cloth, weave), puff=puff, cast=0.22, relief=0.3)
    elif cut.collar == "hood":
        for side in SIDES:
            points = [
                body.at(side * (neck + 12), 1.10),
                body.at(side * (neck + 25), 1.34),
                body.at(side * 15, 1.66),
                body.at(side * 9, 1.50),
                body.at(side * (neck + 2), 1.30),
            ]
            sheet.panel(
                smooth([*points, points[0]]), plain(cloth, shade=0.06), puff=10, cast=0.25, relief=0.4
            )


def _draw_lapels(sheet: Sheet, body: Body, cloth: Cloth, cut: OuterCut) -> None:
    neck = body.build.neck * HEAD
    satin = "satin" if cut.collar == "shawl" else None
    low = 2.72 if cut.gap[1] < 0 else 2.45
    wide = {"notch": 0.40, "shawl": 0.34, "wide": 0.50, "biker": 0.52}[cut.collar]
    for side in SIDES:
        edge = _front_edge(body, cut, side)
        inner = [pair(edge[int(np.argmin(np.abs(edge[:, 1] - level(height))))]) for height in (1.75, low)]
        lapel = outline(
            [body.at(side * (neck + 4), 1.30), inner[0], inner[1]],
            [body.at(side * (wide + 0.06) * HEAD, 2.0), body.at(side * wide * HEAD, 1.80)],
            [body.at(side * (wide - 0.11) * HEAD, 1.70)]
            if cut.collar != "shawl"
            else [body.at(side * wide * HEAD, 1.6)],
            [body.at(side * (neck + 12), 1.38), body.at(side * (neck + 4), 1.28)],
        )
        sheet.panel(lapel, plain(cloth, satin) if satin else cloth, puff=8, cast=0.30, relief=0.3, edge=0.52)
        if cut.collar != "shawl":
            collar = outline(
                [body.at(side * (neck + 3), 1.24), body.at(side * (neck + 6), 1.50)],
                [body.at(side * (wide - 0.09) * HEAD, 1.71)],
                [body.at(side * (wide + 0.02) * HEAD, 1.60), body.at(side * (neck + 13), 1.36)],
                [body.at(side * (neck + 3), 1.24)],
            )
            sheet.panel(collar, cloth, puff=7, cast=0.22, relief=0.2, edge=0.5)


def _draw_fastening(sheet: Sheet, body: Body, cloth: Cloth, cut: OuterCut, panels: Sequence[Panel]) -> None:
    dark = darken(cloth.color)
    button = (
        mix(cloth.color, (46, 32, 26), 0.62)
        if sum(cloth.color) > 250
        else mix(cloth.color, (214, 200, 178), 0.5)
    )
    edges = {side: _front_edge(body, cut, side) for side in SIDES}
    if cut.front in ("single", "double"):
        heights = [2.84, 3.12] if cut.hem < 5 else [2.5, 2.9, 3.3, 3.7]
        for height in heights:
            for side in (1, -1) if cut.front == "double" else (1,):
                inner = edges[side][int(np.argmin(np.abs(edges[side][:, 1] - level(height))))]
                away = 0.0 if cut.gap[1] < 0 and cut.front == "single" else side * 10.0
                spot = (
                    (body.middle(2.8), level(height))
                    if cut.gap[1] < 0
                    else (float(inner[0]) + away, float(inner[1]))
                )
                sheet.button(spot, 4.0, button, holes=False)
    if cut.front in ("zip", "denim", "snaps", "quilt"):
        metal = (176, 178, 182) if cut.front != "denim" else (190, 118, 72)
        for side in SIDES:
            if cut.front in ("zip", "quilt"):
                sheet.stroke([edges[side] + (side * 2.5, 0)], metal, 2.6, 0.85)
            else:
                sheet.stroke([edges[side] + (side * 10, 0)], dark, 1.2, 0.45)
                for height in np.arange(1.95, min(cut.hem, 4.8) - 0.1, 0.34):
                    row = edges[side][int(np.argmin(np.abs(edges[side][:, 1] - level(float(height)))))]
                    if side > 0:
                        sheet.button((float(row[0]) + 5, float(row[1])), 3.0, metal, holes=False)
    for side, panel in zip(SIDES, panels, strict=True):
        _draw_outer_details(sheet, body, cloth, cut, side, panel)


def _draw_outer_details(
    sheet: Sheet, body: Body, cloth: Cloth, cut: OuterCut, side: int, panel: Panel
) -> None:
    dark = darken(cloth.color)
    if cut.front == "quilt":
        lines = [
            smooth([body.at(0, height), body.at(side * 46, height + 0.035), body.at(side * 130, height)])
            for height in np.arange(1.68, cut.hem, 0.26).tolist()
        ]
        sheet.stroke(lines, dark, 2.4, 0.42, clip=panel)
    elif cut.front == "denim":
        yoke = smooth([body.at(side * 8, 1.98), body.at(side * 110, 1.94)])
        sheet.stroke(
            [yoke, [body.at(side * 34, 1.98), body.at(side * 26, cut.hem)]], dark, 1.4, 0.5, clip=panel
        )
        sheet.stroke([shift(yoke, 0, 4)], (196, 144, 82), 1.1, 0.6, dash=(4, 2), clip=panel)
    elif cut.hem > 3.8 or cut.front == "single":
        height = 3.28 if cut.hem > 3.8 else 2.95
        flap = np.array([body.at(side * 0.40 * HEAD, height), body.at(side * 0.74 * HEAD, height - 0.04)])
        sheet.stroke([flap, shift(flap, 0, 9)], dark, 1.4, 0.5, clip=panel)
    elif cut.front == "zip":
        slant = np.array([body.edge(side, 3.2, -10), body.edge(side, 2.9, -34)])
        sheet.stroke([slant], dark, 1.8, 0.55, clip=panel)
    if cut.ribs:
        outside, inside = _outer_side(body, cut, side)[-1], _front_edge(body, cut, side)[-1]
        band = np.vstack([outside - (0, 6), inside - (0, 6)])
        sheet.panel(ribbon(band, [14.0]), plain(cloth, "rib"), puff=6, cast=0.12, relief=0.2, edge=0.45)
