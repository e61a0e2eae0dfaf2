"""Writes the reply from what the tools told."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.ai.stylist.dialogue import Dialogue, ToolRun, products_of
from local.ai.stylist.forecasts import known_weather, tell_weather
from local.ai.stylist.garments import has_color
from local.ai.stylist.intent import Intent, changes_proposal
from local.ai.stylist.phrases import REFUSAL, say, word
from local.ai.stylist.planning import is_fitting, is_unwanted
from local.ai.stylist.reasons import give_reasons, name_product, say_price
from local.ai.stylist.topics import is_attack

MOST_SHOWN = 4
LONGEST_QUOTE = 220
MOST_QUOTES = 2
_QUOTED_FIELD = re.compile(r"(?:review|description|text|answer)\s*:\s*(.+)", re.IGNORECASE | re.DOTALL)
_COST = re.compile(r"costs (\d+(?:\.\d+)? ?[A-Z]{3})")
_CHANGE_INTROS = (
    ("less_formal", "intro_less_formal"),
    ("more_formal", "intro_more_formal"),
    ("cheaper", "intro_cheaper"),
    ("more", "intro_more"),
)


def compose(dialogue: Dialogue, intent: Intent) -> str:
    """The reply to the shopper's last message."""
    language = dialogue.language or "en"
    writers: dict[Intent, Callable[[Dialogue, str], str]] = {
        Intent.REFUSE: lambda _dialogue, _language: REFUSAL,
        Intent.OUTFIT: compose_outfit,
        Intent.SEARCH: compose_products,
        Intent.WEATHER: compose_weather,
        Intent.KNOWLEDGE: compose_knowledge,
        Intent.PICTURE: compose_picture,
        Intent.WHY: compose_why,
        Intent.PRICE: compose_price,
    }
    writer = writers.get(intent)
    return writer(dialogue, language) if writer else say(language, intent.value)


def compose_outfit(dialogue: Dialogue, language: str) -> str:
    """An outfit with a reason for each piece; or plainly that nothing fits."""
    builds = dialogue.answered("build_outfit")
    last = builds[-1] if builds else None
    if last is None or last.failure:
        return (
            compose_products(dialogue, language) if dialogue.answered("search_products") else _fail(dialogue)
        )
    weather = tell_weather(dialogue, language)
    if not is_fitting(last):
        return _join(weather, _explain_no_outfit(dialogue, language, last))
    pieces = [piece for piece in products_of(last, "outfit") if not is_unwanted(dialogue, piece)]
    first = builds[0].arguments
    notes: list[str] = []
    is_relaxing = dialogue.heard is not None and "less_formal" in dialogue.heard.signals
    if first.get("formality") != last.arguments.get("formality") and not is_relaxing:
        notes.append(say(language, "nearest_code"))
    asked = dialogue.heard.colors if dialogue.heard else ()
    if asked and not any(has_color(piece, asked) for piece in pieces):
        notes.append(say(language, "no_color", color=word("color", asked[0], language)))
    if changes_proposal(dialogue) and {str(piece["id"]) for piece in pieces} & dialogue.shown.keys():
        notes.append(say(language, "repeats") if len(builds) > 1 else "")
    return _join(
        weather,
        _introduce_outfit(dialogue, language, pieces),
        _list(dialogue, pieces, language),
        " ".join([_say_total(dialogue, language, last), *filter(None, notes)]),
        _quote_guide(dialogue, language),
        _offer(dialogue, language),
    )


