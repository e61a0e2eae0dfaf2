"""Pictures of the whole site: `make screenshots`.

Starts a local cloud with the drawn demo catalogue, does as a shopper what there is to do, and keeps every
page in both themes and three sizes below `test-artifacts/screenshots`. Those of `TOUR` also go
to `docs/tour`, for `docs/tour.md`.
"""

import re
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect, sync_playwright

from local.users import DEMO_USERS
from tests.browser.find import find_browser
from tests.browser.steps import ARTIFACTS, ROOT, settle, sign_in
from tests.support.cloud import running_cloud

OUT = ARTIFACTS / "screenshots"
TOUR_FOLDER = ROOT / "docs" / "tour"
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
SIZES: Mapping[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "tablet": {"width": 834, "height": 1112},
    "phone": {"width": 390, "height": 844},
}
TOUR: Mapping[str, tuple[Theme, str]] = {
    "home": ("light", "desktop"),
    "outfit": ("light", "desktop"),
    "fitting-room": ("light", "desktop"),
    "search": ("light", "desktop"),
    "product": ("light", "desktop"),
    "looks": ("light", "desktop"),
    "bag": ("light", "desktop"),
    "compare": ("light", "desktop"),
    "lookbook": ("dark", "desktop"),
    "my-style": ("light", "desktop"),
    "privacy": ("light", "phone"),
    "catalogue": ("light", "desktop"),
    "phone-home": ("light", "phone"),
}
_MADE_WITHIN_MS = 120_000
_QUALITY = 80


def main() -> None:
    """Takes all pictures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_cloud(Path(folder), None) as cloud,
        browser() as chromium,
    ):
        shop = cloud.config.site_url
        shopper, merchandiser = (enter(chromium, shop, person) for person in DEMO_USERS[:2])
        addresses = go_round(chromium, shop, shopper)
        for theme, size in product(THEMES, SIZES):
            take(chromium, shop, shopper, addresses, theme, size)
            take(chromium, shop, merchandiser, {"catalogue": "/catalogue"}, theme, size)
    collect_tour()


@contextmanager
def browser() -> Generator[Browser]:
    """Chromium, for as long as the block runs."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield launched
        launched.close()


def enter(chromium: Browser, shop: str, person: Mapping[str, str]) -> StorageState:
    """The cookies of somebody who has signed in."""
    with chromium.new_context() as context:
        sign_in(context.new_page(), shop, person)
        return context.storage_state()


def go_round(chromium: Browser, shop: str, who: StorageState) -> dict[str, str]:
    """Does what there is to do, so that no page is empty; the addresses of the pages."""
    with chromium.new_context(viewport=SIZES["desktop"], storage_state=who) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{shop}/chat?say=I+need+an+outfit+for+a+summer+wedding+in+Lisbon,+for+a+woman+of+30")
        page.get_by_role("button", name="Picture of the outfit").click()
        expect(page.get_by_role("img", name=re.compile("AI", re.IGNORECASE)).first).to_be_visible()
        settle(page)
        talk = address_of(page, shop)
        page.get_by_role("link", name="Try the whole outfit on").first.click()
        page.get_by_role("button", name="Try it on Ada").click()
        expect(page.get_by_role("img", name=re.compile(r"^\w+ wearing ")).first).to_be_visible(
            timeout=_MADE_WITHIN_MS
        )
        settle(page)
        room = address_of(page, shop)
        page.get_by_role("button", name="Save look").first.click()
        page.get_by_role("button", name="Put all in the bag").first.click()
        settle(page)
        products = find_products(page, shop)
        return {
            "home": "/",
            "outfit": talk,
            "fitting-room": room,
            "search": "/discover?q=summer+dress",
            "product": f"/product?id={products[0]}",
            "compare": "/compare?" + "&".join(f"id={each}" for each in products[:3]),
            "wishlist": "/saved",
            "looks": "/saved?show=looks",
            "history": "/saved?show=history",
            "bag": "/bag",
            "lookbook": "/lookbook",
            "my-style": "/style",
            "account": "/account",
            "privacy": "/privacy",
        }


def address_of(page: Page, shop: str) -> str:
    """Where the page is, without the shop's own address."""
    return page.url.removeprefix(shop)


def find_products(page: Page, shop: str) -> list[str]:
    """Ids of some dresses; the hearts of two are touched on the way."""
    page.goto(f"{shop}/discover?q=summer+dress")
    cards = page.locator('[class*="results-card-"] a[href*="product?id="]')
    expect(cards.nth(3)).to_be_attached()
    settle(page)
    for position in (0, 2):
        page.locator(f'[class*="results-{position}-heart"] button').first.click()
        settle(page)
    found = [cards.nth(number).get_attribute("href") or "" for number in range(4)]
    return [re.sub(r".*id=", "", address) for address in found]


def take(
    chromium: Browser, shop: str, who: StorageState, addresses: Mapping[str, str], theme: Theme, size: str
) -> None:
    """Keeps every page in one theme and size."""
    folder = OUT / f"{size}-{theme}"
    folder.mkdir(parents=True, exist_ok=True)
    with chromium.new_context(viewport=SIZES[size], color_scheme=theme, storage_state=who) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        for name, address in addresses.items():
            page.goto(shop + address)
            expect(page.locator("h1").first).to_be_visible()
            settle(page)
            page.wait_for_load_state("networkidle")
            # A conversation shows its end.
            page.locator(".stMain").evaluate("main => main.scrollTo(0, 0)")
            page.screenshot(path=folder / f"{name}.png")


def collect_tour() -> None:
    """Writes the pictures of the tour, small enough for a repository."""
    TOUR_FOLDER.mkdir(exist_ok=True)
    for name, (theme, size) in TOUR.items():
        page = name.removeprefix("phone-")
        with Image.open(BytesIO((OUT / f"{size}-{theme}" / f"{page}.png").read_bytes())) as image:
            image.convert("RGB").save(TOUR_FOLDER / f"{name}.webp", quality=_QUALITY, method=6)


if __name__ == "__main__":
    main()
