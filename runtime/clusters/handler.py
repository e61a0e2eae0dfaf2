"""Groups the catalogue's products by look, on a schedule and on demand."""

import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from runtime.catalog.store import ProductRows
from runtime.clusters.centroids import CentroidBucket, ClusterSettings
from runtime.clusters.factory import open_trainer
from runtime.clusters.lease import Lease
from runtime.clusters.logic import Clusterer
from runtime.clusters.trainer import GroupingSettings
from runtime.shared.aws import Clients
from runtime.shared.observability import emit_metrics, get_logger
from runtime.shared.products import CatalogSettings
from runtime.shared.settings import read_setting
from runtime.vectors.factory import open_store
from runtime.vectors.migration import Move
from runtime.vectors.settings import VectorSettings


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Scheduled event in, figures out; {"force": true} groups anew even when nothing has changed.

    The store is opened anew each time, so that an idle function does not hold an index in memory.
    """
    logger = get_logger()  # before the store, whose warnings go through it
    started = time.perf_counter()
    time_left_s = context.get_remaining_time_in_millis() / 1000
    figures = _open_clusterer().run(time_left_s=time_left_s, force=bool(event.get("force")))
    took = 1000 * (time.perf_counter() - started)
    logger.info("groups looked after", took_ms=round(took), **figures)
    counts = {name: float(figures.get(name, 0)) for name in ("clusters", "changed")}
    emit_metrics({}, {"Clusters": counts["clusters"], "LabelsChanged": counts["changed"]}, {"Grouping": took})
    return figures


@cache
def _open_clients() -> Clients:
    return Clients()


def _open_clusterer() -> Clusterer:
    clients = _open_clients()
    vectors = VectorSettings.from_environment()
    move = Move.from_environment()
    catalog: CatalogSettings = read_setting("CATALOG", CatalogSettings)
    clusters: ClusterSettings = read_setting("CLUSTERS", ClusterSettings)
    grouping: GroupingSettings = read_setting("GROUPING", GroupingSettings)
    return Clusterer(
        ProductRows(clients.get("dynamodb"), catalog.table),
        open_store(vectors, clients.get),
        CentroidBucket(clients.get("s3"), clusters.bucket, clusters.prefix),
        Lease(clients.get("s3"), clusters.bucket, clusters.prefix),
        embedding_key=vectors.embedding_key,
        k=grouping.clusters,
        trainer=open_trainer(grouping, vectors.embedding_key, clients.get),
        also=() if move is None else (open_store(move.target, clients.get),),
    )
