"""What every try-on provider takes and gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi

from components._lib.bedrock import Place
from components._lib.iam import Statement
from components._lib.models import Model

CALL_TIMEOUT_S = 60
"""A whole try-on calls up to three times, and the worker has five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRequest:
    """What a provider is asked for."""

    place: Place
    models: Mapping[str, Model]
    """The catalogue of models."""
    endpoint: pulumi.Input[str] | None = None
    """Name of the SageMaker endpoint, for the provider that calls one."""
    price_usd: float | None = None
    """US dollars for one garment, where the catalogue of models cannot know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderResult:
    """What a provider adds to the function that makes the pictures."""

    setting: pulumi.Output[str]
    """JSON text of variable TRYON_MODEL (`runtime.fitting.settings`)."""
    statements: tuple[Statement, ...]
    price_usd: float
    """US dollars at most for one garment put on once."""


CreateProvider = Callable[[ProviderRequest], ProviderResult]


def find_price(model: Model) -> float:
    """US dollars for one call. Raises ValueError without a price: the cost would have no limit."""
    if model.price_usd is None:
        raise ValueError(
            f"provider: {model.id!r} has no price_usd in runtime/shared/models.toml, so its cost has no limit"
        )
    return model.price_usd


def find_entry(model_id: str, kind: str, request: ProviderRequest) -> Model:
    """The model of that id and kind. Raises ValueError when the catalogue does not have it."""
    model = request.models.get(model_id)
    if model is None or model.kind != kind:
        raise ValueError(f"provider: {model_id!r} is no {kind} model of runtime/shared/models.toml")
    return model
