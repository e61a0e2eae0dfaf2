"""Functions: what every one of them has, what is in its bundle, and how policies are put together."""

import json
from pathlib import Path
from typing import cast

import pulumi
import pytest

from components import ProductSearch
from components._lib import iam
from components._lib.function import bundle_files
from components._lib.operation import Operation, OperationInputs, read_operation
from tests.graph.recorder import ROOT, Graph, record

BUNDLES = {
    "search-function": ("clusters", "personalization", "search", "shared", "vectors", "wardrobe"),
    "catalog-browse-function": ("catalog", "shared"),
    "catalog-ingest-function": ("catalog", "clusters", "shared", "vectors"),
    "clusters-function": ("catalog", "clusters", "shared", "vectors"),
    "desk-function": ("catalog", "clusters", "desk", "shared", "vectors"),
    "personalization-recorder-function": ("personalization", "shared"),
    "personalization-style-function": ("personalization", "shared"),
    "chat-function": ("chat", "shared", "wardrobe"),
    "chat-weather-function": ("shared", "weather"),
    "closet-function": ("closet", "shared"),
    "images-function": ("images", "shared"),
    "knowledge-sync-function": ("knowledge", "shared"),
    "profile-function": ("privacy", "shared"),
    "photos-intake-function": ("fitting", "shared", "tryon"),
    "try-on-closer-function": ("fitting", "shared", "tryon"),
    "try-on-delivery-function": ("fitting", "shared", "tryon"),
    "try-on-routes-function": ("fitting", "shared", "tryon"),
    "try-on-starter-function": ("fitting", "shared", "tryon"),
    "try-on-sweeper-function": ("fitting", "shared", "tryon"),
    "try-on-worker-function": ("fitting", "shared", "tryon"),
    "realtime-authorizer-function": ("realtime", "shared"),
    "realtime-lifecycle-function": ("realtime", "shared"),
    "vectors-compactor-function": ("shared", "vectors"),
}
HANDLERS = {
    "search-function": "runtime.search.handler.handler",
    "catalog-browse-function": "runtime.catalog.handler.handler",
    "catalog-ingest-function": "runtime.catalog.ingest.handler",
    "clusters-function": "runtime.clusters.handler.handler",
    "desk-function": "runtime.desk.handler.handler",
    "personalization-recorder-function": "runtime.personalization.recorder.handler",
    "personalization-style-function": "runtime.personalization.handler.handler",
    "chat-function": "runtime.chat.handler.handler",
    "chat-weather-function": "runtime.weather.handler.handler",
    "closet-function": "runtime.closet.handler.handler",
    "images-function": "runtime.images.handler.handler",
    "knowledge-sync-function": "runtime.knowledge.handler.handler",
    "profile-function": "runtime.privacy.handler.handler",
    "photos-intake-function": "runtime.tryon.photos.handler",
    "try-on-closer-function": "runtime.tryon.closer.handler",
    "try-on-delivery-function": "runtime.tryon.delivery.handler",
    "try-on-routes-function": "runtime.tryon.handler.handler",
    "try-on-starter-function": "runtime.tryon.starter.handler",
    "try-on-sweeper-function": "runtime.tryon.sweeper.handler",
    "try-on-worker-function": "runtime.tryon.worker.handler",
    "realtime-authorizer-function": "runtime.realtime.authorizer.handler",
    "realtime-lifecycle-function": "runtime.realtime.handler.handler",
    "vectors-compactor-function": "runtime.vectors.compactor.handler",
}


def _service(base: str, handler: str) -> str:
    """The function's module or package; what works on jobs says of which, as "worker" alone says nothing."""
    if base.startswith("try-on-"):
        return f"tryon-{base.removeprefix('try-on-')}"
    _, package, module, _ = handler.split(".")
    return package if module == "handler" else module


