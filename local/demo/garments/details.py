"""Trimmings shared by several families: collars, plackets, pockets, zips, drawstrings, belts."""

from collections.abc import Sequence

import numpy as np

from local.demo.canvas import Panel, Sheet
from local.demo.curves import Point, Points, ellipse, outline, parallel, shift, smooth
from local.demo.garments.blocks import CENTER, SIDES, Block, flip
from local.demo.patterns import RGB, Cloth, mix
from local.demo.spec import GarmentSpec

WHITE: RGB = (255, 255, 255)


def patch_pocket(
    sheet: Sheet,
    spec: GarmentSpec,
    top: Point,
    size: Point,
    *,
    cloth: Cloth | None = None,
    pointed: bool = True,
) -> Panel:
    """A stitched-on pocket; `top` is the middle of its opening, `size` its width and height."""
    (x, y), (w, h) = top, size
    low = y + h * (0.86 if pointed else 1.0)
    shape = outline(
        [(x - w / 2, y), (x + w / 2, y)], [(x + w / 2 - 1, low)], [(x, y + h)], [(x - w / 2 + 1, low)]
    )
    panel = sheet.panel(shape, cloth or spec.cloth, puff=12, cast=0.16, relief=0.5, edge=0.5)
    inner = outline(
        [(x - w / 2 + 4, y), (x - w / 2 + 5, low - 3)],
        [(x, y + h - 5)],
        [(x + w / 2 - 5, low - 3)],
        [(x + w / 2 - 4, y)],
    )
    sheet.stroke([inner], spec.dark, 1.2, 0.5, dash=(5, 3), clip=panel)
    return panel


def flap_pocket(
    sheet: Sheet, spec: GarmentSpec, top: Point, size: Point, *, button: RGB | None = None, patch: float = 0.0
) -> None:
    """A pocket flap, over a patch pocket of height `patch` when there is one."""
    (x, y), (w, h) = top, size
    if patch:
        patch_pocket(sheet, spec, (x, y + 4), (w - 6, patch))
    shape = outline(
        [(x - w / 2, y), (x + w / 2, y)],
        [(x + w / 2, y + h * 0.72)],
        [(x, y + h)],
        [(x - w / 2, y + h * 0.72)],
    )
    panel = sheet.panel(shape, spec.cloth, puff=10, cast=0.30, relief=0.4, edge=0.55)
    sheet.stroke(
        [np.vstack([shape, shape[:1]]) * 0.9 + np.array([x, y + h * 0.42]) * 0.1],
        spec.dark,
        1.1,
        0.45,
        dash=(5, 3),
        clip=panel,
    )
    if button:
        sheet.button((x, y + h * 0.68), 6.5, button)


def slant_pockets(sheet: Sheet, spec: GarmentSpec, inner: Point, outer: Point, clip: Panel) -> None:
    """Two slit pockets between two points given for the right side."""
    line = smooth([inner, ((inner[0] + outer[0]) / 2 + 3, (inner[1] + outer[1]) / 2 - 3), outer])
    for side in SIDES:
        edge = flip(line, side)
        sheet.stroke([edge], spec.dark, 2.6, 0.75, clip=clip)
        sheet.stroke([shift(edge, -side * 5.0, -1.0)], spec.dark, 1.1, 0.45, dash=(5, 3), clip=clip)


def placket(
    sheet: Sheet,
    spec: GarmentSpec,
    top: float,
    bottom: float,
    *,
    width: float = 34.0,
    shift: float = 0.0,
    clip: Panel | None = None,
) -> None:
    """The overlapping front edge of a buttoned garment, with its two rows of stitches."""
    left, right = CENTER + shift - width / 2, CENTER + shift + width / 2
    strip = outline([(left, top), (right, top)], [(right, bottom)], [(left, bottom)])
    sheet.shade(
        [(right - 1, top), (right + 8, top), (right + 8, bottom), (right - 1, bottom)], 0.5, 4.0, clip
    )
    sheet.panel(strip, spec.cloth, puff=9, cast=0.0, relief=0.4, edge=0.45)
    for x in (left + 4, right - 4):
        sheet.stroke([[(x, top), (x, bottom)]], spec.dark, 1.1, 0.42, dash=(5, 3))


