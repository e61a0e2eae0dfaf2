"""What the shopper keeps: favourites, the bag, looks. The API keeps them; this session knows them.

A change is seen at once and then told to the API; what the API does not take is taken back, and said.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import streamlit as st

from ui import catalog, notices, session, signals, together
from ui.bodies import read_pages
from ui.client import StylistClient
from ui.closet_answers import ClosetItem, Kind, LookPicture
from ui.problems import ApiProblem
from ui.words import later, say

MOST_PIECES = 8
"""Pieces of one look."""
MOST_OF_ONE = 9
"""How many of one piece the bag takes."""
_STATE = "closet"
_REFUSED = "refused"
_MOST_PAGES = 5
_FRESH = timedelta(seconds=20)
_LOG = logging.getLogger(__name__)
_NOT_KEPT = later("We could not keep that.")

Key = tuple[Kind, str]


@dataclass(slots=True)
class Closet:
    """What is kept, newest first, by kind and id; `is_known` is False while the API does not tell."""

    items: dict[Key, ClosetItem] = field(default_factory=dict[Key, ClosetItem])
    is_known: bool = False
    asked_at: datetime | None = None

    @property
    def is_due(self) -> bool:
        """Whether what is known may be out of date, by what was done in another tab."""
        return self.asked_at is None or datetime.now(UTC) - self.asked_at > _FRESH

    def read(self, client: StylistClient) -> None:
        """Asks the API; what was known stays when it does not tell."""
        self.asked_at = datetime.now(UTC)
        found: dict[Key, ClosetItem] = {}
        try:
            for page in read_pages(lambda cursor: client.closet(cursor=cursor), _MOST_PAGES):
                found |= {(item.kind, item.item_id): item for item in page.items}
        except ApiProblem as problem:
            _LOG.warning("the closet is not known: %s", problem)
            return
        self.items, self.is_known = found, True


def open_closet() -> Closet:
    """The closet of this session, read once; where the API did not tell, it is asked again after a while."""
    closet: Closet = st.session_state.setdefault(_STATE, Closet())
    if not closet.is_known and closet.is_due:
        _read(closet)
    return closet


def refresh() -> Closet:
    """The closet as it is now, for the pages that show what is kept: another tab may have changed it."""
    closet: Closet = st.session_state.setdefault(_STATE, Closet())
    if closet.is_due:
        _read(closet)
    return closet


def _read(closet: Closet) -> None:
    client = session.get_client()
    if catalog.find_features(client).closet:
        closet.read(client)


def forget() -> None:
    """Drops what this session knows, when the API was told to forget it."""
    st.session_state.pop(_STATE, None)
    st.session_state.pop(_REFUSED, None)


def favorites() -> tuple[str, ...]:
    """Ids of the favourites, latest first."""
    return tuple(item.item_id for item in _items("favorite"))


def bag() -> tuple[ClosetItem, ...]:
    """The lines of the bag, latest first."""
    return _items("bag")


def looks() -> tuple[ClosetItem, ...]:
    """The saved looks, latest first."""
    return _items("look")


def count_bag() -> int:
    """How many things are in the bag."""
    return sum(line.quantity for line in bag())


def is_favorite(product_id: str) -> bool:
    """Whether it is a favourite."""
    return ("favorite", product_id) in open_closet().items


def is_in_bag(product_id: str) -> bool:
    """Whether the shopper means to buy it."""
    return ("bag", product_id) in open_closet().items


def is_refused(product_id: str) -> bool:
    """Whether it was turned down in this visit."""
    return product_id in st.session_state.get(_REFUSED, frozenset())


def toggle_favorite(product_id: str) -> None:
    """Keeps it as a favourite, or no longer. For callbacks."""
    if is_favorite(product_id):
        _drop("favorite", product_id)
    elif _keep(ClosetItem(kind="favorite", item_id=product_id, product_ids=(product_id,))):
        _set_refused(product_id, refused=False)
        signals.tell(product_id, "favorite")


def toggle_bag(product_id: str, size: str | None = None) -> None:
    """Puts it into the bag, or takes it out. For callbacks."""
    if is_in_bag(product_id):
        _drop("bag", product_id)
    elif _keep(ClosetItem(kind="bag", item_id=product_id, product_ids=(product_id,), size=size)):
        signals.tell(product_id, "cart")


def put_in_bag(product_ids: Iterable[str]) -> None:
    """Puts in all that are not there yet. For callbacks."""
    missing = [each for each in dict.fromkeys(product_ids) if not is_in_bag(each)]
    lines = [ClosetItem(kind="bag", item_id=each, product_ids=(each,)) for each in missing]
    if lines and _keep(*lines):
        for product_id in missing:
            signals.tell(product_id, "cart")


def change_line(product_id: str, *, size: str | None = None, quantity: int | None = None) -> None:
    """Another size or number of a piece in the bag. For callbacks."""
    line = open_closet().items.get(("bag", product_id))
    if line:
        changes = {"size": size or line.size, "quantity": min(quantity or line.quantity, MOST_OF_ONE)}
        _keep(line.model_copy(update=changes))


def save_look(product_ids: Sequence[str], name: str, picture: LookPicture | None = None) -> str | None:
    """Keeps an outfit; its id, or None when it was not taken. For callbacks."""
    look = ClosetItem(
        kind="look",
        item_id=uuid.uuid4().hex,
        product_ids=tuple(dict.fromkeys(product_ids))[:MOST_PIECES],
        name=name,
        picture=picture,
    )
    if not _keep(look):
        return None
    notices.tell(say("Saved to your looks."), ":material/check:")
    return look.item_id


def find_look(product_ids: Sequence[str]) -> ClosetItem | None:
    """The saved look of just these pieces."""
    wanted = frozenset(product_ids[:MOST_PIECES])
    return next((look for look in looks() if frozenset(look.product_ids) == wanted), None)


def rename_look(look_id: str, name: str) -> None:
    """Calls a look by another name. For callbacks."""
    look = open_closet().items.get(("look", look_id))
    if look and name.strip() and name.strip() != look.name:
        _keep(look.model_copy(update={"name": name.strip()}))


def drop_look(look_id: str) -> None:
    """Keeps a look no longer. For callbacks."""
    _drop("look", look_id)


def toggle_refused(product_id: str) -> None:
    """Turns it down, or not any more; nothing that is turned down stays a favourite. For callbacks."""
    refused = not is_refused(product_id)
    _set_refused(product_id, refused=refused)
    if refused:
        if is_favorite(product_id):
            _drop("favorite", product_id)
        signals.tell(product_id, "dislike")


def _items(kind: Kind) -> tuple[ClosetItem, ...]:
    return tuple(item for item in open_closet().items.values() if item.kind == kind)


def _keep(*items: ClosetItem) -> bool:
    """Whether the API took them; new ones come first, others stay where they are."""
    closet, client = open_closet(), session.get_client()
    changed: dict[Key, ClosetItem] = {(item.kind, item.item_id): item for item in items}
    fresh = {key: item for key, item in changed.items() if key not in closet.items}
    known = {key: changed.get(key, item) for key, item in closet.items.items()}
    calls = [_write(client, item) for item in items]
    return _change(closet, {**fresh, **known}, lambda: together.ask_all(calls))


def _write(client: StylistClient, item: ClosetItem) -> Callable[[], ClosetItem]:
    is_look, is_line = item.kind == "look", item.kind == "bag"
    return lambda: client.keep(
        item.kind,
        item.item_id,
        product_ids=item.product_ids if is_look else (),
        name=item.name,
        size=item.size,
        quantity=item.quantity if is_line else None,
        picture=item.picture,
    )


def _drop(kind: Kind, item_id: str) -> bool:
    closet, client = open_closet(), session.get_client()
    rest = {key: item for key, item in closet.items.items() if key != (kind, item_id)}
    return _change(closet, rest, lambda: client.drop(kind, item_id))


def _change(closet: Closet, items: dict[Key, ClosetItem], write: Callable[[], object]) -> bool:
    before, closet.items = closet.items, items
    try:
        write()
    except ApiProblem as problem:
        closet.items = before
        notices.tell(problem.describe(_NOT_KEPT), ":material/error:")
        # Of several changes some may have been taken: the API knows.
        closet.asked_at = None
        return False
    return True


def _set_refused(product_id: str, *, refused: bool) -> None:
    known: frozenset[str] = st.session_state.get(_REFUSED, frozenset())
    st.session_state[_REFUSED] = known | {product_id} if refused else known - {product_id}
