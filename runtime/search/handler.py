"""The search routes: GET and POST /search, GET /products/{id}/similar, /products/{id}/outfit and
/products/trending.

Other functions invoke it with `{"tool": "search", "user_id", "request": {body of POST /search}}` or with
`{"tool": "products", "user_id", "request": {"product_ids": [...]}}`. They get the answer of POST /search,
with more of each product, or `{"problem": {...}}`.
"""

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from runtime.clusters.centroids import CentroidBucket, ClusterSettings, Latest
from runtime.personalization.factory import open_reranker, open_trends
from runtime.personalization.popularity import TrendsUnavailable
from runtime.personalization.taste import STRANGERS, Kinship
from runtime.search.kinship import KinshipReader
from runtime.search.logic import Found, Outcome, Products, Search, describe
from runtime.search.look import complete, describe_look
from runtime.search.request import (
    REPEATABLE,
    Ids,
    OutfitQuery,
    SearchQuery,
    SearchRequest,
    SimilarQuery,
    TrendingQuery,
)
from runtime.search.trending import EmptyBoard, Trending, describe_trending
from runtime.shared.aws import Clients
from runtime.shared.http import Answers, Api, Request, Route, read_body, read_query, subject_of
from runtime.shared.images import PictureRefused, Refusal
from runtime.shared.observability import follow, get_logger
from runtime.shared.pictures import PictureLinks
from runtime.shared.problems import FieldError, Problem, refuse_catalogue, refuse_fields, refuse_for_now
from runtime.shared.product_table import ProductsUnavailable, ProductTable
from runtime.shared.products import CatalogSettings, Product
from runtime.shared.settings import read_setting
from runtime.vectors.errors import EmbeddingFailed, EmbeddingRefused, EmbeddingThrottled, StoreUnavailable
from runtime.vectors.factory import open_embedder, open_store
from runtime.vectors.migration import open_live
from runtime.vectors.settings import VectorSettings


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point. Store and embedder are chosen together, once for the whole request."""
    settings = _open_live()()
    if "tool" in event:
        return _open_tool(settings)(event)
    return _open_api(settings)(event, context)


@cache
def _open_live() -> Callable[[], VectorSettings]:
    return open_live(_open_clients().get)


@cache
def _open_clients() -> Clients:
    return Clients()


@cache
def _open_api(settings: VectorSettings) -> Api:
    search, products, link = _open_parts(settings)
    board = open_trends(_open_clients()) or EmptyBoard()
    return create_api(search, link, Trending(board, products))


@cache
def _open_tool(settings: VectorSettings) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return create_tool(*_open_parts(settings))


@cache
def _open_parts(settings: VectorSettings) -> tuple[Search, ProductTable, Callable[[Product], str]]:
    catalog: CatalogSettings = read_setting("CATALOG", CatalogSettings)
    clients = _open_clients()
    products = ProductTable(clients.get("dynamodb"), catalog.table)
    search = Search(
        open_embedder(settings, clients.get),
        open_store(settings, clients.get),
        products,
        open_reranker(clients, _open_kinship(clients, settings)),
    )
    return search, products, PictureLinks(clients.get("s3")).link


def _open_kinship(clients: Clients, settings: VectorSettings) -> Callable[[], Kinship]:
    """What tells how alike clusters are; none are where products are not grouped."""
    if not os.environ.get("CLUSTERS"):
        return lambda: STRANGERS
    clusters: ClusterSettings = read_setting("CLUSTERS", ClusterSettings)
    bucket = CentroidBucket(clients.get("s3", quick=True), clusters.bucket, clusters.prefix)
    return KinshipReader(Latest(bucket, settings.embedding_key)).current


def create_api(search: Search, link: Callable[[Product], str], trending: Trending) -> Api:
    """The routes over a search and a board; `link` gives the address of a product's picture."""

    def get_search(request: Request) -> dict[str, Any]:
        asked = read_query(request, SearchQuery, lists=REPEATABLE).to_request()
        return answer(request, lambda: search.find(asked, subject_of(request)))

    def post_search(request: Request) -> dict[str, Any]:
        asked = read_body(request, SearchRequest)
        return answer(request, lambda: search.find(asked, subject_of(request)))

    def get_similar(request: Request) -> dict[str, Any]:
        asked = read_query(request, SimilarQuery)
        return answer(request, lambda: search.find_similar(request.path["product_id"], asked.limit))

    def get_outfit(request: Request) -> dict[str, Any]:
        asked = read_query(request, OutfitQuery)
        look = complete(search, request.path["product_id"], asked, link)
        request.counts["Pieces"] = len(look.pieces)
        return describe_look(look)

    def get_trending(request: Request) -> dict[str, Any]:
        found = trending.find(read_query(request, TrendingQuery))
        request.counts["Results"] = len(found)
        return describe_trending(found, link)

    def answer(request: Request, run: Callable[[], Outcome]) -> dict[str, Any]:
        started = time.perf_counter()
        outcome = run()
        body = describe(outcome, link, search.backend, 1000 * (time.perf_counter() - started))
        request.milliseconds.update(outcome.milliseconds)
        request.counts["Results"] = len(outcome.found)
        request.counts["WithoutTaste"] = float(_UNAVAILABLE in outcome.ranker)
        request.counts["WordsOnly"] = float(bool(outcome.instead))
        return body

    return Api(
        [
            Route("GET", "/search", get_search),
            Route("POST", "/search", post_search),
            Route("GET", "/products/trending", get_trending),
            Route("GET", "/products/<product_id>/similar", get_similar),
            Route("GET", "/products/<product_id>/outfit", get_outfit),
        ],
        answers=_ANSWERS,
    )


