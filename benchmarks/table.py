"""A DynamoDB table in this process, for sizes at which the emulator's scan gets slow."""

from typing import Any

_PAGE_BYTES = 1_000_000
_ITEM_BYTES = 2_400  # a float16 vector of 1,024 numbers and its attributes


class PagedTable:
    """What a vector store needs to write rows and to read all of them, in pages of 1 MB like DynamoDB's."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._keys: list[str] = []
        self.pages = 0

    def put_item(self, *, Item: dict[str, Any], **_: Any) -> dict[str, Any]:
        key = Item["product_id"]["S"]
        if key not in self._rows:
            self._keys.append(key)
        self._rows[key] = Item
        return {}

    def scan(
        self,
        *,
        Segment: int,
        TotalSegments: int,
        ExclusiveStartKey: dict[str, Any] | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        start = int(ExclusiveStartKey["position"]["N"]) if ExclusiveStartKey else Segment
        end = start + TotalSegments * (_PAGE_BYTES // _ITEM_BYTES)
        self.pages += 1
        page: dict[str, Any] = {"Items": [self._rows[key] for key in self._keys[start:end:TotalSegments]]}
        if end < len(self._keys):
            page["LastEvaluatedKey"] = {"position": {"N": str(end)}}
        return page

    def query(self, **_: Any) -> dict[str, Any]:
        """Nothing has changed since the scan."""
        return {"Items": []}
