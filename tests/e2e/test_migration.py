"""Vectors move to another store and to another model while shoppers search, through kills and failures."""

import io
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from local.faults import Fault
from operations import migrate
from runtime.vectors.factory import open_store
from runtime.vectors.migration import REFRESH_SECONDS, Move
from tests.e2e.test_ingestion import cloud_id, fresh_key
from tests.support.cloud import RunningCloud, eventually, running_cloud
from tests.support.pictures import encode, garment
from tests.support.roles import Role, list_functions, listen, read_decisions

pytestmark = pytest.mark.cloud

# Each of the two costs a cloud of its own; together they go to either store, with and without another model.
MOVES = {
    "to DynamoDB": {"vectorBackend": "s3vectors", "migrateToBackend": "dynamodb"},
    "to Nova in S3 Vectors, shorter": {
        "migrateToBackend": "s3vectors",
        "migrateToEmbedder": "nova",
        "migrateToDimensions": "384",
    },
}
BACKENDS = {
    "to DynamoDB": ("s3vectors", "dynamodb"),
    "to Nova in S3 Vectors, shorter": ("dynamodb", "s3vectors"),
}
DIFFER = "single rows are read where the places differ, and where vectors are made anew"
SHARED = "attributes alone change by uploads, whose statement the copying shares"
SELDOM = {
    ("migration-*", "dynamodb:BatchGetItem", "*"): DIFFER,
    ("migration-*", "dynamodb:UpdateItem", "*"): SHARED,
}
OPEN = {"requestsPerSecond": "5000"}
_SEVERAL = 8
_BETWEEN_SEARCHES_S = 0.1
"""Without it the searches would leave the steps no processor."""


class Shoppers:
    """Searches without pause; keeps what went wrong, and which backends answered."""

    def __init__(self, cloud: RunningCloud) -> None:
        self._cloud = cloud
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._search, args=(number,)) for number in range(2)]
        self.failures: list[str] = []
        self.answers = 0
        self.answered: list[tuple[float, str]] = []
        """When a search began, and which backend answered it."""

    def __enter__(self) -> "Shoppers":
        assert self._cloud.token
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _search(self, number: int) -> None:
        wishes = ["red dress", "black shoes", "striped t-shirt", "warm jacket"]
        turn = 0
        while not self._end.wait(_BETWEEN_SEARCHES_S):
            wish = wishes[(turn + number) % len(wishes)]
            began = time.monotonic()
            answer = self._cloud.call("GET", "/search", params={"query": wish, "limit": "5"})
            turn += 1
            if answer.status_code != 200 or len(answer.json()["results"]) != 5:
                self.failures.append(f"{answer.status_code} {answer.text[:300]}")
                continue
            body = answer.json()
            # Vectors of two models have nothing in common: compared with each other they score about 0.
            if body["results"][0]["score"] < 0.1:
                self.failures.append(f"nothing is like {wish}: {body['results'][0]}")
            self.answers += 1
            self.answered.append((began, body["backend"]))


