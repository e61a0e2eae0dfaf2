"""The pages, run without a browser against a client made up for the purpose."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.unit.stylist_double import APP, html_of, open_app
from ui import session
from ui.answers import Capabilities, Hit, Product, ProductPage, SearchAnswer, SearchFilters
from ui.problems import ApiProblem
from ui.widgets.text import escape_markdown, format_price, is_web_address

SHOPPER = {
    "is_logged_in": True,
    "email": "ada@example.com",
    "given_name": "Ada",
    "tokens": {"access": "the-token"},
}
EVIL = "<script>alert(1)</script> **bold** [x](javascript:alert(1))"


def product(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "product_id": f"id{number}",
        "name": f"Piece {number}",
        "category": "dress" if number % 2 else "t-shirt",
        "color": "red" if number % 3 else "light blue",
        "price": 10.0 + number,
        "currency": "EUR",
        "stock": number,
        "sizes": ["S", "M"],
        "image_url": f"https://pictures.example.com/{number}.jpg",
        "purchase_url": f"https://shop.example.com/{number}",
        "pattern": "striped",
        **fields,
    }


class FakeClient:
    """A shop of thirty pieces that remembers what it was asked."""

    def __init__(self) -> None:
        self.rows = {f"id{number}": product(number) for number in range(30)}
        self.searches: list[dict[str, Any]] = []
        self.problem: ApiProblem | None = None
        self.notice: str | None = None

    def _check(self) -> None:
        if self.problem:
            raise self.problem

    def search(self, **asked: Any) -> SearchAnswer:
        self._check()
        self.searches.append(asked)
        filters: SearchFilters = asked["filters"]
        hits = [
            Hit(**row, relevance=0.875)
            for row in self.rows.values()
            if not filters.color or row["color"] in filters.color
        ]
        return SearchAnswer(results=tuple(hits[: asked["limit"]]) if asked["query"] != "nothing" else ())

    def products(
        self, *, category: str | None = None, cursor: str | None = None, limit: int = 24
    ) -> ProductPage:
        self._check()
        rows = [row for row in self.rows.values() if category in (None, row["category"])]
        first = int(cursor or 0)
        page = tuple(Product(**row) for row in rows[first : first + limit])
        return ProductPage(products=page, cursor=str(first + limit) if first + limit < len(rows) else None)

    def product(self, product_id: str) -> Product:
        self._check()
        if product_id not in self.rows:
            raise ApiProblem(404, "Not Found")
        return Product(**self.rows[product_id])

    def similar(self, product_id: str, *, limit: int = 8) -> SearchAnswer:
        self._check()
        others = [row for row in self.rows.values() if row["product_id"] != product_id]
        return SearchAnswer(results=tuple(Hit(**row, relevance=0.5) for row in others[:limit]))

    def capabilities(self) -> Capabilities:
        return Capabilities(notice=self.notice)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeClient]:
    client = FakeClient()
    monkeypatch.setattr(session, "get_client", lambda: client)
    st.cache_data.clear()
    yield client
    st.cache_data.clear()


DISCOVER = "views/discover.py"


def open_site(path: str = DISCOVER, **address: Any) -> AppTest:
    test = open_app()
    test.user = dict(SHOPPER)
    test.run()
    test.query_params.clear()
    test.query_params.update(address)
    test.switch_page(path).run()
    assert not test.exception
    return test


def links_of(test: AppTest) -> list[tuple[str, str]]:
    return [(link.proto.label, link.proto.query_string) for link in test.get("page_link")]


def test_strangers_see_the_sign_in_screen_and_nothing_else(shop: FakeClient):
    test = open_app()
    test.user = {"is_logged_in": False}
    test.run()
    assert [button.label for button in test.button] == ["Sign in"]
    assert "Piece" not in html_of(test)
    assert not test.text_input


@pytest.mark.parametrize("view", ["account", "product"])
def test_a_deep_link_does_not_pass_the_sign_in_gate(shop: FakeClient, view: str):
    test = open_app()
    test.user = {"is_logged_in": False}
    test.switch_page(f"views/{view}.py").run()
    assert [button.label for button in test.button] == ["Sign in"]
    assert not (APP.parent / "pages").exists()


def test_browsing_shows_a_page_and_then_more(shop: FakeClient):
    test = open_site()
    assert html_of(test).count('class="picture"') == 24
    test.button(key="more").click().run()
    assert html_of(test).count('class="picture"') == 30
    assert test.query_params["page"] == "2"
    assert not [button for button in test.button if button.key == "more"]
    assert shop.searches == []


def test_words_are_searched_for_and_kept_in_the_address(shop: FakeClient):
    test = open_site()
    test.text_input(key="q").set_value("  red dress ").run()
    assert shop.searches[-1]["query"] == "red dress"
    assert test.query_params["q"] == "red dress"
    assert "“red dress”" in html_of(test)
    assert "88% match" not in html_of(test)
    test.toggle(key="details").set_value(True).run()
    assert "88% match" in html_of(test)
    assert test.query_params["details"] == "1"


def test_an_address_restores_the_whole_place(shop: FakeClient):
    test = open_site(q="summer", category="dress", color=["red"], min="20", max="30", stock="1", page="2")
    asked = shop.searches[-1]
    assert (asked["query"], asked["limit"]) == ("summer", 48)
    assert asked["filters"] == SearchFilters(
        category=("dress",), color=("red",), min_price=20, max_price=30, in_stock=True
    )
    assert test.text_input(key="q").value == "summer"
    assert test.pills(key="category").value == "dress"
    assert test.pills(key="color").value == ["red"]
    assert test.slider(key="price").value == (20, 30)
    assert test.toggle(key="stock").value is True


@pytest.mark.parametrize(
    "address",
    [
        {"min": "x", "max": "-5", "page": "0"},
        {"page": "9" * 30},
        {"min": "90", "max": "10"},
        {"category": EVIL},
    ],
)
def test_a_strange_address_does_no_harm(shop: FakeClient, address: dict[str, str]):
    assert "<script" not in html_of(open_site(**address))


def test_filters_change_the_address_and_begin_at_the_first_page(shop: FakeClient):
    test = open_site(page="2")
    test.pills(key="category").set_value("t-shirt").run()
    assert test.query_params == {"category": "t-shirt"}
    assert shop.searches == []
    test.pills(key="color").set_value(["light blue"]).run()
    assert shop.searches[-1]["query"] == "light blue t-shirt"
    test.slider(key="price").set_value((20, 40)).run()
    assert (test.query_params["min"], "max" in test.query_params) == ("20", False)


def test_a_photo_is_searched_with_and_can_be_removed(shop: FakeClient):
    buffer = io.BytesIO()
    Image.new("RGB", (60, 80), "red").save(buffer, "JPEG")
    test = open_site()
    test.file_uploader[0].upload("me.jpg", buffer.getvalue(), "image/jpeg").run()
    assert shop.searches[-1]["image"]
    assert shop.searches[-1]["query"] is None
    assert "Like your photo" in html_of(test)
    assert "photo" in test.query_params
    test.button(key="clear").click().run()
    assert test.query_params == {}
    assert "All pieces" in html_of(test)


def test_a_broken_photo_is_explained(shop: FakeClient):
    test = open_site()
    test.file_uploader[0].upload("me.jpg", b"nonsense", "image/jpeg").run()
    assert "cannot read that file" in test.warning[0].value
    assert shop.searches == []


def test_a_photo_or_product_that_is_gone_leaves_the_rest(shop: FakeClient):
    test = open_site(photo="0123456789ab", like="gone", category="dress")
    assert "choose your photo again" in test.info[0].value
    assert "<h1>Dress</h1>" in html_of(test)
    assert shop.searches == []


def test_similar_pieces_leave_out_the_piece_itself(shop: FakeClient):
    test = open_site(like="id3")
    assert shop.searches[-1]["like"] == ["id3"]
    assert "Similar to Piece 3" in html_of(test)
    assert ("Piece 3", "id=id3") not in links_of(test)


def test_nothing_found_is_said_kindly(shop: FakeClient):
    test = open_site(q="nothing")
    assert "Nothing fits yet" in html_of(test)
    test.button(key="see-all").click().run()
    assert "All pieces" in html_of(test)
    shop.rows.clear()
    st.cache_data.clear()
    assert "shelves are still empty" in html_of(open_site())


def test_filters_that_the_catalogue_does_not_know_are_not_offered(shop: FakeClient):
    for row in shop.rows.values():
        row.update(price=None, color=None, stock=None)
    test = open_site()
    assert (len(test.pills), len(test.slider), [each.key for each in test.toggle]) == (1, 0, ["details"])


@pytest.mark.parametrize(
    ("status", "title", "button"),
    [
        (401, "Please sign in again", "Sign in"),
        (500, "That did not work", "Try again"),
        (0, "not answering", "Try again"),
    ],
)
def test_a_problem_is_explained_with_its_cure(shop: FakeClient, status: int, title: str, button: str):
    shop.problem = ApiProblem(status, "Refused")
    test = open_site(q="red")
    assert title in html_of(test)
    assert test.button(key="recover").label == button


def test_a_product_page_tells_all_there_is(shop: FakeClient):
    test = open_site("views/product.py", id="id2")
    html = html_of(test)
    for text in ("Piece 2", "€12.00", "Only 2 left", "Striped"):
        assert text in html
    assert 'alt="Piece 2, red, striped, t-shirt"' in html
    (link,) = test.get("link_button")
    assert (link.proto.label, link.proto.url) == ("Buy at the shop", "https://shop.example.com/2")
    assert test.pills(key="size-id2").options == ["S", "M"]
    assert html.count('class="picture"') == 8


def test_a_product_that_is_gone_is_said_to_be(shop: FakeClient):
    for address in ({"id": "unknown"}, {}):
        assert "This piece is gone" in html_of(open_site("views/product.py", **address))


def test_data_is_text_and_never_markup(shop: FakeClient):
    fields = ("name", "category", "color", "brand", "description", "pattern", "season", "occasion", "gender")
    shop.rows["id0"].update(dict.fromkeys(fields, EVIL), sizes=[EVIL], currency=EVIL)
    shop.rows["id0"]["image_url"] = 'https://x.example.com/"><script>alert(1)</script>'
    shop.notice = EVIL
    for test in (open_site(), open_site(like="id0"), open_site("views/product.py", id="id0")):
        html = html_of(test)
        assert "<script" not in html.lower()
        assert "&lt;script&gt;" in html
        for label, _ in links_of(test):
            assert "[x](" not in label
            assert "**bold" not in label


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example.com", "https://", "http://[", "", None],
)
def test_only_web_addresses_become_links(shop: FakeClient, address: str | None):
    assert not is_web_address(address)
    shop.rows["id1"].update(purchase_url=address, image_url=address)
    test = open_site("views/product.py", id="id1")
    html = html_of(test)
    assert not test.get("link_button")
    assert 'aria-label="No picture yet"' in html


def test_the_notice_is_shown_only_where_there_is_one(shop: FakeClient):
    assert 'class="notice"' not in html_of(open_site())
    st.cache_data.clear()
    shop.notice = "Small local models are at work."
    assert "Small local models are at work." in html_of(open_site())


def test_the_account_page_greets_and_signs_out(shop: FakeClient):
    test = open_site("views/account.py")
    assert "Hello, Ada" in html_of(test)
    test.button(key="sign-out").click().run()
    assert [button.label for button in test.button] == ["Sign in"]


def test_prices_and_markdown():
    assert format_price(1249.9, "EUR") == "€1,249.90"
    assert format_price(4900, "JPY") == "¥4,900"
    assert format_price(49.9, "chf") == "CHF\u00a049.90"
    assert format_price(None, "EUR") == ""
    assert escape_markdown("a_b [c](d) :red[e] $x$") == r"a\_b \[c\]\(d\) \:red\[e\] \$x\$"
