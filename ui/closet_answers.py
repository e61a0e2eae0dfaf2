"""What the API answers about what a shopper saves."""

from typing import Literal

from pydantic import AwareDatetime

from ui.bodies import Answer

Kind = Literal["favorite", "bag", "look"]


class LookPicture(Answer):
    """What a look is shown by: a try-on or a picture of the shopper's own."""

    kind: Literal["try-on", "image"]
    id: str


class ClosetItem(Answer):
    """Something saved; a favourite and a line of the bag have the product's id, a look one of its own."""

    kind: Kind
    item_id: str
    product_ids: tuple[str, ...] = ()
    name: str | None = None
    size: str | None = None
    quantity: int = 1
    picture: LookPicture | None = None
    added_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None


class ClosetPage(Answer):
    """Some saved things, newest first; `cursor` asks for more, None at the end."""

    items: tuple[ClosetItem, ...] = ()
    cursor: str | None = None
