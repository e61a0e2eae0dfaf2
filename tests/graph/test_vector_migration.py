"""A stack whose vectors move: both places, the record, three functions and the workflow that calls them."""

import json
from typing import Any

import pulumi
import pytest

from components import EmbedderName, VectorBackend
from components.vector_migration import definition
from runtime.vectors.migration import Move
from tests.graph.golden import render
from tests.graph.recorder import Graph, record_stack
from tests.graph.test_catalog import allowed, allowed_by
from tests.graph.test_vector_search import SNAPSHOTS, TABLE, TITAN, record_vectors

RECORD = "arn:aws:dynamodb:us-east-1:123456789012:table/vectors-migration-1a2b3c4"
INDEX = "arn:aws:s3vectors:us-east-1:123456789012:bucket/shop-vectors/index/products"
NOVA_TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/vectors-nova-1024-embeddings-1a2b3c4"
NOVA_SNAPSHOTS = "arn:aws:s3:::vectors-nova-1024-snapshots-1a2b3c4"
NOVA = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-multimodal-embeddings-v1:0"
STEPS = ("backfill", "verify", "control")


@pytest.fixture(scope="module")
def moving() -> Graph:
    return record_vectors(migrate_to_backend=VectorBackend.S3VECTORS)


@pytest.fixture(scope="module")
def stack() -> Graph:
    return record_stack("dev", migrateToBackend="s3vectors")


@pytest.fixture(scope="module")
def other_model() -> Graph:
    return record_stack("dev", migrateToEmbedder="nova")


def test_the_runtime_understands_where_vectors_move(moving: Graph) -> None:
    move = Move.from_environment(moving.exports["environment"])
    assert move is not None
    assert (move.source.store.backend, move.target.store.backend) == ("dynamodb", "s3vectors")
    assert (move.table, move.reembeds) == ("vectors-migration-1a2b3c4", False)
    assert record_vectors().exports["environment"].keys() == {"VECTOR_STORE", "EMBEDDER"}


def test_what_is_there_keeps_its_name(moving: Graph) -> None:
    """Nothing that holds vectors is made anew, neither when a migration begins nor when it ends."""
    before = record_vectors()
    after = record_vectors(backend=VectorBackend.S3VECTORS)
    kept = {resource.name for resource in moving.resources if resource.custom}
    assert {resource.name for resource in before.resources if resource.custom} < kept
    assert {resource.name for resource in after.resources if resource.custom} < kept
    for graph in (before, after):
        for resource in graph.resources:
            if resource.custom and "function" not in resource.name:
                assert moving.get(resource.name).inputs == resource.inputs


def test_two_models_in_one_backend_have_a_place_each() -> None:
    for backend in VectorBackend.DYNAMODB, VectorBackend.S3VECTORS:
        graph = record_vectors(backend=backend, migrate_to_embedder=EmbedderName.NOVA)
        move = Move.from_environment(graph.exports["environment"])
        assert move is not None and move.reembeds
        assert move.source.store != move.target.store
        after = record_vectors(backend=backend, embedder=EmbedderName.NOVA)
        for resource in after.resources:
            if resource.custom and resource.protect:
                assert graph.get(resource.name).inputs == resource.inputs


def test_searching_reads_both_places_and_the_record(moving: Graph) -> None:
    assert allowed_by(moving.exports["query_policy"]) == {
        ("dynamodb:Scan", TABLE),
        ("dynamodb:Query", f"{TABLE}/index/changes"),
        ("s3:GetObject", f"{SNAPSHOTS}/*"),
        ("s3:ListBucket", SNAPSHOTS),
        ("s3vectors:GetVectors", INDEX),
        ("s3vectors:ListVectors", INDEX),
        ("s3vectors:QueryVectors", INDEX),
        ("bedrock:InvokeModel", TITAN),
        ("dynamodb:GetItem", RECORD),
    }


def test_indexing_writes_both_places(moving: Graph) -> None:
    assert allowed_by(moving.exports["index_policy"]) == {
        ("dynamodb:PutItem", TABLE),
        ("dynamodb:UpdateItem", TABLE),
        ("s3vectors:DeleteVectors", INDEX),
        ("s3vectors:GetVectors", INDEX),
        ("s3vectors:PutVectors", INDEX),
        ("bedrock:InvokeModel", TITAN),
    }


def granted(graph: Graph, step: str) -> set[tuple[str, str]]:
    duties = ("logs:", "xray:")
    return {each for each in allowed(graph, f"migration-{step}-policy") if not each[0].startswith(duties)}


