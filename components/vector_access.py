"""Which functions may read and write the vectors, for backends that keep a list of their own."""

from collections.abc import Callable, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib.opensearch import CREATE, READ, WRITE, Grant, data_policy
from components._lib.package import public_token
from components._lib.vector.opensearch import INDEX_NAME
from components.vector_search import EmbedderName, Space, VectorBackend, read_spaces


class VectorAccessArgs(TypedDict):
    """Inputs of `VectorAccess`."""

    collection: pulumi.Input[str]
    """Output `collection` of `VectorSearch`."""
    next_collection: NotRequired[pulumi.Input[str]]
    """Output `next_collection` of `VectorSearch`; needed where vectors move to OpenSearch. Default: none."""
    backend: NotRequired[VectorBackend]
    """As input of `VectorSearch`. Default: `dynamodb`."""
    embedder: NotRequired[EmbedderName]
    """As input of `VectorSearch`. Default: `titan`."""
    dimensions: NotRequired[int]
    """As input of `VectorSearch`. Default: 1024."""
    migrate_to_backend: NotRequired[VectorBackend]
    """As input of `VectorSearch`. Default: no migration, or `backend` where only the model changes."""
    migrate_to_embedder: NotRequired[EmbedderName]
    """As input of `VectorSearch`. Default: no migration, or `embedder` where only the backend changes."""
    migrate_to_dimensions: NotRequired[int]
    """As input of `VectorSearch`. Default: `dimensions`."""
    readers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of the roles that search, such as output `role_arn` of `ProductSearch`; empty ones are left out.
    Default: none."""
    writers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of the roles that index, such as output `ingest_role_arn` of `Catalog`; empty ones are left out.
    Default: none."""


class VectorAccess(pulumi.ComponentResource):
    """The data access policies of OpenSearch Serverless, which name roles; other backends need none.

    It stands apart from `VectorSearch` because the functions that it names need the collection first.
    """

    policy_name: pulumi.Output[str]
    """Name of the data access policy; empty for a backend that needs none."""
    next_policy_name: pulumi.Output[str]
    """As `policy_name`, of where vectors move."""

    def __init__(self, name: str, args: VectorAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("VectorAccess"), name, {}, opts)
        home, destination = read_spaces(args)
        own = pulumi.ResourceOptions(parent=self)
        self.policy_name = _grant(name, home, args["collection"], args, own)
        self.next_policy_name = (
            _grant(name, destination, args.get("next_collection", ""), args, own)
            if destination
            else pulumi.Output.from_input("")
        )
        self.register_outputs({"policy_name": self.policy_name, "next_policy_name": self.next_policy_name})


def _grant(
    name: str,
    space: Space,
    collection: pulumi.Input[str],
    args: VectorAccessArgs,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Let the roles use one place, by a policy that is called as that place is and survives a migration."""
    grant = _GRANTS.get(space.backend)
    return grant(name + space.suffix, collection, args, opts).name if grant else pulumi.Output.from_input("")


def _grant_opensearch(
    name: str, collection: pulumi.Input[str], args: VectorAccessArgs, opts: pulumi.ResourceOptions
) -> aws.opensearch.ServerlessAccessPolicy:
    readers, writers = args.get("readers", []), args.get("writers", [])
    if not readers and not writers:
        raise ValueError("readers: nobody could use the collection; give the roles that search or index")
    return data_policy(
        f"{name}-data",
        # One policy of this kind for each collection, so it may be called the same.
        collection,
        collection,
        INDEX_NAME,
        [
            Grant(roles=readers, permissions=READ),
            Grant(roles=writers, permissions=sorted({*READ, *WRITE, *CREATE})),
        ],
        opts,
    )


_Grant = Callable[
    [str, pulumi.Input[str], VectorAccessArgs, pulumi.ResourceOptions], aws.opensearch.ServerlessAccessPolicy
]
_GRANTS: dict[VectorBackend, _Grant] = {VectorBackend.OPENSEARCH: _grant_opensearch}
