"""The try-on's routes: REST for everything, and the WebSocket actions `tryon` and `subscribe`."""

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from runtime.shared.aws import Clients
from runtime.shared.http import Answers, Api, Request, Route, explain_error, read_body, read_query, subject_of
from runtime.shared.observability import describe_error, emit_metrics, get_logger
from runtime.shared.problems import refuse_for_now
from runtime.shared.product_table import ProductsUnavailable, ProductTable
from runtime.shared.products import CatalogSettings
from runtime.shared.quotas import Quotas, QuotasUnavailable
from runtime.shared.settings import read_setting
from runtime.shared.sockets import Connection, ConnectionSettings, find_user, open_gateway
from runtime.tryon.orders import Orders, OrderTerms
from runtime.tryon.parts import Parts
from runtime.tryon.request import ListQuery, SubscribeFrame, TryOnFrame, TryOnRequest, UploadRequest
from runtime.tryon.room import FittingRoom
from runtime.tryon.settings import LimitSettings
from runtime.tryon.table import StoreUnavailable
from runtime.tryon.telling import Teller


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    if "connectionId" in (event.get("requestContext") or {}):
        return _open_socket()(event)
    return _open_api()(event, context)


def create_api(room: FittingRoom, orders: Orders) -> Api:
    """The REST routes."""

    def post_upload(request: Request) -> dict[str, Any]:
        return room.invite_photo(subject_of(request), read_body(request, UploadRequest))

    def get_models(request: Request) -> dict[str, Any]:
        return room.list_photos(subject_of(request), read_query(request, ListQuery))

    def get_model(request: Request) -> dict[str, Any]:
        return room.show_photo(subject_of(request), request.path["model_id"])

    def delete_model(request: Request) -> dict[str, Any]:
        return {"deleted": room.delete_photo(subject_of(request), request.path["model_id"])}

    def post_try_on(request: Request) -> dict[str, Any]:
        job = orders.place(subject_of(request), read_body(request, TryOnRequest))
        return {"job_id": job.id, "status": job.status}

    def get_try_ons(request: Request) -> dict[str, Any]:
        return room.list_jobs(subject_of(request), read_query(request, ListQuery))

    def get_try_on(request: Request) -> dict[str, Any]:
        return room.show_job(subject_of(request), request.path["job_id"])

    def delete_try_on(request: Request) -> dict[str, Any]:
        return {"deleted": room.delete_job(subject_of(request), request.path["job_id"])}

    routes = [
        Route("POST", "/uploads", post_upload),
        Route("GET", "/models", get_models),
        Route("GET", "/models/<model_id>", get_model),
        Route("DELETE", "/models/<model_id>", delete_model),
        Route("POST", "/try-on", post_try_on, status=202),
        Route("GET", "/try-on", get_try_ons),
        Route("GET", "/try-on/<job_id>", get_try_on),
        Route("DELETE", "/try-on/<job_id>", delete_try_on),
    ]
    return Api(routes, answers=_ANSWERS)


class Socket:
    """The WebSocket actions. Answers go to the connection; the gateway only hears that all is well."""

    def __init__(
        self,
        room: FittingRoom,
        orders: Orders,
        teller: Teller,
        find_user: Callable[[Mapping[str, Any]], str],
        connect: Callable[[str], Connection],
    ) -> None:
        self._room = room
        self._orders = orders
        self._teller = teller
        self._find_user = find_user
        self._connect = connect

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        started = time.perf_counter()
        place = event["requestContext"]
        get_logger().set_correlation_id(place.get("requestId"))
        connection = self._connect(place["connectionId"])
        status, details = 200, dict[str, Any]()
        try:
            connection.send(self._answer(event, place["connectionId"]))
        except Exception as error:
            problem = explain_error(error, _ANSWERS, str(place.get("requestId")))
            status = problem.status
            details = {"problem": problem.title} | (describe_error(error) if status >= 500 else {})
            retry = {} if problem.retry_after is None else {"retry_after": problem.retry_after}
            connection.send({"type": "error", "problem": {**problem.render(), **retry}})
        _report(str(place.get("routeKey")), status, 1000 * (time.perf_counter() - started), details)
        return {"statusCode": 200}

    def _answer(self, event: Mapping[str, Any], connection_id: str) -> dict[str, Any]:
        user = self._find_user(event)
        frame = _read_frame(event)
        if isinstance(frame, SubscribeFrame):
            return self._teller.frame(self._room.subscribe(user, frame.job_id, connection_id))
        return self._teller.frame(self._orders.place(user, frame, connection_id))


def _read_frame(event: Mapping[str, Any]) -> TryOnFrame | SubscribeFrame:
    """The frame of the action by which the gateway chose this function."""
    kind = SubscribeFrame if event["requestContext"].get("routeKey") == "subscribe" else TryOnFrame
    return kind.model_validate_json(event.get("body") or "", strict=True)


@cache
def _open_api() -> Api:
    room, orders, _ = _open_parts()
    return create_api(room, orders)


@cache
def _open_socket() -> Socket:
    settings: ConnectionSettings = read_setting("CONNECTIONS", ConnectionSettings)
    gateway, rows = open_gateway(settings), Clients().get("dynamodb")
    room, orders, teller = _open_parts()
    return Socket(
        room,
        orders,
        teller,
        lambda event: find_user(rows, settings.table, event),
        lambda connection_id: Connection(gateway, connection_id),
    )


@cache
def _open_parts() -> tuple[FittingRoom, Orders, Teller]:
    parts = Parts.open()
    limits: LimitSettings = read_setting("TRYON_LIMITS", LimitSettings)
    catalog: CatalogSettings = read_setting("CATALOG", CatalogSettings)
    return open_room(parts, parts.open_quotas(), limits.price_micros, catalog.table)


def open_room(
    parts: Parts, quotas: Quotas, price_micros: int, products_table: str
) -> tuple[FittingRoom, Orders, Teller]:
    """What the routes work with."""
    teller = parts.teller
    room = FittingRoom(parts.photos, parts.jobs, parts.photos_bucket, parts.results, teller, parts.clock)
    orders = Orders(
        parts.jobs,
        parts.photos,
        ProductTable(parts.clients.get("dynamodb"), products_table),
        parts.results,
        quotas,
        OrderTerms(price_micros, parts.settings.retention_days),
        parts.clock,
    )
    return room, orders, teller


_ANSWERS: Answers = {
    StoreUnavailable: lambda _: refuse_for_now("The try-on is not available; try again.", retry_after=3),
    ProductsUnavailable: lambda _: refuse_for_now(
        "The catalogue is not available; try again.", retry_after=3
    ),
    QuotasUnavailable: lambda _: refuse_for_now("The try-on is not available; try again.", retry_after=3),
}


def _report(route: str, status: int, took: float, details: Mapping[str, Any]) -> None:
    log = get_logger().error if status >= 500 else get_logger().info
    log("answered", route=route, status=status, took_ms=round(took, 2), **details)
    counts = {"Requests": 1.0, "Refusals": float(400 <= status < 500), "Faults": float(status >= 500)}
    emit_metrics({"route": route}, counts, {"Latency": took})
