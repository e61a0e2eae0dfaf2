"""The local embedder: what it reads from words, from drawn pictures and, where present, from real photos."""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, UnidentifiedImageError

from local.ai.embedder import FashionEmbedder
from local.ai.embedder.lexicon import CATEGORIES, PATTERNS
from local.ai.embedder.model import WEIGHTS
from local.ai.embedder.network import Network
from local.ai.embedder.segment import garment_mask
from local.ai.training.layers import Model
from tests.support.speed import best_time_in_units

PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "clothing"
LABELS: Mapping[str, Mapping[str, str | list[str]]] = json.loads(
    (Path(__file__).parent / "data" / "clothing_labels.json").read_text()
)
needs_photos = pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"the photos are not in {PHOTOS}")

RED, BLUE, BLACK = (196, 36, 44), (48, 92, 176), (26, 26, 28)
Color = tuple[int, int, int]
OUTLINES = {
    "t-shirt": "30 12 42 17 58 17 70 12 95 30 84 46 73 38 73 92 27 92 27 38 16 46 5 30",
    "pants": "32 4 68 4 73 97 56 97 50 34 44 97 27 97",
    "dress": "38 4 44 12 56 12 62 4 66 30 62 42 84 95 16 95 38 42 34 30",
}
SHAPES = tuple(OUTLINES)


def draw(shape: str, color: Color, wall: Color = (236, 234, 230)) -> Image.Image:
    """A flat garment of one colour on a wall, 300 x 400 pixels."""
    picture = Image.new("RGB", (300, 400), wall)
    numbers = [int(number) for number in OUTLINES[shape].split()]
    points = [(30 + 2.4 * x, 60 + 2.9 * y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    ImageDraw.Draw(picture).polygon(points, fill=color, outline=tuple(level // 2 for level in color))
    return picture


def stripe(picture: Image.Image, color: Color, step: int = 24) -> Image.Image:
    """The garment with stripes across it."""
    alpha = Image.fromarray((garment_mask(picture) > 0.5).astype(np.uint8) * 255)
    bars = Image.new("L", picture.size)
    for y in range(0, picture.height, step):
        ImageDraw.Draw(bars).rectangle((0, y, picture.width, y + step // 2), fill=255)
    striped = picture.copy()
    striped.paste(color, (0, 0), Image.fromarray(np.minimum(np.asarray(alpha), np.asarray(bars))))
    return striped


def encode(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def cosine(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    return float(one @ other)


@pytest.fixture(scope="module")
def embedder() -> FashionEmbedder:
    return FashionEmbedder.load()


# ---- vectors


@pytest.mark.parametrize("dimensions", [1024, 384, 256])
def test_vectors_are_unit_float32_and_repeatable(embedder: FashionEmbedder, dimensions: int) -> None:
    photo = encode(draw("dress", RED))
    for given in ({"text": "red dress"}, {"image_bytes": photo}, {"text": "red dress", "image_bytes": photo}):
        vector = embedder.embed(**given, dimensions=dimensions)  # pyright: ignore[reportArgumentType]
        assert vector.shape == (dimensions,)
        assert vector.dtype == np.float32
        assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)
        assert np.array_equal(vector, FashionEmbedder.load().embed(**given, dimensions=dimensions))  # pyright: ignore[reportArgumentType]


def test_both_is_the_average_of_text_and_image(embedder: FashionEmbedder) -> None:
    photo = encode(draw("pants", BLUE))
    text, image = embedder.embed(text="red dress"), embedder.embed(image_bytes=photo)
    both = embedder.embed(text="red dress", image_bytes=photo)
    assert cosine(both, text) == pytest.approx(cosine(both, image), abs=1e-5)
    assert cosine(both, text) == pytest.approx(math.sqrt((1 + cosine(text, image)) / 2), abs=1e-5)


def test_refuses_nothing_and_other_lengths(embedder: FashionEmbedder) -> None:
    with pytest.raises(ValueError, match="give text"):
        embedder.embed(text="  ")
    with pytest.raises(ValueError, match="1024"):
        embedder.embed(text="hat", dimensions=512)
    with pytest.raises(UnidentifiedImageError):
        embedder.embed(image_bytes=b"no picture")


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "I;16", "1"])
def test_reads_any_kind_of_picture(embedder: FashionEmbedder, mode: str) -> None:
    plain = draw("t-shirt", BLACK)
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(plain.convert("L")).astype(np.uint16) * 257)
    else:
        picture = plain.convert(mode)
    vector = embedder.embed(image_bytes=encode(picture, "TIFF"))
    assert cosine(vector, embedder.embed_image(plain)) > 0.8


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 2), (4000, 40)])
def test_survives_odd_sizes(embedder: FashionEmbedder, size: tuple[int, int]) -> None:
    vector = embedder.embed_image(Image.new("RGB", size, RED))
    assert np.isfinite(vector).all()


# ---- words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("t-shirt", "T Shirts"),
        ("tee", "tshirt"),
        ("red dress", "Scarlet GOWN"),
        ("trousers", "slacks"),
        ("sneakers", "trainer"),
        ("grey jacket", "gray coats"),
        ("polka-dot blouse", "polka dots shirt"),
        ("navy blue hat", "navy cap"),
    ],
)
def test_synonyms_and_spellings_mean_the_same(embedder: FashionEmbedder, one: str, other: str) -> None:
    assert cosine(embedder.embed_text(one), embedder.embed_text(other)) > 0.98


