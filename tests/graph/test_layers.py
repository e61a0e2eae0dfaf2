"""The layers of the functions' dependencies."""

import logging
from pathlib import Path

import pulumi
import pytest

from components import RuntimeLayers
from tests.graph.recorder import ROOT, record


def test_layers_are_named_by_the_caller_and_built_for_the_functions() -> None:
    graph = record(lambda: RuntimeLayers("layers", {"physical_name": "shop-test"}))
    layers = {
        layer.inputs["layerName"]: layer.inputs
        for layer in graph.of_type("aws:lambda/layerVersion:LayerVersion")
    }
    names = ("core", "arrays", "tokens", "opensearch")
    assert set(layers) == {f"shop-test-{name}-arm64" for name in names}
    for name, layer in layers.items():
        assert layer["compatibleArchitectures"] == ["arm64"]
        assert layer["compatibleRuntimes"] == ["python3.13"]
        assert isinstance(layer["code"], pulumi.FileArchive)
        assert Path(layer["code"].path) == ROOT / ".build" / "layers" / name.removeprefix("shop-test-")


def test_a_layer_that_is_not_built_is_told_with_the_command_that_builds_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "core-arm64").mkdir()
    with caplog.at_level(logging.WARNING):
        record(lambda: RuntimeLayers("layers", {"physical_name": "shop", "folder": str(tmp_path)}))
    assert [text for text in caplog.messages if "make layers" in text] == [
        "arrays-arm64: the layer is not built; run `make layers` before `pulumi up`",
        "tokens-arm64: the layer is not built; run `make layers` before `pulumi up`",
        "opensearch-arm64: the layer is not built; run `make layers` before `pulumi up`",
    ]
