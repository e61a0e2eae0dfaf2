"""A browser, and a shopper who is signed in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.find import find_browser
from tests.browser.steps import sign_in
from tests.support.cloud import RunningCloud

# The first page of a browser fetches all of the site's parts, and machines that run tests are often busy.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = find_browser()
    assert executable, "there is no Chromium on this machine: `make browser` installs one"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def page(browser: Browser, cloud: RunningCloud) -> Iterator[Page]:
    """One signed-in shopper's tab."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    sign_in(tab, cloud.config.site_url)
    yield tab
    context.close()
