"""The stand-in of Amazon Personalize as boto3 sees it: what it learns, and what it refuses."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.ai.personalize import control
from local.ai.personalize.model import Event, measure, train
from local.ai.personalize.state import Shop
from runtime.personalization.training.export import SCHEMA, write_csv
from tests.support.personalize import ACCOUNT, CLUSTERS, REGION, ROLE, Stand, personalize_server, shoppers

PREFIX = f"arn:aws:personalize:{REGION}:{ACCOUNT}:"
EVEN, ODD = [[f"cluster-{n}" for n in range(start, CLUSTERS, 2)] for start in (0, 1)]
CSV = "s3://training/exports/interactions.csv"


@pytest.fixture(scope="module")
def trained() -> Iterator[Stand]:
    """A stand-in with a campaign over shoppers of two kinds."""
    with pytest.MonkeyPatch.context() as patch, personalize_server() as stand:
        patch.setattr(control, "SOON_S", 0.0)
        put_csv(stand)
        build(stand, "shop")
        yield stand


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setattr(control, "SOON_S", 0.0)
    with personalize_server() as running:
        put_csv(running)
        yield running


def put_csv(stand: Stand) -> None:
    class Text(list[str]):
        def write(self, text: str, /) -> None:
            self.append(text)

    text = Text()
    write_csv((each.to_row() for each in shoppers()), text)
    stand.s3.objects["training", "exports/interactions.csv"] = "".join(text).encode()


def build(stand: Stand, name: str) -> Any:
    client = stand.client("personalize")
    client.create_schema(name=name, schema=json.dumps(SCHEMA))
    group = client.create_dataset_group(name=name)["datasetGroupArn"]
    dataset = client.create_dataset(
        name=name, schemaArn=f"{PREFIX}schema/{name}", datasetGroupArn=group, datasetType="Interactions"
    )["datasetArn"]
    client.create_event_tracker(name=name, datasetGroupArn=group)
    client.create_dataset_import_job(
        jobName=name, datasetArn=dataset, dataSource={"dataLocation": CSV}, roleArn=ROLE, importMode="FULL"
    )
    recipe = "arn:aws:personalize:::recipe/aws-personalized-ranking-v2"
    solution = client.create_solution(name=name, datasetGroupArn=group, recipeArn=recipe)["solutionArn"]
    version = client.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    client.create_campaign(name=name, solutionVersionArn=version)
    return client


def ranking(stand: Stand, user: str, items: list[str]) -> list[dict[str, Any]]:
    return stand.client("personalize-runtime").get_personalized_ranking(
        campaignArn=f"{PREFIX}campaign/shop", userId=user, inputList=items
    )["personalizedRanking"]


def top(stand: Stand, user: str, count: int = 4) -> set[str]:
    return {each["itemId"] for each in ranking(stand, user, EVEN + ODD)[:count]}


def error_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def test_shoppers_get_what_their_kind_likes(trained: Stand) -> None:
    assert top(trained, "user-2") <= set(EVEN)
    assert top(trained, "user-3") <= set(ODD)


def test_scores_fall_and_add_up_to_one(trained: Stand) -> None:
    scores = [each["score"] for each in ranking(trained, "user-2", EVEN + ODD)]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-4)


def test_items_never_seen_come_last_without_a_score(trained: Stand) -> None:
    ranked = ranking(trained, "user-2", ["cluster-999", "cluster-2"])
    assert [each["itemId"] for each in ranked] == ["cluster-2", "cluster-999"]
    assert "score" not in ranked[1]


def test_a_stranger_gets_what_many_like(trained: Stand) -> None:
    assert all("score" in each for each in ranking(trained, "nobody-knows-me", EVEN + ODD))


def test_events_change_the_ranking_at_once(trained: Stand) -> None:
    tracker = trained.shop.all("eventTracker")[0].described["trackingId"]
    assert top(trained, "user-4") <= set(EVEN)
    trained.client("personalize-events").put_events(
        trackingId=tracker,
        userId="user-4",
        sessionId="s",
        eventList=[
            {"eventType": "favorite", "sentAt": datetime.now(UTC), "itemId": item, "eventValue": 1.0}
            for item in ODD
        ],
    )
    assert top(trained, "user-4") <= set(ODD)


def test_metrics_are_measured_on_what_was_held_back() -> None:
    liking = [Event(each.user_id, f"cluster-{each.cluster}", 1.0, each.timestamp) for each in shoppers()]
    taste = measure(liking)["normalized_discounted_cumulative_gain_at_5"]
    swapped = [Event(f"user-{n % 40}", each.item, 1.0, each.timestamp) for n, each in enumerate(liking)]
    assert taste > measure(swapped)["normalized_discounted_cumulative_gain_at_5"] + 0.1


def test_what_was_learned_survives_a_restart(trained: Stand) -> None:
    again = Shop(REGION, ACCOUNT)
    again.restore(json.loads(json.dumps(trained.shop.dump())))
    assert again.dump() == trained.shop.dump()
    (model,) = again.models.values()
    assert model.rank("user-2", EVEN + ODD) == next(iter(trained.shop.models.values())).rank(
        "user-2", EVEN + ODD
    )


def test_things_go_in_order(stand: Stand) -> None:
    client = build(stand, "shop")
    arns = {
        "solution": f"{PREFIX}solution/shop",
        "schema": f"{PREFIX}schema/shop",
        "dataset_group": f"{PREFIX}dataset-group/shop",
    }
    for kind, arn in arns.items():
        parameter = {"dataset_group": "datasetGroupArn"}.get(kind, f"{kind}Arn")
        with pytest.raises(client.exceptions.ResourceInUseException):
            getattr(client, f"delete_{kind}")(**{parameter: arn})
    tracker = client.list_event_trackers()["eventTrackers"][0]["eventTrackerArn"]
    client.delete_campaign(campaignArn=f"{PREFIX}campaign/shop")
    client.delete_event_tracker(eventTrackerArn=tracker)
    client.delete_solution(solutionArn=arns["solution"])
    client.delete_dataset(datasetArn=f"{PREFIX}dataset/shop/INTERACTIONS")
    client.delete_schema(schemaArn=arns["schema"])
    client.delete_dataset_group(datasetGroupArn=arns["dataset_group"])
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_dataset_group(datasetGroupArn=arns["dataset_group"])
    assert not stand.shop.models


def test_what_is_being_made_cannot_be_used(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "SOON_S", 60.0)
    client = stand.client("personalize")
    group = client.create_dataset_group(name="slow")["datasetGroupArn"]
    described = client.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]
    assert described["status"] == "CREATE PENDING"
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.create_event_tracker(name="slow", datasetGroupArn=group)
    with pytest.raises(client.exceptions.ResourceAlreadyExistsException):
        client.create_dataset_group(name="slow")


def test_a_solution_trains_by_itself_unless_it_is_told_not_to(stand: Stand) -> None:
    client = build(stand, "shop")
    described = client.describe_solution(solutionArn=f"{PREFIX}solution/shop")["solution"]
    assert described["performAutoTraining"] is True


def test_a_file_that_does_not_fit_fails_the_job_and_says_why(stand: Stand) -> None:
    stand.s3.objects["training", "exports/interactions.csv"] = b"USER_ID,ITEM_ID\na,b\n"
    client = stand.client("personalize")
    with pytest.raises(ClientError):
        build(stand, "shop")
    job = client.describe_dataset_import_job(datasetImportJobArn=f"{PREFIX}dataset-import-job/shop")
    assert job["datasetImportJob"]["status"] == "CREATE FAILED"
    assert "EVENT_TYPE" in job["datasetImportJob"]["failureReason"]
    versions = client.list_solution_versions(solutionArn=f"{PREFIX}solution/shop")["solutionVersions"]
    assert versions[0]["status"] == "CREATE FAILED"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"inputList": [f"cluster-{n}" for n in range(501)]}, "InvalidInputException"),
        ({"inputList": []}, "InvalidInputException"),
        ({"userId": ""}, "InvalidInputException"),
        ({"campaignArn": f"{PREFIX}campaign/other"}, "ResourceNotFoundException"),
    ],
)
def test_rankings_that_the_service_refuses(trained: Stand, changes: dict[str, Any], code: str) -> None:
    request = {"campaignArn": f"{PREFIX}campaign/shop", "userId": "user-1", "inputList": EVEN, **changes}
    with pytest.raises(ClientError) as error:
        trained.client("personalize-runtime").get_personalized_ranking(**request)
    assert error_of(error) == code


def test_events_that_the_service_refuses(trained: Stand) -> None:
    events = trained.client("personalize-events", parameter_validation=False)
    event = {"eventType": "view", "sentAt": datetime.now(UTC), "itemId": "cluster-1"}
    tracker = trained.shop.all("eventTracker")[0].described["trackingId"]
    for request in (
        {"trackingId": tracker, "sessionId": "s", "eventList": [event] * 11},
        {"trackingId": tracker, "sessionId": "", "eventList": [event]},
        {"trackingId": "unknown", "sessionId": "s", "eventList": [event]},
    ):
        with pytest.raises(ClientError):
            events.put_events(userId="user-9", **request)


def test_models_learn_without_any_history() -> None:
    model = train([Event("a", "x", 1.0, 1), Event("b", "x", 1.0, 2), Event("b", "y", 1.0, 3)])
    assert [item for item, _ in model.rank("stranger", ["y", "x"])] == ["x", "y"]
