"""Which tools to use next, and with what; the reply comes when nothing is left to find out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.ai.stylist.dialogue import Dialogue, Json, ToolRun, cost_of_last, products_of
from local.ai.stylist.garments import category_of, is_item
from local.ai.stylist.intent import Intent, changes_proposal
from local.ai.stylist.lexicon import read_lexicon

MOST_BUILDS = 3
MOST_SEARCHES = 3
PRODUCTS = 4
MOST_QUERY = 200
_AUDIENCE = {"women": "women's", "men": "men's"}
_ORDER = ("occasion", "location", "date", "gender", "age_group")
_WEATHER_INTENTS = (Intent.OUTFIT, Intent.SEARCH, Intent.WEATHER)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to use."""

    name: str
    arguments: Json


def plan_calls(
    dialogue: Dialogue, intent: Intent, tools: Mapping[str, Json], ask: "Question | None"
) -> list[Call]:
    """The tools to use next, none when it is time to reply. Only tools in `tools` are used."""
    if dialogue.must_reply:
        return []
    calls = _first_calls(dialogue, intent, ask) if not dialogue.runs else []
    calls = _keep_known(calls, tools)
    if not calls and ask and not dialogue.answered("ask_shopper"):
        calls = [Call("ask_shopper", {"question": ask.text, "missing": sorted(ask.fields, key=_ORDER.index)})]
    elif not calls and not ask and intent in (Intent.OUTFIT, Intent.PICTURE):
        calls = _outfit_calls(dialogue, intent)
    elif not calls and intent is Intent.SEARCH:
        calls = _search_again(dialogue)
    return [
        Call(call.name, fit_schema(call.arguments, tools[call.name])) for call in _keep_known(calls, tools)
    ]


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the shopper and the fields that it asks for."""

    text: str
    fields: frozenset[str]


def missing_fields(dialogue: Dialogue, intent: Intent) -> frozenset[str]:
    """What has to be asked for before an outfit can be proposed: nothing twice, one question at a time."""
    wish = dialogue.wish
    if intent is not Intent.OUTFIT or changes_proposal(dialogue):
        return frozenset()
    is_about_weather = wish.place is not None and wish.when is not None
    is_open = not (wish.occasion or wish.style or wish.items or is_about_weather)
    if is_open and "occasion" not in dialogue.asked:
        extra = {"location", "date"} if wish.place is None and wish.when is None else set[str]()
        return frozenset({"occasion", *extra})
    if not wish.gender and "gender" not in dialogue.asked:
        return frozenset({"gender", *(() if wish.age_group else ("age_group",))})
    return frozenset()


def fit_schema(arguments: Json, specification: Json) -> Json:
    """The arguments that a tool's input schema knows, in its types and enumerations."""
    schema = specification.get("inputSchema", {}).get("json", {})
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return arguments
    fitted = {name: _fit(value, properties[name]) for name, value in arguments.items() if name in properties}
    return {name: value for name, value in fitted.items() if value is not None}


def _fit(value: Any, schema: Json) -> Any:
    options = schema.get("enum")
    if options and not isinstance(value, list) and value not in options:
        return None
    if schema.get("type") == "string" and isinstance(value, list):
        return ", ".join(map(str, value))
    if schema.get("type") == "array" and not isinstance(value, list):
        return [value]
    return value


def _keep_known(calls: Sequence[Call], tools: Mapping[str, Json]) -> list[Call]:
    return [call for call in calls if call.name in tools]


# ---- the first round: what is independent of each other


def _first_calls(dialogue: Dialogue, intent: Intent, ask: Question | None) -> list[Call]:
    calls: list[Call] = []
    noted = new_entities(dialogue)
    if noted and intent is not Intent.REFUSE:
        calls.append(Call("note_brief", noted))
    if intent in _WEATHER_INTENTS:
        calls += weather_calls(dialogue, intent)
    starts_outfit = intent is Intent.OUTFIT and not ask and dialogue.last_kind != "outfit"
    if intent is Intent.KNOWLEDGE or starts_outfit:
        calls.append(Call("search_knowledge", {"query": knowledge_query(dialogue)}))
    if intent is Intent.SEARCH:
        calls += search_calls(dialogue)
    return calls


