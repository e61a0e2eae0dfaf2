"""Amazon Personalize end to end: trained by its workflow, ranking searches, not missed when it is gone."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.faults import Fault
from tests.support.cloud import RunningCloud, eventually, running_cloud
from tests.support.personalize import interaction
from tests.support.roles import Decision, Role, listen, read_decisions

pytestmark = pytest.mark.cloud

TRAINING = ("clusters", "ranker-training")
NOT_JUDGED = "the emulator judges no statement with a condition; the graph's tests look at it"
LEFT_OPEN = "AWS's reference names the solution, its requests the version: here it is the version"
SELDOM = {
    ("clusters", "iam:PassRole", "*"): NOT_JUDGED,
    ("ranker-training", "iam:PassRole", "*"): NOT_JUDGED,
    ("clusters", "dynamodb:GetItem", "*products*"): "only when a row has changed meanwhile",
    ("ranker-training", "personalize:DescribeSolutionVersion", "*:solution/virtual-stylist-dev"): LEFT_OPEN,
    ("ranker-training", "personalize:GetSolutionMetrics", "*:solution/virtual-stylist-dev"): LEFT_OPEN,
}
WITHOUT = "builtin (personalize unavailable)"
RANKING = "POST /personalize-ranking"


@dataclass
class Shop:
    """A cloud whose catalogue has clusters: what is liked together, and everything else."""

    cloud: RunningCloud
    products: Mapping[int, Sequence[str]]
    liked: int
    alike: int
    """Cluster that others like who like `liked`; the shopper has never seen any of it."""
    other: int


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, catalog_folder: Path) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("personalize")
    settings = {"ranker": "personalize", "clusters": "8", "clusterTrainer": "sagemaker"}
    with running_cloud(folder, catalog_folder, settings) as cloud:
        listen(cloud)
        found = eventually(lambda: in_clusters(cloud), within_s=60)  # grouped when the catalogue was loaded
        products: dict[int, list[str]] = {}
        for each in found:
            products.setdefault(each["cluster"], []).append(each["product_id"])
        (liked, _), (alike, _), (other, _), *_ = Counter(
            {cluster: len(ids) for cluster, ids in products.items()}
        ).most_common()
        yield Shop(cloud, products, liked, alike, other)


def in_clusters(cloud: RunningCloud) -> list[dict[str, Any]]:
    found = find(cloud, personalize=0)["results"]
    return found if all(each["cluster"] is not None for each in found) else []


def find(cloud: RunningCloud, personalize: float = 1) -> dict[str, Any]:
    body = {"query": "something to wear", "limit": 50, "personalize": personalize}
    answer = cloud.call("POST", "/search", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def tell(shop: Shop, cluster: int, count: int = 3) -> None:
    events = [
        {"product_id": each, "event_type": "favorite", "session_id": f"visit-{cluster}"}
        for each in shop.products[cluster][:count]
    ]
    answer = shop.cloud.call("POST", "/interactions", json={"events": events})
    assert (answer.status_code, answer.json()["accepted"]) == (202, len(events)), answer.text


def run_workflow(cloud: RunningCloud, action: str) -> dict[str, Any]:
    machines = cloud.aws("stepfunctions")
    execution = machines.start_execution(
        stateMachineArn=cloud.outputs["ranker_workflow_arn"], input=json.dumps({"action": action})
    )["executionArn"]

    def ended() -> dict[str, Any]:
        described = machines.describe_execution(executionArn=execution)
        return {} if described["status"] == "RUNNING" else described

    described = eventually(ended, within_s=150, every_s=0.5)
    assert described["status"] == "SUCCEEDED", described
    return json.loads(described["output"])


def others_like(shop: Shop) -> str:
    """Interactions of others: half of them like two clusters together, half the remaining ones."""
    rng = random.Random(5)
    rest = [cluster for cluster in shop.products if cluster not in (shop.liked, shop.alike)]
    lines: list[str] = []
    for user in range(50):
        for _ in range(40):
            cluster = rng.choice((shop.liked, shop.alike) if user % 2 else rest)
            row = interaction(len(lines), user_id=f"other-{user}", cluster=cluster).to_row()
            lines.append(json.dumps(row))
    return "\n".join(lines)


def mean_place(shop: Shop, answer: Mapping[str, Any], cluster: int) -> float:
    """Where the products of a cluster stand on average; what is not among the results stands behind them."""
    order = {each["product_id"]: place for place, each in enumerate(answer["results"])}
    places = [order.get(product_id, len(order)) for product_id in shop.products[cluster]]
    return sum(places) / len(places)


def group(cloud: RunningCloud) -> tuple[dict[str, Any], str | None]:
    """What a forced run of the clusters' function says, and the kind of error it ended with."""
    answer = cloud.aws("lambda").invoke(
        FunctionName=cloud.outputs["clusters_function"], Payload=json.dumps({"force": True})
    )
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def test_1_without_data_nothing_is_trained_and_the_built_in_ranker_answers(shop: Shop) -> None:
    outcome = run_workflow(shop.cloud, "train")
    assert outcome["outcome"] == "kept"
    assert outcome["reason"].startswith("not enough data yet: ")
    tell(shop, shop.liked)
    answer = find(shop.cloud)
    assert answer["ranker"] == WITHOUT
    assert answer["results"][0]["cluster"] == shop.liked


