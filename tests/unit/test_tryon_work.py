"""Jobs from their row to their end: in order, once, whatever happens on the way."""

import json
import random
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from runtime.fitting.port import TryOnForbidden, TryOnGarbage, TryOnRefused, TryOnUnavailable
from runtime.shared.aws import Clients
from runtime.shared.queues import Pause
from runtime.tryon.closer import NOT_MADE, explain
from runtime.tryon.starter import NotStarted, start_all
from runtime.tryon.steps import ClaimLost, NotMade
from runtime.tryon.table import StoreUnavailable
from runtime.tryon.worker import Leases, Visibility, Worker
from runtime.tryon.workflow import Task
from tests.unit.shop import ENVIRONMENT, start_logs
from tests.unit.tryon_doubles import DRESS, SHOES, USER, FittingHouse, open_house, photo_of_someone


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[FittingHouse]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    start_logs(monkeypatch)
    with mock_aws():
        yield open_house(Clients())


class Crash(BaseException):
    """The process dies."""


def test_a_job_goes_its_way_and_is_settled(house: FittingHouse) -> None:
    job_id = house.order(house.upload(), DRESS, SHOES)
    house.fitter.work(job_id)
    assert house.job(job_id).status == "processing"
    assert house.deliver(job_id)
    job = house.job(job_id)
    assert (job.status, job.progress, job.model) == ("completed", 100, "fake")
    assert job.result_s3_url == f"s3://looks/results/{USER}/{job_id}/look.jpg"
    metadata = house.clients.get("s3").head_object(Bucket="looks", Key=house.keys("looks")[0])["Metadata"]
    assert metadata == {"job-id": job_id}
    assert house.keys("looks") == [f"results/{USER}/{job_id}/look.jpg"]
    assert len(house.model.calls) == 2
    assert house.used("spend") == 2 * 50_000  # of the four renderings that room was taken for, two were made
    assert house.used(f"try-ons#{USER}") == 1


