"""The tools as models see them: names, descriptions and JSON schemas of the arguments."""

from collections.abc import Mapping
from typing import Any

_TEXT: Mapping[str, Any] = {"type": "string"}
_NUMBER: Mapping[str, Any] = {"type": "number"}
_TEXTS: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}
_GENDER: Mapping[str, Any] = {"type": "string", "enum": ["women", "men", "unisex"]}
_SEASON: Mapping[str, Any] = {"type": "string", "enum": ["spring", "summer", "autumn", "winter"]}


def _describe(base: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {**base, "description": text}


def _tool(name: str, description: str, required: list[str], **fields: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {key: dict(value) for key, value in fields.items()}}
    return {
        "name": name,
        "description": description,
        "inputSchema": {"json": {**schema, "required": required} if required else schema},
    }


TOOL_SPECS: tuple[Mapping[str, Any], ...] = (
    _tool(
        "search_products",
        "Finds products of the shop. The same search again returns further products.",
        ["query"],
        query=_describe(_TEXT, "What to look for, in English, such as `red linen dress`."),
        category=_describe(_TEXT, "Only this kind of garment, such as `dress` or `shoes`."),
        color=_describe(_TEXT, "Only this colour."),
        max_price=_describe(_NUMBER, "The most it may cost."),
        min_price=_describe(_NUMBER, "The least it may cost."),
        size=_describe(_TEXT, "Only what comes in this size."),
        limit=_describe({"type": "integer"}, "How many, 1 to 10; 5 if not given."),
    ),
    _tool(
        "search_knowledge",
        "Finds passages in the shop's documents: outfit ideas, customer reviews, past orders.",
        ["query"],
        query=_describe(_TEXT, "What to look for."),
    ),
    _tool(
        "get_weather",
        "The weather forecast of a day in a city.",
        ["city"],
        city=_describe(_TEXT, "The city, such as `Lisbon`."),
        date=_describe(_TEXT, "The day as YYYY-MM-DD; today if not given."),
    ),
    _tool(
        "build_outfit",
        "Puts an outfit of the shop's products together, within the budget and the dress code.",
        ["occasion"],
        occasion=_describe(_TEXT, "What it is for, such as `wedding`."),
        gender=_describe(_GENDER, "For whom."),
        season=_describe(_SEASON, "The season."),
        colors=_describe(_TEXTS, "Colours the shopper would like."),
        budget=_describe(_NUMBER, "The most the whole outfit may cost."),
        formality=_describe(
            {"type": "string", "enum": ["casual", "smart", "formal", "sport"]},
            "The dress code; that of the occasion if not given.",
        ),
        exclude=_describe(_TEXTS, "Ids of products to leave out."),
    ),
    _tool(
        "ask_shopper",
        "Asks the shopper for what is missing and ends the turn.",
        ["question", "missing"],
        question=_describe(_TEXT, "The question, in the shopper's language."),
        missing=_describe(_TEXTS, "What is asked for, such as `occasion` or `budget`."),
    ),
    _tool(
        "note_brief",
        "Keeps what the shopper has said about themselves or the occasion.",
        [],
        age_group=_describe({"type": "string", "enum": ["10-20", "20-30", "30-50", "50+"]}, "The age group."),
        gender=_describe(_GENDER, "For whom the clothes are."),
        season=_describe(_SEASON, "The season."),
        location=_describe(_TEXT, "The city or place."),
        date=_describe(_TEXT, "The day as YYYY-MM-DD."),
        occasion=_describe(_TEXT, "The occasion."),
        items=_describe(_TEXTS, "Garments asked for."),
        colors=_describe(_TEXTS, "Colours asked for."),
        budget=_describe(_NUMBER, "The most to spend in all."),
        currency=_describe(_TEXT, "Its currency, such as EUR."),
        sizes=_describe(_TEXTS, "The shopper's sizes."),
        style=_describe(_TEXT, "The shopper's style."),
    ),
)

TOOL_NAMES = tuple(str(tool["name"]) for tool in TOOL_SPECS)
