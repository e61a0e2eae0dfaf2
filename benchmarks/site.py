"""How soon the pages of the site can be used, in a browser on this machine, with a local cloud of its own.

Run: python -m benchmarks.site [FOLDER]     FOLDER holds photos (sub-folder = category); the demo without it
"""

import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.record import Figure, record
from tests.browser.find import find_browser
from tests.browser.steps import forget_photos, settle, sign_in
from tests.browser.visitor import MOST_CLICKS, MOST_SECONDS, Visitor
from tests.support.cloud import RunningCloud, running_cloud

COMMAND = "python -m benchmarks.site"
TARGET_MS = 1_000.0
_ROUNDS = 9
_WARM_UP = 2
_LOOPS = 5
_DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_CARD = '[class*="-card-0"] img'
"""The first picture of a product: what a shopper waits for."""


def main() -> None:
    """Open each page from another one, as a link does, and from nothing, as a kept address does."""
    catalog = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as scratch, running_cloud(Path(scratch), catalog) as cloud:
        measure(cloud)


def measure(cloud: RunningCloud) -> None:
    """Milliseconds until the first products of a page are seen, warm."""
    site = cloud.config.site_url
    dress = cloud.search(query="red dress", limit=1)[0]["product_id"]
    keep_something(cloud, dress)
    addresses = {
        "home": ("/", ".st-key-categories .picture img"),
        "discover": ("/discover", _CARD),
        "a search": ("/discover?q=red+dress", _CARD),
        "a product": (f"/product?id={dress}", ".portrait img"),
        "saved": ("/saved", _CARD),
        "the bag": ("/bag", ".st-key-bag img"),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(30_000)
        sign_in(page, site)
        for name, (path, sign) in addresses.items():
            times = [_time_address(page, site + path, sign) for _ in range(_WARM_UP + _ROUNDS)][_WARM_UP:]
            _record(f"site/{name}, from its address until it can be used", times)
        for name, link in (("discover", "Discover"), ("saved", "Saved")):
            times = [_time_link(page, site, link) for _ in range(_WARM_UP + _ROUNDS)][_WARM_UP:]
            _record(f"site/{name}, from a link until it can be used", times)
        _record("site/a heart, from the click until it is filled", _time_hearts(page, site))
        measure_loop(page, cloud)
        browser.close()


def measure_loop(page: Page, cloud: RunningCloud) -> None:
    """Seconds and clicks from the start page until a recommended outfit is seen on a person."""
    times: list[float] = []
    clicks: list[int] = []
    for _ in range(_LOOPS):
        forget_photos(cloud)
        page.goto(cloud.config.site_url)
        settle(page)
        visitor = Visitor(page)
        began = perf_counter()
        visitor.ask_for_an_outfit()
        visitor.try_it_on()
        times.append(perf_counter() - began)
        clicks.append(visitor.clicks)
    name = "site/from the start page to an outfit on a person"
    record(Figure(f"{name}, p50", median(times), "s", "lower", COMMAND, target=MOST_SECONDS, n=_LOOPS))
    record(Figure(f"{name}, longest", max(times), "s", "lower", COMMAND, target=MOST_SECONDS, n=_LOOPS))
    record(Figure(f"{name}, clicks", max(clicks), "clicks", "lower", COMMAND, target=MOST_CLICKS, n=_LOOPS))


def keep_something(cloud: RunningCloud, product_id: str) -> None:
    """A shopper with a favourite and a bag: empty pages would be quick at anything."""
    for kind in ("favorite", "bag"):
        cloud.call("PUT", f"/me/closet/{kind}/{product_id}", json={}).raise_for_status()


def _time_address(page: Page, address: str, sign: str) -> float:
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    return _time_sign(page, sign)


def _time_sign(page: Page, sign: str) -> float:
    """Milliseconds since the document was asked for until the sign is drawn, told by the page itself."""
    return page.evaluate(
        """sign => new Promise(done => {
          const look = () => {
            const found = document.querySelector(sign);
            if (found && found.getClientRects().length && (found.complete ?? true)) done(performance.now());
            else requestAnimationFrame(look);
          };
          look();
        })""",
        sign,
    )


def _time_link(page: Page, site: str, link: str) -> float:
    page.goto(site + "/account")
    page.wait_for_selector(_DONE)
    expect(page.get_by_role("link", name=link)).to_be_visible()
    began: float = page.evaluate("performance.now()")
    page.get_by_role("link", name=link).click()
    return _time_sign(page, _CARD) - began


def _time_hearts(page: Page, site: str) -> list[float]:
    page.goto(site + "/discover")
    page.wait_for_selector(_CARD)
    page.wait_for_selector(_DONE)
    times: list[float] = []
    for turn in range(_WARM_UP + _ROUNDS):
        name, after = ("Save ", "Saved: ") if turn % 2 == 0 else ("Saved: ", "Save ")
        heart = page.locator('[class*="results-1-heart-icon"] button')
        expect(heart).to_contain_text(name)
        began: float = page.evaluate("performance.now()")
        heart.click()
        ended: float = page.evaluate(
            """after => new Promise(done => {
              const look = () => {
                const heart = document.querySelector('[class*="results-1-heart-icon"] button');
                if (heart?.textContent.includes(after)) done(performance.now());
                else requestAnimationFrame(look);
              };
              look();
            })""",
            after,
        )
        times.append(ended - began)
    return times[_WARM_UP:]


def _record(name: str, times: list[float]) -> None:
    worst = quantiles(times, n=20)[18]
    record(Figure(f"{name}, p50", median(times), "ms", "lower", COMMAND, target=TARGET_MS, n=len(times)))
    record(Figure(f"{name}, p95", worst, "ms", "lower", COMMAND, n=len(times)))


if __name__ == "__main__":
    main()
