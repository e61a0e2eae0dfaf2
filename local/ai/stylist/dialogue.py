"""Reads a Converse request: what was said, asked and told by tools, and what the shopper wants now."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from local.ai.stylist.garments import is_item
from local.ai.stylist.hearing import Heard, hear
from local.ai.stylist.lexicon import LANGUAGES
from local.ai.stylist.topics import is_refused
from local.ai.stylist.wish import Wish, set_entity, take_brief, take_message

Json = dict[str, Any]
_TAG = re.compile(r"</?[a-z_]{2,30}>")
_TODAY = re.compile(r"today\W{0,5}(?:is\W{1,3})?(20\d\d-\d\d-\d\d)\b", re.IGNORECASE)
_ANSWER_IN = re.compile(r'"answer_in":\s*"(?:[^"(]{1,40}\()?([A-Za-z]{2,3})\b')
_BEFORE_JSON = 80  # characters in which a word tells what a JSON object is
_BRIEF_FIELDS = frozenset(
    {"age_group", "gender", "season", "location", "date", "occasion", "items", "colors", "budget"}
    | {"currency", "sizes", "style", "city"}
)


_MALFORMED = "malformed_input"
"""What a tool answers whose arguments cannot be used."""


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A call of a tool and its JSON answer; `failure` says why there is none."""

    name: str
    arguments: Json
    result: Json
    failure: str | None


@dataclass(slots=True)
class Dialogue:
    """A conversation up to the shopper's last message, and the tools' answers since."""

    today: date
    wish: Wish = field(default_factory=Wish)
    before: Wish = field(default_factory=Wish)
    text: str = ""
    heard: Heard | None = None
    language: str | None = None
    asked: set[str] = field(default_factory=set[str])
    awaited: frozenset[str] = frozenset()
    was_asked: bool = False
    """Whether the shopper's last message answers a question."""
    runs: list[ToolRun] = field(default_factory=list[ToolRun])
    """Since the shopper's last message."""
    corrected: set[str] = field(default_factory=set[str])
    """Tools whose arguments were wrong once since then."""
    untold_weather: ToolRun | None = None
    """The weather found out in the turn before, which ended with a question."""
    outfit: list[Json] = field(default_factory=list[Json])
    outfit_formality: str | None = None
    found: list[Json] = field(default_factory=list[Json])
    shown: dict[str, Json] = field(default_factory=dict[str, Json])
    """Products that tools gave before the shopper's last message, by id."""
    weather: dict[tuple[str, str], Json] = field(default_factory=dict[tuple[str, str], Json])
    last_kind: str | None = None
    """What was last proposed: "outfit" or "products"."""
    must_reply: bool = False
    """Whether the program says, beside the tools' answers, that no more tools can be used."""

    def answered(self, name: str) -> list[ToolRun]:
        """The calls of a tool since the shopper's last message."""
        return [run for run in self.runs if run.name == name]


def read_dialogue(
    system: str, messages: Sequence[Json], today: date, questions: Mapping[str, frozenset[str]]
) -> Dialogue:
    """Replay a conversation. `questions` are the stylist's own, with the fields that each asks for."""
    dialogue = Dialogue(today=_read_today(system) or today)
    told = dict(_read_state(system))
    for name, value in told.get("profile", {}).items():
        set_entity(dialogue.wish, "location" if name == "city" else name, value)
    last = max((at for at, message in enumerate(messages) if _words_of(message) is not None), default=-1)
    noted = _collect_notes(messages)
    calls: dict[str, Json] = {}
    for at, message in enumerate(messages):
        words = _words_of(message)
        if words is not None:
            if at == last:
                _take_state(dialogue, told, noted)
            _take_words(dialogue, words)
        elif message["role"] == "assistant":
            _take_reply(dialogue, message, calls, questions)
        else:
            _take_results(dialogue, message, calls)
    dialogue.language = _read_language(system) or dialogue.language
    return dialogue


