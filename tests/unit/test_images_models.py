"""Image models: what is sent, against the documented schemas, and what is made of every kind of answer."""

import io
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from PIL import Image

from runtime.images.factory import open_client, open_model
from runtime.images.models.nova_canvas import NovaCanvasModel, fit_sides
from runtime.images.models.stability import StabilityModel
from runtime.images.port import ImageError, ImageFailed, ImageFiltered, ImageModel, ImageThrottled, Words
from runtime.images.request import AspectRatio
from tests.unit.shop import draw, to_base64

STABILITY = (
    "stability.stable-image-core-v1:1",
    "stability.stable-image-ultra-v1:1",
    "stability.sd3-5-large-v1:0",
)
NOVA = "amazon.nova-canvas-v1:0"
WORDS = Words("a red dress", "text, blur")
PICTURE = to_base64(draw(side=512))


@dataclass
class FakeBedrock:
    """Answers InvokeModel with JSON, bytes or an exception."""

    answer: Any
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def invoke_model(self, *, modelId: str, body: bytes, contentType: str, accept: str) -> dict[str, Any]:
        assert (contentType, accept) == ("application/json", "application/json")
        self.bodies.append(json.loads(body) | {"_model": modelId})
        if isinstance(self.answer, Exception):
            raise self.answer
        payload = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return {"body": io.BytesIO(payload)}


def client_error(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "InvokeModel")


def stability_answer(picture: Any = PICTURE, reason: str | None = None) -> dict[str, Any]:
    return {"seeds": [7], "finish_reasons": [reason], "images": [picture]}


@pytest.mark.parametrize("model_id", STABILITY)
@pytest.mark.parametrize("ratio", list(AspectRatio))
def test_stability_requests_have_the_documented_fields(model_id: str, ratio: AspectRatio) -> None:
    bedrock = FakeBedrock(stability_answer())
    assert StabilityModel(bedrock, model_id).make(WORDS, ratio, 4_294_967_294) == draw(side=512)
    mode = {"mode": "text-to-image"} if "sd3-5" in model_id else {}
    assert bedrock.bodies == [
        {
            "_model": model_id,
            "prompt": "a red dress",
            "negative_prompt": "text, blur",
            "aspect_ratio": ratio.value,
            "seed": 4_294_967_294,
            "output_format": "png",
            **mode,
        }
    ]
    assert ratio.value in {"16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"}


@pytest.mark.parametrize("ratio", list(AspectRatio))
def test_nova_canvas_requests_have_the_documented_fields(ratio: AspectRatio) -> None:
    bedrock = FakeBedrock({"images": [PICTURE]})
    NovaCanvasModel(bedrock, NOVA).make(WORDS, ratio, 12)
    (body,) = bedrock.bodies
    width, height = fit_sides(ratio)
    assert body == {
        "_model": NOVA,
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "a red dress", "negativeText": "text, blur"},
        "imageGenerationConfig": {
            "width": width,
            "height": height,
            "quality": "standard",
            "cfgScale": 6.5,
            "seed": 12,
            "numberOfImages": 1,
        },
    }
    across, down = ratio.sides
    assert width % 16 == height % 16 == 0
    assert 320 <= width <= 4096
    assert 320 <= height <= 4096
    assert width * height < 4_194_304
    assert width / height == pytest.approx(across / down, rel=0.03)


def test_an_empty_negative_prompt_is_left_out() -> None:
    bedrock = FakeBedrock(stability_answer())
    StabilityModel(bedrock, STABILITY[0]).make(Words("a"), AspectRatio.SQUARE, 1)
    assert "negative_prompt" not in bedrock.bodies[0]
    canvas = FakeBedrock({"images": [PICTURE]})
    NovaCanvasModel(canvas, NOVA).make(Words("a"), AspectRatio.SQUARE, 1)
    assert "negativeText" not in canvas.bodies[0]["textToImageParams"]


BUSY = ("ThrottlingException", "ServiceQuotaExceededException", "ModelNotReadyException")
FAILURES: list[tuple[Any, type[ImageError], bool]] = [
    *((client_error(code), ImageThrottled, False) for code in BUSY),
    (client_error("AccessDeniedException"), ImageFailed, False),
    (client_error("ResourceNotFoundException", "marked by provider as Legacy"), ImageFailed, False),
    (client_error("ValidationException", "malformed"), ImageFailed, False),
    (client_error("ValidationException", "Blocked by our content filters"), ImageFiltered, False),
    (client_error("InternalServerException"), ImageFailed, True),
    (EndpointConnectionError(endpoint_url="https://b"), ImageFailed, False),
    (ReadTimeoutError(endpoint_url="https://b"), ImageFailed, True),
    (b"<html>", ImageFailed, True),
    (b"[1]", ImageFailed, True),
    ({}, ImageFailed, True),
]


