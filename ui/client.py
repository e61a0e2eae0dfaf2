"""Typed client of the stylist's REST API."""

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

from ui.answers import Capabilities, Health, Product, ProductPage, SearchAnswer, SearchFilters
from ui.bodies import Accepted
from ui.closet_calls import ClosetCalls
from ui.desk_calls import DeskCalls
from ui.fitting_calls import FittingCalls
from ui.privacy_calls import PrivacyCalls
from ui.problems import LONG
from ui.style_calls import StyleCalls
from ui.stylist_answers import (
    AlbumPage,
    ChatAnswer,
    ConversationPage,
    Deleted,
    ImageAnswer,
    ImageRequest,
    PastConversation,
    Question,
    Rating,
)
from ui.transport import OnWait, open_http

__all__ = ["StylistClient", "open_http"]


class StylistClient(FittingCalls, StyleCalls, ClosetCalls, PrivacyCalls, DeskCalls):
    """The API on behalf of one shopper. Every method raises ApiProblem."""

    def search(
        self,
        *,
        query: str | None = None,
        image: str | None = None,
        like: Sequence[str] = (),
        unlike: Sequence[str] = (),
        personalize: float | None = None,
        filters: SearchFilters | None = None,
        limit: int = 24,
    ) -> SearchAnswer:
        """What fits the words, the picture (base64) and the liked products best.

        `personalize` is the weight of the shopper's style, 0..1; None leaves it to their profile.
        """
        body: dict[str, Any] = {"limit": limit}
        if query:
            body["query"] = query
        if image:
            body["image"] = image
        if like:
            body["like"] = list(like)
        if unlike:
            body["unlike"] = list(unlike)
        if personalize is not None:
            body["personalize"] = personalize
        if filters and filters.active:
            body["filters"] = filters.active
        # A search changes nothing, so that repeating it is as safe as repeating a GET.
        return self.ask(SearchAnswer, "POST", "/search", json=body)

    def products(
        self, *, category: str | None = None, cursor: str | None = None, limit: int = 24
    ) -> ProductPage:
        """A page of the catalogue, of one category if given."""
        params = {"category": category, "cursor": cursor, "limit": str(limit)}
        return self.ask(ProductPage, "GET", "/products", params=params)

    def trending(self, limit: int = 8, category: str | None = None) -> ProductPage:
        """What many shoppers like these days, most liked first."""
        params = {"limit": str(limit), "category": category}
        return self.ask(ProductPage, "GET", "/products/trending", params=params)

    def product(self, product_id: str) -> Product:
        """One product."""
        return self.ask(Product, "GET", f"/products/{quote(product_id, safe='')}")

    def trending(self, limit: int = 8, category: str | None = None) -> ProductPage:
        """What is popular these days, the most popular first; of one category if given."""
        params = {"limit": str(limit), "category": category}
        return self.ask(ProductPage, "GET", "/products/trending", params=params)

    def similar(self, product_id: str, *, limit: int = 8) -> SearchAnswer:
        """Products that look like this one."""
        path = f"/products/{quote(product_id, safe='')}/similar"
        return self.ask(SearchAnswer, "GET", path, params={"limit": str(limit)})

    def capabilities(self) -> Capabilities:
        """What the stack can do; needs no sign-in."""
        return self.ask(Capabilities, "GET", "/capabilities")

    def health(self) -> Health:
        """Whether the API is well; needs no sign-in."""
        return self.ask(Health, "GET", "/health")

    def text(self, question: Question, on_wait: OnWait | None = None) -> ChatAnswer:
        """The stylist's answer, as a whole. Its request id makes repeating it safe."""
        return self.ask(ChatAnswer, "POST", "/text", json=question.body, patience=LONG, on_wait=on_wait)

    def feedback(self, session_id: str, turn: int, rating: Rating) -> Accepted:
        """Keeps what the shopper thinks of a turn; the latest word counts, so that repeating it is safe."""
        body = {"session_id": session_id, "turn": turn, "rating": rating}
        return self.ask(Accepted, "POST", "/feedback", json=body)

    def conversations(self, *, cursor: str | None = None, limit: int = 20) -> ConversationPage:
        """A page of the shopper's own conversations, newest first."""
        return self.ask(
            ConversationPage, "GET", "/conversations", params={"cursor": cursor, "limit": str(limit)}
        )

    def conversation(
        self, session_id: str, *, cursor: str | None = None, limit: int = 20
    ) -> PastConversation:
        """The newest turns of a conversation, or those before the cursor."""
        path = f"/conversations/{quote(session_id, safe='')}"
        return self.ask(PastConversation, "GET", path, params={"cursor": cursor, "limit": str(limit)})

    def image(self, request: ImageRequest, response_format: Literal["url", "base64"] = "url") -> ImageAnswer:
        """Pictures; the same request id has the same pictures again, with addresses that work now."""
        body = {**request.body, "response_format": response_format}
        return self.ask(ImageAnswer, "POST", "/image", json=body, patience=LONG)

    def images(self, *, cursor: str | None = None, limit: int = 12) -> AlbumPage:
        """A page of the shopper's own pictures, newest first."""
        return self.ask(AlbumPage, "GET", "/images", params={"cursor": cursor, "limit": str(limit)})

    def delete_image(self, image_id: str) -> Deleted:
        """Deletes a picture for good."""
        return self.ask(Deleted, "DELETE", f"/images/{quote(image_id, safe='')}")
