"""What the site asks of the closet, and what it reads from the answers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from tests.unit.test_ui_client import Server, problem
from ui.client import StylistClient
from ui.closet_answers import ClosetItem, LookPicture
from ui.problems import ApiProblem

ITEM = {
    "kind": "look",
    "item_id": "l",
    "product_ids": ["p", "q"],
    "name": "Monday",
    "size": None,
    "quantity": 1,
    "picture": {"kind": "try-on", "id": "j"},
    "added_at": "2026-11-26T22:00:01.000001+00:00",
    "updated_at": "2026-11-26T22:00:02.000001+00:00",
}


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (lambda api: api.closet(), "GET", "/dev/me/closet", None),
        (lambda api: api.closet(cursor="a=="), "GET", "/dev/me/closet?cursor=a%3D%3D", None),
        (lambda api: api.keep("favorite", "p"), "PUT", "/dev/me/closet/favorite/p", {}),
        (
            lambda api: api.keep("bag", "a/b", size="M", quantity=2),
            "PUT",
            "/dev/me/closet/bag/a%2Fb",
            {"size": "M", "quantity": 2},
        ),
        (
            lambda api: api.keep(
                "look", "l", product_ids=("p", "q"), name="Monday", picture=LookPicture(kind="image", id="1")
            ),
            "PUT",
            "/dev/me/closet/look/l",
            {"product_ids": ["p", "q"], "name": "Monday", "picture": {"kind": "image", "id": "1"}},
        ),
        (lambda api: api.drop("look", "l"), "DELETE", "/dev/me/closet/look/l", None),
    ],
)
def test_requests_have_the_form_of_the_contract(
    call: Callable[[StylistClient], object], method: str, path: str, body: object
) -> None:
    server = Server(httpx.Response(200, json={**ITEM, "items": [], "deleted": "l"}))
    call(server.client())
    (request,) = server.requests
    assert (request.method, request.url.raw_path.decode()) == (method, path)
    assert (json.loads(request.content) if request.content else None) == body


def test_a_page_is_read_with_everything_in_it() -> None:
    server = Server(httpx.Response(200, json={"items": [ITEM], "cursor": "next"}))
    page = server.client().closet()
    assert page.cursor == "next"
    assert page.items == (
        ClosetItem(
            kind="look",
            item_id="l",
            product_ids=("p", "q"),
            name="Monday",
            picture=LookPicture(kind="try-on", id="j"),
            added_at=datetime(2026, 11, 26, 22, 0, 1, 1, UTC),
            updated_at=datetime(2026, 11, 26, 22, 0, 2, 1, UTC),
        ),
    )


def test_what_was_taken_out_is_named() -> None:
    server = Server(httpx.Response(200, json={"deleted": "p"}))
    assert server.client().drop("favorite", "p").deleted == "p"


def test_a_full_closet_is_told_at_once() -> None:
    server = Server(problem(409, detail="There is room for 50 lines in the bag; take one out first."))
    with pytest.raises(ApiProblem) as refused:
        server.client().keep("bag", "p")
    assert refused.value.status == 409
    assert server.waits == []
