"""Uploads into the catalogue: where they go, and what becomes of them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from runtime.catalog.ingest_logic import GIVEN_UP
from runtime.catalog.outcomes import Noted, Reason
from runtime.catalog.reconcile import Outcome
from runtime.desk.bucket import UPLOAD_S, Lying, UploadBucket
from runtime.desk.letters import Look
from runtime.desk.request import NewFile
from runtime.shared.moments import write_moment
from runtime.shared.problems import refuse_fields
from runtime.shared.products import Product, product_id_for_key

NO_REASON = "The ingestion broke off without a reason; try it again."
_LATE_S = 600
"""After so many seconds an upload is no longer simply waiting for its turn."""
_SETTLED = {
    Outcome.INDEXED.value: "indexed",
    Outcome.UNCHANGED.value: "indexed",
    Outcome.FILE_READ.value: "indexed",
    Outcome.REFUSED.value: "refused",
    GIVEN_UP: "refused",
}


class Outcomes(Protocol):
    """What became of objects, by key."""

    def find(self, keys: Sequence[str]) -> dict[str, Noted]: ...


class DeadLetters(Protocol):
    """What could not be ingested."""

    def look(self) -> Look: ...


class Products(Protocol):
    """The products that there are, by id."""

    def get_many(self, product_ids: Sequence[str], *, consistent: bool = False) -> dict[str, Product]: ...


@dataclass(frozen=True, slots=True)
class Uploads:
    """Methods raise what the stores raise."""

    bucket: UploadBucket
    outcomes: Outcomes
    products: Products
    letters: DeadLetters
    clock: Callable[[], float] = time.time

    def invite(self, files: Sequence[NewFile]) -> list[dict[str, Any]]:
        """Where and how to send each file."""
        expires_at = write_moment(self.clock() + UPLOAD_S)
        return [self._invite(file, expires_at) for file in files]

    def describe(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        """What became of the object of each key. Raises a 400 Problem for a key outside the catalogue."""
        outside = [index for index, key in enumerate(keys) if not key.startswith(self.bucket.prefix)]
        if outside:
            raise refuse_fields(*((f"key.{index}", f"begins with {self.bucket.prefix}") for index in outside))
        distinct = [*dict.fromkeys(keys)]
        noted = self.outcomes.find(distinct)
        lying = self.bucket.find(distinct)
        unknown = [key for key in distinct if key in lying and key not in noted]
        rows = self.products.get_many([product_id_for_key(key) for key in unknown]) if unknown else {}
        told = [_describe(key, lying.get(key), noted.get(key), rows) for key in distinct]
        late = [each for each in told if each["status"] == "waiting" and self._is_late(lying[each["key"]])]
        if late:
            self._ask_letters(late, lying)
        return told

    def _is_late(self, lying: Lying) -> bool:
        return self.clock() - lying.written_at > _LATE_S

    def _ask_letters(self, late: Sequence[dict[str, Any]], lying: Mapping[str, Lying]) -> None:
        """An ingestion that broke off leaves no word but a dead letter."""
        letters = {letter.key: letter for letter in self.letters.look().letters}
        for told in late:
            letter = letters.get(told["key"])
            if letter is not None and letter.sent_ms / 1000 >= lying[letter.key].written_at:
                reason = Reason(letter.reason or NO_REASON, letter.row, letter.column)
                told |= {"status": "refused", "reasons": [_tell(reason)], "refusals": 1}

    def _invite(self, file: NewFile, expires_at: str) -> dict[str, Any]:
        key = self.bucket.prefix + file.path
        form = self.bucket.invite(key, file.content_type, file.most_bytes)
        return {"key": key, **form, "expires_at": expires_at}


def _describe(
    key: str, lying: Lying | None, noted: Noted | None, rows: Mapping[str, Product]
) -> dict[str, Any]:
    product_id = product_id_for_key(key)
    told: dict[str, Any] = {
        "key": key,
        "status": "waiting",
        "product_id": None,
        "reasons": [],
        "refusals": 0,
        "rows_changed": None,
        "settled_at": None,
    }
    if lying is None:
        return told | {"status": "missing"}
    if noted is None:
        # Ingested before outcomes were noted, or the note was lost: the product itself tells.
        product = rows.get(product_id)
        indexed = product is not None and product.is_shown and _seconds(product) >= lying.written_at
        return told | ({"status": "indexed", "product_id": product_id} if indexed else {})
    if noted.etag != lying.etag or noted.outcome not in _SETTLED:
        return told
    is_file = noted.outcome == Outcome.FILE_READ.value
    status = _SETTLED[noted.outcome]
    if is_file and noted.refusals and any(reason.row is None for reason in noted.reasons):
        status = "refused"  # the file as a whole
    return told | {
        "status": status,
        "product_id": product_id if status == "indexed" and not is_file else None,
        "reasons": [_tell(reason) for reason in noted.reasons],
        "refusals": noted.refusals,
        "rows_changed": noted.rows_changed if is_file else None,
        "settled_at": noted.moment,
    }


def _tell(reason: Reason) -> dict[str, Any]:
    return {"reason": reason.text, "row": reason.row, "column": reason.column}


def _seconds(product: Product) -> float:
    return datetime.fromisoformat(product.updated_at).timestamp() if product.updated_at else 0.0
