"""Rules about OpenSearch Serverless, whose policies are resources of their own."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from policies.stack import (
    ACCESS_POLICY,
    COLLECTION,
    SECURITY_POLICY,
    Resource,
    Stack,
    Violation,
    as_list,
    of_type,
)


def encrypt_every_collection(stack: Stack) -> Iterator[Violation]:
    """Every collection is named by an encryption policy, without which it could not be made."""
    yield from _unnamed(stack, "encryption", "has no encryption policy that names it")


def open_every_collection_on_purpose(stack: Stack) -> Iterator[Violation]:
    """Every collection is named by a network policy: from where it is reached is decided, not left open."""
    yield from _unnamed(stack, "network", "has no network policy that names it")


def let_somebody_use_every_collection(stack: Stack) -> Iterator[Violation]:
    """Every collection is named by a data access policy, or every call to it would be refused."""
    named = {
        resource.split("/")[1]
        for policy in of_type(stack, ACCESS_POLICY)
        for _, rule in _data_rules(policy)
        for resource in as_list(rule.get("Resource"))
    }
    for collection in of_type(stack, COLLECTION):
        if collection.text("name") not in named:
            yield Violation(collection.name, "has no data access policy that names it")


def name_who_uses_collections(stack: Stack) -> Iterator[Violation]:
    """A data access policy names roles, permissions and indexes exactly, never with a *."""
    for policy in of_type(stack, ACCESS_POLICY):
        for principals, rule in _data_rules(policy):
            if not principals or any("*" in each or ":role/" not in each for each in principals):
                yield Violation(policy.name, "name the roles that may use the collection, each by its ARN")
            if any("*" in each for each in as_list(rule.get("Permission"))):
                yield Violation(policy.name, "list the permissions that are needed")
            if any("*" in each for each in as_list(rule.get("Resource"))):
                yield Violation(policy.name, "name the collection and the index")


def _unnamed(stack: Stack, kind: str, text: str) -> Iterator[Violation]:
    named = {
        resource
        for policy in of_type(stack, SECURITY_POLICY)
        if policy.text("type") == kind
        for rule in _security_rules(policy)
        for resource in as_list(rule.get("Resource"))
    }
    for collection in of_type(stack, COLLECTION):
        if f"collection/{collection.text('name')}" not in named:
            yield Violation(collection.name, text)


def _security_rules(policy: Resource) -> Iterator[Mapping[str, Any]]:
    for part in as_list(json.loads(policy.text("policy") or "[]")):
        yield from part.get("Rules", [])


def _data_rules(policy: Resource) -> Iterator[tuple[list[str], Mapping[str, Any]]]:
    for part in json.loads(policy.text("policy") or "[]"):
        for rule in part.get("Rules", []):
            yield as_list(part.get("Principal", [])), rule
