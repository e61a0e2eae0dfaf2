"""Training, step by step, against the stand-in over HTTP: botocore checks every request on its way."""

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.ai.personalize import control
from runtime.personalization.pointer import POINTER_KEY, read_live
from runtime.personalization.port import EventType
from runtime.personalization.training import handler as entry
from runtime.personalization.training.export import COLUMNS, Counts, read_rows, write_csv
from runtime.personalization.training.logic import QUALITY, Progress, Run, Training, utc_now
from runtime.personalization.training.service import Personalize
from runtime.personalization.training.settings import TrainingBusy, TrainingRefused, TrainingSettings
from runtime.personalization.training.store import Bucket
from tests.support.personalize import (
    ACCOUNT,
    BUCKET,
    LAKE,
    REGION,
    ROLE,
    Stand,
    client_error,
    fill_lake,
    interaction,
    personalize_server,
    shoppers,
)

STEPS = (
    "export",
    "dataset_group",
    "dataset",
    "event_tracker",
    "import",
    "solution",
    "version",
    "evaluate",
    "campaign",
    "switch",
)
CAMPAIGN = f"arn:aws:personalize:{REGION}:{ACCOUNT}:campaign/shop-test"


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setattr(control, "SOON_S", 0.0)
    with personalize_server() as running:
        yield running


def settings(**changes: Any) -> TrainingSettings:
    given = {
        "lake_bucket": LAKE,
        "lake_prefix": "interactions/",
        "bucket": BUCKET,
        "role_arn": ROLE,
        "name": "shop-test",
        "region": REGION,
        "account": ACCOUNT,
        "transactions_per_second": 1,
        "margin": 0.05,
    }
    return TrainingSettings.model_validate({**given, **changes})


def training_of(stand: Stand, **changes: Any) -> Training:
    chosen = settings(**changes)
    personalize = Personalize(stand.client("personalize"), REGION, ACCOUNT)
    return Training(chosen, personalize, Bucket(stand.s3, chosen), utc_now)


def new_run(name: str = "run1") -> Run:
    return Run(name, utc_now() - timedelta(milliseconds=1))


def finish(training: Training, step: str, run: Run) -> Progress:
    """Do a step until it is done, as the workflow does."""
    for _ in range(20):
        progress = training.step(step, run)
        if progress.ready:
            return progress
    raise AssertionError(f"{step} is never done")


def train(training: Training, run: Run, steps: tuple[str, ...] = STEPS) -> None:
    for step in steps:
        assert finish(training, step, run).accepted, step


def count(stand: Stand, kind: str) -> int:
    return len(stand.shop.all(kind))


def test_a_run_ends_with_a_live_campaign_that_the_pointer_names(stand: Stand) -> None:
    fill_lake(stand.s3, shoppers())
    train(training_of(stand), new_run())
    live = read_live(stand.s3, BUCKET)
    assert live is not None
    campaign = stand.client("personalize").describe_campaign(campaignArn=CAMPAIGN)["campaign"]
    assert (campaign["status"], campaign["minProvisionedTPS"]) == ("ACTIVE", 1)
    assert live.campaign_arn == CAMPAIGN
    assert live.solution_version_arn == campaign["solutionVersionArn"]
    assert live.tracking_id == stand.shop.all("eventTracker")[0].described["trackingId"]
    assert 0.5 < live.metrics[QUALITY] <= 1
    (solution,) = stand.shop.all("solution")
    assert solution.described["performAutoTraining"] is False, "it would train, and be paid, every week"
    assert solution.described["recipeArn"].endswith("recipe/aws-personalized-ranking-v2")


def test_every_step_twice_makes_one_of_everything(stand: Stand) -> None:
    fill_lake(stand.s3, shoppers())
    training, run = training_of(stand), new_run()
    for step in STEPS:
        finish(training, step, run)
        finish(training, step, run)
    kinds = ("schema", "datasetGroup", "dataset", "eventTracker", "datasetImportJob", "solution")
    assert {kind: count(stand, kind) for kind in (*kinds, "solutionVersion", "campaign")} == dict.fromkeys(
        (*kinds, "solutionVersion", "campaign"), 1
    )


