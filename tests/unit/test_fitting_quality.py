"""How good the pictures are: cut-outs against known shapes, and real garments on real and drawn persons."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from local.ai.tryon import wire
from local.ai.tryon.segment import cut_out
from local.demo.people import PEOPLE, draw_person
from runtime.fitting.checks import FACE_CHANGED, check_look, color_distance
from runtime.fitting.garments import garment_class_for
from runtime.fitting.models.compose import ComposeModel
from runtime.fitting.parameters import TryOnParameters
from runtime.fitting.pixels import encode_png, open_photo, read_mask
from runtime.fitting.port import Garment, RenderRequest
from runtime.fitting.settings import ComposeSettings

_PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data"
CLOTHING = _PHOTOS / "clothing"
ASTRONAUT = _PHOTOS / "people" / "astronaut.png"
LEAST_OVERLAP = 0.93
"""Intersection over union of a drawn garment and its cut-out."""
needs_photos = pytest.mark.skipif(not CLOTHING.is_dir(), reason="the photos are not on this machine")


class Local:
    """InvokeModel answered in this process."""

    def invoke_model(self, *, modelId: str, body: bytes, **_: Any) -> dict[str, Any]:
        return {"body": io.BytesIO(json.dumps(wire.MODELS[modelId](json.loads(body))).encode())}


@pytest.fixture(scope="module")
def model() -> ComposeModel:
    settings = ComposeSettings(
        provider="compose",
        region="us-east-1",
        timeout_s=60,
        cutout_model=wire.CUTOUT,
        inpaint_model=wire.INPAINT,
        cutout_price_usd=0.07,
        inpaint_price_usd=0.07,
    )
    return ComposeModel(Local(), settings)


def wood() -> np.ndarray:
    y, x = np.mgrid[0:420, 0:360].astype(np.float32)
    grain = 12 * np.sin(x / 3 + 4 * np.sin(y / 60)) + 18 * ((x // 60) % 2)
    return np.stack([150 + grain, 104 + 0.8 * grain, 66 + 0.6 * grain], axis=-1)


def sheet() -> np.ndarray:
    y, x = np.mgrid[0:420, 0:360].astype(np.float32)
    folds = 9 * np.sin(x / 31 + y / 53) + 6 * np.sin(x / 17 - y / 23)
    return np.repeat((222 + folds)[..., None], 3, axis=-1)


@pytest.mark.parametrize("background", [wood, sheet])
@pytest.mark.parametrize("color", [(40, 60, 130), (178, 36, 52)])
def test_garments_are_cut_out_of_textured_backgrounds(background: Any, color: tuple[int, int, int]) -> None:
    y, x = np.mgrid[0:420, 0:360]
    shape = (np.abs(x - 180) < 84) & (y > 70) & (y < 350)
    shape |= (np.abs(x - 180) < 150) & (y > 72 + (np.abs(x - 180) - 60) * 0.3) & (y < 170)
    picture = np.where(
        shape[..., None], np.array(color) * (0.9 + 0.1 * np.sin(y / 20))[..., None], background()
    )
    picture += np.random.default_rng(4).normal(0, 4, picture.shape)
    found = cut_out(Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))) > 127
    assert (found & shape).sum() / (found | shape).sum() >= LEAST_OVERLAP


@needs_photos
@pytest.mark.parametrize("category", ["t-shirt", "longsleeve", "outwear", "dress"])
@pytest.mark.parametrize("who", ["astronaut", "ada"])
def test_real_garments_arrive_in_their_colours(category: str, who: str, model: ComposeModel) -> None:
    if who == "astronaut":
        person = ASTRONAUT.read_bytes()
    else:
        person = encode_png(draw_person(PEOPLE[0]).resize((512, 768)))
    product = sorted((CLOTHING / category).glob("*.jpg"))[4].read_bytes()
    garment = Garment(product, garment_class_for(category), category)
    request = RenderRequest(person, garment, TryOnParameters(), 3)
    made = model.render(request)
    mask = read_mask(made.mask) > 127
    before, after = np.asarray(open_photo(person)), np.asarray(open_photo(made.image))
    assert (before[~mask] == after[~mask]).all()
    assert FACE_CHANGED not in check_look(request, made)
    worn = color_distance(product, open_photo(made.image), mask)
    assert worn < 0.8 * color_distance(product, open_photo(person), mask) or worn < 12
