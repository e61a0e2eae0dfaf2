"""Settings of the function behind /me: where something is kept of a shopper.

Besides the profiles, the places stand in the variable KEPT, as the components that keep something hand them
out. So a new place needs no code here.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from runtime.shared.settings import SettingsModel, read_setting


class ProfileSettings(SettingsModel):
    """Variable PROFILES: the profiles table."""

    table: str


class KeptRows(SettingsModel):
    """Rows of a table with the hash key `user_id`, or of its index with that hash key.

    `keys` are the table's keys other than `user_id`; `hidden` attributes are not exported; `texts` hold JSON.
    """

    kind: Literal["rows"] = "rows"
    name: str
    table: str
    keys: tuple[str, ...] = ()
    index: str | None = None
    hidden: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


class KeptObjects(SettingsModel):
    """Objects of a bucket below `<prefix><user id>/`."""

    kind: Literal["objects"] = "objects"
    name: str
    bucket: str
    prefix: str


def read_kept(environ: Mapping[str, str] = os.environ) -> list[KeptRows | KeptObjects]:
    """All places of the variable KEPT, in their order. Raises SettingsError for a malformed one."""
    return read_setting("KEPT", list[Annotated[KeptRows | KeptObjects, Field(discriminator="kind")]], environ)
