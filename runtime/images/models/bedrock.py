"""What the Bedrock image adapters share: one call, its failures, and a look at what comes back."""

import binascii
import json
from base64 import b64decode
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, ReadTimeoutError

from runtime.images.port import ImageError, ImageFailed, ImageFiltered, ImageThrottled
from runtime.shared.aws import read_code
from runtime.shared.images import PictureRefused, check_picture

MOST_BYTES = 25_000_000
MOST_PIXELS = 4_194_304
SHORTEST_SIDE = 256

# Error codes of InvokeModel:
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
_COME_BACK_LATER = {
    "ModelNotReadyException",
    "ServiceQuotaExceededException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "TooManyRequestsException",
}
_UNSURE = {"InternalServerException", "ModelErrorException", "ModelTimeoutException"}
_FILTER_WORDS = ("content filter", "content polic", "responsible ai", "filtered", "blocked")


def invoke(client: Any, model_id: str, request: dict[str, Any]) -> dict[str, Any]:
    """Call InvokeModel with a JSON body and return the JSON answer. Raises an ImageError."""
    try:
        response = client.invoke_model(
            modelId=model_id,
            body=json.dumps(request).encode(),
            contentType="application/json",
            accept="application/json",
        )
        payload = response["body"].read()
    except ClientError as error:
        raise _explain(model_id, error) from error
    except BotoCoreError as error:
        # Once the request is out, the picture may have been made although the answer was never read.
        sent = isinstance(error, ReadTimeoutError) or not isinstance(error, ConnectionError)
        raise ImageFailed(f"{model_id} could not be reached", billed=sent) from error
    return _parse(model_id, payload)


def read_picture(model_id: str, encoded: Any) -> bytes:
    """The PNG or JPEG file in a base64 text. Raises ImageFailed for anything that cannot be shown as one."""
    if not isinstance(encoded, str):
        raise ImageFailed(f"{model_id} answered without a picture", billed=True)
    try:
        data = b64decode(encoded, validate=True)
        picture = check_picture(data, max_bytes=MOST_BYTES, max_pixels=MOST_PIXELS)
    except (binascii.Error, ValueError, PictureRefused) as error:
        raise ImageFailed(f"{model_id} answered with something that is no picture", billed=True) from error
    if picture.format not in ("PNG", "JPEG") or min(picture.width, picture.height) < SHORTEST_SIDE:
        size = f"{picture.format} of {picture.width} x {picture.height} pixels"
        raise ImageFailed(f"{model_id} answered with a {size}", billed=True)
    return data


def _explain(model_id: str, error: ClientError) -> ImageError:
    code = read_code(error)
    message = error.response.get("Error", {}).get("Message", "")
    text = f"{model_id}: {code}: {message}"
    if code in _COME_BACK_LATER:
        return ImageThrottled(text)
    if code == "ValidationException" and any(words in message.lower() for words in _FILTER_WORDS):
        return ImageFiltered(text)
    return ImageFailed(text, billed=code in _UNSURE)


def _parse(model_id: str, payload: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise ImageFailed(f"{model_id} answered with something other than JSON", billed=True) from error
    if not isinstance(answer, dict):
        raise ImageFailed(f"{model_id} answered with something other than a JSON object", billed=True)
    return answer
