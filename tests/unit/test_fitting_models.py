"""The try-on adapters: what is sent, against botocore's shapes, and what is made of every kind of answer."""

import base64
import io
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from PIL import Image

from local.ai.images.wire import BadRequest
from local.ai.tryon import wire
from local.demo.people import PEOPLE, draw_person
from runtime.fitting.checks import BACKGROUND_CHANGED, BROKEN, COLORS_MISSING, FACE_CHANGED, check_look
from runtime.fitting.faces import find_face
from runtime.fitting.factory import open_model
from runtime.fitting.garments import GarmentClass
from runtime.fitting.models.compose import ComposeModel
from runtime.fitting.models.nova_canvas import NovaCanvasModel
from runtime.fitting.models.sagemaker import SageMakerModel
from runtime.fitting.outfit import LABEL, dress
from runtime.fitting.parameters import TryOnParameters
from runtime.fitting.pixels import encode_png, open_photo, read_mask
from runtime.fitting.port import (
    Garment,
    Rendered,
    RenderRequest,
    TryOnError,
    TryOnForbidden,
    TryOnGarbage,
    TryOnModel,
    TryOnRefused,
    TryOnUnavailable,
)
from runtime.fitting.settings import ComposeSettings, NovaCanvasSettings, SageMakerSettings
from runtime.fitting.told import Step
from runtime.shared.aws import Clients
from tests.unit.chat_doubles import check_request

COMPOSE = ComposeSettings(
    provider="compose",
    region="us-east-1",
    timeout_s=60,
    cutout_model=wire.CUTOUT,
    inpaint_model=wire.INPAINT,
    cutout_price_usd=0.07,
    inpaint_price_usd=0.07,
)
NOVA = NovaCanvasSettings(
    provider="nova-canvas", region="us-east-1", timeout_s=60, model_id=wire.NOVA_CANVAS, price_usd=0.08
)
SAGEMAKER = SageMakerSettings(
    provider="sagemaker", region="us-east-1", timeout_s=60, endpoint="Try-On", price_usd=0.02
)
RED = (176, 30, 44)
SIZE = (384, 576)


@dataclass
class FakeAws:
    """Both runtimes at once: answers like the stand-ins, or with what is given; checks requests' shapes."""

    answer: Any = None
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def invoke_model(self, **request: Any) -> dict[str, Any]:
        check_request("bedrock-runtime", "InvokeModel", request)
        body = json.loads(request["body"])
        self.bodies.append(body)
        return {"body": self._reply(wire.MODELS[request["modelId"]], body)}

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        check_request("sagemaker-runtime", "InvokeEndpoint", request)
        body = json.loads(request["Body"])
        self.bodies.append(body)
        return {"Body": self._reply(wire.endpoint, body)}

    def _reply(self, stand_in: Any, body: dict[str, Any]) -> io.BytesIO:
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, bytes):
            return io.BytesIO(self.answer)
        return io.BytesIO(json.dumps(stand_in(body) if self.answer is None else self.answer).encode())


def models(aws: FakeAws) -> dict[str, TryOnModel]:
    return {
        "compose": ComposeModel(aws, COMPOSE),
        "nova-canvas": NovaCanvasModel(aws, NOVA),
        "sagemaker": SageMakerModel(aws, SAGEMAKER),
    }


PROVIDERS = ("compose", "nova-canvas", "sagemaker")


def draw_shirt(color: tuple[int, int, int] = RED) -> bytes:
    """A T-shirt laid on a table, with some weave."""
    y, x = np.mgrid[0:400, 0:400]
    body = (np.abs(x - 200) < 95) & (y > 70) & (y < 350)
    arms = (np.abs(x - 200) < 175) & (y > 70 + (np.abs(x - 200) - 60) * 0.25) & (y < 165)
    picture = np.full((400, 400, 3), (226, 222, 214), dtype=np.float32)
    picture[body | arms] = color
    picture += np.random.default_rng(2).normal(0, 3, picture.shape)
    return encode_png(Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)))


@pytest.fixture(scope="module")
def person() -> bytes:
    return encode_png(draw_person(PEOPLE[0]).resize(SIZE))


