"""Profiles: what a shopper has agreed to have kept beyond one conversation.

Row (key user_id): consent (boolean), facts (map), updated_at (ISO 8601 in UTC).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.privacy.stores.port import Page, explain
from runtime.privacy.stores.rows import read_row, write_value
from runtime.shared.aws import read_code


@dataclass(frozen=True, slots=True)
class Profile:
    """A shopper's profile; without consent it holds no facts."""

    consent: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    updated_at: str | None = None


class ProfileTable:
    """The profiles table. Every method raises StoreUnavailable."""

    name = "profile"

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def load(self, user_id: str) -> Profile:
        """The shopper's profile, an empty one when there is none."""
        return _read(self._get(user_id))

    def agree(self, user_id: str) -> Profile:
        """Note that the shopper agrees; facts stay as they are."""
        expression = "SET consent = :consent, facts = if_not_exists(facts, :facts), updated_at = :now"
        return self._update(user_id, expression, {":consent": True, ":facts": {}})

    def withdraw(self, user_id: str) -> Profile:
        """Note that the shopper does not agree any more, and forget the facts."""
        expression = "SET consent = :consent, facts = :facts, updated_at = :now"
        return self._update(user_id, expression, {":consent": False, ":facts": {}})

    def change(self, user_id: str, facts: Mapping[str, Any]) -> Profile | None:
        """Set facts, remove those that are None; None when the shopper has not agreed."""
        sets = [f"facts.#{name} = :{name}" for name, value in facts.items() if value is not None]
        removed = [f"facts.#{name}" for name, value in facts.items() if value is None]
        expression = f"SET {', '.join([*sets, 'updated_at = :now'])}"
        if removed:
            expression += f" REMOVE {', '.join(removed)}"
        values = {f":{name}": value for name, value in facts.items() if value is not None}
        try:
            return self._update(user_id, expression, values, {f"#{name}": name for name in facts})
        except ClientError as error:
            if read_code(error) == "ConditionalCheckFailedException":
                return None
            raise

    def read(self, user_id: str, after: str | None) -> Page:
        """The one record there may be."""
        row = self._get(user_id)
        return Page((row,) if row else ())

    def erase(self, user_id: str) -> int:
        """Erase the profile, consent included."""
        try:
            answer = self._client.delete_item(
                TableName=self._table, Key={"user_id": {"S": user_id}}, ReturnValues="ALL_OLD"
            )
        except (ClientError, BotoCoreError) as error:
            raise explain(error) from error
        return 1 if answer.get("Attributes") else 0

    def _get(self, user_id: str) -> dict[str, Any]:
        try:
            answer = self._client.get_item(
                TableName=self._table, Key={"user_id": {"S": user_id}}, ConsistentRead=True
            )
        except (ClientError, BotoCoreError) as error:
            raise explain(error) from error
        return read_row(answer.get("Item") or {})

    def _update(
        self,
        user_id: str,
        expression: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
    ) -> Profile:
        """Update the row; with `names` of facts only if the shopper has agreed."""
        given = {**values, ":now": datetime.now(UTC).isoformat(timespec="seconds")}
        condition: dict[str, Any] = {}
        if names:
            given[":agreed"] = True
            condition["ConditionExpression"] = "consent = :agreed AND attribute_exists(facts)"
            condition["ExpressionAttributeNames"] = dict(names)
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"user_id": {"S": user_id}},
                UpdateExpression=expression,
                ExpressionAttributeValues={name: write_value(value) for name, value in given.items()},
                ReturnValues="ALL_NEW",
                **condition,
            )
        except (ClientError, BotoCoreError) as error:
            raise explain(error) from error
        return _read(read_row(answer["Attributes"]))


def _read(row: Mapping[str, Any]) -> Profile:
    consent = row.get("consent") is True
    return Profile(consent, (row.get("facts") or {}) if consent else {}, row.get("updated_at"))
