"""What is kept of a shopper, from all places: exported page by page, and erased."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.privacy.stores.port import Page, Store, UnknownPlace
from runtime.shared.problems import refuse_fields

PAGE_BYTES = 3_000_000
"""An answer ends soon after so many bytes: a function may answer 6 MB, and a store's page adds up to one."""


@dataclass(frozen=True, slots=True)
class Export:
    """Records by store, and the cursor of what follows (None: that was all)."""

    data: Mapping[str, Sequence[Mapping[str, Any]]]
    cursor: str | None


def export(stores: Sequence[Store], user_id: str, cursor: str | None) -> Export:
    """The next records of a shopper. Raises a 400 Problem for a cursor that no export gave out."""
    first, after = read_cursor(cursor, stores) if cursor else (0, None)
    data: dict[str, list[Mapping[str, Any]]] = {}
    size = 0
    for place in range(first, len(stores)):
        store = stores[place]
        records = data.setdefault(store.name, [])
        while True:
            page = _read(store, user_id, after)
            records.extend(page.records)
            size += sum(len(json.dumps(record, ensure_ascii=False).encode()) for record in page.records)
            after = page.last
            if size >= PAGE_BYTES and (after or place + 1 < len(stores)):
                return Export(data, _next_cursor(stores, place, after))
            if after is None:
                break
    return Export(data, None)


def _read(store: Store, user_id: str, after: str | None) -> Page:
    try:
        return store.read(user_id, after)
    except UnknownPlace:
        raise _refuse_cursor() from None


def erase(stores: Sequence[Store], user_id: str) -> dict[str, int]:
    """Erase a shopper everywhere, store by store; how many records each had."""
    return {store.name: store.erase(user_id) for store in stores}


def _next_cursor(stores: Sequence[Store], place: int, after: str | None) -> str:
    store = stores[place] if after else stores[place + 1]
    return base64.urlsafe_b64encode(json.dumps([store.name, after]).encode()).decode()


def read_cursor(cursor: str, stores: Sequence[Store]) -> tuple[int, str | None]:
    """Number of the store and the place in it. Raises a 400 Problem for what no export gave out."""
    try:
        name, after = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        place = [store.name for store in stores].index(name)
    except (binascii.Error, ValueError, TypeError):
        raise _refuse_cursor() from None
    if after is not None and not (isinstance(after, str) and 0 < len(after) <= 200):
        raise _refuse_cursor()
    return place, after


def _refuse_cursor() -> Exception:
    return refuse_fields(("cursor", "not a cursor of an export; start again without one"))
