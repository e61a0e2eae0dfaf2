"""What a place that keeps something of a shopper must be able to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.aws import is_transient


class StoreUnavailable(Exception):
    """A table is out of reach or throttled; worth another attempt."""


class UnknownPlace(Exception):
    """A place to go on from that no page of this store has named."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, as JSON; `last` is the place to go on from, None at the end."""

    records: tuple[Mapping[str, Any], ...]
    last: str | None = None


class Store(Protocol):
    """One store. Every method raises StoreUnavailable."""

    @property
    def name(self) -> str:
        """Under which exports and erasures list it."""
        ...

    def read(self, user_id: str, after: str | None) -> Page:
        """Records of the shopper, those behind the place `after`; at most about 1 MB. Raises UnknownPlace."""
        ...

    def erase(self, user_id: str) -> int:
        """Erase all records of the shopper; how many there were. Doing it again does no harm."""
        ...


def explain(error: ClientError | BotoCoreError) -> Exception:
    """The error to raise for one of a table's."""
    return StoreUnavailable("a table did not answer") if is_transient(error) else error
