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


class ShopperFacts(Answer):
    """Whether facts may be kept beyond a conversation, and those that are, by name."""

    consent: bool = False
    facts: dict[str, Any] = Field(default_factory=dict)


class PrivacyCalls(Transport):
    """What is kept of one shopper. Every method raises ApiProblem."""

    def export(self, *, cursor: str | None = None) -> Export:
        """A part of all that is kept."""
        return self.ask(Export, "GET", "/me/export", params={"cursor": cursor})

    def facts(self) -> ShopperFacts:
        """What the stylist remembers of the shopper."""
        return self.ask(ShopperFacts, "GET", "/me")

    def consent(self, *, agreed: bool) -> ShopperFacts:
        """Lets facts be kept, or not any more; what is kept is forgotten then."""
        return self.ask(ShopperFacts, "PATCH", "/me", json={"consent": agreed})

    def forget_fact(self, name: str) -> ShopperFacts:
        """Takes one fact away."""
        return self.ask(ShopperFacts, "PATCH", "/me", json={"facts": {name: None}})

    def erase(self) -> Erased:
        """Takes away all that is kept; repeating it is safe."""
        return self.ask(Erased, "DELETE", "/me")