def test_a_step_looks_again_until_things_are_made(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_lake(stand.s3, shoppers())
    monkeypatch.setattr(control, "SOON_S", 60.0)
    training, run = training_of(stand), new_run()
    progress = training.step("dataset_group", run)
    assert (progress.ready, progress.wait_s) == (False, 1)
    long_ago = Run("run1", utc_now() - timedelta(hours=2))
    assert training.step("dataset_group", long_ago).wait_s == 60, "an old run does not hurry"


def test_the_second_run_trains_anew_and_changes_the_same_campaign(stand: Stand) -> None:
    fill_lake(stand.s3, shoppers())
    training = training_of(stand)
    train(training, new_run("run1"))
    first = read_live(stand.s3, BUCKET)
    train(training, new_run("run2"))
    second = read_live(stand.s3, BUCKET)
    assert first is not None
    assert second is not None
    assert second.solution_version_arn != first.solution_version_arn
    assert (count(stand, "campaign"), count(stand, "solutionVersion"), count(stand, "datasetImportJob")) == (
        1,
        2,
        2,
    )
    campaign = stand.client("personalize").describe_campaign(campaignArn=CAMPAIGN)["campaign"]
    assert campaign["solutionVersionArn"] == second.solution_version_arn


def test_a_version_that_is_not_listed_yet_is_not_trained_twice(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_lake(stand.s3, shoppers())
    training, run = training_of(stand), new_run()
    train(training, run, STEPS[:6])
    with monkeypatch.context() as patch:
        patch.setattr(Personalize, "version_since", lambda *_: None)
        for _ in range(3):
            assert not training.step("version", run).ready
    assert training.step("version", run).ready
    assert count(stand, "solutionVersion") == 1


@pytest.mark.parametrize("status", ["CREATE FAILED", "CREATE STOPPED"])
def test_what_has_ended_without_success_is_not_waited_for(stand: Stand, status: str) -> None:
    fill_lake(stand.s3, shoppers())
    training, run = training_of(stand), new_run()
    train(training, run, STEPS[:7])
    stand.shop.all("solutionVersion")[0].described["status"] = status
    with pytest.raises(TrainingRefused, match=f"could not make the solution_version: it is {status}"):
        training.step("version", run)


def test_other_transactions_per_second_reach_the_campaign(stand: Stand) -> None:
    fill_lake(stand.s3, shoppers())
    run = new_run()
    train(training_of(stand), run)
    train(training_of(stand, transactions_per_second=3), run, ("campaign",))
    campaign = stand.client("personalize").describe_campaign(campaignArn=CAMPAIGN)["campaign"]
    assert campaign["minProvisionedTPS"] == 3


def test_a_worse_model_is_refused_and_the_old_one_stays(stand: Stand) -> None:
    fill_lake(stand.s3, shoppers())
    training = training_of(stand)
    train(training, new_run("run1"))
    before = read_live(stand.s3, BUCKET)
    rng = random.Random(1)
    random_taste = [
        interaction(number, user_id=f"user-{rng.randrange(40)}", cluster=rng.randrange(40))
        for number in range(1600)
    ]
    fill_lake(stand.s3, random_taste)
    run = new_run("run2")
    train(training, run, STEPS[:-3])
    progress = training.step("evaluate", run)
    assert (progress.ready, progress.accepted) == (True, False)
    assert "the old one stays" in progress.reason
    assert read_live(stand.s3, BUCKET) == before
    assert training_of(stand, margin=0.99).step("evaluate", run).accepted


def test_too_little_data_ends_the_run_and_says_how_much_is_missing(stand: Stand) -> None:
    fill_lake(stand.s3, shoppers(users=10, each=40))
    progress = training_of(stand).step("export", new_run())
    assert progress == Progress(
        True,
        accepted=False,
        reason="not enough data yet: 400 of 1000 interactions, 10 of 25 users with two or more",
    )
    assert not stand.shop.things


def test_a_failed_import_ends_the_run_with_personalizes_reason(stand: Stand) -> None:
    training, run = training_of(stand), new_run()
    train(training, run, ("dataset_group", "dataset"))
    with pytest.raises(TrainingRefused, match=r"could not make the dataset_import_job: .*NoSuchKey"):
        training.step("import", run)


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("InternalFailure", 500)])
def test_a_busy_service_is_worth_another_attempt(code: str, status: int) -> None:
    class Down:
        def describe_dataset_group(self, **_request: Any) -> None:
            raise client_error(code, "DescribeDatasetGroup", status)

    personalize = Personalize(Down(), REGION, ACCOUNT)
    with pytest.raises(TrainingBusy):
        Training(settings(), personalize, Bucket(None, settings()), utc_now).step("dataset_group", new_run())


