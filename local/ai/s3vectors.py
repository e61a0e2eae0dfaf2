"""A stand-in for Amazon S3 Vectors: buckets and indexes in memory, behind the service's own wire protocol.

Every operation is a POST of JSON to a path of its name, as botocore's model of the service (2025-07-15) says;
an error is JSON with a message and its type in the header `x-amzn-errortype`. A search compares every vector,
with filters applied first. Limits are those of the user guide's page on limitations.
"""

import base64
import json
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ai.gate import AccessDenied
from local.ai.vector_filters import is_primitive, is_primitive_list, parse_filter
from local.ai.vector_rows import StoredVector, VectorRows
from local.ai.wire import Check, Json, ServiceError, error_response, invalid

ACCOUNT = "000000000000"
REGION = "us-east-1"

MOST_PUT = 500
MOST_FETCHED = 100
MOST_RESULTS = 100
LIST_PAGE = 500
FILTERABLE_BYTES = 2048
METADATA_BYTES = 40 * 1024
METADATA_KEYS = 50
_AFTER = "after:"


@dataclass(slots=True)
class VectorIndex:
    """One index: its immutable settings and its vectors by key."""

    bucket: str
    name: str
    dimension: int
    metric: str
    hidden_keys: frozenset[str]
    created: float
    vectors: VectorRows = field(init=False)

    def __post_init__(self) -> None:
        self.vectors = VectorRows(self.dimension)

    @property
    def arn(self) -> str:
        return f"{bucket_arn(self.bucket)}/index/{self.name}"


@dataclass(slots=True)
class VectorBucket:
    """One vector bucket and its indexes by name."""

    name: str
    created: float
    indexes: dict[str, VectorIndex] = field(default_factory=dict[str, VectorIndex])


@dataclass(slots=True)
class VectorBuckets:
    """Everything that the stand-in keeps."""

    buckets: dict[str, VectorBucket] = field(default_factory=dict[str, VectorBucket])


def routes(state: VectorBuckets | None = None, guard: Check | None = None) -> list[Route]:
    """One route per operation, all over the same `state` (a new one by default), each behind `guard`."""
    kept = VectorBuckets() if state is None else state
    return [
        Route(f"/{name}", _endpoint(name, operation, kept, guard), methods=["POST"])
        for name, operation in _OPERATIONS.items()
    ]


def dump(state: VectorBuckets) -> Json:
    """Everything kept, as JSON can hold it; `restore` reads it back."""
    return {
        bucket.name: {
            "created": bucket.created,
            "indexes": [_dump_index(index) for index in bucket.indexes.values()],
        }
        for bucket in state.buckets.values()
    }


def _dump_index(index: VectorIndex) -> Json:
    return {
        "name": index.name,
        "dimension": index.dimension,
        "metric": index.metric,
        "hidden_keys": sorted(index.hidden_keys),
        "created": index.created,
        "vectors": {
            key: [base64.b64encode(stored.values.astype("<f4").tobytes()).decode(), stored.metadata]
            for key, stored in index.vectors.items()
        },
    }


def restore(document: Json) -> VectorBuckets:
    """The state that `dump` described."""
    buckets = {name: VectorBucket(name, bucket["created"]) for name, bucket in document.items()}
    for name, bucket in document.items():
        for index in bucket["indexes"]:
            restored = VectorIndex(
                name,
                index["name"],
                index["dimension"],
                index["metric"],
                frozenset(index["hidden_keys"]),
                index["created"],
            )
            for key, (values, metadata) in index["vectors"].items():
                restored.vectors[key] = StoredVector(np.frombuffer(base64.b64decode(values), "<f4"), metadata)
            buckets[name].indexes[index["name"]] = restored
    return VectorBuckets(buckets)


def bucket_arn(bucket: str) -> str:
    return f"arn:aws:s3vectors:{REGION}:{ACCOUNT}:bucket/{bucket}"


# ---- operations


def create_vector_bucket(state: VectorBuckets, request: Json) -> Json:
    name = _required(request, "vectorBucketName")
    if name in state.buckets:
        raise ServiceError("ConflictException", 409, f"A vector bucket named {name} exists already.")
    state.buckets[name] = VectorBucket(name, time.time())
    return {"vectorBucketArn": bucket_arn(name)}


def get_vector_bucket(state: VectorBuckets, request: Json) -> Json:
    return {"vectorBucket": _describe_bucket(_bucket(state, request))}


def list_vector_buckets(state: VectorBuckets, request: Json) -> Json:
    prefix = request.get("prefix", "")
    names = sorted(name for name in state.buckets if name.startswith(prefix))
    page, more = _page(names, request)
    return {"vectorBuckets": [_describe_bucket(state.buckets[name]) for name in page], **more}


def delete_vector_bucket(state: VectorBuckets, request: Json) -> Json:
    bucket = _bucket(state, request)
    if bucket.indexes:
        raise ServiceError("ConflictException", 409, f"The vector bucket {bucket.name} still has indexes.")
    del state.buckets[bucket.name]
    return {}


