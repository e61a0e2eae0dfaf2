"""What the functions of the try-on are told, one variable for each concern."""

from pydantic import Field

from runtime.shared.quotas import cost_micros, limit_micros
from runtime.shared.settings import SettingsModel


class PhotoSettings(SettingsModel):
    """Variable PHOTOS: the table and the bucket of shoppers' photos, and the days for which they are kept."""

    table: str = Field(min_length=3)
    bucket: str = Field(min_length=3)
    prefix: str = Field(pattern=r"^[^/].*/$")
    retention_days: int = Field(ge=1)


class TryOnSettings(SettingsModel):
    """Variable TRYON: the table of jobs, the bucket of results, and the days for which they are kept."""

    table: str = Field(min_length=3)
    bucket: str = Field(min_length=3)
    prefix: str = Field(pattern=r"^[^/].*/$")
    retention_days: int = Field(ge=1)


class QuotaSettings(SettingsModel):
    """Variable QUOTAS: the table that counts what a day costs."""

    table: str = Field(min_length=3)


class LimitSettings(SettingsModel):
    """Variable TRYON_LIMITS: limits per UTC day, and the price of one rendering."""

    daily_per_user: int = Field(ge=1)
    daily_spend_usd: float = Field(gt=0, allow_inf_nan=False)
    price_usd: float = Field(ge=0, allow_inf_nan=False)

    @property
    def price_micros(self) -> int:
        return cost_micros(self.price_usd)

    @property
    def spend_micros(self) -> int:
        return limit_micros(self.daily_spend_usd)


class WorkflowSettings(SettingsModel):
    """Variable TRYON_WORKFLOW: the state machine that leads a job through."""

    state_machine_arn: str = Field(min_length=20)


class QueueSettings(SettingsModel):
    """Variable TRYON_QUEUE: the queue that feeds a function, and after how many attempts it gives up."""

    queue_url: str = Field(min_length=1)
    max_attempts: int = Field(ge=1)


class WorkSettings(QueueSettings):
    """Variable TRYON_QUEUE of the worker: also the seconds after which what a dead process held is free."""

    lease_s: int = Field(ge=3)