def test_each_step_may_do_its_own_part_only(stack: Graph) -> None:
    index = INDEX.replace("shop", "virtual-stylist-dev")
    record = {("dynamodb:GetItem", RECORD), ("dynamodb:PutItem", RECORD)}
    read_source = {("dynamodb:BatchGetItem", TABLE), ("dynamodb:Scan", TABLE)}
    read_target = {("s3vectors:GetVectors", index), ("s3vectors:ListVectors", index)}
    assert granted(stack, "backfill") == record | read_source | read_target | {
        ("s3vectors:DeleteVectors", index),
        ("s3vectors:PutVectors", index),
    }
    assert granted(stack, "verify") == record | read_source | read_target | {
        ("s3vectors:QueryVectors", index)
    }
    assert granted(stack, "control") == record


def test_another_model_is_called_and_pictures_are_read(other_model: Graph) -> None:
    for step in ("backfill", "verify"):
        grants = granted(other_model, step)
        assert ("bedrock:InvokeModel", NOVA) in grants
        assert ("bedrock:InvokeModel", TITAN) not in grants
        assert {action for action, resource in grants if "catalog-bucket" in resource} == {"s3:GetObject"}
    reads = {each for each in granted(other_model, "verify") if NOVA_SNAPSHOTS in each[1]}
    assert {action for action, _ in reads} == {"s3:GetObject", "s3:ListBucket"}
    assert ("dynamodb:PutItem", NOVA_TABLE) in granted(other_model, "backfill")
    assert not any(
        resource == TABLE and "Put" in action for action, resource in granted(other_model, "backfill")
    )


@pytest.mark.parametrize("step", STEPS)
def test_each_step_has_a_function_of_its_own(stack: Graph, step: str) -> None:
    function = stack.get(f"migration-{step}-function").inputs
    assert function["handler"] == f"runtime.migration.handler.{step}"
    assert {"VECTOR_STORE", "EMBEDDER", "MIGRATION", "CATALOG"} <= set(function["environment"]["variables"])
    assert function["timeout"] == (30 if step == "control" else 900)
    assert function["loggingConfig"]["logGroup"] == stack.get(f"migration-{step}-logs").state["name"]


def test_the_workflow_calls_the_functions_and_retries_what_may_pass(stack: Graph) -> None:
    machine = stack.get("migration-workflow-machine").inputs
    states = json.loads(machine["definition"])["States"]
    arns = {stack.get(f"migration-{step}-function").state["arn"] for step in STEPS}
    tasks = {name: state for name, state in states.items() if state["Type"] == "Task"}
    assert {task["Parameters"]["FunctionName"] for task in tasks.values()} == arns
    for task in tasks.values():
        assert task["TimeoutSeconds"] == 960
        retried = set(task["Retry"][0]["ErrorEquals"])
        assert {"StoreUnavailable", "EmbeddingThrottled", "Lambda.TooManyRequestsException"} <= retried
        assert "MigrationRefused" not in retried
        assert task["Catch"][0]["Next"] == "Stopped"
    assert allowed_by(stack.get("migration-workflow-policy").inputs["policy"]) >= {
        ("lambda:InvokeFunction", arn) for arn in arns
    }
    assert machine["loggingConfiguration"]["logDestination"].endswith(":*")


def reached(states: dict[str, Any], name: str) -> set[str]:
    state = states[name]
    found = {state["Next"]} if "Next" in state else set[str]()
    found |= {each["Next"] for each in (*state.get("Choices", ()), *state.get("Catch", ()))}
    return found | ({state["Default"]} if "Default" in state else set())


def test_every_state_leads_to_an_end_and_is_reached() -> None:
    states = definition("b", "v", "c")["States"]
    met, todo = set[str](), {definition("b", "v", "c")["StartAt"]}
    while todo:
        name = todo.pop()
        met.add(name)
        todo |= reached(states, name) - met
    assert met == set(states)
    assert {name for name in states if not reached(states, name)} == {"Done", "NotGoodEnough", "Stopped"}


def test_functions_and_workflow_are_handed_out_while_vectors_move(stack: Graph, dev: Graph) -> None:
    handed = stack.exports["migration"]
    assert set(handed) == {*STEPS, "workflow"}
    assert handed["workflow"] == stack.get("migration-workflow-machine").state["arn"]
    assert dev.exports["migration"] == {}


def test_without_a_migration_there_is_nothing_of_it(dev: Graph, stack: Graph) -> None:
    assert not [each for each in dev.resources if each.custom and "migration" in each.name]
    names = {each.name for each in dev.resources}
    assert names < {each.name for each in stack.resources}
    assert "MIGRATION" not in dev.get("search-function").inputs["environment"]["variables"]


def test_a_first_preview_declares_what_the_update_creates(stack: Graph) -> None:
    preview = record_stack("dev", preview=True, migrateToBackend="s3vectors")
    declared = {(each.type, each.name, each.parent) for each in stack.resources}
    assert {(each.type, each.name, each.parent) for each in preview.resources} == declared


