"""Finds the browser for the tests: `python -m tests.browser.find` prints it or fails."""

import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_browser() -> str | None:
    """Path of a Chromium on this machine: on the PATH, the application on a Mac, or Playwright's own."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return str(_MAC) if _MAC.is_file() else _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.is_file() else None


if __name__ == "__main__":
    found = find_browser()
    if found is None:
        sys.exit("no browser was found")
    sys.stdout.write(f"{found}\n")
