"""The demo catalogue: complete, truthful about its colours, and the same every time."""

import csv
from collections import Counter
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from local.demo import GarmentSpec, Product, draw, draw_garment, list_products, write_catalog
from local.demo.catalog import COLUMNS
from local.demo.garments import CUTS
from local.demo.patterns import PATTERNS
from local.demo.spec import COLORS
from tests.support.speed import best_time_in_units

LIMIT = 4
CATEGORIES = {
    "dress",
    "hat",
    "longsleeve",
    "outwear",
    "pants",
    "shirt",
    "shoes",
    "shorts",
    "skirt",
    "t-shirt",
}


def lab(rgb: NDArray[np.floating]) -> NDArray[np.floating]:
    """sRGB 0..255 to CIE L*a*b* (D65), IEC 61966-2-1 and CIE 15."""
    share = rgb / 255
    linear = np.where(share > 0.04045, ((share + 0.055) / 1.055) ** 2.4, share / 12.92)
    to_xyz = np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    xyz = linear @ to_xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )


def dominant_color(garment: Image.Image) -> str:
    """The shop colour that most of the garment's pixels are nearest to; light counts half, for the folds."""
    pixels = np.asarray(garment)[::12, ::12]
    cloth = lab(pixels[pixels[..., 3] > 200][:, :3].astype(float))
    shop = lab(np.array(list(COLORS.values()), dtype=float))
    distance = (((cloth[:, None] - shop) * (0.5, 1, 1)) ** 2).sum(axis=-1)
    return list(COLORS)[int(np.bincount(distance.argmin(axis=1), minlength=len(shop)).argmax())]


def jpeg(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "JPEG", quality=88)
    return file.getvalue()


@pytest.fixture(scope="module")
def products() -> list[Product]:
    return list_products()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("catalog")
    write_catalog(path, limit=LIMIT)
    return path


def test_every_category_is_well_stocked(products: list[Product]) -> None:
    counts = Counter(product.category for product in products)
    assert set(counts) == CATEGORIES == set(CUTS)
    assert sum(counts.values()) >= 150
    assert min(counts.values()) >= 14


def test_every_cut_is_sold_and_every_sold_cut_can_be_drawn(products: list[Product]) -> None:
    sold = {(product.category, product.spec.cut) for product in products}
    assert sold == {(category, cut) for category, cuts in CUTS.items() for cut in cuts}
    assert all(len(cuts) >= 5 for cuts in CUTS.values())


def test_the_range_is_wide(products: list[Product]) -> None:
    assert len({product.color for product in products}) >= 20
    assert {product.pattern for product in products} == set(PATTERNS)
    assert {product.gender for product in products} == {"women", "men", "unisex"}
    assert {product.season for product in products} >= {"spring", "summer", "autumn", "winter"}
    assert len({product.occasion for product in products}) >= 5


def test_stock_has_sold_out_and_scarce_products(products: list[Product]) -> None:
    stock = [product.stock for product in products]
    assert 3 <= stock.count(0) <= len(stock) * 0.15
    assert 5 <= sum(1 <= pieces <= 3 for pieces in stock) <= len(stock) * 0.25


def test_names_and_pictures_are_unique(products: list[Product]) -> None:
    assert len({product.slug for product in products}) == len(products)
    assert len({product.name for product in products}) == len(products)


def test_descriptions_are_two_sentences(products: list[Product]) -> None:
    for product in products:
        assert product.description.count(". ") == 1, product.description
        assert product.description.endswith("."), product.description
        assert product.name.endswith(f"in {product.color}"), product.name


def test_a_short_catalogue_still_shows_all_categories(products: list[Product]) -> None:
    assert {product.category for product in products[:10]} == CATEGORIES


def test_csv_round_trips(folder: Path, products: list[Product]) -> None:
    with (folder / "products.csv").open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    assert tuple(reader.fieldnames or ()) == COLUMNS
    assert rows == [product.row() for product in products[:LIMIT]]
    assert all(value for row in rows for value in row.values())
    for row in rows:
        assert float(row["price"]) > 0
        assert int(row["stock"]) >= 0
        assert row["purchase_url"] == f"https://shop.example/p/{Path(row['image']).stem}"


def test_pictures_are_where_the_csv_says(folder: Path, products: list[Product]) -> None:
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg")}
    assert written == {product.image for product in products[:LIMIT]}
    for path in folder.rglob("*.jpg"):
        with Image.open(path) as picture:
            assert (picture.format, picture.size, picture.mode) == ("JPEG", (768, 1024), "RGB")


def test_the_same_product_is_drawn_the_same(folder: Path, products: list[Product]) -> None:
    for product in products[:2]:
        assert jpeg(draw(product)) == (folder / product.image).read_bytes()


def test_another_seed_folds_otherwise(products: list[Product]) -> None:
    spec = products[0].spec
    assert draw_garment(spec).tobytes() != draw_garment(replace(spec, seed=spec.seed + 1)).tobytes()


def test_colours_are_as_described(products: list[Product]) -> None:
    wrong = {
        product.slug: found
        for product in products[::10]
        if (found := dominant_color(draw_garment(product.spec))) != product.color
    }
    assert not wrong


@pytest.mark.parametrize("place", range(10))
def test_garments_stand_free_on_transparent_ground(products: list[Product], place: int) -> None:
    garment = draw_garment(products[place].spec)  # the first ten are of ten categories
    alpha = np.asarray(garment)[..., 3]
    assert (garment.mode, garment.size) == ("RGBA", (768, 1024))
    assert max(alpha[0].max(), alpha[-1].max(), alpha[:, 0].max(), alpha[:, -1].max()) == 0
    assert 0.10 < (alpha > 127).mean() < 0.60
    assert ((alpha > 0) & (alpha < 255)).mean() < 0.03  # only the edges are soft


def test_the_wall_is_neutral_and_the_shadow_soft(products: list[Product]) -> None:
    picture = np.asarray(draw(products[0]), dtype=float)
    corners = np.stack([picture[4, 4], picture[4, -5], picture[-5, 4], picture[-5, -5]])
    assert (corners.max(axis=1) - corners.min(axis=1)).max() < 12
    assert corners.min() > 190


def test_an_unknown_cut_is_refused() -> None:
    with pytest.raises(ValueError, match=r"use one of .*beanie"):
        draw_garment(GarmentSpec("hat", "crown", "red"))


def test_drawing_is_quick(products: list[Product]) -> None:
    assert best_time_in_units(lambda: draw(products[0])) < 50
