"""What every embedder must do, run against each adapter over the real botocore client with a fake wire."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.awsrequest import AWSResponse
from numpy.typing import NDArray
from PIL import Image

from runtime.vectors.embedders.words import count_tokens, cut_to_characters, cut_to_tokens
from runtime.vectors.errors import EmbeddingFailed, EmbeddingRefused, EmbeddingThrottled
from runtime.vectors.factory import open_embedder
from runtime.vectors.port import Embedder, Purpose
from runtime.vectors.settings import VectorSettings

DIMENSIONS = 256
STORE = {"backend": "s3vectors", "bucket": "shop", "index": "products"}
MODELS = {"titan": "amazon.titan-embed-image-v1", "nova": "amazon.nova-2-multimodal-embeddings-v1:0"}
PURPOSES = {"GENERIC_INDEX", "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "CLASSIFICATION"}


def direction(content: str) -> NDArray[np.float64]:
    """The same vector for the same content, not of unit length; another one for other content."""
    seed = int.from_bytes(content.encode()[:64], "big") + len(content)
    return 3 * np.random.default_rng(seed).normal(size=DIMENSIONS)


class Wire:
    """What stands where Bedrock's HTTP endpoint would: checks requests, keeps them, and answers as told."""

    def __init__(self, check: Callable[[dict[str, Any]], str], answer: Callable[[list[float]], Any]) -> None:
        self._check = check
        self._answer = answer
        self.requests: list[dict[str, Any]] = []
        self.reply: Callable[[], tuple[int, dict[str, str], bytes]] | None = None
        self.vector: list[float] | None = None

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        assert request.headers["Content-Type"] == b"application/json"
        body = json.loads(request.body)
        self.requests.append(body)
        content = self._check(body)
        if self.reply:
            status, headers, payload = self.reply()
        else:
            vector = direction(content).tolist() if self.vector is None else self.vector
            status, headers, payload = 200, {}, json.dumps(self._answer(vector)).encode()
        headers |= {"Content-Type": "application/json"}
        return AWSResponse(request.url, status, headers, Body(payload))

    def fail(self, code: str, status: int, message: str = "no") -> None:
        payload = json.dumps({"message": message}).encode()
        self.reply = lambda: (status, {"x-amzn-ErrorType": code}, payload)


