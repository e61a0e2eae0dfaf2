"""Puts a catalogue into the cloud: the drawn demo one, or a person's own folder."""

import hashlib
import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console

from local.config import ROOT, LocalConfig
from local.demo.catalog import write_catalog
from local.resources.base import emulator_client
from runtime.shared.products import product_id_for_key

PREFIX = "products/"
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".csv"}
_WAIT_S = 300.0


class CatalogFailed(Exception):
    """The catalogue did not arrive in the shop."""


def prepare(config: LocalConfig) -> None:
    """Draw the demo catalogue unless it is drawn already or another one is wanted."""
    if config.catalog is None:
        folder = _demo_folder(config)
        if not (folder / "products.csv").is_file():
            write_catalog(folder)


def load(config: LocalConfig, outputs: dict[str, Any], console: Console) -> str:
    """Upload what is new or changed, remove what is gone, wait until all is searchable; a summary line."""
    folder = config.catalog or _demo_folder(config)
    files = {PREFIX + path.relative_to(folder).as_posix(): path for path in _files(folder)}
    s3 = emulator_client(config.emulator_url, outputs["region"], "s3")
    bucket, record = outputs["catalog_bucket"], config.folder / "catalog.json"
    loaded: list[str] = json.loads(record.read_text()) if record.is_file() else []
    present = _stored(s3, bucket)
    changed = [key for key, path in files.items() if present.get(key) != md5_of(path)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.upload_file(str(files[key]), bucket, key), _csv_last(changed)))
    for key in set(loaded) - files.keys():
        s3.delete_object(Bucket=bucket, Key=key)
    record.write_text(json.dumps(sorted(files)))
    pictures = {product_id_for_key(key) for key in files if not key.endswith(".csv")}
    if changed:
        _wait_until_indexed(config, outputs, pictures, console)
    source = folder.name if config.catalog else "the drawn demo catalogue"
    return f"{len(pictures)} products from {source}"


def group(config: LocalConfig, outputs: dict[str, Any]) -> None:
    """Have the products grouped by look if that is due, without waiting for it.

    The schedule would do so in an hour; a new catalogue should have its groups while it is being tried out.
    """
    functions = emulator_client(config.emulator_url, outputs["region"], "lambda")
    functions.invoke(FunctionName=outputs["clusters_function"], InvocationType="Event", Payload=b"{}")


def _demo_folder(config: LocalConfig) -> Path:
    return config.folder / f"demo-{drawing_digest()}"


def drawing_digest() -> str:
    """Changes with anything that the drawn catalogue is made from."""
    sources = sorted(path for path in (ROOT / "local" / "demo").rglob("*") if path.suffix in (".py", ".csv"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in _SUFFIXES)


def _csv_last(keys: list[str]) -> list[str]:
    return sorted(keys, key=lambda key: key.endswith(".csv"))


def _stored(s3: Any, bucket: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    return {entry["Key"]: entry["ETag"].strip('"') for page in pages for entry in page.get("Contents", [])}


def md5_of(path: Path) -> str:
    """A file's ETag in a bucket, if it was uploaded in one piece."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _wait_until_indexed(
    config: LocalConfig, outputs: dict[str, Any], wanted: set[str], console: Console
) -> None:
    dynamodb = emulator_client(config.emulator_url, outputs["region"], "dynamodb")
    sqs = emulator_client(config.emulator_url, outputs["region"], "sqs")
    deadline = time.monotonic() + _WAIT_S
    missing = wanted
    with console.status("reading the catalogue") as status:
        while time.monotonic() < deadline:
            missing = wanted - _indexed(dynamodb, outputs["products_table"])
            refused = _waiting(sqs, outputs["dead_letter_url"])
            status.update(f"reading the catalogue: {len(wanted) - len(missing)} of {len(wanted)}")
            if len(missing) <= refused:
                if missing:
                    console.print(f"{len(missing)} pictures could not be used: see the dead-letter queue")
                return
            time.sleep(0.15)
    raise CatalogFailed(f"{len(missing)} pictures were not read in {_WAIT_S:.0f} s: see the emulator's log")


def _indexed(dynamodb: Any, table: str) -> set[str]:
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ProjectionExpression="product_id, embedding_key",
        FilterExpression="attribute_exists(embedding_key)",
    )
    return {row["product_id"]["S"] for page in pages for row in page["Items"]}


def _waiting(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])
