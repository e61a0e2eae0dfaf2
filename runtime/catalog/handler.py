"""The catalogue routes: GET /products, /products/{id}, /health and /capabilities."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from runtime.shared.aws import Clients
from runtime.shared.http import Api, Request, Route, read_query
from runtime.shared.pictures import PictureLinks
from runtime.shared.problems import refuse_catalogue, refuse_missing
from runtime.shared.product_table import ProductsUnavailable, ProductTable
from runtime.shared.products import (
    CatalogSettings,
    Product,
    describe_product,
    is_product_id,
    normalise_word,
    read_cursor,
    write_cursor,
)
from runtime.shared.settings import SettingsModel, read_setting

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class Capabilities(SettingsModel):
    """Variable CAPABILITIES: what this deployment can do, as GET /capabilities tells it."""

    features: tuple[str, ...] = ()
    vector_backend: str | None = None
    embedder: str | None = None
    models: Mapping[str, str] = Field(default_factory=dict[str, str])
    notice: str | None = None
    keeps: Mapping[str, int] = Field(default_factory=dict[str, int])


class ListQuery(BaseModel):
    """The query parameters of GET /products."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None
    ) = None
    cursor: Annotated[str, StringConstraints(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return _open_api()(event, context)


@cache
def _open_api() -> Api:
    catalog: CatalogSettings = read_setting("CATALOG", CatalogSettings)
    capabilities: Capabilities = read_setting("CAPABILITIES", Capabilities)
    clients = Clients()
    table = ProductTable(clients.get("dynamodb"), catalog.table)
    return create_api(table, PictureLinks(clients.get("s3")).link, capabilities)


def create_api(table: ProductTable, link: Callable[[Product], str], capabilities: Capabilities) -> Api:
    """The routes over a products table; `link` gives the address of a product's picture."""

    def list_products(request: Request) -> dict[str, Any]:
        asked = read_query(request, ListQuery)
        category = None if asked.category is None else normalise_word(asked.category)
        after = None if asked.cursor is None else read_cursor(asked.cursor, category)
        page = table.list(category, after, asked.limit)
        products = [describe_product(product, link(product)) for product in page.products]
        request.counts["Results"] = len(products)
        cursor = None if page.last is None else write_cursor(page.last, category)
        return {"products": products, "cursor": cursor}

    def get_product(request: Request) -> dict[str, Any]:
        product_id = request.path["product_id"]
        product = table.get(product_id) if is_product_id(product_id) else None
        if product is None or not product.is_shown:
            raise refuse_missing("product")
        return describe_product(product, link(product))

    def get_health(_: Request) -> dict[str, Any]:
        return {"status": "ok"}

    def get_capabilities(_: Request) -> dict[str, Any]:
        return capabilities.model_dump(mode="json")

    return Api(
        [
            Route("GET", "/products", list_products),
            Route("GET", "/products/<product_id>", get_product),
            Route("GET", "/health", get_health, public=True),
            Route("GET", "/capabilities", get_capabilities, public=True),
        ],
        answers={ProductsUnavailable: refuse_catalogue},
    )
