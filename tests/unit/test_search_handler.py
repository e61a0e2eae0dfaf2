"""The search routes over a shop in memory: what is found, what is refused, what is logged."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from PIL import Image

from runtime.search.handler import create_api
from runtime.search.logic import (
    LIKE_WEIGHT,
    MAX_PICTURE_BYTES,
    UNLIKE_WEIGHT,
    Search,
    TextCache,
    combine,
)
from runtime.shared.http import Api
from runtime.shared.problems import Problem
from runtime.shared.product_table import ProductsUnavailable
from runtime.shared.products import Product
from runtime.vectors.errors import EmbeddingFailed, EmbeddingRefused, EmbeddingThrottled, StoreUnavailable
from runtime.vectors.port import Filters, Purpose
from tests.support.speed import best_time_in_units
from tests.unit.shop import (
    CLAIMS,
    NOTHING_POPULAR,
    FakeEmbedder,
    FakeRows,
    FakeStore,
    api_event,
    direction,
    draw,
    encode,
    make_product,
    post_event,
    read_answer,
    read_logs,
    start_logs,
    to_base64,
)

RED = draw((200, 30, 40))
FIELDS = {
    "product_id",
    "name",
    "category",
    "price",
    "currency",
    "color",
    "image_url",
    "score",
    "relevance",
    "affinity",
    "cluster",
    "why",
    "reasons",
}


@dataclass
class Shop:
    """Sixty products; the vector of each is that of its name as a text."""

    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)
    store: FakeStore = field(default_factory=FakeStore)
    rows: FakeRows = field(default_factory=FakeRows)

    def __post_init__(self) -> None:
        self.products = [make_product(f"item {number}") for number in range(60)]
        for product in self.products:
            self.rows.rows[product.product_id] = product
            self.store.add(product, direction(product.name))

    @property
    def api(self) -> Api:
        search = Search(self.embedder, self.store, self.rows)
        return create_api(
            search,
            lambda product: f"https://pictures/{product.product_id}",
            NOTHING_POPULAR,
        )

    def call(self, event: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
        return read_answer(self.api(event, None))

    def find(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        status, answer, _ = self.call(post_event(body))
        assert status == 200, answer
        return answer["results"]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def names(results: Sequence[dict[str, Any]]) -> list[str]:
    return [result["name"] for result in results]


def ids(*products: Product) -> list[str]:
    return [product.product_id for product in products]


def test_words_find_the_nearest_three(shop: Shop) -> None:
    status, body, _ = shop.call(api_event("GET", "/search", query={"query": "  item 7 "}))
    assert status == 200
    assert set(body) == {"results", "took_ms", "backend", "exact", "ranker"}
    assert (body["backend"], body["exact"], len(body["results"])) == ("fake", True, 3)
    best = body["results"][0]
    assert set(best) == FIELDS
    assert (best["name"], best["score"], best["relevance"]) == ("item 7", 1.0, 1.0)
    assert (best["affinity"], best["why"], best["reasons"]) == (None, [], [])
    assert best["image_url"] == f"https://pictures/{best['product_id']}"
    scores = [result["score"] for result in body["results"]]
    assert scores == sorted(scores, reverse=True)
    assert shop.embedder.calls == [("item 7", None, Purpose.QUERY)]


def test_post_finds_the_same_as_get(shop: Shop) -> None:
    got = shop.call(api_event("GET", "/search", query={"query": "item 9", "limit": "5"}))[1]["results"]
    assert shop.find({"query": "item 9", "limit": 5}) == got


def test_scores_are_never_negative(shop: Shop) -> None:
    results = shop.find({"query": "item 7", "limit": 60})
    assert len(results) == 60
    assert all(0 <= result["score"] == result["relevance"] <= 1 for result in results)
    assert results[-1]["score"] == 0


def test_pictures_and_words_are_embedded_together(shop: Shop) -> None:
    for image in (to_base64(RED), "data:image/png;base64," + to_base64(RED)):
        shop.find({"query": "item 1", "image": image})
    assert shop.embedder.calls == [("item 1", RED, Purpose.QUERY)] * 2


def test_filters_reach_the_store_in_stored_form(shop: Shop) -> None:
    filters = {
        "category": "  Dress ",
        "color": ["Gray", "red"],
        "size": "m",
        "min_price": 1,
        "max_price": 9.5,
    }
    shop.find({"query": "x", "filters": {**filters, "in_stock": True}, "exact": True})
    query = {"query": "x", "category": "Dress", "color": ["Gray", "red"], "size": "m", "in_stock": "true"}
    query |= {"min_price": "1", "max_price": "9.5", "exact": "true"}
    assert shop.call(api_event("GET", "/search", query=query))[0] == 200
    expected = Filters(
        frozenset({"dress"}), frozenset({"grey", "red"}), frozenset({"M"}), 1.0, 9.5, in_stock=True
    )
    assert [(filters, exact) for _, filters, exact in shop.store.searches] == [(expected, True)] * 2


def test_nulls_mean_not_given(shop: Shop) -> None:
    body = {"query": "item 3", "image": None, "like": None, "limit": None, "filters": {"category": None}}
    assert names(shop.find(body))[0] == "item 3"


def test_without_style_profiles_personalize_changes_nothing(shop: Shop) -> None:
    assert shop.find({"query": "item 3", "personalize": 1}) == shop.find({"query": "item 3"})


def test_likes_and_dislikes_shift_the_results(shop: Shop) -> None:
    liked, unliked = shop.products[5], shop.products[6]
    shifted = shop.find({"query": "item 1", "like": ids(liked), "unlike": ids(unliked), "limit": 60})
    query = combine(direction("item 1"), [direction(liked.name)], [direction(unliked.name)])
    others = [product.name for product in shop.products if product not in (liked, unliked)]
    assert names(shifted)[:10] == sorted(others, key=lambda name: -float(direction(name) @ query))[:10]
    assert len(shifted) == 58


def test_likes_alone_find_what_is_alike(shop: Shop) -> None:
    near = make_product("near")
    vector = direction("item 5") + 0.1 * direction("noise")
    shop.rows.rows[near.product_id] = near
    shop.store.add(near, vector / np.linalg.norm(vector))
    assert names(shop.find({"like": ids(shop.products[5])}))[0] == "near"
    assert shop.embedder.calls == []


def test_vanished_likes_are_left_out(shop: Shop) -> None:
    gone = make_product("gone")
    assert names(shop.find({"query": "item 3", "like": ids(gone)}))[0] == "item 3"
    status, body, _ = shop.call(post_event({"like": ids(gone)}))
    assert (status, body["errors"][0]["field"]) == (400, "like")


def test_context_formula() -> None:
    q, a, b, c = (direction(text) for text in "qabc")
    expected = q + LIKE_WEIGHT * (a + b) / 2 - UNLIKE_WEIGHT * c
    got = combine(q, [a, b], [c])
    np.testing.assert_allclose(got, expected / np.linalg.norm(expected), atol=1e-6)
    assert got.dtype == np.float32
    np.testing.assert_allclose(combine(None, [a], []), a, atol=1e-6)
    with pytest.raises(Problem):
        combine(None, [a], [np.float32(LIKE_WEIGHT / UNLIKE_WEIGHT) * a])


def test_vanished_products_are_dropped_and_made_up_for(shop: Shop) -> None:
    nearest = [result["product_id"] for result in shop.find({"query": "item 1", "limit": 40})]
    for product_id in nearest[:30]:
        del shop.rows.rows[product_id]
    hidden = shop.rows.rows[nearest[30]]
    shop.rows.rows[nearest[30]] = make_product(hidden.name, content_hash=None)
    results = shop.find({"query": "item 1", "limit": 3})
    assert [result["product_id"] for result in results] == nearest[31:34]
    assert len(shop.find({"query": "item 1", "limit": 100})) == 29


def test_similar_products_leave_out_the_one_asked_for(shop: Shop) -> None:
    one = shop.products[4]
    status, body, _ = shop.call(api_event("GET", f"/products/{one.product_id}/similar", query={"limit": "7"}))
    assert (status, len(body["results"])) == (200, 7)
    assert one.name not in names(body["results"])
    assert set(body["results"][0]) == FIELDS
    assert shop.embedder.calls == []


@pytest.mark.parametrize("product_id", ["a" * 20, "nonsense", "A" * 20])
def test_similar_to_nothing_is_not_found(shop: Shop, product_id: str) -> None:
    assert shop.call(api_event("GET", f"/products/{product_id}/similar"))[0] == 404


NOISE = Image.effect_noise((100, 100), 50).convert("RGB")
BAD_PICTURES = [
    ("not base64!", 400),
    ("", 400),
    ("data:image/png;base64,", 415),
    (to_base64(b"hello, I am text"), 415),
    (to_base64(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), 415),
    (to_base64(encode(NOISE, "GIF")), 415),
    (to_base64(bytes(MAX_PICTURE_BYTES + 3)), 413),
    (to_base64(encode(Image.new("L", (8_000, 8_000)), "PNG")), 422),
    (to_base64(encode(NOISE, "JPEG")[:-50]), 422),
    (to_base64(encode(NOISE.convert("CMYK"), "JPEG")), 422),
    (to_base64(encode(Image.new("I;16", (64, 64)), "PNG")), 422),
    (to_base64(encode(NOISE, "WEBP", save_all=True, append_images=[NOISE.rotate(180)])), 422),
    (to_base64(draw(side=20)), 422),
]


@pytest.mark.parametrize(("image", "status"), BAD_PICTURES)
def test_bad_pictures_are_refused_before_the_model_is_called(shop: Shop, image: str, status: int) -> None:
    got, body, _ = shop.call(post_event({"query": "x", "image": image}))
    assert (got, body["errors"][0]["field"]) == (status, "image")
    assert shop.embedder.calls == []


def test_a_30_megabyte_picture_is_too_large(shop: Shop) -> None:
    assert shop.call(post_event({"image": "A" * 40_000_000}))[0] == 413


@pytest.mark.parametrize(
    ("event", "status", "field"),
    [
        (post_event({}), 400, "body"),
        (post_event({"limit": 3}), 400, "body"),
        (post_event({"unlike": ["a" * 20]}), 400, "body"),
        (post_event({"query": ""}), 400, "query"),
        (post_event({"query": " \n\t "}), 400, "query"),
        (post_event({"query": "x" * 2_001}), 400, "query"),
        (post_event({"query": "x" * 10_240}), 400, "query"),
        (post_event({"query": 5}), 400, "query"),
        (post_event({"query": "x", "limit": 0}), 400, "limit"),
        (post_event({"query": "x", "limit": 101}), 400, "limit"),
        (post_event({"query": "x", "limit": 10_000}), 400, "limit"),
        (post_event({"query": "x", "limit": 2.5}), 400, "limit"),
        (post_event({"query": "x", "limit": "3"}), 400, "limit"),
        (post_event({"query": "x", "limit": True}), 400, "limit"),
        (post_event({"query": "x", "personalize": 1.1}), 400, "personalize"),
        (post_event({"query": "x", "personalize": -0.1}), 400, "personalize"),
        (post_event('{"query": "x", "personalize": NaN}'), 400, "personalize"),
        (post_event({"query": "x", "colour": "red"}), 400, "colour"),
        (post_event({"query": "x", "filters": {"colour": "red"}}), 400, "filters.colour"),
        (post_event({"query": "x", "filters": {"category": [""]}}), 400, "filters.category.0"),
        (post_event({"query": "x", "filters": {"category": 5}}), 400, "filters.category"),
        (post_event({"query": "x", "filters": {"size": ["M"] * 51}}), 400, "filters.size"),
        (post_event({"query": "x", "filters": {"max_price": -1}}), 400, "filters.max_price"),
        (post_event('{"query": "x", "filters": {"max_price": Infinity}}'), 400, "filters.max_price"),
        (post_event({"query": "x", "filters": {"min_price": 2, "max_price": 1}}), 400, "filters"),
        (post_event({"query": "x", "filters": {"in_stock": "yes"}}), 400, "filters.in_stock"),
        (post_event({"query": "x", "like": "a" * 20}), 400, "like"),
        (post_event({"query": "x", "like": ["../etc"]}), 400, "like.0"),
        (post_event({"query": "x", "like": ["a" * 20] * 21}), 400, "like"),
        (api_event("GET", "/search"), 400, "query"),
        (api_event("GET", "/search", query={"query": ""}), 400, "query"),
        (api_event("GET", "/search", query={"query": "   "}), 400, "query"),
        (api_event("GET", "/search", query={"query": "x" * 10_240}), 400, "query"),
        (api_event("GET", "/search", query={"query": "x", "limit": "0"}), 400, "limit"),
        (api_event("GET", "/search", query={"query": "x", "limit": "10000"}), 400, "limit"),
        (api_event("GET", "/search", query={"query": "x", "limit": "three"}), 400, "limit"),
        (api_event("GET", "/search", query={"query": "x", "colour": "red"}), 400, "colour"),
        (api_event("GET", "/search", query={"query": "x", "image": "abc"}), 400, "image"),
        (api_event("GET", "/search", query={"query": "x", "max_price": "nan"}), 400, "max_price"),
        (api_event("GET", "/search", query={"query": ["x", "y"]}), 400, "query"),
        (api_event("GET", f"/products/{'a' * 20}/similar", query={"limit": "0"}), 400, "limit"),
        (api_event("GET", f"/products/{'a' * 20}/similar", query={"color": "red"}), 400, "color"),
    ],
)
def test_bad_input_is_refused_by_name(shop: Shop, event: dict[str, Any], status: int, field: str) -> None:
    got, body, _ = shop.call(event)
    assert (got, body["errors"][0]["field"]) == (status, field)
    assert shop.store.searches == []
    assert shop.embedder.calls == []


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (post_event('{"query": '), 400),
        (post_event("[]"), 400),
        (post_event('"red dress"'), 400),
        (post_event({"query": "x"}, content_type="text/plain"), 415),
        (post_event({"query": "x"}, content_type="multipart/form-data"), 415),
        (api_event("GET", "/search", query={"query": "x"}, claims=None), 401),
        (api_event("GET", "/search", query={"query": "x"}, claims={**CLAIMS, "token_use": "id"}), 401),
        (api_event("PUT", "/search"), 405),
        (api_event("GET", "/searches"), 404),
    ],
)
def test_other_refusals(shop: Shop, event: dict[str, Any], status: int) -> None:
    assert shop.call(event)[0] == status


@pytest.mark.parametrize(
    ("part", "error", "status", "retry_after"),
    [
        ("embedder", EmbeddingThrottled("slow"), 503, "2"),
        ("embedder", EmbeddingFailed("down"), 503, "5"),
        ("embedder", EmbeddingRefused("never"), 422, None),
        ("store", StoreUnavailable("down"), 503, "5"),
        ("rows", ProductsUnavailable("down"), 503, "5"),
        ("store", RuntimeError("bug"), 500, None),
    ],
)
def test_failures_of_what_the_search_needs(
    shop: Shop, part: str, error: Exception, status: int, retry_after: str | None
) -> None:
    if part == "rows":

        def fail(_: str) -> None:
            raise error

        shop.rows.step = fail
    else:
        getattr(shop, part).fail = error
    got, body, headers = shop.call(post_event({"query": "x"}))
    assert (got, headers.get("retry-after")) == (status, retry_after)
    assert str(error) not in json.dumps(body)


def test_texts_asked_for_again_cost_no_model_call() -> None:
    cache, made = TextCache(size=2), list[str]()

    def get(text: str) -> None:
        def embed() -> Any:
            made.append(text)
            return direction(text)

        np.testing.assert_array_equal(cache.get(text, embed), direction(text))

    for text in ("a", "b", "a", "c", "a", "b"):
        get(text)
    assert made == ["a", "b", "c", "b"]


def test_failed_embeddings_are_not_kept(shop: Shop) -> None:
    api = shop.api
    shop.embedder.fail = EmbeddingThrottled("slow")
    event = post_event({"query": "item 3"})
    assert api(event, None)["statusCode"] == 503
    shop.embedder.fail = None
    assert api(event, None)["statusCode"] == 200


def test_logs_and_metrics_tell_nothing_of_the_shopper(
    shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start_logs(monkeypatch)
    picture = to_base64(RED)
    shop.find({"query": "lingerie for anna@example.com", "image": picture})
    shop.call(post_event({"query": "lingerie", "filters": {"secret filter": "lingerie"}}))
    shop.embedder.fail = EmbeddingFailed("lingerie")
    shop.call(api_event("GET", "/search", query={"query": "lingerie", "category": "underwear"}))
    written = capsys.readouterr()
    for private in ("lingerie", "underwear", "secret filter", "anna", "eyJ", picture[:20], CLAIMS["sub"]):
        assert private not in written.out + written.err
    logs = read_logs(written.out, "answered")
    assert [log["status"] for log in logs] == [200, 400, 503]
    assert {"Results", "Embedding", "VectorSearch", "Products"} <= set(logs[0]["figures"])


def test_a_warm_search_takes_a_few_milliseconds_itself(shop: Shop) -> None:
    api, event = shop.api, api_event("GET", "/search", query={"query": "item 1"})
    assert best_time_in_units(lambda: api(event, None), tries=30) < 0.5
