"""Every page for everyone: an audit by axe-core, the keyboard alone, no unwanted motion, small screens.

axe-core (https://github.com/dequelabs/axe-core) knows words for pictures and controls, contrast, headings,
landmarks, roles and sizes of targets, as WCAG 2.2 AA has them. What it cannot see is tested beside it.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect

from tests.browser.auditing import audit
from tests.browser.steps import settle
from tests.support.cloud import RunningCloud

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

PATHS = [
    "/",
    "/discover",
    "/discover?q=red+dress",
    "/product?id={product}",
    "/chat",
    "/lookbook",
    "/fitting-room",
    "/saved",
    "/bag",
    "/compare",
    "/style",
    "/account",
    "/privacy",
]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
_MOST_STEPS = 80
_FOCUSED = """
async () => {
  const element = document.activeElement;
  if (element === document.body) return ["", true];
  const chain = [element];
  while (chain.length < 5 && chain.at(-1).parentElement) chain.push(chain.at(-1).parentElement);
  const look = (each, part) => {
    const {outlineStyle, outlineColor, boxShadow, borderColor} = getComputedStyle(each, part);
    return [outlineStyle, outlineColor, boxShadow, borderColor];
  };
  const read = () => JSON.stringify(chain.map(each => [look(each, null), look(each, "::after")]));
  const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  await drawn();
  const focused = read();
  element.blur();
  await drawn();
  const changed = read() !== focused;
  element.focus();
  const copy = element.cloneNode(true);
  copy.querySelectorAll("[aria-hidden=true], [data-testid=stIconMaterial]").forEach(each => each.remove());
  const words = element.getAttribute("aria-label") || copy.textContent.trim() || element.title;
  return [words || element.tagName, changed];
}
"""
"""The name of what has the focus (none where nothing has), and whether it looks different without."""
_MOVING = """
() => {
  const longest = times => Math.max(...times.split(",").map(parseFloat));
  const moves = each => {
    const {animationName, animationDuration, transitionDuration} = getComputedStyle(each);
    const animated = animationName !== "none" && longest(animationDuration) > 0.001;
    return animated || longest(transitionDuration) > 0.001;
  };
  const all = [...document.querySelectorAll(".stApp, .stApp *")];
  return all.filter(moves).map(each => each.outerHTML.slice(0, 120));
}
"""


def open_page(page: Page, cloud: RunningCloud, path: str) -> None:
    page.goto(cloud.config.site_url + path.format(product=first_product(cloud)))
    expect(page.locator("h1").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    settle(page)
    expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0)


def ground_of(page: Page) -> str:
    """The colour that a page lies on."""
    return page.locator(".stApp").evaluate("app => getComputedStyle(app).backgroundColor")


def first_product(cloud: RunningCloud) -> str:
    return cloud.call("GET", "/products?limit=1").json()["products"][0]["product_id"]


@pytest.mark.parametrize("path", PATHS)
def test_the_audit_finds_nothing(page: Page, cloud: RunningCloud, path: str) -> None:
    page.emulate_media(color_scheme="dark")
    open_page(page, cloud, path)
    assert audit(page) == []
    dark = ground_of(page)
    # The page follows the theme and the size of the window, without being asked for once more.
    page.emulate_media(color_scheme="light")
    expect(page.locator(".stApp")).not_to_have_css("background-color", dark)
    settle(page)
    assert audit(page) == []
    page.set_viewport_size(PHONE)
    settle(page)
    widest = page.evaluate("document.documentElement.scrollWidth")
    inside = page.evaluate("document.querySelector('.stMain').scrollWidth")
    assert (widest, inside) <= (390, 390)
    assert audit(page) == []
    page.set_viewport_size(DESKTOP)


def test_the_first_screen_is_read_in_its_language(browser: Browser, cloud: RunningCloud) -> None:
    with browser.new_context(locale="de-DE") as context:
        tab = context.new_page()
        tab.goto(cloud.config.site_url)
        expect(tab.get_by_role("button", name="Anmelden")).to_be_visible()
        expect(tab.locator("html")).to_have_attribute("lang", "de")
        assert audit(tab) == []


def test_a_language_is_kept(page: Page, cloud: RunningCloud) -> None:
    page.emulate_media(color_scheme="light")
    open_page(page, cloud, "/account")
    choose_language(page, "Deutsch")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", name="Deine Daten")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Deine Daten")).to_be_visible()
    choose_language(page, "English")
    expect(page.get_by_role("heading", name="Your data")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def choose_language(page: Page, name: str) -> None:
    page.locator(".st-key-language").get_by_role("combobox").click()
    page.get_by_role("option", name=name).click()


def test_the_audit_finds_faults(page: Page, cloud: RunningCloud) -> None:
    open_page(page, cloud, "/account")
    page.evaluate(
        """() => document.querySelector(".stMain").insertAdjacentHTML("beforeend", `<img src="x.png">
        <button></button><p style="color:#999;background:#fff">Too pale</p><h6>Deep</h6>`)"""
    )
    rules = {line.partition(" ")[0] for line in audit(page)}
    assert {"image-alt", "button-name", "color-contrast", "heading-order"} <= rules
    page.reload()


def step(page: Page) -> str:
    """On to the next control by the keyboard; its name. What has the focus must be seen to have it."""
    page.keyboard.press("Tab")
    name, seen = page.evaluate(_FOCUSED)
    assert seen, f"the focus is not seen: {name}"
    return name


def walk_to(page: Page, wanted: Callable[[str], bool]) -> None:
    """By the keyboard to the control with the wanted name."""
    names = list[str]()
    for _ in range(_MOST_STEPS):
        names.append(step(page))
        if wanted(names[-1]):
            return
    raise AssertionError(f"not reached: {names}")


def test_the_keyboard_leads_from_a_search_to_a_saved_piece(page: Page, cloud: RunningCloud) -> None:
    # Without transitions a control looks at once as it will.
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    open_page(page, cloud, "/discover")
    assert step(page) == "Skip to main content"
    walk_to(page, lambda name: name == "What are you looking for?")
    page.keyboard.type("red dress")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("red dress")
    settle(page)
    title = page.locator(".st-key-results a[href*='product']").first.inner_text()
    walk_to(page, lambda name: name == title)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    settle(page)
    walk_to(page, lambda name: name == f"Save {title}")
    page.keyboard.press("Enter")
    saved = page.get_by_role("button", name=f"Saved: {title}").first
    expect(saved).to_be_visible()
    saved.click()
    expect(page.get_by_role("button", name=f"Save {title}").first).to_be_visible()


def test_nothing_moves_for_who_does_not_want_it(
    browser: Browser, cloud: RunningCloud, signed_in: StorageState
) -> None:
    with browser.new_context(reduced_motion="reduce", storage_state=signed_in) as context:
        tab = context.new_page()
        open_page(tab, cloud, "/discover?q=red+dress")
        assert tab.evaluate(_MOVING) == []
