"""Opens the image model of an id. Adapters are imported when asked for."""

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from runtime.images.port import ImageModel
from runtime.shared.aws import CONFIG

READ_TIMEOUT_S = 24
"""The API gives up after 29 s; this leaves time to write down that nothing came."""

# A call that is sent again is paid again, so that boto3 may not repeat one.
MODEL_CONFIG = CONFIG.merge(Config(read_timeout=READ_TIMEOUT_S, retries={"total_max_attempts": 1}))


def open_model(model_id: str, region: str) -> ImageModel:
    """The model, called in `region`. Raises ValueError for an id that no adapter knows; makes no call."""
    base = model_id.removeprefix("us.")
    for prefix, open_adapter in _ADAPTERS.items():
        if base.startswith(prefix):
            return open_adapter(open_client(region), model_id)
    raise ValueError(f"no adapter for image model {model_id!r}: ids begin with {', '.join(_ADAPTERS)}")


def open_client(region: str) -> Any:
    """A client of the models that waits as long as a picture takes and calls once."""
    return boto3.Session().client("bedrock-runtime", region_name=region, config=MODEL_CONFIG)


def _open_stability(client: Any, model_id: str) -> ImageModel:
    from runtime.images.models.stability import StabilityModel

    return StabilityModel(client, model_id)


def _open_nova_canvas(client: Any, model_id: str) -> ImageModel:
    from runtime.images.models.nova_canvas import NovaCanvasModel

    return NovaCanvasModel(client, model_id)


_ADAPTERS: dict[str, Callable[[Any, str], ImageModel]] = {
    "stability.stable-image-core": _open_stability,
    "stability.stable-image-ultra": _open_stability,
    "stability.sd3-5-large": _open_stability,
    "amazon.nova-canvas": _open_nova_canvas,
}