def new_entities(dialogue: Dialogue) -> Json:
    """What the last message told that was not known before."""
    before = dialogue.before.brief()
    return {name: value for name, value in dialogue.wish.brief().items() if before.get(name) != value}


def weather_calls(dialogue: Dialogue, intent: Intent) -> list[Call]:
    """A call for the weather of the place, if it is not known yet."""
    wish = dialogue.wish
    is_vague = wish.when is None and bool(dialogue.last_kind or wish.said_season)
    if wish.place is None or (is_vague and intent is not Intent.WEATHER):
        return []
    day = wish.when.day.isoformat() if wish.when else None
    key = (wish.place.name.lower(), day or "")
    if key in dialogue.weather:
        return []
    return [Call("get_weather", {"city": wish.place.name} | ({"date": day} if day else {}))]


def knowledge_query(dialogue: Dialogue) -> str:
    """English words for the search in the shop's documents; an English question goes as it is."""
    heard, wish = dialogue.heard, dialogue.wish
    is_question = heard is not None and "knowledge" in heard.signals
    if heard and is_question and heard.language == "en" and not heard.items:
        return dialogue.text[:MOST_QUERY]
    if heard and is_question and heard.items:
        return " ".join([*heard.items, "review"])
    words = [_AUDIENCE.get(wish.gender or "", ""), wish.season or "", wish.occasion or "", wish.formality]
    garments = wish.items or tuple(str(product.get("category", "")) for product in dialogue.outfit[:1])
    parts = [*words, *garments, "review" if is_question else "outfit"]
    return " ".join(part for part in parts if part)[:MOST_QUERY]


def search_calls(dialogue: Dialogue) -> list[Call]:
    """A search for each garment, or one for everything."""
    items = dialogue.wish.items[:MOST_SEARCHES] or ("",)
    return [Call("search_products", search_arguments(dialogue, item)) for item in items]


def search_arguments(dialogue: Dialogue, item: str, *, strict: bool = True) -> Json:
    """What to search for: English words, and the restrictions where `strict`."""
    wish = dialogue.wish
    lexicon = read_lexicon()
    garment = lexicon.say("item", item, "en") or item
    words = [
        *wish.colors[:2],
        wish.style or "",
        _AUDIENCE.get(wish.gender or "", ""),
        garment.lower(),
        wish.season or "",
        f"for {wish.occasion}" if wish.occasion else "",
    ]
    arguments: Json = {"query": " ".join(word for word in words if word) or "clothes", "limit": PRODUCTS}
    if wish.most:
        arguments["max_price"] = wish.most
    if wish.budget and wish.budget.least:
        arguments["min_price"] = wish.budget.least
    category = category_of(item)
    if category:
        arguments["category"] = category
    if strict and len(wish.colors) == 1:
        arguments["color"] = wish.colors[0]
    if strict and len(wish.sizes) == 1:
        arguments["size"] = wish.sizes[0]
    return arguments


def _search_again(dialogue: Dialogue) -> list[Call]:
    """Once more without colour and size when nothing was found with them."""
    runs = dialogue.answered("search_products")
    if any(run.failure for run in runs) or any(products_of(run, "products") for run in runs):
        return []
    if not runs or not {"color", "size"} & runs[-1].arguments.keys():
        return []
    item = dialogue.wish.items[0] if dialogue.wish.items else ""
    return [Call("search_products", search_arguments(dialogue, item, strict=False))]


# ---- outfits


