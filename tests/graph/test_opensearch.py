"""Collections of OpenSearch Serverless: what stands around them, in which order, and who may use them."""

import json
import re
from typing import Any

import pulumi
import pytest

from components import OpenSearchGeneration, VectorAccess, VectorBackend, VectorSearch
from components._lib.opensearch import shorten
from tests.graph.recorder import Graph, known_stack, record
from tests.graph.test_catalog import allowed_by

COLLECTION = "arn:aws:aoss:us-east-1:123456789012:collection/vectors-collection-id"
READER = "arn:aws:iam::123456789012:role/search"
WRITER = "arn:aws:iam::123456789012:role/ingest"
NAME = re.compile(r"[a-z][a-z0-9-]{2,31}")


def record_vectors(*, preview: bool = False, **changes: Any) -> Graph:
    def program() -> None:
        vectors = VectorSearch(
            "vectors",
            {
                "layers": ["arn:core"],
                "opensearch_layers": ["arn:opensearch"],
                "physical_name": "shop-test",
                "backend": VectorBackend.OPENSEARCH,
                **changes,
            },
        )
        VectorAccess(
            "access",
            {
                "collection": vectors.collection,
                "backend": VectorBackend.OPENSEARCH,
                "readers": [READER],
                "writers": [WRITER],
            },
        )
        for name in ("environment", "query_policy", "index_policy", "layers", "collection"):
            pulumi.export(name, getattr(vectors, name))

    return record(program, preview=preview)


@pytest.fixture(scope="module")
def nextgen() -> Graph:
    return record_vectors()


@pytest.fixture(scope="module")
def classic() -> Graph:
    return record_vectors(opensearch_generation=OpenSearchGeneration.CLASSIC, protect_data=False)


def test_a_collection_of_the_next_generation_scales_to_zero(nextgen: Graph) -> None:
    group, collection = nextgen.get("vectors-group").inputs, nextgen.get("vectors-collection").inputs
    assert (group["generation"], collection["type"]) == ("NEXTGEN", "VECTORSEARCH")
    assert collection["collectionGroupName"] == group["name"] == "shop-test-vectors"
    (limits,) = group["capacityLimits"]
    assert (limits["minIndexingCapacityInOcu"], limits["minSearchCapacityInOcu"]) == (0, 0)
    assert 0 < limits["maxSearchCapacityInOcu"] <= 8, "a runaway search must not cost without end"


def test_the_classic_generation_has_no_group(classic: Graph) -> None:
    assert not classic.of_type("aws:opensearch/serverlessCollectionGroup:ServerlessCollectionGroup")
    assert "collectionGroupName" not in classic.get("vectors-collection").inputs
    setting = json.loads(classic.exports["environment"]["VECTOR_STORE"])
    assert setting["generation"] == "classic"


def test_standby_replicas_are_for_protected_data(nextgen: Graph, classic: Graph) -> None:
    assert nextgen.get("vectors-collection").inputs["standbyReplicas"] == "ENABLED"
    assert nextgen.get("vectors-group").inputs["standbyReplicas"] == "ENABLED"
    assert classic.get("vectors-collection").inputs["standbyReplicas"] == "DISABLED"


def test_policies_come_before_the_collection_and_so_go_after_it(nextgen: Graph) -> None:
    assert {"vectors-encryption", "vectors-network", "vectors-group"} <= set(
        nextgen.get("vectors-collection").dependencies
    )
    assert "vectors-collection" in nextgen.get("access-data").dependencies


def test_policies_name_the_collection_and_are_written_with_sorted_keys(nextgen: Graph) -> None:
    texts = {
        name: nextgen.get(name).inputs["policy"]
        for name in ("vectors-encryption", "vectors-network", "access-data")
    }
    for name, text in texts.items():
        assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")), name
    rule = {"Resource": ["collection/shop-test-vectors"], "ResourceType": "collection"}
    assert json.loads(texts["vectors-encryption"]) == {"AWSOwnedKey": True, "Rules": [rule]}
    assert json.loads(texts["vectors-network"]) == [{"AllowFromPublic": True, "Rules": [rule]}]