def buttons(
    sheet: Sheet, top: float, bottom: float, count: int, color: RGB, *, radius: float = 7.5, x: float = CENTER
) -> None:
    for y in np.linspace(top, bottom, count):
        sheet.button((x, float(y)), radius, color)


def shirt_collar(
    sheet: Sheet,
    spec: GarmentSpec,
    block: Block,
    *,
    spread: float = 64.0,
    drop: float = 84.0,
    cloth: Cloth | None = None,
    closed: bool = True,
) -> None:
    """A turned-down collar with points; the stand behind it closes the neck."""
    cloth = cloth or spec.cloth
    neck, top = block.neck, block.top
    fall = block.top + block.neck_depth
    middle = CENTER + (3 if closed else 10)
    leaf = outline(
        [(CENTER + neck - 6, top - 30), (CENTER + neck + 10, top - 4), (CENTER + neck + 20, top + 26)],
        [(CENTER + spread + 24, fall + drop * 0.62)],
        [(CENTER + spread * 0.55, fall + drop * 0.30), (middle, fall - 4)],
        [(CENTER + neck * 0.52, top + 20), (CENTER + neck - 6, top - 30)],
    )
    for side in (-1, 1):
        shape = flip(leaf, side)
        panel = sheet.panel(shape, cloth, puff=14, cast=0.34, relief=0.4, edge=0.6)
        center = shape.mean(axis=0)
        sheet.stroke(
            [(np.vstack([shape, shape[:1]]) - center) * 0.9 + center],
            spec.dark,
            1.1,
            0.42,
            dash=(5, 3),
            clip=panel,
        )


def collar_stand(sheet: Sheet, spec: GarmentSpec, block: Block, *, cloth: Cloth | None = None) -> None:
    """The back half of a collar, seen from inside through the neck opening."""
    neck, top = block.neck, block.top
    shape = outline(
        [(CENTER - neck + 4, top - 30), (CENTER, top - 40), (CENTER + neck - 4, top - 30)],
        [(CENTER + neck + 12, top + 30)],
        [(CENTER, top + block.neck_depth + 14)],
        [(CENTER - neck - 12, top + 30)],
        [(CENTER - neck + 4, top - 30)],
    )
    sheet.panel(shape, cloth or spec.cloth, puff=30, tone=0.70, cast=0, relief=0.3)
    y = top + 4
    sheet.stroke(
        [smooth([(CENTER - neck, y - 10), (CENTER, y + 4), (CENTER + neck, y - 10)])], spec.dark, 1.4, 0.6
    )
    tag = outline(
        [(CENTER - 17, y + 8), (CENTER + 17, y + 8)], [(CENTER + 17, y + 27)], [(CENTER - 17, y + 27)]
    )
    sheet.fill(tag, (232, 228, 220), 0.9)
    sheet.stroke([[(CENTER - 9, y + 17), (CENTER + 9, y + 17)]], (120, 112, 108), 1.3, 0.8)


def polo_collar(sheet: Sheet, spec: GarmentSpec, block: Block) -> None:
    """A soft ribbed collar over a short placket."""
    placket(sheet, spec, block.top + block.neck_depth - 10, block.top + block.neck_depth + 116, width=32)
    buttons(
        sheet,
        block.top + block.neck_depth + 34,
        block.top + block.neck_depth + 92,
        2,
        mix(spec.rgb, WHITE, 0.55),
        radius=6,
    )
    collar_stand(sheet, spec, block, cloth=spec.plain("rib"))
    shirt_collar(sheet, spec, block, spread=66, drop=62, cloth=spec.plain("rib"))


