"""The stylist as a model: a conversation and tools go in, words or tool calls come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from local.ai.stylist.composing import compose
from local.ai.stylist.dialogue import Dialogue, Json, read_dialogue
from local.ai.stylist.intent import Intent, decide
from local.ai.stylist.phrases import ask, questions
from local.ai.stylist.planning import Call, Question, fit_schema, missing_fields, new_entities, plan_calls


@dataclass(frozen=True, slots=True)
class Answer:
    """Either words to the shopper or tools to use."""

    text: str = ""
    calls: list[Call] = field(default_factory=list[Call])


def answer(
    system: str, messages: Sequence[Json], tools: Mapping[str, Json], today: date, forced: str | None = None
) -> Answer:
    """Continue a conversation.

    `messages` and the tools' specifications (by name) have the form of Converse. `forced` names a tool that
    has to be used.
    """
    dialogue = read_dialogue(system, messages, today, questions())
    if forced:
        return Answer(calls=[_force(dialogue, forced, tools)])
    intent = decide(dialogue)
    earlier = dialogue.answered("ask_shopper")
    if earlier:
        return Answer(text=str(earlier[-1].arguments.get("question", "")))
    question = _find_question(dialogue, intent)
    calls = plan_calls(dialogue, intent, tools, question)
    if calls:
        return Answer(calls=calls)
    return Answer(text=question.text if question else compose(dialogue, intent))


def _find_question(dialogue: Dialogue, intent: Intent) -> Question | None:
    if dialogue.answered("build_outfit"):
        return None
    fields = missing_fields(dialogue, intent)
    return Question(ask(dialogue.language or "en", fields), fields) if fields else None


def _force(dialogue: Dialogue, name: str, tools: Mapping[str, Json]) -> Call:
    arguments = new_entities(dialogue) if name == "note_brief" else {"query": dialogue.text}
    return Call(name, fit_schema(arguments, tools[name]))