def _words_of(message: Json) -> str | None:
    """What the shopper says in a message; None for a message of results or of the stylist."""
    if message["role"] != "user" or any("toolResult" in block for block in message["content"]):
        return None
    texts = [block.get("text") or _guarded_text(block) for block in message["content"]]
    return _TAG.sub(" ", "\n".join(text for text in texts if text)).strip()


def _guarded_text(block: Json) -> str:
    return block.get("guardContent", {}).get("text", {}).get("text", "")


def _take_state(dialogue: Dialogue, told: Mapping[str, Json], noted: Json) -> None:
    """Follow the state that the program keeps, where it knows more than the messages that are left."""
    if "brief" in told:
        take_brief(dialogue.wish, told["brief"], noted)
    worn = told.get("outfit", {}).get("items", [])
    if worn and not dialogue.outfit and dialogue.last_kind is None:
        dialogue.outfit, dialogue.last_kind = worn, "outfit"


def _collect_notes(messages: Sequence[Json]) -> Json:
    """Everything that `note_brief` was called with."""
    notes: Json = {}
    for message in messages:
        if message["role"] == "assistant":
            for block in message["content"]:
                if block.get("toolUse", {}).get("name") == "note_brief":
                    notes |= block["toolUse"]["input"]
    return notes


def _take_words(dialogue: Dialogue, words: str) -> None:
    for product in (*dialogue.outfit, *dialogue.found):
        dialogue.shown[str(product.get("id"))] = product
    heard = hear(words, dialogue.today, dialogue.language, dialogue.awaited)
    dialogue.before = dialogue.wish.copy()
    dialogue.wish = dialogue.wish.copy()
    _drop_ceiling(dialogue)
    looked_up = dialogue.answered("get_weather")
    dialogue.untold_weather = looked_up[-1] if looked_up and dialogue.awaited else None
    if not is_refused(words, is_on_topic=heard.is_on_topic):
        _turn_down(dialogue, heard)
        take_message(dialogue.wish, heard, cost_of_last(dialogue))
    dialogue.was_asked, dialogue.awaited = bool(dialogue.awaited), frozenset()
    dialogue.text, dialogue.heard, dialogue.language = words, heard, heard.language
    dialogue.runs, dialogue.must_reply = [], False
    dialogue.corrected = set[str]()


def _drop_ceiling(dialogue: Dialogue) -> None:
    """Forget a "cheaper" that could not be had."""
    builds = dialogue.answered("build_outfit")
    if builds and not products_of(builds[-1], "outfit"):
        dialogue.wish.ceiling = None


def _turn_down(dialogue: Dialogue, heard: Heard) -> None:
    """Remember the shown products that "not that dress" means; without any, it means all dresses."""
    shown = (*dialogue.outfit, *dialogue.found)
    meant = {
        str(product["id"]) for product in shown if any(is_item(product, item) for item in heard.turned_down)
    }
    dialogue.wish.rejected |= meant
    if not meant:
        dialogue.wish.unwanted_items |= heard.turned_down


def _take_reply(
    dialogue: Dialogue, message: Json, calls: dict[str, Json], questions: Mapping[str, frozenset[str]]
) -> None:
    for block in message["content"]:
        if "toolUse" in block:
            use = block["toolUse"]
            calls[use["toolUseId"]] = use
            if use["name"] == "ask_shopper":
                _remember_question(dialogue, frozenset(map(str, use["input"].get("missing") or ())))
        elif "text" in block:
            for question, fields in questions.items():
                if question in block["text"]:
                    _remember_question(dialogue, fields)


def _remember_question(dialogue: Dialogue, fields: frozenset[str]) -> None:
    dialogue.asked |= fields
    dialogue.awaited = fields


