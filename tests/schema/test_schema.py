"""The public face of the components: names, schema, documentation, and types that a plugin host passes on."""

import inspect
import json
import os
import sys
import tomllib
import typing
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.provider.experimental.component import ComponentProvider

import components
from components import PACKAGE, PUBLIC, VERSION
from tests.graph.recorder import ROOT

GOLDEN = Path(__file__).parent / "schema.json"
INPUT = pulumi.Input[str]
# What a plugin host passes on unharmed: plain values to branch on, and texts that may be Outputs.
ALLOWED_INPUTS = (
    str,
    int,
    bool,
    INPUT,
    pulumi.Input[bool],
    pulumi.Input[float],
    Sequence[str],
    Sequence[INPUT],
    Mapping[str, str],
    Mapping[str, INPUT],
    pulumi.Input[Mapping[str, INPUT]],
    pulumi.Input[Sequence[INPUT]],
)
ALLOWED_OUTPUTS = (pulumi.Output[str], pulumi.Output[Sequence[str]], pulumi.Output[Mapping[str, str]])


def schema() -> dict[str, Any]:
    content = json.loads(ComponentProvider(PUBLIC, PACKAGE, None, VERSION).schema)
    content["language"] = "(made by the host)"
    # The version of pulumi_aws that happens to be installed is not part of the contract.
    content.pop("dependencies", None)
    return content


def args_of(component: type[pulumi.ComponentResource]) -> type:
    return inspect.get_annotations(component.__init__)["args"]


def fields() -> Iterator[tuple[type, str, Any]]:
    for component in PUBLIC:
        args = args_of(component)
        for name, annotation in inspect.get_annotations(args).items():
            optional = typing.get_origin(annotation) is typing.NotRequired
            yield args, name, typing.get_args(annotation)[0] if optional else annotation


def test_the_schema_is_the_reviewed_one() -> None:
    text = json.dumps(schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), "review the change, then run with UPDATE_GOLDEN=1"


def test_everything_public_is_documented_in_a_sentence() -> None:
    checked = 0
    for token, resource in schema()["resources"].items():
        assert resource["description"].rstrip().endswith("."), token
        for kind in ("inputProperties", "properties"):
            for name, rules in resource[kind].items():
                text = rules.get("description", "")
                assert len(text) > 10 and text.rstrip().endswith("."), f"{token} {name}: {text!r}"
                checked += 1
    for token, rules in schema()["types"].items():
        assert rules.get("description", "").rstrip().endswith("."), token
    assert checked > 70


def test_optional_inputs_state_their_default() -> None:
    for token, resource in schema()["resources"].items():
        required = set(resource.get("requiredInputs", []))
        for name, rules in resource["inputProperties"].items():
            assert (name in required) != ("Default: " in rules["description"]), f"{token} {name}"


def test_every_component_is_in_the_schema_under_the_hosts_name() -> None:
    assert set(schema()["resources"]) == {f"{PACKAGE}:index:{component.__name__}" for component in PUBLIC}


@pytest.mark.parametrize(
    ("args", "name", "annotation"),
    list(fields()),
    ids=lambda value: getattr(value, "__name__", str(value))[:40],
)
def test_an_input_has_a_type_that_a_host_passes_on(args: type, name: str, annotation: Any) -> None:
    is_enum = inspect.isclass(annotation) and issubclass(annotation, StrEnum)
    assert is_enum or annotation in ALLOWED_INPUTS, f"{args.__name__}.{name}: {annotation}"


@pytest.mark.parametrize("component", PUBLIC)
def test_a_component_has_the_constructor_and_outputs_of_all(
    component: type[pulumi.ComponentResource],
) -> None:
    parameters = inspect.signature(component.__init__).parameters
    assert list(parameters) == ["self", "name", "args", "opts"]
    assert parameters["args"].default is inspect.Parameter.empty
    assert parameters["opts"].default is None
    assert all(p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for p in parameters.values())
    outputs = inspect.get_annotations(component)
    assert outputs
    for name, annotation in outputs.items():
        assert annotation in ALLOWED_OUTPUTS, f"{component.__name__}.{name}"


def test_component_modules_do_not_defer_annotations_nor_hide_the_standard_library() -> None:
    for path in (ROOT / "components").glob("*.py"):
        assert "from __future__" not in path.read_text(), path.name
        assert path.stem in ("__init__", "__main__") or path.stem not in sys.stdlib_module_names, path.name


def test_the_public_names_are_the_components_their_inputs_enums_and_one_function() -> None:
    names = components.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    enums = {
        annotation.__name__
        for _, _, annotation in fields()
        if inspect.isclass(annotation) and issubclass(annotation, StrEnum)
    }
    expected = {"PACKAGE", "PUBLIC", "VERSION", "limit_roles", *enums}
    for component in PUBLIC:
        expected |= {component.__name__, args_of(component).__name__}
    assert set(names) == expected
    assert [component.__name__ for component in PUBLIC] == sorted(component.__name__ for component in PUBLIC)


def test_there_is_one_version() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_the_plugin_files_are_those_the_engine_looks_for() -> None:
    folder = ROOT / "components"
    assert yaml.safe_load((folder / "PulumiPlugin.yaml").read_text()) == {"runtime": "python"}
    assert (folder / "py.typed").is_file()
    assert not (ROOT / "PulumiPlugin.yaml").exists(), "the engine refuses it beside Pulumi.yaml"
    requirements = (folder / "requirements.txt").read_text().split()
    assert requirements == ["pulumi>=3.260,<4", "pulumi-aws>=7.51,<8", "pulumi-docker-build>=0.0.20,<0.1"]


def test_components_know_no_stack_no_config_and_pass_no_callers_options_on() -> None:
    banned = (
        "get_stack",
        "pulumi.Config",
        "StackReference",
        "pulumi.export",
        "ResourceOptions.merge",
        "aws.Provider",
    )
    for path in (ROOT / "components").rglob("*.py"):
        source = path.read_text()
        for word in banned:
            assert word not in source, f"{path.name}: {word}"


def test_the_reference_page_is_up_to_date() -> None:
    from docs.reference import PAGE, render

    assert PAGE.read_text(encoding="utf-8") == render(), "run `python -m docs.reference`"
