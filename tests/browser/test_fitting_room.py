"""A shopper in the fitting room: photo, pieces, a look made before their eyes, and everything gone again."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import FIGURE, forget_photos, keep, settle
from tests.support.cloud import RunningCloud, eventually

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

_MADE_WITHIN_MS = 90_000
_WATCH = """
window.seen = [];
const note = () => {
  const job = document.querySelector(".job");
  if (!job) return;
  const now = job.dataset.status + ": " + job.querySelector('[role="status"]').textContent;
  if (window.seen.at(-1) !== now) window.seen.push(now);
};
const all = {subtree: true, childList: true, attributes: true, characterData: true};
new MutationObserver(note).observe(document.body, all);
"""


@pytest.fixture(autouse=True, scope="module")
def empty(cloud: RunningCloud) -> None:
    """Photos that other tests left do not count here."""
    forget_photos(cloud)


def open_room(page: Page, cloud: RunningCloud, query: str = "") -> None:
    page.goto(f"{cloud.config.site_url}/fitting-room{query}")
    expect(page.get_by_role("heading", name="Fitting room")).to_be_visible()


def test_a_photo_is_taken_only_with_consent_and_can_be_used(page: Page, cloud: RunningCloud) -> None:
    open_room(page, cloud)
    page.get_by_text("On a photo of your own").click()
    expect(page.locator('main input[type="file"]').first).to_be_disabled()
    page.get_by_text("I am in this photo").click()
    expect(page.locator('main input[type="file"]').first).to_be_enabled()
    page.locator('main input[type="file"]').first.set_input_files(FIGURE)
    expect(page.get_by_role("button", name="In use")).to_be_visible(timeout=40_000)
    expect(page.get_by_role("img", name="Your photo 1")).to_be_visible()
    expect(page.get_by_text(re.compile("Kept until"))).to_be_visible()
    keep(page, "fitting-photo")


def test_a_piece_from_the_shop_becomes_a_look_step_by_step(page: Page, cloud: RunningCloud) -> None:
    dress = cloud.search(query="red dress", limit=1)[0]["product_id"]
    page.goto(f"{cloud.config.site_url}/product?id={dress}")
    page.get_by_role("link", name="Try it on").first.click()
    page.wait_for_url(re.compile("/fitting-room"))
    expect(page.get_by_role("button", name=re.compile("^Put .* back$"))).to_be_visible()
    settle(page)
    page.evaluate(_WATCH)
    page.get_by_role("button", name="Try it on", exact=True).click()
    after = page.get_by_role("img", name=re.compile("^You wearing")).first
    expect(after).to_be_visible(timeout=_MADE_WITHIN_MS)
    seen = page.evaluate("window.seen")
    assert len(seen) >= 3, seen
    order = [["created", "processing", "completed"].index(each.partition(":")[0]) for each in seen]
    assert order == sorted(order), seen
    page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    expect(page.get_by_text("AI-made · shows the look, not the size").first).to_be_visible()
    expect(page.get_by_role("link", name="Ask the stylist about it")).to_be_visible()
    keep(page, "fitting-look")


def test_the_slider_works_with_the_keyboard(page: Page) -> None:
    slider = page.get_by_label("How much of the look is shown")
    slider.focus()
    before = page.locator(".before-after").evaluate("figure => figure.style.getPropertyValue('--cut')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    after = page.locator(".before-after").evaluate("figure => figure.style.getPropertyValue('--cut')")
    assert float(after[:-1]) == float(before[:-1]) + 2


def test_the_look_is_downloaded(page: Page) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    data = download.value.path().read_bytes()
    assert data[:3] == b"\xff\xd8\xff"


def test_everything_is_still_there_after_a_reload(page: Page) -> None:
    page.reload()
    expect(page.get_by_role("img", name=re.compile("^You wearing")).first).to_be_visible(timeout=30_000)
    page.get_by_text("Try something else on").click()
    expect(page.get_by_role("button", name="In use")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Put .* back$"))).to_be_visible()


def test_one_click_on_a_drawn_person_makes_a_second_look_to_compare(page: Page, cloud: RunningCloud) -> None:
    page.get_by_role("button", name="Change a piece").click()
    page.get_by_text("On a drawn person", exact=True).click()
    page.get_by_role("button", name="Try it on Ada").click()
    after = page.get_by_role("img", name=re.compile("^Ada wearing")).first
    expect(after).to_be_visible(timeout=_MADE_WITHIN_MS)
    settle(page)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Side by side")).to_be_visible()
    expect(page.get_by_role("button", name="Choose this one")).to_have_count(2)
    keep(page, "fitting-compare")
    page.get_by_role("button", name="Close the comparison").click()
    expect(page.get_by_role("heading", name="Side by side")).to_have_count(0)


def test_deleted_photos_are_gone_everywhere(page: Page, cloud: RunningCloud) -> None:
    page.get_by_text("Try something else on").click()
    page.get_by_role("button", name="Delete Ada").click()
    page.get_by_role("button", name="Delete photo and looks").click()
    expect(page.get_by_role("button", name="Delete Ada")).to_have_count(0, timeout=30_000)
    settle(page)
    page.goto(f"{cloud.config.site_url}/fitting-room")
    page.get_by_text("Try something else on").click()
    page.get_by_role("button", name="Delete photo 1").click()
    page.get_by_role("button", name="Delete photo and looks").click()
    expect(page.get_by_text("No looks yet")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("img", name="Your photo 1")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("No looks yet")).to_be_visible(timeout=30_000)
    assert eventually(lambda: cloud.call("GET", "/models").json()["models"] == [])
    assert cloud.call("GET", "/try-on").json()["jobs"] == []
