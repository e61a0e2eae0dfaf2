"""Gives the shop's knowledge base the demo documents to read, and has it read again what it knew before."""

from typing import Any

from botocore.exceptions import ClientError

from local.catalog import md5_of
from local.config import LocalConfig
from local.demo.documents import write_documents
from local.resources.base import emulator_client

_BUSY = "ConflictException"


def load(config: LocalConfig, outputs: dict[str, Any]) -> str:
    """Upload what is new or changed of the demo documents; a summary line. A catalogue of one's own has none.

    The stand-in of the knowledge base forgets when it stops, and what lay in the bucket before brings no
    event: then it is told to read, as a retailer does who presses "Sync".
    """
    s3 = emulator_client(config.emulator_url, outputs["region"], "s3")
    bucket = outputs["documents_bucket"]
    stored = {
        entry["Key"]: entry["ETag"].strip('"')
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for entry in page.get("Contents", [])
    }
    folder = config.folder / "documents"
    ours = write_documents(folder) if config.catalog is None else []
    changed = [name for name in ours if stored.get(name) != md5_of(folder / name)]
    for name in changed:
        s3.upload_file(str(folder / name), bucket, name)
    if stored and not changed:
        _read_again(config, outputs)
    return f"{len({*stored, *ours})} documents"


def _read_again(config: LocalConfig, outputs: dict[str, Any]) -> None:
    agent = emulator_client(config.ai_url, outputs["region"], "bedrock-agent")
    try:
        agent.start_ingestion_job(
            knowledgeBaseId=outputs["knowledge_base_id"], dataSourceId=outputs["data_source_id"]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != _BUSY:  # a job that runs reads everything, too
            raise
