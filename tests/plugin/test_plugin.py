"""The components as a plugin: served over gRPC, constructed with inputs that are other resources' outputs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime.proto import provider_pb2

from components import PACKAGE, PUBLIC, VERSION
from tests.graph.recorder import record
from tests.plugin.host import Host, is_secret, output, reveal, start_plugin, unknown_output

POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["a:B"], "Resource": ["arn:x"]}]}
)
WATCHED = json.dumps(
    [{"kind": "function", "label": "search", "dimensions": {"FunctionName": "f"}, "service": "search"}]
)
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
ROLE = "arn:aws:iam::123456789012:role/a"
# By component: inputs to branch on (plain), and inputs that come from elsewhere (given as Outputs).
PLAIN: dict[str, dict[str, Any]] = {
    "Alarms": {"email": "stylist@example.com", "budgetUsd": 10},
    "Api": {"requestsPerSecond": 20, "accessLog": True},
    "Auth": {"protectData": False},
    "Canary": {"minutes": 15, "searches": False, "protectData": False},
    "Catalog": {"ingestConcurrency": 4, "protectData": False, "logRetentionDays": 14},
    "CatalogDesk": {"logRetentionDays": 14},
    "ChatAgent": {
        "engine": "agent",
        "weather": "openweathermap",
        "model": "us.amazon.nova-pro-v1:0",
        "sessionHours": 24,
        "protectData": False,
    },
    "Closet": {"logRetentionDays": 14, "protectData": False},
    "Connections": {"protectData": False},
    "Dashboard": {"dailySpendUsd": 5},
    "DeploymentRoles": {"repository": "shop/stylist", "environment": "prod", "project": "shop"},
    "ImageGeneration": {"dailyPerUser": 5, "dailySpendUsd": 3, "keepDays": 2, "protectData": False},
    "KnowledgeBase": {"storage": "s3vectors", "protectData": False},
    "Lake": {"interactionDays": 90, "protectData": False},
    "Personalization": {"logRetentionDays": 14, "protectData": False},
    "PersonalizeRanker": {"protectData": False, "transactionsPerSecond": 2.0, "lakePrefix": "events/"},
    "ProductClusters": {"clusters": 20, "memoryMb": 1769, "trainer": "sagemaker", "physicalName": "shop"},
    "ProductSearch": {"memoryMb": 3008},
    "Profile": {"logRetentionDays": 14},
    "Realtime": {"requestsPerSecond": 20, "accessLog": True},
    "RuntimeLayers": {},
    "ShopperPhotos": {"retentionDays": 7, "protectData": False},
    "SiteConfig": {"protectData": False},
    "TryOn": {"provider": "sagemaker", "priceUsd": "0.02", "concurrency": 4, "protectData": False},
    "VectorAccess": {"backend": "opensearch", "migrateToEmbedder": "nova"},
    "VectorMigration": {"reembeds": True, "memoryMb": 3008, "logRetentionDays": 14},
    "VectorSearch": {
        "backend": "opensearch",
        "embedder": "nova",
        "dimensions": 256,
        "migrateToDimensions": 384,
        "protectData": False,
    },
    "WebApp": {"builder": "codebuild", "cpu": 1024, "memoryMb": 2048, "maxTasks": 4, "protectData": False},
    "WebEdge": {"natGateways": 2, "allowedCidrs": ["203.0.113.0/24"], "protectData": False},
}
WIRED: dict[str, dict[str, Any]] = {
    "Alarms": {"tags": {"a": "b"}},
    "Api": {
        "userPoolArn": "arn:pool",
        "scope": "stylist/shop",
        "allowedOrigin": "https://shop.example",
        "tags": {"a": "b"},
    },
    "Canary": {
        "apiUrl": "https://api/v1",
        "apiKey": "key",
        "userPoolId": "pool",
        "domainUrl": "https://login",
        "scope": "stylist/shop",
        "tags": {"a": "b"},
    },
    "Auth": {"siteUrl": "https://shop.example", "domainPrefix": "shop", "tags": {"a": "b"}},
    "Catalog": {
        "vectorEnvironment": {"VECTOR_STORE": "{}", "EMBEDDER": "{}"},
        "vectorIndexPolicy": POLICY,
        "capabilities": "{}",
        "tags": {"a": "b"},
    },
    "CatalogDesk": {
        "catalogEnvironment": {"CATALOG": "{}"},
        "deskEnvironment": {"DESK": "{}"},
        "vectorEnvironment": {"VECTOR_STORE": "{}", "EMBEDDER": "{}"},
        "lakeEnvironment": {"CLUSTERS": "{}"},
        "clustersEnvironment": {"GROUPER": "{}"},
        "policies": [POLICY],
        "tags": {"a": "b"},
    },
    "ChatAgent": {
        "searchEnvironment": {"SEARCH": "{}"},
        "searchPolicy": POLICY,
        "knowledgeEnvironment": {"KNOWLEDGE": '{"knowledge_base_id": "BASE123456"}'},
        "knowledgePolicy": POLICY,
        "connectionsEnvironment": {"CONNECTIONS": "{}"},
        "connectionsPolicy": POLICY,
        "physicalName": "shop",
        "weatherKey": "key",
        "tags": {"a": "b"},
    },
    "Closet": {
        "catalogEnvironment": {"CATALOG": "{}"},
        "catalogPolicy": POLICY,
        "tags": {"a": "b"},
    },
    "Connections": {"tags": {"a": "b"}},
    "Dashboard": {"physicalName": "shop"},
    "DeploymentRoles": {"providerArn": "arn:provider", "tags": {"a": "b"}},
    "ImageGeneration": {
        "chatEnvironment": {"SESSIONS": "{}", "PROFILES": "{}"},
        "chatPolicy": POLICY,
        "tags": {"a": "b"},
    },
    "KnowledgeBase": {"physicalName": "shop", "tags": {"a": "b"}},
    "Lake": {"tags": {"a": "b"}},
    "Personalization": {
        "catalogEnvironment": {"CATALOG": "{}"},
        "catalogPolicy": POLICY,
        "lakeEnvironment": {"LAKE": "{}"},
        "lakePolicy": POLICY,
        "rankerEnvironment": {"RANKER": '{"kind": "personalize"}'},
        "rankerPolicy": POLICY,
        "rankerEventsPolicy": POLICY,
        "weight": 0.4,
        "tags": {"a": "b"},
    },
    "PersonalizeRanker": {"physicalName": "shop", "lakeBucket": "lake", "tags": {"a": "b"}},
    "ProductClusters": {
        "vectorEnvironment": {"VECTOR_STORE": "{}", "EMBEDDER": "{}"},
        "catalogEnvironment": {"CATALOG": "{}"},
        "lakeEnvironment": {"CLUSTERS": "{}"},
        "lakeBucket": "lake-bucket",
        "vectorLayers": ["arn:opensearch"],
        "tags": {"a": "b"},
    },
    "Profile": {
        "chatEnvironment": {"SESSIONS": "{}", "PROFILES": "{}"},
        "kept": ["[]"],
        "keptPolicies": [POLICY],
        "tags": {"a": "b"},
    },
    "Realtime": {
        "apiId": "socket1234",
        "executionArn": "arn:aws:execute-api:us-east-1:123456789012:socket1234",
        "connectionsEnvironment": {"CONNECTIONS": "{}"},
        "connectionsPolicy": POLICY,
        "metadataUrl": "https://pool/.well-known/openid-configuration",
        "clientId": "client",
        "scope": "stylist/shop",
        "tags": {"a": "b"},
    },
    "ProductSearch": {
        "vectorEnvironment": {"VECTOR_STORE": "{}", "EMBEDDER": "{}"},
        "vectorQueryPolicy": POLICY,
        "catalogEnvironment": {"CATALOG": "{}"},
        "catalogPolicy": POLICY,
        "tags": {"a": "b"},
    },
    "RuntimeLayers": {"physicalName": "shop"},
    "ShopperPhotos": {"allowedOrigin": "https://shop.example", "tags": {"a": "b"}},
    "SiteConfig": {
        name: f"value of {name}"
        for name in (
            "apiUrl",
            "apiKey",
            "userPoolId",
            "clientId",
            "clientSecret",
            "metadataUrl",
            "domainUrl",
            "siteUrl",
            "region",
            "stack",
        )
    },
    "TryOn": {
        "photosEnvironment": {"PHOTOS": "{}"},
        "photosManagePolicy": POLICY,
        "photosReadPolicy": POLICY,
        "photosShowPolicy": POLICY,
        "catalogEnvironment": {"CATALOG": "{}"},
        "catalogPolicy": POLICY,
        "catalogLookupPolicy": POLICY,
        "connectionsEnvironment": {"CONNECTIONS": "{}"},
        "connectionsPolicy": POLICY,
        "connectionsSendPolicy": POLICY,
        "quotasEnvironment": {"QUOTAS": "{}"},
        "quotasPolicy": POLICY,
        "endpoint": "dresser",
        "tags": {"a": "b"},
    },
    "VectorAccess": {"collection": "shop-vectors", "nextCollection": "shop-nova-1024-vectors"},
    "VectorMigration": {
        "vectorEnvironment": {"VECTOR_STORE": "{}", "EMBEDDER": "{}", "MIGRATION": "{}"},
        "copyPolicy": POLICY,
        "comparePolicy": POLICY,
        "switchPolicy": POLICY,
        "catalogEnvironment": {"CATALOG": "{}"},
        "catalogPolicy": POLICY,
        "tags": {"a": "b"},
    },
    "VectorSearch": {"physicalName": "shop", "tags": {"a": "b"}},
    "WebApp": {
        "siteEnvironment": {"SITE_SECRET_ARN": "arn:secret"},
        "sitePolicy": POLICY,
        "vpcId": "vpc-1",
        "privateSubnetIds": ["subnet-1", "subnet-2"],
        "targetGroupArn": "arn:group",
        "loadBalancerGroupId": "sg-1",
        "tags": {"a": "b"},
    },
    "WebEdge": {"physicalName": "shop", "fallbackUrl": "https://shop.example", "tags": {"a": "b"}},
}
# Plain containers whose leaves are Outputs.
LEAVES: dict[str, dict[str, Any]] = {
    "Api": {"routes": {"GET /search": FUNCTION, "GET /health": FUNCTION}},
    "Canary": {"layers": ["arn:core"]},
    "Catalog": {"layers": ["arn:core"], "arrayLayers": ["arn:arrays"]},
    "CatalogDesk": {"layers": ["arn:core", "arn:arrays"]},
    "Dashboard": {"watched": [WATCHED]},
    "ChatAgent": {"layers": ["arn:core"]},
    "Closet": {"layers": ["arn:core"]},
    "ImageGeneration": {"layers": ["arn:core"]},
    "KnowledgeBase": {"layers": ["arn:core"]},
    "Personalization": {"layers": ["arn:core"]},
    "PersonalizeRanker": {"layers": ["arn:core"]},
    "ProductClusters": {"layers": ["arn:core", "arn:arrays"], "policies": [POLICY]},
    "ProductSearch": {"layers": ["arn:core", "arn:arrays"]},
    "Profile": {"layers": ["arn:core"]},
    "Realtime": {"layers": ["arn:core"], "tokenLayers": ["arn:tokens"], "routes": {"chat": FUNCTION}},
    "ShopperPhotos": {"layers": ["arn:core"]},
    "TryOn": {"layers": ["arn:core", "arn:arrays"]},
    "VectorAccess": {"readers": [ROLE], "writers": [ROLE]},
    "VectorMigration": {"layers": ["arn:core", "arn:arrays"]},
    "VectorSearch": {"layers": ["arn:core"], "opensearchLayers": ["arn:opensearch"]},
    "WebApp": {"layers": ["arn:core"]},
}
NAMES = [component.__name__ for component in PUBLIC]


def wrap_leaves(value: Any, wrap: Any) -> Any:
    if isinstance(value, dict):
        return {key: wrap(each) for key, each in value.items()}
    return [wrap(each) for each in value]


def inputs_of(name: str, wrap: Any) -> dict[str, Any]:
    wired = {key: wrap(value) for key, value in WIRED[name].items()}
    leaves = {key: wrap_leaves(value, wrap) for key, value in LEAVES.get(name, {}).items()}
    return {**PLAIN[name], **wired, **leaves}


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def declare_in_process(name: str) -> list[tuple[str, str, str]]:
    component = next(component for component in PUBLIC if component.__name__ == name)
    args: Mapping[str, Any] = {
        snake(key): value for key, value in {**PLAIN[name], **WIRED[name], **LEAVES.get(name, {})}.items()
    }
    graph = record(lambda: component("thing", args))  # pyright: ignore[reportArgumentType, reportCallIssue]
    stack = "virtual-stylist-test"
    return [(r.type, r.name, "" if r.parent == stack else r.parent) for r in graph.resources]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with start_plugin(tmp_path_factory.mktemp("elsewhere")) as running:
        yield running


def test_the_plugin_says_who_it_is(host: Host) -> None:
    schema = json.loads(host.stub.GetSchema(provider_pb2.GetSchemaRequest(), timeout=30).schema)
    assert (schema["name"], schema["version"]) == (PACKAGE, VERSION)
    assert set(schema["resources"]) == {f"{PACKAGE}:index:{name}" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_component_is_constructed_from_outputs_as_in_a_program(host: Host, name: str) -> None:
    state, monitor = host.construct(f"{PACKAGE}:index:{name}", "thing", inputs_of(name, output))
    assert sorted(monitor.registered) == sorted(declare_in_process(name))
    schema = json.loads(host.stub.GetSchema(provider_pb2.GetSchemaRequest(), timeout=30).schema)
    promised = schema["resources"][f"{PACKAGE}:index:{name}"]["required"]
    assert set(state) == set(promised)
    assert all(reveal(value) not in (None, "") for value in state.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_component_survives_a_preview_that_knows_nothing(host: Host, name: str) -> None:
    inputs = inputs_of(name, lambda value: unknown_output())
    _, monitor = host.construct(f"{PACKAGE}:index:{name}", "thing", inputs, preview=True)
    assert sorted(monitor.registered) == sorted(declare_in_process(name))


@pytest.mark.parametrize(("name", "key"), [("Api", "apiKey"), ("Auth", "clientSecret")])
def test_secrets_stay_secret_on_the_wire(host: Host, name: str, key: str) -> None:
    state, _ = host.construct(f"{PACKAGE}:index:{name}", "thing", inputs_of(name, output))
    assert is_secret(state[key])
    assert not any(is_secret(value) for other, value in state.items() if other != key)


def test_bindings_of_one_component_are_taken_by_the_next(host: Host) -> None:
    vectors, _ = host.construct(f"{PACKAGE}:index:VectorSearch", "thing", inputs_of("VectorSearch", output))
    inputs = inputs_of("ProductSearch", output)
    inputs["vectorEnvironment"] = output(reveal(vectors["environment"]))
    inputs["vectorQueryPolicy"] = output(reveal(vectors["queryPolicy"]))
    state, _ = host.construct(f"{PACKAGE}:index:ProductSearch", "search", inputs)
    assert reveal(state["functionArn"]).endswith(":function:search-function-1a2b3c4")


def test_the_chat_agent_takes_what_the_others_hand_out(host: Host) -> None:
    search, _ = host.construct(f"{PACKAGE}:index:ProductSearch", "search", inputs_of("ProductSearch", output))
    knowledge, _ = host.construct(
        f"{PACKAGE}:index:KnowledgeBase", "docs", inputs_of("KnowledgeBase", output)
    )
    inputs = inputs_of("ChatAgent", output)
    for name, state in {"search": search, "knowledge": knowledge}.items():
        inputs[f"{name}Environment"] = output(reveal(state["environment"]))
        inputs[f"{name}Policy"] = output(reveal(state["policy"]))
    state, _ = host.construct(f"{PACKAGE}:index:ChatAgent", "chat", inputs)
    assert reveal(state["functionArn"]).endswith(":function:chat-function-1a2b3c4")


def test_a_wrong_input_is_answered_with_its_name(host: Host) -> None:
    inputs = inputs_of("VectorSearch", output)
    del inputs["opensearchLayers"]
    with pytest.raises(grpc.RpcError, match="opensearch_layers: backend opensearch needs the layer"):
        host.construct(f"{PACKAGE}:index:VectorSearch", "thing", inputs)


def test_a_missing_input_is_answered_with_its_name(host: Host) -> None:
    inputs = inputs_of("Auth", output)
    del inputs["siteUrl"]
    with pytest.raises(grpc.RpcError, match="INVALID_ARGUMENT") as refused:
        host.construct(f"{PACKAGE}:index:Auth", "thing", inputs)
    details = dict(refused.value.trailing_metadata())["grpc-status-details-bin"]  # pyright: ignore
    assert b"siteUrl" in details


def test_components_are_public_pulumi_components() -> None:
    assert all(issubclass(component, pulumi.ComponentResource) for component in PUBLIC)