def test_a_second_run_of_a_job_pays_for_nothing(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    house.fitter.work(job_id)
    house.fitter.work(job_id)
    house.deliver(job_id)
    house.fitter.work(job_id)
    assert len(house.model.calls) == 1
    assert house.job(job_id).status == "completed"


def test_doubled_events_deliver_once(house: FittingHouse) -> None:
    asked = house.order(house.upload())
    house.parts.jobs.attach(asked, USER, "c1")
    house.fitter.work(asked)
    for _ in range(3):
        assert house.deliver(asked)
    assert house.gateway.told("c1").count(("completed", 100)) == 1
    assert house.used("spend") == 50_000


def test_a_process_that_died_in_the_model_is_not_followed_by_a_second_payment(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    house.model.act = lambda _: Crash()
    with pytest.raises(Crash):
        house.fitter.work(job_id)
    house.model.act = lambda _: None
    house.now += 31  # the lease of the dead one
    with pytest.raises(NotMade, match="interrupted"):
        house.fitter.work(job_id)
    assert len(house.model.calls) == 1


def test_a_process_that_died_between_two_garments_goes_on_with_the_second(house: FittingHouse) -> None:
    job_id = house.order(house.upload(), DRESS, SHOES)
    alive = house.parts.results.put

    def die_after_first(self: Any, key: str, *rest: Any) -> None:
        alive(key, *rest)
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runtime.tryon.bucket.Bucket.put", die_after_first)
        with pytest.raises(Crash):
            house.fitter.work(job_id)
    house.now += 31
    house.fitter.work(job_id)
    house.deliver(job_id)
    assert len(house.model.calls) == 2
    assert house.job(job_id).status == "completed"
    assert house.used("spend") == 2 * 50_000


def test_a_job_is_worked_on_by_one_at_a_time(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    assert house.parts.jobs.claim(job_id, "someone", 30) is not None
    with pytest.raises(ClaimLost):
        house.fitter.work(job_id)
    assert house.model.calls == []


def test_progress_never_goes_back_at_a_second_attempt(house: FittingHouse) -> None:
    job_id = house.order(house.upload(), DRESS, SHOES)
    house.parts.jobs.attach(job_id, USER, "c1")
    house.model.act = lambda number: TryOnUnavailable("busy") if number == 1 else None
    with pytest.raises(TryOnUnavailable):
        house.fitter.work(job_id)
    house.fitter.work(job_id)
    house.deliver(job_id)
    progress = [percent for _, percent in house.gateway.told("c1")]
    assert progress == sorted(progress)
    assert len(house.model.calls) == 3  # the dress was kept, the shoes were asked for again


def test_a_job_deleted_while_it_is_worked_on_leaves_nothing(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    house.model.act = lambda _: house.call("DELETE", f"/try-on/{job_id}") and None
    with pytest.raises(ClaimLost):
        house.fitter.work(job_id)
    house.fitter.work(job_id)
    assert [key for key in house.keys("looks") if key.endswith("look.jpg")] == []


def test_a_result_that_came_too_late_is_withdrawn(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    house.fitter.work(job_id)
    house.endings.fail(job_id, "given up")
    assert house.deliver(job_id)
    assert house.job(job_id).status == "error"
    assert house.keys("looks") == []


def test_a_failed_try_on_is_given_back(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    assert house.endings.fail(job_id, "no")
    assert not house.endings.fail(job_id, "no")
    assert (house.used(f"try-ons#{USER}"), house.used("spend")) == (0, 0)
    _, shown, _ = house.call("GET", f"/try-on/{job_id}")
    assert (shown["status"], shown["error_message"], shown["result_url"]) == ("error", "no", None)


def test_a_mask_that_was_given_reaches_the_model(house: FittingHouse) -> None:
    mask = photo_of_someone(kind="PNG")
    given = {"maskType": "IMAGE", "maskImage": b64encode(mask).decode(), "returnMask": True}
    job_id = house.order(house.upload(), parameters=given)
    assert "maskImage" not in house.job(job_id).parameters
    house.fitter.work(job_id)
    assert house.model.calls[0].parameters.maskImage == given["maskImage"]
    house.deliver(job_id)
    assert house.call("GET", f"/try-on/{job_id}")[1]["mask_url"]


class Sfn:
    """Takes the ends of tasks."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, str, str]] = []
        self.over = False

    def send_task_success(self, *, taskToken: str, output: str) -> None:
        self._end("ok", output, taskToken)

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> None:
        self._end(error, cause, taskToken)

    def _end(self, *end: str) -> None:
        if self.over:
            raise ClientError({"Error": {"Code": "TaskTimedOut"}}, "SendTask")
        self.ends.append(end)  # type: ignore[arg-type]


def worker_of(house: FittingHouse, sfn: Sfn) -> Worker:
    sqs = house.clients.get("sqs")
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    leases = Leases(house.parts.jobs, Visibility(sqs, url), 30, 10)
    return Worker(house.fitter, leases, Pause(sqs, url), lambda token: Task(sfn, token), 3)


def message(job_id: str, attempt: int = 1) -> dict[str, Any]:
    body = json.dumps({"job_id": job_id, "task_token": "token"})
    received = {"ApproximateReceiveCount": str(attempt)}
    return {"messageId": "m", "receiptHandle": "r", "body": body, "attributes": received}


@pytest.mark.parametrize(
    ("error", "attempt", "again", "ends"),
    [
        (None, 1, False, [("ok", "{}", "token")]),
        (TryOnRefused("Too little light."), 1, False, [(NOT_MADE, "Too little light.", "token")]),
        (TryOnUnavailable("busy"), 1, True, []),
        (TryOnUnavailable("busy"), 3, False, "too busy"),
        (TryOnForbidden("no"), 1, False, "out of order"),
        (TryOnGarbage("?"), 1, True, []),
        (TryOnGarbage("?", cost_usd=0.01), 1, False, "could not be made"),
        (TryOnUnavailable("timed out", cost_usd=0.01), 1, False, "could not be made"),
    ],
)
def test_what_the_model_does_decides_how_the_task_ends(
    house: FittingHouse, error: Exception | None, attempt: int, again: bool, ends: Any
) -> None:
    sfn, job_id = Sfn(), house.order(house.upload())
    house.model.act = lambda _: error
    assert worker_of(house, sfn).run(message(job_id, attempt)) is not again
    if isinstance(ends, str):
        [(kind, cause, _)] = sfn.ends
        assert kind == NOT_MADE
        assert ends in cause
    else:
        assert sfn.ends == ends


def test_money_that_was_maybe_spent_is_counted(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    house.model.act = lambda _: TryOnGarbage("?", cost_usd=0.01)
    worker_of(house, Sfn()).run(message(job_id))
    house.endings.fail(job_id, "no")
    assert house.used("spend") == 10_000


def test_a_task_that_nobody_waits_for_any_more_is_no_trouble(house: FittingHouse) -> None:
    sfn = Sfn()
    sfn.over = True
    assert worker_of(house, sfn).run(message(house.order(house.upload())))


def test_the_database_is_lost_for_a_while(house: FittingHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id, sfn = house.order(house.upload()), Sfn()

    def lost(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("lost")

    with monkeypatch.context() as patch:
        patch.setattr("runtime.tryon.jobs.JobTable.add_spend", lost)
        assert not worker_of(house, sfn).run(message(job_id))
    assert worker_of(house, sfn).run(message(job_id, 2))
    house.deliver(job_id)
    assert len(house.model.calls) == 1
    assert house.job(job_id).status == "completed"
    assert house.used("spend") == 50_000


def test_a_lease_is_renewed_while_a_job_is_worked_on(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    sqs = house.clients.get("sqs")
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    leases = Leases(house.parts.jobs, Visibility(sqs, url), 30, every_s=0.01)
    house.parts.jobs.claim(job_id, "me", 30)
    began = house.job(job_id).lease_until
    renewed = threading.Event()
    with leases.keep(job_id, "me"):
        house.now += 100
        for _ in range(300):
            if house.job(job_id).lease_until > began:
                renewed.set()
                break
    assert renewed.is_set()


def test_the_reason_is_the_models_only_where_it_was_written_for_the_shopper() -> None:
    assert explain({"Error": NOT_MADE, "Cause": "Stand up straight."}) == "Stand up straight."
    assert "too long" in explain({"Error": "States.Timeout", "Cause": "x"})
    assert "x" not in explain({"Error": "Lambda.Unknown", "Cause": "xxx"}).split()


def test_a_doubled_row_event_starts_one_execution(house: FittingHouse) -> None:
    record = {"eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": "j1"}}}}
    change = {"eventName": "MODIFY", "dynamodb": {"Keys": {"id": {"S": "j2"}}}}
    assert start_all(house.workflow, {"Records": [record, record, change]}) == 1
    assert house.states.executions == {"j1": "RUNNING"}


def test_a_start_that_failed_is_tried_again_with_the_rest(house: FittingHouse) -> None:
    records = [{"eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": f"j{n}"}}}} for n in range(2)]
    house.states.fail = True
    with pytest.raises(NotStarted, match="2 executions"):
        start_all(house.workflow, {"Records": records})


def test_the_sweeper_leaves_young_and_busy_jobs_alone(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    assert house.sweeper.run() == {}
    house.now += 90
    house.parts.jobs.claim(job_id, "someone", 30)
    assert house.sweeper.run() == {"Busy": 1}


def test_the_sweeper_starts_a_job_whose_event_was_lost(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    house.now += 90
    assert house.sweeper.run() == {"Started": 1}
    assert house.sweeper.run() == {"Running": 1}
    house.states.executions[job_id] = "TIMED_OUT"
    assert house.sweeper.run() == {"GivenUp": 1}
    assert "half-way" in str(house.job(job_id).error_message)
    assert house.sweeper.run() == {}


def test_the_sweeper_delivers_a_result_whose_event_was_lost(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    house.fitter.work(job_id)
    house.now += 90
    assert house.sweeper.run() == {"Completed": 1}
    assert house.job(job_id).status == "completed"


def test_the_sweeper_ends_what_takes_for_ever(house: FittingHouse) -> None:
    job_id = house.order(house.upload())
    house.workflow.start(job_id)
    house.now += 2401
    assert house.sweeper.run() == {"GivenUp": 1}
    assert "too long" in str(house.job(job_id).error_message)
    assert house.used(f"try-ons#{USER}") == 0


@pytest.mark.parametrize("seed", range(3))
def test_events_in_any_order_and_number_end_each_job_once_and_pay_for_nothing_twice(
    house: FittingHouse, seed: int
) -> None:
    draw, billed, photo = random.Random(seed), Counter[int](), house.upload()
    jobs = [house.order(photo) for _ in range(4)]
    for job_id in jobs:
        house.parts.jobs.attach(job_id, USER, job_id)
    moods = (None, TryOnUnavailable("busy"), TryOnRefused("no"), TryOnGarbage("?", cost_usd=0.05), Crash())

    def act(number: int) -> BaseException | None:
        mood = draw.choice(moods)
        may_be_billed = not isinstance(mood, TryOnUnavailable | TryOnRefused)
        billed[house.model.calls[number].seed] += may_be_billed
        return mood

    house.model.act = act
    happenings = [(kind, job_id) for kind in ("work", "work", "end", "end", "sweep") for job_id in jobs]
    events, sfn = Events(house), Sfn()
    for kind, job_id in draw.sample(happenings * 2, len(happenings) * 2):
        events.happen(kind, job_id, sfn)
        house.now += draw.choice((1, 40))
    for job_id in jobs:
        house.now += 40
        for kind in ("work", "end", "end"):
            events.happen(kind, job_id, sfn)
    house.now += 3000
    house.sweeper.run()

    ended = Counter(house.job(job_id).status for job_id in jobs)
    assert ended["completed"] + ended["error"] == len(jobs)
    assert max(billed.values(), default=0) <= 1
    for job_id in jobs:
        heard = [status for status, _ in house.gateway.told(job_id)]
        assert heard == sorted(heard, key=("processing", "completed", "error").index)
        assert (heard.count("completed"), heard.count("error")) in ((1, 0), (0, 1))
    looks = [key.split("/")[2] for key in house.keys("looks") if key.endswith("look.jpg")]
    assert sorted(looks) == sorted(job_id for job_id in jobs if house.job(job_id).status == "completed")
    assert house.used(f"try-ons#{USER}") == ended["completed"]


class Events:
    """What the queues, the workflow and the schedule hand over, as often as they like."""

    def __init__(self, house: FittingHouse) -> None:
        self._house = house

    def happen(self, kind: str, job_id: str, sfn: Sfn) -> None:
        """A message of a job, the end of its task or of its result's upload, or the sweeper's minute."""
        house = self._house
        if kind == "work":
            with suppress(Crash):
                body = json.dumps({"job_id": job_id, "task_token": job_id})
                worker_of(house, sfn).run({**message(job_id), "body": body})
        elif kind == "sweep":
            house.sweeper.run()
        else:
            for error, cause, token in sfn.ends:
                if token == job_id and error == NOT_MADE:
                    house.endings.fail(job_id, cause)
            if any(job_id in key and key.endswith("look.jpg") for key in house.keys("looks")):
                assert house.deliver(job_id)
