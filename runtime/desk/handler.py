"""The routes below /catalog, for members of the group that looks after the catalogue."""

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from runtime.catalog.outcomes import OutcomesUnavailable, OutcomeTable
from runtime.clusters.centroids import CentroidBucket, ClusterSettings
from runtime.clusters.lease import Lease
from runtime.desk.bucket import BucketUnavailable, UploadBucket
from runtime.desk.letters import Letter, Letters, QueueUnavailable
from runtime.desk.request import FilesQuery, LettersQuery, RetryRequest, UploadsRequest
from runtime.desk.settings import DeskSettings, GrouperSettings
from runtime.desk.state import Grouper, ProductCount, State, StateUnavailable
from runtime.desk.uploads import Uploads
from runtime.shared.auth import require_group
from runtime.shared.aws import Clients
from runtime.shared.http import Answers, Api, Request, Route, read_body, read_query
from runtime.shared.moments import write_moment
from runtime.shared.problems import Problem, refuse_for_now, refuse_missing
from runtime.shared.product_table import ProductsUnavailable, ProductTable
from runtime.shared.products import CatalogSettings
from runtime.shared.settings import read_setting
from runtime.vectors.settings import DynamoDBStoreSettings, VectorSettings
from runtime.vectors.stores.snapshots import SnapshotBucket

GROUP = "merchandiser"
_RETRY_AFTER_S = 3

Handle = Callable[[Request], Any]


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return _open_api()(event, context)


def create_api(uploads: Uploads, letters: Letters, state: State, grouper: Grouper) -> Api:
    """The routes; all of them refuse whoever is not in the group."""

    def post_uploads(request: Request) -> dict[str, Any]:
        asked = read_body(request, UploadsRequest)
        request.counts["Files"] = len(asked.files)
        return {"uploads": uploads.invite(asked.files)}

    def get_files(request: Request) -> dict[str, Any]:
        return {"files": uploads.describe(read_query(request, FilesQuery, lists=["key"]).key)}

    def get_status(_: Request) -> dict[str, Any]:
        return state.describe()

    def get_letters(request: Request) -> dict[str, Any]:
        asked = read_query(request, LettersQuery)
        look = letters.look()
        after = None if asked.cursor is None else _read_cursor(asked.cursor)
        left = [letter for letter in look.letters if after is None or letter.place > after]
        page = left[: asked.limit]
        return {
            "dead_letters": [_describe_letter(letter) for letter in page],
            "count": len(look.letters),
            "is_whole": look.is_whole,
            "cursor": _write_cursor(page[-1]) if len(left) > len(page) else None,
        }

    def post_retry(request: Request) -> dict[str, Any]:
        ids = read_body(request, RetryRequest).ids
        retried, missing = letters.retry(ids)
        if missing and letters.are_held():
            raise _refuse_held()
        return {"retried": retried, "missing": missing}

    def delete_letter(request: Request) -> dict[str, Any]:
        letter_id = request.path["letter_id"]
        if letters.delete(letter_id):
            return {"deleted": letter_id}
        raise _refuse_held() if letters.are_held() else refuse_missing("dead letter")

    def post_clusters(_: Request) -> dict[str, Any]:
        if state.is_grouping():
            raise Problem(409, "Conflict", "The products are being grouped already; wait until that is done.")
        grouper.start()
        return {"status": "started"}

    return Api(
        [
            Route("POST", "/catalog/uploads", _for_members(post_uploads)),
            Route("GET", "/catalog/files", _for_members(get_files)),
            Route("GET", "/catalog/status", _for_members(get_status)),
            Route("GET", "/catalog/dead-letters", _for_members(get_letters)),
            Route("POST", "/catalog/dead-letters/retry", _for_members(post_retry)),
            Route("DELETE", "/catalog/dead-letters/<letter_id>", _for_members(delete_letter)),
            Route("POST", "/catalog/clusters", _for_members(post_clusters), status=202),
        ],
        answers=_ANSWERS,
    )


def _for_members(handle: Handle) -> Handle:
    def run(request: Request) -> Any:
        if request.caller is None:
            raise Problem(401, "Unauthorized", "Sign in first.")
        require_group(request.caller, GROUP)
        return handle(request)

    return run


@cache
def _open_api() -> Api:
    catalog: CatalogSettings = read_setting("CATALOG", CatalogSettings)
    desk: DeskSettings = read_setting("DESK", DeskSettings)
    clusters: ClusterSettings = read_setting("CLUSTERS", ClusterSettings)
    grouper: GrouperSettings = read_setting("GROUPER", GrouperSettings)
    vectors = VectorSettings.from_environment()
    clients = Clients()
    s3, dynamodb = clients.get("s3"), clients.get("dynamodb")
    letters = Letters(clients.get("sqs"), desk.queue_url, desk.dead_letter_url, catalog.bucket)
    uploads = Uploads(
        UploadBucket(s3, catalog.bucket, catalog.prefix),
        OutcomeTable(dynamodb, desk.outcomes_table),
        ProductTable(dynamodb, catalog.table),
        letters,
        time.time,
    )
    state = State(
        vectors.store.backend,
        letters,
        ProductCount(dynamodb, catalog.table),
        _open_snapshots(vectors, s3),
        CentroidBucket(s3, clusters.bucket, clusters.prefix),
        Lease(s3, clusters.bucket, clusters.prefix),
    )
    return create_api(uploads, letters, state, Grouper(clients.get("lambda"), grouper.function))


def _open_snapshots(vectors: VectorSettings, s3: Any) -> SnapshotBucket | None:
    if not isinstance(vectors.store, DynamoDBStoreSettings):
        return None
    return SnapshotBucket(s3, vectors.store.snapshots, vectors.embedding_key)


def _describe_letter(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "key": letter.key,
        "kind": letter.kind,
        "reason": letter.reason,
        "row": letter.row,
        "column": letter.column,
        "attempts": letter.attempts,
        "since": write_moment(letter.sent_ms / 1000),
    }


def _write_cursor(letter: Letter) -> str:
    return f"{letter.sent_ms}-{letter.id}"


def _read_cursor(cursor: str) -> tuple[int, str]:
    sent_ms, _, letter_id = cursor.partition("-")
    return int(sent_ms), letter_id


def _refuse_held() -> Problem:
    return refuse_for_now("Somebody else is looking at the dead letters; try again.", retry_after=2)


_ANSWERS: Answers = {
    kind: lambda _: refuse_for_now("The catalogue is not available; try again.", retry_after=_RETRY_AFTER_S)
    for kind in (
        BucketUnavailable,
        OutcomesUnavailable,
        ProductsUnavailable,
        QueueUnavailable,
        StateUnavailable,
    )
}
