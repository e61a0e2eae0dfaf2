"""Every page for everyone: words for pictures and buttons, contrast for text, room for it all on a phone.

The contrast is that of WCAG 2.2, 1.4.3: relative luminance of text against the colour behind it.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect

from tests.browser.steps import settle
from tests.support.cloud import RunningCloud

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

PATHS = [
    "/",
    "/?q=red+dress",
    "/chat",
    "/lookbook",
    "/account",
    "/fitting-room",
    "/saved",
    "/style",
]
_FAULTS = """
() => {
  const faults = [];
  const main = document.querySelector(".stApp");
  const shown = element => element.getClientRects().length > 0;
  for (const image of main.querySelectorAll("img"))
    if (!image.alt.trim()) faults.push("a picture without words: " + image.src.slice(-60));
  for (const button of main.querySelectorAll("button, a[href], [role=slider], input:not([type=file])")) {
    const label = [button.getAttribute("aria-label"), button.textContent, button.title, button.placeholder,
      ...[...(button.labels || [])].map(each => each.textContent),
      ...(button.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean)
        .map(id => document.getElementById(id)?.textContent)].join("").trim();
    if (shown(button) && !label) faults.push("a control without a name: " + button.outerHTML.slice(0, 160));
  }
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  const over = (colors) => {
    pen.fillStyle = "#fff"; pen.fillRect(0, 0, 1, 1);
    for (const color of colors) { pen.fillStyle = color; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = rgb => {
    const linear = share => share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.map(value => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // Also what cannot be used now, and the value that floats above the knob of a slider.
  const unseen = "style, script, [aria-hidden=true], [data-stale=true], [role=slider], "
    + "[data-testid=stSliderThumbValue], :disabled, [aria-disabled=true]";
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const style = getComputedStyle(parent);
    if (!walker.currentNode.textContent.trim() || !shown(parent) || parent.closest(unseen)
        || style.visibility === "hidden" || style.clipPath !== "none")
      continue;
    const behind = [];
    for (let element = parent; element; element = element.parentElement)
      behind.unshift(getComputedStyle(element).backgroundColor);
    const ground = light(over(behind)), text = light(over([...behind, style.color]));
    const contrast = (Math.max(ground, text) + 0.05) / (Math.min(ground, text) + 0.05);
    if (contrast < 4.5)
      faults.push(contrast.toFixed(2) + " contrast: " + walker.currentNode.textContent.trim().slice(0, 60));
  }
  return faults;
}
"""


def open_page(page: Page, cloud: RunningCloud, path: str) -> None:
    page.goto(cloud.config.site_url + path)
    expect(page.locator("h1").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    settle(page)
    expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0)


@pytest.mark.parametrize("path", PATHS)
def test_everything_has_words_and_contrast(page: Page, cloud: RunningCloud, path: str) -> None:
    open_page(page, cloud, path)
    assert page.evaluate(_FAULTS) == []


def test_the_check_finds_faults(page: Page, cloud: RunningCloud) -> None:
    open_page(page, cloud, "/account")
    page.evaluate(
        """() => document.querySelector(".stApp").insertAdjacentHTML("beforeend",
        '<img src="x.png"><button></button><p style="color:#999;background:#fff">Too pale</p>')"""
    )
    faults = page.evaluate(_FAULTS)
    assert [fault.partition(":")[0] for fault in faults] == [
        "a picture without words",
        "a control without a name",
        "2.85 contrast",
    ]
    page.reload()


def test_focus_is_seen_and_follows_the_page(page: Page, cloud: RunningCloud) -> None:
    open_page(page, cloud, "/account")
    page.keyboard.press("Tab")
    names = []
    for _ in range(5):
        names.append(page.evaluate("document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        shadow = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
        assert outline != "none" or shadow != "none", names
        page.keyboard.press("Tab")
    assert names[0] == "Skip to main content"
    # After the page itself, which the arrow keys scroll then.
    assert names[2:] == ["Virtual Stylist", "Discover", "Stylist"]


@pytest.fixture(scope="module")
def phone(browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    """A small screen."""
    size: ViewportSize = {"width": 390, "height": 844}
    with browser.new_context(viewport=size, has_touch=True, storage_state=signed_in) as context:
        tab = context.new_page()
        tab.set_default_timeout(20_000)
        yield tab


@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_wider_than_a_phone(phone: Page, cloud: RunningCloud, path: str) -> None:
    open_page(phone, cloud, path)
    widest = phone.evaluate("document.documentElement.scrollWidth")
    inside = phone.evaluate("document.querySelector('.stMain').scrollWidth")
    assert (widest, inside) <= (390, 390)
