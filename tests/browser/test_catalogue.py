"""The catalogue's page in a browser: pictures are sent, seen in the shop, and what failed is thrown away."""

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.steps import keep, settle, sign_in
from tests.e2e.desk import MERCHANDISER, Merchandiser
from tests.support.cloud import RunningCloud
from tests.support.pictures import encode, garment

pytestmark = [pytest.mark.browser, pytest.mark.cloud]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def desk(cloud: RunningCloud) -> Iterator[Merchandiser]:
    merchandiser = Merchandiser(cloud)
    yield merchandiser
    merchandiser.tidy_up()


@pytest.fixture(scope="module")
def tab(browser: Browser, cloud: RunningCloud) -> Iterator[Page]:
    """The merchandiser's."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(20_000)
        sign_in(page, cloud.config.site_url, MERCHANDISER)
        yield page


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "", "buffer": content}


def test_pictures_are_sent_and_found_in_the_shop(tab: Page, desk: Merchandiser) -> None:
    tab.get_by_role("link", name="Catalogue").click()
    expect(tab.get_by_role("heading", name="Catalogue", exact=True)).to_be_visible()
    category = tab.get_by_label("Category of the photos")
    category.fill(desk.category)
    category.press("Enter")
    pictures = [
        file(f"{name}.jpg", encode(garment("plum", seed=uuid.uuid4().int % 5000)))
        for name in ("first", "second")
    ]
    # Only the ingestion finds that this one is cut short: its header is fine.
    cut = file("cut-short.jpg", encode(garment("plum"))[:-900])
    sheet = file("names.csv", b"image,name,price,currency\nfirst.jpg,Plum dress from the desk,49.90,EUR\n")
    tab.locator('input[type="file"]').set_input_files(
        [*pictures, cut, sheet, file("text.jpg", b"no picture")]
    )
    expect(tab.get_by_text("1 file will not be sent:")).to_be_visible()
    tab.get_by_role("button", name="Send 4 files").click()
    expect(tab.get_by_text("In the shop", exact=True)).to_have_count(3)  # two files, and a line of the state
    expect(tab.get_by_text("1 piece changed")).to_be_visible()
    expect(tab.get_by_text("cut short or damaged").first).to_be_visible()
    settle(tab)
    keep(tab, "catalogue")
    tab.get_by_role("link", name="See it in the shop").first.click()
    expect(tab.get_by_role("heading", level=1)).to_be_visible()


def test_a_dead_letter_is_thrown_away(tab: Page, desk: Merchandiser) -> None:
    tab.get_by_role("link", name="Catalogue").click()
    row = tab.locator('[class*="st-key-desk-letter-"]', has_text="cut-short.jpg").first
    row.get_by_role("button", name="Delete").click()
    tab.get_by_role("button", name="Delete for good").click()
    expect(tab.locator('[class*="st-key-desk-letter-"]', has_text="cut-short.jpg")).to_have_count(0)
    assert desk.letters(f"products/{desk.category}/cut-short.jpg") == []


def test_it_fits_a_phone(tab: Page) -> None:
    tab.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    settle(tab)
    width = tab.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    keep(tab, "catalogue-phone")


def test_a_shopper_does_not_see_the_page(page: Page, cloud: RunningCloud) -> None:
    page.goto(f"{cloud.config.site_url}/catalogue")
    settle(page)
    expect(page.get_by_role("link", name="Catalogue")).to_have_count(0)
    expect(page.locator('input[type="file"][multiple]')).to_have_count(0)