def test_every_function_is_graviton_traced_and_writes_json_to_its_own_group(dev: Graph) -> None:
    functions = dev.of_type("aws:lambda/function:Function")
    assert {function.name for function in functions} == set(HANDLERS)
    for function in functions:
        base = function.name.removesuffix("-function")
        inputs = function.inputs
        assert (inputs["runtime"], inputs["architectures"]) == ("python3.13", ["arm64"])
        assert inputs["handler"] == HANDLERS[function.name]
        assert inputs["tracingConfig"] == {"mode": "Active"}
        assert inputs["loggingConfig"] == {"logFormat": "JSON", "logGroup": f"{base}-logs-1a2b3c4"}
        assert inputs["role"].endswith(f":role/{base}-role-1a2b3c4")
        assert f"{base}-policy" in function.dependencies, "it would be refused on its first call"
        variables = inputs["environment"]["variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "VirtualStylist"
        assert variables["POWERTOOLS_SERVICE_NAME"] == _service(base, HANDLERS[function.name])


def test_logs_and_metrics_of_two_functions_cannot_be_taken_for_each_other(dev: Graph) -> None:
    functions = dev.of_type("aws:lambda/function:Function")
    services = {each.inputs["environment"]["variables"]["POWERTOOLS_SERVICE_NAME"] for each in functions}
    assert len(services) == len(functions)


def test_the_log_group_ends_when_the_stack_says(prod: Graph) -> None:
    groups = prod.of_type("aws:cloudwatch/logGroup:LogGroup")
    functions = prod.of_type("aws:lambda/function:Function")
    of_functions = {f"{function.name.removesuffix('-function')}-logs" for function in functions}
    others = {
        "api-access-logs",
        "api-firewall-logs",
        "edge-firewall-logs",
        "try-on-workflow-logs",
        "web-build-logs",
        "web-logs",
    }
    assert {group.name for group in groups} == of_functions | others
    assert {group.inputs["retentionInDays"] for group in groups} == {90}


def test_logs_are_kept_for_thirty_days_unless_said_otherwise() -> None:
    assert read_operation({}) == Operation(log_retention_days=30, alarm_topic_arn=None, tags=None)
    hosted = cast("OperationInputs", {"log_retention_days": 90.0})
    assert repr(read_operation(hosted).log_retention_days) == "90"


@pytest.mark.parametrize(("name", "packages"), BUNDLES.items())
def test_a_bundle_holds_sources_of_its_packages_only(
    dev: Graph, name: str, packages: tuple[str, ...]
) -> None:
    code = dev.get(name).inputs["code"]
    assert isinstance(code, pulumi.AssetArchive)
    paths = bundle_files(packages)
    assert paths == sorted(set(paths)) and set(paths) == set(code.assets)
    assert {path.split("/")[1] for path in paths} == {"__init__.py", *packages}
    assert all(path.startswith("runtime/") and Path(path).suffix in (".py", ".toml") for path in paths)
    assert f"{HANDLERS[name].rsplit('.', 1)[0].replace('.', '/')}.py" in paths
    for path, asset in code.assets.items():
        assert isinstance(asset, pulumi.FileAsset) and Path(asset.path) == ROOT / path
    assert sum((ROOT / path).stat().st_size for path in paths) < 1_000_000


def test_a_missing_package_is_named() -> None:
    with pytest.raises(ValueError, match="there is no folder runtime/nothing"):
        bundle_files(("nothing",))


def test_byte_code_and_strays_stay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "runtime" / "demo"
    (package / "__pycache__").mkdir(parents=True)
    for name in ("__init__.py", "data.toml", ".DS_Store", "notes.md", "__pycache__/x.cpython-311.pyc"):
        (package / name).write_text("")
    monkeypatch.setattr("components._lib.function.REPOSITORY", tmp_path)
    assert bundle_files(("demo",)) == [
        "runtime/__init__.py",
        "runtime/demo/__init__.py",
        "runtime/demo/data.toml",
    ]


def test_search_gets_both_environments_and_both_policies() -> None:
    def program() -> None:
        ProductSearch(
            "search",
            {
                "vector_environment": {"VECTOR_STORE": "v", "EMBEDDER": "e"},
                "vector_query_policy": iam.document([iam.allow(["dynamodb:Scan"], ["arn:vectors"])]),
                "catalog_environment": {"CATALOG": "c"},
                "catalog_policy": iam.document([iam.allow(["dynamodb:GetItem"], ["arn:products"])]),
                "layers": ["arn:core", "arn:arrays"],
                "memory_mb": 4096,
            },
        )

    graph = record(program)
    function = graph.get("search-function").inputs
    libraries = ("POWERTOOLS", "PYDANTIC", "OPENBLAS")
    variables = function["environment"]["variables"]
    given = {key: value for key, value in variables.items() if not key.startswith(libraries)}
    assert given == {"VECTOR_STORE": "v", "EMBEDDER": "e", "CATALOG": "c"}
    assert (function["memorySize"], function["timeout"]) == (4096, 29)
    statements = json.loads(graph.get("search-policy").inputs["policy"])["Statement"]
    assert [s["Resource"] for s in statements[-2:]] == [["arn:vectors"], ["arn:products"]]


def test_search_may_be_called_by_who_is_bound_to_it_and_nothing_else() -> None:
    def program() -> None:
        search = ProductSearch(
            "search",
            {
                "vector_environment": {},
                "vector_query_policy": iam.document([]),
                "catalog_environment": {},
                "catalog_policy": iam.document([]),
                "layers": [],
            },
        )
        pulumi.export("environment", search.environment)
        pulumi.export("policy", search.policy)

    exports = record(program).exports
    assert json.loads(exports["environment"]["SEARCH"]) == {"function": "search-function-1a2b3c4"}
    assert json.loads(exports["policy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction"],
            "Resource": ["arn:aws:lambda:us-east-1:123456789012:function:search-function-1a2b3c4"],
        }
    ]


def test_policies_are_merged_in_order_and_each_statement_once() -> None:
    one = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["a:A"], "Resource": ["x"]}]}
    )
    two = json.dumps({"Statement": {"Effect": "Allow", "Action": ["b:B"], "Resource": ["y"]}})
    merged = json.loads(iam.merge_texts([one, two, one]))
    assert [statement["Action"] for statement in merged["Statement"]] == [["a:A"], ["b:B"]]


@pytest.mark.parametrize("text", ["not json", "[]", '{"Version": "2012-10-17"}'])
def test_a_text_that_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected the JSON text of an IAM policy document"):
        iam.merge_texts([text])
