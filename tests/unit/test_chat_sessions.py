"""What turns leave behind: memory, repeated requests, facts, bounds of the history."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from runtime.chat.session import SessionsUnavailable
from runtime.chat.turn import Asked
from runtime.shared.problems import Problem
from tests.unit.chat_doubles import (
    CHINOS,
    DRESS,
    HEELS,
    LOAFERS,
    SHIRT,
    SNEAKERS,
    USER,
    Conversation,
    says,
    start_conversation,
    uses,
)
from tests.unit.chat_tables import named, row_of, tables, talk

__all__ = ["tables", "talk"]

SEARCH = ("search_products", {"query": "dress", "category": "dress"})
WEDDING = ("build_outfit", {"occasion": "wedding", "gender": "women", "season": "summer"})


def test_a_repeated_request_gets_the_same_answer_without_the_model(talk: Conversation) -> None:
    first = talk.say("A dress", uses(SEARCH), says(f"The {named(DRESS)}."), request_id="r1")
    talk.session_id = None
    again = talk.say("A dress", request_id="r1")
    assert {**again, "products": []} == {**first, "products": []}
    assert again["products"][0] == {**first["products"][0], "image_url": DRESS["image_url"] + "?fresh"}
    assert talk.say("A dress", request_id="r1", session_id=first["session_id"])["turn"] == 1


def test_the_session_of_another_shopper_is_not_found(talk: Conversation) -> None:
    mine = talk.say("Hi", says("Hello!"), request_id="r1")
    with pytest.raises(Problem) as raised:
        talk.say("Hi", user="user-2")
    assert raised.value.status == 404
    other = talk.say("Hi", says("Hello, you!"), user="user-2", session_id=None, request_id="r1")
    assert other["session_id"] != mine["session_id"]


def test_turns_at_once_in_one_session_are_all_kept(talk: Conversation, tables: Any) -> None:
    talk.say("Hi", says("Hello!"))
    session_id = str(talk.session_id)
    meet = threading.Barrier(4)

    def reply(request: dict[str, Any]) -> dict[str, Any]:
        meet.wait(10)
        return says("You said: " + request["messages"][-1]["content"][0]["text"])

    talk.bedrock.script = [reply] * 4
    asked = [Asked(USER, f"word{number}", session_id, f"r{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda each: talk.stylist.answer(each).body, asked))
    assert sorted(answer["turn"] for answer in answers) == [2, 3, 4, 5]
    assert [answer["reply"] for answer in answers] == [f"You said: word{number}" for number in range(4)]
    kept = json.loads(row_of(talk, tables)["messages"]["S"])
    pairs = [(kept[n]["content"][0]["text"], kept[n + 1]["content"][0]["text"]) for n in range(2, 10, 2)]
    assert sorted(pairs) == [(f"word{number}", f"You said: word{number}") for number in range(4)]


def test_a_session_erased_meanwhile_stays_erased(talk: Conversation, tables: Any) -> None:
    talk.say("Hi", says("Hello!"))
    key = {"user_id": {"S": USER}, "session_id": {"S": str(talk.session_id)}}

    def erase(_: Any) -> dict[str, Any]:
        tables.delete_item(TableName="sessions", Key=key)
        return says("Too late.")

    assert talk.say("Hi", erase)["reply"] == "Too late."
    assert "Item" not in tables.get_item(TableName="sessions", Key=key)


def test_an_answer_that_cannot_be_saved_is_given_nevertheless(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> bool:
        raise SessionsUnavailable

    monkeypatch.setattr(talk.sessions, "save", fail)
    assert talk.say("Hi", says("Hello!"))["reply"] == "Hello!"


def test_a_session_expires(talk: Conversation) -> None:
    talk.say("Hi", says("Hello!"), request_id="r1")
    talk.clock.sleep(73 * 3600)
    with pytest.raises(Problem):
        talk.say("Hi")
    talk.session_id = None
    assert talk.say("Hi", says("Hello again!"), request_id="r1")["turn"] == 1


def test_facts_are_kept_with_consent_only(talk: Conversation, tables: Any) -> None:
    note = uses(("note_brief", {"age_group": "30-50", "sizes": ["M"], "budget": 150, "location": "Lisbon"}))
    talk.say("I am 34", note, says("Noted."))
    assert tables.scan(TableName="profiles")["Items"] == []
    row = {"user_id": {"S": USER}, "consent": {"BOOL": True}, "facts": {"M": {"style": {"S": "classic"}}}}
    tables.put_item(TableName="profiles", Item=row)
    talk.session_id = None
    talk.say("I am 34", note, says("Noted."), profile={"city": "Porto"})
    facts = tables.get_item(TableName="profiles", Key={"user_id": {"S": USER}})["Item"]["facts"]["M"]
    assert facts == {
        "style": {"S": "classic"},
        "age_group": {"S": "30-50"},
        "sizes": {"L": [{"S": "M"}]},
        "budget": {"N": "150"},
        "city": {"S": "Porto"},
    }
    talk.session_id = None
    answer = talk.say("Hello", says("Hello!"))
    assert answer["brief"] == {"age_group": "30-50", "budget": 150.0, "sizes": ["M"], "style": "classic"}


def test_the_shopper_edits_the_entities(talk: Conversation) -> None:
    talk.say("Hi", says("Hello!"), profile={"budget": 100, "colors": ["red"], "city": "Rome"})
    answer = talk.say("Hi", says("Hello!"), profile={"budget": None, "occasion": "party"})
    assert answer["brief"] == {"colors": ["red"], "location": "Rome", "occasion": "party"}
    for wrong in ({"budget": -1}, {"shoe": 1}, {"age_group": "young"}):
        with pytest.raises(Problem) as raised:
            talk.say("Hi", profile=wrong)
        assert raised.value.errors[0].field == f"profile.{next(iter(wrong))}"


def test_sizes_and_stock_are_minded(talk: Conversation) -> None:
    talk.catalogue.shelf = [
        {**SHIRT, "sizes": ["S"]},
        {**CHINOS, "stock": 0},
        CHINOS | {"product_id": "b" * 20, "sizes": ["50"]},
        SHIRT | {"product_id": "c" * 20, "sizes": ["L", "M"]},
        LOAFERS,
        SNEAKERS,
    ]
    answer = talk.say(
        "For the office, size M",
        uses(("note_brief", {"sizes": ["M"], "gender": "men"}), ("build_outfit", {"occasion": "office"})),
        says("There."),
    )
    assert answer["outfit"] == ["c" * 20, "b" * 20, LOAFERS["product_id"]]


def test_history_is_bounded(talk: Conversation, tables: Any) -> None:
    for number in range(25):
        talk.say(f"Message {number} " + "x" * 3_900, says("y" * 6_000))
    kept = json.loads(row_of(talk, tables)["messages"]["S"])
    assert len(kept) <= 40
    assert len(row_of(talk, tables)["messages"]["S"]) <= 200_000
    assert kept[0]["role"] == "user"
    assert kept[-1]["content"][0]["text"].startswith("y")


class Metered:
    """A client that notes the processor's time that its calls take."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            started = time.thread_time()
            try:
                return getattr(self._client, name)(**arguments)
            finally:
                self.seconds += time.thread_time() - started

        return call


def test_the_loop_costs_little(tables: Any) -> None:
    """Processor time of a turn, streamed, without model, tools and table: others may use the machine, too."""
    metered = Metered(tables)
    talk = start_conversation(metered)
    script = [uses(SEARCH), uses(WEDDING), says(f"The {named(DRESS)} and the {named(HEELS)}. " * 5)]
    times = []
    for _ in range(12):
        started = time.thread_time() - metered.seconds
        talk.say("A dress for a wedding", *script, stream=True)
        times.append(time.thread_time() - metered.seconds - started)
    assert sorted(times)[len(times) // 2] < 0.05
