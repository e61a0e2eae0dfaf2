"""Violations planted into a stack: one resource changed, or taken away."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from policies.stack import Resource, Rule
from tests.graph.recorder import Graph, known_stack

GRAPHS: dict[str, tuple[str, dict[str, Any]]] = {
    "dev": ("dev", {}),
    "staging": ("staging", {}),
    "prod": ("prod", {}),
    "dev with S3 Vectors": ("dev", {"vectorBackend": "s3vectors"}),
    "dev with OpenSearch": ("dev", {"vectorBackend": "opensearch", "knowledgeBaseStorage": "opensearch"}),
    "prod with DynamoDB": ("prod", {"vectorBackend": "dynamodb", "knowledgeBaseStorage": "s3vectors"}),
    "prod with S3 Vectors": ("prod", {"vectorBackend": "s3vectors", "knowledgeBaseStorage": "s3vectors"}),
    "prod with classic OpenSearch": ("prod", {"opensearchGeneration": "classic"}),
    "dev with Personalize": ("dev", {"ranker": "personalize"}),
    "prod with Personalize": ("prod", {"ranker": "personalize"}),
    "prod with an agent": ("prod", {"chatEngine": "agent", "hasAgentsClassic": True}),
    "prod with Nova": ("prod", {"embedder": "nova", "embeddingDimensions": 256}),
    "dev while vectors move": ("dev", {"migrateToBackend": "s3vectors"}),
    "prod while the model changes": ("prod", {"migrateToEmbedder": "nova"}),
}


class Stacks:
    """The resources of the graphs by their names, each evaluated when it is asked for."""

    def __getitem__(self, name: str) -> list[Resource]:
        stack, changes = GRAPHS[name]
        return resources_of(known_stack(stack, **changes))


def resources_of(graph: Graph) -> list[Resource]:
    return [
        Resource(each.type, each.name, {**each.state, "id": f"{each.name}-id"}, each.protect)
        for each in graph.resources
        if each.custom
    ]


Change = Callable[[dict[str, Any]], None]


def put(path: str, value: Any) -> Change:
    """Set a property, found by a dotted path; numbers are places in lists."""

    def change(properties: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        place: Any = properties
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value

    return change


def drop(key: str) -> Change:
    def change(properties: dict[str, Any]) -> None:
        del properties[key]

    return change


def inside(path: str, change: Change) -> Change:
    """Make a change to what a dotted path leads to."""

    def outer(properties: dict[str, Any]) -> None:
        place: Any = properties
        for step in path.split("."):
            place = place[step]
        change(place)

    return outer


def within(key: str, change: Change) -> Change:
    """Make a change inside a property that is a JSON text."""

    def outer(properties: dict[str, Any]) -> None:
        content = json.loads(properties[key])
        change(content)
        properties[key] = json.dumps(content)

    return outer


def grant(action: str, resource: str) -> Change:
    return within(
        "policy",
        lambda policy: policy["Statement"].append(
            {"Effect": "Allow", "Action": [action], "Resource": [resource]}
        ),
    )


def revoke(action: str) -> Change:
    def change(policy: dict[str, Any]) -> None:
        for statement in policy["Statement"]:
            statement["Action"] = [each for each in statement["Action"] if each != action]

    return within("policy", change)


def remove(_: dict[str, Any]) -> None:
    """Marks the resource for removal."""
    raise KeyError("removed")


def replace_text(key: str, old: str, new: str) -> Change:
    def change(properties: dict[str, Any]) -> None:
        assert old in properties[key]
        properties[key] = properties[key].replace(old, new)

    return change


def replace_setting(variable: str, key: str, value: Any) -> Change:
    """Change one member of a setting in a function's environment."""

    def change(properties: dict[str, Any]) -> None:
        variables = properties["environment"]["variables"]
        variables[variable] = json.dumps({**json.loads(variables[variable]), key: value})

    return change


def plant(stack: list[Resource], name: str, change: Change) -> list[Resource]:
    """A copy of the stack with one resource changed."""
    planted: list[Resource] = []
    for resource in stack:
        if resource.name != name:
            planted.append(resource)
            continue
        properties = {
            key: value if key == "code" else copy.deepcopy(value)
            for key, value in resource.properties.items()
        }
        try:
            change(properties)
        except KeyError:
            assert change is remove, f"{name} has no such property"
            continue
        planted.append(Resource(resource.type, name, properties, resource.protect))
    assert planted != stack, f"there is no {name}"
    return planted


Planted = tuple[Rule, str, Change, str]
"""A rule, the resource that is changed and how, and what the rule has to say about it."""


def each_of(planted: list[Planted]) -> pytest.MarkDecorator:
    """One test for each violation."""
    names = [f"{rule.__name__}-{name}-{number}" for number, (rule, name, _, _) in enumerate(planted)]
    return pytest.mark.parametrize(("rule", "name", "change", "text"), planted, ids=names)


def expect_found(stacks: Stacks, rule: Rule, name: str, change: Change, text: str) -> None:
    """The rule finds the violation in the first stack that has the resource: none has all backends."""
    stack = next(
        stack
        for stack in (stacks["prod"], stacks["prod with DynamoDB"])
        if any(resource.name == name for resource in stack)
    )
    violations = list(rule(plant(stack, name, change)))
    assert any(text in violation.message for violation in violations), violations
