"""What is kept of a shopper beyond one conversation, and only if they agreed to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from runtime.chat.brief import Brief, describe_brief, read_patch
from runtime.chat.session import from_decimals, to_decimals
from runtime.shared.aws import is_transient, read_code

FACTS = ("age_group", "gender", "sizes", "style", "budget", "city")
_FROM_BRIEF = ("age_group", "gender", "sizes", "style", "budget")

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class ProfilesUnavailable(Exception):
    """The profiles table is out of reach or throttled; a conversation goes on without it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A shopper's facts, of the names in FACTS; empty without consent."""

    consent: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to_brief(self) -> Brief:
        """What a new conversation begins with. Where someone lives is not where they are going."""
        try:
            return read_patch({name: self.facts.get(name) for name in _FROM_BRIEF})
        except ValidationError:
            return Brief()


def choose_facts(brief: Brief, told: Mapping[str, Any]) -> dict[str, Any]:
    """The facts in a brief (a patch) and in what the shopper said of themselves (`told`, names of FACTS)."""
    noted = describe_brief(brief)
    facts = {name: noted[name] for name in _FROM_BRIEF if name in noted}
    return facts | ({"city": told["city"]} if told.get("city") else {})


class ProfileStore:
    """The profiles table. Every method raises ProfilesUnavailable."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def load(self, user_id: str) -> Profile:
        """The shopper's profile; an empty one when there is none or they have not agreed."""
        try:
            answer = self._client.get_item(TableName=self._table, Key={"user_id": {"S": user_id}})
        except (ClientError, BotoCoreError) as error:
            raise _explain(error) from error
        row = {name: _deserialize(value) for name, value in (answer.get("Item") or {}).items()}
        if row.get("consent") is not True:
            return Profile()
        facts = from_decimals(row.get("facts") or {})
        return Profile(True, {name: facts[name] for name in FACTS if facts.get(name)})

    def keep(self, user_id: str, facts: Mapping[str, Any]) -> bool:
        """Set these facts; False when the shopper does not agree (any more)."""
        given = {f":{name}": value for name, value in to_decimals(facts).items()}
        given |= {":now": datetime.now(UTC).isoformat(timespec="seconds"), ":yes": True}
        sets = ", ".join(f"facts.#{name} = :{name}" for name in facts)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"user_id": {"S": user_id}},
                UpdateExpression=f"SET {sets}, updated_at = :now",
                ConditionExpression="consent = :yes AND attribute_exists(facts)",
                ExpressionAttributeNames={f"#{name}": name for name in facts},
                ExpressionAttributeValues={name: _serialize(value) for name, value in given.items()},
            )
        except ClientError as error:
            if read_code(error) == "ConditionalCheckFailedException":
                return False
            raise _explain(error) from error
        except BotoCoreError as error:
            raise _explain(error) from error
        return True


def _explain(error: ClientError | BotoCoreError) -> Exception:
    return ProfilesUnavailable("the profiles table did not answer") if is_transient(error) else error