def test_2_a_trained_campaign_ranks_what_others_like_who_are_alike(shop: Shop) -> None:
    before = find(shop.cloud)
    shop.cloud.aws("s3").put_object(
        Bucket=shop.cloud.outputs["lake_bucket"],
        Key="interactions/dt=2026-11-01/hour=00/others.jsonl",
        Body=others_like(shop).encode(),
    )
    # The shopper's own interactions wait for company before they are recorded.
    eventually(lambda: len({each["user_id"] for each in lake_lines(shop.cloud)}) > 50, within_s=40)
    assert run_workflow(shop.cloud, "train") == {"outcome": "switched", "reason": "the new model is live"}
    answer = eventually(lambda: ranked_by(shop.cloud, "personalize"), within_s=20)
    first = [each["cluster"] for each in answer["results"][:5]]
    assert set(first) <= {shop.liked, shop.alike}
    assert mean_place(shop, answer, shop.alike) < mean_place(shop, before, shop.alike)
    assert mean_place(shop, answer, shop.alike) < mean_place(shop, answer, shop.other)
    assert any("you saved" in why for each in answer["results"] for why in each["why"])


def lake_lines(cloud: RunningCloud) -> list[dict[str, Any]]:
    s3, bucket = cloud.aws("s3"), cloud.outputs["lake_bucket"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="interactions/").get("Contents", [])
    bodies = [s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in listed]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def ranked_by(cloud: RunningCloud, source: str) -> dict[str, Any]:
    """The answer to a search if that ranker made it, else nothing."""
    answer = find(cloud)
    return answer if answer["ranker"] == source else {}


def test_3_a_change_of_taste_reaches_the_campaign_without_training(shop: Shop) -> None:
    before = mean_place(shop, find(shop.cloud), shop.other)
    tell(shop, shop.other, 5)

    def moved() -> bool:
        answer = find(shop.cloud)
        return answer["ranker"] == "personalize" and mean_place(shop, answer, shop.other) < before - 3

    assert eventually(moved, within_s=40, every_s=0.5)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("personalize", RANKING, status=503, code="ServiceUnavailable"),
        Fault("personalize", RANKING, status=429, code="ThrottlingException"),
        Fault("personalize", RANKING, status=500, delay_s=3.0),
    ],
    ids=["down", "throttled", "slow"],
)
def test_4_nobody_waits_for_it_and_it_is_found_again(shop: Shop, fault: Fault) -> None:
    eventually(lambda: ranked_by(shop.cloud, "personalize"), within_s=90, every_s=1.0)
    with shop.cloud.faults(fault):
        began = time.monotonic()
        sources = {find(shop.cloud)["ranker"] for _ in range(6)}
        took = time.monotonic() - began
    assert sources == {WITHOUT}
    assert took < 6, "three calls wait a quarter of a second each, the others not at all"
    assert eventually(lambda: ranked_by(shop.cloud, "personalize"), within_s=90, every_s=1.0)


