"""Tops: T-shirts, shirts, knitwear; and the sleeves and collars that jackets and dresses have too."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from local.ai.images.figure import HEAD, SIDES, Body, cut_line, sides_of
from local.ai.images.garments.cloth import darken, first_point, last_point, pair, plain
from local.demo.canvas import Grain, Panel, Sheet
from local.demo.curves import Point, Points, outline, parallel, ribbon, smooth
from local.demo.patterns import RGB, Cloth, mix
from local.demo.shading import Fold

NECK_TOP = 1.365
"""The height of the side of the neck, in heads."""


@dataclass(frozen=True, slots=True)
class TopCut:
    """Neckline, sleeves as a share of the arm, looseness in pixels, hem in heads below the crown."""

    neck: str = "crew"
    sleeve: float = 1.0
    ease: float = 8.0
    hem: float = 3.8
    front: str = "plain"
    ribs: bool = False
    full: float = 0.0
    tucks: bool = False
    drop: float = 2.0


TOPS: Mapping[str, TopCut] = {
    "t-shirt": TopCut("crew", 0.34, 8, 3.75, tucks=True),
    "v-tee": TopCut("vee", 0.30, 6, 3.75, tucks=True),
    "oversized": TopCut("crew", 0.46, 16, 3.95, drop=9, front="pocket"),
    "graphic": TopCut("crew", 0.36, 9, 3.78, front="print"),
    "tank": TopCut("scoop", 0.0, 4, 3.7, tucks=True),
    "camisole": TopCut("strap", 0.0, 4, 3.7, tucks=True),
    "polo": TopCut("collar", 0.34, 7, 3.75, front="placket"),
    "long-tee": TopCut("crew", 1.0, 5, 3.75, tucks=True),
    "sweater": TopCut("crew", 1.0, 12, 3.75, ribs=True, full=5, drop=4),
    "v-sweater": TopCut("vee", 1.0, 9, 3.75, ribs=True, full=3),
    "turtleneck": TopCut("turtle", 1.0, 6, 3.72, ribs=True, full=2, tucks=True),
    "cardigan": TopCut("deep-vee", 1.0, 11, 3.9, front="buttons", ribs=True, full=5),
    "hoodie": TopCut("hood", 1.0, 15, 3.9, front="pouch", ribs=True, full=7, drop=6),
    "sweatshirt": TopCut("crew", 1.0, 14, 3.85, ribs=True, full=6, drop=5),
    "shirt": TopCut("collar", 1.0, 8, 3.95, front="buttons", full=3, tucks=True),
    "flannel": TopCut("collar", 1.0, 12, 4.05, front="pockets", full=5),
    "camp": TopCut("camp", 0.42, 13, 3.95, front="buttons", full=6),
    "blouse": TopCut("bow", 1.0, 9, 3.8, full=10, tucks=True),
    "band": TopCut("band", 1.0, 10, 4.0, front="placket", full=4),
    "crop": TopCut("scoop", 0.2, 3, 3.0, tucks=False),
}


def draw_top(sheet: Sheet, body: Body, cloth: Cloth, cut: TopCut) -> None:
    """A top without its sleeves, which lie above what else is worn."""
    if cut.neck == "hood":
        draw_hood(sheet, body, cloth)
    line = neckline(body, cut.neck)
    shape = _front_shape(body, cut, line)
    folds = trunk_folds(sheet, body, cut.hem)
    panel = sheet.panel(
        shape, cloth, puff=26, folds=folds, grain=grain_of(body), cast=0.22, edge=0.40, relief=0.7
    )
    if cut.neck in ("strap", "slip"):
        _draw_straps(sheet, body, cloth)
    if cut.ribs:
        band = _hem_band(body, cut.ease, cut.hem)
        sheet.panel(band, plain(cloth, "rib"), puff=8, cast=0.12, relief=0.2, edge=0.4)
    _draw_front(sheet, body, cloth, cut, panel)
    _draw_neck(sheet, body, cloth, cut, line)


def neckline(body: Body, kind: str) -> Points:
    """The front edge at the neck, from the left to the right of the picture."""
    wide, depth = {
        "crew": (0.225, 0.16),
        "turtle": (0.215, 0.13),
        "hood": (0.27, 0.22),
        "band": (0.215, 0.17),
        "collar": (0.21, 0.24),
        "bow": (0.21, 0.18),
        "camp": (0.24, 0.50),
        "vee": (0.25, 0.48),
        "deep-vee": (0.26, 0.95),
        "scoop": (0.40, 0.48),
        "square": (0.42, 0.52),
        "boat": (0.50, 0.12),
        "wrap": (0.27, 0.92),
        "strap": (0.46, 0.62),
        "slip": (0.46, 0.62),
    }[kind]
    x, top, bottom = wide * HEAD, NECK_TOP + 0.09 * (wide - 0.2), NECK_TOP + depth
    if kind in ("strap", "slip"):
        points = [(0.0, bottom), (x * 0.45, bottom - 0.05), (x, bottom - 0.20)]
    elif kind in ("vee", "deep-vee", "camp", "collar", "wrap"):
        points = [(0.0, bottom), (x * 0.52, (top + bottom) / 2 + 0.02), (x, top)]
    elif kind == "square":
        points = [(0.0, bottom), (x * 0.8, bottom - 0.01), (x * 0.94, bottom - 0.08), (x, top)]
    else:
        points = [
            (0.0, bottom),
            (x * 0.52, bottom - 0.12 * depth),
            (x * 0.88, bottom - 0.5 * depth),
            (x, top),
        ]
    right = smooth([body.at(px, heads) for px, heads in points])
    left = smooth([body.at(-px, heads) for px, heads in points])
    return np.vstack([left[::-1], right[1:]])


def _front_shape(body: Body, cut: TopCut, line: Points) -> Points:
    right, left = (_side_line(body, cut, side) for side in SIDES)
    hem = smooth([last_point(right), body.at(0, cut.hem + 0.05), last_point(left)])
    return np.vstack([line, right, hem[1:-1], left[::-1]])


def _side_line(body: Body, cut: TopCut, side: int) -> Points:
    """From the neck over the shoulder down to the hem."""
    if cut.neck in ("strap", "slip"):
        start = [body.edge(side, 1.98, -4), body.edge(side, 2.12, 1)]
        return np.vstack([smooth(start), flank(body, side, cut.ease, cut.hem, start=2.3)])
    if cut.sleeve == 0:
        tip = body.at(side * (body.build.shoulder - 0.20) * HEAD, 1.44)
        armhole = smooth(
            [tip, body.edge(side, 1.78, -16), body.edge(side, 2.0, -6), body.edge(side, 2.14, 2)]
        )
        return np.vstack([armhole, flank(body, side, cut.ease, cut.hem, start=2.3)])
    tip = body.shoulder(side, cut.drop - 13)
    armhole = smooth([tip, body.edge(side, 1.80, -5 + 0.3 * cut.ease), body.edge(side, 2.08, 0.8 * cut.ease)])
    return np.vstack([armhole, flank(body, side, cut.ease, cut.hem, start=2.35)])


def flank(body: Body, side: int, ease: float, hem: float, *, start: float) -> Points:
    """The side seam: cloth bridges the waist, the more so the looser it is."""
    loose = min(ease / 14, 1.0)
    chest = body.half(2.2) + ease
    heights = [height for height in (start, 2.8, 3.3) if height < hem - 0.1] + [hem]
    points: list[Point] = []
    for height in heights:
        own = body.half(height) + ease
        points.append(body.at(side * (own + loose * max(chest - own, 0)), height))
    return smooth(points) if len(points) > 2 else np.array(points)


def _hem_band(body: Body, ease: float, hem: float) -> Points:
    right, left = (flank(body, side, ease, hem, start=2.35)[-1] for side in SIDES)
    squeeze = 3.0
    top = smooth([(left[0], left[1] - 13), body.at(0, hem - 0.07), (right[0], right[1] - 13)])
    bottom = smooth(
        [(right[0] - squeeze, right[1] + 3), body.at(0, hem + 0.07), (left[0] + squeeze, left[1] + 3)]
    )
    return np.vstack([top, bottom])


def draw_sleeve(sheet: Sheet, body: Body, cloth: Cloth, cut: TopCut, side: int) -> None:
    """A sleeve set into the armhole."""
    if cut.sleeve == 0:
        return
    line, widths = body.arm(side)
    end = min(cut.sleeve, 0.985)
    ease = 0.55 * cut.ease + 3
    line, widths = cut_line(line, widths, 0.0, end)
    swell = np.sin(np.pi * np.clip(np.linspace(0.1, 1.0, len(line)), 0, 1)) * cut.full
    one, other = sides_of(line, widths + ease + swell)
    outer, inner = (one, other) if side > 0 else (other, one)
    first = int(0.22 / end * len(line)) if end > 0.3 else 1
    tip = body.shoulder(side, cut.drop - 14)
    armpit = body.edge(side, 2.12, 0.8 * cut.ease - 3)
    hollow = body.edge(side, 1.82, -9 + 0.3 * cut.ease)
    start = (tip[0], tip[1] - 1)
    x, y = pair(outer[first])
    top = smooth(
        [
            start,
            (tip[0] + side * 9, tip[1] + 4),
            (0.45 * tip[0] + 0.55 * x + side * 5, 0.55 * tip[1] + 0.45 * y),
            (x, y),
        ]
    )
    below = inner[first:][inner[first:, 1] > armpit[1] + 2]
    shape = np.vstack([top, outer[first:], below[::-1], smooth([armpit, hollow, start])])
    panel = sheet.panel(
        shape,
        cloth,
        puff=15,
        folds=_sleeve_folds(sheet, line, widths + ease, end),
        grain=Grain(pair(line[0]), -side * (body.pose.arms[0 if side > 0 else 1].upper)),
        cast=0.16,
        edge=0.42,
        relief=0.7,
    )
    if cut.ribs or cut.full >= 3:
        cuff, cuff_widths = cut_line(*body.arm(side), max(end - 0.07, 0), end)
        squeeze = 3.0 if cut.full or cut.ribs else ease
        cuffs = np.vstack([*limb(cuff, cuff_widths + squeeze)])
        sheet.panel(cuffs, plain(cloth, "rib" if cut.ribs else None), puff=6, cast=0.1, relief=0.2, edge=0.45)
    elif end < 0.9:
        hem = parallel(np.vstack([outer[-1], inner[-1]]), 4.0 * side)
        sheet.stroke([hem], darken(cloth.color), 1.1, 0.4, clip=panel)


def limb(line: Points, widths: Points) -> tuple[Points, Points]:
    one, other = sides_of(line, widths)
    return one, other[::-1]


def _sleeve_folds(sheet: Sheet, line: Points, widths: Points, end: float) -> list[Fold]:
    places = (
        [(0.30, -0.30), (0.42, 0.24)]
        if end < 0.6
        else [(0.22, -0.26), (0.46, -0.34), (0.52, 0.30), (0.60, -0.3), (0.90, -0.22)]
    )
    found: list[Fold] = []
    for place, depth in places:
        index = min(int(place * len(line)), len(line) - 2)
        x, y = line[index]
        wide = float(widths[index]) * 0.9
        lift = float(sheet.rng.uniform(-4, 9))
        found.append(Fold(((x - wide, y + lift), (x, y + 3), (x + wide * 0.7, y - lift)), 9, depth))
    return found


def trunk_folds(sheet: Sheet, body: Body, hem: float) -> list[Fold]:
    """Drag lines from the armpits, and soft breaks at the waist and towards the hem."""
    found: list[Fold] = []
    for side in SIDES:
        shift = float(sheet.rng.uniform(-0.06, 0.06))
        lines = [
            ([body.edge(side, 2.12), body.edge(side, 2.32, -22), body.edge(side, 2.7, -36)], -0.34),
            ([body.edge(side, 2.2), body.edge(side, 2.5, -12), body.edge(side, 2.8, -20)], 0.26),
        ]
        if hem > 3.2:
            lines += [
                (
                    [body.edge(side, 2.72 + shift), body.edge(side, 2.84, -20), body.edge(side, 2.86, -44)],
                    -0.30,
                ),
                (
                    [body.edge(side, 2.95 + shift), body.edge(side, 3.1, -18), body.edge(side, 3.14, -40)],
                    0.26,
                ),
                ([body.edge(side, 3.2), body.edge(side, 3.4, -22), body.edge(side, hem - 0.1, -32)], -0.22),
            ]
        found += [Fold(tuple(points), 11, depth) for points, depth in lines]
    return found


def grain_of(body: Body) -> Grain:
    return Grain(body.at(0, 1.5), body.pose.shoulder_tilt * 0.4)


def _draw_straps(sheet: Sheet, body: Body, cloth: Cloth) -> None:
    for side in SIDES:
        strap = [
            body.at(side * 0.44 * HEAD, NECK_TOP + 0.47),
            body.at(side * 0.42 * HEAD, 1.62),
            body.at(side * 0.385 * HEAD, 1.425),
        ]
        sheet.panel(ribbon(strap, [4.6]), plain(cloth), puff=2, cast=0.12, relief=0.1, edge=0.4)


def _draw_neck(sheet: Sheet, body: Body, cloth: Cloth, cut: TopCut, line: Points) -> None:
    if cut.neck in ("crew", "vee", "deep-vee", "scoop"):
        width = 8.0 if cut.ribs else 5.5
        sheet.panel(ribbon(line, [width]), plain(cloth, "rib"), puff=3, cast=0.12, relief=0.1, edge=0.42)
    if cut.neck == "turtle":
        _draw_turtle(sheet, body, cloth)
    if cut.neck == "collar":
        draw_collar(sheet, body, cloth, 0.24)
    if cut.neck == "camp":
        draw_collar(sheet, body, cloth, 0.46, wide=0.40)
    if cut.neck == "band":
        sheet.panel(ribbon(line, [11.0]), plain(cloth), puff=4, cast=0.14, relief=0.1, edge=0.45)
    if cut.neck == "bow":
        _draw_bow(sheet, body, cloth)


def _draw_turtle(sheet: Sheet, body: Body, cloth: Cloth) -> None:
    wide = body.build.neck * HEAD + 5
    tube = [(wide - 1, 1.10), (wide + 1, 1.26), (wide + 6, 1.40)]
    right, left = (smooth([body.at(side * x, heads) for x, heads in tube]) for side in SIDES)
    bottom = smooth([last_point(right), body.at(0, 1.50), last_point(left)])
    top = smooth([first_point(left), body.at(0, 1.15), first_point(right)])
    shape = np.vstack([right, bottom[1:-1], left[::-1], top[1:-1]])
    panel = sheet.panel(shape, plain(cloth, "rib"), puff=14, cast=0.18, relief=0.4, edge=0.45)
    fold = smooth([body.at(-wide - 2, 1.27), body.at(0, 1.34), body.at(wide + 2, 1.27)])
    sheet.stroke([fold], darken(cloth.color), 1.6, 0.45, clip=panel)


def draw_collar(sheet: Sheet, body: Body, cloth: Cloth, depth: float, *, wide: float = 0.34) -> None:
    """A turned-down collar; its points lie `depth` heads below the neck."""
    neck = body.build.neck * HEAD
    for side in SIDES:
        shape = outline(
            [body.at(side * (neck + 3), 1.25), body.at(side * (neck * 0.75), 1.40), body.at(side * 2, 1.53)],
            [body.at(side * wide * 0.55 * HEAD, NECK_TOP + depth + 0.08)],
            [body.at(side * wide * 0.92 * HEAD, 1.50), body.at(side * (neck + 9), 1.36)],
            [body.at(side * (neck + 3), 1.25)],
        )
        sheet.panel(shape, cloth, puff=8, cast=0.25, relief=0.2, edge=0.5)


def _draw_bow(sheet: Sheet, body: Body, cloth: Cloth) -> None:
    x, y = body.at(0, 1.53)
    for side in SIDES:
        tail = [(x, y), (x + side * 9, y + 34), (x + side * 15, y + 74)]
        sheet.panel(ribbon(tail, [6, 12, 15]), plain(cloth), puff=6, cast=0.25, relief=0.4)
        loop = [(x, y), (x + side * 20, y - 13), (x + side * 38, y - 6), (x + side * 34, y + 10), (x, y + 3)]
        sheet.panel(smooth(loop), plain(cloth), puff=8, cast=0.25, relief=0.4)
    sheet.button((x, y), 6.5, darken(cloth.color, 0.12), holes=False)
    sheet.panel(ribbon(neckline(body, "crew"), [8.0]), plain(cloth), puff=3, cast=0.12, relief=0.1)


def draw_hood(sheet: Sheet, body: Body, cloth: Cloth) -> None:
    right, left = (
        smooth(
            [
                body.at(side * 0.30 * HEAD, 0.98),
                body.at(side * 0.44 * HEAD, 1.16),
                body.at(side * 0.50 * HEAD, 1.36),
                body.at(side * 0.30 * HEAD, 1.50),
            ]
        )
        for side in SIDES
    )
    sheet.panel(np.vstack([right, left[::-1]]), plain(cloth, shade=0.14), puff=20, cast=0.1, relief=0.6)


def _draw_front(sheet: Sheet, body: Body, cloth: Cloth, cut: TopCut, panel: Panel) -> None:
    dark = darken(cloth.color)
    low = NECK_TOP + {"deep-vee": 0.95, "camp": 0.50}.get(cut.neck, 0.24)
    light = sum(cloth.color) > 330
    button = mix(cloth.color, (70, 50, 40), 0.55) if light else mix(cloth.color, (240, 236, 226), 0.65)
    if cut.front in ("buttons", "pockets"):
        _draw_opening(sheet, body, (low, cut.hem), dark, button, panel)
    if cut.front == "placket":
        line = [body.at(5, low), body.at(5, low + 0.50)]
        sheet.stroke([line, [body.at(-5, low), body.at(-5, low + 0.5)]], dark, 1.2, 0.5, clip=panel)
        for place in (0.10, 0.30):
            sheet.button(body.at(0, low + place), 2.4, button, holes=False)
    if cut.front in ("pocket", "pockets"):
        for side in SIDES if cut.front == "pockets" else (1,):
            corners = [(0.16, 2.02), (0.42, 2.02), (0.42, 2.30), (0.29, 2.35), (0.16, 2.30), (0.16, 2.02)]
            line = np.array([body.at(side * x * HEAD, heads) for x, heads in corners])
            sheet.stroke([line], dark, 1.3, 0.5, clip=panel)
    if cut.front == "pouch":
        corners = [(0.26, 3.02), (0.46, 3.44), (0.46, 3.66)]
        for side in SIDES:
            edge = np.array([body.at(side * x * HEAD, heads) for x, heads in corners])
            sheet.stroke([edge], dark, 1.5, 0.55, clip=panel)
            cord = smooth([body.at(side * 9, 1.58), body.at(side * 12, 1.8), body.at(side * 10, 2.05)])
            sheet.stroke([cord], mix(cloth.color, (250, 248, 242), 0.75), 2.4, 0.9)
        sheet.stroke([[body.at(-0.26 * HEAD, 3.02), body.at(0.26 * HEAD, 3.02)]], dark, 1.5, 0.55, clip=panel)
        rim = neckline(body, "hood")
        sheet.panel(ribbon(rim, [11.0]), plain(cloth, shade=0.05), puff=5, cast=0.25, relief=0.2)
    if cut.front == "print":
        x, y = body.at(0, 2.32)
        hill = [(x - 27, y + 18), (x - 9, y - 10), (x, y + 3), (x + 11, y - 16), (x + 29, y + 18)]
        sheet.fill(hill, cloth.accent, 0.92, panel)
        sun = np.array([(x - 14 + 7 * np.cos(a), y - 18 + 7 * np.sin(a)) for a in np.linspace(0, 6.28, 24)])
        sheet.fill(sun, mix(cloth.accent, (238, 150, 70), 0.6), 0.95, panel)


def _draw_opening(
    sheet: Sheet, body: Body, span: tuple[float, float], dark: RGB, button: RGB, panel: Panel
) -> None:
    top, bottom = span
    heights = np.linspace(top, bottom, 9)
    for x in (-5.5, 5.5):
        line = np.array([body.at(x, float(height)) for height in heights])
        sheet.stroke([line], dark, 1.1, 0.42, clip=panel)
    for height in np.arange(top + 0.10, bottom - 0.06, 0.30):
        sheet.button(body.at(0, float(height)), 2.5, button, holes=False)
