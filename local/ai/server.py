"""Serves the AI services' stand-ins under their real wire protocols, on one local address."""

import base64
import binascii
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import uvicorn
from botocore.exceptions import BotoCoreError, ClientError
from PIL import Image, UnidentifiedImageError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ai import availability, images, s3vectors, training_jobs, weather_service
from local.ai.embedder import FashionEmbedder
from local.ai.gate import AccessDenied, Gate
from local.ai.knowledge import service as knowledge
from local.ai.knowledge.bases import KnowledgeBases
from local.ai.opensearch import control
from local.ai.opensearch.proxy import ServerlessProxy
from local.ai.personalize import service as personalize
from local.ai.personalize.state import Shop
from local.ai.stylist import service as stylist
from local.ai.stylist.guardrails import GuardrailStore
from local.ai.stylist.guardrails import routes as guardrail_routes
from local.ai.tryon import endpoint as try_on_endpoint
from local.ai.tryon import wire as try_on
from local.ai.wire import ServiceError, error_response, invalid, not_found
from local.config import ACCOUNT, HOST, LocalConfig, read_config
from local.faults import FaultInjector
from local.resources.base import ROOT_KEY, emulator_client

Invoke = Callable[[dict[str, Any]], dict[str, Any]]


class Refused(Exception):
    """A request that the real model would refuse with ValidationException."""


_MALFORMED = (
    Refused,
    images.BadRequest,
    UnidentifiedImageError,
    json.JSONDecodeError,
    KeyError,
    TypeError,
)


@dataclass(frozen=True, slots=True)
class EmbeddingModels:
    """The embedding models' wire formats over the local embedder (schemas: the models' user guides)."""

    embedder: FashionEmbedder

    def titan(self, body: dict[str, Any]) -> dict[str, Any]:
        text, image = body.get("inputText"), body.get("inputImage")
        if not text and not image:
            raise Refused("at least one of inputText and inputImage is required")
        dimensions = body.get("embeddingConfig", {}).get("outputEmbeddingLength", 1024)
        if dimensions not in (256, 384, 1024):
            raise Refused(f"outputEmbeddingLength {dimensions} is not one of 256, 384, 1024")
        vector = self._embed(text, _decode(image) if image else None, dimensions)
        return {"embedding": vector, "inputTextTokenCount": len((text or "").split()), "message": None}

    def nova(self, body: dict[str, Any]) -> dict[str, Any]:
        parameters = body.get("singleEmbeddingParams") or {}
        modalities = [kind for kind in ("text", "image", "audio", "video") if kind in parameters]
        if body.get("taskType") != "SINGLE_EMBEDDING" or modalities not in (["text"], ["image"]):
            raise Refused("taskType SINGLE_EMBEDDING with exactly one of text and image is required")
        dimensions = parameters.get("embeddingDimension", 3072)
        if dimensions not in (256, 384, 1024):
            raise Refused(f"the local model has 256, 384 or 1024 dimensions, not {dimensions}")
        text = parameters["text"]["value"] if modalities == ["text"] else None
        image = _decode(parameters["image"]["source"]["bytes"]) if modalities == ["image"] else None
        kind = modalities[0].upper()
        return {"embeddings": [{"embeddingType": kind, "embedding": self._embed(text, image, dimensions)}]}

    def _embed(self, text: str | None, image: bytes | None, dimensions: int) -> list[float]:
        try:
            return self.embedder.embed(text=text, image_bytes=image, dimensions=dimensions).tolist()
        except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
            raise Refused(f"the image cannot be read: {error}") from error


def _decode(encoded: str) -> bytes:
    try:
        picture = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Refused("the image is not base64") from error
    return picture


def _remote(config: LocalConfig, region: str) -> Callable[[str, bytes], Response]:
    """InvokeModel on AWS with the developer's own credentials (`MODELS=bedrock`)."""
    client = boto3.Session().client("bedrock-runtime", region_name=region, endpoint_url=None)

    def invoke(model: str, body: bytes) -> Response:
        answer = client.invoke_model(modelId=model, body=body)
        return Response(answer["body"].read(), media_type=answer["contentType"])

    return invoke


