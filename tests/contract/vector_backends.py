"""Real stores for tests: over an in-process AWS, a stand-in of S3 Vectors, and an OpenSearch node."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol
from unittest import mock
from uuid import uuid4

import boto3
import numpy as np
import uvicorn
from moto import mock_aws
from numpy.typing import NDArray
from starlette.applications import Starlette

from local.ai.s3vectors import routes
from runtime.shared.opensearch import Generation, open_collection
from runtime.vectors.factory import open_store
from runtime.vectors.port import Attributes, VectorItem, VectorStore
from runtime.vectors.settings import VectorSettings
from runtime.vectors.stores.documents import encode, index_body
from runtime.vectors.stores.dynamodb import open_snapshots
from runtime.vectors.stores.snapshots import SnapshotBucket
from runtime.vectors.stores.table import EmbeddingsTable

_BULK = 500
REGION = "us-east-1"
MODEL = "amazon.titan-embed-image-v1"


class Backend(Protocol):
    """Opens stores that share one durable place."""

    def settings(self, model: str = MODEL) -> VectorSettings: ...

    def open(self, model: str = MODEL) -> VectorStore: ...

    def fill(self, items: Sequence[VectorItem], model: str = MODEL) -> None:
        """Store many items at once, by the shortest way there is."""
        ...


def settings(store: dict[str, str], dimensions: int, model: str = MODEL) -> VectorSettings:
    """Settings of a store and of an embedder with any number of dimensions, so that tests can be small."""
    made = VectorSettings.model_validate(
        {"store": store, "embedder": {"name": "titan", "model_id": model, "dimensions": 256}}
    )
    embedder = made.embedder.model_copy(update={"dimensions": dimensions})
    return made.model_copy(update={"embedder": embedder})


class AwsClients:
    """boto3 clients by service, kept."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint
        self._made: dict[str, Any] = {}

    def __call__(self, service: str, region: str | None = None, /) -> Any:
        if service not in self._made:
            self._made[service] = boto3.client(
                service,
                region_name=region or REGION,
                endpoint_url=self._endpoint,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._made[service]


class DynamoDBBackend:
    """An embeddings table and a snapshots bucket of their own in an AWS that many share."""

    def __init__(self, clients: Callable[..., Any], dimensions: int) -> None:
        self.clients = clients
        self.dimensions = dimensions
        self.table = f"embeddings-{uuid4().hex}"
        self.bucket = f"snapshots-{uuid4().hex}"
        create_table(clients("dynamodb"), self.table)
        clients("s3").create_bucket(Bucket=self.bucket)

    def settings(self, model: str = MODEL) -> VectorSettings:
        store = {"backend": "dynamodb", "table": self.table, "snapshots": self.bucket}
        return settings(store, self.dimensions, model)

    def open(self, model: str = MODEL) -> VectorStore:
        return open_store(self.settings(model), self.clients)

    def table_at(self, clock: Callable[[], float], model: str = MODEL) -> EmbeddingsTable:
        """The table, written to and read at the time of `clock` (seconds since 1970)."""
        return EmbeddingsTable(
            self.clients("dynamodb"),
            self.table,
            "changes",
            embedding_key=f"{model}@{self.dimensions}",
            dimensions=self.dimensions,
            clock=clock,
        )

    def snapshots(self) -> SnapshotBucket:
        """The snapshots of the default model."""
        return open_snapshots(self.settings(), self.clients)

    def fill(self, items: Sequence[VectorItem], model: str = MODEL) -> None:
        # An hour ago, so that they are no news to an index that is loaded now.
        table = self.table_at(lambda: time.time() - 3600, model)
        for start in range(0, len(items), 25):
            writes = [{"PutRequest": {"Item": table.encode(item)}} for item in items[start : start + 25]]
            self.clients("dynamodb").batch_write_item(RequestItems={self.table: writes})


class S3VectorsBackend:
    """A vector bucket and an index of their own."""

    def __init__(self, clients: Callable[..., Any], dimensions: int) -> None:
        self.clients = clients
        self.dimensions = dimensions
        self.bucket = f"shop-{uuid4().hex}"
        clients("s3vectors").create_vector_bucket(vectorBucketName=self.bucket)
        clients("s3vectors").create_index(
            vectorBucketName=self.bucket,
            indexName="products",
            dataType="float32",
            dimension=dimensions,
            distanceMetric="cosine",
            metadataConfiguration={"nonFilterableMetadataKeys": ["content_hash"]},
        )

    def settings(self, model: str = MODEL) -> VectorSettings:
        store = {"backend": "s3vectors", "bucket": self.bucket, "index": "products"}
        return settings(store, self.dimensions, model)

    def open(self, model: str = MODEL) -> VectorStore:
        return open_store(self.settings(model), self.clients)

    def fill(self, items: Sequence[VectorItem], model: str = MODEL) -> None:
        self.open(model).upsert(items)


class OpenSearchBackend:
    """A collection of its own behind the address of a proxy."""

    def __init__(self, address: str, dimensions: int, generation: str = "nextgen") -> None:
        self.dimensions = dimensions
        self.generation = generation
        self.endpoint = f"{address}/shop-{uuid4().hex}"

    def settings(self, model: str = MODEL) -> VectorSettings:
        store = {
            "backend": "opensearch",
            "endpoint": self.endpoint,
            "region": REGION,
            "generation": self.generation,
        }
        return settings(store, self.dimensions, model)

    def open(self, model: str = MODEL) -> VectorStore:
        return open_store(self.settings(model), AwsClients())

    def fill(self, items: Sequence[VectorItem], model: str = MODEL) -> None:
        # Without looking first at what is there: nothing is.
        collection, generation = open_collection(self.endpoint, REGION), Generation(self.generation)
        collection.create_index("products", index_body(generation, self.dimensions))
        for start in range(0, len(items), _BULK):
            lines: list[dict[str, Any]] = []
            for number, item in enumerate(items[start : start + _BULK]):
                written = {"written_at": start + number + 1}
                lines += [{"index": {}}, encode(item, self.settings(model).embedding_key) | written]
            collection.bulk("products", lines)


def create_table(client: Any, name: str) -> None:
    """The embeddings table as the program declares it."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "product_id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "product_id", "AttributeType": "S"},
            {"AttributeName": "change_shard", "AttributeType": "S"},
            {"AttributeName": "updated_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "changes",
                "KeySchema": [
                    {"AttributeName": "change_shard", "KeyType": "HASH"},
                    {"AttributeName": "updated_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


@contextmanager
def in_process_aws() -> Generator[AwsClients, None, None]:
    """An AWS in this process."""
    # It reads the whole table for every segment of a scan, which makes many segments slow.
    with mock_aws(), mock.patch("runtime.vectors.stores.table.SCAN_SEGMENTS", 2):
        yield AwsClients()


@contextmanager
def s3vectors_server() -> Generator[AwsClients, None, None]:
    """The stand-in of S3 Vectors behind HTTP."""
    with serve(Starlette(routes=routes())) as address:
        yield AwsClients(address)


@contextmanager
def serve(app: Starlette) -> Generator[str, None, None]:
    """Run an application on a free port of this machine; gives its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def unit_rows(count: int, dimensions: int, seed: int = 0) -> NDArray[np.float32]:
    """Random unit vectors in clusters, (count, dimensions)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, count // 20), dimensions))
    rows = centres[rng.integers(len(centres), size=count)] + 0.5 * rng.normal(size=(count, dimensions))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def item(product_id: str, vector: NDArray[np.float32], *, version: int = 1, **attributes: Any) -> VectorItem:
    return VectorItem(product_id, vector, Attributes(**attributes), f"hash-{product_id}", version)
