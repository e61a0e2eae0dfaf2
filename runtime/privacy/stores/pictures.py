"""Pictures that a shopper had made: objects below `<prefix><shopper>/`, until they expire."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.privacy.stores.port import Page, StoreUnavailable, explain

LINK_SECONDS = 3600
"""How long an address in an export works."""
_PAGE = 500
_BATCH = 1000  # most keys of one DeleteObjects


class PictureBucket:
    """The bucket of pictures. Every method raises StoreUnavailable."""

    name = "pictures"

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def read(self, user_id: str, after: str | None) -> Page:
        """Some pictures, each with an address from which it can be taken for an hour."""
        answer = self._list(user_id, after, _PAGE)
        found = answer.get("Contents") or []
        records = tuple(self._describe(each) for each in found)
        return Page(records, found[-1]["Key"] if answer.get("IsTruncated") else None)

    def erase(self, user_id: str) -> int:
        """Erase all pictures; how many there were."""
        erased = 0
        for keys in self._keys(user_id):
            request = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
            try:
                answer = self._client.delete_objects(Bucket=self._bucket, Delete=request)
            except (ClientError, BotoCoreError) as error:
                raise explain(error) from error
            if answer.get("Errors"):
                raise StoreUnavailable("the bucket left pictures undeleted")
            erased += len(keys)
        return erased

    def _keys(self, user_id: str) -> Iterator[list[str]]:
        after: str | None = None
        while True:
            answer = self._list(user_id, after, _BATCH)
            keys = [each["Key"] for each in answer.get("Contents") or []]
            if keys:
                yield keys
            if not answer.get("IsTruncated"):
                return
            after = keys[-1]

    def _list(self, user_id: str, after: str | None, most: int) -> dict[str, Any]:
        place = {"StartAfter": after} if after else {}
        try:
            return self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=f"{self._prefix}{user_id}/", MaxKeys=most, **place
            )
        except (ClientError, BotoCoreError) as error:
            raise explain(error) from error

    def _describe(self, found: Mapping[str, Any]) -> dict[str, Any]:
        place = {"Bucket": self._bucket, "Key": found["Key"]}
        return {
            "picture": found["Key"].rpartition("/")[2],
            "made_at": found["LastModified"].isoformat(),
            "bytes": found["Size"],
            "url": self._client.generate_presigned_url("get_object", Params=place, ExpiresIn=LINK_SECONDS),
        }
