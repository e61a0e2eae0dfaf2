"""Where a migration is recorded: one row, whose `phase` the searches read."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from runtime.migration.state import Migration, Stage
from runtime.shared.aws import read_code
from runtime.vectors.migration import Phase
from runtime.vectors.stores.calls import store_calls

_NUMBERS = ("total", "copied", "repaired", "pages", "started_at", "updated_at", "copied_at", "revision")


class MigrationBusy(Exception):
    """Somebody else has moved the migration on meanwhile; look again, then decide."""


class Journal:
    """Reads and writes the record; a write succeeds only on what was read. Raises StoreUnavailable."""

    def __init__(self, client: Any, table: str, migration_id: str) -> None:
        self._client = client
        self._table = table
        self._key = {"id": {"S": migration_id}}

    def load(self) -> Migration:
        """The migration as recorded, or one that has not begun."""
        with store_calls("dynamodb"):
            answer = self._client.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        return _decode(answer["Item"]) if "Item" in answer else Migration()

    def save(self, migration: Migration) -> Migration:
        """Record it and return it with its new revision. Raises MigrationBusy when another came first."""
        after = replace(migration, revision=migration.revision + 1)
        with store_calls("dynamodb"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={**self._key, **_encode(after)},
                    ConditionExpression="attribute_not_exists(revision) OR revision = :read",
                    ExpressionAttributeValues={":read": {"N": str(migration.revision)}},
                )
            except ClientError as error:
                if read_code(error) == "ConditionalCheckFailedException":
                    raise MigrationBusy("another step of the migration was recorded meanwhile") from error
                raise
        return after


def _encode(migration: Migration) -> dict[str, Any]:
    row: dict[str, Any] = {name: {"N": str(getattr(migration, name))} for name in _NUMBERS}
    row |= {"phase": {"S": migration.phase.value}, "stage": {"S": migration.stage.value}}
    row["skipped"] = {"S": json.dumps(dict(migration.skipped))}
    if migration.cursor is not None:
        row["cursor"] = {"S": migration.cursor}
    if migration.report is not None:
        row["report"] = {"S": json.dumps(migration.report)}
    return row


def _decode(row: Mapping[str, Any]) -> Migration:
    numbers: dict[str, Any] = {name: int(row[name]["N"]) for name in _NUMBERS}
    return Migration(
        phase=Phase(row["phase"]["S"]),
        stage=Stage(row["stage"]["S"]),
        cursor=row["cursor"]["S"] if "cursor" in row else None,
        skipped=json.loads(row["skipped"]["S"]),
        report=json.loads(row["report"]["S"]) if "report" in row else None,
        **numbers,
    )
