"""Documents that a retailer uploads are read, and the stylist finds them."""

from typing import Any

import pytest

from tests.support.cloud import RunningCloud, eventually

pytestmark = pytest.mark.cloud

OUTFITS = """data/department,data/season/0,data/occasion/0,data/description
Womens,winter,skiing,Thermal leggings under a salopette keep you warm on the slopes of a ski resort.
Mens,summer,sailing,A striped boat-neck top with deck shoes is the classic for a day of sailing.
"""


def job_states(cloud: RunningCloud) -> list[str]:
    agent = cloud.ai("bedrock-agent")
    jobs = agent.list_ingestion_jobs(
        knowledgeBaseId=cloud.outputs["knowledge_base_id"], dataSourceId=cloud.outputs["data_source_id"]
    )
    return [job["status"] for job in jobs["ingestionJobSummaries"]]


def retrieve(cloud: RunningCloud, query: str) -> list[dict[str, Any]]:
    answer = cloud.ai("bedrock-agent-runtime").retrieve(
        knowledgeBaseId=cloud.outputs["knowledge_base_id"], retrievalQuery={"text": query}
    )
    return answer["retrievalResults"]


def test_uploaded_documents_are_read_and_found(cloud: RunningCloud) -> None:
    bucket = cloud.outputs["documents_bucket"]
    for part in range(3):
        cloud.aws("s3").put_object(Bucket=bucket, Key=f"outfits {part}.csv", Body=OUTFITS.encode())
    eventually(lambda: "COMPLETE" in job_states(cloud), within_s=40)
    eventually(lambda: retrieve(cloud, "what to wear for sailing"), within_s=20)
    assert "boat-neck" in retrieve(cloud, "what to wear for sailing")[0]["content"]["text"]
    assert len(job_states(cloud)) <= 3, "uploads at once are read by few jobs"