@pytest.mark.parametrize(("answer", "kind", "billed"), FAILURES)
@pytest.mark.parametrize(
    "adapter", [lambda c: StabilityModel(c, STABILITY[1]), lambda c: NovaCanvasModel(c, NOVA)]
)
def test_failures_of_a_call(
    answer: Any, kind: type[ImageError], billed: bool, adapter: Callable[[Any], ImageModel]
) -> None:
    with pytest.raises(kind) as caught:
        adapter(FakeBedrock(answer)).make(WORDS, AspectRatio.SQUARE, 1)
    assert caught.value.billed is billed


@pytest.mark.parametrize(
    ("answer", "kind", "billed"),
    [
        ({"seeds": [1], "finish_reasons": ["Filter reason: prompt"]}, ImageFiltered, False),
        ({"seeds": [1], "finish_reasons": ["Filter reason: output image"]}, ImageFiltered, True),
        (stability_answer(reason="Filter reason: prompt"), ImageFiltered, False),
        (stability_answer(reason="Inference error"), ImageFailed, True),
        (stability_answer("%%%"), ImageFailed, True),
        (stability_answer(""), ImageFailed, True),
        (stability_answer(7), ImageFailed, True),
        (stability_answer(to_base64(b"hello")), ImageFailed, True),
        (stability_answer(to_base64(draw(side=512)[:-900])), ImageFailed, True),
        (stability_answer(to_base64(draw(side=64))), ImageFailed, True),
        (stability_answer(to_base64(draw(side=512, kind="WEBP"))), ImageFailed, True),
        (stability_answer(to_base64(draw(side=2_100))), ImageFailed, True),
        ({"finish_reasons": [None], "images": []}, ImageFailed, True),
        ({"finish_reasons": "x", "images": "y"}, ImageFailed, True),
    ],
)
def test_stability_answers_without_a_usable_picture(
    answer: Any, kind: type[ImageError], billed: bool
) -> None:
    with pytest.raises(kind) as caught:
        StabilityModel(FakeBedrock(answer), STABILITY[0]).make(WORDS, AspectRatio.SQUARE, 1)
    assert caught.value.billed is billed


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"images": [], "error": "Some images were blocked by our AI content filters"}, ImageFiltered),
        ({"error": "something broke"}, ImageFailed),
        ({"images": []}, ImageFailed),
    ],
)
def test_nova_canvas_answers_without_a_usable_picture(answer: Any, kind: type[ImageError]) -> None:
    with pytest.raises(kind):
        NovaCanvasModel(FakeBedrock(answer), NOVA).make(WORDS, AspectRatio.SQUARE, 1)


def test_jpeg_is_a_picture_too() -> None:
    file = io.BytesIO()
    Image.new("RGB", (640, 512), "teal").save(file, "JPEG")
    answer = stability_answer(b64encode(file.getvalue()).decode())
    made = StabilityModel(FakeBedrock(answer), STABILITY[2]).make(WORDS, AspectRatio.SQUARE, 1)
    assert made == file.getvalue()


@pytest.mark.parametrize(
    ("model_id", "adapter", "limit"),
    [*((each, StabilityModel, 10_000) for each in STABILITY), (NOVA, NovaCanvasModel, 1_024)],
)
def test_the_factory_knows_the_models(
    model_id: str, adapter: type[ImageModel], limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    model = open_model(model_id, "us-west-2")
    assert isinstance(model, adapter)
    assert (model.model_id, model.prompt_limit) == (model_id, limit)


def test_the_factory_refuses_what_makes_no_picture_from_words() -> None:
    for model_id in ("us.stability.stable-image-inpaint-v1:0", "amazon.titan-embed-image-v1"):
        with pytest.raises(ValueError, match="no adapter"):
            open_model(model_id, "us-west-2")


def test_a_call_is_never_repeated_by_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    client = open_client("us-west-2")
    assert client.meta.config.retries["total_max_attempts"] == 1
    assert client.meta.region_name == "us-west-2"
