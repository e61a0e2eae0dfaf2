"""The stand-in of Bedrock's knowledge bases as boto3 sees it: ingestion from S3, and retrieval."""

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from starlette.applications import Starlette

from local.ai.gate import AccessDenied
from local.ai.knowledge.bases import KnowledgeBases
from local.ai.knowledge.bm25 import Bm25Index
from local.ai.knowledge.passages import LONGEST_PASSAGE, cut_document, cut_prose, cut_table, simplify_headers
from local.ai.knowledge.service import routes
from tests.contract.vector_backends import serve
from tests.support.cloud import eventually

ACCOUNT, REGION, BUCKET = "000000000000", "us-east-1", "documents"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/knowledge"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
OUTFITS = """data/department,data/season/0,data/season/1,data/occasion/0,data/description
Womens,summer,spring,wedding,"A flowing dress, heels and a clutch for wedding guests."
Mens,winter,,work,"A wool coat over a suit for cold days in the office."
Womens,summer,,swimwear,"A bikini and a straw hat."
"""
REVIEWS = """customer reviews/category,customer reviews/review
Sports Bras,They fit snugly and I never had to adjust them.
Boots,The leather needed a week to become comfortable.
"""


class Permissions:
    def __init__(self) -> None:
        self.questions: list[tuple[str, str]] = []
        self.denied = ""
        self.roles: list[str] = []
        self.answered = threading.Event()
        """While it is not set, jobs wait for S3."""
        self.answered.set()

    def check(self, _authorization: str, action: str, resource: str) -> None:
        self.questions.append((action, resource))
        if action == self.denied:
            raise AccessDenied(f"not allowed: {action}")


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", **KEYS)
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture(scope="module")
def permissions() -> Permissions:
    return Permissions()


@pytest.fixture(scope="module")
def clients(s3: Any, permissions: Permissions) -> Iterator[dict[str, Any]]:
    def open_s3(role: str) -> Any:
        permissions.roles.append(role)
        permissions.answered.wait()
        return s3

    state = KnowledgeBases(open_s3, stage_s=0.05)
    app = Starlette(routes=routes(state, permissions.check, region=REGION, account=ACCOUNT))
    with serve(app) as address:
        config = Config(retries={"max_attempts": 0})
        yield {
            name: boto3.client(name, endpoint_url=address, config=config, **KEYS)
            for name in ("bedrock-agent", "bedrock-agent-runtime")
        }


@pytest.fixture
def agent(clients: dict[str, Any], permissions: Permissions, s3: Any) -> Any:
    permissions.denied = ""
    permissions.questions.clear()
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    return clients["bedrock-agent"]


@pytest.fixture
def source(agent: Any, request: pytest.FixtureRequest) -> dict[str, str]:
    base = agent.create_knowledge_base(
        name=request.node.name[:90],
        roleArn=ROLE,
        knowledgeBaseConfiguration={
            "type": "VECTOR",
            "vectorKnowledgeBaseConfiguration": {
                "embeddingModelArn": f"arn:aws:bedrock:{REGION}::foundation-model/titan-embed-text"
            },
        },
        storageConfiguration={
            "type": "S3_VECTORS",
            "s3VectorsConfiguration": {
                "indexArn": "arn:aws:s3vectors:us-east-1:000000000000:bucket/knowledge/index/passages"
            },
        },
    )["knowledgeBase"]
    made = agent.create_data_source(
        knowledgeBaseId=base["knowledgeBaseId"],
        name="documents",
        dataSourceConfiguration={
            "type": "S3",
            "s3Configuration": {"bucketArn": f"arn:aws:s3:::{BUCKET}", "inclusionPrefixes": ["docs/"]},
        },
    )["dataSource"]
    return {"knowledgeBaseId": base["knowledgeBaseId"], "dataSourceId": made["dataSourceId"]}


def put(s3: Any, key: str, text: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"docs/{key}", Body=text.encode())


def ingest(agent: Any, source: dict[str, str]) -> dict[str, Any]:
    job = agent.start_ingestion_job(**source)["ingestionJob"]
    assert job["status"] == "STARTING"
    asked = source | {"ingestionJobId": job["ingestionJobId"]}

    def ended() -> dict[str, Any] | None:
        now = agent.get_ingestion_job(**asked)["ingestionJob"]
        return now if now["status"] in ("COMPLETE", "FAILED") else None

    done = eventually(ended, every_s=0.01)
    assert done is not None
    return done


