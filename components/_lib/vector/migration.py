"""What a stack has more while its vectors move: the record of the move, and permissions for its steps."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.vector.space import VectorSpace
from components._lib.watched import Row, watched_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The MIGRATION setting, and what each step must be allowed to do."""

    environment: Mapping[str, pulumi.Output[str]]
    read: list[iam.Statement]
    copy: list[iam.Statement]
    compare: list[iam.Statement]
    switch: list[iam.Statement]
    watched: tuple[Row, ...]


def create(
    name: str,
    parent: pulumi.Resource,
    source: VectorSpace,
    target: VectorSpace,
    *,
    reembeds: bool,
    protect_data: bool,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
) -> Move:
    """Declare the table that says how far the move is.

    Should it be lost, searches are answered from the source, which is complete throughout.
    """
    table = aws.dynamodb.Table(
        f"{name}-migration",
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        point_in_time_recovery={"enabled": protect_data},
        deletion_protection_enabled=protect_data,
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent, protect=protect_data, retain_on_delete=protect_data),
    )
    setting = pulumi.Output.all(target.store.setting, target.embedder, table.name).apply(_write_setting)
    read = iam.allow(["dynamodb:GetItem"], [table.arn])
    record = iam.allow(["dynamodb:GetItem", "dynamodb:PutItem"], [table.arn])
    embed = [target.embed] if reembeds else []
    both = [*source.store.scan_statements, *target.store.scan_statements]
    return Move(
        environment={"MIGRATION": setting},
        read=[read],
        copy=[*both, *target.store.index_statements, *embed, record],
        compare=[*both, *target.store.query_statements, *embed, record],
        switch=[record],
        watched=(watched_table(f"{name}-migration", table),),
    )


def _write_setting(parts: list[str]) -> str:
    store, embedder, table = parts
    return f'{{"embedder": {embedder}, "store": {store}, "table": "{table}"}}'
