"""The product with its vectors and its documents in OpenSearch, on a cloud of its own."""

import base64
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.faults import Fault
from tests.support.cloud import RunningCloud, eventually, running_cloud
from tests.support.opensearch import node_missing
from tests.support.pictures import encode, garment

pytestmark = pytest.mark.cloud

SETTINGS = {"vectorBackend": "opensearch", "knowledgeBaseStorage": "opensearch"}
ASLEEP = Fault("aoss", operation="_search", status=503, code="ServiceUnavailable")


@pytest.fixture(scope="module")
def searched(catalog_folder: Path) -> Iterator[RunningCloud]:
    if reason := node_missing():
        pytest.skip(f"no OpenSearch node: {reason}")
    # Where the node's own user may enter, unlike in pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="cloud-"))
    folder.chmod(0o711)
    try:
        with running_cloud(folder, catalog_folder, SETTINGS) as running:
            yield running
    finally:
        shutil.rmtree(folder)


def test_products_are_found_in_opensearch(searched: RunningCloud) -> None:
    answer = searched.call("GET", "/search", params={"query": "red dress", "limit": 5})
    assert answer.status_code == 200, answer.text
    assert answer.json()["backend"] == "opensearch"
    assert len(answer.json()["results"]) == 5


def test_a_new_picture_is_found_and_a_removed_one_is_not(searched: RunningCloud) -> None:
    key, picture = "products/dress/fresh.jpg", encode(garment("seagreen", seed=1))
    product_id = searched.upload(key, picture)
    eventually(lambda: product_id in [each["product_id"] for each in searched.search_photo(picture)])
    searched.remove(key)
    eventually(lambda: product_id not in [each["product_id"] for each in searched.search_photo(picture)])


def test_the_knowledge_bases_index_was_made_by_the_program(searched: RunningCloud) -> None:
    indexes = httpx.get(f"{searched.config.opensearch_url}/_cat/indices?h=index").text.split()
    assert any(name.endswith("knowledge.documents") for name in indexes), indexes


def test_while_the_collection_sleeps_products_are_found_by_words_and_by_vectors_once_it_is_awake(
    searched: RunningCloud,
) -> None:
    asked = {"query": "red dress", "limit": 5}
    with searched.faults(ASLEEP):
        answer = searched.call("GET", "/search", params=asked)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["backend"], body["exact"]) == ("words (opensearch unavailable)", False)
        assert {each["category"] for each in body["results"]} == {"dress"}
        assert body["results"][0]["why"] == ["found by its words: red, dress"]
        # Where there are no words to go by, the shopper is told when to come back.
        picture = base64.b64encode(encode(garment("red", seed=3))).decode()
        answer = searched.call("POST", "/search", json={"image": picture})
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["title"] == "Temporarily unavailable"
    assert searched.call("GET", "/search", params=asked).json()["backend"] == "opensearch"
