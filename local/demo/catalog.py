"""The demo shop's catalogue: its products, their pictures, and the CSV that describes them."""

import csv
import re
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from local.demo.canvas import Sheet
from local.demo.garments import CUTS
from local.demo.ranges import MATERIALS, Range, Variant, read_ranges
from local.demo.spec import GarmentSpec
from local.demo.studio import photograph

COLUMNS = (
    "image",
    "name",
    "category",
    "description",
    "price",
    "currency",
    "color",
    "sizes",
    "stock",
    "purchase_url",
    "brand",
    "gender",
    "season",
    "occasion",
    "pattern",
)
QUALITY = 88
WORKERS = 2
PATTERN_WORDS = {
    "striped": "Striped",
    "pinstripe": "Pinstriped",
    "checked": "Checked",
    "dotted": "Polka-dot",
    "floral": "Floral",
    "printed": "Printed",
}
BRANDS = {
    "dress": ("Ventalba", "Casa Olmara"),
    "hat": ("Hutwick", "Norrlyng"),
    "longsleeve": ("Norrlyng", "Brumalis"),
    "outwear": ("Brumalis", "Halmfeld"),
    "pants": ("Halmfeld", "Tidewick"),
    "shirt": ("Linnavale", "Halmfeld"),
    "shoes": ("Solerno Passo", "Tidewick"),
    "shorts": ("Tidewick", "Linnavale"),
    "skirt": ("Ventalba", "Casa Olmara"),
    "t-shirt": ("Linnavale", "Tidewick"),
}
LETTERS = {
    "women": ("XS", "S", "M", "L", "XL"),
    "men": ("S", "M", "L", "XL", "XXL"),
    "unisex": ("XS", "S", "M", "L", "XL", "XXL"),
}
WAISTS = {
    "women": ("34", "36", "38", "40", "42", "44"),
    "men": ("46", "48", "50", "52", "54"),
    "unisex": ("34", "36", "38", "40", "42", "44", "46", "48"),
}
FEET = {
    "women": ("36", "37", "38", "39", "40", "41"),
    "men": ("40", "41", "42", "43", "44", "45", "46"),
    "unisex": tuple(str(size) for size in range(36, 46)),
}


@dataclass(frozen=True, slots=True)
class Product:
    """One article: what the shop says about it and what its picture shows; price in EUR, stock in pieces."""

    slug: str
    name: str
    category: str
    description: str
    price: float
    color: str
    sizes: tuple[str, ...]
    stock: int
    brand: str
    gender: str
    season: str
    occasion: str
    pattern: str
    spec: GarmentSpec

    @property
    def image(self) -> str:
        """The picture's path within the catalogue's folder."""
        return f"{self.category}/{self.slug}.jpg"

    def row(self) -> dict[str, str]:
        """The product's line in `products.csv`."""
        return {
            "image": self.image,
            "name": self.name,
            "category": self.category,
            "description": self.description,
            "price": f"{self.price:.2f}",
            "currency": "EUR",
            "color": self.color,
            "sizes": "|".join(self.sizes),
            "stock": str(self.stock),
            "purchase_url": f"https://shop.example/p/{self.slug}",
            "brand": self.brand,
            "gender": self.gender,
            "season": self.season,
            "occasion": self.occasion,
            "pattern": self.pattern,
        }


def list_products() -> list[Product]:
    """Every product, ordered so that any beginning of the list holds all categories about equally."""
    shelves: dict[str, list[Product]] = {}
    for line in read_ranges():
        shelves.setdefault(line.category, []).extend(_describe(line, variant) for variant in line.variants)
    mixed = [_spread(shelf) for _, shelf in sorted(shelves.items())]
    return [product for row in zip_longest(*mixed) for product in row if product]


def draw_garment(spec: GarmentSpec) -> Image.Image:
    """The garment alone: an RGBA picture of 768 x 1024 pixels, transparent around it.

    Raises ValueError for a category or cut that cannot be drawn.
    """
    cuts = CUTS.get(spec.category)
    if cuts is None or spec.cut not in cuts:
        known = ", ".join(cuts or CUTS)
        raise ValueError(f"no drawing of {spec.category!r} {spec.cut!r}: use one of {known}")
    sheet = Sheet(spec.seed)
    cuts[spec.cut](sheet, spec)
    return sheet.image()


