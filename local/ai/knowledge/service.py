"""The wire of the stand-in: parts of `bedrock-agent` and `bedrock-agent-runtime`, as in botocore's models."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.routing import Route

from local.ai.knowledge.bases import DataSource, IngestionJob, KnowledgeBase, KnowledgeBases, Passage, new_id
from local.ai.wire import Call, Check, Json, conflict, endpoint, invalid, timestamp

DEFAULT_RESULTS = 5
MOST_RESULTS = 100
LONGEST_QUERY = 1000  # characters of retrievalQuery.text
PAGE = 100

Operation = Callable[[KnowledgeBases, Call], Json]


def routes(state: KnowledgeBases, check: Check, *, region: str, account: str) -> list[Route]:
    """One route per operation over `state`; each asks `check` for its IAM action on the knowledge base's ARN.

    CreateKnowledgeBase asks for any knowledge base (`*`), as there is none yet.
    """

    def guarded(name: str, operation: Operation) -> Callable[[Call], Json]:
        def run(call: Call) -> Json:
            arn = base_arn(region, account, call.path.get("base", "*"))
            check(call.authorization, f"bedrock:{name}", arn)
            return operation(state, call)

        return run

    def create(kept: KnowledgeBases, call: Call) -> Json:
        return create_base(kept, call, region, account)

    operations: list[tuple[str, str, str, Operation, int]] = [
        ("CreateKnowledgeBase", "PUT", "/knowledgebases/", create, 202),
        ("GetKnowledgeBase", "GET", _BASE, get_base, 200),
        ("DeleteKnowledgeBase", "DELETE", _BASE, delete_base, 202),
        ("CreateDataSource", "PUT", f"{_BASE}/datasources/", create_source, 200),
        ("GetDataSource", "GET", _SOURCE, get_source, 200),
        ("DeleteDataSource", "DELETE", _SOURCE, delete_source, 202),
        ("StartIngestionJob", "PUT", f"{_SOURCE}/ingestionjobs/", start_job, 202),
        ("ListIngestionJobs", "POST", f"{_SOURCE}/ingestionjobs/", list_jobs, 200),
        ("GetIngestionJob", "GET", f"{_SOURCE}/ingestionjobs/{{job}}", get_job, 200),
        ("Retrieve", "POST", f"{_BASE}/retrieve", retrieve, 200),
    ]
    return [
        Route(path, endpoint(guarded(name, operation), status), methods=[method])
        for name, method, path, operation, status in operations
    ]


_BASE = "/knowledgebases/{base}"
_SOURCE = f"{_BASE}/datasources/{{source}}"


def base_arn(region: str, account: str, identifier: str) -> str:
    return f"arn:aws:bedrock:{region}:{account}:knowledge-base/{identifier}"


# ---- knowledge bases and data sources


def create_base(state: KnowledgeBases, call: Call, region: str, account: str) -> Json:
    name = call.need("name")
    call.need("roleArn")
    if "type" not in call.body.get("knowledgeBaseConfiguration", {}):
        raise invalid("knowledgeBaseConfiguration.type is missing.")
    if any(base.settings["name"] == name for base in state.bases.values()):
        raise conflict(f"A knowledge base named {name} exists already.")
    identifier = new_id()
    settings = call.body | {"knowledgeBaseArn": base_arn(region, account, identifier)}
    state.bases[identifier] = KnowledgeBase(identifier, settings, time.time())
    return {"knowledgeBase": _describe_base(state.bases[identifier])}


def get_base(state: KnowledgeBases, call: Call) -> Json:
    return {"knowledgeBase": _describe_base(state.base(call.path["base"]))}


def delete_base(state: KnowledgeBases, call: Call) -> Json:
    base = state.base(call.path["base"])
    del state.bases[base.id]
    return {"knowledgeBaseId": base.id, "status": "DELETING"}


def create_source(state: KnowledgeBases, call: Call) -> Json:
    base = state.base(call.path["base"])
    name = call.need("name")
    configuration = call.body.get("dataSourceConfiguration", {})
    if configuration.get("type") != "S3" or "bucketArn" not in configuration.get("s3Configuration", {}):
        raise invalid("This stand-in reads data sources of type S3 with s3Configuration.bucketArn only.")
    if any(source.settings["name"] == name for source in base.sources.values()):
        raise conflict(f"A data source named {name} exists already.")
    source = DataSource(new_id(), call.body, time.time())
    base.sources[source.id] = source
    return {"dataSource": _describe_source(base, source)}


def get_source(state: KnowledgeBases, call: Call) -> Json:
    base = state.base(call.path["base"])
    return {"dataSource": _describe_source(base, base.source(call.path["source"]))}


def delete_source(state: KnowledgeBases, call: Call) -> Json:
    base = state.base(call.path["base"])
    source = base.source(call.path["source"])
    if any(job.is_running for job in source.jobs.values()):
        raise conflict(f"Data source {source.id} has an ingestion job that has not ended yet.")
    del base.sources[source.id]
    if source.settings.get("dataDeletionPolicy") != "RETAIN":
        base.build_index()
    return {"knowledgeBaseId": base.id, "dataSourceId": source.id, "status": "DELETING"}


# ---- ingestion jobs


def start_job(state: KnowledgeBases, call: Call) -> Json:
    base = state.base(call.path["base"])
    source = base.source(call.path["source"])
    return {
        "ingestionJob": _describe_job(
            base, source, state.start_job(base, source, call.body.get("description"))
        )
    }


def get_job(state: KnowledgeBases, call: Call) -> Json:
    base = state.base(call.path["base"])
    source = base.source(call.path["source"])
    job = source.jobs.get(call.path["job"])
    if job is None:
        raise invalid(f"There is no ingestion job {call.path['job']}.")
    described = _describe_job(base, source, job)
    return {"ingestionJob": described | ({"failureReasons": job.failures} if job.failures else {})}


def list_jobs(state: KnowledgeBases, call: Call) -> Json:
    base = state.base(call.path["base"])
    source = base.source(call.path["source"])
    wanted = [set(one["values"]) for one in call.body.get("filters", [])]
    jobs = [job for job in source.jobs.values() if all(job.status in statuses for statuses in wanted)]
    order = call.body.get("sortBy") or {"attribute": "STARTED_AT", "order": "DESCENDING"}
    by_status = order["attribute"] == "STATUS"
    jobs.sort(
        key=lambda job: job.status if by_status else timestamp(job.started),
        reverse=order["order"] == "DESCENDING",
    )
    start = int(call.body.get("nextToken") or 0)
    end = start + call.body.get("maxResults", PAGE)
    more = {"nextToken": str(end)} if end < len(jobs) else {}
    return {"ingestionJobSummaries": [_describe_job(base, source, job) for job in jobs[start:end]], **more}


# ---- retrieval


def retrieve(state: KnowledgeBases, call: Call) -> Json:
    base = state.base(call.path["base"])
    text = call.body.get("retrievalQuery", {}).get("text")
    if not isinstance(text, str) or not text.strip():
        raise invalid("retrievalQuery.text is missing; this stand-in searches text only.")
    if len(text) > LONGEST_QUERY:
        raise invalid(f"retrievalQuery.text may have {LONGEST_QUERY} characters, it has {len(text)}.")
    configuration = call.body.get("retrievalConfiguration") or {}
    search = (
        configuration.get("vectorSearchConfiguration")
        or configuration.get("managedSearchConfiguration")
        or {}
    )
    most = search.get("numberOfResults", DEFAULT_RESULTS)
    if not 1 <= most <= MOST_RESULTS:
        raise invalid(f"numberOfResults must be between 1 and {MOST_RESULTS}.")
    passages, index = base.searchable
    matches = search.get("filter")
    among = None
    if matches:
        among = [at for at, passage in enumerate(passages) if meets(matches, _metadata(passage))]
    return {
        "retrievalResults": [_show(passages[at], score) for at, score in index.search(text, most, among)],
    }


def meets(condition: Mapping[str, Any], metadata: Mapping[str, Any]) -> bool:
    """Whether metadata meets a retrieval filter. Raises ServiceError for an operator that is not known."""
    operator, operand = next(iter(condition.items()))
    if operator in ("andAll", "orAll"):
        combine = all if operator == "andAll" else any
        return combine(meets(part, metadata) for part in operand)
    if operator not in _TESTS:
        raise invalid(f"This stand-in does not know the filter {operator}.")
    return operand["key"] in metadata and _TESTS[operator](metadata[operand["key"]], operand["value"])


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda value, wanted: value == wanted,
    "notEquals": lambda value, wanted: value != wanted,
    "in": lambda value, wanted: value in wanted,
    "notIn": lambda value, wanted: value not in wanted,
    "greaterThan": lambda value, wanted: value > wanted,
    "greaterThanOrEquals": lambda value, wanted: value >= wanted,
    "lessThan": lambda value, wanted: value < wanted,
    "lessThanOrEquals": lambda value, wanted: value <= wanted,
    "startsWith": lambda value, wanted: str(value).startswith(wanted),
    "stringContains": lambda value, wanted: wanted in value,
    "listContains": lambda value, wanted: wanted in value,
}


# ---- pieces


def _metadata(passage: Passage) -> Json:
    return passage.document.metadata | {
        "x-amz-bedrock-kb-source-uri": passage.document.uri,
        "x-amz-bedrock-kb-data-source-id": passage.data_source,
    }


def _show(passage: Passage, score: float) -> Json:
    return {
        "content": {"text": passage.text, "type": "TEXT"},
        "location": {"type": "S3", "s3Location": {"uri": passage.document.uri}},
        "metadata": _metadata(passage),
        "score": score,
    }


def _describe_base(base: KnowledgeBase) -> Json:
    names = ("name", "description", "roleArn", "knowledgeBaseArn", "knowledgeBaseConfiguration")
    shown = {name: base.settings[name] for name in (*names, "storageConfiguration") if name in base.settings}
    created = timestamp(base.created)
    return shown | {
        "knowledgeBaseId": base.id,
        "status": "ACTIVE",
        "createdAt": created,
        "updatedAt": created,
    }


def _describe_source(base: KnowledgeBase, source: DataSource) -> Json:
    names = ("name", "description", "dataSourceConfiguration", "vectorIngestionConfiguration")
    shown = {
        name: source.settings[name] for name in (*names, "dataDeletionPolicy") if name in source.settings
    }
    created = timestamp(source.created)
    return shown | {
        "knowledgeBaseId": base.id,
        "dataSourceId": source.id,
        "status": "AVAILABLE",
        "createdAt": created,
        "updatedAt": created,
    }


def _describe_job(base: KnowledgeBase, source: DataSource, job: IngestionJob) -> Json:
    return {
        "knowledgeBaseId": base.id,
        "dataSourceId": source.id,
        "ingestionJobId": job.id,
        "status": job.status,
        "statistics": job.statistics,
        "startedAt": timestamp(job.started),
        "updatedAt": timestamp(job.updated),
    } | ({"description": job.description} if job.description else {})
