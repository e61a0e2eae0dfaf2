"""A retailer's bucket is the truth: what lies there is found, once; what is gone is not found."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.faults import Fault
from tests.support.cloud import RunningCloud, eventually, running_cloud
from tests.support.pictures import encode, garment, unusable_pictures

pytestmark = pytest.mark.cloud

STRANGE_KEYS = (
    "products/dress/with space.jpg",
    "products/dress/plus+plus.jpg",
    "products/dress/ümläut ñ 日本.jpg",
    "products/dress/100% real %20.jpg",
    "products/dress/a&b=c;d,e@f.jpg",
    "products/no-folder.jpg",
    "products/dress/deeper/still/deeper.jpg",
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, catalog_folder: Path) -> Iterator[RunningCloud]:
    """A cloud of these tests' own: hundreds of pictures that they leave would change what others find."""
    with running_cloud(tmp_path_factory.mktemp("ingestion"), catalog_folder) as running:
        yield running


def fresh_key(folder: str = "dress") -> str:
    return f"products/{folder}/{uuid.uuid4().hex}.jpg"


def indexed(cloud: RunningCloud, product_id: str) -> bool:
    row = cloud.product_row(product_id)
    return row is not None and "embedding_key" in row


def found(cloud: RunningCloud, picture: bytes, product_id: str, limit: int = 3) -> bool:
    return product_id in [hit["product_id"] for hit in cloud.search_photo(picture, limit=limit)]


def count_rows(cloud: RunningCloud, table: str) -> int:
    pages = cloud.aws("dynamodb").get_paginator("scan").paginate(TableName=table, Select="COUNT")
    return sum(page["Count"] for page in pages)


def test_a_new_picture_is_found_within_two_seconds_of_being_indexed(cloud: RunningCloud) -> None:
    picture = encode(garment("seagreen", seed=1))
    cloud.search(query="warm up")
    product_id = cloud.upload(fresh_key(), picture)
    eventually(lambda: indexed(cloud, product_id))
    eventually(lambda: found(cloud, picture, product_id), within_s=2.0)


@pytest.mark.parametrize("key", STRANGE_KEYS)
def test_strange_keys_work(cloud: RunningCloud, key: str) -> None:
    picture = encode(garment("orange", seed=hash(key) % 5000))
    product_id = cloud.upload(key, picture)
    eventually(lambda: indexed(cloud, product_id))
    row = cloud.product_row(product_id)
    assert row is not None
    assert row["product_picture_s3_url"]["S"] == f"s3://{cloud.outputs['catalog_bucket']}/{key}"
    eventually(lambda: found(cloud, picture, product_id, limit=20), within_s=5)


def test_the_same_picture_again_changes_nothing(cloud: RunningCloud) -> None:
    key, picture = fresh_key(), encode(garment("teal", seed=2))
    product_id = cloud.upload(key, picture)
    eventually(lambda: indexed(cloud, product_id))
    before, rows = cloud.product_row(product_id), count_rows(cloud, cloud.outputs["products_table"])
    cloud.upload(key, picture)
    marker = cloud.upload(fresh_key(), encode(garment("teal", seed=3)))
    eventually(lambda: indexed(cloud, marker))
    assert cloud.product_row(product_id) == before
    assert count_rows(cloud, cloud.outputs["products_table"]) == rows + 1


def test_a_changed_picture_is_embedded_again(cloud: RunningCloud) -> None:
    key, old, new = fresh_key(), encode(garment("purple", seed=4)), encode(garment("yellow", seed=5))
    product_id = cloud.upload(key, old)
    eventually(lambda: indexed(cloud, product_id))
    row = cloud.product_row(product_id)
    assert row is not None
    cloud.upload(key, new)
    eventually(lambda: (cloud.product_row(product_id) or row)["content_hash"] != row["content_hash"])
    eventually(lambda: cloud.search_photo(new)[0]["product_id"] == product_id, within_s=5)


def test_a_deleted_picture_is_no_longer_found(cloud: RunningCloud) -> None:
    key, picture = fresh_key("hat"), encode(garment("lime", seed=6))
    product_id = cloud.upload(key, picture)
    eventually(lambda: found(cloud, picture, product_id))
    cloud.remove(key)
    eventually(lambda: cloud.product_row(product_id) is None)
    eventually(lambda: not found(cloud, picture, product_id, limit=50), within_s=5)


