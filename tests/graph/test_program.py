"""The whole program with each stack file: what it declares, exports, and how it behaves as a program."""

import gc
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.output import Unknown

from tests.graph.golden import compare, render
from tests.graph.recorder import ROOT, STACKS, Graph, Resource, Secret, known_stack, record_stack
from tests.support.speed import best_time_in_units

EXPORTS = {
    "api_key",
    "api_url",
    "catalog_bucket",
    "client_id",
    "dashboard",
    "data_source_id",
    "dead_letter_url",
    "distribution_domain",
    "documents_bucket",
    "documents_dead_letter_url",
    "domain_url",
    "images_bucket",
    "jobs_table",
    "knowledge_base_id",
    "clusters_dead_letter_url",
    "clusters_function",
    "interactions_dead_letter_url",
    "lake_bucket",
    "metadata_url",
    "photos_bucket",
    "migration",
    "models",
    "products_table",
    "ranker_bucket",
    "ranker_workflow_arn",
    "region",
    "results_bucket",
    "scope",
    "site_image",
    "site_secret_arn",
    "site_url",
    "try_on_workflow_arn",
    "user_pool_id",
    "watched",
    "websocket_url",
}
# Where AWS makes no name by itself, or the name is meaningful only within its parent.
NAMED = {
    "aws:bedrock/agentAgent:AgentAgent": "agentName",
    "aws:cognito/userPoolDomain:UserPoolDomain": "domain",
    "aws:lambda/layerVersion:LayerVersion": "layerName",
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket": "vectorBucketName",
}
WITHIN_PARENT = {
    "aws:apigateway/stage:Stage",
    "aws:apigatewayv2/stage:Stage",
    "aws:cognito/resourceServer:ResourceServer",
    "aws:cognito/userGroup:UserGroup",
    # Its domain says that it is for a VPC; it has no name.
    "aws:ec2/eip:Eip",
    "aws:s3/vectorsIndex:VectorsIndex",
}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Secret):
        yield from _strings(value.value)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Secret):
        return _has_unknown(value.value)
    if isinstance(value, dict):
        return any(map(_has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(_has_unknown, value))
    return isinstance(value, Unknown)


def _physical_names(graph: Graph) -> set[tuple[str, str]]:
    """Names that the program fixes itself and that AWS wants unique in the account and region."""
    keys = {"name", "bucket", "domain", "layerName", "vectorBucketName", "functionName", "namePrefix"}
    keys.add("agentName")
    return {
        (resource.type, resource.inputs[key])
        for resource in graph.resources
        if resource.custom and resource.type not in WITHIN_PARENT
        for key in keys & set(resource.inputs)
        if not _refers(resource, key, graph)
    }


def _refers(resource: Resource, key: str, graph: Graph) -> bool:
    """Whether the value is another resource's name rather than its own."""
    own_types = set(NAMED)
    value = resource.inputs[key]
    return resource.type not in own_types and any(
        other is not resource and value in (other.state.get("bucket"), other.state.get("name"))
        for other in graph.resources
    )


@pytest.mark.parametrize("stack", STACKS)
def test_the_graph_is_the_reviewed_one(stack: str, request: pytest.FixtureRequest) -> None:
    compare(f"{stack}.yaml", render(request.getfixturevalue(stack)))


@pytest.mark.parametrize("stack", STACKS)
def test_a_first_preview_declares_what_the_update_creates(stack: str, request: pytest.FixtureRequest) -> None:
    update, preview = request.getfixturevalue(stack), request.getfixturevalue(f"{stack}_preview")
    declared = {(resource.type, resource.name, resource.parent) for resource in update.resources}
    assert len(declared) > 60
    assert {(r.type, r.name, r.parent) for r in preview.resources} == declared
    assert _has_unknown(preview.get("search-function").inputs), "the preview knew what only AWS can know"


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_left_unresolved(stack: str, request: pytest.FixtureRequest) -> None:
    graph = request.getfixturevalue(stack)
    for resource in graph.resources:
        assert not _has_unknown(resource.inputs), resource.name
        for text in _strings(dict(resource.inputs)):
            assert "Calling __str__" not in text and "Output object" not in text, resource.name
            assert not re.search(r"\bNone\b", text), f"{resource.name}: {text}"


def test_exports_are_the_agreed_ones_and_the_key_is_secret(dev: Graph) -> None:
    assert set(dev.exports) == EXPORTS
    secret = {name for name, value in dev.exports.items() if isinstance(value, Secret)}
    assert secret == {"api_key"}
    assert dev.exports["api_url"] == "https://api12345.execute-api.us-east-1.amazonaws.com/v1"
    assert dev.exports["scope"] == "stylist/shop"
    assert dev.exports["region"] == "us-east-1"


def test_running_twice_asks_for_exactly_the_same(dev: Graph) -> None:
    assert render(record_stack("dev")) == render(dev)


def test_two_stacks_share_no_physical_name(dev: Graph, staging: Graph, prod: Graph) -> None:
    dev_names, staging_names, prod_names = map(_physical_names, (dev, staging, prod))
    assert {type_ for type_, _ in dev_names} == set(NAMED) - {"aws:bedrock/agentAgent:AgentAgent"}
    assert not dev_names & prod_names
    assert staging_names and not staging_names & (dev_names | prod_names)


def test_staging_has_every_part_of_production(staging: Graph, prod: Graph) -> None:
    parts, rehearsed = ({(r.type, r.name) for r in graph.resources} for graph in (prod, staging))
    assert not rehearsed - parts
    # One way out of the network instead of two, and a logging role that the account has once.
    second_zone = ("aws:ec2/eip:Eip", "aws:ec2/natGateway:NatGateway")
    only_prod = parts - rehearsed
    assert {name for type_, name in only_prod if type_ not in second_zone} == {
        "api-account",
        "api-logging-role",
        "api-logging-role-policy",
    }
    assert {type_ for type_, _ in only_prod if type_ in second_zone} == set(second_zone)


def test_two_stacks_with_s3_vectors_and_agents_share_no_physical_name() -> None:
    changes = {"vectorBackend": "s3vectors", "chatEngine": "agent", "hasAgentsClassic": True}
    names = [_physical_names(known_stack(stack, **changes)) for stack in ("dev", "prod")]
    assert {type_ for type_, _ in names[0]} == set(NAMED)
    assert not names[0] & names[1]


def test_only_components_stand_at_the_top(dev: Graph) -> None:
    top = [resource for resource in dev.resources if resource.parent == "virtual-stylist-dev"]
    assert {resource.name for resource in top} == {
        "alarms",
        "api",
        "auth",
        "canary",
        "catalog",
        "chat",
        "closet",
        "clusters",
        "connections",
        "dashboard",
        "desk",
        "edge",
        "images",
        "knowledge",
        "lake",
        "layers",
        "migration",
        "personalization",
        "photos",
        "profile",
        "realtime",
        "search",
        "site",
        "try-on",
        "vector-access",
        "vectors",
        "web",
    }
    assert not any(resource.custom for resource in top)


def test_logical_names_are_unique_over_all_types(dev: Graph) -> None:
    counts = Counter((resource.type, resource.name) for resource in dev.resources)
    assert max(counts.values()) == 1


def test_every_invoke_follows_the_component_it_is_made_in(dev: Graph) -> None:
    assert {token for token, _ in dev.invokes} == {
        "aws:index/getCallerIdentity:getCallerIdentity",
        "aws:index/getRegion:getRegion",
    }


def test_json_inputs_have_sorted_keys(prod: Graph) -> None:
    checked = 0
    for resource in prod.resources:
        for text in _strings(dict(resource.inputs)):
            if text.startswith(("{", "[")):
                parsed = json.loads(text)
                assert json.dumps(parsed) == json.dumps(json.loads(json.dumps(parsed, sort_keys=True))), (
                    f"{resource.name}: keys are not sorted, so the provider would see a change: {text[:100]}"
                )
                checked += 1
    assert checked > 20


def test_caller_tags_reach_every_resource_that_takes_tags(dev: Graph) -> None:
    tagged = record_stack("dev", tags={"cost-centre": "42"})
    untagged = {
        resource.type
        for resource in tagged.resources
        if resource.custom and resource.inputs.get("tags") != {"cost-centre": "42"}
    }
    takes_no_tags = {
        "aws:apigateway/deployment:Deployment",
        "aws:apigateway/methodSettings:MethodSettings",
        "aws:apigateway/usagePlanKey:UsagePlanKey",
        "aws:apigatewayv2/authorizer:Authorizer",
        "aws:apigatewayv2/deployment:Deployment",
        "aws:apigatewayv2/integration:Integration",
        "aws:apigatewayv2/route:Route",
        "aws:bedrock/agentDataSource:AgentDataSource",
        "aws:bedrock/guardrailVersion:GuardrailVersion",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cognito/managedLoginBranding:ManagedLoginBranding",
        "aws:cognito/resourceServer:ResourceServer",
        "aws:cognito/userGroup:UserGroup",
        "aws:cognito/userPoolClient:UserPoolClient",
        "aws:cognito/userPoolDomain:UserPoolDomain",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:lambda/layerVersion:LayerVersion",
        "aws:lambda/permission:Permission",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketNotification:BucketNotification",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:sqs/queuePolicy:QueuePolicy",
        "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
    }
    assert untagged == takes_no_tags


def test_data_outlives_a_protected_stack_only(dev: Graph, staging: Graph, prod: Graph) -> None:
    stateful = {
        "auth-users",
        "catalog-bucket",
        "catalog-outcomes",
        "catalog-products",
        "chat-profiles",
        "chat-sessions",
        "closet-items",
        "connections-table",
        "edge-logs",
        "images-quotas",
        "images-results",
        "knowledge-documents",
        "knowledge-index",
        "knowledge-vectors",
        "lake-bucket",
        "personalization-popularity",
        "personalization-styles",
        "photos-bucket",
        "photos-models",
        "try-on-jobs",
        "try-on-results",
        "vectors-embeddings",
        "vectors-snapshots",
        "web-images",
        "web-sources",
    }
    # In production vectors are in OpenSearch instead.
    stateful -= {"knowledge-index", "knowledge-vectors", "vectors-embeddings", "vectors-snapshots"}
    stateful |= {
        f"{use}-{part}"
        for use in ("knowledge", "vectors")
        for part in ("collection", "encryption", "group", "network")
    }
    assert {resource.name for resource in prod.resources if resource.protect} == stateful
    assert {resource.name for resource in prod.resources if resource.retain} == stateful
    for passing in (dev, staging):
        assert not any(resource.protect or resource.retain for resource in passing.resources)


def test_swapping_the_backend_changes_only_vectors_one_setting_and_their_policies(dev: Graph) -> None:
    swapped = known_stack("dev", vectorBackend="s3vectors")
    before = {(r.type, r.name): r for r in dev.resources}
    after = {(r.type, r.name): r for r in swapped.resources}
    gone, new = set(before) - set(after), set(after) - set(before)
    assert gone and all(name.startswith("vectors-") for _, name in gone)
    assert new == {
        ("aws:s3/vectorsVectorBucket:VectorsVectorBucket", "vectors-bucket"),
        ("aws:s3/vectorsIndex:VectorsIndex", "vectors-index"),
    }
    changed = {
        name: _changed_paths(before[type_, name].inputs, after[type_, name].inputs)
        for type_, name in set(before) & set(after)
        if _changed_paths(before[type_, name].inputs, after[type_, name].inputs)
    }
    setting = {"environment.variables.VECTOR_STORE"}
    assert changed == {
        "catalog-browse-function": {"environment.variables.CAPABILITIES"},
        "catalog-ingest-function": setting,
        "catalog-ingest-policy": {"policy"},
        "clusters-function": setting,
        "clusters-policy": {"policy"},
        "desk-function": setting,
        "desk-policy": {"policy"},
        "search-function": setting,
        "search-policy": {"policy"},
    }
    for name in ("catalog-ingest-policy", "clusters-policy", "desk-policy", "search-policy"):
        statements = [json.loads(graph.get(name).inputs["policy"])["Statement"] for graph in (dev, swapped)]
        differing = [s for s in statements[0] + statements[1] if (s in statements[0]) != (s in statements[1])]
        assert differing
        for statement in differing:
            assert "vectors" in json.dumps(statement["Resource"]), statement


def test_opensearch_changes_only_vectors_their_access_one_setting_and_a_layer(dev: Graph) -> None:
    swapped = known_stack("dev", vectorBackend="opensearch")
    before = {(r.type, r.name): r for r in dev.resources}
    after = {(r.type, r.name): r for r in swapped.resources}
    assert all(name.startswith("vectors-") for _, name in set(before) - set(after))
    assert {name for _, name in set(after) - set(before)} == {
        "vector-access-data",
        "vectors-collection",
        "vectors-encryption",
        "vectors-group",
        "vectors-network",
    }
    changed = {
        name: _changed_paths(before[type_, name].inputs, after[type_, name].inputs)
        for type_, name in set(before) & set(after)
        if _changed_paths(before[type_, name].inputs, after[type_, name].inputs)
    }
    setting = {"environment.variables.VECTOR_STORE"}
    function = {*setting, "layers"}
    assert changed == {
        "catalog-browse-function": {"environment.variables.CAPABILITIES"},
        "catalog-ingest-function": function,
        "catalog-ingest-policy": {"policy"},
        "clusters-function": function,
        "clusters-policy": {"policy"},
        "desk-function": setting,
        "desk-policy": {"policy"},
        "search-function": function,
        "search-policy": {"policy"},
    }
    with_client = {
        resource.name
        for resource in swapped.of_type("aws:lambda/function:Function")
        if any("opensearch" in arn for arn in resource.inputs["layers"])
    }
    assert with_client == {"catalog-ingest-function", "clusters-function", "search-function"}


def _changed_paths(before: Any, after: Any, path: str = "") -> set[str]:
    if isinstance(before, pulumi.AssetArchive):
        return set() if set(before.assets) == set(after.assets) else {path}
    if isinstance(before, pulumi.FileArchive):
        return set() if before.path == after.path else {path}
    if isinstance(before, dict) and isinstance(after, dict):
        found = {f"{path}.{key}" for key in set(before) ^ set(after)}
        for key in set(before) & set(after):
            found |= _changed_paths(before[key], after[key], f"{path}.{key}")
        return {each.lstrip(".") for each in found}
    return set() if before == after else {path.lstrip(".")}


def test_swapping_the_chat_engine_changes_only_the_agent_one_setting_and_its_policy(dev: Graph) -> None:
    swapped = known_stack("dev", chatEngine="agent", hasAgentsClassic=True)
    before = {(r.type, r.name): r for r in dev.resources}
    after = {(r.type, r.name): r for r in swapped.resources}
    assert not set(before) - set(after)
    assert {name for _, name in set(after) - set(before)} == {
        "chat-agent",
        "chat-agent-alias",
        "chat-agent-knowledge",
        "chat-agent-permission",
        "chat-agent-policy",
        "chat-agent-role",
        "chat-agent-shop",
        "chat-agent-weather",
    }
    changed = {
        name: _changed_paths(before[type_, name].inputs, after[type_, name].inputs)
        for type_, name in set(before) & set(after)
        if _changed_paths(before[type_, name].inputs, after[type_, name].inputs)
    }
    assert changed == {"chat-function": {"environment.variables.CHAT"}, "chat-policy": {"policy"}}


def test_the_site_is_told_the_websocket_address(dev: Graph) -> None:
    secret = dev.get("site-secret-value").inputs["secretString"]
    assert isinstance(secret, Secret)
    assert json.loads(secret.value)["websocket_url"] == dev.exports["websocket_url"]
    assert dev.exports["websocket_url"] == "wss://socket1234.execute-api.us-east-1.amazonaws.com/v1"


def test_a_key_of_the_weather_service_is_secret_all_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("settings.is_config_secret", lambda key: True)
    key = "0123456789abcdef0123456789abcdef"
    graph = record_stack("dev", weather="openweathermap", openWeatherMapKey=key)
    assert graph.get("chat-weather-key-value").inputs["secretString"] == Secret(key)
    for resource in graph.resources:
        if resource.name != "chat-weather-key-value":
            assert key not in str(resource.inputs), resource.name


def test_the_prod_stack_evaluates_within_three_seconds_on_a_quick_core() -> None:
    # What other tests have left for the garbage collection to look through is not its fault.
    gc.collect()
    gc.freeze()
    try:
        assert best_time_in_units(lambda: record_stack("prod"), tries=2) < 300
    finally:
        gc.unfreeze()


def test_the_program_declares_no_resource_itself() -> None:
    source = (ROOT / "__main__.py").read_text()
    assert "pulumi_aws" not in source and "if " not in source


def test_stack_files_set_region_and_default_tags_of_the_provider() -> None:
    for stack in STACKS:
        config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
        assert config["aws:region"] == "us-east-1"
        assert config["aws:defaultTags"]["tags"] == {"project": "virtual-stylist", "environment": stack}