def retrieve(
    clients: dict[str, Any], source: dict[str, str], text: str, **search: Any
) -> list[dict[str, Any]]:
    return clients["bedrock-agent-runtime"].retrieve(
        knowledgeBaseId=source["knowledgeBaseId"],
        retrievalQuery={"text": text},
        retrievalConfiguration={"vectorSearchConfiguration": search},
    )["retrievalResults"]


def test_documents_are_ingested_and_found(
    clients: dict[str, Any], agent: Any, source: dict[str, str], s3: Any, permissions: Permissions
) -> None:
    assert retrieve(clients, source, "anything") == []
    put(s3, "outfits.csv", OUTFITS)
    put(s3, "reviews.csv", REVIEWS)
    put(s3, "care.md", "# Care\n\nWash linen at 30 degrees.\n\n# Returns\n\nWithin 30 days.")
    put(s3, "photo.png", "not text")
    s3.put_object(Bucket=BUCKET, Key="elsewhere/other.txt", Body=b"wedding wedding wedding")
    job = ingest(agent, source)
    assert job["status"] == "COMPLETE"
    assert job["statistics"]["numberOfDocumentsScanned"] == 4
    assert job["statistics"]["numberOfNewDocumentsIndexed"] == 3
    assert job["statistics"]["numberOfDocumentsFailed"] == 1
    assert "photo.png" in job["failureReasons"][0]
    assert permissions.roles[-1] == ROLE

    wedding = retrieve(clients, source, "what do guests wear at weddings?")
    assert wedding[0]["content"]["text"] == (
        "department: Womens. season: summer, spring. occasion: wedding. "
        "description: A flowing dress, heels and a clutch for wedding guests."
    )
    assert wedding[0]["location"] == {"type": "S3", "s3Location": {"uri": f"s3://{BUCKET}/docs/outfits.csv"}}
    scores = [result["score"] for result in wedding]
    assert scores == sorted(scores, reverse=True) and 0 < scores[0] < 1
    assert "elsewhere" not in str(wedding)
    assert (
        "snugly"
        in retrieve(clients, source, "do the sports bras fit", numberOfResults=1)[0]["content"]["text"]
    )
    assert "linen" in retrieve(clients, source, "how to wash linen")[0]["content"]["text"]


def test_only_changes_are_read_again(
    clients: dict[str, Any], agent: Any, source: dict[str, str], s3: Any
) -> None:
    put(s3, "a.txt", "Corduroy is back.")
    put(s3, "b.txt", "Velvet for the evening.")
    ingest(agent, source)
    put(s3, "a.txt", "Corduroy is over.")
    put(s3, "c.txt", "Tweed for the country.")
    s3.delete_object(Bucket=BUCKET, Key="docs/b.txt")
    statistics = ingest(agent, source)["statistics"]
    assert statistics["numberOfModifiedDocumentsIndexed"] == 1
    assert statistics["numberOfNewDocumentsIndexed"] == 1
    assert statistics["numberOfDocumentsDeleted"] == 1
    assert retrieve(clients, source, "velvet") == []
    assert "over" in retrieve(clients, source, "corduroy")[0]["content"]["text"]
    jobs = agent.list_ingestion_jobs(**source)["ingestionJobSummaries"]
    assert [job["status"] for job in jobs] == ["COMPLETE", "COMPLETE"]
    assert jobs[0]["statistics"]["numberOfModifiedDocumentsIndexed"] == 1


def test_one_job_at_a_time(agent: Any, source: dict[str, str], permissions: Permissions) -> None:
    def listed(*statuses: str) -> list[str]:
        wanted = [{"attribute": "STATUS", "operator": "EQ", "values": list(statuses)}]
        found = agent.list_ingestion_jobs(**source, filters=wanted)["ingestionJobSummaries"]
        return [each["ingestionJobId"] for each in found]

    permissions.answered.clear()
    try:
        job = agent.start_ingestion_job(**source)["ingestionJob"]
        with pytest.raises(ClientError) as error:
            agent.start_ingestion_job(**source)
        assert error.value.response["Error"]["Code"] == "ConflictException"
        assert job["ingestionJobId"] in str(error.value)
        assert eventually(lambda: listed("IN_PROGRESS")) == [job["ingestionJobId"]]
        assert listed("STARTING") == listed("COMPLETE", "FAILED") == []
    finally:
        permissions.answered.set()


