"""The part of the API that keeps favourites, the bag and saved looks."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ui.closet_answers import ClosetItem, ClosetPage, Kind, LookPicture
from ui.stylist_answers import Deleted
from ui.transport import Transport


class ClosetCalls(Transport):
    """What one shopper keeps. Every method raises ApiProblem."""

    def closet(self, *, cursor: str | None = None) -> ClosetPage:
        """A page of all that is kept, newest first."""
        return self.ask(ClosetPage, "GET", "/me/closet", params={"cursor": cursor, "limit": "100"})

    def keep(
        self,
        kind: Kind,
        item_id: str,
        *,
        product_ids: Sequence[str] = (),
        name: str | None = None,
        size: str | None = None,
        quantity: int | None = None,
        picture: LookPicture | None = None,
    ) -> ClosetItem:
        """Keeps it, or changes what is kept; doing so again is safe."""
        given = {
            "product_ids": list(product_ids) or None,
            "name": name,
            "size": size,
            "quantity": quantity,
            "picture": picture.model_dump() if picture else None,
        }
        body: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
        return self.ask(ClosetItem, "PUT", _path(kind, item_id), json=body)

    def drop(self, kind: Kind, item_id: str) -> Deleted:
        """Keeps it no longer; also when it was gone."""
        return self.ask(Deleted, "DELETE", _path(kind, item_id))


def _path(kind: Kind, item_id: str) -> str:
    return f"/me/closet/{kind}/{quote(item_id, safe='')}"
