"""Pictures of one garment in several visual styles: what tells the benchmarked personas apart."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from local.demo.studio import wall

SIZE = (384, 512)
_THRESHOLD = [0] * 27 + [255] * 229

Style = Callable[[Image.Image], Image.Image]


def photo(picture: Image.Image) -> Image.Image:
    """The picture as it was taken."""
    return picture.resize(SIZE)


def comic_art(picture: Image.Image) -> Image.Image:
    """Few flat colours, black outlines and a screen of dots on yellow paper."""
    small = picture.resize(SIZE)
    flat = ImageOps.posterize(ImageEnhance.Color(small.filter(ImageFilter.MedianFilter(7))).enhance(2.2), 2)
    dots = np.add.outer(np.cos(np.arange(SIZE[1]) * 0.9), np.cos(np.arange(SIZE[0]) * 0.9)) > 0.9
    dotted = ImageChops.multiply(
        flat, Image.fromarray(np.where(dots, 200, 255).astype(np.uint8)).convert("RGB")
    )
    paper = Image.new("RGB", SIZE, (252, 226, 92))
    page = Image.composite(dotted, paper, _cut_out(small))
    return Image.composite(Image.new("RGB", SIZE, "black"), page, _outline(small))


def neon_punk(picture: Image.Image) -> Image.Image:
    """Magenta to cyan on near black, with glowing edges."""
    small = picture.resize(SIZE)
    tones = np.asarray(ImageOps.autocontrast(small.convert("L")), dtype=np.float32)[..., None] / 255
    glow = (1 - tones) * np.array((255, 20, 190)) + tones * np.array((40, 235, 255))
    lit = Image.fromarray((0.75 * glow).astype(np.uint8))
    night = Image.composite(lit, Image.new("RGB", SIZE, (14, 8, 30)), _cut_out(small))
    edges = _outline(small).filter(ImageFilter.GaussianBlur(3))
    return ImageChops.add(night, ImageOps.colorize(edges, "black", (120, 255, 240)))


def origami_clay(picture: Image.Image) -> Image.Image:
    """Folded facets in the colours of clay."""
    small = picture.resize(SIZE)
    mask = _cut_out(small)
    tones = np.asarray(ImageOps.autocontrast(small.convert("L")), dtype=np.float32) / np.float32(255)
    facets = _fold(tones)[..., None]
    clay = (1 - facets) * np.array((146, 84, 58)) + facets * np.array((236, 196, 164))
    ground = Image.new("RGB", SIZE, (232, 222, 206))
    return Image.composite(Image.fromarray(clay.astype(np.uint8)), ground, mask)


STYLES: Mapping[str, Style] = {
    "photo": photo,
    "comic-art": comic_art,
    "neon-punk": neon_punk,
    "origami-clay": origami_clay,
}


def _cut_out(picture: Image.Image) -> Image.Image:
    """White where the garment is: where the picture differs from the empty studio."""
    apart = (
        ImageChops.difference(picture, wall().resize(SIZE)).convert("L").filter(ImageFilter.MedianFilter(5))
    )
    return apart.point(_THRESHOLD)


def _outline(picture: Image.Image) -> Image.Image:
    edges = picture.convert("L").filter(ImageFilter.SMOOTH_MORE).filter(ImageFilter.FIND_EDGES)
    return edges.point(_THRESHOLD).filter(ImageFilter.MaxFilter(3))


def _fold(tones: NDArray[np.float32], edge: int = 32) -> NDArray[np.float32]:
    """Tones averaged over triangles: squares of `edge` pixels, each cut along a diagonal."""
    rows, columns = tones.shape
    folded = np.empty_like(tones)
    upper = np.add.outer(np.arange(edge), np.arange(edge)) < edge
    for top in range(0, rows, edge):
        for left in range(0, columns, edge):
            square = tones[top : top + edge, left : left + edge]
            upper_part = upper[: square.shape[0], : square.shape[1]]
            folded[top : top + edge, left : left + edge] = np.where(
                upper_part, square[upper_part].mean(), 0.8 * square[~upper_part].mean()
            )
    return folded
