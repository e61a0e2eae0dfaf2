"""Dresses: a bodice and a skirt of one cloth."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from local.ai.images.figure import HEAD, Body
from local.ai.images.garments.cloth import darken, plain
from local.ai.images.garments.skirts import SkirtCut, draw_skirt
from local.ai.images.garments.tops import TopCut, draw_top
from local.ai.images.garments.trousers import draw_waistband
from local.demo.canvas import Sheet
from local.demo.curves import smooth
from local.demo.patterns import Cloth


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
    draw_skirt(sheet, body, cloth, cut.skirt, band=False)
    draw_top(sheet, body, cloth, replace(cut.top, hem=cut.skirt.waist + 0.06))
    if cut.top.neck == "wrap":
        edge = smooth([body.at(0.25 * HEAD, 1.40), body.at(6, 2.25), body.edge(-1, 2.84, -4)])
        sheet.stroke([edge], darken(cloth.color), 1.7, 0.6)
    if cut.belt == "band":
        draw_waistband(sheet, body, plain(cloth, shade=0.06), cut.skirt.waist - 0.03, 12)
    if cut.belt == "belt":
        draw_waistband(sheet, body, Cloth((116, 78, 52), weave="leather"), cut.skirt.waist - 0.02, 10)
        sheet.button(body.at(0, cut.skirt.waist + 0.08), 6, (200, 164, 96), holes=False)