@pytest.fixture(scope="module")
def request_(person: bytes) -> RenderRequest:
    shirt = Garment(draw_shirt(), GarmentClass.SHORT_SLEEVE_SHIRT, "a red T-shirt")
    return RenderRequest(person, shirt, TryOnParameters(), 11)


@pytest.fixture(scope="module")
def rendered(request_: RenderRequest) -> Rendered:
    return models(FakeAws())["compose"].render(request_)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_provider_puts_the_garment_on(provider: str, request_: RenderRequest) -> None:
    aws = FakeAws()
    made = models(aws)[provider].render(request_)
    before, after = np.asarray(open_photo(request_.person)), np.asarray(open_photo(made.image))
    mask = read_mask(made.mask) > 127
    assert (before[~mask] == after[~mask]).all()
    assert 0.03 < mask.mean() < 0.4
    assert check_look(request_, made) == ()
    red = (after[..., 0].astype(int) - after[..., 1] > 70) & mask
    assert red.sum() > 0.5 * mask.sum()
    assert made.seed == 11 and made.cost_usd > 0


def test_the_face_stays_to_the_pixel(request_: RenderRequest, rendered: Rendered) -> None:
    face = find_face(open_photo(request_.person))
    assert face is not None
    box = (
        round(face.x - 0.6 * face.half_width),
        round(face.y - 0.6 * face.half_height),
        round(face.x + 0.6 * face.half_width),
        round(face.y + 0.6 * face.half_height),
    )
    before, after = open_photo(request_.person).crop(box), open_photo(rendered.image).crop(box)
    assert before.tobytes() == after.tobytes()


def test_cut_outs_are_paid_once(request_: RenderRequest) -> None:
    model = models(FakeAws())["compose"]
    assert model.render(request_).cost_usd == pytest.approx(0.21)
    assert model.render(request_).cost_usd == pytest.approx(0.07)


def test_nova_canvas_gets_the_documented_fields(request_: RenderRequest) -> None:
    aws = FakeAws()
    NovaCanvasModel(aws, NOVA).render(request_)
    (body,) = aws.bodies
    fields = body["virtualTryOnParams"]
    assert body["taskType"] == "VIRTUAL_TRY_ON"
    assert body["imageGenerationConfig"]["seed"] == 11
    assert fields["maskType"] == "GARMENT"
    assert fields["garmentBasedMask"] == {"maskShape": "DEFAULT", "garmentClass": "SHORT_SLEEVE_SHIRT"}
    assert fields["maskExclusions"]["preserveFace"] == "DEFAULT" and fields["mergeStyle"] == "BALANCED"
    assert "width" not in body["imageGenerationConfig"]


def test_what_has_no_class_is_asked_for_with_words(person: bytes) -> None:
    aws = FakeAws({"images": [], "error": "none"})
    hat = RenderRequest(person, Garment(draw_shirt(), GarmentClass.HAT), TryOnParameters(), 1)
    with pytest.raises(TryOnRefused):
        NovaCanvasModel(aws, NOVA).render(hat)
    mask = aws.bodies[0]["virtualTryOnParams"]["promptBasedMask"]
    assert mask["maskPrompt"] == "the hat and the hair on top of the head"


def client_error(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Invoke")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("answer", "kind", "billed"),
    [
        (client_error("ThrottlingException"), TryOnUnavailable, False),
        (client_error("ServiceUnavailableException"), TryOnUnavailable, False),
        (client_error("AccessDeniedException"), TryOnForbidden, False),
        (client_error("ResourceNotFoundException"), TryOnForbidden, False),
        (client_error("ValidationException", "Blocked by our content filters"), TryOnRefused, False),
        (client_error("ValidationError", "too small"), TryOnRefused, False),
        (client_error("ModelErrorException"), TryOnGarbage, True),
        (ReadTimeoutError(endpoint_url="https://x"), TryOnUnavailable, True),
        (EndpointConnectionError(endpoint_url="https://x"), TryOnUnavailable, False),
        (b"<html>", TryOnGarbage, True),
        (b"[1]", TryOnGarbage, True),
        ({}, TryOnGarbage, True),
        ({"images": ["no base64!"]}, TryOnGarbage, True),
        ({"images": [base64.b64encode(b"no picture").decode()]}, TryOnGarbage, True),
    ],
)
def test_failures_keep_their_meaning(
    provider: str, answer: Any, kind: type[TryOnError], billed: bool, request_: RenderRequest
) -> None:
    with pytest.raises(TryOnError) as failed:
        models(FakeAws(answer))[provider].render(request_)
    assert type(failed.value) is kind
    assert (failed.value.cost_usd > 0) == billed


