"""A stand-in for the control plane of OpenSearch Serverless: collections and the policies around them.

The protocol is JSON 1.0 with the operation in the header `x-amz-target`, as botocore's model of the service
says. Collections stand at once. Who may do what is decided as the service does: IAM must allow the collection
(`aoss:APIAccessAll`), and a data access policy must name the caller's role, the index and the permission.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.ai.gate import AccessDenied
from local.ai.wire import Call, Check, Json, ServiceError, TargetRoute, conflict, endpoint, invalid, not_found

_TARGET = "OpenSearchServerless."


@dataclass
class Collections:
    """Everything that the stand-in keeps, as the requests said it."""

    base_url: str
    region: str
    account: str
    groups: dict[str, Json] = field(default_factory=dict[str, Json])
    collections: dict[str, Json] = field(default_factory=dict[str, Json])
    policies: dict[tuple[str, str], Json] = field(default_factory=dict[tuple[str, str], Json])

    def arn(self, name: str) -> str:
        """ARN of a collection, whose id is its name here."""
        return f"arn:aws:aoss:{self.region}:{self.account}:collection/{name}"

    def check(
        self,
        check: Check,
        role_of: Callable[[str], str | None],
        authorization: str,
        wanted: tuple[str, str, str],
    ) -> None:
        """Raise AccessDenied unless IAM and a data policy allow (collection, permission, index)."""
        collection, permission, index = wanted
        if collection not in self.collections:
            raise AccessDenied(f"there is no collection {collection}")
        check(authorization, "aoss:APIAccessAll", self.arn(collection))
        role = role_of(authorization)
        if role is not None and not self._grants(role, permission, f"index/{collection}/{index}"):
            raise AccessDenied(f"no data access policy lets {role} do {permission} on {collection}/{index}")

    def _grants(self, role: str, permission: str, resource: str) -> bool:
        return any(
            role in part["Principal"]
            and permission in rule["Permission"]
            and any(fnmatchcase(resource, pattern) for pattern in rule["Resource"])
            for (kind, _), policy in self.policies.items()
            if kind == "data"
            for part in json.loads(policy["policy"])
            for rule in part["Rules"]
        )


def create_collection_group(state: Collections, call: Call) -> Json:
    name = call.need("name")
    if name in state.groups:
        raise conflict(f"A collection group named {name} exists already.")
    state.groups[name] = call.body
    arn = f"arn:aws:aoss:{state.region}:{state.account}:collection-group/{name}"
    return {"createCollectionGroupDetail": {"id": name, "name": name, "arn": arn}}


def create_collection(state: Collections, call: Call) -> Json:
    name = call.need("name")
    if name in state.collections:
        raise conflict(f"A collection named {name} exists already.")
    if call.body.get("type") != "VECTORSEARCH":
        raise invalid("This stand-in has collections of type VECTORSEARCH only.")
    if not _is_named(state, "encryption", name):
        raise invalid(f"No matching security policy of encryption type found for collection name: {name}.")
    group = call.body.get("collectionGroupName")
    if group is not None and group not in state.groups:
        raise not_found(f"There is no collection group {group}.")
    state.collections[name] = call.body
    return {"createCollectionDetail": {"id": name, "name": name, "arn": state.arn(name), "status": "ACTIVE"}}


def batch_get_collection(state: Collections, call: Call) -> Json:
    asked = [*call.body.get("ids", []), *call.body.get("names", [])]
    return {
        "collectionDetails": [
            {
                "id": name,
                "name": name,
                "arn": state.arn(name),
                "status": "ACTIVE",
                "type": "VECTORSEARCH",
                "collectionEndpoint": f"{state.base_url}/aoss/{name}",
                "dashboardEndpoint": f"{state.base_url}/aoss/{name}/_dashboards",
            }
            for name in asked
            if name in state.collections
        ]
    }


def create_policy(state: Collections, call: Call) -> Json:
    key = (call.need("type"), call.need("name"))
    if key in state.policies:
        raise conflict(f"A policy of type {key[0]} named {key[1]} exists already.")
    try:
        json.loads(call.need("policy"))
    except ValueError as error:
        raise invalid(f"The policy is not JSON: {error}") from error
    state.policies[key] = call.body
    detail = {"type": key[0], "name": key[1], "policyVersion": "MTY2MzY5MTY1MDA3Ml8x"}
    return {"securityPolicyDetail": detail, "accessPolicyDetail": detail}


def _is_named(state: Collections, kind: str, collection: str) -> bool:
    parts: list[Any] = [
        json.loads(policy["policy"]) for (each, _), policy in state.policies.items() if each == kind
    ]
    return any(
        fnmatchcase(f"collection/{collection}", pattern)
        for part in parts
        for rule in part["Rules"]
        for pattern in rule["Resource"]
    )


_OPERATIONS: dict[str, Callable[[Collections, Call], Json]] = {
    "BatchGetCollection": batch_get_collection,
    "CreateAccessPolicy": create_policy,
    "CreateCollection": create_collection,
    "CreateCollectionGroup": create_collection_group,
    "CreateSecurityPolicy": create_policy,
}


def routes(state: Collections, check: Check) -> list[Route]:
    """The one address of the service; each operation asks `check` for its IAM action on everything."""

    async def answer(request: Request) -> Response:
        name = request.headers.get("x-amz-target", "").removeprefix(_TARGET)

        def run(call: Call) -> Json:
            if name not in _OPERATIONS:
                raise ServiceError("UnknownOperationException", 404, f"There is no operation {name} here.")
            check(call.authorization, f"aoss:{name}", "*")
            return _OPERATIONS[name](state, call)

        return await endpoint(run)(request)

    return [TargetRoute(_TARGET, answer)]
