"""A fitting room over tables and buckets that moto plays, with a model that is told how to behave."""

import io
import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError
from PIL import Image, ImageDraw

from runtime.fitting.port import Rendered, RenderRequest
from runtime.shared.aws import Clients
from runtime.shared.consumer import KeyByKey
from runtime.shared.http import Api
from runtime.shared.product_table import ProductTable
from runtime.shared.products import Product, row_from_product
from runtime.shared.quotas import Quotas
from runtime.shared.sockets import Connection
from runtime.tryon.bucket import Bucket
from runtime.tryon.delivery import Delivery
from runtime.tryon.endings import Endings
from runtime.tryon.handler import create_api, open_room
from runtime.tryon.job import Job
from runtime.tryon.parts import Parts
from runtime.tryon.photos import Intake
from runtime.tryon.settings import LimitSettings, PhotoSettings, TryOnSettings
from runtime.tryon.sweeper import Sweeper, SweepSettings
from runtime.tryon.table import TROUBLES
from runtime.tryon.telling import Pusher
from runtime.tryon.work import Fitter, Stores
from runtime.tryon.workflow import Workflow
from tests.unit.shop import CLAIMS, api_event, draw, post_event, read_answer, s3_message

USER = CLAIMS["sub"]
OTHER = {**CLAIMS, "sub": "another"}
NOON = 1_795_000_000.0
PRICE = 0.05
DRESS, SHOES = "d" * 20, "s" * 20
Answer = tuple[int, dict[str, Any], dict[str, str]]


