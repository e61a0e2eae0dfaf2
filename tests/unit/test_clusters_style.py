"""Styles: vectors without what their categories have in common, and how alike clusters of those are."""

from dataclasses import replace

import numpy as np
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from numpy.typing import NDArray

from runtime.clusters.centroids import RELOAD_S, CentroidBucket, Latest, digest
from runtime.clusters.means import STEADINESS, average
from runtime.personalization.taste import STRANGERS
from runtime.search.kinship import Cosines, KinshipReader
from tests.unit.shop import make_product
from tests.unit.test_clusters import KEY, Shop

DRESS, SHOES = np.eye(16, dtype=np.float32)[:2]
NEON, CLAY = np.eye(16, dtype=np.float32)[2:4]


def add(
    shop: Shop, category: str, cut: NDArray[np.float32], style: NDArray[np.float32], count: int
) -> list[str]:
    """Products whose vectors say above all how they are cut, and beside that in which style they are."""
    rng = np.random.default_rng(len(shop.rows.rows))
    added: list[str] = []
    for _ in range(count):
        noise = 0.03 * rng.standard_normal(16).astype(np.float32)
        vector = (cut + np.float32(0.4) * style + noise).astype(np.float32)
        made = make_product(f"{category} {len(shop.rows.rows)}")
        product = replace(made, category=category, version=1)
        shop.rows.rows[product.product_id] = product
        shop.store.add(product, (vector / np.linalg.norm(vector)).astype(np.float32))
        added.append(product.product_id)
    return added


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def looks(shop: Shop) -> dict[str, list[str]]:
    return {
        f"{style} {category}": add(shop, category, cut, vector, 12)
        for category, cut in (("dress", DRESS), ("shoes", SHOES))
        for style, vector in (("neon", NEON), ("clay", CLAY))
    }


def drop_means(shop: Shop) -> None:
    """Make the current clusters those of whole vectors, as they once were."""
    current = shop.current()
    means = current.means[:0]
    told = {"categories": (), "sha256": digest(current.vectors, means)}
    manifest = current.manifest.model_copy(update=told)
    shop.bucket().write(replace(current, means=means, manifest=manifest))


def labels(shop: Shop, products: list[str]) -> set[int | None]:
    return {shop.rows.rows[each].cluster for each in products}


def test_clusters_go_by_style_across_categories(shop: Shop, looks: dict[str, list[str]]) -> None:
    shop.run(k=2)
    assert labels(shop, looks["neon dress"]) == labels(shop, looks["neon shoes"])
    assert labels(shop, looks["clay dress"]) == labels(shop, looks["clay shoes"])
    assert labels(shop, looks["neon dress"]) != labels(shop, looks["clay dress"])


def test_new_products_are_placed_by_their_style(shop: Shop, looks: dict[str, list[str]]) -> None:
    shop.run(k=2)
    (neon,) = labels(shop, looks["neon dress"])
    vector = SHOES + 0.4 * NEON
    current = shop.current()
    assert current.label((vector / np.linalg.norm(vector))[None], ["shoes"]) == [neon]


def test_a_small_category_leans_on_the_mean_of_all_and_an_unknown_one_has_only_that() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    means = average(vectors, ["dress", "dress", "hat"])
    assert means.names == ("", "dress", "hat")
    everything = vectors.mean(axis=0)
    expected = (vectors[2] + STEADINESS * everything) / (1 + STEADINESS)
    np.testing.assert_allclose(means.means[2], expected, rtol=1e-6)
    left = means.take_away(vectors[2:], ["wellingtons"])
    np.testing.assert_allclose(left[0], vectors[2] - everything, rtol=1e-6)


def test_clusters_of_whole_vectors_are_made_anew_and_keep_their_labels(
    shop: Shop, looks: dict[str, list[str]]
) -> None:
    shop.run(k=2)
    before = {name: labels(shop, products) for name, products in looks.items()}
    drop_means(shop)
    assert shop.run(k=2)["reason"] == "other form"
    assert {name: labels(shop, products) for name, products in looks.items()} == before


def test_opposite_styles_speak_against_each_other(shop: Shop, looks: dict[str, list[str]]) -> None:
    shop.run(k=2)
    (neon,), (clay,) = labels(shop, looks["neon dress"]), labels(shop, looks["clay dress"])
    assert neon is not None
    assert clay is not None
    kinship = Cosines(shop.current())
    told = kinship.spread({neon: 1.0, 99: 0.5})
    assert told[neon] == pytest.approx(1)
    assert told[clay] < -0.8
    assert told[99] == 0.5
    assert (kinship.alike(neon), kinship.alike(99)) == ({neon}, {99})
    assert kinship.spread({99: 1.0}) == {99: 1.0}


def test_kinship_is_read_once_a_minute_and_survives_an_outage(
    shop: Shop, looks: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    reader = KinshipReader(Latest(shop.bucket(), KEY, lambda: now[0]), lambda: now[0])
    assert reader.current() is STRANGERS
    shop.run(k=2)
    now[0] += RELOAD_S
    known = reader.current()
    assert isinstance(known, Cosines)
    shop.s3.reads.clear()
    assert reader.current() is known
    assert shop.s3.reads == []
    asked: list[float] = []

    def refuse(*_: object) -> None:
        asked.append(now[0])
        if len(asked) > 1:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")
        raise ConnectTimeoutError(endpoint_url="s3")

    monkeypatch.setattr(CentroidBucket, "read", refuse)
    for _ in range(4):
        now[0] += RELOAD_S / 2 + 1
        assert reader.current() is known
        assert reader.current() is known
    assert len(asked) == 2, "one attempt a minute"


def test_centroids_of_another_space_or_form_tell_no_kinship(shop: Shop, looks: dict[str, list[str]]) -> None:
    shop.run(k=2)
    assert KinshipReader(Latest(shop.bucket(), "other@16")).current() is STRANGERS
    drop_means(shop)
    assert KinshipReader(Latest(shop.bucket(), KEY)).current() is STRANGERS
