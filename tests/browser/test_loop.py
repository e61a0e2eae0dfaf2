"""The whole loop for somebody who has never been here, on a desktop and on a phone: from the start page to a
look on a person, and on to what is kept and bought.
"""

import re
import time
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Route,
    StorageState,
    ViewportSize,
    expect,
)

from tests.browser.auditing import audit
from tests.browser.steps import forget_photos, keep, settle
from tests.browser.visitor import MOST_CLICKS, MOST_SECONDS, Visitor
from tests.browser.watching import describe_shifts, forget_shifts, layout_shift, watch
from tests.support.cloud import RunningCloud

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

SIZES: Mapping[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
_MOUNTED_WITHIN_MS = 1_500
_GOOD_SHIFT = 0.1
_SEEN_ARE_THERE = """
() => [...document.images].every(image => {
  const {top, bottom, left, right} = image.getBoundingClientRect();
  const seen = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  return !seen || image.complete;
})
"""
"""Those further away are fetched when they come near."""


class HeldPictures:
    """Lets a page have everything but its pictures, until it is told to let them through."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._held: list[Route] = []
        page.route("**/*", self._take)

    def _take(self, route: Route) -> None:
        if route.request.resource_type == "image":
            self._held.append(route)
        else:
            route.continue_()

    def release(self) -> None:
        assert self._held, "this page has no pictures"
        for route in self._held:
            route.continue_()
        self._page.unroute("**/*", self._take)


def examine(page: Page, size: str, name: str) -> None:
    """The page as it is now: for people later, and for faults at once."""
    settle(page)
    keep(page, f"loop-{size}-{name}")
    assert audit(page) == []


@pytest.fixture(scope="module", params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def context(size: str, browser: Browser, signed_in: StorageState) -> Iterator[BrowserContext]:
    """A browser of that size in which nothing may go wrong unseen."""
    with browser.new_context(
        viewport=SIZES[size], has_touch=size == "phone", storage_state=signed_in
    ) as tabs:
        tabs.set_default_timeout(30_000)
        watched = watch(tabs)
        yield tabs
        assert watched.errors == []


@pytest.fixture(scope="module")
def visitor(context: BrowserContext, cloud: RunningCloud) -> Visitor:
    """Somebody without photos, looks and a bag."""
    forget_photos(cloud)
    for item in cloud.call("GET", "/me/closet").json()["items"]:
        path = f"/me/closet/{item['kind']}/{item['item_id']}"
        assert cloud.call("DELETE", path).status_code == 200
    return Visitor(context.new_page())


def test_from_the_start_to_a_look_on_a_person(visitor: Visitor, size: str, cloud: RunningCloud) -> None:
    page = visitor.page
    page.goto(cloud.config.site_url)
    expect(page.get_by_role("heading", name="What are you dressing for?")).to_be_visible()
    examine(page, size, "1-start")
    began = time.monotonic()
    visitor.ask_for_an_outfit()
    examine(page, size, "2-outfit")
    visitor.try_it_on()
    assert time.monotonic() - began < MOST_SECONDS
    assert visitor.clicks <= MOST_CLICKS
    expect(page.get_by_text("shows the look, not the size").first).to_be_visible()
    examine(page, size, "3-look")


def test_the_look_is_kept_and_goes_into_the_bag(visitor: Visitor, size: str) -> None:
    page = visitor.page
    visitor.click(visitor.button("Save look"))
    expect(visitor.button("Look saved").first).to_be_visible()
    visitor.click(visitor.button("Put all in the bag"))
    expect(visitor.button("All in your bag").first).to_be_visible()
    visitor.click(visitor.link(re.compile(r"^Bag\b")))
    page.wait_for_url(re.compile("/bag"))
    expect(page.get_by_text("Total", exact=True)).to_be_visible()
    address = visitor.link(re.compile("at the shop")).first.get_attribute("href") or ""
    assert address.startswith("https://")
    examine(page, size, "4-bag")


def test_back_reload_and_another_tab_show_the_same(visitor: Visitor, context: BrowserContext) -> None:
    page = visitor.page
    page.reload()
    expect(page.get_by_text("Total", exact=True)).to_be_visible()
    page.go_back()
    page.wait_for_url(re.compile("/fitting-room"))
    expect(visitor.look).to_be_visible()
    other = Visitor(context.new_page())
    other.page.goto(page.url)
    expect(other.look).to_be_visible()
    other.page.close()


def test_kept_looks_lead_on(visitor: Visitor, size: str) -> None:
    page = visitor.page
    page.goto(re.sub(r"/fitting-room.*", "/saved?show=looks", page.url))
    expect(visitor.link("Try the whole outfit on").first).to_be_visible()
    examine(page, size, "5-looks")


@pytest.mark.parametrize("path", ["/", "/discover", "/saved?show=looks"])
def test_nothing_jumps_while_pictures_load(path: str, visitor: Visitor, cloud: RunningCloud) -> None:
    page = visitor.page
    held = HeldPictures(page)
    page.goto(cloud.config.site_url + path)
    expect(page.locator("h1").first).to_be_visible()
    settle(page)
    page.wait_for_timeout(_MOUNTED_WITHIN_MS)
    forget_shifts(page)
    held.release()
    page.wait_for_function(_SEEN_ARE_THERE)
    assert layout_shift(page) <= _GOOD_SHIFT, describe_shifts(page)
