"""Where product vectors live, and which model makes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi

from components._lib import iam
from components._lib.bedrock import Place, call_region, find_place, invoke_statement
from components._lib.models import load_models
from components._lib.opensearch import OpenSearchGeneration
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.vector import dynamodb, migration, opensearch, s3vectors
from components._lib.vector.backend import BackendRequest, CreateBackend
from components._lib.vector.space import DEFAULT_DIMENSIONS, VectorSpace, space_suffix
from components._lib.watched import describe_watched

_DIMENSIONS = (256, 384, 1024)
_MIGRATION_INPUTS = ("migrate_to_backend", "migrate_to_embedder", "migrate_to_dimensions")


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


@dataclass(frozen=True, slots=True)
class Space:
    """Where vectors are kept, which model makes them, and how long they are."""

    backend: VectorBackend
    embedder: EmbedderName
    dimensions: int

    @property
    def model(self) -> tuple[EmbedderName, int]:
        """What decides whether two vectors can be compared."""
        return self.embedder, self.dimensions

    @property
    def suffix(self) -> str:
        """What the names of its resources end with."""
        return space_suffix(self.embedder, self.dimensions)


class SpaceInputs(TypedDict):
    """The inputs of every component that follows from where vectors are and where they move."""

    backend: NotRequired[VectorBackend]
    embedder: NotRequired[EmbedderName]
    dimensions: NotRequired[int]
    migrate_to_backend: NotRequired[VectorBackend]
    migrate_to_embedder: NotRequired[EmbedderName]
    migrate_to_dimensions: NotRequired[int]


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
    migrate_to_backend: NotRequired[VectorBackend]
    """Move the vectors to this backend. Default: no migration, or `backend` where only the model changes."""
    migrate_to_embedder: NotRequired[EmbedderName]
    """Move to vectors of this model. Default: no migration, or `embedder` where only the backend changes."""
    migrate_to_dimensions: NotRequired[int]
    """Move to vectors of this length. Default: `dimensions`."""
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
    """Settings VECTOR_STORE and EMBEDDER (JSON texts) for functions that search or index, and MIGRATION
    while vectors move."""
    query_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for searching: read vectors, call the embedding model."""
    index_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for indexing: write vectors, call the embedding model."""
    label_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for grouping: read vectors, change their attributes."""
    state_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for reading when the index was last written and what it holds;
    allows nothing with a backend that keeps its index by itself."""
    backend: pulumi.Output[str]
    """Name of the backend."""
    layers: pulumi.Output[Sequence[str]]
    """ARNs of layers that functions need for this backend beside their own."""
    collection: pulumi.Output[str]
    """Name of the OpenSearch collection (backend `opensearch`), for `VectorAccess`; else empty."""
    next_collection: pulumi.Output[str]
    """As `collection`, of where vectors move."""
    copy_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for copying vectors to where they move; allows nothing without."""
    compare_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for comparing both places; allows nothing without a migration."""
    switch_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for saying which place answers; allows nothing without a migration."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: VectorSearchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("VectorSearch"), name, {}, opts)
        snapshot_minutes = int(args.get("snapshot_minutes", 15))
        _check_snapshot_minutes(snapshot_minutes)
        home, destination = read_spaces(args)
        place = find_place(self)
        source = _create_space(name, self, args, home, place, snapshot_minutes)
        spaces = [source]
        move = None
        if destination is not None:
            target = _create_space(name, self, args, destination, place, snapshot_minutes)
            spaces.append(target)
            move = migration.create(
                name,
                self,
                source,
                target,
                reembeds=home.model != destination.model,
                protect_data=args.get("protect_data", True),
                tags=args.get("tags"),
            )

        settings = {"VECTOR_STORE": source.store.setting, "EMBEDDER": source.embedder}
        self.environment = pulumi.Output.all(**settings, **(move.environment if move else {}))
        queries = [each for space in spaces for each in (*space.store.query_statements, space.embed)]
        writes = [each for space in spaces for each in (*space.store.index_statements, space.embed)]
        labels = [each for space in spaces for each in space.store.label_statements]
        self.query_policy = _document([*queries, *(move.read if move else [])])
        self.index_policy = _document(writes)
        self.label_policy = _document(labels)
        self.state_policy = _document(source.store.state_statements)
        self.backend = pulumi.Output.from_input(home.backend.value)
        self.layers = pulumi.Output.all(
            *dict.fromkeys(each for space in spaces for each in space.store.layers)
        )
        self.collection = pulumi.Output.from_input(source.store.collection)
        self.next_collection = pulumi.Output.from_input(spaces[1].store.collection if move else "")
        self.copy_policy = _document(move.copy if move else [])
        self.compare_policy = _document(move.compare if move else [])
        self.switch_policy = _document(move.switch if move else [])
        self.watched = describe_watched(
            *(row for space in spaces for row in space.store.watched), *(move.watched if move else ())
        )
        self.register_outputs(
            {
                "environment": self.environment,
                "query_policy": self.query_policy,
                "index_policy": self.index_policy,
                "label_policy": self.label_policy,
                "state_policy": self.state_policy,
                "backend": self.backend,
                "layers": self.layers,
                "collection": self.collection,
                "next_collection": self.next_collection,
                "copy_policy": self.copy_policy,
                "compare_policy": self.compare_policy,
                "switch_policy": self.switch_policy,
                "watched": self.watched,
            }
        )


def _document(statements: Sequence[iam.Statement]) -> pulumi.Output[str]:
    """A policy with each statement once."""
    return iam.merge([iam.document(statements)])


def read_spaces(args: SpaceInputs) -> tuple[Space, Space | None]:
    """Where vectors are, and where they move. Raises ValueError naming the input that does not fit."""
    home = Space(
        VectorBackend(args.get("backend", VectorBackend.DYNAMODB)),
        EmbedderName(args.get("embedder", EmbedderName.TITAN)),
        int(args.get("dimensions", DEFAULT_DIMENSIONS)),
    )
    _check_space(home, "")
    if not any(name in args for name in _MIGRATION_INPUTS):
        return home, None
    destination = Space(
        VectorBackend(args.get("migrate_to_backend", home.backend)),
        EmbedderName(args.get("migrate_to_embedder", home.embedder)),
        int(args.get("migrate_to_dimensions", home.dimensions)),
    )
    _check_space(destination, "migrate_to_")
    if destination == home:
        raise ValueError(
            "migrate_to_backend: the vectors are there already; name another backend, model or length, "
            "or leave the inputs migrate_to_... out"
        )
    return home, destination


def _create_space(
    name: str,
    parent: pulumi.Resource,
    args: VectorSearchArgs,
    space: Space,
    place: Place,
    snapshot_minutes: int,
) -> VectorSpace:
    model = load_models()[EMBEDDING_MODELS[space.embedder]]
    embedder = pulumi.Output.json_dumps(
        {
            "name": space.embedder.value,
            "model_id": model.id,
            "dimensions": space.dimensions,
            "region": call_region(model, place),
        },
        sort_keys=True,
    )
    store = BACKENDS[space.backend](
        BackendRequest(
            name=name + space.suffix,
            parent=parent,
            dimensions=space.dimensions,
            embedder=embedder,
            physical_name=pulumi.Output.concat(args["physical_name"], space.suffix),
            snapshot_minutes=snapshot_minutes,
            memory_mb=int(args.get("memory_mb", 2048)),
            operation=read_operation(args),
            protect_data=args.get("protect_data", True),
            layers=args["layers"],
            opensearch_layers=args.get("opensearch_layers", []),
            opensearch_generation=OpenSearchGeneration(
                args.get("opensearch_generation", OpenSearchGeneration.NEXTGEN)
            ),
            region=place.region,
        )
    )
    return VectorSpace(store=store, embedder=embedder, embed=invoke_statement(model, place))


def _check_space(space: Space, prefix: str) -> None:
    if space.dimensions not in _DIMENSIONS:
        raise ValueError(
            f"{prefix}dimensions: {space.dimensions} is not offered by the models; use 256, 384 or 1024"
        )


def _check_snapshot_minutes(minutes: int) -> None:
    if not 1 <= minutes <= 24 * 60:
        raise ValueError(f"snapshot_minutes: {minutes} is out of range; use 1 to 1440")
