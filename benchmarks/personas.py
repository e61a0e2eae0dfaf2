"""Shoppers with a style of their own: do they find it, and do they still find what they asked for?

Ninety garments of the demo shop are there as a photo and once more in one of three unusual styles; embedded,
grouped and searched as in the shop. Three personas like pieces of one style, in other categories than they
then search for; what they liked is never what is found.

Run: python -m benchmarks.personas [--pictures folder]
"""

import argparse
import io
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.record import Figure, record
from benchmarks.styles import SIZE, STYLES
from local.ai.embedder.model import FashionEmbedder
from local.demo.catalog import draw, list_products
from runtime.catalog.colors import name_color
from runtime.clusters.centroids import Centroids, Manifest, digest
from runtime.clusters.logic import ROWS_PER_CLUSTER
from runtime.clusters.means import average
from runtime.personalization.port import EventType
from runtime.personalization.rankers.builtin import BuiltInRanker
from runtime.personalization.reranking import OpenStyles, Reranker
from runtime.personalization.style import Reported, Style, forget
from runtime.personalization.style import record as note
from runtime.personalization.style_table import StyleTable
from runtime.search.kinship import Cosines
from runtime.search.logic import Outcome, Search
from runtime.search.request import SearchRequest
from runtime.shared.products import Product, product_id_for_key
from runtime.vectors.attributes import attributes_of
from runtime.vectors.engine.kmeans import kmeans
from runtime.vectors.engine.live import LiveIndex, Upsert
from runtime.vectors.port import NO_FILTERS, Filters, Purpose, SearchResult

COMMAND = "python -m benchmarks.personas"
WEIGHT = 0.6
CLUSTERS = 100
LIKES = 8
GARMENTS = 90
"""The first so many garments of the demo shop: about nine of each category."""
NOW = 1_800_000_000
_QUERIES = {
    "dress": "a dress",
    "shirt": "a shirt",
    "shoes": "shoes",
    "skirt": "a skirt",
    "hat": "a hat",
    "pants": "pants",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One product with the style it is drawn in, its picture and its vector (d,)."""

    product: Product
    style: str
    picture: bytes
    vector: NDArray[np.float32]


@dataclass
class Shop:
    """The catalogue as the search wants it: an embedder, a store, a table of products and one of profiles."""

    pieces: Sequence[Piece]
    kinship: Cosines
    embedder: FashionEmbedder
    styles: dict[str, Style] = field(default_factory=dict[str, Style])
    key: str = "local@1024"
    dimensions: int = 1024
    backend: str = "memory"

    def __post_init__(self) -> None:
        self.by_id = {piece.product.product_id: piece for piece in self.pieces}
        self.index = LiveIndex.empty(self.dimensions)
        self.index.apply(
            [
                Upsert(piece.product.product_id, piece.vector, attributes_of(piece.product))
                for piece in self.pieces
            ]
        )

    def embed(
        self, *, text: str | None = None, image: bytes | None = None, purpose: Purpose = Purpose.QUERY
    ) -> NDArray[np.float32]:
        return self.embedder.embed(text=text, image_bytes=image)

    def search(
        self, query: NDArray[np.float32], k: int, filters: Filters = NO_FILTERS, *, exact: bool = False
    ) -> SearchResult:
        return self.index.search(query, k, filters, exact=exact)

    def fetch(self, product_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        return self.index.fetch(product_ids)

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Product]:
        return {each: self.by_id[each].product for each in product_ids if each in self.by_id}

    def read(self, user_id: str) -> Style:
        return self.styles.get(user_id, Style(user_id))

    def open_search(self, styles: Any = None) -> Search:
        profiles = OpenStyles(styles or self)
        ranker = BuiltInRanker(profiles.find, lambda: NOW, lambda: self.kinship)
        parts: Any = self  # it is all of them, but for what a search does not use
        return Search(parts, parts, parts, Reranker(profiles, ranker, WEIGHT))

    def like(self, user_id: str, pieces: Sequence[Piece], *, session: str, at: int) -> None:
        """Let a shopper save pieces, a minute apart, the last one at `at`."""
        for place, piece in enumerate(pieces):
            moment = at - 60 * (len(pieces) - 1 - place)
            told = Reported(piece.product.product_id, EventType.FAVORITE, moment, session)
            self.styles[user_id], accepted = note(
                self.read(user_id), [told], self.get_many([told.product_id]), moment
            )
            assert accepted


def main() -> None:
    """Measure and record; draw the grids where a folder is given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=Path, help="folder for the grids before and after")
    options = parser.parse_args()
    shop = Shop(*group(build_catalogue()), FashionEmbedder.load())
    search = shop.open_search()
    measure_personas(shop, search)
    measure_drift(shop, search)
    check_reset(shop, search)
    measure_cost(shop)
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        draw_grid(shop, search, "dress", options.pictures / "personas.png")


