"""The reply's check, the stream's brakes, and the brief's readings, case by case."""

from typing import Any

import pytest
from pydantic import ValidationError

from runtime.chat.brief import Brief, changed_fields, clear, describe_brief, merge, read_amount, read_patch
from runtime.chat.check import (
    Facts,
    check_reply,
    find_amounts,
    find_safe_end,
    is_refusal,
    may_become_refusal,
    remove_marks,
    split_sentences,
)
from runtime.chat.prompt import REFUSAL
from runtime.chat.session import Changes, OutfitState, Session, apply, trim
from runtime.chat.stream import ReplyStream
from runtime.chat.suggestions import suggest
from runtime.wardrobe.items import read_item
from tests.unit.chat_doubles import DRESS, HEELS

ITEMS = {each["product_id"]: read_item(each, 0.0) for each in (DRESS, HEELS)}
D, H = DRESS["product_id"], HEELS["product_id"]
FACTS = Facts(ITEMS, (200.0, 184.9))
UNKNOWN = "zzzzzzzzzzzzzzzzzzz2"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"Linen wrap dress [[{D}]] for 89.90 EUR.", True),
        (f"Linen wrap dress [[{D}]] for €89,90.", True),
        (f"Linen wrap dress [[{D}]] for about 90 euros.", True),
        (f"Linen wrap dress [[{D}]] for 89.90.", True),
        (f"Linen wrap dress [[{D}]] for 95 EUR.", False),
        (f"[[{D}]] and [[{H}]] for 184.90 EUR.", True),
        (f"[[{D}]] leaves you 15.10 EUR.", False),
        (f"Nice [[{UNKNOWN}]].", False),
        ("Nice [[]].", False),
        (f"Nice [[{D}.", False),
        (f"Nice {UNKNOWN}.", False),
        (f"Nice {D}.", True),
        ("It will be 28 °C, size 38, in 3 days.", True),
        ("Would 150 euros be all right?", True),
        ("It costs 1 EUR.", False),
        ("I called search_products for that.", False),
        ("A wholehearted internationalization.", True),
    ],
)
def test_sentences_are_judged(text: str, kept: bool) -> None:
    assert check_reply(text, FACTS) == ((text, 0) if kept else ("", 1))


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("1.299,00 €", [1299.0]),
        ("$1,299.50", [1299.5]),
        ("CHF 1'200", [1200.0]),
        ("20 EUR or 30 euros", [20.0, 30.0]),
        ("20 °C", []),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amounts: list[float]) -> None:
    assert find_amounts(text) == amounts


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"The Linen wrap dress [[{D}]].", "The Linen wrap dress."),
        (f"The **linen dress** [[{D}]]!", "The **linen dress**!"),
        (f"- [[{D}]]\n- [[{H}]]", "- Linen wrap dress\n- Court heels"),
        (f"Take the [[{D}]] now", "Take the Linen wrap dress now"),
        (f"Ein Leinenkleid [[{D}]].", "Ein Leinenkleid (Linen wrap dress)."),
        (f"Code {H}.", "Code Court heels."),
    ],
)
def test_marks_become_names(text: str, read: str) -> None:
    assert remove_marks(text, ITEMS) == read


def test_sentences_end_where_people_end_them() -> None:
    text = "It is 27.5 °C! “Really?” Yes… Wear linen.\n- one\n夏です。はい"
    assert split_sentences(text) == [
        "It is 27.5 °C! ",
        "“Really?” ",
        "Yes… ",
        "Wear linen.\n",
        "- one\n",
        "夏です。",
        "はい",
    ]
    assert "".join(split_sentences(text)) == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Good cho", ""),
        ("Good choice!", ""),
        ("Good choice! F", "Good choice! "),
        ("For a party, I", "For a party, "),
        ("For 20 guests, I", ""),
        ("For a party, take [[", "For a party, "),
        ("Take [[abc]], or", ""),
        ("At €5, or", ""),
    ],
)
def test_only_what_can_be_judged_is_let_out(text: str, safe: str) -> None:
    assert text[: find_safe_end(text)] == safe


def test_the_refusal_is_recognised_in_any_punctuation() -> None:
    for text in (REFUSAL, REFUSAL + ".", REFUSAL.replace("’", "'"), f"**{REFUSAL}**", REFUSAL + " Sorry!"):
        assert is_refusal(text)
    assert may_become_refusal("I’m sorry, I")
    assert not may_become_refusal("I’m sorry, that is out of stock.")
    assert not is_refusal("I’m sorry, I have no such dress.")


@pytest.mark.parametrize("size", [1, 2, 5, 1_000])
def test_the_stream_says_the_same_in_pieces_of_any_size(size: int) -> None:
    sent: list[str] = []
    stream = ReplyStream(lambda: FACTS, sent.append)
    text = (
        f"<thinking>hm [[{UNKNOWN}]]</thinking>\nI’m sorry, I took long. "
        f"Try the Linen wrap dress [[{D}]], 89.90 EUR: "
        f"it is 2 < 3. A lie [[{UNKNOWN}]]. And [[{H}]]?"
    )
    for start in range(0, len(text), size):
        stream.write(text[start : start + size])
    stream.end_round()
    assert "".join(sent) == (
        "I’m sorry, I took long. Try the Linen wrap dress, 89.90 EUR: it is 2 < 3. And (Court heels)?"
    )