def test_a_missing_bucket_fails_the_job(agent: Any, source: dict[str, str]) -> None:
    made = agent.create_data_source(
        knowledgeBaseId=source["knowledgeBaseId"],
        name="nowhere",
        dataSourceConfiguration={
            "type": "S3",
            "s3Configuration": {"bucketArn": "arn:aws:s3:::nowhere-at-all"},
        },
    )["dataSource"]
    job = ingest(agent, source | {"dataSourceId": made["dataSourceId"]})
    assert job["status"] == "FAILED"
    assert "NoSuchBucket" in job["failureReasons"][0]


def test_metadata_filters(clients: dict[str, Any], agent: Any, source: dict[str, str], s3: Any) -> None:
    for name, year in (("old", 2020), ("new", 2026)):
        put(s3, f"{name}.txt", f"Linen in the {name} style.")
        put(s3, f"{name}.txt.metadata.json", f'{{"metadataAttributes": {{"year": {year}, "kind": "guide"}}}}')
    ingest(agent, source)
    newer = {
        "andAll": [
            {"greaterThan": {"key": "year", "value": 2022}},
            {"equals": {"key": "kind", "value": "guide"}},
        ]
    }
    found = retrieve(clients, source, "linen", filter=newer)
    assert [result["metadata"]["year"] for result in found] == [2026]


def test_bases_and_sources_are_described_and_removed(agent: Any, source: dict[str, str]) -> None:
    base = agent.get_knowledge_base(knowledgeBaseId=source["knowledgeBaseId"])["knowledgeBase"]
    assert base["status"] == "ACTIVE"
    assert base["roleArn"] == ROLE
    assert base["storageConfiguration"]["type"] == "S3_VECTORS"
    described = agent.get_data_source(**source)["dataSource"]
    assert described["status"] == "AVAILABLE"
    assert described["dataSourceConfiguration"]["s3Configuration"]["inclusionPrefixes"] == ["docs/"]
    agent.delete_data_source(**source)
    agent.delete_knowledge_base(knowledgeBaseId=source["knowledgeBaseId"])
    with pytest.raises(ClientError) as error:
        agent.get_knowledge_base(knowledgeBaseId=source["knowledgeBaseId"])
    assert error.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_permissions_are_asked_for(
    clients: dict[str, Any], source: dict[str, str], permissions: Permissions
) -> None:
    permissions.denied = "bedrock:Retrieve"
    with pytest.raises(ClientError) as error:
        retrieve(clients, source, "anything")
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:knowledge-base/{source['knowledgeBaseId']}"
    assert permissions.questions[-1] == ("bedrock:Retrieve", arn)


def test_tables_become_a_passage_for_each_row() -> None:
    assert simplify_headers(["orders/id", "orders/tags/0", "orders/tags/1", "customer/id"]) == [
        "orders id",
        "orders tags",
        "orders tags",
        "customer id",
    ]
    assert cut_table("data/a/0,data/a/1,data/b\nx,y,z\n,,\n") == ["a: x, y. b: z"]
    assert cut_table("") == []


def test_prose_is_cut_at_paragraphs_and_keeps_its_heading() -> None:
    text = (
        "# Linen\n\n"
        + "\n\n".join(f"{number} " + "word " * 80 for number in range(6))
        + "\n\n# Wool\n\nWarm."
    )
    passages = cut_prose(text)
    assert all(len(passage) <= 2 * LONGEST_PASSAGE for passage in passages)
    assert all(passage.startswith(("# Linen", "Linen")) for passage in passages[:-1])
    assert passages[-1] == "# Wool\nWarm."
    assert len(cut_prose("x" * 10_000)) > 3
    assert cut_document("a.txt", "Größe".encode("latin-1")) == ["Größe"]


def test_search_knows_endings_and_synonyms() -> None:
    index = Bm25Index(["Trousers for men", "A dress for ladies", "Running shoes", ""])
    assert [at for at, _ in index.search("mens pants", 3)] == [0]
    assert [at for at, _ in index.search("woman's dresses", 3)] == [1]
    assert [at for at, _ in index.search("sneakers", 3)] == [2]
    assert index.search("the of and", 3) == []
    assert Bm25Index([]).search("dress", 3) == []
    assert index.search("shoes dress", 3, among=[1])[0][0] == 1


def test_rare_words_count_more() -> None:
    index = Bm25Index(["shirt blue", "shirt corduroy", "shirt red", "shirt green"])
    (best, score), *rest = index.search("corduroy shirt", 4)
    assert best == 1
    assert all(score > other for _, other in rest)
