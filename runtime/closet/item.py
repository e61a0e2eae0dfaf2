"""What a shopper saves: favourites, lines of the bag, and looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """What something is saved as."""

    FAVORITE = "favorite"
    BAG = "bag"
    LOOK = "look"


LIMITS: Mapping[Kind, int] = {Kind.FAVORITE: 200, Kind.BAG: 50, Kind.LOOK: 100}
"""How many of a kind a shopper may have. All together fit into one page of a query, 1 MB."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a look is shown by: the shopper's try-on or picture with this id."""

    kind: Literal["try-on", "image"]
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One saved thing. A favourite and a bag line have the product's id, a look one of its own.

    Times are ISO 8601 in UTC, empty as long as it is not kept.
    """

    kind: Kind
    item_id: str
    product_ids: tuple[str, ...]
    name: str | None = None
    size: str | None = None
    quantity: int = 1
    picture: Picture | None = None
    added_at: str = ""
    updated_at: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it stands among all that the shopper has, by time."""
        return self.added_at, self.kind, self.item_id
