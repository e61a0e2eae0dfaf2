"""Which functions may read and write the vectors, for backends that keep a list of their own."""

from collections.abc import Callable, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib.opensearch import CREATE, READ, WRITE, Grant, data_policy
from components._lib.package import public_token
from components._lib.vector.opensearch import INDEX_NAME
from components.vector_search import VectorBackend


class VectorAccessArgs(TypedDict):
    """Inputs of `VectorAccess`."""

    collection: pulumi.Input[str]
    """Output `collection` of `VectorSearch`."""
    backend: NotRequired[VectorBackend]
    """Where vectors are kept. Default: `dynamodb`."""
    readers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of the roles that search, such as output `role_arn` of `ProductSearch`. Default: none."""
    writers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of the roles that index, such as output `ingest_role_arn` of `Catalog`. Default: none."""


class VectorAccess(pulumi.ComponentResource):
    """The data access policy of OpenSearch Serverless, which names roles; other backends need none.

    It stands apart from `VectorSearch` because the functions that it names need the collection first.
    """

    policy_name: pulumi.Output[str]
    """Name of the data access policy; empty for a backend that needs none."""

    def __init__(self, name: str, args: VectorAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("VectorAccess"), name, {}, opts)
        backend = VectorBackend(args.get("backend", VectorBackend.DYNAMODB))
        grant = _GRANTS.get(backend)
        policy = grant(name, args, pulumi.ResourceOptions(parent=self)) if grant else None
        self.policy_name = policy.name if policy else pulumi.Output.from_input("")
        self.register_outputs({"policy_name": self.policy_name})


def _grant_opensearch(
    name: str, args: VectorAccessArgs, opts: pulumi.ResourceOptions
) -> aws.opensearch.ServerlessAccessPolicy:
    readers, writers = args.get("readers", []), args.get("writers", [])
    if not readers and not writers:
        raise ValueError("readers: nobody could use the collection; give the roles that search or index")
    return data_policy(
        f"{name}-data",
        # One policy of this kind for each collection, so it may be called the same.
        args["collection"],
        args["collection"],
        INDEX_NAME,
        [
            Grant(roles=readers, permissions=READ),
            Grant(roles=writers, permissions=sorted({*READ, *WRITE, *CREATE})),
        ],
        opts,
    )


_Grant = Callable[[str, VectorAccessArgs, pulumi.ResourceOptions], aws.opensearch.ServerlessAccessPolicy]
_GRANTS: dict[VectorBackend, _Grant] = {VectorBackend.OPENSEARCH: _grant_opensearch}
