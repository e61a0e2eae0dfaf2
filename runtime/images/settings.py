"""What the function is told: the model, where pictures go, and what a day may cost."""

from pydantic import Field

from runtime.shared.quotas import cost_micros, limit_micros
from runtime.shared.settings import SettingsModel


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
        return cost_micros(self.price_usd)

    @property
    def spend_micros(self) -> int:
        return limit_micros(self.daily_spend_usd)


class SessionSettings(SettingsModel):
    """Variable SESSIONS: the table of conversations, and the hours for which it keeps them."""

    table: str = Field(min_length=3)
    ttl_hours: int = Field(default=72, ge=1)


class ProfileSettings(SettingsModel):
    """Variable PROFILES: the table of what shoppers told of themselves."""

    table: str = Field(min_length=3)
