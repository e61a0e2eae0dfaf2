"""Where product vectors live, and which model makes them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi

from components._lib import iam
from components._lib.bedrock import call_region, find_place, invoke_statement
from components._lib.models import load_models
from components._lib.opensearch import OpenSearchGeneration
from components._lib.package import public_token
from components._lib.vector import dynamodb, opensearch, s3vectors
from components._lib.vector.backend import BackendRequest, CreateBackend

_DIMENSIONS = (256, 384, 1024)


class VectorBackend(StrEnum):
    """Where vectors are kept and searched."""

    DYNAMODB = "dynamodb"
    OPENSEARCH = "opensearch"
    S3VECTORS = "s3vectors"


class EmbedderName(StrEnum):
    """The model family that turns words and pictures into vectors."""

    TITAN = "titan"
    NOVA = "nova"


BACKENDS: dict[VectorBackend, CreateBackend] = {
    VectorBackend.DYNAMODB: dynamodb.create,
    VectorBackend.OPENSEARCH: opensearch.create,
    VectorBackend.S3VECTORS: s3vectors.create,
}
EMBEDDING_MODELS: dict[EmbedderName, str] = {
    EmbedderName.TITAN: "amazon.titan-embed-image-v1",
    EmbedderName.NOVA: "amazon.nova-2-multimodal-embeddings-v1:0",
}


class VectorSearchArgs(TypedDict):
    """Inputs of `VectorSearch`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, numpy among them."""
    physical_name: pulumi.Input[str]
    """Prefix, unique in account and region, for what AWS does not name by itself (S3 Vectors bucket,
    OpenSearch collection)."""
    backend: NotRequired[VectorBackend]
    """Where vectors are kept. Default: `dynamodb`."""
    embedder: NotRequired[EmbedderName]
    """The embedding model. Default: `titan`."""
    dimensions: NotRequired[int]
    """Length of the vectors: 256, 384 or 1024. Default: 1024."""
    opensearch_layers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of the layers with the OpenSearch client; backend `opensearch` needs them. Default: none."""
    opensearch_generation: NotRequired[OpenSearchGeneration]
    """Which OpenSearch Serverless (backend `opensearch`): `nextgen` scales to zero. Default: `nextgen`."""
    snapshot_minutes: NotRequired[int]
    """Minutes between two snapshots of the in-memory index (backend `dynamodb`). Default: 15."""
    memory_mb: NotRequired[int]
    """Memory of the function that makes the snapshots (backend `dynamodb`). Default: 2048."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: deletion protection, recovery, retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class VectorSearch(pulumi.ComponentResource):
    """A vector store behind two settings and two policies, whatever the backend."""

    environment: pulumi.Output[Mapping[str, str]]
    """Settings VECTOR_STORE and EMBEDDER (JSON texts) for functions that search or index."""
    query_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for searching: read vectors, call the embedding model."""
    index_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for indexing: write vectors, call the embedding model."""
    label_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for grouping: read vectors, change their attributes."""
    backend: pulumi.Output[str]
    """Name of the backend."""
    layers: pulumi.Output[Sequence[str]]
    """ARNs of layers that functions need for this backend beside their own."""
    collection: pulumi.Output[str]
    """Name of the OpenSearch collection (backend `opensearch`), for `VectorAccess`; else empty."""

    def __init__(self, name: str, args: VectorSearchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("VectorSearch"), name, {}, opts)
        backend = VectorBackend(args.get("backend", VectorBackend.DYNAMODB))
        embedder = EmbedderName(args.get("embedder", EmbedderName.TITAN))
        dimensions = int(args.get("dimensions", 1024))
        snapshot_minutes = int(args.get("snapshot_minutes", 15))
        _check_dimensions(dimensions)
        _check_snapshot_minutes(snapshot_minutes)

        model = load_models()[EMBEDDING_MODELS[embedder]]
        place = find_place(self)
        embedder_setting = pulumi.Output.json_dumps(
            {
                "name": embedder.value,
                "model_id": model.id,
                "dimensions": dimensions,
                "region": call_region(model, place),
            },
            sort_keys=True,
        )
        store = BACKENDS[backend](
            BackendRequest(
                name=name,
                parent=self,
                dimensions=dimensions,
                embedder=embedder_setting,
                physical_name=args["physical_name"],
                snapshot_minutes=snapshot_minutes,
                memory_mb=int(args.get("memory_mb", 2048)),
                log_retention_days=int(args.get("log_retention_days", 30)),
                alarm_topic_arn=args.get("alarm_topic_arn"),
                protect_data=args.get("protect_data", True),
                layers=args["layers"],
                opensearch_layers=args.get("opensearch_layers", []),
                opensearch_generation=OpenSearchGeneration(
                    args.get("opensearch_generation", OpenSearchGeneration.NEXTGEN)
                ),
                region=place.region,
                tags=args.get("tags"),
            )
        )
        embed = invoke_statement(model, place)
        self.environment = pulumi.Output.all(VECTOR_STORE=store.setting, EMBEDDER=embedder_setting)
        self.query_policy = iam.document([*store.query_statements, embed])
        self.index_policy = iam.document([*store.index_statements, embed])
        self.label_policy = iam.document(store.label_statements)
        self.backend = pulumi.Output.from_input(backend.value)
        self.layers = pulumi.Output.all(*store.layers)
        self.collection = pulumi.Output.from_input(store.collection)
        self.register_outputs(
            {
                "environment": self.environment,
                "query_policy": self.query_policy,
                "index_policy": self.index_policy,
                "label_policy": self.label_policy,
                "backend": self.backend,
                "layers": self.layers,
                "collection": self.collection,
            }
        )


def _check_dimensions(dimensions: int) -> None:
    if dimensions not in _DIMENSIONS:
        raise ValueError(f"dimensions: {dimensions} is not offered by the models; use 256, 384 or 1024")


def _check_snapshot_minutes(minutes: int) -> None:
    if not 1 <= minutes <= 24 * 60:
        raise ValueError(f"snapshot_minutes: {minutes} is out of range; use 1 to 1440")