class Busy(FakeAws):
    """Throttles some calls, counted from 1."""

    def __init__(self, *throttled: int) -> None:
        super().__init__()
        self.throttled = throttled

    def _reply(self, stand_in: Any, body: dict[str, Any]) -> io.BytesIO:
        if len(self.bodies) in self.throttled:
            raise client_error("ThrottlingException")
        return super()._reply(stand_in, body)


def test_what_was_paid_for_is_not_thrown_away_because_the_next_model_is_busy(request_: RenderRequest) -> None:
    pauses: list[float] = []
    rendered = ComposeModel(Busy(2, 4, 5), COMPOSE, pauses.append).render(request_)
    undisturbed = ComposeModel(FakeAws(), COMPOSE).render(request_)
    assert (rendered.image, rendered.cost_usd) == (undisturbed.image, undisturbed.cost_usd)
    assert len(pauses) == 3


def test_a_model_that_stays_busy_is_given_up(request_: RenderRequest) -> None:
    pauses: list[float] = []
    with pytest.raises(TryOnUnavailable) as late:
        ComposeModel(Busy(*range(2, 20)), COMPOSE, pauses.append).render(request_)
    assert late.value.cost_usd == COMPOSE.cutout_price_usd
    assert len(pauses) == 4
    assert pauses == sorted(pauses)
    with pytest.raises(TryOnUnavailable) as early:
        ComposeModel(Busy(1), COMPOSE, pauses.append).render(request_)
    assert (early.value.cost_usd, len(pauses)) == (0.0, 4)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("Filter reason: input image", TryOnRefused), ("Inference error", TryOnGarbage)],
)
def test_stability_says_why_it_made_nothing(
    reason: str, kind: type[TryOnError], request_: RenderRequest
) -> None:
    aws = FakeAws({"seeds": [1], "finish_reasons": [reason]})
    with pytest.raises(kind):
        ComposeModel(aws, COMPOSE).render(request_)


def test_policy_words_of_nova_canvas_are_a_refusal(request_: RenderRequest) -> None:
    aws = FakeAws({"images": [], "error": "in conflict with our responsible AI policy"})
    with pytest.raises(TryOnRefused, match="safety filter"):
        NovaCanvasModel(aws, NOVA).render(request_)


def test_what_the_photo_does_not_show_is_refused_with_advice(person: bytes) -> None:
    upper = encode_png(open_photo(person).crop((0, 0, SIZE[0], 248)))
    shoes = Garment(draw_shirt(), GarmentClass.SHOES)
    with pytest.raises(TryOnRefused, match="does not show your feet"):
        ComposeModel(FakeAws(), COMPOSE).render(RenderRequest(upper, shoes, TryOnParameters(), 1))
    wall = encode_png(Image.new("RGB", (512, 512), (200, 200, 190)))
    with pytest.raises(TryOnRefused, match="plain wall"):
        ComposeModel(FakeAws(), COMPOSE).render(
            RenderRequest(wall, Garment(draw_shirt(), GarmentClass.UPPER_BODY), TryOnParameters(), 1)
        )


def change(rendered: Rendered, box: tuple[int, int, int, int], color: tuple[int, int, int]) -> Rendered:
    image = open_photo(rendered.image)
    image.paste(color, box)
    return Rendered(encode_png(image), rendered.mask, "m", 1, 0.0)


