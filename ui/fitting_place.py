"""Where the shopper is in the fitting room, and the pieces that they carry there from all over the site.

As on the Discover page the address is the record of it: back, reload and a kept link lead to the same photo,
pieces and looks. Elsewhere on the site the session remembers the pieces.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import streamlit as st

from ui.answers import Product

MOST_PIECES = 4
MOST_COMPARED = 4
_LONGEST_ID = 100
_PIECES = "fitting_pieces"


@dataclass(frozen=True, slots=True)
class FittingPlace:
    """Ids of the photo, of the pieces to try on, of the look that is shown, and of those compared."""

    photo: str | None = None
    pieces: tuple[str, ...] = ()
    look: str | None = None
    compared: tuple[str, ...] = ()

    @property
    def address(self) -> dict[str, str | list[str]]:
        """Query parameters that lead here."""
        values: dict[str, str | list[str]] = {
            "photo": self.photo or "",
            "piece": list(self.pieces),
            "look": self.look or "",
            "compare": list(self.compared),
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Carried:
    """A piece on its way to the fitting room; of one category only one is worn."""

    product_id: str
    category: str | None


def read_fitting_place() -> FittingPlace:
    """The place that the address names; without pieces in it, those that the session remembers."""
    address = st.query_params
    pieces = _ids_of("piece", MOST_PIECES) or tuple(piece.product_id for piece in carried())
    return FittingPlace(
        photo=address.get("photo", "")[:_LONGEST_ID] or None,
        pieces=pieces,
        look=address.get("look", "")[:_LONGEST_ID] or None,
        compared=_ids_of("compare", MOST_COMPARED),
    )


def go_to_fitting(place: FittingPlace) -> None:
    """Makes the address lead to this place. For callbacks of the fitting room."""
    st.query_params.from_dict(place.address)


def carried() -> tuple[Carried, ...]:
    """The pieces that the shopper carries."""
    return st.session_state.get(_PIECES, ())


def carry(products: Iterable[Product]) -> None:
    """Remembers the pieces that the fitting room shows."""
    st.session_state[_PIECES] = tuple(Carried(product.product_id, product.category) for product in products)


def put_down(place: FittingPlace, product_id: str) -> None:
    """Takes a piece out of the fitting room. For callbacks."""
    st.session_state[_PIECES] = tuple(piece for piece in carried() if piece.product_id != product_id)
    go_to_fitting(replace(place, pieces=tuple(each for each in place.pieces if each != product_id)))


def with_piece(pieces: Iterable[Carried], product: Product) -> tuple[Carried, ...]:
    """The pieces with one more; it takes the place of another one of its category, or of the oldest."""
    others = [
        piece
        for piece in pieces
        if piece.product_id != product.product_id
        and not (product.category and piece.category == product.category)
    ]
    return (*others[1 - MOST_PIECES :], Carried(product.product_id, product.category))


def try_on_address(product: Product) -> dict[str, list[str]]:
    """Query parameters of the fitting room with this piece added to those that the shopper carries."""
    return _address_of(with_piece(carried(), product))


def outfit_address(products: Iterable[Product]) -> dict[str, list[str]]:
    """Query parameters of the fitting room with these pieces, and no other ones."""
    pieces: tuple[Carried, ...] = ()
    for product in products:
        pieces = with_piece(pieces, product)
    return _address_of(pieces)


def current_fitting_address() -> dict[str, list[str]] | None:
    """Query parameters that lead to the fitting room with what the shopper carries."""
    return _address_of(carried()) if carried() else None


def _address_of(pieces: Iterable[Carried]) -> dict[str, list[str]]:
    return {"piece": [piece.product_id for piece in pieces]}


def _ids_of(name: str, most: int) -> tuple[str, ...]:
    given = (value[:_LONGEST_ID] for value in st.query_params.get_all(name) if value)
    return tuple(dict.fromkeys(given))[:most]