class Moving:
    """A cloud whose vectors move, and the command that moves them."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.cloud = cloud

    def step(self, *arguments: str) -> tuple[int, str]:
        written = io.StringIO()
        console = Console(width=160, file=written)
        code = migrate.main([*arguments, "--local", str(self.cloud.config.folder)], console)
        return code, written.getvalue()

    def call(self, function: str, **request: Any) -> dict[str, Any]:
        return migrate.open_local(self.cloud.config.folder).call(function, **request)

    @property
    def state(self) -> dict[str, Any]:
        return self.call("control", action="status")


@pytest.fixture(scope="module", params=MOVES)
def named(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, catalog_folder: Path
) -> Iterator[tuple[str, Moving]]:
    folder = tmp_path_factory.mktemp("moving")
    with running_cloud(folder, catalog_folder, MOVES[request.param] | OPEN) as cloud:
        listen(cloud)
        yield request.param, Moving(cloud)


def test_the_whole_way_under_load(named: tuple[str, Moving], catalog_folder: Path) -> None:
    """Copy with a kill in the middle, verify, switch, roll back, switch again; nobody notices."""
    name, moving = named
    cloud, (old, new) = moving.cloud, BACKENDS[name]
    assert moving.state["phase"] == "not started"
    code, text = moving.step("switch")
    assert code == 1 and "the backfill is not done" in text
    with Shoppers(cloud) as shoppers:
        kill_in_the_middle(moving)
        key = fresh_key("skirt")
        cloud.upload(key, encode(garment("olive", seed=11)))
        gone = remove_one(cloud)
        eventually(lambda: cloud.product_row(cloud_id(key)) and not cloud.product_row(gone))
        put_the_target_out_of_step(moving)
        code, text = moving.step("start", "--wait", "--min-recall", "0.95")
        assert code == 0, text
        assert "good enough" in text
        report = moving.state["report"]
        assert report["passed"] and report["source"] == report["target"] > 60
        assert report["self_found"] == 1.0
        code, text = moving.step("switch")
        assert code == 0 and "switched" in text
        switched_at = time.monotonic()
        written_after_the_switch(cloud)
        everybody_is_answered_from(new, shoppers, switched_at)
        assert cloud.search_photo(encode(garment("olive", seed=11)), limit=1)[0]["product_id"] == cloud_id(
            key
        )
        found = cloud.search(query="dress", limit=100)
        assert gone not in {each["product_id"] for each in found}
        code, text = moving.step("rollback")
        assert code == 0 and "rolled_back" in text
        switched_at = time.monotonic()
        written_after_the_switch(cloud)
        code, text = moving.step("switch")
        assert code == 1 and "has not been verified" in text
        assert moving.step("verify", "--min-recall", "0.95")[0] == 0
        everybody_is_answered_from(old, shoppers, switched_at)
        assert moving.step("switch")[0] == 0
        everybody_is_answered_from(new, shoppers, time.monotonic())
    assert shoppers.failures == []
    assert shoppers.answers > 50
    assert {backend for _, backend in shoppers.answered} == {old, new}


def test_no_function_of_a_move_has_a_permission_to_spare_or_lacks_one(named: tuple[str, Moving]) -> None:
    cloud = named[1].cloud
    decisions = read_decisions(cloud)
    roles = [Role(cloud, name) for name in list_functions(cloud) if name.startswith("migration-")]
    assert roles
    for role in roles:
        assert not role.find_refused(decisions), role.function
        assert role.find_spared(decisions, SELDOM) == [], role.function


def kill_in_the_middle(moving: Moving) -> None:
    """End the process of the backfill while it writes its first page, then see that nothing was recorded."""
    role = Role(moving.cloud, "migration-backfill")
    slow = [
        Fault("s3vectors", "(Get|Put)Vectors", status=200, delay_s=5),
        Fault("dynamodb", "BatchGetItem", status=200, delay_s=5),
    ]
    with moving.cloud.faults(*slow):
        caller = threading.Thread(target=_call_and_forget, args=(moving,))
        caller.start()
        eventually(lambda: moving.state["total"] > 0)
        role.start_anew()
        caller.join()
    state = moving.state
    assert (state["phase"], state["stage"]) == ("copying", "copy")


def put_the_target_out_of_step(moving: Moving) -> None:
    """One product that the target lacks, one that only it has: uploads go to both, so there are none else."""
    cloud, function = moving.cloud, Role(moving.cloud, "migration-backfill").function
    configuration = cloud.aws("lambda").get_function_configuration(FunctionName=function)
    move = Move.from_environment(configuration["Environment"]["Variables"])
    assert move is not None

    def client(service: str, *_: object, **__: object) -> Any:
        return cloud.ai(service) if service == "s3vectors" else cloud.aws(service)

    target = open_store(move.target, client)
    lacking, other, *_ = target.scan(None, 10).items
    target.delete([lacking.product_id])
    target.upsert([replace(other, product_id="a" * 20)])


def _call_and_forget(moving: Moving) -> None:
    with suppress(Exception):  # the process is about to be ended
        moving.call("backfill")


def remove_one(cloud: RunningCloud) -> str:
    found = cloud.search(query="dress", limit=1)[0]["product_id"]
    row = cloud.product_row(found)
    assert row is not None
    cloud.remove(row["product_picture_s3_url"]["S"].split("/", 3)[3])
    return found


def written_after_the_switch(cloud: RunningCloud) -> None:
    """Whatever answers now, what is uploaded is found in it."""
    key, picture = fresh_key("skirt"), encode(garment("teal", seed=uuid.uuid4().int % 5000))
    cloud.upload(key, picture)
    eventually(
        lambda: cloud_id(key) in {each["product_id"] for each in cloud.search_photo(picture, limit=10)}
    )


def everybody_is_answered_from(backend: str, shoppers: Shoppers, switched_at: float) -> None:
    """Two seconds after a switch everybody is answered from the other place."""

    def later() -> list[str]:
        return [name for began, name in shoppers.answered if began > switched_at + REFRESH_SECONDS + 0.5]

    eventually(lambda: len(later()) > _SEVERAL)
    assert set(later()) == {backend}
