"""The embedder: text, pictures, or both, to one unit vector."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local.ai.embedder.appearance import Appearance, Observer
from local.ai.embedder.lexicon import CATEGORIES, PATTERNS
from local.ai.embedder.palette import COLORS, name_shares
from local.ai.embedder.pixels import Array, upright_size
from local.ai.embedder.segment import full_mask
from local.ai.embedder.space import DIMENSIONS, place_image, place_text, shorten
from local.ai.embedder.text import Meaning, Reader

WEIGHTS = Path(__file__).with_name("weights.npz")
_ENOUGH = (400, 400)  # pixels: larger JPEGs are decoded at a half, a quarter or an eighth of their size
_NOTABLE = 0.05  # colours with a smaller share are not named


@dataclass(frozen=True, slots=True)
class GarmentDescription:
    """What is seen in a photo of a garment; `mask` is (height, width) of the upright photo."""

    category: str
    category_probabilities: dict[str, float]
    colors: tuple[tuple[str, float], ...]  # the largest share first
    pattern: str
    pattern_probabilities: dict[str, float]
    mask: NDArray[np.float32]


class FashionEmbedder:
    """Places words and photos of clothes in one space; the same input always gives the same vector."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self._observer = Observer(weights)
        self._reader = Reader()

    @classmethod
    def load(cls) -> "FashionEmbedder":
        """The embedder with the weights beside this module."""
        with np.load(WEIGHTS, allow_pickle=False) as stored:
            return cls({name: stored[name].astype(np.float32) for name in stored.files})

    def embed(
        self, text: str | None = None, image_bytes: bytes | None = None, dimensions: int = DIMENSIONS[0]
    ) -> NDArray[np.float32]:
        """Unit vector (dimensions,) of a text, an encoded picture, or both.

        Of both it is the average of the two vectors, as Titan Multimodal Embeddings combines them.

        Raises ValueError if neither is given or for dimensions other than 1024, 384 and 256, and
        PIL.UnidentifiedImageError or OSError for bytes that are not a readable picture.
        """
        vectors: list[NDArray[np.float32]] = []
        if text and text.strip():
            vectors.append(self.embed_text(text))
        if image_bytes:
            with Image.open(io.BytesIO(image_bytes)) as image:
                image.draft("RGB", _ENOUGH)
                vectors.append(self.embed_image(image))
        if not vectors:
            raise ValueError("nothing to embed: give text, image_bytes or both")
        return shorten(_average(vectors), dimensions)

    def embed_text(self, text: str) -> NDArray[np.float32]:
        """Unit vector (1024,) of a text. Raises ValueError for a blank one."""
        if not text.strip():
            raise ValueError("the text is blank")
        vector = place_text(self._reader.read(text))
        if not vector.any():  # only words without a meaning of their own, such as "something nice"
            vector = place_text(Meaning(unknown=text.lower().split()))
        return vector

    def embed_image(self, image: Image.Image) -> NDArray[np.float32]:
        """Unit vector (1024,) of a picture of a garment."""
        return place_image(self._observer.observe(image))

    def describe(self, image: Image.Image) -> GarmentDescription:
        """Category, colours, pattern and outline of the garment in a picture."""
        seen = self._observer.observe(image)
        return GarmentDescription(
            category=CATEGORIES[int(seen.categories.argmax())],
            category_probabilities=_by_name(CATEGORIES, seen.categories),
            colors=_name_colors(seen),
            pattern=PATTERNS[int(seen.patterns.argmax())],
            pattern_probabilities=_by_name(PATTERNS, seen.patterns),
            mask=full_mask(seen.layer, upright_size(image)),
        )


def _average(vectors: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    total = np.sum(vectors, axis=0)
    length = float(np.linalg.norm(total))
    return (total / length if length > 0 else vectors[0]).astype(np.float32)


def _by_name(names: tuple[str, ...], values: Array) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def _name_colors(seen: Appearance) -> tuple[tuple[str, float], ...]:
    shares = _by_name(COLORS, name_shares(seen.anchors))
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    return tuple((name, share) for name, share in ordered if share >= _NOTABLE) or tuple(ordered[:1])
