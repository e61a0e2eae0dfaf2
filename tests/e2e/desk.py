"""Looking after the catalogue in a running cloud, as a merchandiser's client does it."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from local.users import DEMO_USERS, access_token
from tests.support.cloud import RunningCloud, eventually

MERCHANDISER = DEMO_USERS[1]
TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".csv": "text/csv"}


@dataclass
class Merchandiser:
    """A signed-in member of the group; what they upload lies in a folder of its own."""

    cloud: RunningCloud
    category: str = field(default_factory=lambda: f"desk {uuid.uuid4().hex[:8]}")
    _token: str = ""

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        if not self._token:
            self._token = access_token(
                self.cloud.description, MERCHANDISER["email"], MERCHANDISER["password"]
            )
        headers = {**self.cloud.headers, "authorization": f"Bearer {self._token}"}
        return self.cloud.call(method, path, headers=headers, **arguments)

    def read(self, path: str, **params: Any) -> dict[str, Any]:
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, files: dict[str, bytes]) -> dict[str, str]:
        """Announce and send files; their keys by name."""
        asked = [
            {"name": name, "category": self.category, "content_type": _type(name), "bytes": len(content)}
            for name, content in files.items()
        ]
        answer = self.call("POST", "/catalog/uploads", json={"files": asked})
        assert answer.status_code == 200, answer.text
        uploads = answer.json()["uploads"]
        for upload, (name, content) in zip(uploads, files.items(), strict=True):
            sent = self.send(upload, name, content)
            assert sent.status_code in (200, 201, 204), sent.text
        return {name: upload["key"] for name, upload in zip(files, uploads, strict=True)}

    def send(self, upload: dict[str, Any], name: str, content: bytes) -> httpx.Response:
        """Fill in the form that the API handed out."""
        file = {"file": (name, content, _type(name))}
        return httpx.post(upload["url"], data=upload["fields"], files=file, timeout=60)

    def files(self, *keys: str) -> dict[str, dict[str, Any]]:
        """What became of these keys."""
        return {each["key"]: each for each in self.read("/catalog/files", key=list(keys))["files"]}

    def settled(self, *keys: str, within_s: float = 30) -> dict[str, dict[str, Any]]:
        """What became of these keys, once nothing of them waits any more."""

        def look() -> dict[str, dict[str, Any]]:
            told = self.files(*keys)
            return {} if any(each["status"] == "waiting" for each in told.values()) else told

        return eventually(look, within_s=within_s, every_s=0.2)

    def letters(self, *keys: str) -> list[dict[str, Any]]:
        """The dead letters about these keys."""
        return [each for each in self.read("/catalog/dead-letters")["dead_letters"] if each["key"] in keys]

    def forget_outcome(self, key: str) -> None:
        """As it is with what was ingested before outcomes were noted."""
        dynamodb = self.cloud.aws("dynamodb")
        names = dynamodb.list_tables()["TableNames"]
        table = next(each for each in names if each.startswith("catalog-outcomes-"))
        dynamodb.delete_item(TableName=table, Key={"key": {"S": key}})

    def tidy_up(self) -> None:
        """Take everything away that was uploaded, and the dead letters about it."""
        for key in self._keys():
            self.cloud.remove(key)
        for letter in self.read("/catalog/dead-letters")["dead_letters"]:
            if letter["key"].startswith(f"products/{self.category}/"):
                self.call("DELETE", f"/catalog/dead-letters/{letter['id']}")

    def _keys(self) -> list[str]:
        bucket, prefix = self.cloud.outputs["catalog_bucket"], f"products/{self.category}/"
        found = self.cloud.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", ())]


def _type(name: str) -> str:
    return TYPES[name[name.rindex(".") :]]
