"""What the adapters share: one call with JSON in and out, its failures, and a look at what comes back."""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, ReadTimeoutError

from runtime.fitting.port import TryOnError, TryOnForbidden, TryOnGarbage, TryOnRefused, TryOnUnavailable
from runtime.shared.aws import read_code
from runtime.shared.images import PictureRefused, check_picture

MOST_BYTES = 25_000_000
FILTERED = "The model's safety filter stopped this picture. Try another photo or another product."
NOT_POSSIBLE = "The model cannot use this photo with this product. Try another photo."

# Error codes of InvokeModel and of InvokeEndpoint:
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
_REFUSED = {"ValidationException", "ValidationError"}
_FORBIDDEN = {
    "AccessDenied",
    "AccessDeniedException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
}
_GARBAGE = {"ModelErrorException", "ModelError"}
FILTER_WORDS = (
    "content filter",
    "content polic",
    "responsible ai",
    "filter reason",
    "filtered",
    "blocked",
    "moderation",
)


def encode(data: bytes) -> str:
    """As base64 text."""
    return b64encode(data).decode()


def call(name: str, send: Callable[[], bytes], price_usd: float) -> dict[str, Any]:
    """The JSON object that `send` brings back. Raises a TryOnError that tells what may have been paid."""
    try:
        payload = send()
    except ClientError as error:
        raise _explain(name, error, price_usd) from error
    except BotoCoreError as error:
        # Once the request is out, the picture may have been made although the answer was never read.
        sent = isinstance(error, ReadTimeoutError) or not isinstance(
            error, (ConnectionError, HTTPClientError)
        )
        raise TryOnUnavailable(f"{name} could not be reached", cost_usd=price_usd if sent else 0.0) from error
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise TryOnGarbage(f"{name} answered with something other than JSON", cost_usd=price_usd) from error
    if not isinstance(answer, dict):
        raise TryOnGarbage(f"{name} answered with something other than an object", cost_usd=price_usd)
    return answer


def invoke_bedrock(client: Any, model_id: str, request: dict[str, Any], price_usd: float) -> dict[str, Any]:
    """InvokeModel with a JSON body. Raises a TryOnError."""

    def send() -> bytes:
        response = client.invoke_model(
            modelId=model_id,
            body=json.dumps(request).encode(),
            contentType="application/json",
            accept="application/json",
        )
        return response["body"].read()

    return call(model_id, send, price_usd)


def read_picture(name: str, encoded: Any, price_usd: float) -> bytes:
    """The PNG or JPEG file in a base64 text. Raises TryOnGarbage for anything that cannot be shown as one."""
    if not isinstance(encoded, str):
        raise TryOnGarbage(f"{name} answered without a picture", cost_usd=price_usd)
    try:
        data = b64decode(encoded, validate=True)
        check_picture(data, max_bytes=MOST_BYTES)
    except (binascii.Error, ValueError, PictureRefused) as error:
        raise TryOnGarbage(
            f"{name} answered with something that is no picture", cost_usd=price_usd
        ) from error
    return data


def _explain(name: str, error: ClientError, price_usd: float) -> TryOnError:
    code = read_code(error)
    message = error.response.get("Error", {}).get("Message", "")
    text = f"{name}: {code}: {message}"
    if code in _REFUSED:
        filtered = any(words in message.lower() for words in FILTER_WORDS)
        return TryOnRefused(FILTERED if filtered else NOT_POSSIBLE)
    if code in _GARBAGE:
        return TryOnGarbage(text, cost_usd=price_usd)
    return TryOnForbidden(text) if code in _FORBIDDEN else TryOnUnavailable(text)
