"""Vector collections of OpenSearch Serverless, and who may do what in them.

Three kinds of policy stand between a caller and a collection. The encryption policy must be there before the
collection, the network policy says from where it is reached, and the data access policy says which role may
do what with which index. IAM itself knows only "all or nothing" on a collection (`aoss:APIAccessAll`).

A data access policy names roles, and the functions that have these roles are told the collection's address:
were the policy made together with the collection, neither could be first. So the collection comes first, the
roles second and the data access policy last, made by whoever knows them all. A call that comes before the
policy works (it takes up to a minute) is refused and made again: by the queue behind an ingestion, by the
program's own function that makes indexes, by the shopper's next search.

https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-security.html
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib import iam

LONGEST_NAME = 32
"""Characters that the name of a policy or of a collection group may have; a collection's is the same here."""
_DIGEST = 6
_MOST_OCU = 8.0
"""OpenSearch compute units for indexing, and as many for searching: what a busy collection costs at most."""

READ = ("aoss:DescribeIndex", "aoss:ReadDocument")
WRITE = ("aoss:WriteDocument",)
CREATE = ("aoss:CreateIndex", "aoss:DescribeIndex")


class OpenSearchGeneration(StrEnum):
    """Which OpenSearch Serverless a collection belongs to."""

    NEXTGEN = "nextgen"
    CLASSIC = "classic"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSpec:
    """What a collection is made of."""

    name: str
    """Logical name, the prefix of all resources."""
    physical_name: pulumi.Input[str]
    suffix: str
    """What the physical name ends with, so that collections of one stack differ."""
    description: str
    generation: OpenSearchGeneration
    protect_data: bool
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the bearers of some roles may do with one index."""

    roles: Sequence[pulumi.Input[str]]
    permissions: Sequence[str]


@dataclass(frozen=True, slots=True)
class VectorCollection:
    """A collection that stands, with its encryption and network policies."""

    resource: aws.opensearch.ServerlessCollection
    name: pulumi.Output[str]

    @property
    def endpoint(self) -> pulumi.Output[str]:
        return self.resource.collection_endpoint

    @property
    def arn(self) -> pulumi.Output[str]:
        return self.resource.arn

    def use_statement(self) -> iam.Statement:
        """What IAM must allow everybody who calls the collection; the data access policy says the rest."""
        return iam.allow(["aoss:APIAccessAll"], [self.arn])


def vector_collection(spec: CollectionSpec, parent: pulumi.Resource) -> VectorCollection:
    """Declare a collection and what it needs first.

    The next generation scales to zero when nobody asks, and then takes 10 to 30 s to wake; the classic one
    is always on. Standby replicas double the price of being on, so unprotected stacks have none.
    """
    name = short_name(spec.physical_name, spec.suffix)
    keep = pulumi.ResourceOptions(
        parent=parent, protect=spec.protect_data, retain_on_delete=spec.protect_data
    )
    replicas = "ENABLED" if spec.protect_data else "DISABLED"
    before: list[pulumi.Resource] = [
        _security_policy(spec, "encryption", name, _encryption(name), keep),
        _security_policy(spec, "network", name, _network(name), keep),
    ]
    group = None
    if spec.generation is OpenSearchGeneration.NEXTGEN:
        group = aws.opensearch.ServerlessCollectionGroup(
            f"{spec.name}-group",
            name=name,
            description=spec.description,
            generation="NEXTGEN",
            standby_replicas=replicas,
            capacity_limits=[
                {
                    "min_indexing_capacity_in_ocu": 0.0,
                    "max_indexing_capacity_in_ocu": _MOST_OCU,
                    "min_search_capacity_in_ocu": 0.0,
                    "max_search_capacity_in_ocu": _MOST_OCU,
                }
            ],
            tags=spec.tags,
            opts=keep,
        )
    collection = aws.opensearch.ServerlessCollection(
        f"{spec.name}-collection",
        name=name,
        description=spec.description,
        type="VECTORSEARCH",
        standby_replicas=replicas,
        collection_group_name=group.name if group else None,
        tags=spec.tags,
        # Made after its policies, and gone before them.
        opts=pulumi.ResourceOptions(
            parent=parent,
            protect=spec.protect_data,
            retain_on_delete=spec.protect_data,
            depends_on=before,
        ),
    )
    return VectorCollection(collection, collection.name)


def data_policy(
    logical_name: str,
    name: pulumi.Input[str],
    collection: pulumi.Input[str],
    index: str,
    grants: Sequence[Grant],
    opts: pulumi.ResourceOptions,
) -> aws.opensearch.ServerlessAccessPolicy:
    """Declare who may do what with one index of a collection."""
    rules = [
        {
            "Principal": pulumi.Output.all(*grant.roles).apply(_known),
            "Rules": [
                {
                    "Permission": sorted(grant.permissions),
                    "Resource": [pulumi.Output.concat("index/", collection, "/", index)],
                    "ResourceType": "index",
                }
            ],
        }
        for grant in grants
        if grant.roles
    ]
    return aws.opensearch.ServerlessAccessPolicy(
        logical_name, name=name, type="data", policy=_text(rules), opts=opts
    )


def _known(roles: Sequence[str]) -> list[str]:
    """Without the empty texts of functions that are not there."""
    return [role for role in roles if role]


def short_name(prefix: pulumi.Input[str], suffix: str) -> pulumi.Output[str]:
    """A name that the service takes: at most 32 lower-case letters, digits and hyphens, a letter first.

    What is cut off is replaced by a digest of the whole, so that two names never become one.
    """
    return pulumi.Output.from_input(prefix).apply(lambda known: shorten(known, suffix))


def shorten(prefix: str, suffix: str) -> str:
    """As `short_name`, for a prefix that is known."""
    whole = f"{prefix}-{suffix}"
    plain = re.sub(r"[^a-z0-9-]+", "-", whole.lower())
    if plain == whole and len(plain) <= LONGEST_NAME and plain[0].isalpha():
        return plain
    digest = hashlib.sha256(whole.encode()).hexdigest()[:_DIGEST]
    room = LONGEST_NAME - len(suffix) - _DIGEST - 2
    start = re.sub(r"^[^a-z]+", "", plain.removesuffix(f"-{suffix}"))[:room].rstrip("-")
    return f"{start or 'x'}-{digest}-{suffix}"


def _security_policy(
    spec: CollectionSpec,
    kind: str,
    name: pulumi.Output[str],
    policy: Any,
    opts: pulumi.ResourceOptions,
) -> aws.opensearch.ServerlessSecurityPolicy:
    return aws.opensearch.ServerlessSecurityPolicy(
        f"{spec.name}-{kind}", name=name, type=kind, policy=_text(policy), opts=opts
    )


def _encryption(name: pulumi.Output[str]) -> Any:
    return {"AWSOwnedKey": True, "Rules": [_rule(name)]}


def _network(name: pulumi.Output[str]) -> Any:
    # Functions and Bedrock call from outside of any VPC; every call is signed, and the data policy decides.
    return [{"AllowFromPublic": True, "Rules": [_rule(name)]}]


def _rule(name: pulumi.Output[str]) -> Any:
    return {"Resource": [pulumi.Output.concat("collection/", name)], "ResourceType": "collection"}


def _text(policy: Any) -> pulumi.Output[str]:
    # The service gives policies back with sorted keys: in any other order they would differ for ever.
    return pulumi.Output.json_dumps(policy, sort_keys=True, separators=(",", ":"))
