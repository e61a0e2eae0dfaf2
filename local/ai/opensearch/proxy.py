"""What stands between a caller and the node, so that the node behaves like a serverless vector collection.

Operations:
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html; what vector
collections refuse:
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-vector-search.html. Where the
two generations differ, the stricter one is followed: no custom ids, no updates, no scripts, no vectors in an
answer that does not ask for them.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ai.gate import AccessDenied

Json = dict[str, Any]
Guard = Callable[[str, str, str, str], None]
"""Given the header `authorization`, a collection, a permission of data access policies such as
`aoss:ReadDocument` and an index; raises AccessDenied."""

LARGEST_REQUEST = 10 * 1024 * 1024
_INDEX = r"(?P<index>[a-z0-9][a-z0-9_.-]*)"
_OPERATIONS: tuple[tuple[str, str, str], ...] = (
    ("PUT", _INDEX, "aoss:CreateIndex"),
    ("DELETE", _INDEX, "aoss:DeleteIndex"),
    ("HEAD", _INDEX, "aoss:DescribeIndex"),
    ("GET", rf"{_INDEX}(/_mappings?|/_settings)?", "aoss:DescribeIndex"),
    ("GET", rf"{_INDEX}/(_search|_count)", "aoss:ReadDocument"),
    ("POST", rf"{_INDEX}/(_search|_count)", "aoss:ReadDocument"),
    ("POST", rf"{_INDEX}/(_bulk|_doc)", "aoss:WriteDocument"),
    ("DELETE", rf"{_INDEX}/_doc/[^/]+", "aoss:WriteDocument"),
)
_FIXED_SETTINGS = ("number_of_shards", "number_of_replicas", "refresh_interval")


class Refused(Exception):
    """An answer other than success: HTTP status, the service's kind of error and a message."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


def _bad(message: str) -> Refused:
    return Refused(400, "illegal_argument_exception", message)