def test_busy_storage_is_worth_another_attempt(stand: Stand) -> None:
    stand.s3.fails = client_error("SlowDown", "ListObjectsV2", 503)
    with pytest.raises(TrainingBusy):
        training_of(stand).step("export", new_run())


def test_removal_leaves_nothing_and_clears_the_pointer_first(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_lake(stand.s3, shoppers())
    training = training_of(stand)
    train(training, new_run())
    monkeypatch.setattr(control, "SOON_S", 60.0)
    assert not training.step("remove", new_run()).ready
    assert read_live(stand.s3, BUCKET) is None
    assert stand.shop.all("campaign")[0].described["status"] == "DELETE PENDING"
    monkeypatch.setattr(control, "SOON_S", 0.0)
    for thing in stand.shop.things.values():
        thing.changes_at = 0.0
    finish(training, "remove", new_run())
    assert {thing.kind for thing in stand.shop.things.values()} <= {"datasetImportJob"}
    assert finish(training, "remove", new_run()).ready, "there is nothing to remove twice"


def test_permission_is_asked_for_by_name(stand: Stand) -> None:
    fill_lake(stand.s3, shoppers())
    training = training_of(stand)
    train(training, new_run())
    finish(training, "remove", new_run())
    prefix = f"arn:aws:personalize:{REGION}:{ACCOUNT}:"
    by_kind = {
        resource.removeprefix(prefix).partition("/")[0]: resource
        for _, resource in stand.asked
        if resource != "*"
    }
    assert set(by_kind) == {
        "campaign",
        "dataset",
        "dataset-group",
        "dataset-import-job",
        "event-tracker",
        "schema",
        "solution",
    }
    assert by_kind["dataset"] == f"{prefix}dataset/shop-test/INTERACTIONS"
    assert by_kind["dataset-import-job"] == f"{prefix}dataset-import-job/shop-test-run1"
    assert {action for action, resource in stand.asked if resource == "*"} == {
        "personalize:ListEventTrackers",
        "personalize:ListSolutionVersions",
    }


# ---- the export


def export(*rows: Any) -> tuple[list[dict[str, str]], Counts]:
    text = io.StringIO()
    counts = write_csv(iter(rows), text)
    return list(csv.DictReader(io.StringIO(text.getvalue()))), counts


def test_items_are_clusters_and_columns_are_the_schemas() -> None:
    row = interaction(7, cluster=12, event_type=EventType.PURCHASE).to_row()
    (line,), counts = export(row)
    assert tuple(line) == COLUMNS
    assert line == {
        "USER_ID": "user-0",
        "ITEM_ID": "cluster-12",
        "EVENT_TYPE": "purchase",
        "EVENT_VALUE": "1.2",
        "TIMESTAMP": str(row["timestamp"]),
    }
    assert (counts.written, counts.clusters) == (1, {12})


def test_what_teaches_nothing_is_left_out_and_counted() -> None:
    good = interaction(1).to_row()
    lines, counts = export(
        good,
        good,
        interaction(2, cluster=None).to_row(),
        interaction(3, event_type=EventType.DISLIKE).to_row(),
        None,
        {"event_id": "x"},
        {**interaction(4).to_row(), "timestamp": "yesterday"},
    )
    assert len(lines) == 1
    assert counts.skipped == {"repeated": 1, "without cluster": 1, "dislike": 1, "unreadable": 3}


def test_only_users_with_two_interactions_count() -> None:
    _, counts = export(*(interaction(n, user_id=f"user-{n}").to_row() for n in range(1000)))
    assert counts.shortage() == (
        "not enough data yet: 1000 of 1000 interactions, 0 of 25 users with two or more"
    )


def test_objects_may_be_compressed_or_broken() -> None:
    rows = [interaction(1).to_row(), interaction(2).to_row()]
    text = "\n\n".join(json.dumps(row) for row in rows).encode()
    assert list(read_rows("a.jsonl", text)) == rows
    assert list(read_rows("a.jsonl.gz", gzip.compress(text))) == rows
    assert list(read_rows("a.jsonl.gz", b"no gzip")) == [None]
    assert list(read_rows("a.jsonl", b"[1]\n{broken\n")) == [None, None]


# ---- the function


@pytest.fixture
def function(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setattr(entry, "_open_training", lambda: training_of(stand))
    yield stand


RUN = {"id": "a-name-of-the-workflow's own, as long as it likes", "started": "2026-11-02T10:00:00.123Z"}


def test_the_function_answers_as_the_workflow_reads_it(function: Stand) -> None:
    fill_lake(function.s3, shoppers())
    answer = entry.handler({"step": "export", "run": RUN}, None)
    assert answer == {"ready": True, "wait_s": 1, "accepted": True, "reason": ""}
    (key,) = [key for bucket, key in function.s3.objects if bucket == BUCKET]
    run = key.split("/")[1]
    assert key == f"exports/{run}/interactions.csv"
    assert run.isalnum()
    assert len(run) == 12, "names of import jobs have at most 63 characters"


@pytest.mark.parametrize(
    "event",
    [
        {"step": "dance", "run": RUN},
        {"step": "export"},
        {"step": "export", "run": {"id": "a", "started": "soon"}},
        {"step": "export", "run": {"id": "a", "started": "2026-11-02T10:00:00"}},
    ],
)
def test_the_function_refuses_what_it_does_not_understand(function: Stand, event: dict[str, Any]) -> None:
    with pytest.raises(TrainingRefused):
        entry.handler(event, None)


def test_the_reason_of_a_failure_is_recorded_without_places_in_the_code() -> None:
    cause = json.dumps({"errorMessage": "the file is empty", "errorType": "X", "stackTrace": ["a.py:1"]})
    event = {"step": "record", "run": RUN, "outcome": "failed", "reason": cause}
    assert entry.handler(event, None) == {"outcome": "failed", "reason": "the file is empty"}
    plain = {**event, "reason": "timed out " * 100}
    assert entry.handler(plain, None)["reason"] == ("timed out " * 100)[:500]


def test_the_campaign_goes_with_the_stack(function: Stand) -> None:
    fill_lake(function.s3, shoppers())
    train(training_of(function), new_run())
    for action in ("create", "update"):
        assert entry.handler({"tf": {"action": action}}, None) == {}
        assert (BUCKET, POINTER_KEY) in function.s3.objects
    entry.handler({"tf": {"action": "delete"}}, None)
    assert (BUCKET, POINTER_KEY) not in function.s3.objects
    assert not function.shop.all("campaign")
    assert not function.shop.all("datasetGroup")


def test_a_run_begun_before_a_version_does_not_take_an_older_one(stand: Stand) -> None:
    fill_lake(stand.s3, shoppers())
    training = training_of(stand)
    train(training, new_run())
    later = Run("later", datetime.now(UTC) + timedelta(seconds=5))
    with pytest.raises(TrainingRefused, match="trained no version"):
        training.step("evaluate", later)
