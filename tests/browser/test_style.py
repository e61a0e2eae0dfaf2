"""A shopper and their style: hearts, the order of what they see, corrections, and incognito."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import keep, settle
from tests.support.cloud import RunningCloud, eventually

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

_HEART = re.compile("^Save ")
_FILLED = re.compile("^Saved: ")


def count_interactions(cloud: RunningCloud) -> int:
    return cloud.call("GET", "/me/style").json()["interactions"]


def favorites(cloud: RunningCloud) -> list[str]:
    items = cloud.call("GET", "/me/closet").json()["items"]
    return [item["item_id"] for item in items if item["kind"] == "favorite"]


@pytest.fixture(autouse=True, scope="module")
def forget(cloud: RunningCloud) -> None:
    """Whatever other tests liked does not count here."""
    assert cloud.call("DELETE", "/me/style").status_code < 300
    for product_id in favorites(cloud):
        assert cloud.call("DELETE", f"/me/closet/favorite/{product_id}").status_code < 300


def open_search(page: Page, cloud: RunningCloud, words: str, **place: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in {"q": words.replace(" ", "+"), **place}.items())
    page.goto(f"{cloud.config.site_url}/discover?{query}")
    expect(page.locator('[class*="results-card-0"] a').first).to_be_visible()
    settle(page)


def test_hearts_are_learned_from_and_outlive_a_reload(page: Page, cloud: RunningCloud) -> None:
    open_search(page, cloud, "navy dress")
    for _ in range(3):
        saved = page.get_by_role("button", name=_FILLED).count()
        page.get_by_role("button", name=_HEART).first.click()
        expect(page.get_by_role("button", name=_FILLED)).to_have_count(saved + 1)
    assert eventually(lambda: count_interactions(cloud) >= 3)
    assert len(favorites(cloud)) == 3
    page.reload()
    expect(page.get_by_role("button", name=_FILLED)).to_have_count(3)
    page.goto(f"{cloud.config.site_url}/saved")
    expect(page.locator('[class*="favorites-card-"] img')).to_have_count(3)
    keep(page, "saved")


def test_the_slider_changes_the_order_and_says_why(page: Page, cloud: RunningCloud) -> None:
    def names() -> list[str]:
        return page.locator('[class*="results-card-"] > .stElementContainer a').all_inner_texts()

    open_search(page, cloud, "shoes", style="0")
    plain = names()
    expect(page.locator(".why")).to_have_count(0)
    open_search(page, cloud, "shoes", style="100")
    expect(page.locator(".why").first).to_be_visible()
    assert names() != plain
    keep(page, "search-my-style")


def test_the_style_page_shows_and_corrects(page: Page, cloud: RunningCloud) -> None:
    page.goto(f"{cloud.config.site_url}/style")
    expect(page.locator(".liking").first).to_be_visible()
    settle(page)
    keep(page, "my-style")
    count = page.locator(".liking").count()
    page.get_by_role("button", name=re.compile("^Remove ")).first.click()
    expect(page.locator(".liking")).to_have_count(count - 1)
    page.get_by_role("button", name="Reset my style").click()
    page.get_by_role("button", name="Forget my style").click()
    expect(page.get_by_text("Nothing is known yet")).to_be_visible()
    assert count_interactions(cloud) == 0


def test_incognito_tells_nothing_and_outlives_a_reload(page: Page, cloud: RunningCloud) -> None:
    open_search(page, cloud, "white shirt")
    page.get_by_role("button", name="Sort & style").click()
    page.get_by_text("Incognito").click()
    expect(page.get_by_role("switch", name="Incognito")).to_be_checked()
    assert eventually(lambda: [each for each in page.context.cookies() if "incognito" in str(each)])
    page.reload()
    page.get_by_role("button", name="Sort & style").click()
    expect(page.get_by_role("switch", name="Incognito")).to_be_checked()
    page.keyboard.press("Escape")
    before = count_interactions(cloud)
    page.get_by_role("button", name=_HEART).first.click()
    expect(page.get_by_role("button", name=_FILLED).first).to_be_visible()
    page.wait_for_timeout(1_000)
    assert count_interactions(cloud) == before
    page.get_by_role("button", name="Sort & style").click()
    page.get_by_text("Incognito").click()
    expect(page.get_by_role("switch", name="Incognito")).not_to_be_checked()


def test_a_product_page_offers_the_complete_look(page: Page, cloud: RunningCloud) -> None:
    shirt = cloud.search(query="white shirt", limit=1)[0]["product_id"]
    page.goto(f"{cloud.config.site_url}/product?id={shirt}")
    expect(page.get_by_role("heading", name=re.compile("^Complete the look"))).to_be_visible()
    expect(page.locator('[class*="complete-card-"]').nth(1)).to_be_visible()
    keep(page, "complete-the-look")
