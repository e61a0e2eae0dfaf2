"""What the network learns from: photos in folders by category, and drawn garments."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from local.ai.embedder.lexicon import CATEGORIES, PATTERNS
from local.ai.embedder.pixels import Array
from local.ai.embedder.segment import LAYER_SIDE, cut_out
from local.ai.embedder.views import Frame, frame_garment
from local.demo.catalog import draw_garment
from local.demo.garments import CUTS
from local.demo.patterns import PATTERNS as DRAWN_PATTERNS
from local.demo.patterns import WEAVES
from local.demo.spec import COLORS, GarmentSpec

UNKNOWN = -1
_FLAT = 0.4  # of the plain drawings lose their folds and seams


@dataclass(frozen=True, slots=True)
class Sample:
    """A photo with its mask as alpha; `category` and `pattern` index CATEGORIES and PATTERNS (or UNKNOWN)."""

    layer: Image.Image
    frame: Frame
    category: int
    pattern: int


def make_sample(image: Image.Image, category: int, pattern: int) -> Sample:
    layer = cut_out(image)
    mask: Array = np.asarray(layer.getchannel("A"), dtype=np.float32) / 255
    return Sample(layer, frame_garment(mask), category, pattern)


def load_photos(folder: Path) -> Iterator[Sample]:
    """Every `<category>/*.jpg` of `folder`; patterns as seen by eye and kept in `patterns.json`."""
    named = json.loads(Path(__file__).with_name("patterns.json").read_text())
    labels = {stem: PATTERNS.index(pattern) for pattern, stems in named.items() for stem in stems.split()}
    for index, category in enumerate(CATEGORIES):
        for path in sorted((folder / category).glob("*.jpg")):
            with Image.open(path) as image:
                yield make_sample(image, index, labels.get(path.stem[:8], UNKNOWN))


def draw_samples(count: int, seed: int) -> Iterator[Sample]:
    """Drawn garments in front of plain walls, the same number of each category, half of them patterned."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        category = CATEGORIES[number % len(CATEGORIES)]
        pattern = "plain" if rng.random() < 0.5 else str(rng.choice(DRAWN_PATTERNS))
        color, accent = (str(name) for name in rng.choice(list(COLORS), 2, replace=False))
        spec = GarmentSpec(
            category,
            str(rng.choice(list(CUTS[category]))),
            color,
            accent,
            pattern,
            str(rng.choice(list(WEAVES))),
            float(rng.uniform(0.8, 1.6)),
            int(rng.integers(100_000)),
        )
        garment = draw_garment(spec)
        if pattern == "plain" and rng.random() < _FLAT:
            garment = _flatten(garment)
        picture = _hang(garment, rng)
        label = "striped" if pattern == "pinstripe" else pattern
        known = UNKNOWN if spec.cut == "graphic" else PATTERNS.index(label)
        yield make_sample(picture, CATEGORIES.index(category), known)


def _flatten(garment: Image.Image) -> Image.Image:
    """The garment as a silhouette of one colour, as clip art shows it."""
    pixels = np.asarray(garment)
    flat = pixels.copy()
    flat[..., :3] = np.median(pixels[pixels[..., 3] > 200][:, :3], axis=0)
    return Image.fromarray(flat)


def _hang(garment: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The RGBA garment before a wall of one random tone, a little lighter on one side."""
    garment = garment.resize((LAYER_SIDE * 3 // 4, LAYER_SIDE), Image.Resampling.BOX)
    w, h = garment.size
    tone = rng.uniform(205, 250) + rng.normal(0, 5, 3) if rng.random() < 0.7 else rng.uniform(40, 240, 3)
    slope = np.linspace(-1, 1, w)[None, :] * rng.normal(0, 6) + np.linspace(-1, 1, h)[:, None] * rng.normal(
        0, 6
    )
    wall = tone + slope[..., None] + rng.normal(0, 2, (h, w, 1))
    picture = Image.fromarray(wall.clip(0, 255).astype(np.uint8))
    picture.paste(garment.convert("RGB"), (0, 0), garment.getchannel("A"))
    return picture