def _take_results(dialogue: Dialogue, message: Json, calls: Mapping[str, Json]) -> None:
    dialogue.must_reply = any("text" in block for block in message["content"])
    for block in message["content"]:
        if "toolResult" not in block:
            continue
        use = calls.get(block["toolResult"]["toolUseId"])
        if use is not None:
            run = _read_result(use, block["toolResult"])
            if run.failure == _MALFORMED and run.name not in dialogue.corrected:
                dialogue.corrected.add(run.name)  # its own mistake: to be done again, and better
                continue
            dialogue.runs.append(run)
            _keep_result(dialogue, run)


def _read_result(use: Json, result: Json) -> ToolRun:
    answer: Json = {}
    for part in result.get("content", []):
        value = part.get("json")
        if value is None and "text" in part:
            value = _parse(part["text"])
        if isinstance(value, dict):
            answer |= value
    problem = answer.get("error") or answer.get("problem")
    failure = str(problem) if problem else None
    if failure is None and (result.get("status") == "error" or not answer):
        failure = "unavailable"
    return ToolRun(use["name"], use["input"], answer, failure)


def _keep_result(dialogue: Dialogue, run: ToolRun) -> None:
    if run.name == "get_weather":
        key = (str(run.arguments.get("city", "")).lower(), str(run.arguments.get("date", "")))
        dialogue.weather[key] = run.result
    elif run.name == "build_outfit" and run.failure is None:
        pieces = products_of(run, "outfit")
        if pieces:
            dialogue.outfit, dialogue.found, dialogue.last_kind = pieces, [], "outfit"
            dialogue.outfit_formality = str(run.arguments.get("formality") or "casual")
    elif run.name == "search_products" and run.failure is None:
        found = products_of(run, "products")
        if found and not dialogue.answered("build_outfit"):
            earlier = dialogue.found if len(dialogue.answered("search_products")) > 1 else []
            dialogue.found, dialogue.last_kind = [*earlier, *found], "products"


def products_of(run: ToolRun, name: str) -> list[Json]:
    """The products in a tool's answer; entries that are none are left out."""
    values = run.result.get(name)
    entries = values if isinstance(values, list) else []
    return [entry for entry in entries if isinstance(entry, dict) and entry.get("id") and entry.get("name")]


def cost_of_last(dialogue: Dialogue) -> float | None:
    """What was last proposed costs: an outfit in all, of products the one in the middle."""
    proposed = dialogue.outfit or dialogue.found
    prices = [product["price"] for product in proposed if isinstance(product.get("price"), int | float)]
    if not prices:
        return None
    return sum(prices) if dialogue.outfit else sorted(prices)[len(prices) // 2]


def _read_language(system: str) -> str | None:
    """The language to answer in, where the program names one that the stylist speaks."""
    found = _ANSWER_IN.search(system)
    return found[1].lower() if found and found[1].lower() in LANGUAGES else None


def _read_today(system: str) -> date | None:
    found = _TODAY.search(system)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _read_state(system: str) -> Iterator[tuple[str, Json]]:
    """What JSON objects in the system prompt tell: "brief" and "profile" with entities, and "outfit"."""
    decoder = json.JSONDecoder()
    at = system.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(system, at)
        except ValueError:
            end = at + 1
        else:
            if isinstance(value, dict):
                yield from _name_object(value, system[max(0, at - _BEFORE_JSON) : at].lower())
        at = system.find("{", end)


def _name_object(value: Json, before: str) -> Iterator[tuple[str, Json]]:
    for name in ("brief", "profile"):
        if isinstance(value.get(name), dict):
            yield name, value[name]
    worn = value.get("outfit")
    if isinstance(worn, list):
        yield "outfit", {"items": [each for each in worn if isinstance(each, dict) and "id" in each]}
    if value.keys() and value.keys() <= _BRIEF_FIELDS:
        is_profile = max(before.rfind(word) for word in ("profile", "facts")) > before.rfind("brief")
        yield ("profile" if is_profile else "brief"), value


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
