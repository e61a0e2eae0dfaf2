"""Upgrades: nothing that holds data may be renamed without an alias."""

import copy
import re
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
import yaml

from components import VERSION
from tests.graph.golden import FOLDER, render
from tests.graph.recorder import ROOT, STACKS, Graph, record
from tests.graph.upgrade import STATEFUL, lost_resources


@pytest.fixture(scope="module")
def reviewed() -> dict[str, Any]:
    return yaml.safe_load((FOLDER / "prod.yaml").read_text())["resources"]


@pytest.mark.parametrize("stack", STACKS)
def test_this_version_loses_nothing_of_the_reviewed_one(stack: str, request: pytest.FixtureRequest) -> None:
    before = yaml.safe_load((FOLDER / f"{stack}.yaml").read_text())["resources"]
    after = yaml.safe_load(render(request.getfixturevalue(stack)))["resources"]
    assert sum(key.partition(" ")[0] in STATEFUL for key in before) > 15
    assert lost_resources(before, after) == []


def test_a_rename_without_an_alias_is_named(reviewed: dict[str, Any]) -> None:
    after = copy.deepcopy(reviewed)
    table = after.pop("aws:dynamodb/table:Table catalog-products")
    after["aws:dynamodb/table:Table catalog-articles"] = table
    (sentence,) = lost_resources(reviewed, after)
    assert sentence.startswith("catalog-products (aws:dynamodb/table:Table) is gone")
    assert "give its successor the alias catalog-products" in sentence
    table["aliases"] = ["catalog-products"]
    assert lost_resources(reviewed, after) == []


def test_a_move_to_another_component_is_named(reviewed: dict[str, Any]) -> None:
    after = copy.deepcopy(reviewed)
    after["aws:s3/bucket:Bucket lake-bucket"]["parent"] = "personalization"
    (sentence,) = lost_resources(reviewed, after)
    assert sentence.startswith("lake-bucket (aws:s3/bucket:Bucket) has moved to personalization")


def _renamed() -> None:
    former = pulumi.Alias(name="former")
    aws.dynamodb.Table(
        "latter",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        opts=pulumi.ResourceOptions(aliases=[former]),
    )


def test_an_alias_of_a_program_is_seen() -> None:
    graph: Graph = record(_renamed)
    rendered = yaml.safe_load(render(graph))["resources"]["aws:dynamodb/table:Table latter"]
    assert rendered["aliases"] == ["former"]


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == VERSION
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)
