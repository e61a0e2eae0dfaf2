"""What shoppers were promised during a run, and whether all of it was kept."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

from benchmarks.load.stack import Shopper, Stack

ENDS = ("completed", "error")


@dataclass
class Ledger:
    """Everything that was accepted: each of it must be there in the end."""

    reader: Shopper
    """Looks at the catalogue, which is the same for everybody."""
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    interactions: int = 0
    turns: int = 0
    images: list[tuple[Shopper, str]] = field(default_factory=list[tuple[Shopper, str]])
    photos: list[tuple[Shopper, str]] = field(default_factory=list[tuple[Shopper, str]])
    looks: dict[tuple[str, str], Shopper] = field(default_factory=dict[tuple[str, str], Shopper])
    """Saved looks, by their shopper's address and their id."""
    jobs: dict[str, Shopper] = field(default_factory=dict[str, Shopper])
    uploads: dict[str, float] = field(default_factory=dict[str, float])
    """Product ids by the time at which their picture was uploaded."""

    @property
    def catalogue_prefix(self) -> str:
        return f"products/dress/load-{self.run}-"

    def count(self) -> int:
        """How many promises there are."""
        kept = (self.images, self.photos, self.looks, self.jobs, self.uploads)
        return self.interactions + self.turns + sum(len(each) for each in kept)

    def find_lost(self, stack: Stack, within_s: float) -> list[str]:
        """What is not there after at most `within_s` seconds, each with a word on it."""
        deadline = monotonic() + within_s
        checks: list[Callable[[], list[str]]] = [
            lambda: self._lost_interactions(stack),
            lambda: [f"picture {id_}" for shopper, id_ in self.images if not _has_image(shopper, id_)],
            lambda: [f"photo {id_}" for shopper, id_ in self.photos if not _is_checked(shopper, id_)],
            self._lost_looks,
            lambda: [f"try-on {id_}" for id_, shopper in self.jobs.items() if not _has_ended(shopper, id_)],
            lambda: [f"upload {id_}" for id_ in self.uploads if not _is_product(self.reader, id_)],
        ]
        lost: list[str] = []
        for check in checks:
            lost += _last_of(check, deadline)
        return lost

    def clean_up(self, stack: Stack, within_s: float) -> None:
        """Take what was uploaded out of the catalogue again, and wait until nobody is shown it any more."""
        s3, bucket = stack.aws("s3"), stack.outputs["catalog_bucket"]
        for entry in list_objects(s3, bucket, self.catalogue_prefix):
            s3.delete_object(Bucket=bucket, Key=entry["Key"])
        _last_of(
            lambda: [id_ for id_ in self.uploads if _is_product(self.reader, id_)], monotonic() + within_s
        )

    def _lost_looks(self) -> list[str]:
        shoppers = {email: shopper for (email, _), shopper in self.looks.items()}
        there = {(email, id_) for email, shopper in shoppers.items() for id_ in _list_saved(shopper)}
        return [f"look {id_}" for email, id_ in self.looks if (email, id_) not in there]

    def _lost_interactions(self, stack: Stack) -> list[str]:
        missing = self.interactions - count_recorded(stack, self.began)
        return [f"{missing} interactions"] if missing > 0 else []


def _last_of(find: Callable[[], list[str]], deadline: float) -> list[str]:
    """What is found until nothing is, or what is still found when time is up."""
    while (found := find()) and monotonic() < deadline:
        sleep(0.5)
    return found


def count_recorded(stack: Stack, since: datetime) -> int:
    """Different interactions that came to the lake after a moment, those of others among them.

    Whose they are cannot be told: the lake knows neither shoppers nor visits by name.
    """
    s3, bucket = stack.aws("s3"), stack.outputs["lake_bucket"]
    entries = list_objects(s3, bucket, "interactions/")
    new = [entry["Key"] for entry in entries if entry["LastModified"] >= since.replace(microsecond=0)]
    bodies = (s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in new)
    return len({json.loads(line)["event_id"] for body in bodies for line in body.splitlines()})


def list_objects(s3: Any, bucket: str, prefix: str) -> list[dict[str, Any]]:
    """All objects whose keys begin with `prefix`, as S3 lists them."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry for page in pages for entry in page.get("Contents", [])]


def _has_image(shopper: Shopper, image_id: str) -> bool:
    cursor, found = "", False
    while not found:
        page = shopper.call("GET", f"/images?limit=50{cursor}").json()
        found = image_id in {each["image_id"] for each in page.get("images", [])}
        if not page.get("cursor"):
            break
        cursor = f"&cursor={page['cursor']}"
    return found


def _list_saved(shopper: Shopper) -> set[str]:
    """Ids of all that a shopper has saved, which a page has room for."""
    return {item["item_id"] for item in shopper.call("GET", "/me/closet?limit=100").json().get("items", [])}


def _is_checked(shopper: Shopper, model_id: str) -> bool:
    return shopper.call("GET", f"/models/{model_id}").json().get("status") in ("ready", "refused")


def _has_ended(shopper: Shopper, job_id: str) -> bool:
    return shopper.call("GET", f"/try-on/{job_id}").json().get("status") in ENDS


def _is_product(shopper: Shopper, product_id: str) -> bool:
    return shopper.call("GET", f"/products/{product_id}").status_code == 200
