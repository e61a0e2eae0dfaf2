"""A browser, and a shopper who is signed in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from tests.browser.find import find_browser
from tests.browser.steps import sign_in
from tests.browser.watching import watch
from tests.support.cloud import RunningCloud

# The first page of a browser fetches all of the site's parts, and machines that run tests are often busy.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    executable = find_browser()
    assert executable, "there is no Chromium on this machine: `make browser` installs one"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def signed_in(browser: Browser, cloud: RunningCloud) -> StorageState:
    """The cookies of a shopper who has come in through the sign-in page."""
    with browser.new_context() as context:
        tab = context.new_page()
        sign_in(tab, cloud.config.site_url)
        return context.storage_state()


@pytest.fixture(scope="module")
def page(browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    """That shopper's tab; nothing may go wrong in it unseen."""
    with browser.new_context(viewport={"width": 1280, "height": 900}, storage_state=signed_in) as context:
        watched = watch(context)
        tab = context.new_page()
        tab.set_default_timeout(20_000)
        yield tab
        assert watched.errors == []