def build_catalogue() -> list[Piece]:
    """Garments as photos, and each again in one of the other styles."""
    garments = list_products()[:GARMENTS]
    unusual = [_personas()[place % 3] for place in range(len(garments))]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        pairs = pool.map(_make_pieces, garments, unusual, chunksize=4)
        return [piece for pair in pairs for piece in pair]


def group(pieces: Sequence[Piece]) -> tuple[list[Piece], Cosines]:
    """The pieces with the labels that `ProductClusters` would give them, and how alike those are."""
    vectors = np.array([piece.vector for piece in pieces])
    categories = [piece.product.category for piece in pieces]
    means = average(vectors, categories)
    clusters = min(CLUSTERS, len(pieces) // ROWS_PER_CLUSTER)
    grouped = kmeans(means.take_away(vectors, categories), clusters)
    manifest = Manifest(
        embedding_key=Shop.key,
        dimensions=Shop.dimensions,
        labels=tuple(range(len(grouped.centroids))),
        categories=means.names,
        next_label=len(grouped.centroids),
        rows=len(pieces),
        made_at=NOW,
        sha256=digest(grouped.centroids, means.means),
        is_assigned=True,
    )
    labelled = [
        replace(piece, product=replace(piece.product, cluster=int(label)))
        for piece, label in zip(pieces, grouped.labels, strict=True)
    ]
    return labelled, Cosines(Centroids(grouped.centroids, means.means, manifest))


@cache
def _load_embedder() -> FashionEmbedder:
    return FashionEmbedder.load()


def _make_pieces(garment: Any, unusual: str) -> list[Piece]:
    drawn = draw(garment)
    return [_make_piece(garment, drawn, style) for style in ("photo", unusual)]


def _make_piece(garment: Any, drawn: Image.Image, style: str) -> Piece:
    buffer = io.BytesIO()
    STYLES[style](drawn).save(buffer, "JPEG", quality=88)
    picture = buffer.getvalue()
    product = Product(
        product_id=product_id_for_key(f"products/{style}/{garment.slug}.jpg"),
        name=garment.name,
        category=garment.category,
        color=name_color(picture),
        price=Decimal(str(garment.price)),
        currency="EUR",
        content_hash="drawn",
    )
    return Piece(product, style, picture, _load_embedder().embed(image_bytes=picture))


def measure_personas(shop: Shop, search: Search) -> None:
    """nDCG@10, hit rate and category relevance of three personas against the same search without taste."""
    figures: dict[str, list[tuple[float, float]]] = {}
    tops: list[set[str]] = []
    for category, query in _QUERIES.items():
        baseline = find(search, query, None)
        for persona in _personas():
            wanted = wanted_by(shop, persona, category)
            if not wanted:
                continue  # there is no gain to be had, so no normalised one either
            liked = choose(shop, persona, without=category, count=LIKES)
            shop.styles.clear()
            shop.like(persona, liked, session="s", at=NOW)
            personal = find(search, query, persona)
            tops.append({each.product.product_id for each in personal.found})
            for name, measure in (("ndcg", ndcg), ("hit", hit)):
                pair = (measure(personal, wanted), measure(baseline, wanted))
                figures.setdefault(name, []).append(pair)
                figures.setdefault(f"{name} {persona}", []).append(pair)
            figures.setdefault("category", []).append(
                (of_category(personal, category), of_category(baseline, category))
            )
    means = {name: np.mean(values, axis=0) for name, values in figures.items()}
    names = {
        "ndcg": ("nDCG@10 for a persona's own style", 2.0),
        "hit": ("hit rate@3 for a persona's own style", None),
        "category": ("share of the asked category in the first ten", 0.98),
    }
    names |= {f"ndcg {each}": (f"nDCG@10 for {each} alone", None) for each in _personas()}
    for name, (text, target) in names.items():
        ours, theirs = means[name].tolist()
        against = f"without taste ({theirs:.3f})"
        note_figure(text, ours, "", target=target, against=against, ratio=ours / theirs)
    shared = np.mean([len(tops[place] & tops[place + 1]) for place in range(0, len(tops) - 1, 3)])
    note_figure("of the first ten, shared by two personas", float(shared), "", better="lower")


def measure_drift(shop: Shop, search: Search) -> None:
    """How many likes of another style it takes until that style leads, after twelve of the old one.

    Some styles cannot be told from a few likes in other categories: what a newcomer sees, with the same three
    likes and no old taste, says how many.
    """
    needed: list[int] = []
    newcomers: list[bool] = []
    personas = _personas()
    for category, query in _QUERIES.items():
        for place, old in enumerate(personas):
            new = personas[(place + 1) % len(personas)]
            turned = choose(shop, new, without=category, count=6)

            def leads(new: str = new, old: str = old, category: str = category, query: str = query) -> bool:
                found = find(search, query, "shopper")
                wanted, left = wanted_by(shop, new, category), wanted_by(shop, old, category)
                return ndcg(found, wanted) > ndcg(found, left)

            shop.styles.clear()
            shop.like("shopper", turned[:3], session="s", at=NOW)
            newcomers.append(leads())
            shop.styles.clear()
            shop.like("shopper", choose(shop, old, without=category, count=12), session="s", at=NOW - 600)
            for count, piece in enumerate(turned, start=1):
                shop.like("shopper", [piece], session="s", at=NOW - 500 + 60 * count)
                if leads():
                    needed.append(count)
                    break
            else:
                needed.append(len(turned) + 1)
    note_figure(
        "likes until a new style leads, median", float(np.median(needed)), "", better="lower", target=3.0
    )
    note_figure("likes until a new style leads, worst", float(max(needed)), "", better="lower", target=3.0)
    told = [count for count, tells in zip(needed, newcomers, strict=True) if tells]
    text = "likes until a new style leads, worst where three tell it to a newcomer"
    note_figure(text, float(max(told)), "", better="lower", target=3.0)
    ours, theirs = float(np.mean([count <= 3 for count in needed])), float(np.mean(newcomers))
    against = f"newcomers with the same likes ({theirs:.3f})"
    note_figure("searches in which three likes turn the lead", ours, "", against=against, ratio=ours / theirs)


def check_reset(shop: Shop, search: Search) -> None:
    """After a reset every answer is the baseline's to the last digit."""
    same = 0
    for query in _QUERIES.values():
        baseline = find(search, query, None)
        shop.like("shopper", choose(shop, "neon-punk", without="", count=LIKES), session="x", at=NOW)
        assert find(search, query, "shopper").found != baseline.found
        shop.styles["shopper"] = forget(shop.styles["shopper"])
        same += find(search, query, "shopper").found == baseline.found
    share = same / len(_QUERIES)
    note_figure("searches that a reset brings back exactly", share, "", target=1.0)


class _Item:
    """One stored profile, decoded anew for each read, as from the table."""

    def __init__(self) -> None:
        self.item: dict[str, Any] = {}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": self.item} if self.item else {}

    def put_item(self, *, Item: dict[str, Any], **_: Any) -> None:
        self.item = Item


def measure_cost(shop: Shop) -> None:
    """Milliseconds of the processor that taste adds to a search: the profile has a hundred events.

    Pairs of searches with and without taste, one after the other. No network: see benchmarks/cloud.py.
    """
    shop.styles.clear()
    events = [piece for piece in shop.pieces if piece.style == "comic-art"]
    shop.like("shopper", [*events, *shop.pieces][:100], session="s", at=NOW)
    table = StyleTable(_Item(), "styles")
    table.change("shopper", lambda _: replace(shop.styles["shopper"], version=0))
    search = shop.open_search(table)
    request = SearchRequest(query="a dress", limit=10)
    plain = request.model_copy(update={"personalize": 0.0})
    tasks: dict[str, Callable[[], object]] = {
        "with": lambda: search.find(request, "shopper"),
        "without": lambda: search.find(plain, "shopper"),
        "read": lambda: table.read("shopper"),
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(1_000):
        for name, task in tasks.items():
            began = time.thread_time()
            task()
            times[name].append(1000 * (time.thread_time() - began))
    added = float(np.percentile(np.subtract(times["with"], times["without"]), 95))
    read = float(np.percentile(times["read"], 95))
    note_figure("taste adds to a search, processor, p95", added, "ms", better="lower", target=5.0)
    note_figure("of that, decoding the profile, processor, p95", read, "ms", better="lower")


def find(search: Search, query: str, user_id: str | None) -> Outcome:
    outcome = search.find(SearchRequest(query=query, limit=10), user_id)
    return replace(outcome, milliseconds={})


def choose(shop: Shop, style: str, *, without: str, count: int) -> list[Piece]:
    """Pieces of a style outside a category, from all categories in turn."""
    own = [piece for piece in shop.pieces if piece.style == style and piece.product.category != without]
    rng = np.random.default_rng(7)
    return [own[place] for place in rng.permutation(len(own))[:count].tolist()]


def wanted_by(shop: Shop, style: str, category: str) -> set[str]:
    """Ids of what a persona hopes to find."""
    return {
        piece.product.product_id
        for piece in shop.pieces
        if piece.style == style and piece.product.category == category
    }


def ndcg(outcome: Outcome, wanted: set[str], depth: int = 10) -> float:
    """Normalised discounted cumulative gain (Jaervelin and Kekaelaeinen, 2002), gains of 0 and 1."""
    gains = [each.product.product_id in wanted for each in outcome.found[:depth]]
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    ideal = discounts[: min(len(wanted), depth)].sum()
    return float((np.array(gains) * discounts[: len(gains)]).sum() / ideal)


def hit(outcome: Outcome, wanted: set[str]) -> float:
    return float(any(each.product.product_id in wanted for each in outcome.found[:3]))


def of_category(outcome: Outcome, category: str) -> float:
    return float(np.mean([each.product.category == category for each in outcome.found]))


def note_figure(text: str, value: float, unit: str, **more: Any) -> None:
    record(Figure(f"personas/{text}", value, unit, more.pop("better", "higher"), COMMAND, **more))


def draw_grid(shop: Shop, search: Search, category: str, path: Path) -> None:
    """The first six results without taste and for each persona, one row each."""
    rows: list[tuple[str, Outcome]] = [("everybody", find(search, _QUERIES[category], None))]
    for persona in _personas():
        shop.styles.clear()
        shop.like(persona, choose(shop, persona, without=category, count=LIKES), session="s", at=NOW)
        rows.append((persona, find(search, _QUERIES[category], persona)))
    width, height, head = SIZE[0] // 2, SIZE[1] // 2, 24
    sheet = Image.new("RGB", (6 * width, len(rows) * (height + head)), "white")
    pen = ImageDraw.Draw(sheet)
    for row, (name, outcome) in enumerate(rows):
        top = row * (height + head)
        pen.text((8, top + 6), f'"{_QUERIES[category]}" for {name}', fill="black")
        for column, each in enumerate(outcome.found[:6]):
            picture = Image.open(io.BytesIO(shop.by_id[each.product.product_id].picture))
            sheet.paste(picture.resize((width, height)), (column * width, top + head))
    sheet.save(path)


def _personas() -> list[str]:
    return [name for name in STYLES if name != "photo"]


if __name__ == "__main__":
    main()
