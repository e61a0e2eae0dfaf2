"""Variable TRYON_MODEL: which model dresses the shoppers, where it is called and what a call costs."""

from typing import Annotated, Literal

from pydantic import Field

from runtime.shared.settings import SettingsModel

_MOST_TIMEOUT_S = 90

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=3)]


class _CalledSettings(SettingsModel):
    """What all models have: where they are called, and the seconds after which a call is given up."""

    region: Name
    timeout_s: float = Field(gt=0, le=_MOST_TIMEOUT_S)


class ComposeSettings(_CalledSettings):
    """Composition on Bedrock models: one cuts out, the other blends the seam."""

    provider: Literal["compose"]
    cutout_model: Name
    inpaint_model: Name
    cutout_price_usd: Price
    inpaint_price_usd: Price


class SageMakerSettings(_CalledSettings):
    """A self-hosted endpoint."""

    provider: Literal["sagemaker"]
    endpoint: Name
    price_usd: Price


class NovaCanvasSettings(_CalledSettings):
    """The wire format of Nova Canvas."""

    provider: Literal["nova-canvas"]
    model_id: Name
    price_usd: Price


TryOnModelSettings = Annotated[
    ComposeSettings | SageMakerSettings | NovaCanvasSettings, Field(discriminator="provider")
]
