"""The demo shop's documents: about its own products, shaped like a retailer's files, the same every time."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from local.ai.knowledge.bm25 import Bm25Index
from local.ai.knowledge.passages import cut_document
from local.demo.catalog import list_products
from local.demo.documents import write_documents, write_table

NAMES = ["customer-reviews.csv", "order-history.csv", "outfits.csv"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    assert write_documents(folder) == NAMES
    return folder


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_code_writes_the_same_files(folder: Path, tmp_path: Path) -> None:
    write_documents(tmp_path)
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_outfits_are_made_of_the_shops_products_and_fit_together(folder: Path) -> None:
    products = {product.slug: product for product in list_products()}
    outfits = rows_of(folder, "outfits.csv")
    assert len(outfits) >= 80
    places = ("data/physical IDs/0", "data/physical IDs/1", "data/physical IDs/2", "data/physical IDs/3")
    for outfit in outfits:
        gender = {"Womens": "women", "Mens": "men"}[outfit["data/department"]]
        pieces = [products[outfit[place]] for place in places if outfit[place]]
        assert len(pieces) >= 2
        assert {piece.gender for piece in pieces} <= {gender, "unisex"}
        assert [piece.category for piece in pieces] == [
            outfit[f"data/categories/{place}"] for place in range(len(pieces))
        ]
        assert "shoes" in {piece.category for piece in pieces}
        for piece in pieces:
            assert piece.name[1:] in outfit["data/description"]
    told = [outfit["data/description"] for outfit in outfits]
    assert len(set(told)) == len(told)
    assert set(Counter(outfit["data/season/0"] for outfit in outfits)) == {
        "spring",
        "summer",
        "autumn",
        "winter",
    }


def test_reviews_and_orders_are_of_products_of_the_shop(folder: Path) -> None:
    products = {product.name: product for product in list_products()}
    for review in rows_of(folder, "customer-reviews.csv"):
        name = review["customer reviews/category/product name"]
        assert name in products
        assert name in review["customer reviews/customer review"]
    for order in rows_of(folder, "order-history.csv"):
        assert order["orders/size"] in products[order["orders/name"]].sizes
        assert order["orders/tags/0"] == products[order["orders/name"]].color


def test_a_question_finds_the_outfit_for_it(folder: Path) -> None:
    passages = cut_document("outfits.csv", (folder / "outfits.csv").read_bytes())
    (best, _), *_ = Bm25Index(passages).search("what do women wear to a wedding in summer", 1)
    assert "wedding" in passages[best] and "summer" in passages[best].lower() and "Womens" in passages[best]


def test_lists_get_a_column_for_each_place() -> None:
    text = write_table([{"a": "1", "b": ["x"]}, {"a": "2", "b": ["y", "z"]}])
    assert text == "a,b/0,b/1\n1,x,\n2,y,z\n"