def zip_line(
    sheet: Sheet, path: Points | Sequence[Point], metal: RGB, *, width: float = 9.0, pull: bool = True
) -> None:
    """A zip: tape shadow, teeth and a pull at the top end."""
    line = np.asarray(path, dtype=np.float64)
    sheet.stroke([line], mix(metal, (20, 18, 20), 0.75), width, 0.55)
    sheet.stroke([line], metal, width * 0.45, 0.9)
    sheet.stroke([line], mix(metal, (20, 18, 20), 0.6), width * 0.45, 0.8, dash=(1.6, 2.6))
    if pull:
        x, y = float(line[0, 0]), float(line[0, 1])
        sheet.fill(ellipse((x, y + 4), 5, 6), mix(metal, (20, 18, 20), 0.25))
        sheet.fill(
            outline([(x - 3, y + 6), (x + 3, y + 6)], [(x + 4, y + 28)], [(x - 4, y + 28)]),
            mix(metal, WHITE, 0.25),
        )


def belt(
    sheet: Sheet,
    shape: Points,
    cloth: Cloth,
    buckle: Point | None,
    metal: RGB = (204, 178, 120),
    size: float = 30.0,
) -> Panel:
    """A belt, with a square buckle when a place is given for it."""
    panel = sheet.panel(shape, cloth, puff=11, cast=0.32, relief=0.4, edge=0.6)
    if buckle:
        x, y = buckle
        frame = outline(
            [(x - size, y - size * 0.8), (x + size, y - size * 0.8)],
            [(x + size, y + size * 0.8)],
            [(x - size, y + size * 0.8)],
            [(x - size, y - size * 0.8)],
        )
        sheet.stroke([shift(frame, 1.5, 2.5)], (30, 24, 22), 6.0, 0.35)
        sheet.stroke([frame], metal, 6.0, 1.0)
        sheet.stroke([shift(frame, -1.0, -1.0)], mix(metal, WHITE, 0.55), 1.6, 0.9)
        sheet.stroke([[(x - size, y), (x + size * 0.7, y)]], metal, 4.0, 1.0)
    return panel


def tie_bow(sheet: Sheet, cloth: Cloth, at: Point, size: float, tails: float) -> None:
    """A soft bow: two loops, two tails and a knot."""
    x, y = at
    for side in SIDES:
        tail = outline(
            [(x, y), (x + side * size * 0.22, y + tails * 0.5), (x + side * size * 0.34, y + tails)],
            [(x + side * size * 0.72, y + tails * 0.95)],
            [(x + side * size * 0.42, y + tails * 0.45), (x + side * size * 0.12, y)],
        )
        sheet.panel(tail, cloth, puff=10, cast=0.25)
    for side in SIDES:
        loop = outline(
            [
                (x, y),
                (x + side * size * 0.55, y - size * 0.42),
                (x + side * size, y - size * 0.16),
                (x + side * size * 0.86, y + size * 0.24),
                (x, y),
            ]
        )
        sheet.panel(loop, cloth, puff=14, cast=0.25)
    sheet.panel(ellipse(at, size * 0.17, size * 0.2), cloth, puff=8, cast=0.3)


def drawstring(sheet: Sheet, color: RGB, x: float, top: float, length: float, lean: float = 6.0) -> None:
    """One hanging cord with a knotted end."""
    line = smooth([(x, top), (x + lean * 0.3, top + length * 0.5), (x + lean, top + length)])
    sheet.stroke([shift(parallel(line, -2.0), 2, 3)], (30, 24, 26), 5.0, 0.25)
    sheet.stroke([line], mix(color, (20, 18, 20), 0.25), 5.4, 1.0)
    sheet.stroke([shift(line, -0.8, 0)], color, 3.6, 1.0)
    sheet.fill(ellipse((x + lean, top + length + 4), 4.6, 7.0), mix(color, (20, 18, 20), 0.12))
    sheet.fill(ellipse((x, top), 4.2), mix(color, (20, 18, 20), 0.55))