@dataclass
class ServerlessProxy:
    """Hands requests to the node at `node_url`; each collection has indexes of its own there.

    With `refresh_interval` -1 nothing written is seen before `refresh`; with `at_once` everything is.
    """

    node_url: str
    guard: Guard | None = None
    refresh_interval: str = "1s"
    at_once: bool = False
    requests: list[str] = field(default_factory=list[str])
    """The operations asked for, in order, as `METHOD permission`."""
    _unseen: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self._node = httpx.Client(base_url=self.node_url, timeout=60)

    def routes(self, prefix: str = "/aoss") -> list[Route]:
        """Everything below `<prefix>/<collection>/`."""
        methods = ["GET", "HEAD", "PUT", "POST", "DELETE"]
        return [Route(f"{prefix}/{{collection}}/{{path:path}}", self._answer, methods=methods)]

    def refresh(self) -> None:
        """Let everything written so far be seen."""
        httpx.post(f"{self.node_url}/_refresh", timeout=60).raise_for_status()

    def close(self) -> None:
        """End the connections to the node."""
        self._node.close()

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        try:
            return await run_in_threadpool(self._pass_on, request, body)
        except AccessDenied as error:
            return _error(403, "authorization_exception", str(error))
        except Refused as refused:
            return _error(refused.status, refused.kind, str(refused))
        except httpx.TransportError:
            return _error(503, "service_unavailable", "the collection does not answer")

    def _pass_on(self, request: Request, body: bytes) -> Response:
        collection, path = request.path_params["collection"], request.path_params["path"].strip("/")
        index, permission = _operation(request.method, path)
        self.requests.append(f"{request.method} {permission}")
        if self.guard:
            self.guard(request.headers.get("authorization", ""), collection, permission, index)
        if "refresh" in request.query_params:
            raise _bad("refresh is not supported: documents are seen after the index's refresh interval")
        if len(body) > LARGEST_REQUEST:
            raise Refused(413, "request_entity_too_large", "a request may have 10 MiB")
        own = f"{collection}.{index}"
        body = self._translate(request.method, path, own, body)
        rest = path.removeprefix(index)
        answer = self._node.request(
            request.method,
            f"/{own}{rest}",
            content=body,
            headers={"content-type": request.headers.get("content-type", "application/json")},
        )
        if permission == "aoss:WriteDocument":
            self._unseen.add(own)
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))

    def _translate(self, method: str, path: str, own: str, body: bytes) -> bytes:
        if method == "PUT":
            return json.dumps(self._index_body(_read(body))).encode()
        if path.endswith("/_bulk"):
            _check_bulk(body)
        elif path.endswith(("/_search", "/_count")):
            return self._query(path, own, _read(body or b"{}"))
        return body

    def _index_body(self, body: Json) -> Json:
        settings = dict(body.get("settings", {}))
        settings = dict(settings.get("index", {})) | {
            name.removeprefix("index."): value for name, value in settings.items() if name != "index"
        }
        for name in _FIXED_SETTINGS:
            if name in settings:
                raise _bad(f"index.{name} is managed by the service")
        # One shard as here there is one node.
        own: Json = {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "refresh_interval": self.refresh_interval,
        }
        mappings = body.get("mappings", {})
        fields = {
            name: _vector_field(each) if each.get("type") == "knn_vector" else each
            for name, each in mappings.get("properties", {}).items()
        }
        return body | {
            "settings": {"index": settings | own},
            "mappings": mappings | {"properties": fields},
        }

    def _query(self, path: str, own: str, body: Json) -> bytes:
        if any(key in ("script", "script_score", "script_fields") for key in _keys(body)):
            raise _bad("vector search collections support neither inline nor stored scripts")
        if self.at_once and own in self._unseen:
            self._unseen.discard(own)
            self._node.post(f"/{own}/_refresh")
        if path.endswith("/_search") and "_source" not in body:
            body["_source"] = {"excludes": self._vector_fields(own)}
        return json.dumps(body).encode()

    def _vector_fields(self, own: str) -> list[str]:
        answer = self._node.get(f"/{own}/_mapping")
        mappings = answer.json().get(own, {}).get("mappings", {})
        return [
            name for name, each in mappings.get("properties", {}).items() if each.get("type") == "knn_vector"
        ]


def _operation(method: str, path: str) -> tuple[str, str]:
    """The index and the permission of an operation that the service offers."""
    for known, pattern, permission in _OPERATIONS:
        if method == known and (match := re.fullmatch(pattern, path)) and not path.startswith("_"):
            return match["index"], permission
    raise Refused(404, "not_found", f"{method} /{path} is not supported by OpenSearch Serverless")


def _read(body: bytes) -> Json:
    try:
        content = json.loads(body)
    except ValueError as error:
        raise _bad(f"the body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise _bad("the body is not a JSON object")
    return content


def _vector_field(declared: Json) -> Json:
    """The mapping for the node, whose one engine is Lucene."""
    method = declared.get("method", {"name": "hnsw"})
    if method.get("engine", "faiss") != "faiss" or method.get("name", "hnsw") != "hnsw":
        raise _bad("vector search collections support only HNSW with faiss")
    return declared | {"method": method | {"engine": "lucene"}}


def _check_bulk(body: bytes) -> None:
    lines = iter(body.splitlines())
    for line in lines:
        (name, action) = next(iter(_read(line).items()))
        if name not in ("index", "create", "delete"):
            raise _bad(f"{name} is not supported in vector search collections")
        if name == "delete":
            continue
        if "_id" in action:
            raise _bad("Document ID is not supported in create/index operation request")
        next(lines, None)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _keys(each)
    elif isinstance(value, list):
        for each in value:
            yield from _keys(each)


def _error(status: int, kind: str, message: str) -> Response:
    return JSONResponse({"error": {"type": kind, "reason": message}, "status": status}, status)
