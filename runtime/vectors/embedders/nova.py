"""Amazon Nova Multimodal Embeddings.

Request and answer: https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.vectors.clients import Clients
from runtime.vectors.embedders.bedrock import check_input, invoke, unit_vector
from runtime.vectors.embedders.pictures import PictureLimits, fit_picture
from runtime.vectors.embedders.words import cut_to_characters
from runtime.vectors.errors import EmbeddingFailed
from runtime.vectors.port import Purpose
from runtime.vectors.settings import VectorSettings

TEXT_CHARACTERS = 8192
# InvokeModel takes bodies of 25 MB, base64 included. The longest side is this project's choice.
PICTURES = PictureLimits(formats=frozenset({"JPEG", "PNG", "WEBP"}), longest_side=4096, most_bytes=18_000_000)

# GENERIC_RETRIEVAL, because a product's vector may come from its picture and its words together.
_PURPOSES = {Purpose.INDEX: "GENERIC_INDEX", Purpose.QUERY: "GENERIC_RETRIEVAL"}


class NovaEmbedder:
    """Embeds words or a picture; for both it asks twice and takes the middle of the two directions."""

    def __init__(self, client: Any, model_id: str, dimensions: int) -> None:
        self._client = client
        self._model_id = model_id
        self.dimensions = dimensions
        self.key = f"{model_id}@{dimensions}"

    def embed(
        self, *, text: str | None = None, image: bytes | None = None, purpose: Purpose = Purpose.QUERY
    ) -> NDArray[np.float32]:
        """A unit vector of shape (dimensions,).

        A text past 8,192 characters is cut after a whole word, a picture past the limits is shrunk.
        Raises ValueError without text and image, and the Embedding errors of `runtime.vectors.errors`.
        """
        words, picture = check_input(text, image)
        parts: list[NDArray[np.float32]] = []
        if words:
            value = cut_to_characters(words, TEXT_CHARACTERS)
            parts.append(self._embed_one({"text": {"truncationMode": "END", "value": value}}, purpose))
        if picture:
            fitting, kind = fit_picture(picture, PICTURES)
            source = {"bytes": base64.b64encode(fitting).decode()}
            content = {"image": {"detailLevel": "STANDARD_IMAGE", "format": kind, "source": source}}
            parts.append(self._embed_one(content, purpose))
        if len(parts) == 1:
            return parts[0]
        # The normalised sum of two unit vectors halves the arc between them.
        return unit_vector(parts[0].astype(np.float64) + parts[1], self.dimensions)

    def _embed_one(self, content: dict[str, Any], purpose: Purpose) -> NDArray[np.float32]:
        request = {
            "schemaVersion": "nova-multimodal-embed-v1",
            "taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {
                "embeddingPurpose": _PURPOSES[purpose],
                "embeddingDimension": self.dimensions,
                **content,
            },
        }
        answer = invoke(self._client, self._model_id, request)
        try:
            values = answer["embeddings"][0]["embedding"]
        except (KeyError, IndexError, TypeError) as error:
            raise EmbeddingFailed(f"{self._model_id} answered without an embedding") from error
        return unit_vector(values, self.dimensions)


def open_nova(settings: VectorSettings, clients: Clients) -> NovaEmbedder:
    """The adapter for the model, region and dimensions of the settings."""
    chosen = settings.embedder
    return NovaEmbedder(clients("bedrock-runtime", chosen.region), chosen.model_id, chosen.dimensions)
