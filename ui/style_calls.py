"""The part of the API that knows a shopper's style."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ui.problems import Patience
from ui.style_answers import Interaction, Liking, Noted, Outfit, Style
from ui.transport import Transport

_ONCE = Patience(attempts=1)


class StyleCalls(Transport):
    """Interest and style of one shopper. Every method raises ApiProblem."""

    def note_interactions(self, events: Sequence[Interaction]) -> Noted:
        """Tells what the shopper did; whoever calls decides about sending it again."""
        body = {"events": [event.body for event in events]}
        return self.ask(Noted, "POST", "/interactions", json=body, patience=_ONCE)

    def style(self) -> Style:
        """What the API has learned of the shopper's style."""
        return self.ask(Style, "GET", "/me/style")

    def change_style(
        self, *, weight: float | None = None, opted_out: bool | None = None, remove: Sequence[Liking] = ()
    ) -> Style:
        """Corrects the style; what is not given stays as it is."""
        body: dict[str, Any] = {}
        if weight is not None:
            body["weight"] = weight
        if opted_out is not None:
            body["opted_out"] = opted_out
        if remove:
            body["remove"] = [{"kind": liking.kind, "value": liking.value} for liking in remove]
        return self.ask(Style, "PATCH", "/me/style", json=body)

    def reset_style(self) -> Style:
        """Forgets the style."""
        return self.ask(Style, "DELETE", "/me/style")

    def outfit(self, product_id: str, *, limit: int = 4) -> Outfit:
        """Pieces that complete a look with this one."""
        path = f"/products/{quote(product_id, safe='')}/outfit"
        return self.ask(Outfit, "GET", path, params={"limit": str(limit)})
