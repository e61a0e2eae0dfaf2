"""A shop with few products and a conversation that uses tools, for tests of the local stylist."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from local.ai.stylist.model import Answer, answer
from local.ai.stylist.phrases import REFUSAL

TODAY = date(2026, 11, 21)
LAST_FORECAST = "2026-12-06"
Json = dict[str, Any]

_ROWS = (
    ("silk", "Silk slip dress", "dress", "green", 99.9, "formal"),
    ("wrap", "Floral wrap dress", "dress", "blue", 79.9, "smart"),
    ("shirt", "White linen shirt", "shirt", "white", 49.9, "smart"),
    ("chinos", "Navy chinos", "pants", "navy", 59.9, "smart"),
    ("heels", "Beige heels", "shoes", "beige", 59.9, "formal"),
    ("loafers", "Leather loafers", "shoes", "brown", 69.9, "smart"),
    ("sneakers", "White sneakers", "shoes", "white", 39.9, "casual"),
    ("tee", "Striped T-shirt", "t-shirt", "blue", 19.9, "casual"),
    ("jeans", "Straight jeans", "pants", "blue", 44.9, "casual"),
)
PRODUCTS: dict[str, Json] = {
    key: {"id": key, "name": name, "category": category, "color": color, "price": price, "currency": "EUR"}
    for key, name, category, color, price, _ in _ROWS
}
CODES = {row[0]: row[5] for row in _ROWS}
TOOLS: dict[str, Json] = {
    name: {"name": name, "inputSchema": {"json": {"type": "object"}}}
    for name in (
        "search_products",
        "search_knowledge",
        "get_weather",
        "build_outfit",
        "ask_shopper",
        "note_brief",
    )
}
Tool = Callable[[Json], Json]


def build_outfit(arguments: Json) -> Json:
    """A dress and shoes, or for men three pieces, of one dress code; nothing over the budget."""
    free = [key for key in PRODUCTS if key not in arguments.get("exclude", [])]
    allowed = [key for key in free if CODES[key] in (arguments["formality"], "smart")]
    shapes = (("shirt", "pants", "shoes"), ("t-shirt", "pants", "shoes"))
    for shape in shapes if arguments.get("gender") == "men" else (("dress", "shoes"), *shapes):
        pieces = [
            next((PRODUCTS[key] for key in allowed if PRODUCTS[key]["category"] == category), None)
            for category in shape
        ]
        chosen = [piece for piece in pieces if piece]
        total = round(sum(piece["price"] for piece in chosen), 2)
        if len(chosen) == len(shape) and total <= arguments.get("budget", total):
            return {"outfit": chosen, "total": total, "currency": "EUR", "fits": True, "reason": "it fits"}
    reason = "the cheapest complete outfit for this costs 104.70 EUR, more than the budget"
    return {"outfit": [], "total": 0, "currency": "EUR", "fits": False, "reason": reason}


def search_products(arguments: Json) -> Json:
    found = [
        product
        for product in PRODUCTS.values()
        if arguments.get("category") in (None, product["category"])
        and arguments.get("color") in (None, product["color"])
        and product["price"] <= arguments.get("max_price", product["price"])
    ]
    return {"products": found[: arguments.get("limit", 5)]}


def get_weather(arguments: Json) -> Json:
    if arguments["city"] == "Springfield":
        return {"error": "unknown_city", "message": "no such place"}
    if arguments.get("date", "") > LAST_FORECAST:
        return {"error": "date_out_of_range", "message": "too far"}
    return {
        "city": arguments["city"],
        "date": arguments.get("date", TODAY.isoformat()),
        "summary": "rain",
        "temp_min_c": 8.6,
        "temp_max_c": 14.2,
        "rain_mm": 4.4,
    }


def search_knowledge(_arguments: Json) -> Json:
    text = "category: dresses. customer review: The dresses are comfortable and well made. I wear them often."
    return {"passages": [{"text": text, "source": "s3://documents/reviews.csv"}]}


def fail(_arguments: Json) -> Json:
    return {"error": "unavailable", "message": "out of order"}


SHOP: Mapping[str, Tool] = {
    "build_outfit": build_outfit,
    "search_products": search_products,
    "get_weather": get_weather,
    "search_knowledge": search_knowledge,
    "note_brief": lambda _arguments: {"ok": True},
    "ask_shopper": lambda _arguments: {"asked": True},
}


@dataclass
class Turn:
    """What came of one message."""

    text: str
    calls: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])

    def arguments(self, name: str) -> Json:
        """The arguments of the last call of a tool."""
        return [arguments for called, arguments in self.calls if called == name][-1]

    @property
    def tools(self) -> list[str]:
        return [name for name, _ in self.calls]

    @property
    def refused(self) -> bool:
        return self.text == REFUSAL


class Conversation:
    """A shopper's conversation; runs the tools that the stylist asks for, as the program does."""

    def __init__(self, shop: Mapping[str, Tool] = SHOP, tools: Mapping[str, Json] = TOOLS) -> None:
        self.shop = shop
        self.tools = tools
        self.system = "You are a stylist."
        self.messages: list[Json] = []
        self._ids = count(1)

    def say(self, text: str) -> Turn:
        """The stylist's answer to a message, after at most six rounds."""
        self.messages.append({"role": "user", "content": [{"text": text}]})
        turn = Turn("")
        for _ in range(6):
            given = answer(self.system, self.messages, self.tools, TODAY)
            if not given.calls:
                return self._end(turn, given.text)
            question = self._use(turn, given)
            if question:
                return self._end(turn, question)
        raise AssertionError(f"no reply to {text!r} after {turn.tools}")

    def _use(self, turn: Turn, given: Answer) -> str | None:
        uses: list[Json] = []
        results: list[Json] = []
        question = None
        for call in given.calls:
            turn.calls.append((call.name, call.arguments))
            key = f"use-{next(self._ids)}"
            result = self.shop[call.name](call.arguments)
            status = "error" if "error" in result else "success"
            uses.append({"toolUse": {"toolUseId": key, "name": call.name, "input": call.arguments}})
            results.append(
                {"toolResult": {"toolUseId": key, "content": [{"json": result}], "status": status}}
            )
            question = call.arguments["question"] if call.name == "ask_shopper" else question
        self.messages += [{"role": "assistant", "content": uses}, {"role": "user", "content": results}]
        return question

    def _end(self, turn: Turn, text: str) -> Turn:
        self.messages.append({"role": "assistant", "content": [{"text": text}]})
        turn.text = text
        return turn