def _outfit_calls(dialogue: Dialogue, intent: Intent) -> list[Call]:
    if intent is Intent.PICTURE and (dialogue.outfit or not dialogue.wish.occasion):
        return []
    builds = dialogue.answered("build_outfit")
    if not builds:
        return [Call("build_outfit", outfit_arguments(dialogue))]
    last = builds[-1]
    if last.failure:
        return [] if dialogue.answered("search_products") else search_calls(dialogue)
    again = _mend_outfit(dialogue, last) if len(builds) < MOST_BUILDS else None
    if again is not None:
        return [Call("build_outfit", again)]
    if not is_fitting(last) and not dialogue.answered("search_products"):
        return search_calls(dialogue)[:1]
    return []


def outfit_arguments(dialogue: Dialogue) -> Json:
    """What the outfit shall be; other than the last one, where another was asked for."""
    wish = dialogue.wish
    arguments: Json = {"occasion": wish.occasion or "everyday", "formality": wish.formality}
    optional = {
        "gender": wish.gender,
        "season": wish.season,
        "budget": wish.most,
        "colors": list(wish.colors),
    }
    arguments |= {name: value for name, value in optional.items() if value}
    exclude = excluded_ids(dialogue)
    return arguments | ({"exclude": exclude} if exclude else {})


def excluded_ids(dialogue: Dialogue) -> list[str]:
    """What the shopper turned down, and, when something else is asked for, all that was shown last."""
    heard = dialogue.heard
    turned_down = _turned_down(dialogue)
    if heard is None or not changes_proposal(dialogue):
        return turned_down
    shown = [str(product["id"]) for product in dialogue.outfit]
    if {"cheaper", "dearer", "warmer", "cooler"} & heard.signals:
        shown = []
    elif "more" in heard.signals:
        shown = list(dialogue.shown)
    elif heard.unwanted_items or heard.turned_down or heard.unwanted_colors or heard.colors:
        shown = []
    return list(dict.fromkeys([*turned_down, *shown]))


def is_unwanted(dialogue: Dialogue, product: Mapping[str, Any]) -> bool:
    """Whether a product was turned down, or is a garment or has a colour that the shopper does not want."""
    wish = dialogue.wish
    color = str(product.get("color") or "").lower()
    has_unwanted_color = any(unwanted in color for unwanted in wish.unwanted_colors)
    is_unwanted_item = any(is_item(product, item) for item in wish.unwanted_items)
    return has_unwanted_color or is_unwanted_item or str(product.get("id")) in wish.rejected


def _turned_down(dialogue: Dialogue) -> list[str]:
    return [key for key, product in dialogue.shown.items() if is_unwanted(dialogue, product)]


def is_fitting(run: ToolRun) -> bool:
    """Whether an outfit was found that keeps the limits."""
    return run.failure is None and run.result.get("fits") is not False and bool(products_of(run, "outfit"))


def _mend_outfit(dialogue: Dialogue, last: ToolRun) -> Json | None:
    """Other arguments after a result that does not do; None when it does or nothing is left to change."""
    pieces = products_of(last, "outfit")
    excluded = [str(key) for key in last.arguments.get("exclude") or ()]
    if is_fitting(last):
        unwanted = [str(piece["id"]) for piece in pieces if is_unwanted(dialogue, piece)]
        return last.arguments | {"exclude": [*excluded, *unwanted]} if unwanted else None
    is_relaxing = dialogue.heard is not None and "less_formal" in dialogue.heard.signals
    if is_relaxing and last.arguments.get("formality") == "smart":
        return last.arguments | {"formality": "casual"}
    turned_down = _turned_down(dialogue)
    kept = [key for key in excluded if key in turned_down]
    if len(kept) < len(excluded):
        return {name: value for name, value in last.arguments.items() if name != "exclude"} | (
            {"exclude": kept} if kept else {}
        )
    spent = cost_of_last(dialogue)
    if dialogue.wish.ceiling and spent and last.arguments.get("budget") == dialogue.wish.ceiling:
        return last.arguments | {"budget": round(spent - 1, 2)}
    if last.arguments.get("formality") in ("formal", "sport"):
        nearest = "smart" if last.arguments["formality"] == "formal" else "casual"
        return last.arguments | {"formality": nearest}
    return None
