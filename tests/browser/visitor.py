"""Somebody who has never been here, on the way from the start page to a look on a person."""

import re

from playwright.sync_api import Locator, Page, expect

MOST_CLICKS = 10
MOST_SECONDS = 120.0
_MADE_WITHIN_MS = 90_000


class Visitor:
    """Clicks, and counts it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, what: Locator, *, is_card: bool = False) -> None:
        self.clicks += 1
        # A card is one link all over, which lies above what is in it.
        what.first.click(force=is_card)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def link(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("link", name=name)

    @property
    def look(self) -> Locator:
        """The picture of a person who wears what was put on."""
        return self.page.get_by_role("img", name=re.compile(r"^\w+ wearing ")).first

    def ask_for_an_outfit(self) -> None:
        """From the start page until there is one."""
        self.click(self.link("A summer wedding"), is_card=True)
        self.click(self.button("For a woman"))
        expect(self.link("Try the whole outfit on")).to_be_visible()

    def try_it_on(self) -> None:
        """From the outfit until it is seen on a person."""
        self.click(self.link("Try the whole outfit on"))
        self.page.wait_for_url(re.compile("/fitting-room"))
        self.click(self.button("Try it on Ada"))
        expect(self.look).to_be_visible(timeout=_MADE_WITHIN_MS)
