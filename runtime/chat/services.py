"""The services behind the tools, reached through boto3 clients."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from runtime.chat.model import Citation
from runtime.shared.aws import is_transient
from runtime.shared.observability import followed
from runtime.wardrobe.items import clean_text

_LONGEST_PASSAGE = 1_200
_PASSAGES = 5
_PAUSE_S = 0.2


class ToolFailed(Exception):
    """A tool could not do its work; `code` and `advice` are for the model."""

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(code)
        self.code = code
        self.advice = advice


class Catalogue(Protocol):
    """Finds products. Results are those of POST /search, with gender, season, occasion, sizes and stock."""

    def search(self, user_id: str, request: Mapping[str, Any]) -> list[dict[str, Any]]: ...

    def fetch(self, user_id: str, product_ids: Sequence[str]) -> list[dict[str, Any]]: ...


class Knowledge(Protocol):
    """Finds passages in the shop's documents."""

    def retrieve(self, query: str) -> list[Citation]: ...


class Forecaster(Protocol):
    """Tells the weather, or `{"error", "message"}`."""

    def forecast(self, city: str, date: str | None) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Services:
    """What the tools work with; without a knowledge base or a forecaster, their tools are not available."""

    catalogue: Catalogue
    knowledge: Knowledge | None = None
    forecaster: Forecaster | None = None


class SearchFunction:
    """The search function, called directly. Raises ToolFailed."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def search(self, user_id: str, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self._call("search", user_id, request)

    def fetch(self, user_id: str, product_ids: Sequence[str]) -> list[dict[str, Any]]:
        return self._call("products", user_id, {"product_ids": list(product_ids)})

    def _call(self, tool: str, user_id: str, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        event = {"tool": tool, "user_id": user_id, "request": dict(request), "request_id": followed()}
        answer = invoke(self._client, self._function, event)
        problem = answer.get("problem")
        if problem is not None:
            advice = "the search did not take this" if problem.get("status", 500) < 500 else "try again later"
            raise ToolFailed("refused" if problem.get("status", 500) < 500 else "unavailable", advice)
        return list(answer["results"])


class WeatherFunction:
    """The weather function, called directly. Raises ToolFailed."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def forecast(self, city: str, date: str | None) -> dict[str, Any]:
        request = {"city": city} | ({"date": date} if date else {})
        event = {"tool": "get_weather", "request": request, "request_id": followed()}
        return invoke(self._client, self._function, event)


class KnowledgeBase:
    """Retrieve of a Bedrock knowledge base. Raises ToolFailed.

    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Retrieve.html
    """

    def __init__(self, client: Any, knowledge_base_id: str) -> None:
        self._client = client
        self._id = knowledge_base_id

    def retrieve(self, query: str) -> list[Citation]:
        answer = _call(
            lambda: self._client.retrieve(
                knowledgeBaseId=self._id,
                retrievalQuery={"text": query},
                retrievalConfiguration={"vectorSearchConfiguration": {"numberOfResults": _PASSAGES}},
            )
        )
        return [
            Citation(
                clean_text(result.get("content", {}).get("text", ""), _LONGEST_PASSAGE),
                read_source(result.get("location") or {}),
            )
            for result in answer.get("retrievalResults") or ()
        ]


def invoke(client: Any, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON answer of a function. Raises ToolFailed when it fails, takes too long or is busy."""
    payload = json.dumps(event).encode()
    answer = _call(lambda: client.invoke(FunctionName=function, Payload=payload))
    body = None if answer.get("FunctionError") else _read_object(answer["Payload"].read())
    if body is None:
        raise ToolFailed("unavailable", "it failed; go on without it")
    return body


def read_source(location: Mapping[str, Any]) -> str:
    """The file name of a document of a knowledge base."""
    uri = str((location.get("s3Location") or {}).get("uri", ""))
    return clean_text(uri.rpartition("/")[2], 200) or "knowledge base"


def _call(request: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """One call, and another one when the service was too busy; one that takes too long is not repeated."""
    for pause in (_PAUSE_S, None):
        try:
            return request()
        except ReadTimeoutError as error:
            raise ToolFailed("timeout", "it took too long; go on without it") from error
        except (ClientError, BotoCoreError) as error:
            if pause is None or not is_transient(error):
                raise ToolFailed("unavailable", "it does not answer; go on without it") from error
            time.sleep(pause)
    raise ToolFailed("unavailable", "it does not answer; go on without it")


def _read_object(text: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
