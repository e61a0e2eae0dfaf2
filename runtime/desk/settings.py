"""What the function behind the desk is told."""

from pydantic import Field

from runtime.shared.settings import SettingsModel


class DeskSettings(SettingsModel):
    """Variable DESK: the ingestion's queue, its dead letters, and the table of what became of each object."""

    queue_url: str = Field(min_length=1)
    dead_letter_url: str = Field(min_length=1)
    outcomes_table: str = Field(min_length=3)


class GrouperSettings(SettingsModel):
    """Variable GROUPER: the function that groups the products."""

    function: str = Field(min_length=1)
