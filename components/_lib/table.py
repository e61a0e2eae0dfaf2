"""A DynamoDB table, the only kind this project has: paid by request, protected or discarded as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A second way to find rows: by its own keys."""

    name: str
    hash_key: str
    range_key: str
    keys_only: bool = False
    """Hold nothing but keys, so that the index is small."""
    holds: tuple[str, ...] = ()
    """Attributes to hold beside the keys. Default: all, unless `keys_only`."""


def data_table(
    name: str,
    parent: pulumi.Resource,
    *,
    hash_key: str,
    range_key: str | None = None,
    indexes: Sequence[Index] = (),
    numbers: Sequence[str] = (),
    expires_by: str | None = None,
    stream: str | None = None,
    protect_data: bool,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
) -> aws.dynamodb.Table:
    """Declare a table; keys are texts but for `numbers`.

    Rows end at the time (seconds since 1970) in the attribute `expires_by`. `stream` is what a stream tells
    of a change, such as `KEYS_ONLY`. With `protect_data` the table survives `pulumi destroy`, and any moment
    of its last 35 days can be had back.
    """
    keys = [hash_key, range_key, *(key for index in indexes for key in (index.hash_key, index.range_key))]
    return aws.dynamodb.Table(
        name,
        billing_mode="PAY_PER_REQUEST",
        hash_key=hash_key,
        range_key=range_key,
        # DynamoDB refuses an attribute that is no key, so they are read off the keys.
        attributes=[
            {"name": key, "type": "N" if key in numbers else "S"} for key in dict.fromkeys(filter(None, keys))
        ],
        global_secondary_indexes=[_describe(index) for index in indexes] or None,
        stream_enabled=True if stream else None,
        stream_view_type=stream,
        ttl={"attribute_name": expires_by, "enabled": True} if expires_by else None,
        point_in_time_recovery={"enabled": protect_data},
        deletion_protection_enabled=protect_data,
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent, protect=protect_data, retain_on_delete=protect_data),
    )


def _describe(index: Index) -> Any:
    held = {"non_key_attributes": list(index.holds)} if index.holds else {}
    return {
        "name": index.name,
        "key_schemas": [
            {"attribute_name": index.hash_key, "key_type": "HASH"},
            {"attribute_name": index.range_key, "key_type": "RANGE"},
        ],
        "projection_type": "KEYS_ONLY" if index.keys_only else "INCLUDE" if index.holds else "ALL",
        **held,
    }
