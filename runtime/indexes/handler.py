"""Makes the index of a knowledge base in OpenSearch Serverless, once, while the program is deployed.

Fields and their types: https://docs.aws.amazon.com/bedrock/latest/userguide/knowledge-base-setup.html
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from runtime.shared.opensearch import Collection, Generation, open_collection, vector_field, vector_index
from runtime.shared.settings import SettingsModel

logger = Logger()

_M = 16
_EF_CONSTRUCTION = 512
_SPARE_S = 10.0


class IndexRequest(SettingsModel):
    """Which index to make; `*_field` are the names under which Bedrock stores its parts of a passage."""

    endpoint: str = Field(pattern=r"^https?://[^?#]+$")
    region: str = Field(min_length=1)
    index: str = Field(min_length=1)
    generation: Generation
    dimensions: int = Field(ge=1, le=16_000)
    vector_field: str = Field(min_length=1)
    text_field: str = Field(min_length=1)
    metadata_field: str = Field(min_length=1)


def index_body(request: IndexRequest) -> dict[str, Any]:
    """Settings and mappings as Bedrock wants them: it measures Euclidean distance, and adds fields itself."""
    vector = vector_field(
        request.generation, request.dimensions, space="l2", m=_M, ef_construction=_EF_CONSTRUCTION
    )
    body = vector_index(
        {
            request.vector_field: vector,
            request.text_field: {"type": "text"},
            request.metadata_field: {"type": "text", "index": False},
        }
    )
    return body | {"mappings": body["mappings"] | {"dynamic": True}}


def make_index(request: IndexRequest, collection: Collection) -> dict[str, Any]:
    """Make the index unless it is there. Raises CollectionUnavailable and CollectionRefused."""
    created = collection.create_index(request.index, index_body(request))
    return {"index": request.index, "created": created}


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point: an IndexRequest in, what was done out. It waits as long as the function may."""
    request = IndexRequest.model_validate(event)
    patience = max(1.0, context.get_remaining_time_in_millis() / 1000 - _SPARE_S)
    collection = open_collection(
        request.endpoint, request.region, patience_s=patience, passing=frozenset({401, 403})
    )
    done = make_index(request, collection)
    logger.info("index made" if done["created"] else "index was there", index=request.index)
    return done
