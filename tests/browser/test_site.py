"""A shopper in a browser: signs in, searches by words and by a photo, opens a product, signs out."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from local.faults import Fault
from tests.browser.steps import keep, settle
from tests.support.cloud import RunningCloud

pytestmark = [pytest.mark.browser, pytest.mark.cloud]
SLOW_PAINTER = Fault("bedrock", "/invoke", status=200, delay_s=2.0)
"""Takes long enough for what stands in the place of the picture to be looked at."""

CARD = '[class*="results-card-{}"] a'


def search(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", name=words)).to_be_visible()


def test_the_start_page_leads_on(page: Page, cloud: RunningCloud) -> None:
    page.goto(cloud.config.site_url)
    expect(page.get_by_role("link", name="Dinner with friends")).to_be_visible()
    expect(page.get_by_role("heading", name="Shop by category")).to_be_visible()
    settle(page)
    keep(page, "start")
    page.get_by_role("link", name="Hat", exact=True).click()
    page.wait_for_url(re.compile("/discover.*category=hat"))
    expect(page.get_by_role("heading", name="Hat", exact=True)).to_be_visible()
    here = page.get_by_role("link", name="Discover", exact=True)
    expect(here).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.get_by_role("heading", name="Shop by category")).to_be_visible()


def test_words_find_products(page: Page, cloud: RunningCloud) -> None:
    page.goto(cloud.config.site_url + "/discover")
    search(page, "black shoes")
    expect(page).to_have_url(re.compile("q=black"))
    expect(page.locator(CARD.format(0)).first).to_be_visible()
    keep(page, "search-by-words")


def test_a_photo_finds_its_product_first(page: Page, catalog_folder: Path) -> None:
    with (catalog_folder / "products.csv").open(encoding="utf-8", newline="") as file:
        product = next(row for row in csv.DictReader(file) if row["category"] == "dress")
    page.locator("input[type=file]").first.set_input_files(catalog_folder / product["image"])
    expect(page.locator('[class*="results-card-0"]').get_by_text(product["name"]).first).to_be_visible()
    keep(page, "search-by-photo")


def test_a_product_has_a_page_that_survives_a_reload(page: Page, cloud: RunningCloud) -> None:
    page.goto(cloud.config.site_url + "/?q=summer+dress")
    page.wait_for_url(re.compile(r"/discover\?q=summer"))
    first = page.locator(CARD.format(0)).first
    expect(first).to_be_visible()
    first.click(force=True)
    page.wait_for_url(re.compile("/product"))
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_be_visible()
    name = heading.inner_text()
    expect(page.get_by_role("link", name=re.compile("shop", re.IGNORECASE)).first).to_be_visible()
    keep(page, "product")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_pictures_load_and_are_described(page: Page, cloud: RunningCloud) -> None:
    page.goto(cloud.config.site_url + "/discover")
    page.wait_for_function(
        "[...document.images].some(i => i.src.includes('/products/') && i.naturalWidth > 0)"
    )
    page.wait_for_load_state("networkidle")
    pictures = page.evaluate(
        "[...document.images].filter(i => i.complete && i.src.includes('/products/'))"
        ".map(i => [i.naturalWidth, i.alt])"
    )
    assert pictures
    assert all(width > 0 and alt for width, alt in pictures)
    keep(page, "browse")


def test_a_piece_goes_into_the_bag_with_its_size_and_is_bought(page: Page, cloud: RunningCloud) -> None:
    dress = cloud.search(query="red dress", limit=1, filters={"in_stock": True})[0]["product_id"]
    page.goto(f"{cloud.config.site_url}/product?id={dress}")
    page.get_by_role("button", name="Put it in the bag").click()
    expect(page.get_by_text("Please choose your size first.")).to_be_visible()
    page.get_by_role("radio").first.click()
    page.get_by_role("button", name="Put it in the bag").click()
    expect(page.get_by_role("link", name="Bag 1")).to_be_visible()
    page.get_by_role("link", name="In your bag: see it").click()
    page.wait_for_url(re.compile("/bag"))
    expect(page.get_by_role("link", name=re.compile("Continue at the shop"))).to_be_visible()
    keep(page, "bag")
    page.reload()
    page.get_by_role("button", name=re.compile("^Take .* out$")).click()
    expect(page.get_by_role("heading", name="Your bag is empty")).to_be_visible()


def test_a_complete_look_is_saved_and_compared(page: Page, cloud: RunningCloud) -> None:
    shirt = cloud.search(query="white shirt", limit=1)[0]["product_id"]
    page.goto(f"{cloud.config.site_url}/product?id={shirt}")
    page.get_by_role("button", name="Save look").click()
    expect(page.get_by_role("button", name="Look saved")).to_be_visible()
    page.goto(f"{cloud.config.site_url}/saved?show=looks")
    expect(page.locator(".collage").first).to_be_visible()
    settle(page)
    keep(page, "looks")
    page.get_by_role("link", name="Compare").first.click()
    expect(page.get_by_role("heading", name="Side by side")).to_be_visible()
    expect(page.locator("dl.compared").nth(1)).to_be_visible()
    settle(page)
    keep(page, "compare")


def test_a_conversation_ends_with_an_outfit_and_its_picture(page: Page, cloud: RunningCloud) -> None:
    page.goto(cloud.config.site_url + "/chat")
    box = page.locator('[data-testid="stChatInputTextArea"]')
    box.fill("I need an outfit for a wedding in Lisbon in June, I am 34, a woman, budget 200 euros")
    box.press("Enter")
    expect(page.get_by_role("button", name="Picture of the outfit").last).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Occasion: Wedding")).to_be_visible()
    page.get_by_role("button", name="Picture of the outfit").last.click()
    expect(page.get_by_text("AI-made")).to_have_count(1, timeout=30_000)
    page.get_by_role("button", name="Something less formal").click()
    expect(
        page.get_by_role("button", name="Style: Smart").or_(page.get_by_text("more relaxed"))
    ).to_be_visible(timeout=30_000)
    box.fill("show me a picture")
    box.press("Enter")
    expect(page.get_by_text("AI-made")).to_have_count(2, timeout=30_000)
    keep(page, "chat")
    box.fill("what's the capital of France")
    box.press("Enter")
    expect(page.get_by_text("I will not be able to help you with this query").first).to_be_visible()


def test_a_conversation_is_there_after_a_reload_and_in_another_tab(page: Page) -> None:
    expect(page).to_have_url(re.compile("session="))
    for tab in (page, page.context.new_page()):
        tab.goto(page.url)
        expect(tab.get_by_role("heading", name=re.compile("^The outfit")).first).to_be_visible()
        expect(tab.get_by_text("what's the capital of France")).to_be_visible()
        expect(tab.get_by_role("link", name="Try the whole outfit on").first).to_be_visible()


def test_an_address_says_something_to_the_stylist_once(page: Page, cloud: RunningCloud) -> None:
    page.goto(cloud.config.site_url + "/chat?say=a+red+dress+for+a+woman")
    expect(page.get_by_text("a red dress for a woman")).to_be_visible()
    expect(page).to_have_url(re.compile("/chat[?]session="), timeout=30_000)
    settle(page)
    expect(page.locator('[class*="st-key-question-"]')).to_have_count(1)


def test_a_conversation_begins_about_a_piece(page: Page, cloud: RunningCloud) -> None:
    piece = cloud.search(query="white shirt", limit=1)[0]
    page.goto(f"{cloud.config.site_url}/chat?about={piece['product_id']}")
    expect(page.get_by_role("heading", name="What would you like to know about this piece?")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Something like")).click()
    expect(page).to_have_url(re.compile("/chat[?]session="), timeout=30_000)


def test_a_look_is_drawn_from_words(page: Page, cloud: RunningCloud) -> None:
    page.goto(cloud.config.site_url + "/lookbook")
    page.get_by_label("Your look in words").fill("a navy suit with a white shirt in the city")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("img", name="Made by AI: a navy suit")).to_be_visible(timeout=30_000)
    keep(page, "lookbook")


def test_a_picture_does_not_move_what_stands_around_it(page: Page, cloud: RunningCloud) -> None:
    page.goto(cloud.config.site_url + "/lookbook")
    expect(page.get_by_role("heading", name="Earlier pictures")).to_be_visible()
    frame, settled = page.locator(".in-making").first, page.locator("figure.made").first
    with cloud.faults(SLOW_PAINTER):
        page.get_by_role("button", name="City in the rain").click()
        expect(frame).to_be_visible()
        before = frame.bounding_box()
        expect(page.get_by_role("img", name=re.compile("navy trench coat")).first).to_be_visible()
    assert settled.bounding_box() == before


def test_pictures_are_there_after_a_reload_until_they_are_deleted(page: Page, cloud: RunningCloud) -> None:
    page.goto(cloud.config.site_url + "/lookbook")
    expect(page.get_by_role("heading", name="Earlier pictures")).to_be_visible()
    settle(page)
    pictures = page.locator("main figure.made")
    before = pictures.count()
    assert before >= 2
    page.get_by_role("button", name="Delete").first.click()
    expect(pictures).to_have_count(before - 1)
    page.reload()
    expect(page.get_by_role("heading", name="Earlier pictures")).to_be_visible()
    expect(pictures).to_have_count(before - 1)
    keep(page, "lookbook-earlier")


def test_signing_out_ends_the_session(page: Page, cloud: RunningCloud) -> None:
    page.goto(cloud.config.site_url + "/account")
    keep(page, "account")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(cloud.config.site_url)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_role("heading", name="What are you dressing for?")).to_have_count(0)