@pytest.mark.parametrize(
    ("wanted", "near", "far"),
    [
        ("red dress", "burgundy dress", "green dress"),
        ("red dress", "blue dress", "blue shoes"),
        ("light blue shirt", "sky shirt", "navy shirt"),
        ("dress shoes", "shoes", "dress"),
        ("black jeans", "black pants", "blue pants"),
        ("something for the beach", "shorts", "coat"),
        ("warm for winter", "coat", "shorts"),
        ("outfit for the gym", "t-shirt", "dress"),
        ("Zibeline scarf", "zibeline", "organdy"),
    ],
)
def test_words_are_nearer_to_what_they_mean(
    embedder: FashionEmbedder, wanted: str, near: str, far: str
) -> None:
    query = embedder.embed_text(wanted)
    assert cosine(query, embedder.embed_text(near)) > cosine(query, embedder.embed_text(far)) + 0.05


@pytest.mark.parametrize(
    "text", ["t-shirt, not red", "a tee without red", "non-red t-shirt", "no red t-shirts"]
)
def test_denied_colours_go_down(embedder: FashionEmbedder, text: str) -> None:
    query = embedder.embed_text(text)
    red, blue = (embedder.embed_image(draw("t-shirt", color)) for color in (RED, BLUE))
    assert cosine(query, blue) > cosine(query, red) + 0.15
    assert cosine(query, blue) > 0.2


def test_unknown_words_change_no_order_of_pictures(embedder: FashionEmbedder) -> None:
    pictures = [embedder.embed_image(draw(shape, color)) for shape in SHAPES for color in (RED, BLUE)]
    orders = [
        np.argsort([cosine(embedder.embed_text(text), picture) for picture in pictures]).tolist()
        for text in ("red dress", "Quuxian red dress by Frobnitz")
    ]
    assert orders[0] == orders[1]
    unknown = embedder.embed_text("frobnitz")
    assert all(abs(cosine(unknown, picture)) < 1e-6 for picture in pictures)


def test_text_takes_less_than_a_millisecond_on_a_quiet_core(embedder: FashionEmbedder) -> None:
    embedder.embed_text("warm up")
    wish = "light blue striped cotton shirt for the office"
    assert best_time_in_units(lambda: embedder.embed_text(wish)) < 0.1