def create_tool(
    search: Search, products: Products, link: Callable[[Product], str]
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """The search as a tool of other functions; those know the caller, and have checked who that is."""

    def run(event: Mapping[str, Any]) -> Outcome:
        if event["tool"] == "search":
            return search.find(SearchRequest.model_validate(event["request"]), event.get("user_id"))
        wanted = _ProductsRequest.model_validate(event["request"]).product_ids
        known = products.get_many(list(dict.fromkeys(wanted)))
        shown = [known[each] for each in wanted if each in known and known[each].is_shown]
        return Outcome(tuple(Found(product, 0.0, None) for product in shown), True, {})

    def answer(event: Mapping[str, Any]) -> dict[str, Any]:
        started = time.perf_counter()
        follow(event.get("request_id"))
        try:
            outcome = run(event)
        except Exception as error:
            problem = _explain(error)
            get_logger().warning("tool refused", tool=event["tool"], status=problem.status)
            return {"problem": problem.render()}
        body = describe(outcome, link, search.backend, 1000 * (time.perf_counter() - started))
        get_logger().info("tool answered", tool=event["tool"], took_ms=body["took_ms"])
        more = [_describe_more(found.product) for found in outcome.found]
        results = [{**result, **extra} for result, extra in zip(body["results"], more, strict=True)]
        return {**body, "results": results}

    return answer


_UNAVAILABLE = "unavailable"
"""In the names of rankers that do without another one."""


class _ProductsRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    product_ids: Ids


def _describe_more(product: Product) -> dict[str, Any]:
    """What choosing clothes needs beside the search result."""
    return {
        "gender": product.gender,
        "season": product.season,
        "occasion": product.occasion,
        "pattern": product.pattern,
        "sizes": list(product.sizes),
        "stock": product.stock,
    }


def _explain(error: Exception) -> Problem:
    """The problem of an exception. Raises it again when the search has no answer to it: that is a fault."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        fields = [".".join(map(str, each["loc"])) or "request" for each in error.errors()]
        return refuse_fields(*((field, "cannot be used") for field in fields))
    for kind, explain in _ANSWERS.items():
        if isinstance(error, kind):
            return explain(error)
    raise error


_PICTURE_STATUS = {Refusal.NOT_BASE64: 400, Refusal.NOT_A_PICTURE: 415, Refusal.TOO_MANY_BYTES: 413}


def _answer_picture(refused: PictureRefused) -> Problem:
    status = _PICTURE_STATUS.get(refused.code, 422)
    return Problem(status, "Picture refused", refused.advice, [FieldError("image", refused.code.value)])


_ANSWERS: Answers = {
    PictureRefused: _answer_picture,
    EmbeddingThrottled: lambda _: refuse_for_now("The search is busy; try again shortly.", retry_after=2),
    EmbeddingFailed: lambda _: refuse_for_now(
        "Understanding the search did not work; try again.", retry_after=5
    ),
    EmbeddingRefused: lambda _: Problem(
        422, "Cannot be searched for", "The words or the picture were not accepted; try others."
    ),
    StoreUnavailable: lambda _: refuse_for_now("The search is not available; try again.", retry_after=5),
    TrendsUnavailable: lambda _: refuse_for_now(
        "What is popular cannot be told just now; try again.", retry_after=5
    ),
    ProductsUnavailable: refuse_catalogue,
}
