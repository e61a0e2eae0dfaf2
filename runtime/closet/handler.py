"""The routes of what a shopper saves: GET /me/closet, PUT and DELETE /me/closet/{kind}/{id}."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from runtime.closet.logic import Products, check_id, cut_page, describe, keep, read_item, read_kind
from runtime.closet.request import ClosetQuery, KeepRequest
from runtime.closet.settings import ClosetSettings
from runtime.closet.store import ClosetTable, ClosetUnavailable
from runtime.shared.aws import Clients
from runtime.shared.http import Api, Request, Route, read_body, read_query, subject_of
from runtime.shared.problems import refuse_catalogue, refuse_for_now
from runtime.shared.product_table import ProductsUnavailable, ProductTable
from runtime.shared.products import CatalogSettings
from runtime.shared.settings import read_setting


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return _open_api()(event, context)


@cache
def _open_api() -> Api:
    closet: ClosetSettings = read_setting("CLOSET", ClosetSettings)
    catalog: CatalogSettings = read_setting("CATALOG", CatalogSettings)
    rows = Clients().get("dynamodb")
    return create_api(ClosetTable(rows, closet.table), ProductTable(rows, catalog.table))


def create_api(table: ClosetTable, products: Products) -> Api:
    """The routes over the table of what shoppers save."""

    def get_closet(request: Request) -> dict[str, Any]:
        asked = read_query(request, ClosetQuery)
        page = cut_page(table.read(subject_of(request)), asked.cursor, asked.limit)
        request.counts["Items"] = len(page.items)
        return {"items": [describe(item) for item in page.items], "cursor": page.cursor}

    def put_item(request: Request) -> dict[str, Any]:
        kind = read_kind(request.path["kind"])
        item = read_item(kind, request.path["item_id"], read_body(request, KeepRequest))
        return describe(keep(table, products, subject_of(request), item))

    def delete_item(request: Request) -> dict[str, Any]:
        kind, item_id = read_kind(request.path["kind"]), request.path["item_id"]
        check_id(kind, item_id)
        table.drop(subject_of(request), kind, item_id)
        return {"deleted": item_id}

    return Api(
        [
            Route("GET", "/me/closet", get_closet),
            Route("PUT", "/me/closet/<kind>/<item_id>", put_item),
            Route("DELETE", "/me/closet/<kind>/<item_id>", delete_item),
        ],
        answers={
            ClosetUnavailable: lambda _: refuse_for_now(
                "What you saved is not available just now; try again.", retry_after=2
            ),
            ProductsUnavailable: refuse_catalogue,
        },
    )
