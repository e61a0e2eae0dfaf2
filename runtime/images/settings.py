"""What the function is told: the model, where pictures go, and what a day may cost."""

import math

from pydantic import Field

from runtime.shared.settings import SettingsModel

MICROS = 1_000_000
"""Money is counted in whole millionths of a US dollar: sums of floats drift."""


class ImageSettings(SettingsModel):
    """Variable IMAGES: the model and its region, the bucket and table, limits per UTC day, the price."""

    model_id: str = Field(min_length=3)
    region: str = Field(min_length=3)
    bucket: str = Field(min_length=3)
    prefix: str = Field(default="images/", pattern=r"^[^/].*/$")
    quotas_table: str = Field(min_length=3)
    daily_per_user: int = Field(ge=1)
    daily_spend_usd: float = Field(gt=0, allow_inf_nan=False)
    price_usd: float = Field(ge=0, allow_inf_nan=False)
    """US dollars for one picture."""
    keep_days: int = Field(default=7, ge=1)
    """Days after which the bucket drops a picture."""

    @property
    def price_micros(self) -> int:
        return math.ceil(round(self.price_usd * MICROS, 3))

    @property
    def spend_micros(self) -> int:
        return math.floor(round(self.daily_spend_usd * MICROS, 3))


class SessionSettings(SettingsModel):
    """Variable SESSIONS: the table of conversations, and the hours for which it keeps them."""

    table: str = Field(min_length=3)
    ttl_hours: int = Field(default=72, ge=1)


class ProfileSettings(SettingsModel):
    """Variable PROFILES: the table of what shoppers told of themselves."""

    table: str = Field(min_length=3)