def test_5_interactions_are_taken_while_live_events_are_not(shop: Shop) -> None:
    with shop.cloud.faults(Fault("personalize", "POST /events", status=503, code="ServiceUnavailable")):
        before = len(lake_lines(shop.cloud))
        tell(shop, shop.alike)
        assert eventually(lambda: len(lake_lines(shop.cloud)) == before + 3, within_s=40)
    queue = shop.cloud.outputs["interactions_dead_letter_url"]
    waiting = shop.cloud.aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])
    assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0"


def test_6_a_model_of_newer_data_takes_the_place_of_the_one_before(shop: Shop) -> None:
    before = the_campaign(shop.cloud)
    assert run_workflow(shop.cloud, "train")["outcome"] == "switched"
    assert the_campaign(shop.cloud)["solutionVersionArn"] != before["solutionVersionArn"]
    assert eventually(lambda: ranked_by(shop.cloud, "personalize"), within_s=20)


def the_campaign(cloud: RunningCloud) -> dict[str, Any]:
    arn = "arn:aws:personalize:us-east-1:000000000000:campaign/virtual-stylist-dev"
    return cloud.ai("personalize").describe_campaign(campaignArn=arn)["campaign"]


def test_7_removal_leaves_the_built_in_ranker(shop: Shop) -> None:
    assert run_workflow(shop.cloud, "remove")["outcome"] == "removed"
    assert eventually(lambda: ranked_by(shop.cloud, WITHOUT), within_s=45, every_s=1.0)
    groups = shop.cloud.ai("personalize")
    with pytest.raises(groups.exceptions.ResourceNotFoundException):
        groups.describe_dataset_group(
            datasetGroupArn="arn:aws:personalize:us-east-1:000000000000:dataset-group/virtual-stylist-dev"
        )


def test_8_sagemaker_has_grouped_the_catalogue_and_does_it_again(shop: Shop) -> None:
    assert len(shop.products) <= 8
    refused = Fault("sagemaker", "CreateTrainingJob", status=400, code="ResourceLimitExceeded")
    with shop.cloud.faults(refused):
        assert group(shop.cloud)[1] is not None
    figures, error = group(shop.cloud)
    assert (error, figures["grouped"]) == (None, True), figures
    assert figures["kept_labels"] >= figures["clusters"] - 1
    left = shop.cloud.aws("s3").list_objects_v2(
        Bucket=shop.cloud.outputs["lake_bucket"], Prefix="clusters/training/"
    )
    assert left["KeyCount"] == 0


@pytest.fixture(scope="module")
def decisions(shop: Shop) -> Sequence[Decision]:
    """What IAM was asked during all of the above."""
    return read_decisions(shop.cloud)


@pytest.mark.parametrize("name", TRAINING)
def test_9_every_permission_is_needed_and_none_is_missing(
    shop: Shop, decisions: Sequence[Decision], name: str
) -> None:
    role = Role(shop.cloud, name)
    assert not role.find_refused(decisions)
    assert not role.find_spared(decisions, SELDOM)


@pytest.mark.parametrize("name", ["personalization-recorder", "search"])
def test_9_what_the_ranker_adds_to_other_roles_is_needed(
    shop: Shop, decisions: Sequence[Decision], name: str
) -> None:
    role = Role(shop.cloud, name)
    added = [grant for grant in role.grants() if "personalize:" in grant.action or "ranker" in grant.resource]
    assert added
    assert not role.find_refused(decisions)
    assert not set(added) & set(role.find_spared(decisions))
