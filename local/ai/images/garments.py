"""Clothes as they are worn: tops, trousers, skirts, dresses and coats, cut to a body in its pose.

The cloth itself (patterns, weaves, folds, light) is that of the shop's drawn garments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from local.ai.images.figure import HEAD, SIDES, Body, cut_line, level, sides_of
from local.demo.canvas import Grain, Panel, Sheet
from local.demo.curves import Point, Points, outline, parallel, ribbon, smooth
from local.demo.patterns import RGB, Cloth, mix
from local.demo.shading import Drape, Fold

_DARK: RGB = (22, 18, 20)
_NECK_TOP = 1.365


def darken(color: RGB, share: float = 0.5) -> RGB:
    """The colour of seams, openings and shadows on a fabric."""
    return mix(color, _DARK, share)


def plain(cloth: Cloth, weave: str | None = None, shade: float = 0.0) -> Cloth:
    """The cloth's main colour without its pattern."""
    return replace(cloth, color=darken(cloth.color, shade), pattern="plain", weave=weave or cloth.weave)


# --- tops ---------------------------------------------------------------------------------------------------


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
        _draw_hood(sheet, body, cloth)
    line = neckline(body, cut.neck)
    shape = _front_shape(body, cut, line)
    folds = _trunk_folds(sheet, body, cut.hem)
    panel = sheet.panel(
        shape, cloth, puff=26, folds=folds, grain=_grain(body), cast=0.22, edge=0.40, relief=0.7
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
    x, top, bottom = wide * HEAD, _NECK_TOP + 0.09 * (wide - 0.2), _NECK_TOP + depth
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
    hem = smooth([_last(right), body.at(0, cut.hem + 0.05), _last(left)])
    return np.vstack([line, right, hem[1:-1], left[::-1]])


def _side_line(body: Body, cut: TopCut, side: int) -> Points:
    """From the neck over the shoulder down to the hem."""
    if cut.neck in ("strap", "slip"):
        start = [body.edge(side, 1.98, -4), body.edge(side, 2.12, 1)]
        return np.vstack([smooth(start), _flank(body, side, cut.ease, cut.hem, start=2.3)])
    if cut.sleeve == 0:
        tip = body.at(side * (body.build.shoulder - 0.20) * HEAD, 1.44)
        armhole = smooth(
            [tip, body.edge(side, 1.78, -16), body.edge(side, 2.0, -6), body.edge(side, 2.14, 2)]
        )
        return np.vstack([armhole, _flank(body, side, cut.ease, cut.hem, start=2.3)])
    tip = body.shoulder(side, cut.drop - 13)
    armhole = smooth([tip, body.edge(side, 1.80, -5 + 0.3 * cut.ease), body.edge(side, 2.08, 0.8 * cut.ease)])
    return np.vstack([armhole, _flank(body, side, cut.ease, cut.hem, start=2.35)])


def _flank(body: Body, side: int, ease: float, hem: float, *, start: float) -> Points:
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
    right, left = (_flank(body, side, ease, hem, start=2.35)[-1] for side in SIDES)
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
    x, y = _pair(outer[first])
    top = smooth(
        [
            start,
            (tip[0] + side * 9, tip[1] + 4),
            (0.45 * tip[0] + 0.55 * x + side * 5, 0.55 * tip[1] + 0.45 * y),
            (x, y),
        ]
    )
    shape = np.vstack([top, outer[first:], inner[first:][::-1], smooth([armpit, hollow, start])])
    panel = sheet.panel(
        shape,
        cloth,
        puff=15,
        folds=_sleeve_folds(sheet, line, widths + ease, end),
        grain=Grain(_pair(line[0]), -side * (body.pose.arms[0 if side > 0 else 1].upper)),
        cast=0.16,
        edge=0.42,
        relief=0.7,
    )
    if cut.ribs or cut.full >= 3:
        cuff, cuff_widths = cut_line(*body.arm(side), max(end - 0.07, 0), end)
        squeeze = 3.0 if cut.full or cut.ribs else ease
        cuffs = np.vstack([*_limb(cuff, cuff_widths + squeeze)])
        sheet.panel(cuffs, plain(cloth, "rib" if cut.ribs else None), puff=6, cast=0.1, relief=0.2, edge=0.45)
    elif end < 0.9:
        hem = parallel(np.vstack([outer[-1], inner[-1]]), 4.0 * side)
        sheet.stroke([hem], darken(cloth.color), 1.1, 0.4, clip=panel)


def _limb(line: Points, widths: Points) -> tuple[Points, Points]:
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


def _trunk_folds(sheet: Sheet, body: Body, hem: float) -> list[Fold]:
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


def _grain(body: Body) -> Grain:
    return Grain(body.at(0, 1.5), body.pose.shoulder_tilt * 0.4)


def _draw_straps(sheet: Sheet, body: Body, cloth: Cloth) -> None:
    for side in SIDES:
        strap = [
            body.at(side * 0.44 * HEAD, _NECK_TOP + 0.47),
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
    bottom = smooth([_last(right), body.at(0, 1.50), _last(left)])
    top = smooth([_first(left), body.at(0, 1.15), _first(right)])
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
            [body.at(side * wide * 0.55 * HEAD, _NECK_TOP + depth + 0.08)],
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


def _draw_hood(sheet: Sheet, body: Body, cloth: Cloth) -> None:
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
    low = _NECK_TOP + {"deep-vee": 0.95, "camp": 0.50}.get(cut.neck, 0.24)
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


# --- trousers and shorts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LegCut:
    """Looseness at thigh, knee and hem in pixels; length as a share of the leg; waist in heads."""

    ease: tuple[float, float, float]
    length: float = 0.985
    waist: float = 2.95
    front: str = "smart"


LEGS: Mapping[str, LegCut] = {
    "jeans": LegCut((3, 6, 9), front="jeans"),
    "skinny": LegCut((1, 1, 2), front="jeans"),
    "chinos": LegCut((4, 6, 6)),
    "wide-leg": LegCut((7, 22, 40), 1.03, 2.78, "pleats"),
    "tailored": LegCut((4, 8, 9), 1.0, 2.85, "crease"),
    "joggers": LegCut((8, 11, 3), 0.96, 2.98, "drawstring"),
    "cargo": LegCut((9, 14, 13), 1.0, 2.98, "cargo"),
    "leggings": LegCut((0, 0, 1), 0.97, 2.78, "none"),
    "chino-shorts": LegCut((6, 8, 8), 0.42),
    "denim-shorts": LegCut((6, 8, 8), 0.26, 2.85, "jeans"),
    "running-shorts": LegCut((10, 13, 13), 0.25, 2.95, "drawstring"),
    "bermuda": LegCut((7, 9, 10), 0.50, 2.85, "crease"),
    "linen-shorts": LegCut((11, 14, 15), 0.38, 2.92, "drawstring"),
}


def draw_trousers(sheet: Sheet, body: Body, cloth: Cloth, cut: LegCut) -> None:
    """Trousers or shorts, the nearer leg above the other."""
    near = 1 if body.is_walking_right_first else -1
    panels = {side: _draw_trouser_leg(sheet, body, cloth, cut, side) for side in (-near, near)}
    dark = darken(cloth.color)
    seam = smooth([body.at(0, cut.waist), body.at(1, 3.6), body.at(0, 4.06)])
    sheet.stroke([seam], dark, 1.6, 0.55)
    if cut.front in ("jeans", "smart", "crease", "cargo", "pleats"):
        fly = smooth([body.at(9, cut.waist), body.at(10, 3.5), body.at(6, 3.72), body.at(0, 3.8)])
        sheet.stroke([fly], dark, 1.1, 0.4)
    for side in SIDES:
        _draw_trouser_side(sheet, body, cloth, cut, side, panels[side])
    if cut.front != "none":
        draw_waistband(sheet, body, plain(cloth), cut.waist, 12)
    if cut.front in ("jeans", "smart", "crease", "cargo"):
        sheet.button(body.at(2, cut.waist + 0.06), 3.0, (190, 150, 92), holes=False)
    if cut.front == "drawstring":
        cord = mix(cloth.color, (250, 248, 242), 0.7)
        for side in SIDES:
            line = smooth([body.at(side * 4, cut.waist + 0.06), body.at(side * 9, cut.waist + 0.4)])
            sheet.stroke([line], cord, 2.2, 0.9)


def leg_shape(body: Body, cut: LegCut, side: int) -> tuple[Points, Points]:
    """Outer and inner edge of a trouser leg, each from the waist down."""
    line, widths = cut_line(*body.leg(side), 0.0, min(cut.length, 1.0))
    along = np.linspace(0, min(cut.length, 1.0), len(line))
    ease = np.interp(along, (0.05, 0.5, 1.0), cut.ease)
    if cut.length < 0.9:
        ease = np.interp(along, (0.0, cut.length), (cut.ease[0], cut.ease[2]))
    one, other = sides_of(line, widths + ease)
    outer, inner = (one, other) if side > 0 else (other, one)
    if cut.length > 1.0:  # falls over the shoe
        extra = (line[-1] - line[-2]) / np.linalg.norm(line[-1] - line[-2]) * (cut.length - 1) * 3.6 * HEAD
        outer, inner = np.vstack([outer, outer[-1] + extra]), np.vstack([inner, inner[-1] + extra])
    start = max(1, int(len(line) * 0.10 / min(cut.length, 1.0)))
    top = smooth(
        [
            body.edge(side, cut.waist, 1.5),
            body.edge(side, 3.3, 2 + 0.3 * cut.ease[0]),
            body.edge(side, 3.72, 2 + 0.5 * cut.ease[0]),
            _pair(outer[start + 2]),
        ]
    )
    crotch = body.at(-side * 2, 4.10)
    low = int(len(line) * 0.16 / min(cut.length, 1.0))
    below = inner[low:]
    return np.vstack([top, outer[start + 3 :]]), np.vstack([crotch, below[below[:, 1] > crotch[1] + 4]])


def _draw_trouser_leg(sheet: Sheet, body: Body, cloth: Cloth, cut: LegCut, side: int) -> Panel:
    outer, inner = leg_shape(body, cut, side)
    hem = smooth([_last(outer), _middle(outer[-1], inner[-1], 3.0), _last(inner)])
    start = np.array([body.at(-side * 3, cut.waist)])
    shape = np.vstack([start, outer, hem[1:-1], inner[::-1]])
    line, _ = body.leg(side)
    return sheet.panel(
        shape,
        cloth,
        puff=20,
        folds=_leg_folds(sheet, outer, inner, cut),
        grain=Grain(_pair(line[0]), -side * body.pose.legs[0 if side > 0 else 1].upper),
        cast=0.20,
        edge=0.42,
        relief=0.7,
    )


def _leg_folds(sheet: Sheet, outer: Points, inner: Points, cut: LegCut) -> list[Fold]:
    places = [(0.32, -0.24), (0.60, -0.30), (0.64, 0.28), (0.92, -0.32), (0.95, 0.28)]
    if cut.length < 0.6:
        places = [(0.55, -0.24), (0.75, 0.2)]
    found: list[Fold] = []
    for place, depth in places:
        a, b = _at(outer, place), _at(inner, min(place + 0.02, 0.99))
        middle = (a + b) / 2 + (0, float(sheet.rng.uniform(2, 9)))
        found.append(Fold((_pair(a), _pair(middle), _pair(b + (a - b) * 0.3)), 10, depth))
    if cut.ease[2] > 20:
        for share in (0.25, 0.5, 0.75):
            top, foot = _at(outer, 0.3), outer[-1] + (inner[-1] - outer[-1]) * share
            found.append(Fold((_pair(top + (_at(inner, 0.1) - top) * share), _pair(foot)), 13, -0.34))
    return found


def _draw_trouser_side(sheet: Sheet, body: Body, cloth: Cloth, cut: LegCut, side: int, panel: Panel) -> None:
    dark = darken(cloth.color)
    if cut.front == "jeans":
        pocket = smooth(
            [body.edge(side, 3.42, 2), body.edge(side, 3.30, -22), body.edge(side, cut.waist, -26)]
        )
        sheet.stroke([pocket], dark, 1.5, 0.6, clip=panel)
        sheet.stroke([parallel(pocket, 3.0 * side)], (196, 144, 82), 1.1, 0.6, dash=(4, 2), clip=panel)
    elif cut.front in ("smart", "crease", "pleats", "cargo", "drawstring"):
        pocket = [body.edge(side, 3.46, 1), body.edge(side, cut.waist + 0.12, -15)]
        sheet.stroke([pocket], dark, 1.4, 0.55, clip=panel)
    outer, inner = leg_shape(body, cut, side)
    if cut.front in ("crease", "pleats"):
        crease = np.array(
            [(_at(outer, place) + _at(inner, max(place - 0.12, 0))) / 2 for place in (0.3, 0.6, 0.98)]
        )
        sheet.stroke([smooth([_pair(point) for point in crease])], dark, 1.3, 0.4, clip=panel)
    if cut.front == "cargo":
        a, b = _at(outer, 0.48), _at(outer, 0.64)
        flap = np.array([a, a - (side * 30, -4), b - (side * 30, -4), b])
        sheet.stroke([flap, flap[:2] + (0, 13)], dark, 1.5, 0.55, clip=panel)
    if cut.front == "drawstring" and cut.length > 0.9:
        cuff = np.vstack([outer[-1], inner[-1]])
        sheet.panel(
            ribbon(cuff - (0, 5), [12.0]), plain(cloth, "rib"), puff=5, cast=0.12, relief=0.1, edge=0.4
        )


def draw_waistband(sheet: Sheet, body: Body, cloth: Cloth, heads: float, height: float) -> None:
    """A band around the waist, or a belt."""
    right, left = (body.edge(side, heads, 2.5) for side in SIDES)
    top = smooth([left, body.at(0, heads + 0.045), right])
    shape = np.vstack([top, (top + (0, height))[::-1]])
    sheet.panel(shape, cloth, puff=6, cast=0.16, relief=0.2, edge=0.5)


# --- skirts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SkirtCut:
    """Waist and hem in heads; half width of the hem in heads; waves of the cloth; tiers; pleats."""

    hem: float
    width: float
    waves: float = 4.0
    depth: float = 3.0
    waist: float = 2.80
    tiers: int = 1
    pleats: bool = False
    detail: str = "none"


SKIRTS: Mapping[str, SkirtCut] = {
    "a-line": SkirtCut(5.25, 1.12, 4.0, 3.2),
    "mini": SkirtCut(4.75, 0.92, 3.0, 2.4),
    "pleated": SkirtCut(6.45, 1.22, 13, 1.5, pleats=True),
    "pencil": SkirtCut(5.75, 0.60, 2, 0.6, detail="slit"),
    "tiered": SkirtCut(7.35, 1.32, 6, 2.2, tiers=3),
    "maxi": SkirtCut(7.45, 1.18, 5, 3.2),
    "midi": SkirtCut(6.35, 1.14, 4.5, 3.2),
    "denim": SkirtCut(5.05, 0.90, 2, 1.0, detail="buttons"),
    "wrap": SkirtCut(6.1, 0.95, 3, 2.6, detail="wrap"),
}


def draw_skirt(sheet: Sheet, body: Body, cloth: Cloth, cut: SkirtCut, *, band: bool = True) -> None:
    """A skirt, or the lower part of a dress."""
    heights = np.linspace(cut.waist, cut.hem, cut.tiers + 1)
    widths = [body.half(cut.waist) / HEAD + 0.03]
    widths += [float(np.interp(height, (cut.waist, cut.hem), (0.66, cut.width))) for height in heights[1:]]
    panel = None
    for tier in range(cut.tiers - 1, -1, -1):
        flare = widths[tier] if tier == 0 else widths[tier] * 0.94
        panel = _draw_tier(
            sheet,
            body,
            cloth,
            cut,
            (float(heights[tier]), float(heights[tier + 1]) + (0.05 if tier < cut.tiers - 1 else 0)),
            (flare, widths[tier + 1]),
        )
    if panel and cut.detail != "none":
        _draw_skirt_detail(sheet, body, cloth, cut, panel)
    if band:
        draw_waistband(sheet, body, plain(cloth), cut.waist, 11)


def _draw_tier(
    sheet: Sheet,
    body: Body,
    cloth: Cloth,
    cut: SkirtCut,
    span: tuple[float, float],
    widths: tuple[float, float],
) -> Panel:
    top, bottom = span
    middle = body.middle(3.7)
    y_top, y_bottom = level(top), level(bottom)
    first = span[0] == cut.waist
    hips = max(body.half(3.7) + 5, 0.0)
    half_top, half_bottom = widths[0] * HEAD, max(widths[1] * HEAD, hips - 3 if bottom > 3.8 else 0)
    drape = Drape(
        y_top,
        y_bottom,
        2 * half_top,
        cut.waves,
        cut.depth,
        (half_bottom / half_top - 1) / (y_bottom - y_top),
        center=middle,
        phase=float(sheet.rng.uniform(0, 6)),
        sharp=cut.pleats,
    )
    right, left = (_tier_side(body, side, first, span, half_top, half_bottom, hips) for side in SIDES)
    sag, wave = (5.0, 0.0) if cut.detail == "slit" else (9.0, min(cut.depth, 3.0))
    hem = np.array(drape.hem(_last(right), _last(left), sag, wave))
    waist = smooth([_first(left), body.at(0, top + 0.04) if first else (middle, y_top + 5), _first(right)])
    shape = np.vstack([right, hem[1:-1], left[::-1], waist[1:-1]])
    flat = cloth.pattern in ("floral", "printed", "dotted")
    return sheet.panel(
        shape,
        cloth,
        puff=min(half_bottom * 0.8, 48),
        drape=drape,
        folds=_gathers(sheet, body, cut, span, half_top, half_bottom),
        grain=Grain((middle, y_top), flare=0.0 if flat else drape.flare, bend=-2.0),
        cast=0.26,
        edge=0.42,
        relief=0.8,
    )


def _tier_side(
    body: Body, side: int, first: bool, span: tuple[float, float], top: float, bottom: float, hips: float
) -> Points:
    end = (body.middle(3.7) + side * bottom, level(span[1]))
    if not first:
        return np.array([(body.middle(3.7) + side * top, level(span[0])), end])
    start = body.edge(side, span[0], 2.5)
    hip = 0.5 * (hips + max(hips, float(np.interp(3.55, span, (top, bottom)))))
    return smooth([start, body.at(side * hip, 3.55), end]) if span[1] > 4.0 else np.array([start, end])


def _gathers(
    sheet: Sheet, body: Body, cut: SkirtCut, span: tuple[float, float], top: float, bottom: float
) -> list[Fold]:
    if cut.pleats or cut.depth < 2:
        return []
    middle = body.middle(3.5)
    y = level(span[0]) + 2
    found: list[Fold] = []
    for share in np.linspace(-0.85, 0.85, 9):
        length = float(sheet.rng.uniform(24, 80))
        end = middle + share * (top + (bottom - top) * 0.2)
        start = (body.middle(span[0]) + share * top, y)
        found.append(
            Fold(
                (start, ((start[0] + end) / 2, y + length / 2), (end, y + length)),
                6,
                float(sheet.rng.choice([-0.3, 0.24])),
            )
        )
    return found


def _draw_skirt_detail(sheet: Sheet, body: Body, cloth: Cloth, cut: SkirtCut, panel: Panel) -> None:
    dark = darken(cloth.color)
    x = body.middle(3.7)
    if cut.detail == "slit":
        line = [(x + 26, level(cut.hem - 0.75)), (x + 22, level(cut.hem) + 6)]
        sheet.stroke([line], dark, 3.0, 0.7, clip=panel)
    if cut.detail == "buttons":
        sheet.stroke([[(x + 8, level(cut.waist)), (x + 8, level(cut.hem) + 9)]], dark, 1.3, 0.55, clip=panel)
        for height in np.arange(cut.waist + 0.2, cut.hem - 0.05, 0.28):
            sheet.button((x, level(float(height))), 3.4, (196, 156, 92), holes=False)
    if cut.detail == "wrap":
        edge = smooth(
            [body.edge(1, cut.waist), (x + 34, level(4.2)), (x + 22, level(5.2)), (x - 6, level(cut.hem) + 9)]
        )
        sheet.shade(ribbon(edge + (7, 0), [14.0]), 0.30, 4.0, panel)
        sheet.stroke([edge], dark, 1.8, 0.65, clip=panel)
        knot = body.edge(1, cut.waist + 0.06, -4)
        for length in (46, 62):
            tail = [knot, (knot[0] + 8, knot[1] + length / 2), (knot[0] + 3 + length / 8, knot[1] + length)]
            sheet.panel(ribbon(tail, [5, 8, 9]), plain(cloth), puff=4, cast=0.25, relief=0.3)


# --- dresses ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DressCut:
    """A bodice and a skirt of one cloth; `belt` is a band at the waist."""

    top: TopCut
    skirt: SkirtCut
    belt: str = "seam"


DRESSES: Mapping[str, DressCut] = {
    "a-line": DressCut(TopCut("scoop", 0.0, 3, 2.86), SkirtCut(5.6, 1.22, 4.5, 3.6)),
    "cocktail": DressCut(TopCut("square", 0.0, 2, 2.86), SkirtCut(5.4, 0.95, 3.4, 2.6)),
    "wrap": DressCut(TopCut("wrap", 0.44, 4, 2.88), SkirtCut(5.9, 1.05, 3.6, 3.2, detail="wrap"), "band"),
    "slip": DressCut(TopCut("slip", 0.0, 2, 2.9), SkirtCut(6.3, 0.82, 3, 2.6, waist=2.86), "none"),
    "maxi": DressCut(
        TopCut("vee", 0.24, 4, 2.82, full=6), SkirtCut(7.35, 1.38, 6, 2.2, 2.78, tiers=3), "band"
    ),
    "evening": DressCut(TopCut("slip", 0.0, 1, 2.86), SkirtCut(7.6, 1.25, 5, 3.6)),
    "shirt-dress": DressCut(
        TopCut("collar", 0.46, 6, 2.86, front="buttons"), SkirtCut(5.7, 0.98, 3.6, 2.6), "belt"
    ),
    "knit": DressCut(TopCut("turtle", 1.0, 3, 2.9, full=1), SkirtCut(5.4, 0.64, 2, 0.6, 2.84), "none"),
    "midi": DressCut(TopCut("vee", 0.30, 3, 2.86, full=2), SkirtCut(6.4, 1.16, 4.5, 3.4)),
    "mini": DressCut(TopCut("crew", 0.26, 5, 2.86), SkirtCut(4.85, 0.92, 3, 2.4), "none"),
}


def draw_dress(sheet: Sheet, body: Body, cloth: Cloth, cut: DressCut) -> None:
    """A dress without its sleeves."""
    draw_skirt(sheet, body, cloth, replace(cut.skirt, waist=cut.skirt.waist), band=False)
    draw_top(sheet, body, cloth, replace(cut.top, hem=cut.skirt.waist + 0.06))
    if cut.top.neck == "wrap":
        edge = smooth([body.at(0.25 * HEAD, 1.40), body.at(6, 2.25), body.edge(-1, 2.84, -4)])
        sheet.stroke([edge], darken(cloth.color), 1.7, 0.6)
    if cut.belt == "band":
        draw_waistband(sheet, body, plain(cloth, shade=0.06), cut.skirt.waist - 0.03, 12)
    if cut.belt == "belt":
        draw_waistband(sheet, body, Cloth((116, 78, 52), weave="leather"), cut.skirt.waist - 0.02, 10)
        sheet.button(body.at(0, cut.skirt.waist + 0.08), 6, (200, 164, 96), holes=False)


# --- jackets and coats --------------------------------------------------------------------------------------


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
        _draw_hood(sheet, body, cloth)
    panels = [_draw_front_half(sheet, body, cloth, cut, side) for side in SIDES]
    _draw_fastening(sheet, body, cloth, cut, panels)


def draw_outer_back(sheet: Sheet, body: Body, cloth: Cloth, cut: OuterCut) -> None:
    """The inside of a coat's back, which shows between the legs and below a shorter skirt."""
    right, left = (_outer_side(body, cut, side) for side in SIDES)
    shape = np.vstack([right, left[::-1]])
    sheet.panel(shape, plain(cloth, shade=0.35), puff=30, cast=0, relief=0.4, tone=0.82)


def _outer_side(body: Body, cut: OuterCut, side: int) -> Points:
    tip = body.shoulder(side, 1.0)
    flank = _flank(body, side, cut.ease, min(cut.hem, 3.7), start=2.35)
    points = [
        body.at(side * 0.27 * HEAD, _NECK_TOP - 0.01),
        (tip[0] - side * 8, tip[1] - 5),
        body.edge(side, 1.80, 0.3 * cut.ease - 2),
        body.edge(side, 2.08, 0.85 * cut.ease),
    ]
    shape = np.vstack([smooth(points[:2]), smooth(points[1:])[1:], flank])
    if cut.hem > 3.7:
        hip = flank[-1]
        end = (hip[0] + side * cut.width, level(cut.hem))
        shape = np.vstack([shape, end])
    return shape


def _front_edge(body: Body, cut: OuterCut, side: int) -> Points:
    breast, waist, hem = cut.gap
    heights = [1.95, 2.85, min(cut.hem, 3.7)]
    gaps = [breast, waist, waist + (hem - waist) * (0.6 if cut.hem > 3.8 else 1.0)]
    points = [body.at(side * 0.24 * HEAD, _NECK_TOP)]
    points += [body.at(side * gap, height) for gap, height in zip(gaps, heights, strict=True)]
    if cut.hem > 3.7:
        points.append((body.middle(3.7) + side * hem, level(cut.hem) + 3))
    return smooth(points)


def _draw_front_half(sheet: Sheet, body: Body, cloth: Cloth, cut: OuterCut, side: int) -> Panel:
    outside, inside = _outer_side(body, cut, side), _front_edge(body, cut, side)
    folds = _trunk_folds(sheet, body, min(cut.hem, 3.8))
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
        grain=_grain(body),
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
        inner = [_pair(edge[int(np.argmin(np.abs(edge[:, 1] - level(height))))]) for height in (1.75, low)]
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
        sheet.stroke([yoke + (0, 4)], (196, 144, 82), 1.1, 0.6, dash=(4, 2), clip=panel)
    elif cut.hem > 3.8 or cut.front == "single":
        height = 3.28 if cut.hem > 3.8 else 2.95
        flap = np.array([body.at(side * 0.40 * HEAD, height), body.at(side * 0.74 * HEAD, height - 0.04)])
        sheet.stroke([flap, flap + (0, 9)], dark, 1.4, 0.5, clip=panel)
    elif cut.front == "zip":
        slant = np.array([body.edge(side, 3.2, -10), body.edge(side, 2.9, -34)])
        sheet.stroke([slant], dark, 1.8, 0.55, clip=panel)
    if cut.ribs:
        outside, inside = _outer_side(body, cut, side)[-1], _front_edge(body, cut, side)[-1]
        band = np.vstack([outside - (0, 6), inside - (0, 6)])
        sheet.panel(ribbon(band, [14.0]), plain(cloth, "rib"), puff=6, cast=0.12, relief=0.2, edge=0.45)


# --- small geometry -----------------------------------------------------------------------------------------


def _pair(point: Points) -> Point:
    return float(point[0]), float(point[1])


def _first(line: Points) -> Point:
    return _pair(line[0])


def _last(line: Points) -> Point:
    return _pair(line[-1])


def _middle(one: Points, other: Points, down: float) -> Point:
    return float(one[0] + other[0]) / 2, float(one[1] + other[1]) / 2 + down


def _at(line: Points, share: float) -> Points:
    return line[min(int(share * (len(line) - 1)), len(line) - 1)]
