"""What the functions of the try-on are told, one variable for each concern."""

from pydantic import Field

from runtime.shared.quotas import cost_micros, limit_micros
from runtime.shared.settings import SettingsModel


class TryOnSettings(SettingsModel):
    """Variable TRYON: the tables of photos and jobs, the buckets, and the days for which they keep things."""

    models_table: str = Field(min_length=3)
    jobs_table: str = Field(min_length=3)
    photos_bucket: str = Field(min_length=3)
    photos_prefix: str = Field(default="models/", pattern=r"^[^/].*/$")
    results_bucket: str = Field(min_length=3)
    results_prefix: str = Field(default="results/", pattern=r"^[^/].*/$")
    retention_days: int = Field(ge=1)


class LimitSettings(SettingsModel):
    """Variable TRYON_LIMITS: the table of counters, limits per UTC day, and the price of one rendering."""

    quotas_table: str = Field(min_length=3)
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
