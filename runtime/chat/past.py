"""Conversations that there were, as their shopper sees them again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from runtime.chat.history import Record
from runtime.chat.session import Session, SessionPage
from runtime.shared.moments import write_moment
from runtime.wardrobe.items import Item, tell_shopper

Fetch = Callable[[Sequence[str]], Sequence[Mapping[str, Any]] | None]
"""What the catalogue says of products now; None when it does not answer."""


class _Query(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: Annotated[int, Field(ge=1, le=40)] = 20


class ListQuery(_Query):
    """The query parameters of GET /conversations."""

    cursor: Annotated[str, StringConstraints(max_length=400)] | None = None


class TurnsQuery(_Query):
    """The query parameters of GET /conversations/{id}; the cursor is the turn before which it goes on."""

    cursor: Annotated[int, Field(ge=1, le=10**9)] | None = None


def describe_page(page: SessionPage) -> dict[str, Any]:
    """A page of the list of conversations."""
    listed = [
        {
            "session_id": each.session_id,
            "title": each.title or None,
            "turns": each.turns,
            "updated_at": write_moment(each.updated_at),
        }
        for each in page.sessions
    ]
    return {"conversations": listed, "cursor": page.cursor}


def describe_session(session: Session, query: TurnsQuery, fetch: Fetch) -> dict[str, Any]:
    """The newest turns of a conversation, in their order, or those before the cursor.

    The latest few have all that was answered; of earlier ones words, products and outfit are kept.
    """
    earlier = [each for each in session.history if query.cursor is None or each["turn"] < query.cursor]
    records = earlier[-query.limit :]
    answers = {each["answer"]["turn"]: each["answer"] for each in session.answers}
    turns = [_describe_turn(session, each, answers.get(each["turn"])) for each in records]
    _renew(turns, fetch)
    return {
        "session_id": session.session_id,
        "title": session.title or None,
        "turns": turns,
        "cursor": str(records[0]["turn"]) if len(earlier) > len(records) else None,
    }


def _describe_turn(session: Session, record: Record, answer: Mapping[str, Any] | None) -> dict[str, Any]:
    products = [session.products[each] for each in record["products"] if each in session.products]
    told: dict[str, Any] = {
        "session_id": session.session_id,
        "reply": record["reply"],
        "products": [tell_shopper(_without_link(each)) for each in products],
        "citations": [],
        "suggestions": [],
        "refused": record["refused"],
        "brief": {},
        "outfit": record["outfit"],
        **(answer or {}),
    }
    return {
        **told,
        "turn": record["turn"],
        "at": record["at"],
        "message": record["message"],
        "language": record.get("language"),
        "rating": session.ratings.get(str(record["turn"])),
    }


def _without_link(item: Item) -> Item:
    return replace(item, image_url="")


def _renew(turns: Sequence[dict[str, Any]], fetch: Fetch) -> None:
    """Gives the products addresses of pictures that work now; one that has left the shop keeps its words."""
    ids = dict.fromkeys(product["product_id"] for turn in turns for product in turn["products"])
    links = {each["product_id"]: each["image_url"] for each in fetch(tuple(ids)) or ()}
    for turn in turns:
        turn["products"] = [
            {**product, "image_url": links.get(product["product_id"], "")} for product in turn["products"]
        ]
