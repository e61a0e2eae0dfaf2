"""Which vector store and which embedding model a function works with, read from its environment."""

import os
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from runtime.shared.opensearch import Generation
from runtime.shared.settings import SettingsModel, read_setting


class DynamoDBStoreSettings(SettingsModel):
    """The embeddings table, its index of changes, and the bucket of index snapshots."""

    backend: Literal["dynamodb"]
    table: str = Field(min_length=1)
    changes_index: str = Field(default="changes", min_length=1)
    snapshots: str = Field(min_length=1)


class S3VectorsStoreSettings(SettingsModel):
    """A vector bucket and one index in it (float32, cosine)."""

    backend: Literal["s3vectors"]
    bucket: str = Field(min_length=1)
    index: str = Field(min_length=1)


class OpenSearchStoreSettings(SettingsModel):
    """A vector collection of OpenSearch Serverless and one index in it, made by the first write."""

    backend: Literal["opensearch"]
    endpoint: str = Field(pattern=r"^https?://[^?#]+$")
    region: str = Field(min_length=1)
    index: str = Field(default="products", min_length=1)
    generation: Generation = Generation.NEXTGEN


class _EmbedderSettings(SettingsModel):
    model_id: str = Field(min_length=1)
    region: str | None = None
    """Region of the model; None means the function's own."""


class TitanSettings(_EmbedderSettings):
    """Amazon Titan Multimodal Embeddings G1."""

    name: Literal["titan"]
    dimensions: Literal[256, 384, 1024]


class NovaSettings(_EmbedderSettings):
    """Amazon Nova Multimodal Embeddings."""

    name: Literal["nova"]
    dimensions: Literal[256, 384, 1024, 3072]


StoreSettings = Annotated[
    DynamoDBStoreSettings | OpenSearchStoreSettings | S3VectorsStoreSettings, Field(discriminator="backend")
]
EmbedderSettings = Annotated[TitanSettings | NovaSettings, Field(discriminator="name")]


class VectorSettings(SettingsModel):
    """The store and the embedder: together, because a store only ever shows vectors of one embedder."""

    store: StoreSettings
    embedder: EmbedderSettings

    def __hash__(self) -> int:
        """So that what is opened for some settings can be kept by them."""
        return hash(self.model_dump_json())

    @property
    def embedding_key(self) -> str:
        """Model id and dimensions, `model@d`: the name of the vector space."""
        return f"{self.embedder.model_id}@{self.embedder.dimensions}"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "VectorSettings":
        """Read the JSON values VECTOR_STORE and EMBEDDER. Raises SettingsError naming what is wrong."""
        return cls(
            store=read_setting("VECTOR_STORE", StoreSettings, environ),
            embedder=read_setting("EMBEDDER", EmbedderSettings, environ),
        )