def create_index(state: VectorBuckets, request: Json) -> Json:
    bucket = _bucket(state, request)
    name = _required(request, "indexName")
    if name in bucket.indexes:
        raise ServiceError("ConflictException", 409, f"An index named {name} exists already.")
    if request.get("dataType") != "float32" or request.get("distanceMetric") not in ("cosine", "euclidean"):
        raise invalid("dataType must be float32 and distanceMetric cosine or euclidean.")
    dimension = request.get("dimension")
    if not isinstance(dimension, int) or not 1 <= dimension <= 4096:
        raise invalid("dimension must be between 1 and 4096.")
    hidden = request.get("metadataConfiguration", {}).get("nonFilterableMetadataKeys", [])
    metric = request["distanceMetric"]
    index = VectorIndex(bucket.name, name, dimension, metric, frozenset(hidden), time.time())
    bucket.indexes[name] = index
    return {"indexArn": index.arn}


def get_index(state: VectorBuckets, request: Json) -> Json:
    index = _index(state, request)
    described = _summarise_index(index) | {
        "dataType": "float32",
        "dimension": index.dimension,
        "distanceMetric": index.metric,
    }
    if index.hidden_keys:
        described["metadataConfiguration"] = {"nonFilterableMetadataKeys": sorted(index.hidden_keys)}
    return {"index": described}


def list_indexes(state: VectorBuckets, request: Json) -> Json:
    bucket = _bucket(state, request)
    prefix = request.get("prefix", "")
    page, more = _page(sorted(name for name in bucket.indexes if name.startswith(prefix)), request)
    return {"indexes": [_summarise_index(bucket.indexes[name]) for name in page], **more}


def delete_index(state: VectorBuckets, request: Json) -> Json:
    index = _index(state, request)
    del state.buckets[index.bucket].indexes[index.name]
    return {}


def put_vectors(state: VectorBuckets, request: Json) -> Json:
    index = _index(state, request)
    given = _list_of(request, "vectors", MOST_PUT)
    accepted = {_required(vector, "key"): _accept(index, vector) for vector in given}
    if len(accepted) < len(given):
        raise invalid("Each vector key may appear once in a request.")
    index.vectors.update(accepted)
    return {}


def get_vectors(state: VectorBuckets, request: Json) -> Json:
    index = _index(state, request)
    keys = dict.fromkeys(_list_of(request, "keys", MOST_FETCHED))
    return {"vectors": [_show(key, index.vectors[key], request) for key in keys if key in index.vectors]}


def list_vectors(state: VectorBuckets, request: Json) -> Json:
    index = _index(state, request)
    page, more = _page_by_key(sorted(index.vectors), request)
    return {"vectors": [_show(key, index.vectors[key], request) for key in page], **more}


def delete_vectors(state: VectorBuckets, request: Json) -> Json:
    index = _index(state, request)
    for key in _list_of(request, "keys", MOST_PUT):
        index.vectors.pop(key, None)
    return {}


def query_vectors(state: VectorBuckets, request: Json) -> Json:
    index = _index(state, request)
    top = request.get("topK")
    if not isinstance(top, int) or not 1 <= top <= MOST_RESULTS:
        raise invalid(f"topK must be between 1 and {MOST_RESULTS}.")
    query = _vector(index, request.get("queryVector"))
    condition = request.get("filter")
    matches = parse_filter(condition, index.hidden_keys) if condition is not None else _everything
    # Filters count before the best are chosen: the nearest that pass, however many others are nearer.
    passing = (
        (key, distance)
        for key, distance in index.vectors.nearest(query, index.metric)
        if matches(index.vectors[key].metadata)
    )
    wanted = {"returnMetadata": request.get("returnMetadata")}
    found = [
        _show(key, index.vectors[key], wanted)
        | ({"distance": distance} if request.get("returnDistance") else {})
        for key, distance in islice(passing, top)
    ]
    return {"vectors": found, "distanceMetric": index.metric}


_OPERATIONS: dict[str, Callable[[VectorBuckets, Json], Json]] = {
    "CreateVectorBucket": create_vector_bucket,
    "GetVectorBucket": get_vector_bucket,
    "ListVectorBuckets": list_vector_buckets,
    "DeleteVectorBucket": delete_vector_bucket,
    "CreateIndex": create_index,
    "GetIndex": get_index,
    "ListIndexes": list_indexes,
    "DeleteIndex": delete_index,
    "PutVectors": put_vectors,
    "GetVectors": get_vectors,
    "ListVectors": list_vectors,
    "DeleteVectors": delete_vectors,
    "QueryVectors": query_vectors,
}


# ---- pieces


def _everything(_metadata: Json) -> bool:
    return True


def _endpoint(
    name: str,
    operation: Callable[[VectorBuckets, Json], Json],
    state: VectorBuckets,
    guard: Check | None,
) -> Any:
    async def answer(request: Request) -> Response:
        try:
            body = json.loads(await request.body() or b"{}")
            if guard:
                guard(request.headers.get("authorization", ""), f"s3vectors:{name}", _resource(body))
            return JSONResponse(operation(state, body))
        except (ServiceError, AccessDenied) as error:
            return error_response(error)

    return answer


