"""The catalogue routes, over a products table that moto plays."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from runtime.catalog import handler as catalog_handler
from runtime.catalog.handler import Capabilities, create_api
from runtime.catalog.store import ProductRows
from runtime.shared.aws import Clients
from runtime.shared.http import Api
from runtime.shared.product_table import ProductsUnavailable, ProductTable
from runtime.shared.products import Product
from tests.unit.shop import ENVIRONMENT, api_event, make_product, read_answer


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        dynamodb = Clients().get("dynamodb")
        create_products_table(dynamodb)
        yield dynamodb


def create_products_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName="products",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "product_id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "product_id", "AttributeType": "S"},
            {"AttributeName": "category", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-category",
                "KeySchema": [
                    {"AttributeName": "category", "KeyType": "HASH"},
                    {"AttributeName": "product_id", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def fill(rows: ProductRows, count: int, **fields: Any) -> list[Product]:
    label = fields.get("category", "dress")
    products = [make_product(f"{label} {number}", **fields) for number in range(count)]
    assert all(rows.write(product, None) for product in products)
    return products


@pytest.fixture
def rows(client: Any) -> ProductRows:
    return ProductRows(client, "products")


@pytest.fixture
def call(rows: ProductRows) -> Callable[..., tuple[int, dict[str, Any]]]:
    api = create_api(rows, lambda product: f"https://pictures/{product.product_id}", Capabilities())

    def run(path: str, **query: str) -> tuple[int, dict[str, Any]]:
        return read_answer(api(api_event("GET", path, query=query), None))[:2]

    return run


Call = Callable[..., tuple[int, dict[str, Any]]]


def walk(call: Call, **query: str) -> list[str]:
    """The ids on all pages of a list, in their order; no page may be over-full."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        status, page = call("/products", **query, **({"cursor": cursor} if cursor else {}))
        assert status == 200, page
        assert len(page["products"]) <= int(query.get("limit", 20))
        found += [product["product_id"] for product in page["products"]]
        cursor = page["cursor"]
    return found


def test_rows_survive_the_table(rows: ProductRows) -> None:
    product = make_product(
        "full", price=Decimal("19.90"), sizes=("S", "M"), stock=0, description="é", stated=("a",)
    )
    assert rows.write(product, None)
    assert rows.get(product.product_id, consistent=True) == product
    assert rows.get("a" * 20) is None


def test_writes_need_the_row_they_were_worked_out_from(rows: ProductRows) -> None:
    first = make_product("a", version=1, color="red")
    second = make_product("a", version=2)
    assert rows.write(first, None)
    assert not rows.write(first, None)
    assert rows.write(second, first)
    assert not rows.write(first, first)
    assert not rows.delete(first)
    assert rows.get(first.product_id) == second
    assert rows.delete(second)
    assert not rows.delete(second)
    assert not rows.write(second, first)


def test_rows_without_version_can_be_taken_over(client: Any, rows: ProductRows) -> None:
    product = make_product("a", version=0)
    client.put_item(
        TableName="products", Item={"product_id": {"S": product.product_id}, "cluster_note": {"S": "kept"}}
    )
    before = rows.get(product.product_id)
    assert before is not None
    assert not rows.write(make_product("a"), None)
    assert rows.write(make_product("a"), before)
    item = client.get_item(TableName="products", Key={"product_id": {"S": product.product_id}})["Item"]
    assert item["cluster_note"] == {"S": "kept"}
    bare = Product(product_id="a" * 20)
    client.put_item(TableName="products", Item={"product_id": {"S": bare.product_id}})
    assert rows.delete(bare)


def test_many_are_read_in_batches(rows: ProductRows) -> None:
    products = fill(rows, 130)
    found = rows.get_many([*(product.product_id for product in products), "a" * 20])
    assert found == {product.product_id: product for product in products}


def test_lists_lead_through_every_product_once(rows: ProductRows, call: Call) -> None:
    dresses = fill(rows, 12)
    shoes = fill(rows, 5, category="shoes")
    fill(rows, 9, category="hat", content_hash=None)
    everything = sorted(product.product_id for product in [*dresses, *shoes])
    for limit in ("1", "4", "17", "100"):
        assert sorted(walk(call, limit=limit)) == everything
        assert walk(call, category=" Dress ", limit=limit) == sorted(each.product_id for each in dresses)
    assert sorted(walk(call)) == everything
    assert walk(call, category="hat") == []
    assert call("/products", category="nothing")[1] == {"products": [], "cursor": None}