def test_damage_is_seen(request_: RenderRequest, rendered: Rendered) -> None:
    face = find_face(open_photo(request_.person))
    assert face is not None
    x, y, r = round(face.x), round(face.y), round(face.half_width)
    assert FACE_CHANGED in check_look(request_, change(rendered, (x - r, y - r, x + r, y + r), (90, 200, 90)))
    assert BACKGROUND_CHANGED in check_look(request_, change(rendered, (0, 0, SIZE[0], 75), (10, 10, 10)))
    mask = read_mask(rendered.mask)
    image = open_photo(rendered.image)
    image.paste((30, 60, 160), (0, 0), Image.fromarray(mask))
    blue = Rendered(encode_png(image), rendered.mask, "m", 1, 0.0)
    assert check_look(request_, blue) == (COLORS_MISSING,)
    unchanged = Rendered(request_.person, rendered.mask, "m", 1, 0.0)
    assert check_look(request_, unchanged) == (COLORS_MISSING,)
    small = Rendered(encode_png(image.resize((64, 96))), rendered.mask, "m", 1, 0.0)
    assert check_look(request_, small) == (BROKEN,)


@dataclass
class Painter:
    """A model that gets the colour wrong as often as told."""

    wrong: int
    seeds: list[int] = field(default_factory=list)
    model_id: str = "painter"

    def render(self, request: RenderRequest) -> Rendered:
        self.seeds.append(request.seed)
        color = (30, 60, 160) if len(self.seeds) <= self.wrong else RED
        image = open_photo(request.person)
        mask = Image.new("L", image.size)
        mask.paste(255, (150, 225, 240, 315))
        image.paste(color, (0, 0), mask)
        return Rendered(encode_png(image), encode_png(mask), "painter", request.seed, 0.5)


def test_a_failed_check_is_tried_once_more_and_then_told(person: bytes, request_: RenderRequest) -> None:
    told: list[tuple[float, Step]] = []

    def put_on(model: TryOnModel) -> Any:
        return dress(
            person,
            [request_.garment],
            TryOnParameters(returnMask=True),
            model,
            5,
            lambda share, what: told.append((share, what)),
        )

    good, once, never = Painter(0), Painter(1), Painter(9)
    assert put_on(good).notes == () and good.seeds == [5]
    look = put_on(once)
    assert look.notes == () and look.cost_usd == 1.0
    assert len(set(once.seeds)) == 2 and look.seed == once.seeds[1]
    assert look.mask is not None and read_mask(look.mask).max() == 255
    assert put_on(never).notes == (COLORS_MISSING,) and len(never.seeds) == 2
    shares = [share for share, _ in told]
    assert all(0 <= share <= 1 for share in shares) and told[-1] == (1.0, Step("finishing"))
    assert LABEL == "Shows the look, not the size."


def test_settings_choose_the_adapter() -> None:
    for settings, kind in ((COMPOSE, ComposeModel), (NOVA, NovaCanvasModel), (SAGEMAKER, SageMakerModel)):
        model = open_model(Clients(), {"TRYON_MODEL": settings.model_dump_json()})
        assert isinstance(model, kind)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"prompt": "x"}, "image: a picture in base64"),
        ({"prompt": ""}, "prompt"),
        ({"strength": 1}, "extraneous key"),
    ],
)
def test_the_stand_in_refuses_what_the_service_would(body: dict[str, Any], text: str) -> None:
    with pytest.raises(BadRequest, match=text):
        wire.inpaint(body)


def test_filling_honours_mask_seed_and_growth() -> None:
    rng = np.random.default_rng(1)
    image = np.clip(rng.normal(120, 4, (96, 96, 3)), 0, 255).astype(np.uint8)
    image[40:56, 40:56] = 255
    mask = np.zeros((96, 96), dtype=np.uint8)
    mask[38:58, 38:58] = 255

    def fill(seed: int, grow: int) -> np.ndarray:
        pictures = {"image": Image.fromarray(image), "mask": Image.fromarray(mask)}
        body = {name: base64.b64encode(encode_png(each)).decode() for name, each in pictures.items()}
        answer = wire.inpaint({**body, "prompt": "a wall", "seed": seed, "grow_mask": grow})
        assert answer["seeds"] == [seed] and answer["finish_reasons"] == [None]
        return np.asarray(open_photo(base64.b64decode(answer["images"][0])))

    made = fill(3, 0)
    assert (made[mask == 0] == image[mask == 0]).all()
    assert abs(float(made[44:52, 44:52].mean()) - 120) < 8
    assert (fill(3, 0) == made).all() and (fill(4, 0) != made).any()
    assert (fill(3, 6)[33:36, 33:36] != image[33:36, 33:36]).any()
