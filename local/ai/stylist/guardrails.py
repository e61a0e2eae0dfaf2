"""Guardrails: kept as CreateGuardrail gives them, and applied to what goes into the stylist and comes out."""

import random
import re
import string
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.routing import Route

from local.ai.stylist.text import fold
from local.ai.stylist.topics import harms
from local.ai.wire import Call, Check, Json, endpoint, invalid, not_found, timestamp

_ALL = "*"
_POLICIES = {
    "topicPolicyConfig": ("topicPolicy", (("topicsConfig", "topics"),)),
    "contentPolicyConfig": ("contentPolicy", (("filtersConfig", "filters"),)),
    "wordPolicyConfig": (
        "wordPolicy",
        (("wordsConfig", "words"), ("managedWordListsConfig", "managedWordLists")),
    ),
    "sensitiveInformationPolicyConfig": (
        "sensitiveInformationPolicy",
        (("piiEntitiesConfig", "piiEntities"), ("regexesConfig", "regexes")),
    ),
}
_PROFANITY = re.compile(r"\b(?:fuck\w*|shit\w*|cunt\w*|motherf\w*|wanker\w*|scheisse|putain|joder|cazzo)\b")
_PII = {
    "EMAIL": re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]{2,}\b"),
    "CREDIT_DEBIT_CARD_NUMBER": re.compile(r"\b(?:\d[ -]?){13,16}\b"),
    "PHONE": re.compile(r"(?<!\w)\+?\d[\d ()/-]{8,}\d\b"),
    "IP_ADDRESS": re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"),
}
_SIMILAR = 0.6  # share of common words from which a text is like an example of a denied topic


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a guardrail found: the assessment as Bedrock's trace has it; the message if it stepped in."""

    assessment: Json
    message: str | None


@dataclass(slots=True)
class Guardrail:
    """A guardrail: settings by version, the newest being the draft's."""

    id: str
    arn: str
    created: float
    updated: float
    versions: dict[str, Json] = field(default_factory=dict[str, Json])

    def settings(self, version: str) -> Json:
        if version not in self.versions:
            raise not_found(f"Guardrail {self.id} has no version {version}.")
        return self.versions[version]


class GuardrailStore:
    """All guardrails of an account."""

    def __init__(self, region: str, account: str) -> None:
        self._prefix = f"arn:aws:bedrock:{region}:{account}:guardrail/"
        self._kept: dict[str, Guardrail] = {}

    def arn(self, identifier: str) -> str:
        """The ARN of a guardrail by its id or ARN."""
        return identifier if identifier.startswith("arn:") else self._prefix + identifier

    def find(self, identifier: str) -> Guardrail:
        key = identifier.rpartition("/")[2]
        if key not in self._kept:
            raise not_found(f"There is no guardrail {identifier}.")
        return self._kept[key]

    def create(self, settings: Json) -> Guardrail:
        """Keep a new guardrail as its draft."""
        for name in ("name", "blockedInputMessaging", "blockedOutputsMessaging"):
            if not settings.get(name):
                raise invalid(f"{name} is missing.")
        identifier = "".join(random.choices(string.ascii_lowercase + string.digits, k=12))
        now = time.time()
        made = Guardrail(identifier, self.arn(identifier), now, now, {"DRAFT": settings})
        self._kept[identifier] = made
        return made

    def delete(self, identifier: str, version: str | None) -> None:
        found = self.find(identifier)
        if version:
            found.settings(version)
            del found.versions[version]
        else:
            del self._kept[found.id]


def assess(settings: Json, texts: Sequence[str], *, is_input: bool) -> Verdict:
    """Apply a guardrail to texts."""
    side = "input" if is_input else "output"
    found: Json = {}
    text = "\n".join(texts)
    filters = _hit_filters(settings, text, side)
    words = _hit_words(settings, text)
    topics = _hit_topics(settings, texts)
    personal = _hit_personal(settings, text, side)
    if filters:
        found["contentPolicy"] = {"filters": filters}
    if words:
        found["wordPolicy"] = {"customWords": words, "managedWordLists": []}
    if topics:
        found["topicPolicy"] = {"topics": topics}
    if personal:
        found["sensitiveInformationPolicy"] = {"piiEntities": personal, "regexes": []}
    message = settings["blockedInputMessaging" if is_input else "blockedOutputsMessaging"]
    return Verdict(found, message if found else None)


