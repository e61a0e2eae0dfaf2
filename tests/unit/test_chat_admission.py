"""How many turns run at once: counted over instances, given back, and taken back from those that died."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from runtime.chat.admission import LEASE_S, RETRY_AFTER_S, Admission
from runtime.shared.problems import Problem
from tests.unit.chat_doubles import Clock, check_request, client_error
from tests.unit.chat_tables import tables

__all__ = ["tables"]


@pytest.fixture
def rows(tables: Any) -> Iterator[Any]:
    """The table without anyone in it."""
    yield tables
    key = {"user_id": {"S": "#turns"}, "session_id": {"S": "#running"}}
    tables.delete_item(TableName="sessions", Key=key)


def refused(admission: Admission) -> bool:
    try:
        with admission.turn():
            return False
    except Problem as problem:
        assert (problem.status, problem.retry_after) == (429, RETRY_AFTER_S)
        return True


def test_as_many_turns_as_allowed_run_at_once_over_all_instances(rows: Any):
    clock = Clock()
    instances = [Admission(rows, "sessions", 3, clock) for _ in range(5)]
    with ExitStack() as running:
        for instance in instances[:3]:
            running.enter_context(instance.turn())
        assert refused(instances[3])
    assert not any(refused(instance) for instance in instances)


def test_a_turn_that_fails_gives_its_room_back(rows: Any):
    admission = Admission(rows, "sessions", 1, Clock())
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), admission.turn():
            raise ValueError("broken")
    assert not refused(admission)


def test_room_of_a_function_that_died_is_taken_back(rows: Any):
    clock = Clock()
    admission = Admission(rows, "sessions", 2, clock)
    dead = [admission.turn() for _ in range(2)]
    for turn in dead:
        turn.__enter__()
    clock.now += LEASE_S - 1
    assert refused(admission)
    clock.now += 2
    with admission.turn():
        assert not refused(admission)
        with admission.turn():
            assert refused(admission)


def test_many_at_once_never_exceed_the_bound(rows: Any):
    admission = Admission(rows, "sessions", 4, Clock())
    taken = [admission.turn() for _ in range(12)]

    def enter(turn: Any) -> bool:
        try:
            turn.__enter__()
        except Problem:
            return False
        return True

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(enter, taken)) == 4


class Broken:
    """A table that answers every call with an error of this code, after checking the call."""

    def __init__(self, code: str, status: int) -> None:
        self.code, self.status, self.calls = code, status, 0

    def update_item(self, **arguments: Any) -> dict[str, Any]:
        check_request("dynamodb", "UpdateItem", arguments)
        self.calls += 1
        raise client_error(self.code, "UpdateItem", self.status)


def test_a_throttled_table_lets_turns_run_uncounted():
    table = Broken("ProvisionedThroughputExceededException", 400)
    assert not refused(Admission(table, "sessions", 1, Clock()))
    assert table.calls == 1


def test_a_permission_that_is_missing_is_told():
    table = Broken("AccessDeniedException", 400)
    with pytest.raises(Exception, match="AccessDenied"), Admission(table, "sessions", 1, Clock()).turn():
        pass
