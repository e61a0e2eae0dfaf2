"""Settings of the function behind /me/closet."""

from pydantic import Field

from runtime.shared.settings import SettingsModel


class ClosetSettings(SettingsModel):
    """Variable CLOSET: the table of what shoppers save."""

    table: str = Field(min_length=3)