def routes(store: GuardrailStore, check: Check) -> list[Route]:
    """Bedrock's control plane for guardrails; `check` is asked for each action on the guardrail's ARN."""

    def create(call: Call) -> Json:
        check(call.authorization, "bedrock:CreateGuardrail", store.arn(_ALL))
        made = store.create(call.body)
        return {"guardrailId": made.id, "guardrailArn": made.arn, "version": "DRAFT"} | {
            "createdAt": timestamp(made.created)
        }

    def number(call: Call) -> Json:
        check(call.authorization, "bedrock:CreateGuardrailVersion", store.arn(call.path["guardrail"]))
        found = store.find(call.path["guardrail"])
        version = str(1 + max((int(key) for key in found.versions if key.isdigit()), default=0))
        found.versions[version] = found.versions["DRAFT"]
        return {"guardrailId": found.id, "version": version}

    def update(call: Call) -> Json:
        check(call.authorization, "bedrock:UpdateGuardrail", store.arn(call.path["guardrail"]))
        found = store.find(call.path["guardrail"])
        found.versions["DRAFT"], found.updated = call.body, time.time()
        return {"guardrailId": found.id, "guardrailArn": found.arn, "version": "DRAFT"} | {
            "updatedAt": timestamp(found.updated)
        }

    def get(call: Call) -> Json:
        check(call.authorization, "bedrock:GetGuardrail", store.arn(call.path["guardrail"]))
        found = store.find(call.path["guardrail"])
        return _describe(found, call.query.get("guardrailVersion", "DRAFT"))

    def delete(call: Call) -> Json:
        check(call.authorization, "bedrock:DeleteGuardrail", store.arn(call.path["guardrail"]))
        store.delete(call.path["guardrail"], call.query.get("guardrailVersion"))
        return {}

    return [
        Route("/guardrails", endpoint(create, 202), methods=["POST"]),
        Route("/guardrails/{guardrail:path}", endpoint(number, 202), methods=["POST"]),
        Route("/guardrails/{guardrail:path}", endpoint(update, 202), methods=["PUT"]),
        Route("/guardrails/{guardrail:path}", endpoint(get), methods=["GET"]),
        Route("/guardrails/{guardrail:path}", endpoint(delete, 202), methods=["DELETE"]),
    ]


# ---- pieces


def _hit_filters(settings: Json, text: str, side: str) -> list[Json]:
    configured = settings.get("contentPolicyConfig", {}).get("filtersConfig", [])
    strengths = {each["type"]: each.get(f"{side}Strength", "NONE") for each in configured}
    return [
        {"type": kind, "confidence": "HIGH", "filterStrength": strengths[kind], "action": "BLOCKED"}
        for kind in harms(text)
        if strengths.get(kind, "NONE") != "NONE"
    ]


def _hit_words(settings: Json, text: str) -> list[Json]:
    policy = settings.get("wordPolicyConfig", {})
    folded = fold(text)
    words = [each["text"] for each in policy.get("wordsConfig", [])]
    hits = [word for word in words if re.search(rf"(?<!\w){re.escape(fold(word))}(?!\w)", folded)]
    lists = [each["type"] for each in policy.get("managedWordListsConfig", [])]
    profane = _PROFANITY.search(folded) if "PROFANITY" in lists else None
    return [{"match": hit, "action": "BLOCKED"} for hit in [*hits, *([profane[0]] if profane else [])]]


def _hit_topics(settings: Json, texts: Sequence[str]) -> list[Json]:
    """Topics of which a text is like an example; a definition cannot be judged without a language model."""
    topics = settings.get("topicPolicyConfig", {}).get("topicsConfig", [])
    return [
        {"name": topic["name"], "type": "DENY", "action": "BLOCKED"}
        for topic in topics
        if any(_is_like(text, example) for text in texts for example in topic.get("examples", []))
    ]


def _hit_personal(settings: Json, text: str, side: str) -> list[Json]:
    """Personal data to be blocked; to make it anonymous is beyond this stand-in."""
    entities = settings.get("sensitiveInformationPolicyConfig", {}).get("piiEntitiesConfig", [])
    blocked = [each["type"] for each in entities if each.get(f"{side}Action", each["action"]) == "BLOCK"]
    hits = [(kind, _PII[kind].search(text)) for kind in blocked if kind in _PII]
    return [{"match": hit[0], "type": kind, "action": "BLOCKED"} for kind, hit in hits if hit]


def _is_like(text: str, example: str) -> bool:
    words, wanted = set(re.findall(r"\w+", fold(text))), set(re.findall(r"\w+", fold(example)))
    return bool(wanted) and len(words & wanted) / len(words | wanted) >= _SIMILAR


def _describe(guardrail: Guardrail, version: str) -> Json:
    settings = guardrail.settings(version)
    policies = {
        name: {shown: settings[given].get(listed, []) for listed, shown in lists}
        for given, (name, lists) in _POLICIES.items()
        if given in settings
    }
    kept = ("name", "description", "blockedInputMessaging", "blockedOutputsMessaging")
    return policies | {
        **{name: settings[name] for name in kept if name in settings},
        "guardrailId": guardrail.id,
        "guardrailArn": guardrail.arn,
        "version": version,
        "status": "READY",
        "createdAt": timestamp(guardrail.created),
        "updatedAt": timestamp(guardrail.updated),
    }
