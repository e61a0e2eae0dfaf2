"""What the API keeps of a shopper's choices: favourites, the bag, saved looks."""

from typing import Literal

from pydantic import AwareDatetime

from ui.bodies import Answer

Kind = Literal["favorite", "bag", "look"]


class LookPicture(Answer):
    """The picture of a look: a try-on, or one of the shopper's album."""

    kind: Literal["try-on", "image"]
    id: str


class ClosetItem(Answer):
    """Something that was kept. Favourites and lines of the bag are called by their product's id."""

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
    """Some of what was kept, newest first; `cursor` asks for more."""

    items: tuple[ClosetItem, ...] = ()
    cursor: str | None = None
