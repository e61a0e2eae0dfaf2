"""Amazon Titan Multimodal Embeddings G1.

Limits: https://docs.aws.amazon.com/bedrock/latest/userguide/titan-multiemb-models.html
Request and answer: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.vectors.clients import Clients
from runtime.vectors.embedders.bedrock import check_input, invoke, unit_vector
from runtime.vectors.embedders.pictures import PictureLimits, fit_picture
from runtime.vectors.embedders.words import cut_to_tokens
from runtime.vectors.errors import EmbeddingFailed
from runtime.vectors.port import Purpose
from runtime.vectors.settings import VectorSettings

TEXT_TOKENS = 256
# The model's 25 MB are taken to include what base64 adds. WebP is not among its documented formats.
PICTURES = PictureLimits(formats=frozenset({"JPEG", "PNG"}), longest_side=2048, most_bytes=18_000_000)


class TitanEmbedder:
    """Embeds words, a picture, or both in one request (the model averages the two)."""

    def __init__(self, client: Any, model_id: str, dimensions: int) -> None:
        self._client = client
        self._model_id = model_id
        self.dimensions = dimensions
        self.key = f"{model_id}@{dimensions}"

    def embed(
        self, *, text: str | None = None, image: bytes | None = None, purpose: Purpose = Purpose.QUERY
    ) -> NDArray[np.float32]:
        """A unit vector of shape (dimensions,); this model embeds queries and products alike.

        A text past 256 tokens is cut after a whole word, a picture past 2048 x 2048 pixels is shrunk.
        Raises ValueError without text and image, and the Embedding errors of `runtime.vectors.errors`.
        """
        words, picture = check_input(text, image)
        request: dict[str, Any] = {"embeddingConfig": {"outputEmbeddingLength": self.dimensions}}
        if words:
            request["inputText"] = cut_to_tokens(words, TEXT_TOKENS)
        if picture:
            fitting, _ = fit_picture(picture, PICTURES)
            request["inputImage"] = base64.b64encode(fitting).decode()
        answer = invoke(self._client, self._model_id, request)
        if answer.get("message"):
            raise EmbeddingFailed(f"{self._model_id}: {answer['message']}")
        return unit_vector(answer.get("embedding") or [], self.dimensions)


def open_titan(settings: VectorSettings, clients: Clients) -> TitanEmbedder:
    """The adapter for the model, region and dimensions of the settings."""
    chosen = settings.embedder
    return TitanEmbedder(clients("bedrock-runtime", chosen.region), chosen.model_id, chosen.dimensions)