def photo_of_someone(size: tuple[int, int] = (320, 480), kind: str = "JPEG", **options: Any) -> bytes:
    """A figure on a wall."""
    image = Image.new("RGB", size, "lightsteelblue")
    width, height = size
    pencil = ImageDraw.Draw(image)
    pencil.ellipse((0.42 * width, 0.08 * height, 0.58 * width, 0.22 * height), fill="peru")
    pencil.rectangle((0.35 * width, 0.22 * height, 0.65 * width, 0.95 * height), fill="dimgray")
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@dataclass
class FakeModel:
    """Paints the garment's middle colour onto the figure, or does what `act` says for the n-th call."""

    model_id: str = "fake"
    act: Callable[[int], Any] = lambda _: None
    calls: list[RenderRequest] = field(default_factory=list)

    def render(self, request: RenderRequest) -> Rendered:
        number = len(self.calls)
        self.calls.append(request)
        done = self.act(number)
        if isinstance(done, BaseException):
            raise done
        person = np.array(Image.open(io.BytesIO(request.person)).convert("RGB"))
        cloth = np.array(Image.open(io.BytesIO(request.garment.picture)).convert("RGB"))
        mask = np.zeros(person.shape[:2], np.uint8)
        height, width = mask.shape
        mask[height // 3 : height // 2, width // 3 : 2 * width // 3] = 255
        person[mask == 255] = cloth[cloth.shape[0] // 2, cloth.shape[1] // 2]
        return Rendered(as_png(person), as_png(mask), self.model_id, request.seed, PRICE)


def as_png(pixels: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class FakeGateway:
    """Takes what is sent to connections; those in `gone` are closed."""

    frames: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:
        if ConnectionId in self.gone:
            raise ClientError({"Error": {"Code": "GoneException"}}, "PostToConnection")
        self.frames.append((ConnectionId, json.loads(Data)))

    def told(self, connection_id: str) -> list[tuple[str, int]]:
        """Status and progress of what a connection heard."""
        return [(frame["status"], frame["progress"]) for to, frame in self.frames if to == connection_id]


@dataclass
class FakeStates:
    """Step Functions as far as names go: an execution each, running until it is ended."""

    executions: dict[str, str] = field(default_factory=dict)
    fail: bool = False

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:
        if self.fail:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "StartExecution")
        if name in self.executions:
            raise ClientError({"Error": {"Code": "ExecutionAlreadyExists"}}, "StartExecution")
        assert json.loads(input) == {"job_id": name}
        self.executions[name] = "RUNNING"

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:
        return {"status": self.executions[executionArn.rpartition(":")[2]]}


@dataclass
class FittingHouse:
    """Everything behind the try-on, put together as the functions do it."""

    clients: Clients
    now: float = NOON
    model: FakeModel = field(default_factory=FakeModel)
    gateway: FakeGateway = field(default_factory=FakeGateway)
    states: FakeStates = field(default_factory=FakeStates)
    daily_per_user: int = 20
    daily_spend_usd: float = 10

    def __post_init__(self) -> None:
        photos = PhotoSettings(table="models", bucket="photos", prefix="models/", retention_days=7)
        tryon = TryOnSettings(table="jobs", bucket="looks", prefix="results/", retention_days=7)
        self.parts = Parts(self.clients, photos, tryon, lambda: self.now)
        self.pusher = Pusher(self.parts.teller, lambda id_: Connection(self.gateway, id_))
        intake = Intake(self.parts.photos, self.parts.photos_bucket, 7, lambda: self.now)
        self.intake = KeyByKey("photos", intake.take, TROUBLES)
        self.workflow = Workflow(self.states, "arn:aws:states:us-east-1:1:stateMachine:try-on")

    @property
    def quotas(self) -> Quotas:
        limits = LimitSettings(
            daily_per_user=self.daily_per_user, daily_spend_usd=self.daily_spend_usd, price_usd=PRICE
        )
        return self.parts.quotas(limits, "quotas")

    @property
    def api(self) -> Api:
        room, orders, _ = open_room(self.parts, self.quotas, 50_000, "products")
        return create_api(room, orders)

    @property
    def endings(self) -> Endings:
        return Endings(self.parts.jobs, self.parts.results, self.quotas, self.pusher)

    @property
    def delivery(self) -> KeyByKey:
        delivery = Delivery(self.parts.results, self.parts.jobs, self.endings)
        return KeyByKey("looks", delivery.take, TROUBLES)

    @property
    def stores(self) -> Stores:
        tables = self.clients.get("dynamodb")
        catalog = Bucket(self.clients.get("s3"), "catalog", "products/")
        products = ProductTable(tables, "products")
        parts = self.parts
        return Stores(parts.jobs, parts.photos, products, parts.photos_bucket, parts.results, catalog)

    @property
    def fitter(self) -> Fitter:
        return Fitter(self.stores, self.model, self.pusher, lambda *_: nullcontext(), 30)

    @property
    def sweeper(self) -> Sweeper:
        settings = SweepSettings(quiet_s=60, give_up_s=2400)
        parts = self.parts
        return Sweeper(parts.jobs, parts.results, self.endings, self.workflow, settings, lambda: self.now)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        claims: Mapping[str, str] = CLAIMS,
        **query: str,
    ) -> Answer:
        event = post_event(body, path=path) if body is not None else api_event(method, path)
        event["requestContext"]["authorizer"] = {"claims": dict(claims)}
        event["queryStringParameters"] = query or None
        return read_answer(self.api(event, None))

    def upload(self, data: bytes | None = None, *, claims: Mapping[str, str] = CLAIMS) -> str:
        """Announce and upload a photo, and let it be taken in; its id."""
        asked = {"kind": "model", "content_type": "image/jpeg", "bytes": 1000}
        status, answer, _ = self.call("POST", "/uploads", asked, claims=claims)
        assert status == 200, answer
        key = answer["fields"]["key"]
        body = photo_of_someone() if data is None else data
        self.clients.get("s3").put_object(Bucket="photos", Key=key, Body=body)
        assert self.take_in(s3_message(key, bucket="photos"))
        return answer["model_id"]

    def order(self, model_id: str, *products: str, **more: Any) -> str:
        """Place a try-on; its job's id."""
        body = {"model_id": model_id, "product_ids": list(products or (DRESS,)), **more}
        status, answer, _ = self.call("POST", "/try-on", body)
        assert status == 202, answer
        return answer["job_id"]

    def deliver(self, job_id: str) -> bool:
        """Hand over the event of a job's result."""
        key = f"results/{USER}/{job_id}/look.jpg"
        return not self.delivery.run([s3_message(key, bucket="looks")]).failed

    def take_in(self, record: dict[str, Any]) -> bool:
        """Hand over a message about photos; False when it has to come again."""
        return not self.intake.run([record]).failed

    def job(self, job_id: str) -> Job:
        found = self.parts.jobs.get(job_id)
        assert found is not None
        return found

    def keys(self, bucket: str) -> list[str]:
        found = self.clients.get("s3").list_objects_v2(Bucket=bucket).get("Contents") or []
        return [each["Key"] for each in found]

    def used(self, counter: str) -> int:
        """A counter of the day, of a shopper (`try-ons#<id>`) or of all (`spend`)."""
        what, _, user = counter.partition("#")
        place = {"user_id": {"S": user or "#everyone"}, "key": {"S": f"{what}#2026-11-18"}}
        row = self.clients.get("dynamodb").get_item(TableName="quotas", Key=place).get("Item")
        return int(row["used"]["N"]) if row else 0

    def stock(self, product_id: str, category: str, color: tuple[int, int, int]) -> None:
        """Put a product into the shop."""
        key = f"products/{category}/{product_id}.png"
        self.clients.get("s3").put_object(Bucket="catalog", Key=key, Body=draw(color, side=64))
        product = Product(
            product_id=product_id,
            product_picture_s3_url=f"s3://catalog/{key}",
            name=f"A {category}",
            category=category,
            created_at="2026-01-01",
            updated_at="2026-01-01",
            content_hash="x",
            content_type="image/png",
        )
        serialize = TypeSerializer().serialize
        item = {name: serialize(value) for name, value in row_from_product(product).items()}
        self.clients.get("dynamodb").put_item(TableName="products", Item=item)


def open_house(clients: Clients) -> FittingHouse:
    """A house with two products, over new tables and buckets."""
    tables = clients.get("dynamodb")
    by_user = [("user_id", "HASH"), ("created_at", "RANGE")]
    unfinished = [("open", "HASH"), ("created_at", "RANGE")]
    _table(tables, "models", "model_id", {"by_user": by_user})
    _table(tables, "jobs", "id", {"by_user": by_user, "unfinished": unfinished})
    _table(tables, "quotas", "user_id", {}, "key")
    _table(tables, "products", "product_id", {})
    for bucket in ("photos", "looks", "catalog"):
        clients.get("s3").create_bucket(Bucket=bucket)
    house = FittingHouse(clients)
    house.stock(DRESS, "dress", (200, 30, 40))
    house.stock(SHOES, "shoes", (20, 30, 140))
    return house


def _table(
    client: Any, name: str, key: str, indexes: Mapping[str, list[tuple[str, str]]], sort: str | None = None
) -> None:
    names = {key, *([sort] if sort else []), *(part for parts in indexes.values() for part, _ in parts)}
    more: dict[str, Any] = {}
    if indexes:
        more["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index,
                "KeySchema": [{"AttributeName": part, "KeyType": kind} for part, kind in parts],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, parts in indexes.items()
        ]
    client.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": key, "KeyType": "HASH"},
            *([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else []),
        ],
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in sorted(names)],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