class Body(io.BytesIO):
    """A response body as botocore reads it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def check_titan(body: dict[str, Any]) -> str:
    assert set(body) <= {"inputText", "inputImage", "embeddingConfig"}
    assert body["embeddingConfig"] == {"outputEmbeddingLength": DIMENSIONS}
    assert "inputText" in body or "inputImage" in body
    if "inputImage" in body:
        with Image.open(io.BytesIO(base64.b64decode(body["inputImage"], validate=True))) as image:
            assert image.format in ("JPEG", "PNG")
            assert max(image.size) <= 2048
    return str(body.get("inputText")) + str(body.get("inputImage"))[-60:]


def check_nova(body: dict[str, Any]) -> str:
    assert set(body) == {"schemaVersion", "taskType", "singleEmbeddingParams"}
    assert (body["schemaVersion"], body["taskType"]) == ("nova-multimodal-embed-v1", "SINGLE_EMBEDDING")
    parameters = body["singleEmbeddingParams"]
    assert parameters["embeddingPurpose"] in PURPOSES
    assert parameters["embeddingDimension"] == DIMENSIONS
    [modality] = set(parameters) - {"embeddingPurpose", "embeddingDimension"}
    if modality == "text":
        assert set(parameters["text"]) == {"truncationMode", "value"}
        assert parameters["text"]["truncationMode"] in ("START", "END", "NONE")
        return str(parameters["text"]["value"])
    assert modality == "image"
    assert set(parameters["image"]) == {"detailLevel", "format", "source"}
    source = parameters["image"]["source"]["bytes"]
    with Image.open(io.BytesIO(base64.b64decode(source, validate=True))) as image:
        assert parameters["image"]["format"] == str(image.format).lower()
    return str(source)[-60:]


def titan_answer(vector: list[float]) -> dict[str, Any]:
    return {"embedding": vector, "inputTextTokenCount": 3, "message": None}


def nova_answer(vector: list[float]) -> dict[str, Any]:
    return {"embeddings": [{"embeddingType": "TEXT", "embedding": vector}]}


CHECKS = {"titan": check_titan, "nova": check_nova}
ANSWERS = {"titan": titan_answer, "nova": nova_answer}


@dataclass
class Setup:
    """An embedder and the wire below it."""

    name: str
    embedder: Embedder
    wire: Wire
    regions: list[str | None] = field(default_factory=list[str | None])


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    return boto3.Session("test", "test", region_name="eu-west-1")


def set_up(name: str, session: boto3.Session) -> Setup:
    wire = Wire(CHECKS[name], ANSWERS[name])
    regions: list[str | None] = []

    def clients(service: str, region: str | None = None, /) -> Any:
        regions.append(region)
        client = session.client(service, region_name=region)
        client.meta.events.register("before-send.bedrock-runtime.InvokeModel", wire)
        return client

    embedder = {"name": name, "model_id": MODELS[name], "dimensions": DIMENSIONS, "region": "us-east-1"}
    settings = VectorSettings.model_validate({"store": STORE, "embedder": embedder})
    return Setup(name, open_embedder(settings, clients), wire, regions)


@pytest.fixture(params=["titan", "nova"])
def setup(request: pytest.FixtureRequest, session: boto3.Session) -> Setup:
    return set_up(request.param, session)


@pytest.fixture
def titan(session: boto3.Session) -> Setup:
    return set_up("titan", session)


@pytest.fixture
def nova(session: boto3.Session) -> Setup:
    return set_up("nova", session)


def picture(width: int, height: int, kind: str = "JPEG", seed: int = 0, mode: str = "RGB") -> bytes:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, size=(8, 8, len(mode)), dtype=np.uint8)
    image = Image.fromarray(small, mode=None).convert(mode).resize((width, height))
    output = io.BytesIO()
    image.save(output, kind)
    return output.getvalue()


PHOTO = picture(300, 400)


def sent_picture(setup: Setup) -> bytes:
    body = setup.wire.requests[-1]
    if setup.name == "titan":
        return base64.b64decode(body["inputImage"])
    return base64.b64decode(body["singleEmbeddingParams"]["image"]["source"]["bytes"])


def sent_text(setup: Setup) -> str:
    body = setup.wire.requests[-1]
    return body["inputText"] if setup.name == "titan" else body["singleEmbeddingParams"]["text"]["value"]


# ---- every embedder


def test_the_key_names_model_and_dimensions_and_the_region_is_the_models(setup: Setup) -> None:
    assert setup.embedder.key == f"{MODELS[setup.name]}@{DIMENSIONS}"
    assert setup.embedder.dimensions == DIMENSIONS
    assert setup.regions == ["us-east-1"]


@pytest.mark.parametrize(
    "given",
    [{"text": "red dress"}, {"image": PHOTO}, {"text": "red dress", "image": PHOTO}],
    ids=["text", "image", "both"],
)
@pytest.mark.parametrize("purpose", list(Purpose))
def test_text_pictures_and_both_give_unit_vectors(
    setup: Setup, given: dict[str, Any], purpose: Purpose
) -> None:
    vector = setup.embedder.embed(**given, purpose=purpose)
    assert vector.shape == (DIMENSIONS,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(vector, setup.embedder.embed(**given, purpose=purpose))


def test_different_inputs_give_different_vectors(setup: Setup) -> None:
    embed = setup.embedder.embed
    inputs = [embed(text="red"), embed(text="blue"), embed(image=PHOTO), embed(text="red", image=PHOTO)]
    for first in range(len(inputs)):
        for second in range(first):
            assert float(inputs[first] @ inputs[second]) < 0.99


@pytest.mark.parametrize(
    "given", [{}, {"text": ""}, {"text": " \n"}, {"image": b""}, {"text": " ", "image": b""}]
)
def test_nothing_to_embed_is_a_mistake(setup: Setup, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="text, an image or both"):
        setup.embedder.embed(**given)
    assert setup.wire.requests == []


def test_a_blank_text_beside_a_picture_is_left_out(setup: Setup) -> None:
    only_picture = setup.embedder.embed(image=PHOTO)
    np.testing.assert_array_equal(setup.embedder.embed(text="  ", image=PHOTO), only_picture)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_that_fits_is_sent_as_it_is(setup: Setup, kind: str) -> None:
    original = picture(2048, 200, kind)
    setup.embedder.embed(image=original)
    assert sent_picture(setup) == original


def test_a_large_picture_is_shrunk_in_proportion(setup: Setup) -> None:
    setup.embedder.embed(image=picture(4400, 550))
    with Image.open(io.BytesIO(sent_picture(setup))) as image:
        assert (image.format, image.size) == ("JPEG", (768, 96))
    assert len(sent_picture(setup)) < 200_000


def test_equal_large_pictures_are_sent_as_equal_bytes(setup: Setup) -> None:
    first = setup.embedder.embed(image=picture(4200, 420))
    np.testing.assert_array_equal(first, setup.embedder.embed(image=picture(4200, 420)))


def test_a_shrunk_picture_is_upright_and_on_white(setup: Setup) -> None:
    large = Image.new("RGBA", (4200, 560), (255, 0, 0, 0))
    large.paste((0, 0, 255, 255), (0, 0, 4200, 280))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    output = io.BytesIO()
    large.save(output, "PNG", exif=exif, compress_level=1)
    setup.embedder.embed(image=output.getvalue())
    with Image.open(io.BytesIO(sent_picture(setup))) as image:
        top, bottom = image.getpixel((300, 20)), image.getpixel((300, 80))
    np.testing.assert_allclose(top, (255, 255, 255), atol=6)
    np.testing.assert_allclose(bottom, (0, 0, 255), atol=6)


@pytest.mark.parametrize("broken", [b"not a picture", picture(4200, 420)[:2000], b"\xff\xd8\xff"])
def test_bytes_that_are_no_picture_are_refused(setup: Setup, broken: bytes) -> None:
    with pytest.raises(EmbeddingRefused, match="cannot be read"):
        setup.embedder.embed(image=broken)
    assert EmbeddingRefused.retryable is False


def test_a_long_text_is_cut_after_a_whole_word(setup: Setup) -> None:
    text = " ".join(f"word{number}" for number in range(5000))
    setup.embedder.embed(text=text)
    sent = sent_text(setup)
    assert text.startswith(sent + " ")
    assert count_tokens(sent) <= (256 if setup.name == "titan" else 8192)
    assert len(sent) > (500 if setup.name == "titan" else 8000)


@pytest.mark.parametrize(
    ("vector", "reason"),
    [
        ([1.0] * 10, "shape"),
        ([], "shape"),
        ([0.0] * DIMENSIONS, "zero vector"),
        ([float("nan")] * DIMENSIONS, "not finite"),
        ([1.0] * (DIMENSIONS - 1) + [float("inf")], "not finite"),
        (["a"] * DIMENSIONS, "list of numbers"),
        ([[1.0]] * DIMENSIONS, "shape"),
    ],
)
def test_an_unusable_embedding_is_a_failure(setup: Setup, vector: list[Any], reason: str) -> None:
    setup.wire.vector = vector
    with pytest.raises(EmbeddingFailed, match=reason):
        setup.embedder.embed(text="red dress")


@pytest.mark.parametrize(
    "payload", [b"", b"<html>", b"[]", b"{}", b'{"embeddings": []}', b'{"embedding": null}']
)
def test_an_answer_that_is_none_is_a_failure(setup: Setup, payload: bytes) -> None:
    setup.wire.reply = lambda: (200, {}, payload)
    with pytest.raises(EmbeddingFailed):
        setup.embedder.embed(text="red dress")


@pytest.mark.parametrize(
    ("code", "status", "message", "kind"),
    [
        ("ThrottlingException", 429, "slow down", EmbeddingThrottled),
        ("ServiceQuotaExceededException", 400, "too much today", EmbeddingThrottled),
        ("ModelNotReadyException", 429, "starting", EmbeddingThrottled),
        ("ServiceUnavailableException", 503, "later", EmbeddingThrottled),
        ("ValidationException", 400, "Malformed input request", EmbeddingRefused),
        ("ValidationException", 400, "The provided model identifier is invalid.", EmbeddingFailed),
        ("AccessDeniedException", 403, "not allowed", EmbeddingFailed),
        ("ResourceNotFoundException", 404, "no such model", EmbeddingFailed),
        ("ModelErrorException", 424, "the model broke", EmbeddingFailed),
        ("InternalServerException", 500, "oh", EmbeddingFailed),
    ],
)
def test_failures_by_what_to_do_about_them(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, code: str, status: int, message: str, kind: type[Exception]
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    setup.wire.fail(code, status, message)
    with pytest.raises(kind, match=message) as caught:
        setup.embedder.embed(text="red dress")
    assert type(caught.value) is kind
    assert caught.value.retryable is (kind is not EmbeddingRefused)


# ---- Titan


def test_titan_takes_text_and_picture_in_one_request(titan: Setup) -> None:
    titan.embedder.embed(text="red dress", image=PHOTO)
    [request] = titan.wire.requests
    assert request["inputText"] == "red dress"
    assert base64.b64decode(request["inputImage"]) == PHOTO


def test_titan_says_what_went_wrong_in_the_answer(titan: Setup) -> None:
    body = {"embedding": [1.0] * DIMENSIONS, "inputTextTokenCount": 0, "message": "could not look"}
    titan.wire.reply = lambda: (200, {}, json.dumps(body).encode())
    with pytest.raises(EmbeddingFailed, match="could not look"):
        titan.embedder.embed(text="red dress")


def test_titan_does_not_know_webp_so_it_becomes_jpeg(titan: Setup) -> None:
    titan.embedder.embed(image=picture(300, 400, "WEBP"))
    with Image.open(io.BytesIO(sent_picture(titan))) as image:
        assert (image.format, image.size) == ("JPEG", (300, 400))


# ---- Nova


def test_nova_embeds_both_and_takes_the_middle(nova: Setup) -> None:
    both = nova.embedder.embed(text="red dress", image=PHOTO)
    assert len(nova.wire.requests) == 2
    words, photo = nova.embedder.embed(text="red dress"), nova.embedder.embed(image=PHOTO)
    assert float(both @ words) == pytest.approx(float(both @ photo), abs=1e-6)
    middle = (words + photo) / np.linalg.norm(words + photo)
    np.testing.assert_allclose(both, middle, atol=1e-6)


def test_nova_cannot_join_opposite_directions(nova: Setup) -> None:
    vectors = iter([[1.0] + [0.0] * (DIMENSIONS - 1), [-1.0] + [0.0] * (DIMENSIONS - 1)])
    nova.wire.reply = lambda: (200, {}, json.dumps(nova_answer(next(vectors))).encode())
    with pytest.raises(EmbeddingFailed, match="zero vector"):
        nova.embedder.embed(text="red dress", image=PHOTO)


@pytest.mark.parametrize(
    ("purpose", "sent"), [(Purpose.INDEX, "GENERIC_INDEX"), (Purpose.QUERY, "GENERIC_RETRIEVAL")]
)
def test_nova_is_told_the_purpose(nova: Setup, purpose: Purpose, sent: str) -> None:
    nova.embedder.embed(text="red dress", purpose=purpose)
    assert nova.wire.requests[-1]["singleEmbeddingParams"]["embeddingPurpose"] == sent


def test_nova_takes_webp(nova: Setup) -> None:
    original = picture(300, 400, "WEBP")
    nova.embedder.embed(image=original)
    assert sent_picture(nova) == original


# ---- cutting texts


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("red dress", 10, "red dress"),
        ("red dress with dots", 3, "red dress"),
        ("one two three", 2, "one two"),
        ("a, b, c", 4, "a, b,"),
        ("连衣裙红色", 3, "连衣裙"),
        ("x" * 100, 5, "x" * 5),
        ("  two  spaces ", 9, "  two  spaces "),
    ],
)
def test_cutting_by_tokens(text: str, limit: int, expected: str) -> None:
    assert cut_to_tokens(text, limit) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("red dress", 9, "red dress"),
        ("red dress", 8, "red"),
        ("red dress", 3, "red"),
        ("reddress", 3, "red"),
    ],
)
def test_cutting_by_characters(text: str, limit: int, expected: str) -> None:
    assert cut_to_characters(text, limit) == expected