def compose_products(dialogue: Dialogue, language: str) -> str:
    """What a search found; or plainly that there is nothing."""
    runs = dialogue.answered("search_products")
    if not runs or all(run.failure for run in runs):
        return _fail(dialogue)
    known = dialogue.shown if dialogue.heard and "more" in dialogue.heard.signals else {}
    lists = [
        [
            product
            for product in products_of(run, "products")
            if not is_unwanted(dialogue, product) and product["id"] not in known
        ]
        for run in runs
    ]
    each = max(1, MOST_SHOWN // max(1, sum(bool(found) for found in lists)))
    distinct = {str(product["id"]): product for found in lists for product in found[:each]}
    weather = tell_weather(dialogue, language)
    if not distinct and known:
        return say(language, "no_more")
    if not distinct:
        return _join(weather, f"{say(language, 'nothing_found')} {say(language, 'bend')}")
    is_relaxed = len(runs) > 1 and not products_of(runs[0], "products") and "color" in runs[0].arguments
    intro = "relaxed_search" if is_relaxed else "intro_products_more" if known else "intro_products"
    return _join(
        weather,
        say(language, intro, dialogue.text),
        _list(dialogue, list(distinct.values()), language, as_outfit=False),
        say(language, "offer_products"),
    )


def compose_weather(dialogue: Dialogue, language: str) -> str:
    """The weather and what it means for clothes."""
    told = tell_weather(dialogue, language)
    return f"{told} {say(language, 'offer_wear')}" if told else say(language, "offer_place")


def compose_knowledge(dialogue: Dialogue, language: str) -> str:
    """What guides and reviews say."""
    runs = dialogue.answered("search_knowledge")
    if not runs or runs[-1].failure:
        return say(language, "knowledge_down")
    quotes = list(dict.fromkeys(quote for _, quote in _passages(runs[-1])))[:MOST_QUOTES]
    if not quotes:
        return f"{say(language, 'no_knowledge')} {say(language, 'unclear')}"
    names = ("knowledge", "knowledge_also")
    return "\n".join(say(language, name, text=quote) for name, quote in zip(names, quotes, strict=False))


def compose_picture(dialogue: Dialogue, language: str) -> str:
    """That the outfit is being drawn; or that there is none yet."""
    if dialogue.answered("build_outfit"):
        return compose_outfit(dialogue, language)
    pieces = dialogue.outfit or dialogue.found[:1]
    if not pieces:
        return say(language, "no_picture")
    names = ", ".join(f"{name_product(piece)} [[{piece['id']}]]" for piece in pieces)
    return say(language, "picture", names=names)


def compose_why(dialogue: Dialogue, language: str) -> str:
    """The reasons for what was proposed last."""
    pieces = dialogue.outfit or dialogue.found[:MOST_SHOWN]
    return _join(say(language, "why"), _list(dialogue, pieces, language), _offer(dialogue, language))


def compose_price(dialogue: Dialogue, language: str) -> str:
    """The prices of what was proposed last."""
    pieces = dialogue.outfit or dialogue.found[:MOST_SHOWN]
    lines = [f"- {name_product(piece)} [[{piece['id']}]]: {say_price(piece)}" for piece in pieces]
    prices = [piece.get("price") for piece in pieces]
    total = ""
    if dialogue.outfit and all(isinstance(price, int | float) for price in prices):
        amount = sum(price for price in prices if isinstance(price, int | float))
        total = say(
            language, "total", total=say_price({"price": amount, "currency": pieces[0].get("currency")})
        )
    return _join("\n".join(lines), total)


# ---- pieces


def _introduce_outfit(dialogue: Dialogue, language: str, pieces: Sequence[Mapping[str, Any]]) -> str:
    heard = dialogue.heard
    if heard is None or not dialogue.shown:
        return say(language, "intro_occasion", dialogue.text)
    for signal, name in _CHANGE_INTROS:
        if signal in heard.signals:
            return say(language, name)
    if heard.unwanted_items or heard.turned_down or heard.unwanted_colors:
        return say(language, "intro_other")
    if heard.colors and any(has_color(piece, heard.colors) for piece in pieces):
        return say(language, "intro_color", color=word("color", heard.colors[0], language))
    return say(language, "intro_occasion", dialogue.text)


def _list(
    dialogue: Dialogue, products: Sequence[Mapping[str, Any]], language: str, *, as_outfit: bool = True
) -> str:
    formality = dialogue.outfit_formality if as_outfit else None
    reasons = give_reasons(products, dialogue.wish, known_weather(dialogue), language, formality)
    lines: list[str] = []
    for product, reason in zip(products, reasons, strict=True):
        price = say_price(product)
        priced = f" ({price})" if price else ""
        because = f": {reason}" if reason else ""
        lines.append(f"- {name_product(product)} [[{product['id']}]]{priced}{because}")
    return "\n".join(lines)


def _say_total(dialogue: Dialogue, language: str, run: ToolRun) -> str:
    total, currency = run.result.get("total"), run.result.get("currency")
    if not isinstance(total, int | float):
        return ""
    said = say_price({"price": total, "currency": currency})
    budget = dialogue.wish.budget
    is_foreign = budget is not None and budget.currency not in (None, currency)
    if budget is None or is_foreign or dialogue.wish.ceiling or total > budget.most:
        return say(language, "total", total=said)
    limit = say_price({"price": budget.most, "currency": budget.currency or currency})
    return say(language, "total_within", total=said, budget=limit)


def _explain_no_outfit(dialogue: Dialogue, language: str, run: ToolRun) -> str:
    parts = [say(language, "no_outfit")]
    reason = str(run.result.get("reason") or "")
    cost = _COST.search(reason)
    if cost:
        parts.append(say(language, "no_outfit_cost", amount=cost[1]))
    elif reason and language == "en" and not is_attack(reason):
        parts.append(f"The reason: {_clip(reason)}.")
    parts.append(say(language, "bend"))
    searches = dialogue.answered("search_products")
    found = products_of(searches[-1], "products")[:2] if searches else []
    found = [product for product in found if not is_unwanted(dialogue, product)]
    if not found:
        return " ".join(parts)
    return _join(
        " ".join(parts), say(language, "alternatives"), _list(dialogue, found, language, as_outfit=False)
    )


def _quote_guide(dialogue: Dialogue, language: str) -> str:
    """A sentence of the guides, where they speak of the same occasion."""
    occasion = dialogue.wish.occasion
    for run in dialogue.answered("search_knowledge"):
        for text, quote in _passages(run):
            if occasion and occasion in text.lower():
                return say(language, "knowledge", text=quote)
    return ""


def _passages(run: ToolRun) -> list[tuple[str, str]]:
    """Passages and what to quote of them; those that try to give orders are left out."""
    passages = run.result.get("passages")
    texts = [str(each.get("text", "")) for each in passages or [] if isinstance(each, dict)]
    return [(text, quote) for text in texts if not is_attack(text) and (quote := _quote(text))]


def _quote(text: str) -> str:
    """The telling part of a passage: what follows "review:", say, and of that the first sentences."""
    field = _QUOTED_FIELD.search(text)
    plain = " ".join(re.sub(r"[\[\]<>“”]", " ", field[1] if field else text).split())
    return _clip(plain)


def _clip(text: str) -> str:
    if len(text) <= LONGEST_QUOTE:
        return text.rstrip(".")
    end = text.rfind(". ", 0, LONGEST_QUOTE)
    return text[:end] if end > 0 else text[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"


def _offer(dialogue: Dialogue, language: str) -> str:
    needs_place = dialogue.wish.place is None and "location" not in dialogue.asked and not dialogue.shown
    return say(language, "offer_place" if needs_place else "offer_outfit")


def _fail(dialogue: Dialogue) -> str:
    return say(dialogue.language or "en", "catalogue_down")


def _join(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
