"""What axe-core finds on a page (https://github.com/dequelabs/axe-core): WCAG 2.2 AA and best practices."""

from collections.abc import Mapping
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LEFT_OUT: Mapping[str, str] = {
    '[data-testid="stToast"]': "Streamlit names its toasts after an element that it does not draw.",
}
"""What is not looked at, with the reason: what Streamlit does and no style can mend."""
_OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
_AXE = Axe()


def audit(page: Page) -> list[str]:
    """What axe-core finds, one line for each place."""
    context = {"exclude": [[place] for place in LEFT_OUT]}
    found: list[dict[str, Any]] = _AXE.run(page, context, _OPTIONS).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:160]}" for each in found for node in each["nodes"]
    ]
