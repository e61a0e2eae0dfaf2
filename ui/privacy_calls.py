"""The part of the API that knows what is kept of a shopper."""

from typing import Any

from pydantic import Field

from ui.bodies import Answer
from ui.transport import Transport


class Export(Answer):
    """A part of what is kept, by the name of its place; `cursor` asks for the next part."""

    data: dict[str, Any] = Field(default_factory=dict)
    cursor: str | None = None


class Erased(Answer):
    """How much was taken away, by the name of its place."""

    erased: dict[str, Any] = Field(default_factory=dict)


class PrivacyCalls(Transport):
    """What is kept of one shopper. Every method raises ApiProblem."""

    def export(self, *, cursor: str | None = None) -> Export:
        """A part of all that is kept."""
        return self.ask(Export, "GET", "/me/export", params={"cursor": cursor})

    def erase(self) -> Erased:
        """Takes away all that is kept; repeating it is safe."""
        return self.ask(Erased, "DELETE", "/me")
