"""The search as a tool of other functions."""

from typing import Any

import pytest

from runtime.search import handler as search_handler
from runtime.search.handler import create_tool
from runtime.search.logic import Search
from runtime.shared.product_table import ProductsUnavailable
from runtime.vectors.errors import EmbeddingThrottled
from runtime.wardrobe.items import read_item
from tests.unit.shop import FakeEmbedder, FakeRows, FakeStore, direction, make_product

RED = make_product("red dress", gender="women", season="summer", occasion="party", sizes=("S", "M"), stock=3)
GONE = make_product("gone", content_hash=None)


class Tool:
    def __init__(self) -> None:
        self.embedder, self.store, self.rows = FakeEmbedder(), FakeStore(), FakeRows()
        for product in (RED, GONE):
            self.rows.rows[product.product_id] = product
            self.store.add(product, direction(product.name))
        search = Search(self.embedder, self.store, self.rows)
        self.call = create_tool(search, self.rows, lambda product: f"https://pictures/{product.name}")

    def ask(self, tool: str, request: Any) -> dict[str, Any]:
        return self.call({"tool": tool, "user_id": "u1", "request": request})


@pytest.fixture
def tool() -> Tool:
    return Tool()


def test_results_are_those_of_the_route_and_more(tool: Tool) -> None:
    answer = tool.ask("search", {"query": "red dress", "limit": 5, "filters": {"max_price": None}})
    assert set(answer) == {"results", "took_ms", "backend", "exact", "ranker"}
    assert [each["name"] for each in answer["results"]] == ["red dress"]
    found = answer["results"][0]
    assert (found["score"], found["image_url"]) == (1.0, "https://pictures/red dress")
    assert (found["gender"], found["season"], found["occasion"]) == ("women", "summer", "party")
    assert (found["pattern"], found["sizes"], found["stock"]) == (None, ["S", "M"], 3)
    assert read_item(found, 1.0).sizes == ("S", "M"), "the chat can read it"


def test_products_are_told_by_id(tool: Tool) -> None:
    asked = [GONE.product_id, "a" * 20, RED.product_id, RED.product_id]
    assert [each["product_id"] for each in tool.ask("products", {"product_ids": asked[:3]})["results"]] == [
        RED.product_id
    ]
    assert tool.ask("products", {"product_ids": []})["results"] == []


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("search", {}),
        ("search", {"query": "x", "limit": 0}),
        ("search", {"query": "x", "color": "red"}),
        ("search", {"query": ""}),
        ("search", []),
        ("products", {"product_ids": ["../x"]}),
        ("products", {}),
    ],
)
def test_requests_that_cannot_be_are_problems(tool: Tool, name: str, request_: Any) -> None:
    problem = tool.ask(name, request_)["problem"]
    assert (problem["status"], problem["title"]) == (400, "Invalid request")


def test_failures_are_the_problems_of_the_route(tool: Tool) -> None:
    tool.embedder.fail = EmbeddingThrottled("busy")
    assert tool.ask("search", {"query": "x"})["problem"]["status"] == 503
    tool.embedder.fail = ProductsUnavailable("down")
    assert tool.ask("search", {"query": "x"})["problem"]["status"] == 503
    tool.embedder.fail = RuntimeError("a fault")
    with pytest.raises(RuntimeError):
        tool.ask("search", {"query": "x"})


def test_the_handler_tells_tools_from_routes(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_handler, "_open_live", lambda: lambda: "settings")
    monkeypatch.setattr(search_handler, "_open_tool", lambda settings: tool.call if settings else None)
    event = {"tool": "search", "user_id": "u1", "request": {"query": "red dress"}}
    assert search_handler.handler(event, None)["results"][0]["name"] == "red dress"
