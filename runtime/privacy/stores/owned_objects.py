"""Objects of a bucket that belong to a shopper: pictures below `<prefix><shopper>/`, until they expire."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.privacy.settings import KeptObjects
from runtime.privacy.stores.port import Page, StoreUnavailable, explain

LINK_SECONDS = 3600
"""How long an address in an export works."""
_PAGE = 500
_BATCH = 1000  # most keys of one DeleteObjects


class OwnedObjects:
    """A shopper's objects of one bucket. Every method raises StoreUnavailable."""

    def __init__(self, client: Any, kept: KeptObjects) -> None:
        self._client = client
        self._kept = kept

    @property
    def name(self) -> str:
        return self._kept.name

    def read(self, user_id: str, after: str | None) -> Page:
        """Some objects, each with an address from which it can be taken for an hour."""
        place = {"StartAfter": after} if after else {}
        answer = self._list("list_objects_v2", user_id, _PAGE, place)
        found = answer.get("Contents") or []
        records = tuple(self._describe(each) for each in found)
        return Page(records, found[-1]["Key"] if answer.get("IsTruncated") else None)

    def erase(self, user_id: str) -> int:
        """Erase all objects with every version they had; how many versions there were."""
        erased = 0
        for versions in self._versions(user_id):
            request = {"Objects": versions, "Quiet": True}
            try:
                answer = self._client.delete_objects(Bucket=self._kept.bucket, Delete=request)
            except (ClientError, BotoCoreError) as error:
                raise explain(error) from error
            if answer.get("Errors"):
                raise StoreUnavailable(f"the bucket of {self.name} left some undeleted")
            erased += len(versions)
        return erased

    def _versions(self, user_id: str) -> Iterator[list[dict[str, str]]]:
        """Keys and version ids, deletion markers among them; what was yielded is gone by the next time."""
        while True:
            answer = self._list("list_object_versions", user_id, _BATCH, {})
            found = [*(answer.get("Versions") or []), *(answer.get("DeleteMarkers") or [])]
            if not found:
                return
            yield [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]

    def _list(self, operation: str, user_id: str, most: int, place: Mapping[str, str]) -> dict[str, Any]:
        try:
            return getattr(self._client, operation)(
                Bucket=self._kept.bucket, Prefix=f"{self._kept.prefix}{user_id}/", MaxKeys=most, **place
            )
        except (ClientError, BotoCoreError) as error:
            raise explain(error) from error

    def _describe(self, found: Mapping[str, Any]) -> dict[str, Any]:
        place = {"Bucket": self._kept.bucket, "Key": found["Key"]}
        return {
            "file": found["Key"].rpartition("/")[2],
            "made_at": found["LastModified"].isoformat(),
            "bytes": found["Size"],
            "url": self._client.generate_presigned_url("get_object", Params=place, ExpiresIn=LINK_SECONDS),
        }