def test_a_full_last_page_has_no_cursor(rows: ProductRows, call: Call) -> None:
    fill(rows, 4)
    assert call("/products", category="dress", limit="4")[1]["cursor"] is None
    assert call("/products", category="dress", limit="3")[1]["cursor"] is not None


def test_one_product(rows: ProductRows, call: Call) -> None:
    (product,) = fill(rows, 1, price=Decimal("10"), currency="EUR", brand="B")
    status, body = call(f"/products/{product.product_id}")
    assert (status, body["price"], body["brand"]) == (200, 10, "B")
    assert body["image_url"] == f"https://pictures/{product.product_id}"
    assert "s3://" not in json.dumps(body)


def test_missing_and_hidden_products_are_not_found(rows: ProductRows, call: Call) -> None:
    (hidden,) = fill(rows, 1, content_hash=None)
    for product_id in (hidden.product_id, "a" * 20, "nonsense"):
        status, body = call(f"/products/{product_id}")
        assert (status, body["title"]) == (404, "Not found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"cursor": "tampered"}, "cursor"),
        ({"cursor": "a" * 1_000}, "cursor"),
        ({"category": ""}, "category"),
        ({"category": "x" * 101}, "category"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_lists_are_refused_by_name(call: Call, query: dict[str, str], field: str) -> None:
    status, body = call("/products", **query)
    assert (status, body["errors"][0]["field"]) == (400, field)


def test_a_cursor_of_another_list_is_refused(rows: ProductRows, call: Call) -> None:
    fill(rows, 3)
    cursor = call("/products", limit="1")[1]["cursor"]
    assert call("/products", limit="1", cursor=cursor)[0] == 200
    assert call("/products", limit="1", cursor=cursor, category="dress")[0] == 400


class Faulty:
    """A client of which every call fails."""

    def __init__(self, code: str, status: int) -> None:
        self._error = ClientError(
            {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}},
            "GetItem",
        )

    def __getattr__(self, _: str) -> Callable[..., Any]:
        def fail(**_: Any) -> Any:
            raise self._error

        return fail


@pytest.mark.parametrize(
    ("code", "status", "answer"), [("ThrottlingException", 400, 503), ("Denied", 403, 500)]
)
def test_table_failures(code: str, status: int, answer: int) -> None:
    api = create_api(ProductTable(Faulty(code, status), "products"), lambda _: "", Capabilities())
    for path in ("/products", f"/products/{'a' * 20}"):
        got, body, headers = read_answer(api(api_event("GET", path), None))
        assert got == answer
        assert ("retry-after" in headers) == (answer == 503)
        assert code not in json.dumps(body)


def test_keys_left_unprocessed_are_asked_for_again() -> None:
    product = make_product("a")

    class Slow:
        rounds = 0

        def batch_get_item(self, RequestItems: Any) -> Any:
            self.rounds += 1
            if self.rounds < 3:
                return {"Responses": {}, "UnprocessedKeys": RequestItems}
            return {"Responses": {"products": [{"product_id": {"S": product.product_id}}]}}

    assert set(ProductTable(Slow(), "products").get_many([product.product_id])) == {product.product_id}
    Slow.rounds = -10
    with pytest.raises(ProductsUnavailable):
        ProductTable(Slow(), "products").get_many([product.product_id])


def public(api: Api, path: str) -> tuple[int, dict[str, Any]]:
    return read_answer(api(api_event("GET", path, claims=None), None))[:2]


def test_health_and_capabilities_need_no_token_and_products_do(rows: ProductRows) -> None:
    told = {
        "features": ["search"],
        "vector_backend": "dynamodb",
        "embedder": "titan",
        "models": {"embedding": "m"},
        "notice": "A test shop.",
        "keeps": {"photos_days": 7},
    }
    api = create_api(rows, lambda _: "", Capabilities.model_validate(told))
    assert public(api, "/health") == (200, {"status": "ok"})
    assert public(api, "/capabilities") == (200, told)
    assert public(api, "/products")[0] == 401


def test_the_handler_is_wired_from_its_environment(rows: ProductRows) -> None:
    (product,) = fill(rows, 1)
    catalog_handler._open_api.cache_clear()  # pyright: ignore[reportPrivateUsage]
    event = api_event("GET", f"/products/{product.product_id}")
    status, body, _ = read_answer(catalog_handler.handler(event, None))
    assert status == 200
    assert body["image_url"].startswith("https://catalog.s3.us-east-1.amazonaws.com/products/dress/")
    catalog_handler._open_api.cache_clear()  # pyright: ignore[reportPrivateUsage]