# ---- pictures


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("name", "color"), [("red", RED), ("blue", BLUE), ("black", BLACK)])
def test_describes_drawn_garments(embedder: FashionEmbedder, shape: str, name: str, color: Color) -> None:
    seen = embedder.describe(draw(shape, color))
    assert seen.category == shape
    assert seen.colors[0][0] == name
    assert seen.colors[0][1] > 0.6
    assert sum(seen.category_probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_tells_stripes_from_plain(embedder: FashionEmbedder) -> None:
    plain = draw("t-shirt", (240, 240, 238), wall=(150, 120, 90))
    striped = stripe(plain, (30, 40, 80))
    assert embedder.describe(plain).pattern == "plain"
    assert embedder.describe(striped).pattern == "striped"
    query = embedder.embed_text("striped t-shirt")
    assert cosine(query, embedder.embed_image(striped)) > cosine(query, embedder.embed_image(plain)) + 0.1


@pytest.mark.parametrize("wall", [(236, 234, 230), (150, 40, 40), (60, 60, 64)])
def test_mask_covers_the_garment_only(wall: Color) -> None:
    picture = draw("t-shirt", BLUE, wall)
    truth = np.abs(np.asarray(picture).astype(int) - wall).sum(axis=2) > 30
    found = garment_mask(picture) > 0.5
    assert found.shape == truth.shape
    assert (found & truth).sum() / (found | truth).sum() > 0.9


def test_large_turned_jpeg_is_described_upright(embedder: FashionEmbedder) -> None:
    upright = draw("pants", BLUE).resize((900, 1200))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter turn clockwise
    buffer = io.BytesIO()
    upright.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", exif=exif)
    with Image.open(buffer) as turned:
        seen = embedder.describe(turned)
        assert turned.size == (1200, 900)  # the caller's picture is left as it was
    assert seen.category == "pants"
    assert seen.mask.shape == (1200, 900)
    vector = embedder.embed(image_bytes=buffer.getvalue())
    assert cosine(vector, embedder.embed_image(upright)) > 0.98


def test_words_find_the_drawn_garment(embedder: FashionEmbedder) -> None:
    colors = {"red": RED, "blue": BLUE, "black": BLACK}
    shown = {
        (color, shape): embedder.embed_image(draw(shape, colors[color]))
        for color in colors
        for shape in SHAPES
    }
    for wanted in shown:
        query = embedder.embed_text(" ".join(wanted))
        ranked = sorted(shown, key=lambda key: -cosine(query, shown[key]))
        assert ranked[0] == wanted
        assert ranked[1][1] == wanted[1]  # the same garment in another colour comes next


def test_short_vectors_keep_likeness(embedder: FashionEmbedder) -> None:
    pictures = [encode(draw(shape, color)) for shape in SHAPES for color in (RED, BLUE, BLACK)]
    full = np.stack([embedder.embed(image_bytes=picture) for picture in pictures])
    for dimensions in (384, 256):
        short = np.stack([embedder.embed(image_bytes=picture, dimensions=dimensions) for picture in pictures])
        assert np.abs(short @ short.T - full @ full.T).max() < 0.06


# ---- training


def test_gradients_agree_with_differences() -> None:
    rng = np.random.default_rng(1)
    model = Model(rng, 3, (4, 5, 6), (len(CATEGORIES), len(PATTERNS)))
    for head in (model.category, model.pattern):
        head.drop = 0.0
        head.weights.value = rng.standard_normal(head.weights.value.shape).astype(np.float32)
    maps = rng.standard_normal((6, 8, 8, 3)).astype(np.float32)
    pulls = [
        rng.standard_normal((6, classes)).astype(np.float32) for classes in (len(CATEGORIES), len(PATTERNS))
    ]

    def loss() -> float:
        return sum(
            float((s.astype(np.float64) * p).sum()) for s, p in zip(model.forward(maps), pulls, strict=True)
        )

    loss()
    model.backward(*pulls)
    for parameter in model.parameters():
        direction = rng.standard_normal(parameter.value.shape).astype(np.float32)
        direction /= np.linalg.norm(direction)
        start, step = parameter.value.copy(), np.float32(2e-3)
        expected = float((parameter.gradient * direction).sum())
        parameter.value[...] = start + step * direction
        above = loss()
        parameter.value[...] = start - step * direction
        slope = (above - loss()) / (2 * float(step))
        parameter.value[...] = start
        assert slope == pytest.approx(expected, rel=0.06, abs=0.06)


def test_weights_are_small_plain_arrays() -> None:
    assert WEIGHTS.stat().st_size < 4_000_000
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        Network({name: stored[name].astype(np.float32) for name in stored.files})


def test_loads_quickly() -> None:
    assert best_time_in_units(FashionEmbedder.load) < 10


# ---- real photos


@dataclass(frozen=True)
class Shelf:
    """The real photos: vectors (n, 1024), what was read from each, and the labels given by eye."""

    vectors: NDArray[np.float32]
    labels: list[Mapping[str, str | list[str]]]
    categories: list[str]

    def find(self, query: NDArray[np.float32]) -> list[Mapping[str, str | list[str]]]:
        return [self.labels[i] for i in np.argsort(-(self.vectors @ query), kind="stable")]


@cache
def read_shelf() -> Shelf:
    embedder = FashionEmbedder.load()
    paths = sorted(PHOTOS.glob("*/*.jpg"))
    vectors = [embedder.embed(image_bytes=path.read_bytes()) for path in paths]
    read = [CATEGORIES[int(vector[: len(CATEGORIES)].argmax())] for vector in vectors]
    return Shelf(np.stack(vectors), [LABELS[path.stem] for path in paths], read)


@needs_photos
def test_photos_all_labelled() -> None:
    assert {path.stem: path.parent.name for path in PHOTOS.glob("*/*.jpg")} == {
        stem: label["category"] for stem, label in LABELS.items()
    }


@needs_photos
def test_photos_category_accuracy() -> None:
    shelf = read_shelf()
    right = [read == label["category"] for read, label in zip(shelf.categories, shelf.labels, strict=True)]
    assert sum(right) / len(right) >= 0.85


@needs_photos
def test_photos_find_themselves_first() -> None:
    vectors = read_shelf().vectors
    likeness = vectors @ vectors.T
    assert np.array_equal(likeness.argmax(axis=1), np.arange(len(vectors)))
    assert np.allclose(np.diag(likeness), 1, atol=1e-5)
    np.fill_diagonal(likeness, -1)
    labels = [label["category"] for label in read_shelf().labels]
    assert np.mean([labels[i] == labels[n] for i, n in enumerate(likeness.argmax(axis=1))]) > 0.8


@needs_photos
def test_a_photo_takes_a_few_hundredths_of_a_second(embedder: FashionEmbedder) -> None:
    photo = min(PHOTOS.glob("*/*.jpg")).read_bytes()
    assert best_time_in_units(lambda: embedder.embed(image_bytes=photo)) < 4


# Query; category, any of these colours, any of these patterns; how many of the first are looked at, and how
# many of them must fit all three.
QUERIES = [
    ("red dress", "dress", "red pink", "", 3, 3),
    ("black dress", "dress", "black", "", 3, 3),
    ("floral dress", "dress", "", "floral printed", 5, 5),
    ("striped t-shirt", "t-shirt", "", "striped", 3, 3),
    ("a tee with stripes", "t-shirt", "", "striped", 3, 3),
    ("graphic tee", "t-shirt", "", "printed striped floral", 5, 4),
    ("pink t-shirt", "t-shirt", "pink", "", 3, 3),
    ("black shoes", "shoes", "black navy", "", 5, 4),
    ("brown leather shoes", "shoes", "brown", "", 5, 4),
    ("white sneakers", "shoes", "white", "", 5, 3),
    ("blue jeans", "pants", "blue navy", "", 5, 4),
    ("navy trousers", "pants", "navy", "", 5, 4),
    ("pink pants", "pants", "pink", "", 2, 2),
    ("white shirt", "shirt", "white grey turquoise", "", 4, 3),  # none is white: the palest
    ("white t-shirt", "t-shirt", "white", "", 3, 3),
    ("checked shirt", "shirt", "", "checked", 5, 3),
    ("yellow hat", "hat", "", "", 5, 5),
    ("black cap", "hat", "black", "", 3, 2),
    ("striped sweater", "longsleeve", "", "striped", 5, 3),
    ("red jumper", "longsleeve", "red orange", "", 5, 5),
    ("yellow sweater", "longsleeve", "yellow", "", 3, 2),
    ("burgundy coat", "outwear", "burgundy", "", 2, 2),
    ("green jacket", "outwear", "green", "", 2, 2),
    ("red shorts", "shorts", "red", "", 3, 3),
    ("blue shorts", "shorts", "blue navy", "", 5, 4),
    ("blue skirt", "skirt", "blue navy turquoise", "", 3, 2),
    ("floral skirt", "skirt", "", "floral", 1, 1),
]


@needs_photos
@pytest.mark.parametrize(("text", "category", "colors", "patterns", "first", "least"), QUERIES)
def test_photos_found_by_words(
    embedder: FashionEmbedder, text: str, category: str, colors: str, patterns: str, first: int, least: int
) -> None:
    found = read_shelf().find(embedder.embed_text(text))[:first]
    fitting = [
        label["category"] == category
        and (not colors or bool(set(colors.split()) & set(label["colors"])))
        and (not patterns or label["pattern"] in patterns.split())
        for label in found
    ]
    assert sum(fitting) >= least, found


@needs_photos
def test_photos_of_the_garment_come_before_its_colour(embedder: FashionEmbedder) -> None:
    ranked = read_shelf().find(embedder.embed_text("red dress"))
    dresses = [rank for rank, label in enumerate(ranked) if label["category"] == "dress"]
    red = [
        rank for rank, label in enumerate(ranked) if "red" in label["colors"] and label["category"] != "dress"
    ]
    grey = [rank for rank, label in enumerate(ranked) if label["colors"] == ["grey"]]
    assert np.median(dresses) < np.median(red) < np.median(grey)


@needs_photos
def test_photos_without_the_denied(embedder: FashionEmbedder) -> None:
    found = read_shelf().find(embedder.embed_text("t-shirt without stripes, not black"))[:10]
    assert sum(label["category"] == "t-shirt" for label in found) >= 8
    assert not any(label["pattern"] == "striped" or label["colors"][0] == "black" for label in found)


@needs_photos
def test_words_turn_a_photo(embedder: FashionEmbedder) -> None:
    """A photo of a navy T-shirt with the word "red" finds tops as before, but red ones sooner."""
    shelf = read_shelf()
    navy = next(
        index
        for index, label in enumerate(shelf.labels)
        if (label["category"], label["colors"], label["pattern"]) == ("t-shirt", ["navy"], "plain")
    )
    alone, both = (
        shelf.find(query) for query in (shelf.vectors[navy], shelf.vectors[navy] + embedder.embed_text("red"))
    )

    def rank_red(found: list[Mapping[str, str | list[str]]]) -> float:
        red_tops = (
            rank
            for rank, label in enumerate(found)
            if label["category"] in ("t-shirt", "longsleeve") and label["colors"][0] == "red"
        )
        return float(np.median(list(red_tops)))

    assert rank_red(both) < rank_red(alone) / 2
    assert sum(label["category"] in ("t-shirt", "longsleeve") for label in both[:10]) >= 7
