"""A closet that the pages of the site talk to in tests."""

from collections.abc import Sequence

from ui.closet_answers import ClosetItem, ClosetPage, Kind, LookPicture
from ui.problems import ApiProblem
from ui.stylist_answers import Deleted


class FakeCloset:
    """Keeps what it is given, or raises its problem; a part of the client's doubles."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[Kind, str], ClosetItem] = {}
        self.closet_problem: ApiProblem | None = None
        self.closet_reads = 0

    def closet(self, *, cursor: str | None = None) -> ClosetPage:
        self.closet_reads += 1
        self._refuse()
        items = tuple(reversed(self.kept.values()))
        first = int(cursor or 0)
        more = str(first + 2) if first + 2 < len(items) else None
        return ClosetPage(items=items[first : first + 2], cursor=more)

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
        self._refuse()
        self.kept[kind, item_id] = ClosetItem(
            kind=kind,
            item_id=item_id,
            product_ids=tuple(product_ids) or (item_id,),
            name=name,
            size=size,
            quantity=quantity or 1,
            picture=picture,
        )
        return self.kept[kind, item_id]

    def drop(self, kind: Kind, item_id: str) -> Deleted:
        self._refuse()
        self.kept.pop((kind, item_id), None)
        return Deleted(deleted=item_id)

    def _refuse(self) -> None:
        if self.closet_problem:
            raise self.closet_problem

    def ids_of(self, kind: Kind) -> list[str]:
        """What is kept of a kind, as it came."""
        return [item_id for each, item_id in self.kept if each == kind]
