"""The sheet a garment is drawn on: shaded panels of cloth, seams and trimmings."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from local.demo import shading
from local.demo.curves import Field, Point, Points, dashes, ellipse
from local.demo.patterns import RGB, WEAVES, Cloth, mix, paint, weave_tone
from local.demo.shading import Drape, Fold

WIDTH, HEIGHT = 768, 1024
MASK_ZOOM = 3  # outlines are filled at three times the size and averaged down

Shape = Sequence[Point] | Points


@dataclass(frozen=True, slots=True)
class Grain:
    """Where a panel's pattern starts, how it is turned (degrees), flared and bent over the body."""

    origin: Point = (384.0, 200.0)
    angle: float = 0.0
    flare: float = 0.0
    bend: float = 0.0


@dataclass(frozen=True, slots=True)
class Panel:
    """A painted piece: its box (left, top, right, bottom) on the sheet, coverage and light inside it."""

    box: tuple[int, int, int, int]
    mask: Field
    light: Field

    @property
    def slices(self) -> tuple[slice, slice]:
        left, top, right, bottom = self.box
        return slice(top, bottom), slice(left, right)


@dataclass
class Sheet:
    """A transparent picture of WIDTH x HEIGHT; every drawing call lays something over what is there."""

    seed: int
    rgb: Field = field(init=False)
    alpha: Field = field(init=False)
    rng: np.random.Generator = field(init=False)
    _place: tuple[float, float, float, float] = field(init=False, default=(0.0, 0.0, 1.0, 0.0))

    def __post_init__(self) -> None:
        self.rgb = np.zeros((3, HEIGHT, WIDTH), dtype=np.float32)
        self.alpha = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
        self.rng = np.random.default_rng(self.seed)
        self._sway = self.rng.uniform(0, 2 * np.pi, 4)

    @contextmanager
    def placed(
        self, dx: float, dy: float, scale: float = 1.0, turn: float = 0.0
    ) -> Generator[None, None, None]:
        """Draw moved, scaled and turned (degrees) about the sheet's middle."""
        before, self._place = self._place, (dx, dy, scale, np.radians(turn))
        try:
            yield
        finally:
            self._place = before

    def panel(
        self,
        shape: Shape,
        cloth: Cloth,
        *,
        puff: float = 60.0,
        folds: Sequence[Fold] = (),
        drape: Drape | None = None,
        grain: Grain | None = None,
        tone: float = 1.0,
        cast: float = 0.30,
        edge: float = 0.42,
        relief: float = 1.0,
        roll: float = 0.3,
    ) -> Panel:
        """Lay a piece of cloth.

        `puff` is how far from its edge, in pixels, the piece curves towards the viewer, and `roll` how much
        of that it does at its top and bottom too (cloth that hangs: little); `tone` darkens or brightens
        it; `cast` is the strength of its shadow on what lies below, `edge` that of its outline.
        """
        path = self._warp(shape)
        box = self._box(path, 4)
        mask = _fill([path], box)
        slope_x, slope_y, hollow = self._slopes(mask, box, puff, folds, drape, relief, roll, cloth)
        size = (mask.shape[1], mask.shape[0])
        shine = shading.resized(shading.light(slope_x, slope_y) * hollow, size)
        u, v = self._cloth_position(box, grain or Grain())
        if cloth.pattern != "plain":  # folds shift a pattern a little
            shift = 9.0 if drape else 6.0
            u, v = u + shift * shading.resized(slope_x, size), v + shift * shading.resized(slope_y, size)
        albedo = paint(cloth, u, v) * (weave_tone(cloth, u, v) * tone)
        lit = shading.apply_light(albedo, shine, cloth.color)
        if WEAVES[cloth.weave].gloss:
            spark = shading.gloss(slope_x, slope_y, 14.0) * WEAVES[cloth.weave].gloss
            lit += (255 - lit) * np.clip(shading.resized(spark, size) - 0.10, 0, 1)
        if cast:
            self._cast(mask, box, cast)
        panel = Panel(box, mask, shine)
        self._over(panel.slices, lit, mask)
        if edge:
            self.stroke([path], mix(cloth.color, (24, 20, 22), 0.55), 1.7, edge, warp=False)
        return panel

    def stroke(
        self,
        paths: Sequence[Shape],
        color: RGB,
        width: float = 1.6,
        alpha: float = 0.8,
        *,
        dash: tuple[float, float] | None = None,
        clip: Panel | None = None,
        warp: bool = True,
    ) -> None:
        """Draw lines of `width` pixels, solid or stitched (`dash` = stitch and gap), inside `clip`."""
        lines = [self._warp(path) if warp else np.asarray(path) for path in paths]
        box = self._box(np.vstack(lines), 6)
        if dash:
            lines = [piece for line in lines for piece in dashes(line, *dash)]
        left, top, right, bottom = box
        part = (slice(top, bottom), slice(left, right))
        cover = _lines(lines, box, width * self._place[2])
        rows, columns = np.nonzero(cover)
        share = cover[rows, columns] * np.float32(alpha / 255)
        under = self._clipped(clip, part) if clip else self.alpha[part]
        share = share * under[rows, columns]
        for plane, tone in zip(self.rgb, color, strict=True):
            pixels = plane[part]
            pixels[rows, columns] += (tone - pixels[rows, columns]) * share

    def fill(self, shape: Shape, color: RGB, alpha: float = 1.0, clip: Panel | None = None) -> None:
        """Fill a flat shape; with a `clip` it is printed on that panel and takes its light."""
        path = self._warp(shape)
        box = self._box(path, 2)
        left, top, right, bottom = box
        part = (slice(top, bottom), slice(left, right))
        cover = _fill([path], box) * alpha
        tone = np.array(color, dtype=np.float32)
        if clip:
            lit = tone[:, None, None] * np.clip(self._lit(clip, part), 0.2, 1.08)
            self._blend(part, lit, cover * self._clipped(clip, part))
        else:
            self._over(part, tone[:, None, None], cover)

    def shade(self, shape: Shape, strength: float, softness: float, clip: Panel | None = None) -> None:
        """Darken (or brighten, when negative) softly inside a shape."""
        path = self._warp(shape)
        left, top, right, bottom = self._box(path, int(3 * softness) + 4)
        part = (slice(top, bottom), slice(left, right))
        cover = shading.blur(_fill([path], (left, top, right, bottom)), softness) * abs(strength)
        if clip:
            cover = cover * self._clipped(clip, part)
        target = (28, 22, 26) if strength > 0 else (255, 252, 246)
        self._blend(part, np.array(target, dtype=np.float32)[:, None, None], cover)

    def button(self, at: Point, radius: float, color: RGB, *, holes: bool = True) -> None:
        """A round button with four holes and a bright upper-left rim."""
        x, y = at
        dark = mix(color, (20, 16, 18), 0.5)
        self.fill(ellipse((x + radius * 0.22, y + radius * 0.32), radius * 1.12), dark, 0.35)
        self.fill(ellipse(at, radius), mix(color, (20, 16, 18), 0.28))
        self.fill(
            ellipse((x - 0.08 * radius, y - 0.10 * radius), radius * 0.88), mix(color, (255, 255, 255), 0.16)
        )
        self.fill(ellipse(at, radius * 0.66), color)
        if holes:
            for dx, dy in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
                self.fill(ellipse((x + dx * radius * 0.24, y + dy * radius * 0.24), radius * 0.13), dark, 0.9)

    def image(self) -> Image.Image:
        """The sheet as an RGBA picture."""
        planes = [np.clip(plane + 0.5, 0, 255) for plane in self.rgb]
        planes.append(np.clip(self.alpha * 255 + 0.5, 0, 255))
        return Image.merge("RGBA", [Image.fromarray(plane.astype(np.uint8)) for plane in planes])

    def _warp(self, shape: Shape) -> Points:
        """Place the points, and sway them a little: nothing in a wardrobe is quite symmetric."""
        points = np.array(shape, dtype=np.float64)
        dx, dy, scale, turn = self._place
        x, y = points[:, 0] - WIDTH / 2, points[:, 1] - HEIGHT / 2
        c, s = np.cos(turn) * scale, np.sin(turn) * scale
        x, y = WIDTH / 2 + dx + x * c - y * s, HEIGHT / 2 + dy + x * s + y * c
        a, b, d, e = self._sway
        return np.column_stack(
            [
                x + 2.6 * np.sin(y / 190 + a) + 1.2 * np.sin(y / 71 + x / 160 + b),
                y + 2.0 * np.sin(x / 170 + d) + 0.9 * np.sin(x / 83 + y / 140 + e),
            ]
        )

    def _box(self, path: Points, margin: int) -> tuple[int, int, int, int]:
        low, high = path.min(axis=0) - margin, path.max(axis=0) + margin
        left, top = max(int(low[0]) // 2 * 2, 0), max(int(low[1]) // 2 * 2, 0)
        right, bottom = min(int(high[0]) // 2 * 2 + 2, WIDTH), min(int(high[1]) // 2 * 2 + 2, HEIGHT)
        return left, top, max(right, left + 2), max(bottom, top + 2)

    def _slopes(
        self,
        mask: Field,
        box: tuple[int, int, int, int],
        puff: float,
        folds: Sequence[Fold],
        drape: Drape | None,
        relief: float,
        roll: float,
        cloth: Cloth,
    ) -> tuple[Field, Field, Field]:
        """Slopes of the cloth and the dimness of its edges, at half size: light changes slowly."""
        left, top, right, bottom = box
        half = np.asarray(Image.fromarray(mask).reduce(2), dtype=np.float32)
        size = (half.shape[1], half.shape[0])
        radius = puff * self._place[2] / 2
        round_x, round_y = shading.slopes(radius * 0.95 * shading.blur(half, max(radius, 1.0)))
        height = radius * 0.12 * shading.blur(half, max(radius / 5, 0.8))
        if folds:
            warped = [Fold(_tuples(self._warp(f.points)), f.width * self._place[2], f.depth) for f in folds]
            height += 0.42 * relief * shading.fold_height(warped, size, (left, top), 0.5)
        if drape:
            y, x = np.mgrid[top:bottom:2, left:right:2].astype(np.float32)
            height += 0.5 * drape.height(x, y)
        rough = np.roll(shading.crumple(), (self.seed * 37 % 512, self.seed * 53 % 384), (0, 1))
        part = rough[top // 2 : bottom // 2, left // 2 : right // 2]
        height += 0.85 * WEAVES[cloth.weave].crumple * relief * part
        slope_x, slope_y = shading.slopes(height)
        slope_x, slope_y = slope_x + round_x, slope_y + roll * round_y
        hollow = 0.80 + 0.20 * np.clip(1.6 * shading.blur(half, 3.0) - 0.6, 0, 1)
        return slope_x, slope_y, hollow

    def _cloth_position(self, box: tuple[int, int, int, int], grain: Grain) -> tuple[Field, Field]:
        """Where on the (flat) cloth each pixel lies: across and along, positive."""
        left, top, right, bottom = box
        dx, dy, scale, turn = self._place
        x = np.arange(left, right, dtype=np.float32) - np.float32(WIDTH / 2 + dx)
        y = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(HEIGHT / 2 + dy)
        a, b = float(np.cos(turn) / scale), float(np.sin(turn) / scale)
        c, s = float(np.cos(np.radians(grain.angle))), float(np.sin(np.radians(grain.angle)))
        at_x, at_y = WIDTH / 2 - grain.origin[0], HEIGHT / 2 - grain.origin[1]
        u = x * (a * c - b * s) + y * (b * c + a * s) + (at_x * c + at_y * s)
        v = x * (-a * s - b * c) + y * (a * c - b * s) + (at_y * c - at_x * s)
        if grain.flare:
            u = u / (1 + grain.flare * np.maximum(v, 0))
        if grain.bend:
            v = v - grain.bend * (u / 150) ** 2
        return u + 4096, v + 4096

    def _cast(self, mask: Field, box: tuple[int, int, int, int], strength: float) -> None:
        left, top, right, bottom = box
        part = (slice(max(top - 12, 0), bottom + 24), slice(max(left - 12, 0), right + 24))
        under = self.alpha[part]
        if not under.any():
            return
        spread = np.zeros_like(under)
        y, x = top - part[0].start + 6, left - part[1].start + 4
        spread[y : y + mask.shape[0], x : x + mask.shape[1]] = mask[
            : spread.shape[0] - y, : spread.shape[1] - x
        ]
        dim = shading.blur(spread, 7.0) * strength * np.minimum(under, 1)
        self._blend(part, np.array((30, 22, 26), dtype=np.float32)[:, None, None], dim)

    def _clipped(self, clip: Panel, part: tuple[slice, slice]) -> Field:
        return _spread(clip.mask, clip.slices, part)

    def _lit(self, clip: Panel, part: tuple[slice, slice]) -> Field:
        return _spread(clip.light, clip.slices, part)

    def _over(self, part: tuple[slice, slice], color: Field, cover: Field) -> None:
        before = self.alpha[part]
        after = cover + before * (1 - cover)
        self._blend(part, color, cover / np.maximum(after, 1e-6))
        self.alpha[part] = after

    def _blend(self, part: tuple[slice, slice], color: Field, share: Field) -> None:
        pixels = self.rgb[:, part[0], part[1]]
        pixels += (color - pixels) * share


def _spread(values: Field, source: tuple[slice, slice], part: tuple[slice, slice]) -> Field:
    """`values` of the area `source`, seen through the area `part`; zero outside."""
    result = np.zeros((part[0].stop - part[0].start, part[1].stop - part[1].start), dtype=np.float32)
    rows = slice(max(source[0].start, part[0].start), min(source[0].stop, part[0].stop))
    columns = slice(max(source[1].start, part[1].start), min(source[1].stop, part[1].stop))
    if rows.start < rows.stop and columns.start < columns.stop:
        seen = values[_moved(rows, source[0].start), _moved(columns, source[1].start)]
        result[_moved(rows, part[0].start), _moved(columns, part[1].start)] = seen
    return result


def _moved(part: slice, start: int) -> slice:
    return slice(part.start - start, part.stop - start)


def _tuples(points: Points) -> tuple[Point, ...]:
    return tuple(map(tuple, points.tolist()))


def _fill(paths: Sequence[Points], box: tuple[int, int, int, int]) -> Field:
    left, top, right, bottom = box
    layer = Image.new("L", ((right - left) * MASK_ZOOM, (bottom - top) * MASK_ZOOM), 0)
    pen = ImageDraw.Draw(layer)
    for path in paths:
        moved = (path - (left, top)) * MASK_ZOOM
        pen.polygon(_tuples(moved), fill=255)
    return np.asarray(layer.reduce(MASK_ZOOM), dtype=np.float32) / 255


def _lines(paths: Sequence[Points], box: tuple[int, int, int, int], width: float) -> NDArray[np.uint8]:
    left, top, right, bottom = box
    layer = Image.new("L", ((right - left) * MASK_ZOOM, (bottom - top) * MASK_ZOOM), 0)
    pen = ImageDraw.Draw(layer)
    for path in paths:
        moved = (path - (left, top)) * MASK_ZOOM
        pen.line(_tuples(moved), fill=255, width=max(1, round(width * MASK_ZOOM)), joint="curve")
    return np.asarray(layer.reduce(MASK_ZOOM))
