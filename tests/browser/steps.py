"""What shoppers do in several tests."""

import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.cloud import SHOPPER, RunningCloud

ROOT = Path(__file__).parents[2]
ARTIFACTS = Path("test-artifacts")
FIGURE = ROOT / "ui" / "figures" / "brown.jpg"
"""A drawn person in a white t-shirt and blue jeans."""


def sign_in(page: Page, site_url: str, person: Mapping[str, str] = SHOPPER) -> None:
    """From the first screen to the start page of the shop."""
    page.goto(site_url)
    page.get_by_role("button", name="Sign in").click()
    page.fill('input[name="username"]', person["email"])
    page.fill('input[name="password"]', person["password"])
    page.locator('input[name="password"]').press("Enter")
    page.wait_for_url(re.compile(re.escape(site_url) + r"(?!/oauth2)"))
    expect(page.get_by_role("heading", name="What are you dressing for?")).to_be_visible()


def forget_photos(cloud: RunningCloud) -> None:
    """Take away the shopper's photos, with all that was made of them."""
    for photo in cloud.call("GET", "/models").json()["models"]:
        assert cloud.call("DELETE", f"/models/{photo['model_id']}").status_code == 200


def settle(page: Page) -> None:
    """Wait until the whole page is there: what is counted or read before that may be a part of it."""
    expect(page.locator('[data-testid="stApp"]')).to_have_attribute("data-test-script-state", "notRunning")


def keep(page: Page, name: str) -> None:
    """A picture of the page for people to look at."""
    ARTIFACTS.mkdir(exist_ok=True)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=ARTIFACTS / f"{name}.png")
