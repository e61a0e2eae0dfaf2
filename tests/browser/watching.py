"""What goes wrong in a browser without being seen: errors of scripts, broken requests, things that jump.

Layout shift is measured as the web does (https://web.dev/articles/cls): the share of the window that moved,
times how far, without what follows a click or a key within half a second.
"""

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

_SHIFTS = """
window.layoutShifts = [];
new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput)
      window.layoutShifts.push({
        value: entry.value,
        what: entry.sources.map(source => source.node?.parentElement?.className ?? "").slice(0, 3),
      });
}).observe({type: "layout-shift", buffered: true});
"""


@dataclass
class Watch:
    """Errors of all pages of a context since it began."""

    errors: list[str] = field(default_factory=list[str])

    def take_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"console: {message.text[:300]}")

    def take_exception(self, error: object) -> None:
        self.errors.append(f"exception: {str(error)[:300]}")

    def take_response(self, response: Response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status}: {response.url.partition('?')[0]}")


def watch(context: BrowserContext) -> Watch:
    """Watches every page that the context opens from now on."""
    found = Watch()
    context.add_init_script(_SHIFTS)

    def attach(page: Page) -> None:
        page.on("console", found.take_console)
        page.on("pageerror", found.take_exception)
        page.on("response", found.take_response)

    context.on("page", attach)
    return found


def forget_shifts(page: Page) -> None:
    """Begins to count anew."""
    page.evaluate("window.layoutShifts.length = 0")


def layout_shift(page: Page) -> float:
    """The sum of all unexpected shifts since the page was loaded, or since then; up to 0.1 counts as good."""
    return page.evaluate("window.layoutShifts.reduce((sum, shift) => sum + shift.value, 0)")


def describe_shifts(page: Page) -> str:
    """What moved, for the message of a failed test."""
    return page.evaluate("JSON.stringify(window.layoutShifts)")