def test_running_twice_asks_for_exactly_the_same(stack: Graph) -> None:
    assert render(record_stack("dev", migrateToBackend="s3vectors")) == render(stack)


def test_both_places_and_the_record_are_protected() -> None:
    graph = record_stack("prod", migrateToBackend="s3vectors")
    protected = {each.name for each in graph.resources if each.protect}
    assert {"vectors-collection", "vectors-bucket", "vectors-index", "vectors-migration"} <= protected


def principals(graph: Graph, policy: str) -> dict[str, list[str]]:
    """Roles by whether they may write, as a data access policy of OpenSearch says."""
    rules = json.loads(graph.get(policy).inputs["policy"])
    return {
        "write" if "aoss:WriteDocument" in rule["Rules"][0]["Permission"] else "read": rule["Principal"]
        for rule in rules
    }


@pytest.mark.parametrize(
    ("stack", "changes", "policies"),
    [
        ("dev", {"migrateToBackend": "opensearch"}, ["vector-access-data"]),
        ("prod", {"migrateToBackend": "dynamodb"}, ["vector-access-data"]),
        ("prod", {"migrateToEmbedder": "nova"}, ["vector-access-data", "vector-access-nova-1024-data"]),
    ],
)
def test_opensearch_lets_the_steps_in_wherever_vectors_are(
    stack: str, changes: dict[str, str], policies: list[str]
) -> None:
    graph = record_stack(stack, **changes)
    roles = {step: graph.get(f"migration-{step}-role").state["arn"] for step in ("backfill", "verify")}
    made = graph.of_type("aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy")
    assert sorted(each.name for each in made if each.name.startswith("vector-access")) == sorted(policies)
    for policy in policies:
        found = principals(graph, policy)
        assert roles["backfill"] in found["write"] and roles["backfill"] not in found["read"]
        assert roles["verify"] in found["read"] and roles["verify"] not in found["write"]
        assert graph.get("clusters-role").state["arn"] in found["write"]
    names = [
        each.inputs["name"]
        for each in graph.of_type("aws:opensearch/serverlessCollection:ServerlessCollection")
    ]
    assert len(set(names)) == len(names) and all(len(name) <= 32 for name in names)
    layers = {graph.get(f"{name}-function").inputs["layers"][-1] for name in ("search", "migration-backfill")}
    assert len(layers) == 1 and "opensearch" in layers.pop()


def test_finishing_keeps_the_collection_and_who_may_use_it() -> None:
    moving = record_stack("prod", migrateToEmbedder="nova")
    after = record_stack("prod", embedder="nova")
    for name in ("vectors-nova-1024-collection", "vectors-nova-1024-group"):
        assert moving.get(name).inputs == after.get(name).inputs
    for graph in (moving, after):
        policy = graph.get("vector-access-nova-1024-data").inputs
        assert policy["name"] == graph.get("vectors-nova-1024-collection").state["name"]
    after_rules = principals(after, "vector-access-nova-1024-data")
    assert "" not in after_rules["read"] + after_rules["write"]


def test_labels_of_clusters_go_to_both_places(stack: Graph) -> None:
    index = INDEX.replace("shop", "virtual-stylist-dev")
    grants = allowed(stack, "clusters-policy")
    assert {("dynamodb:UpdateItem", TABLE), ("s3vectors:PutVectors", index)} <= grants
    assert "MIGRATION" in stack.get("clusters-function").inputs["environment"]["variables"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"migrate_to_backend": VectorBackend.DYNAMODB}, "migrate_to_backend: the vectors are there already"),
        ({"migrate_to_embedder": EmbedderName.TITAN}, "the vectors are there already"),
        ({"migrate_to_dimensions": 1024}, "the vectors are there already"),
        ({"migrate_to_dimensions": 512}, "migrate_to_dimensions: 512 is not offered by the models"),
        ({"migrate_to_backend": "dynamo"}, "'dynamo' is not a valid VectorBackend"),
    ],
)
def test_wrong_inputs_are_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        record_vectors(**changes)


def test_settings_refuse_a_migration_to_where_the_vectors_are() -> None:
    with pytest.raises(ValueError, match="migrateToBackend: the vectors are there already"):
        record_stack("dev", migrateToBackend="dynamodb")
    with pytest.raises(ValueError, match="migrateToDimensions"):
        record_stack("dev", migrateToDimensions=512)
    with pytest.raises(ValueError, match="migrateToEmbedder"):
        record_stack("dev", migrateToEmbedder="clip")


def test_policies_are_documents_without_a_migration_too() -> None:
    exports = record_vectors().exports
    assert json.loads(exports["query_policy"])["Statement"]
    assert pulumi.UNKNOWN not in exports.values()