def test_the_stream_knows_how_long_it_held_the_first_words_back() -> None:
    now = [10.0]
    stream = ReplyStream(lambda: FACTS, lambda _: None, lambda: now[0])
    assert stream.held_s is None
    for words in ("Linen is ", "light, ", "and airy."):
        stream.write(words)
        now[0] += 0.25
    assert stream.held_s == 0.25
    silent = ReplyStream(lambda: FACTS)
    silent.write("Linen is light.")
    silent.end_round()
    assert silent.held_s is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [("200", 200.0), ("up to 1.500 EUR", 1500.0), ("79,9", 79.9), ("1 299,00", 1299.0), ("none", None)],
)
def test_budgets_are_read(text: str, amount: float | None) -> None:
    assert read_amount(text) == amount


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({"age_group": 19}, {"age_group": "10-20"}),
        ({"age_group": "20"}, {"age_group": "20-30"}),
        ({"age_group": "I am 30"}, {"age_group": "30-50"}),
        ({"age_group": "50+"}, {"age_group": "50+"}),
        ({"gender": "Female"}, {"gender": "women"}),
        ({"season": "fall"}, {"season": "autumn"}),
        ({"date": "2027-06-19T00:00:00Z"}, {"date": "2027-06-19"}),
        ({"budget": "200 €", "currency": "€"}, {"budget": 200.0, "currency": "EUR"}),
        ({"colors": "red, light blue"}, {"colors": ["red", "light blue"]}),
        ({"items": "['hat', 'dress']"}, {"items": ["hat", "dress"]}),
        ({"style": "", "gender": None, "unknown": 1}, {}),
        ({"city": "Lisbon"}, {"location": "Lisbon"}),
    ],
)
def test_entities_are_typed(given: dict[str, Any], known: dict[str, Any]) -> None:
    assert describe_brief(read_patch(given)) == known


@pytest.mark.parametrize(
    "wrong",
    [
        {"age_group": "9"},
        {"age_group": "old"},
        {"gender": "robot"},
        {"season": "monsoon"},
        {"date": "June"},
        {"budget": -5},
        {"budget": True},
        {"budget": float("inf")},
        {"currency": "coins"},
        {"style": "x" * 101},
        {"items": ["x"] * 21},
        {"colors": 5},
    ],
)
def test_entities_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_patch(wrong)


def test_what_is_said_later_replaces_what_was_said_before() -> None:
    brief = merge(
        read_patch({"colors": ["red"], "budget": 100}), read_patch({"colors": ["green"], "style": "boho"})
    )
    assert describe_brief(brief) == {"colors": ["green"], "budget": 100.0, "style": "boho"}
    assert describe_brief(clear(brief, {"budget", "city"})) == {"colors": ["green"], "style": "boho"}
    patch = changed_fields(brief, clear(brief, {"budget"}))
    assert merge(read_patch({"budget": 5, "gender": "men"}), patch) == Brief(gender="men")


def test_history_is_cut_between_turns() -> None:
    def turn(number: int) -> list[dict[str, Any]]:
        use = {"toolUse": {"toolUseId": "t", "name": "n", "input": {}}}
        result = {"toolResult": {"toolUseId": "t", "content": [{"json": {}}]}}
        return [
            {"role": "user", "content": [{"text": f"{number}"}]},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result, {"text": "last"}]},
            {"role": "assistant", "content": [{"text": "x" * 100}]},
        ]

    messages = [message for number in range(5) for message in turn(number)]
    assert trim(messages, most=10)[0]["content"] == [{"text": "3"}]
    assert len(trim(messages, longest=1_000)) == 8
    assert trim(messages, most=3) == ()


def test_products_are_bounded_but_the_outfit_stays() -> None:
    def item(number: int) -> Any:
        return read_item({**DRESS, "product_id": f"p{number}"}, float(number))

    outfit = OutfitState(ids=("p0",), slots=("dress",))
    answer = {"reply": "", "products": [], "outfit": [], "refused": False}
    products = {f"p{n}": item(n) for n in range(200)}
    changes = Changes((), Brief(), products, outfit, None, {}, None, answer, "Hi", None, "2026-11-26")
    kept = apply(Session("u", "s"), changes).products
    assert len(kept) == 80
    assert {"p0", "p199", "p121"} <= set(kept)


def test_suggestions_follow_the_conversation() -> None:
    worn = OutfitState(("a",), ("dress",), "smart")
    assert suggest(Brief(), OutfitState(), found=False, asks=())[0] == "An outfit for a wedding"
    assert suggest(Brief(), OutfitState(), found=True, asks=()) == ["Show me more", "Make an outfit of it"]
    assert "Something less formal" in suggest(Brief(), worn, found=True, asks=())
    assert suggest(Brief(), worn, found=True, asks=("gender", "x")) == ["For a woman", "For a man"]