def build_app(config: LocalConfig, region: str) -> FaultInjector:
    """The application: Bedrock's InvokeModel and S3 Vectors, each behind the caller's permissions."""
    gate = Gate(config.emulator_url, emulator_client(config.emulator_url, region, "iam"), ROOT_KEY)
    embedding = EmbeddingModels(FashionEmbedder.load())
    models: dict[str, Invoke] = {
        "amazon.titan-embed-image-v1": embedding.titan,
        "amazon.nova-2-multimodal-embeddings-v1:0": embedding.nova,
        **dict.fromkeys(images.MODEL_IDS, images.generate),
        **try_on.MODELS,
    }
    remote = _remote(config, region) if config.models == "bedrock" else None

    def invoke(model: str, authorization: str, body: bytes) -> Response:
        try:
            for arn in stylist.model_arns(model, signed_region(authorization, region), ACCOUNT):
                gate.check(authorization, "bedrock:InvokeModel", arn)
            if remote:
                return remote(model, body)
            if model not in models:
                raise not_found(f"there is no local model {model}")
            return JSONResponse(models[model](json.loads(body)))
        except (AccessDenied, ServiceError) as error:
            return error_response(error)
        except _MALFORMED as error:
            return error_response(invalid(str(error)))
        except ClientError as error:
            detail, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            return error_response(ServiceError(detail["Code"], status, detail["Message"]))
        except BotoCoreError as error:
            problem = f"Bedrock cannot be reached: {error}"
            return error_response(ServiceError("ServiceUnavailableException", 503, problem))

    async def invoke_model(request: Request) -> Response:
        authorization = request.headers.get("authorization", "")
        return await run_in_threadpool(
            invoke, request.path_params["model"], authorization, await request.body()
        )

    guardrails = GuardrailStore(region, ACCOUNT)
    documents = KnowledgeBases(lambda _: emulator_client(config.emulator_url, region, "s3"))
    vectors_file = config.folder / "state" / "s3vectors.json"
    vectors = s3vectors.restore(json.loads(vectors_file.read_text()) if vectors_file.is_file() else {})

    shop_file = config.folder / "state" / "personalize.json"
    shop = Shop(region, ACCOUNT)
    if shop_file.is_file():
        shop.restore(json.loads(shop_file.read_text()))

    def read_object(bucket: str, key: str) -> bytes:
        s3 = emulator_client(config.emulator_url, region, "s3")
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def write_object(bucket: str, key: str, body: bytes) -> None:
        emulator_client(config.emulator_url, region, "s3").put_object(Bucket=bucket, Key=key, Body=body)

    jobs = training_jobs.Jobs(region, ACCOUNT)

    @asynccontextmanager
    async def keep_state(_app: Starlette) -> AsyncGenerator[None, None]:
        yield
        vectors_file.parent.mkdir(exist_ok=True)
        if vectors.buckets:
            vectors_file.write_text(json.dumps(s3vectors.dump(vectors)))
        if shop.things:
            shop_file.write_text(json.dumps(shop.dump()))

    collections = control.Collections(config.ai_url, region, ACCOUNT)

    def guard(authorization: str, collection: str, permission: str, index: str) -> None:
        collections.check(gate.check, gate.role_of, authorization, (collection, permission, index))

    opensearch = ServerlessProxy(config.opensearch_url, guard)

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    app = Starlette(
        routes=[
            Route("/_local/health", health),
            Route("/model/{model:path}/invoke", invoke_model, methods=["POST"]),
            *availability.routes(gate.check, default_region=region),
            *stylist.routes(guardrails, gate.check, region=region, account=ACCOUNT),
            *guardrail_routes(guardrails, gate.check),
            *knowledge.routes(documents, gate.check, region=region, account=ACCOUNT),
            *weather_service.routes(),
            *s3vectors.routes(vectors, gate.check),
            *control.routes(collections, gate.check),
            *opensearch.routes(),
            *personalize.routes(shop, read_object, gate.check),
            *training_jobs.routes(jobs, read_object, write_object, gate.check),
            *try_on_endpoint.routes(gate.check, region=region, account=ACCOUNT),
        ],
        lifespan=keep_state,
    )
    return FaultInjector(app, exempt_key=ROOT_KEY)  # pyright: ignore[reportArgumentType]  (Starlette is an ASGI app)


def signed_region(authorization: str, default: str) -> str:
    """The region that a request was signed for: a model of another region is called there."""
    parts = authorization.partition("Credential=")[2].split("/")
    return parts[2] if len(parts) > 3 else default


def main() -> None:
    """Serve until SIGTERM."""
    config = read_config()
    uvicorn.run(
        build_app(config, "us-east-1"), host=HOST, port=config.ai_port, log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()
