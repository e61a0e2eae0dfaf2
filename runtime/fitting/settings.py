"""Variable TRYON_MODEL: which model dresses the shoppers, where it is called and what a call costs."""

from typing import Annotated, Literal

from pydantic import Field

from runtime.shared.settings import SettingsModel

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=3)]


class ComposeSettings(SettingsModel):
    """Composition on Bedrock models: one cuts out, the other blends the seam."""

    provider: Literal["compose"]
    region: Name
    cutout_model: Name
    inpaint_model: Name
    cutout_price_usd: Price
    inpaint_price_usd: Price


class SageMakerSettings(SettingsModel):
    """A self-hosted endpoint."""

    provider: Literal["sagemaker"]
    region: Name
    endpoint: Name
    price_usd: Price


class NovaCanvasSettings(SettingsModel):
    """The wire format of Nova Canvas."""

    provider: Literal["nova-canvas"]
    region: Name
    model_id: Name
    price_usd: Price


TryOnModelSettings = Annotated[
    ComposeSettings | SageMakerSettings | NovaCanvasSettings, Field(discriminator="provider")
]
