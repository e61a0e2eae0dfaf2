"""Settings of the functions that know a shopper's taste."""

from pydantic import Field

from runtime.shared.settings import SettingsModel


class StyleSettings(SettingsModel):
    """Variable STYLES: the table of style profiles, and the weight of taste where a shopper set none."""

    table: str = Field(min_length=3)
    weight: float = Field(ge=0, le=1)


class RecorderSettings(SettingsModel):
    """Variable INTERACTIONS: the queue on which accepted interactions wait to be recorded."""

    queue_url: str = Field(min_length=1)


class PopularitySettings(SettingsModel):
    """Variable POPULARITY: the table of how popular products are."""

    table: str = Field(min_length=3)


class LakeSettings(SettingsModel):
    """Variable LAKE: the bucket of what is learned from, and the prefix of the interactions in it."""

    bucket: str = Field(min_length=3)
    prefix: str = Field(pattern=r"^[^/].*/$")