def test_a_csv_sets_attributes_whatever_comes_first(cloud: RunningCloud) -> None:
    early, late = f"early-{uuid.uuid4().hex[:8]}.jpg", f"late-{uuid.uuid4().hex[:8]}.jpg"
    first = cloud.upload(f"products/skirt/{early}", encode(garment("brown", seed=7)))
    eventually(lambda: indexed(cloud, first))
    sheet = "image,name,price,currency,sizes,stock\n"
    sheet += f"skirt/{early},Pleated midi,49.90,EUR,S|M,3\nskirt/{late},Wrap mini,39.00,EUR,M,0\n"
    cloud.upload("products/skirts.csv", sheet.encode())
    second = cloud.upload(f"products/skirt/{late}", encode(garment("beige", seed=8)))
    for product_id, name in ((first, "Pleated midi"), (second, "Wrap mini")):
        eventually(lambda p=product_id, n=name: _name(cloud, p) == n and indexed(cloud, p))
    cheap = {"category": "skirt", "max_price": 45, "in_stock": False}
    eventually(
        lambda: _names(cloud.search(query="skirt", limit=20, filters=cheap)) >= {"Wrap mini"}, within_s=5
    )
    assert "Pleated midi" not in _names(cloud.search(query="skirt", limit=20, filters=cheap))
    in_stock = _names(cloud.search(query="skirt", limit=20, filters={"category": "skirt", "in_stock": True}))
    assert "Pleated midi" in in_stock
    assert "Wrap mini" not in in_stock


def _name(cloud: RunningCloud, product_id: str) -> str:
    return (cloud.product_row(product_id) or {}).get("name", {}).get("S", "")


def _names(hits: list[dict[str, Any]]) -> set[str]:
    return {hit["name"] for hit in hits}


def test_unusable_pictures_become_dead_letters_with_their_reason(cloud: RunningCloud) -> None:
    cloud.dead_letters()
    bad = {fresh_key("shirt"): content for content in unusable_pictures().values()}
    for key, content in bad.items():
        cloud.upload(key, content)
    letters: list[dict[str, Any]] = []
    eventually(lambda: letters.extend(cloud.dead_letters()) or len(letters) >= len(bad))
    keys = {letter["MessageAttributes"]["key"]["StringValue"] for letter in letters}
    assert keys == set(bad)
    assert len(letters) == len(bad)
    for letter in letters:
        assert letter["MessageAttributes"]["reason"]["StringValue"]
        assert json.loads(letter["Body"])["Records"]
    assert not [key for key in bad if cloud.product_row(cloud_id(key))]


def cloud_id(key: str) -> str:
    from runtime.shared.products import product_id_for_key

    return product_id_for_key(key)


def test_500_uploads_with_failing_services_lose_nothing(cloud: RunningCloud) -> None:
    """5 % of the calls to the embedding model and to the database fail, and 10 pictures are bad."""
    cloud.dead_letters()
    good = {f"products/pants/{n:03}.jpg": encode(garment("gray", size=(96, 128), seed=n)) for n in range(490)}
    bad = {f"products/pants/bad-{n}.jpg": b"no picture" for n in range(10)}
    before = count_rows(cloud, cloud.outputs["products_table"])
    faults = (
        Fault("bedrock", rate=0.05, status=429, code="ThrottlingException"),
        Fault("dynamodb", rate=0.05, status=500, code="InternalServerError"),
    )
    letters: list[dict[str, Any]] = []
    wanted = {cloud_id(key) for key in good}
    with cloud.faults(*faults):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda item: cloud.upload(*item), (good | bad).items()))
        eventually(lambda: wanted <= _embedded(cloud), within_s=150, every_s=1.0)
        eventually(lambda: letters.extend(cloud.dead_letters()) or len(letters) >= len(bad), within_s=60)
    assert count_rows(cloud, cloud.outputs["products_table"]) == before + len(good)
    assert {letter["MessageAttributes"]["key"]["StringValue"] for letter in letters} == set(bad)
    assert len(letters) == len(bad)


def _embedded(cloud: RunningCloud) -> set[str]:
    pages = (
        cloud.aws("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=cloud.outputs["products_table"],
            ProjectionExpression="product_id",
            FilterExpression="attribute_exists(embedding_key)",
        )
    )
    return {row["product_id"]["S"] for page in pages for row in page["Items"]}
