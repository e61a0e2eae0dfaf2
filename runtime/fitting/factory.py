"""Opens the model that variable TRYON_MODEL names. Adapters are imported when asked for."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.config import Config

from runtime.fitting.port import TryOnModel
from runtime.fitting.settings import (
    ComposeSettings,
    NovaCanvasSettings,
    SageMakerSettings,
    TryOnModelSettings,
)
from runtime.shared.aws import CONFIG, Clients
from runtime.shared.settings import read_setting


def open_model(clients: Clients, environ: Mapping[str, str] = os.environ) -> TryOnModel:
    """The model of variable TRYON_MODEL; makes no call. Raises SettingsError."""
    settings: TryOnModelSettings = read_setting("TRYON_MODEL", TryOnModelSettings, environ)
    return _ADAPTERS[type(settings)](clients, settings)


def _open_compose(_clients: Clients, settings: ComposeSettings) -> TryOnModel:
    from runtime.fitting.models.compose import ComposeModel

    return ComposeModel(_open_client("bedrock-runtime", settings), settings)


def _open_sagemaker(_clients: Clients, settings: SageMakerSettings) -> TryOnModel:
    from runtime.fitting.models.sagemaker import SageMakerModel

    return SageMakerModel(_open_client("sagemaker-runtime", settings), settings)


def _open_nova_canvas(_clients: Clients, settings: NovaCanvasSettings) -> TryOnModel:
    from runtime.fitting.models.nova_canvas import NovaCanvasModel

    return NovaCanvasModel(_open_client("bedrock-runtime", settings), settings)


def _open_client(service: str, settings: ComposeSettings | SageMakerSettings | NovaCanvasSettings) -> Any:
    """A client that waits as long as a picture takes and calls once, which those of `Clients` do not."""
    # A call that is sent again is paid again: repeating is left to whoever keeps the job.
    config = CONFIG.merge(Config(read_timeout=settings.timeout_s, retries={"total_max_attempts": 1}))
    return boto3.Session().client(service, region_name=settings.region, config=config)


_ADAPTERS: dict[type[Any], Callable[[Clients, Any], TryOnModel]] = {
    ComposeSettings: _open_compose,
    SageMakerSettings: _open_sagemaker,
    NovaCanvasSettings: _open_nova_canvas,
}
