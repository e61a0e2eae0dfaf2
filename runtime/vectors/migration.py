"""Moving the vectors of a stack to another store or another model while it serves.

Meanwhile there are two places for vectors: what is written goes to both, the source first; a search is
answered from the one that a small record names, its words embedded by the model of that place. See
docs/migration.md.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field

from runtime.shared.settings import SettingsModel, read_setting
from runtime.vectors.settings import EmbedderSettings, StoreSettings, VectorSettings

logger = Logger(child=True)

VARIABLE = "MIGRATION"
REFRESH_SECONDS = 2.0
"""How long a process searches by what it last read of the record; so long does a switch take at most."""


class Phase(StrEnum):
    """How far a migration is. Searches are answered from the target when it is `switched`, else from the
    source."""

    COPYING = "copying"
    VERIFYING = "verifying"
    SWITCHED = "switched"
    ROLLED_BACK = "rolled_back"


class MigrationSettings(SettingsModel):
    """Variable MIGRATION: the store and the embedder to move to, and the table that says how far that is."""

    table: str = Field(min_length=3)
    store: StoreSettings
    embedder: EmbedderSettings


@dataclass(frozen=True, slots=True)
class Move:
    """From where to where vectors move; `table` holds the record of it."""

    source: VectorSettings
    target: VectorSettings
    table: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self | None:
        """The move that is configured, if one is. Raises SettingsError naming what is wrong."""
        if not environ.get(VARIABLE):
            return None
        settings: MigrationSettings = read_setting(VARIABLE, MigrationSettings, environ)
        target = VectorSettings(store=settings.store, embedder=settings.embedder)
        return cls(VectorSettings.from_environment(environ), target, settings.table)

    @property
    def id(self) -> str:
        """Key of the record: a move the other way round, or to elsewhere, has another."""
        return f"{_name(self.source)} > {_name(self.target)}"

    @property
    def reembeds(self) -> bool:
        """Whether the vectors are made anew, by another model or of another length."""
        return self.source.embedding_key != self.target.embedding_key


def _name(settings: VectorSettings) -> str:
    return f"{settings.store.backend} {settings.embedding_key}"


class LiveVectors:
    """Which of the two places answers searches, as the record says; read again after REFRESH_SECONDS.

    While the record cannot be read the last answer holds, and the source at first: both are kept complete.
    """

    def __init__(self, client: Any, move: Move, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._move = move
        self._clock = clock
        self._live = move.source
        self._read_at = float("-inf")

    def __call__(self) -> VectorSettings:
        """Store and embedder of the searches that begin now."""
        if self._clock() - self._read_at >= REFRESH_SECONDS:
            self._refresh()
        return self._live

    def _refresh(self) -> None:
        try:
            answer = self._client.get_item(
                TableName=self._move.table,
                Key={"id": {"S": self._move.id}},
                ProjectionExpression="phase",
                ConsistentRead=True,
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("migration record not read, the last one holds", reason=str(error))
        else:
            phase = answer.get("Item", {}).get("phase", {}).get("S")
            self._live = self._move.target if phase == Phase.SWITCHED else self._move.source
        self._read_at = self._clock()


def open_live(
    clients: Callable[[str], Any], environ: Mapping[str, str] = os.environ
) -> Callable[[], VectorSettings]:
    """Tells at any moment which store and embedder to search with. Makes no call yet."""
    move = Move.from_environment(environ)
    if move is not None:
        return LiveVectors(clients("dynamodb"), move)
    settings = VectorSettings.from_environment(environ)
    return lambda: settings