def draw(product: Product) -> Image.Image:
    """The product's picture: RGB, 768 x 1024 pixels, on a studio wall."""
    return photograph(draw_garment(product.spec))


def write_catalog(folder: Path, *, limit: int | None = None) -> list[Product]:
    """Write `<category>/<slug>.jpg` for the first `limit` products (default: all) and `products.csv`.

    The same code writes the same bytes every time. Large catalogues are drawn by two worker processes,
    which import the caller's main module: scripts need the usual `if __name__ == "__main__"` guard.
    """
    products = list_products()[:limit]
    for category in {product.category for product in products}:
        (folder / category).mkdir(parents=True, exist_ok=True)
    if len(products) < 16:
        _save(products, folder)
    else:
        with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
            parts = [products[start::8] for start in range(8)]
            list(pool.map(_save, parts, [folder] * len(parts)))
    with (folder / "products.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        rows = [product.row() for product in products]
        writer.writerows([row[column] for column in COLUMNS] for row in rows)
    return products


def _save(products: Sequence[Product], folder: Path) -> None:
    for product in products:
        draw(product).save(folder / product.image, "JPEG", quality=QUALITY)


def _spread(shelf: list[Product]) -> list[Product]:
    """The shelf with one product of each cut first, then the second of each, and so on."""
    cuts: dict[str, list[Product]] = {}
    for product in shelf:
        cuts.setdefault(product.spec.cut, []).append(product)
    return [product for row in zip_longest(*cuts.values()) for product in row if product]


def _describe(line: Range, variant: Variant) -> Product:
    name = _name(line, variant)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    seed = zlib.crc32(slug.encode())
    rng = np.random.default_rng(seed)
    gender = variant.gender or line.gender
    material = MATERIALS[variant.material]
    plural = re.search(r"[^s]s$", line.noun)
    article = "" if plural else "An " if line.noun[0] in "AEIOUaeiou" else "A "
    opening = f"{article}{line.noun} in {material.words} {line.fit}"
    spec = GarmentSpec(
        line.category,
        line.cut,
        variant.color,
        variant.accent,
        variant.pattern,
        material.weave,
        variant.scale,
        seed % 100_000,
    )
    return Product(
        slug=slug,
        name=name,
        category=line.category,
        description=f"{opening[0].upper()}{opening[1:]}. {line.use}",
        price=_price(line.price, rng),
        color=variant.color,
        sizes=_sizes(line.category, line.cut, gender),
        stock=_stock(rng),
        brand=BRANDS[line.category][seed % 2],
        gender=gender,
        season=line.season,
        occasion=line.occasion,
        pattern=variant.pattern,
        spec=spec,
    )


def _name(line: Range, variant: Variant) -> str:
    words = [variant.material, line.noun]
    if (
        line.noun.lower().startswith(variant.material.lower())
        or variant.material.lower() in line.noun.split()
    ):
        words = [line.noun]
    told = variant.pattern in line.noun or line.cut in ("flannel", "graphic")
    if variant.pattern != "plain" and not told:
        words = [PATTERN_WORDS[variant.pattern], words[0].lower() if len(words) > 1 else words[0], *words[1:]]
    name = " ".join(words)
    return f"{name[0].upper()}{name[1:]} in {variant.color}"


def _price(base: float, rng: np.random.Generator) -> float:
    steps = 10.0 if base >= 100 else 5.0
    return round(base + steps * int(rng.integers(-1, 3)), 2)


def _stock(rng: np.random.Generator) -> int:
    draw_of = rng.random()
    if draw_of < 0.07:
        return 0
    return int(rng.integers(1, 4) if draw_of < 0.18 else rng.integers(6, 90))


def _sizes(category: str, cut: str, gender: str) -> tuple[str, ...]:
    if category == "shoes":
        return FEET[gender]
    if category == "hat":
        return ("S", "M", "L") if cut in ("fedora", "cap") else ("One size",)
    if category == "pants" and cut not in ("joggers", "leggings"):
        return WAISTS[gender]
    return LETTERS[gender]
