"""What the training function is told."""

from pydantic import Field

from runtime.shared.settings import SettingsModel


class TrainingSettings(SettingsModel):
    """Variable TRAINING.

    Interactions lie in `lake_bucket` below `lake_prefix`; what is made of them goes to `bucket`, which
    Personalize reads as `role_arn`. Everything there is called `name`, in this `region` and `account`.
    """

    lake_bucket: str
    lake_prefix: str
    bucket: str
    role_arn: str
    name: str = Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,48}$")
    region: str
    account: str
    transactions_per_second: int = Field(ge=1)
    """Requests a second that the campaign is always ready for, and paid for."""
    margin: float = Field(ge=0, lt=1)
    """By how much of the live model's quality a new one may be worse and still replace it."""


class TrainingRefused(Exception):
    """The run ends here and cannot be saved by another attempt; the text says why."""


class TrainingBusy(Exception):
    """A service is busy or out of reach: the same step may work a little later."""
