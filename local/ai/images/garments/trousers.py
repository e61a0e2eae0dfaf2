"""Trousers and shorts, and waistbands."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from local.ai.images.figure import HEAD, SIDES, Body, cut_line, sides_of
from local.ai.images.garments.cloth import at_share, darken, last_point, middle, pair, plain
from local.demo.canvas import Grain, Panel, Sheet
from local.demo.curves import Points, parallel, ribbon, shift, smooth
from local.demo.patterns import Cloth, mix
from local.demo.shading import Fold


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
            pair(outer[start + 2]),
        ]
    )
    crotch = body.at(-side * 2, 4.10)
    low = int(len(line) * 0.16 / min(cut.length, 1.0))
    below = inner[low:]
    return np.vstack([top, outer[start + 3 :]]), np.vstack([crotch, below[below[:, 1] > crotch[1] + 4]])


def _draw_trouser_leg(sheet: Sheet, body: Body, cloth: Cloth, cut: LegCut, side: int) -> Panel:
    outer, inner = leg_shape(body, cut, side)
    hem = smooth([last_point(outer), middle(outer[-1], inner[-1], 3.0), last_point(inner)])
    start = np.array([body.at(-side * 3, cut.waist)])
    shape = np.vstack([start, outer, hem[1:-1], inner[::-1]])
    line, _ = body.leg(side)
    return sheet.panel(
        shape,
        cloth,
        puff=20,
        folds=_leg_folds(sheet, outer, inner, cut),
        grain=Grain(pair(line[0]), -side * body.pose.legs[0 if side > 0 else 1].upper),
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
        a, b = at_share(outer, place), at_share(inner, min(place + 0.02, 0.99))
        middle = (a + b) / 2 + (0, float(sheet.rng.uniform(2, 9)))
        found.append(Fold((pair(a), pair(middle), pair(b + (a - b) * 0.3)), 10, depth))
    if cut.ease[2] > 20:
        for share in (0.25, 0.5, 0.75):
            top, foot = at_share(outer, 0.3), outer[-1] + (inner[-1] - outer[-1]) * share
            found.append(Fold((pair(top + (at_share(inner, 0.1) - top) * share), pair(foot)), 13, -0.34))
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
            [
                (at_share(outer, place) + at_share(inner, max(place - 0.12, 0))) / 2
                for place in (0.3, 0.6, 0.98)
            ]
        )
        sheet.stroke([smooth([pair(point) for point in crease])], dark, 1.3, 0.4, clip=panel)
    if cut.front == "cargo":
        a, b = at_share(outer, 0.48), at_share(outer, 0.64)
        flap = np.array([a, a - (side * 30, -4), b - (side * 30, -4), b])
        sheet.stroke([flap, shift(flap[:2], 0, 13)], dark, 1.5, 0.55, clip=panel)
    if cut.front == "drawstring" and cut.length > 0.9:
        cuff = np.vstack([outer[-1], inner[-1]])
        sheet.panel(
            ribbon(cuff - (0, 5), [12.0]), plain(cloth, "rib"), puff=5, cast=0.12, relief=0.1, edge=0.4
        )


def draw_waistband(sheet: Sheet, body: Body, cloth: Cloth, heads: float, height: float) -> None:
    """A band around the waist, or a belt."""
    right, left = (body.edge(side, heads, 2.5) for side in SIDES)
    top = smooth([left, body.at(0, heads + 0.045), right])
    shape = np.vstack([top, shift(top, 0, height)[::-1]])
    sheet.panel(shape, cloth, puff=6, cast=0.16, relief=0.2, edge=0.5)
