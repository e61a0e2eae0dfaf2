"""What is kept of shoppers, described for the function that shows it to them and erases it.

Each component hands out its places as one JSON text, a list; the form is `runtime/privacy/settings.py`'s.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.texts import dump_json

Place = Mapping[str, Any]
"""One place; its names may be Outputs until the text is made."""


def kept_rows(
    name: str,
    table: aws.dynamodb.Table,
    *,
    keys: Sequence[str],
    index: str | None = None,
    hidden: Sequence[str] = (),
    texts: Sequence[str] = (),
) -> Place:
    """Rows with the hash key `user_id` in the table or in its index; `keys` are the table's other keys."""
    return {
        "kind": "rows",
        "name": name,
        "table": table.name,
        "keys": list(keys),
        "index": index,
        "hidden": list(hidden),
        "texts": list(texts),
    }


def own_rows(table: aws.dynamodb.Table, index: str | None = None) -> list[iam.Statement]:
    """What showing and erasing such rows takes."""
    found_in = pulumi.Output.concat(table.arn, "/index/", index) if index else table.arn
    return [
        iam.allow(["dynamodb:Query"], [found_in]),
        iam.allow(["dynamodb:BatchWriteItem"], [table.arn]),
    ]


def kept_objects(name: str, bucket: aws.s3.Bucket, prefix: str) -> Place:
    """Objects whose keys begin with `<prefix><user id>/`."""
    return {"kind": "objects", "name": name, "bucket": bucket.bucket, "prefix": prefix}


def own_objects(bucket: aws.s3.Bucket, prefix: str) -> list[iam.Statement]:
    """What showing and erasing such objects takes, with all the versions they had."""
    return [
        iam.allow(["s3:ListBucket", "s3:ListBucketVersions"], [bucket.arn]),
        iam.allow(
            # DeleteObjects always asks for the first, and for the second where a version is named.
            ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject"],
            [pulumi.Output.concat(bucket.arn, "/", prefix, "*")],
        ),
    ]


def describe_kept(*places: Place) -> pulumi.Output[str]:
    """The text that a component hands out."""
    return dump_json(places)


def merge_kept(texts: Sequence[pulumi.Input[str]]) -> pulumi.Output[str]:
    """One text with the places of all, in their order."""

    def merge(known: Sequence[str]) -> str:
        return json.dumps([place for text in known for place in json.loads(text)], sort_keys=True)

    known: pulumi.Output[Any] = pulumi.Output.from_input(texts)
    return known.apply(merge)
