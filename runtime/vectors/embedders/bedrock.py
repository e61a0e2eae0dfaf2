"""What the Bedrock embedding adapters share: one call, its failures, and a checked unit vector."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from botocore.exceptions import BotoCoreError, ClientError
from numpy.typing import NDArray

from runtime.vectors.errors import EmbeddingFailed, EmbeddingRefused, EmbeddingThrottled, VectorError

# Error codes of InvokeModel:
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
_COME_BACK_LATER = {
    "ThrottlingException",
    "ServiceQuotaExceededException",
    "ServiceUnavailableException",
    "ModelNotReadyException",
    "TooManyRequestsException",
}
_BAD_INPUT = {"ValidationException"}

SMALLEST_NORM = 1e-6


def invoke(client: Any, model_id: str, request: dict[str, Any]) -> dict[str, Any]:
    """Call InvokeModel with a JSON body and return the JSON answer.

    Raises EmbeddingThrottled, EmbeddingRefused (the input is not acceptable) or EmbeddingFailed.
    """
    try:
        response = client.invoke_model(
            modelId=model_id,
            body=json.dumps(request).encode(),
            contentType="application/json",
            accept="application/json",
        )
        payload = response["body"].read()
    except ClientError as error:
        raise _failure(model_id, error) from error
    except BotoCoreError as error:
        raise EmbeddingFailed(f"{model_id} could not be reached: {error}") from error
    return _parse(model_id, payload)


def unit_vector(values: Sequence[float] | NDArray[np.float64], dimensions: int) -> NDArray[np.float32]:
    """`values` as a float32 vector of length one and shape (dimensions,).

    Raises EmbeddingFailed for another length, for values that are not finite numbers, and for a zero vector.
    """
    try:
        vector = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EmbeddingFailed("the model's embedding is not a list of numbers") from error
    if vector.shape != (dimensions,):
        raise EmbeddingFailed(f"the model's embedding has shape {vector.shape}, expected ({dimensions},)")
    if not np.isfinite(vector).all():
        raise EmbeddingFailed("the model's embedding has values that are not finite")
    norm = float(np.linalg.norm(vector))
    if norm < SMALLEST_NORM:
        raise EmbeddingFailed("the model's embedding is a zero vector, which has no direction to compare")
    return (vector / norm).astype(np.float32)


def check_input(text: str | None, image: bytes | None) -> tuple[str | None, bytes | None]:
    """The text without outer blanks and the image, each None when empty. Raises ValueError when both are."""
    words = text.strip() if text else ""
    if not words and not image:
        raise ValueError("an embedding needs a text, an image or both")
    return words or None, image or None


def _failure(model_id: str, error: ClientError) -> VectorError:
    details = error.response.get("Error", {})
    code, message = details.get("Code", "Unknown"), details.get("Message", "")
    text = f"{model_id}: {code}: {message}"
    if code in _COME_BACK_LATER:
        return EmbeddingThrottled(text)
    # A wrong model id is a mistake of the settings, reported under the same code as a bad input.
    if code in _BAD_INPUT and "model identifier" not in message:
        return EmbeddingRefused(text)
    return EmbeddingFailed(text)


def _parse(model_id: str, payload: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise EmbeddingFailed(f"{model_id} answered with something other than JSON") from error
    if not isinstance(answer, dict):
        raise EmbeddingFailed(f"{model_id} answered with something other than a JSON object")
    return answer
