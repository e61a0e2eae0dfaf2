"""Skirts, and the lower part of dresses."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from local.ai.images.figure import HEAD, SIDES, Body, level
from local.ai.images.garments.cloth import darken, first_point, last_point, plain
from local.ai.images.garments.trousers import draw_waistband
from local.demo.canvas import Grain, Panel, Sheet
from local.demo.curves import Points, ribbon, shift, smooth
from local.demo.patterns import Cloth
from local.demo.shading import Drape, Fold


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
    hem = np.array(drape.hem(last_point(right), last_point(left), sag, wave))
    waist = smooth(
        [first_point(left), body.at(0, top + 0.04) if first else (middle, y_top + 5), first_point(right)]
    )
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
        sheet.shade(ribbon(shift(edge, 7, 0), [14.0]), 0.30, 4.0, panel)
        sheet.stroke([edge], dark, 1.8, 0.65, clip=panel)
        knot = body.edge(1, cut.waist + 0.06, -4)
        for length in (46, 62):
            tail = [knot, (knot[0] + 8, knot[1] + length / 2), (knot[0] + 3 + length / 8, knot[1] + length)]
            sheet.panel(ribbon(tail, [5, 8, 9]), plain(cloth), puff=4, cast=0.25, relief=0.3)
