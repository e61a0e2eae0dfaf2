"""The demo shop's documents: outfits that its stylists put together, reviews, and orders.

They are what a retailer would give a knowledge base to read, as CSV files with list members in columns of
their own (`season/0`, `season/1`), and speak of the products of the demo catalogue only.
"""

import csv
import io
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from local.demo.catalog import Product, list_products

CURATED_ON = "2026-09-01"
_SEASONS = ("spring", "summer", "autumn", "winter")
_OPPOSITE = {"spring": "autumn", "summer": "winter", "autumn": "spring", "winter": "summer"}
_DEPARTMENTS = {"women": "Womens", "men": "Mens"}
_PER_OCCASION = 3


@dataclass(frozen=True, slots=True)
class _Occasion:
    """What an outfit is for, which of the catalogue's occasions suit it, and a sentence about it."""

    name: str
    article: str
    suits: tuple[str, ...]
    advice: str
    wants_dress: bool = False


_OCCASIONS = (
    _Occasion(
        "wedding", "a ", ("party", "formal", "office"), "Festive without outshining anyone.", wants_dress=True
    ),
    _Occasion(
        "office", "the ", ("office", "formal"), "Calm enough for meetings, comfortable enough for the day."
    ),
    _Occasion("city trip", "a ", ("casual",), "Made for long walks, museums and a late coffee."),
    _Occasion(
        "beach holiday", "a ", ("beach", "casual"), "Light things that dry quickly and forgive the sand."
    ),
    _Occasion(
        "dinner with friends", "a ", ("party", "casual"), "A little festive, never stiff.", wants_dress=True
    ),
    _Occasion("training", "", ("sport",), "Moves along and is easily washed."),
)
_SHAPES = {
    True: (("dress",), ("shoes",), ("outwear", "hat")),
    False: (("shirt", "t-shirt", "longsleeve"), ("pants", "skirt", "shorts"), ("shoes",), ("outwear", "hat")),
}
_OPENINGS = (
    "I bought the {name} last {season} and have hardly taken it off since.",
    "The {name} arrived two days earlier than promised.",
    "Chose the {name} after trying three others, and would do so again.",
    "My second {name}: the first one went to my sister.",
)
_FITS = (
    "It runs true to size.",
    "It is cut a little roomy, so I took one size less.",
    "It sits snugly at first and gives after an hour.",
    "The length is just right for me at 1.70 m.",
)
_VERDICTS = (
    "The colour is exactly that of the picture.",
    "After ten washes it still looks new.",
    "People have asked me where it comes from.",
    "For the price I had expected less.",
    "It creases a little in the suitcase, which I do not mind.",
)


def write_documents(folder: Path) -> list[str]:
    """Write the CSV files into `folder`; their names. The same code writes the same bytes every time."""
    products = list_products()
    documents = {
        "outfits.csv": write_table(_tell_outfit(outfit) for outfit in _put_together(products)),
        "customer-reviews.csv": write_table(_review(product) for product in products[::2]),
        "order-history.csv": write_table(
            _order(number, each) for number, each in enumerate(products[1::2], 1)
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(documents)


def write_table(rows: Iterable[Mapping[str, str | Sequence[str]]]) -> str:
    """Rows as CSV; a list has a column for each place of the longest one."""
    known = list(rows)
    columns: list[str] = []
    for name in known[0]:
        lists = [row[name] for row in known if not isinstance(row[name], str)]
        width = max((len(each) for each in lists), default=0)
        columns += [f"{name}/{place}" for place in range(width)] if lists else [name]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_flatten(row) for row in known)
    return text.getvalue()


def _flatten(row: Mapping[str, str | Sequence[str]]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, str):
            flat[name] = value
        else:
            flat |= {f"{name}/{place}": part for place, part in enumerate(value)}
    return flat


@dataclass(frozen=True, slots=True)
class _Outfit:
    """Products that a stylist would put together; each belongs to another place of the body."""

    gender: str
    season: str
    occasion: _Occasion
    pieces: tuple[Product, ...]


def _put_together(products: Sequence[Product]) -> list[_Outfit]:
    """Several outfits for each gender, season and occasion for which the catalogue has what it takes."""
    found: list[_Outfit] = []
    for gender in _DEPARTMENTS:
        for season in _SEASONS:
            for occasion in _OCCASIONS:
                found += _vary(products, gender, season, occasion)
    return found


def _vary(products: Sequence[Product], gender: str, season: str, occasion: _Occasion) -> list[_Outfit]:
    fitting = [each for each in products if _fits(each, gender, season, occasion)]
    rng = np.random.default_rng(zlib.crc32(f"{gender} {season} {occasion.name}".encode()))
    shape = _SHAPES[occasion.wants_dress and gender == "women"]
    outfits: dict[tuple[str, ...], _Outfit] = {}
    for _ in range(_PER_OCCASION):
        pieces = [_choose(fitting, categories, rng) for categories in shape]
        *needed, extra = pieces
        if all(needed):
            worn = tuple(piece for piece in (*needed, extra) if piece)
            outfits[tuple(piece.slug for piece in worn)] = _Outfit(gender, season, occasion, worn)
    return list(outfits.values())


def _fits(product: Product, gender: str, season: str, occasion: _Occasion) -> bool:
    return (
        product.gender in (gender, "unisex")
        and product.season != _OPPOSITE[season]
        and product.occasion in occasion.suits
    )


def _choose(
    products: Sequence[Product], categories: Sequence[str], rng: np.random.Generator
) -> Product | None:
    among = [each for each in products if each.category in categories]
    return among[int(rng.integers(len(among)))] if among else None


def _tell_outfit(outfit: _Outfit) -> dict[str, str | Sequence[str]]:
    *others, last = [f"the {piece.name[0].lower()}{piece.name[1:]}" for piece in outfit.pieces]
    return {
        "data/department": _DEPARTMENTS[outfit.gender],
        "data/season": [outfit.season],
        "data/occasion": [outfit.occasion.name],
        "data/categories": [piece.category for piece in outfit.pieces],
        "data/physical IDs": [piece.slug for piece in outfit.pieces],
        "data/curation date": CURATED_ON,
        "data/description": (
            f"{outfit.season.capitalize()} outfit for {outfit.occasion.article}{outfit.occasion.name}: "
            f"{', '.join(others)} and {last}. {outfit.occasion.advice}"
        ),
    }


def _review(product: Product) -> dict[str, str | Sequence[str]]:
    seed = zlib.crc32(product.slug.encode())
    season = product.season if product.season in _SEASONS else "year"
    opening = _OPENINGS[seed % len(_OPENINGS)].format(name=product.name, season=season)
    fit, verdict = _FITS[seed // 7 % len(_FITS)], _VERDICTS[seed // 31 % len(_VERDICTS)]
    return {
        "customer reviews/category/product name": product.name,
        "customer reviews/customer review": f"{opening} {fit} {verdict}",
    }


def _order(number: int, product: Product) -> dict[str, str | Sequence[str]]:
    seed = zlib.crc32(product.slug.encode())
    return {
        "orders/id": str(number),
        "orders/name": product.name,
        "orders/description": product.description,
        "orders/size": product.sizes[seed % len(product.sizes)],
        "orders/brand": product.brand,
        "orders/tags": [product.color, product.occasion, product.category],
        "customer/id": str(1 + seed % 40),
    }
