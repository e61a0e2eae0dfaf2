"""Where the shopper is on the Discover page.

The address in the browser is the only record of it, so that back, reload and a shared link lead to the
same place.
"""

from dataclasses import dataclass, replace

import streamlit as st

from ui.answers import SearchFilters

_LONGEST_WORDS = 500
_MOST_PAGES = 20
_MOST_UNLIKED = 5
_ADDRESS = "discover_address"


@dataclass(frozen=True, slots=True)
class Place:
    """Everything that decides what is shown; prices are whole units of the shop's currency.

    `style` is how much the shopper's style counts, in percent; None leaves it to their profile. `details`
    shows how well each piece fits.
    """

    words: str = ""
    category: str | None = None
    colors: tuple[str, ...] = ()
    lowest: int | None = None
    highest: int | None = None
    in_stock: bool = False
    photo: str | None = None
    like: str | None = None
    unlike: tuple[str, ...] = ()
    style: int | None = None
    details: bool = False
    page: int = 1

    @property
    def filters(self) -> SearchFilters:
        """The restrictions as a search takes them."""
        return SearchFilters(
            category=(self.category,) if self.category else (),
            color=self.colors,
            min_price=self.lowest,
            max_price=self.highest,
            in_stock=self.in_stock,
        )

    @property
    def needs_search(self) -> bool:
        """Whether a search has to find the products; everything, or one category, is only browsed."""
        return replace(self, category=None, page=1, style=None, details=False) != Place() or bool(self.style)

    @property
    def address(self) -> dict[str, str | list[str]]:
        """Query parameters that lead here."""
        values: dict[str, str | list[str]] = {
            "q": self.words,
            "category": self.category or "",
            "color": list(self.colors),
            "min": _number_text(self.lowest),
            "max": _number_text(self.highest),
            "stock": "1" if self.in_stock else "",
            "photo": self.photo or "",
            "like": self.like or "",
            "unlike": list(self.unlike),
            "style": _number_text(self.style),
            "details": "1" if self.details else "",
            "page": str(self.page) if self.page > 1 else "",
        }
        return {name: value for name, value in values.items() if value}


def read_place() -> Place:
    """The place that the address names; what cannot be understood in it is left out."""
    address = st.query_params
    lowest, highest = _number_of(address.get("min", "")), _number_of(address.get("max", ""))
    if lowest is not None and highest is not None and lowest > highest:
        lowest, highest = highest, lowest
    return Place(
        words=address.get("q", "")[:_LONGEST_WORDS].strip(),
        category=address.get("category") or None,
        colors=tuple(filter(None, address.get_all("color"))),
        lowest=lowest,
        highest=highest,
        in_stock=address.get("stock") == "1",
        photo=address.get("photo") or None,
        like=address.get("like") or None,
        unlike=tuple(filter(None, address.get_all("unlike")))[-_MOST_UNLIKED:],
        style=min(_number_of(address.get("style", "")) or 0, 100) if address.get("style") else None,
        details=address.get("details") == "1",
        page=min(max(_number_of(address.get("page", "")) or 1, 1), _MOST_PAGES),
    )


def is_named() -> bool:
    """Whether the address names a place of the Discover page, as addresses of the start page once did."""
    return read_place() != Place()


def go_to(place: Place) -> None:
    """Makes the address lead to this place."""
    st.query_params.from_dict(place.address)


def note_place(place: Place) -> None:
    """Remembers the place, for ways back to it from other pages."""
    st.session_state[_ADDRESS] = place.address


def last_address() -> dict[str, str | list[str]]:
    """Query parameters of the place that the shopper was at last."""
    return st.session_state.get(_ADDRESS, {})


def more_like(product_id: str) -> dict[str, str | list[str]]:
    """Query parameters that lead to products like this one."""
    return Place(like=product_id).address


def less_like(product_id: str) -> dict[str, str | list[str]]:
    """Query parameters of the latest place, with fewer products like this one."""
    address = last_address()
    given = address.get("unlike", [])
    others = [each for each in ([given] if isinstance(given, str) else given) if each != product_id]
    kept = {name: value for name, value in address.items() if name != "page"}
    return {**kept, "unlike": [*others, product_id][-_MOST_UNLIKED:]}


def note_page(name: str) -> None:
    """Remembers the page of this run, and whether the run before was on the same one."""
    st.session_state["stayed"] = st.session_state.get("page_name") == name
    st.session_state["page_name"] = name


def stays() -> bool:
    """Whether the run before was on the same page, so that its content can stand until there is other."""
    return bool(st.session_state.get("stayed"))


def settle(address: dict[str, str | list[str]]) -> None:
    """Tells the browser the parameters of the page that is being shown.

    A link from a page to itself reaches the script but not the browser's address. After a change of page the
    browser knows them, and would note what it is told in its history, under the page that was left.
    """
    if stays():
        st.query_params.from_dict(address)


def _number_of(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _number_text(number: int | None) -> str:
    return "" if number is None else str(number)