def test_searchers_read_and_indexers_write_one_index(nextgen: Graph) -> None:
    rules = {
        principal: (rule["Permission"], rule["Resource"])
        for part in json.loads(nextgen.get("access-data").inputs["policy"])
        for principal in part["Principal"]
        for rule in part["Rules"]
    }
    index = ["index/shop-test-vectors/products"]
    assert rules == {
        READER: (["aoss:DescribeIndex", "aoss:ReadDocument"], index),
        WRITER: (
            ["aoss:CreateIndex", "aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"],
            index,
        ),
    }


def test_iam_allows_the_collection_and_nothing_else_of_the_service(nextgen: Graph) -> None:
    for policy in ("query_policy", "index_policy"):
        service = {each for each in allowed_by(nextgen.exports[policy]) if each[0].startswith("aoss")}
        assert service == {("aoss:APIAccessAll", COLLECTION)}


def test_functions_are_told_the_address_and_given_the_client(nextgen: Graph) -> None:
    assert json.loads(nextgen.exports["environment"]["VECTOR_STORE"]) == {
        "backend": "opensearch",
        "endpoint": "https://vectors-collection-id.us-east-1.aoss.amazonaws.com",
        "region": "us-east-1",
        "index": "products",
        "generation": "nextgen",
    }
    assert nextgen.exports["layers"] == ["arn:opensearch"]
    assert nextgen.exports["collection"] == "shop-test-vectors"


def test_the_runtime_understands_the_setting(nextgen: Graph, classic: Graph) -> None:
    from runtime.vectors.settings import OpenSearchStoreSettings, VectorSettings

    for graph, generation in ((nextgen, "nextgen"), (classic, "classic")):
        store = VectorSettings.from_environment(graph.exports["environment"]).store
        assert isinstance(store, OpenSearchStoreSettings) and store.generation == generation


def test_a_first_preview_declares_the_same(nextgen: Graph) -> None:
    preview = record_vectors(preview=True)
    assert {(r.type, r.name) for r in preview.resources} == {(r.type, r.name) for r in nextgen.resources}


def test_vectors_are_kept_with_what_they_need(nextgen: Graph, classic: Graph) -> None:
    kept = {resource.name for resource in nextgen.resources if resource.protect and resource.retain}
    assert kept == {"vectors-collection", "vectors-group", "vectors-encryption", "vectors-network"}
    assert not any(resource.protect or resource.retain for resource in classic.resources)


def test_access_to_other_backends_is_iams_alone() -> None:
    graph = record(lambda: VectorAccess("access", {"collection": "", "readers": [READER]}))
    assert [resource.name for resource in graph.resources if resource.custom] == []


def test_a_collection_that_nobody_may_use_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="readers: nobody could use the collection"):
        record(lambda: VectorAccess("access", {"collection": "c", "backend": VectorBackend.OPENSEARCH}))


@pytest.mark.parametrize(
    "prefix", ["virtual-stylist-prod", "virtual-stylist-production-eu", "Shop_Test", "9shop", "x" * 60, "99"]
)
def test_names_are_what_the_service_takes(prefix: str) -> None:
    for suffix in ("vectors", "knowledge"):
        assert NAME.fullmatch(shorten(prefix, suffix)), shorten(prefix, suffix)


def test_names_that_fit_are_left_alone_and_others_stay_apart() -> None:
    assert shorten("virtual-stylist-prod", "vectors") == "virtual-stylist-prod-vectors"
    longer = {shorten(f"virtual-stylist-a-long-name-{n}", "vectors") for n in range(50)}
    assert len(longer) == 50


def test_production_is_on_opensearch_with_names_of_its_own(prod: Graph) -> None:
    collections = prod.of_type("aws:opensearch/serverlessCollection:ServerlessCollection")
    assert {each.inputs["name"] for each in collections} == {
        "virtual-stylist-prod-vectors",
        "virtual-stylist-prod-knowledge",
    }
    dev = known_stack("dev", vectorBackend="opensearch", knowledgeBaseStorage="opensearch")
    ours = dev.of_type("aws:opensearch/serverlessCollection:ServerlessCollection")
    assert not {each.inputs["name"] for each in ours} & {each.inputs["name"] for each in collections}
