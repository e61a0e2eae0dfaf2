"""The part of the API that keeps what a shopper saves."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ui.closet_answers import ClosetItem, ClosetPage, Kind, LookPicture
from ui.stylist_answers import Deleted
from ui.transport import Transport


class ClosetCalls(Transport):
    """Favourites, bag and looks of one shopper. Every method raises ApiProblem."""

    def closet(self, *, cursor: str | None = None) -> ClosetPage:
        """A page of all that is saved, newest first."""
        return self.ask(ClosetPage, "GET", "/me/closet", params={"cursor": cursor})

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
        """Saves something as it is given here; repeating it is safe."""
        body: dict[str, Any] = {"name": name, "size": size, "quantity": quantity}
        if product_ids:
            body["product_ids"] = list(product_ids)
        if picture:
            body["picture"] = picture.model_dump(mode="json")
        given = {field: value for field, value in body.items() if value is not None}
        return self.ask(ClosetItem, "PUT", _path(kind, item_id), json=given)

    def drop(self, kind: Kind, item_id: str) -> Deleted:
        """Takes something out, also when it was out already."""
        return self.ask(Deleted, "DELETE", _path(kind, item_id))


def _path(kind: Kind, item_id: str) -> str:
    return f"/me/closet/{kind}/{quote(item_id, safe='')}"