def _resource(request: Json) -> str:
    """The ARN that a request is about: its index, or else its bucket."""
    if "indexArn" in request or "vectorBucketArn" in request:
        return str(request.get("indexArn") or request["vectorBucketArn"])
    bucket = bucket_arn(str(request.get("vectorBucketName", "*")))
    return f"{bucket}/index/{request['indexName']}" if "indexName" in request else bucket


def _required(request: Json, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"{name} is missing.")
    return value


def _list_of(request: Json, name: str, most: int) -> list[Any]:
    values = request.get(name)
    if not isinstance(values, list) or not 1 <= len(values) <= most:
        raise invalid(f"{name} must have between 1 and {most} members.")
    return values


def _bucket(state: VectorBuckets, request: Json) -> VectorBucket:
    arn = request.get("vectorBucketArn")
    name = arn.rpartition("bucket/")[2] if arn else _required(request, "vectorBucketName")
    if name not in state.buckets:
        raise ServiceError("NotFoundException", 404, f"There is no vector bucket {name}.")
    return state.buckets[name]


def _index(state: VectorBuckets, request: Json) -> VectorIndex:
    arn = request.get("indexArn")
    if arn:
        bucket_name, _, name = arn.rpartition("bucket/")[2].partition("/index/")
        bucket = _bucket(state, {"vectorBucketName": bucket_name})
    else:
        bucket, name = _bucket(state, request), _required(request, "indexName")
    if name not in bucket.indexes:
        raise ServiceError("NotFoundException", 404, f"There is no index {name}.")
    return bucket.indexes[name]


def _accept(index: VectorIndex, vector: Json) -> StoredVector:
    metadata = vector.get("metadata") or {}
    _check_metadata(metadata, index.hidden_keys)
    return StoredVector(_vector(index, vector.get("data")), metadata)


def _vector(index: VectorIndex, data: Any) -> NDArray[np.float32]:
    values = np.asarray((data or {}).get("float32", []), np.float32)
    if values.shape != (index.dimension,):
        raise invalid(f"The vector must have {index.dimension} dimensions, it has {values.size}.")
    if not np.isfinite(values).all():
        raise invalid("The vector has values that are not finite.")
    if index.metric == "cosine" and not values.any():
        raise invalid("A zero vector has no cosine distance.")
    return values


def _check_metadata(metadata: Json, hidden_keys: frozenset[str]) -> None:
    if len(metadata) > METADATA_KEYS:
        raise invalid(f"A vector has at most {METADATA_KEYS} metadata keys.")
    for name, value in metadata.items():
        if not (is_primitive(value) or is_primitive_list(value)):
            raise invalid(f"Metadata {name} must be a string, number, boolean or a list of those.")
    filterable = {name: value for name, value in metadata.items() if name not in hidden_keys}
    if _size(filterable) > FILTERABLE_BYTES or _size(metadata) > METADATA_BYTES:
        raise invalid("The metadata of a vector is too large.")


def _size(document: Json) -> int:
    return len(json.dumps(document, ensure_ascii=False).encode())


def _show(key: str, stored: StoredVector, request: Json) -> Json:
    shown: Json = {"key": key}
    if request.get("returnData"):
        shown["data"] = {"float32": stored.values.tolist()}
    if request.get("returnMetadata"):
        shown["metadata"] = stored.metadata
    return shown


def _page_by_key(keys: list[str], request: Json) -> tuple[list[str], Json]:
    """As `_page` of sorted keys, from behind the last key: what comes or goes meanwhile moves nothing."""
    start = bisect_right(keys, _read_token(request)) if "nextToken" in request else 0
    end = start + request.get("maxResults", LIST_PAGE)
    if end >= len(keys):
        return keys[start:], {}
    return keys[start:end], {"nextToken": _AFTER + base64.b64encode(keys[end - 1].encode()).decode()}


def _read_token(request: Json) -> str:
    try:
        start, text = request["nextToken"][: len(_AFTER)], request["nextToken"][len(_AFTER) :]
        if start == _AFTER:
            return base64.b64decode(text, validate=True).decode()
    except ValueError:
        pass
    raise invalid("The nextToken is not one of this list.")


def _page(names: list[str], request: Json) -> tuple[list[str], Json]:
    """The part of `names` that the request asks for, and the token of what follows."""
    token = request.get("nextToken")
    start = int(base64.b64decode(token)) if token else 0
    end = start + request.get("maxResults", LIST_PAGE)
    more = {"nextToken": base64.b64encode(str(end).encode()).decode()} if end < len(names) else {}
    return names[start:end], more


def _describe_bucket(bucket: VectorBucket) -> Json:
    return {
        "vectorBucketName": bucket.name,
        "vectorBucketArn": bucket_arn(bucket.name),
        "creationTime": bucket.created,
        "encryptionConfiguration": {"sseType": "AES256"},
    }


def _summarise_index(index: VectorIndex) -> Json:
    return {
        "vectorBucketName": index.bucket,
        "indexName": index.name,
        "indexArn": index.arn,
        "creationTime": index.created,
    }
