"""Saving things: what may be saved as what, whether its products exist, and one page after the other."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from runtime.closet.item import LIMITS, Item, Kind, Picture
from runtime.closet.request import KeepRequest
from runtime.closet.store import ClosetFull, ClosetTable
from runtime.shared.problems import FieldError, Problem, refuse_fields, refuse_missing
from runtime.shared.products import Product, is_product_id

MOST_PIECES = 8
_LOOK_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FIELDS: Mapping[Kind, frozenset[str]] = {
    Kind.FAVORITE: frozenset({"product_ids"}),
    Kind.BAG: frozenset({"product_ids", "size", "quantity"}),
    Kind.LOOK: frozenset({"product_ids", "name", "picture"}),
}
_WORDS: Mapping[Kind, tuple[str, str]] = {
    Kind.FAVORITE: ("a favourite", "favourites"),
    Kind.BAG: ("a line of the bag", "lines in the bag"),
    Kind.LOOK: ("a look", "looks"),
}


class Products(Protocol):
    """Reads products by id; ids without a product are absent from the answer."""

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Product]: ...


@dataclass(frozen=True, slots=True)
class Page:
    """Some saved things, and the cursor of what follows (None: that was all)."""

    items: tuple[Item, ...]
    cursor: str | None


def keep(table: ClosetTable, products: Products, user_id: str, item: Item) -> Item:
    """Save something. Raises a 404 or 422 Problem for products that are not there, 409 when it is full."""
    missing = _find_missing(products, item.product_ids)
    if missing:
        before = table.find(user_id, item.kind, item.item_id)
        # A saved thing can still be changed when the shop has taken one of its products away.
        missing -= set(before.product_ids) if before else set()
    if missing:
        raise _refuse_unknown(item, missing)
    try:
        return table.keep(user_id, item)
    except ClosetFull as full:
        words = f"There is room for {LIMITS[full.kind]} {_WORDS[full.kind][1]}; take one out first."
        raise Problem(409, "No room", words) from None


def _find_missing(products: Products, product_ids: Sequence[str]) -> set[str]:
    known = products.get_many(product_ids)
    return {each for each in product_ids if each not in known or not known[each].is_shown}


def _refuse_unknown(item: Item, missing: set[str]) -> Problem:
    if item.kind is not Kind.LOOK:
        return refuse_missing("product")
    places = [place for place, each in enumerate(item.product_ids) if each in missing]
    errors = [FieldError(f"product_ids.{place}", "is no product of the shop") for place in places]
    detail = "; ".join(f"{each.field}: {each.detail}" for each in errors)
    return Problem(422, "Unknown products", detail, errors)


def read_kind(text: str) -> Kind:
    """The kind in a path. Raises a 400 Problem for any other word."""
    try:
        return Kind(text)
    except ValueError:
        raise refuse_fields(("kind", f"use {', '.join(Kind)}")) from None


def check_id(kind: Kind, item_id: str) -> None:
    """Raise a 400 Problem for what cannot be the id of something of this kind."""
    if kind is Kind.LOOK:
        if not _LOOK_ID.fullmatch(item_id):
            raise refuse_fields(("id", "use 1 to 64 letters, digits, - and _"))
    elif not is_product_id(item_id):
        raise refuse_fields(("id", "is not the id of a product"))


def read_item(kind: Kind, item_id: str, asked: KeepRequest) -> Item:
    """What is to be saved. Raises a 400 Problem that names each field that does not fit the kind."""
    check_id(kind, item_id)
    wrong = [(name, f"is nothing that {_WORDS[kind][0]} has") for name in sorted(asked.given - _FIELDS[kind])]
    wrong += _check_pieces(kind, item_id, asked.product_ids)
    if wrong:
        raise refuse_fields(*wrong)
    return Item(
        kind=kind,
        item_id=item_id,
        product_ids=tuple(asked.product_ids or (item_id,)),
        name=asked.name,
        size=asked.size,
        quantity=asked.quantity or 1,
        picture=Picture(asked.picture.kind, asked.picture.id) if asked.picture else None,
    )


def _check_pieces(kind: Kind, item_id: str, product_ids: Sequence[str] | None) -> list[tuple[str, str]]:
    if kind is not Kind.LOOK:
        own = product_ids is None or list(product_ids) == [item_id]
        return [] if own else [("product_ids", "is the product itself; leave it out")]
    if not product_ids:
        return [("product_ids", f"a look has 1 to {MOST_PIECES} products")]
    again = [place for place, each in enumerate(product_ids) if each in product_ids[:place]]
    return [(f"product_ids.{place}", "given more than once") for place in again]


def cut_page(items: Sequence[Item], cursor: str | None, limit: int) -> Page:
    """The items (newest first) behind the one that a cursor stands for, which may be gone meanwhile."""
    after = _read_cursor(cursor) if cursor else None
    rest = [item for item in items if after is None or item.place < after]
    page = tuple(rest[:limit])
    return Page(page, _write_cursor(page[-1]) if len(rest) > limit else None)


def _write_cursor(item: Item) -> str:
    return base64.urlsafe_b64encode(json.dumps(item.place).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, str, str]:
    try:
        added_at, kind, item_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError, TypeError):
        raise _refuse_cursor() from None
    if not all(isinstance(part, str) for part in (added_at, kind, item_id)):
        raise _refuse_cursor()
    return added_at, kind, item_id


def _refuse_cursor() -> Problem:
    return refuse_fields(("cursor", "not a cursor of the closet; start again without one"))


def describe(item: Item) -> dict[str, Any]:
    """A saved thing as the API tells it."""
    picture = item.picture
    return {
        "kind": item.kind.value,
        "item_id": item.item_id,
        "product_ids": list(item.product_ids),
        "name": item.name,
        "size": item.size,
        "quantity": item.quantity,
        "picture": {"kind": picture.kind, "id": picture.id} if picture else None,
        "added_at": item.added_at,
        "updated_at": item.updated_at,
    }
