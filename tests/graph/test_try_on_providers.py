"""The try-on providers: what the worker function is told, and which models or endpoint it may call."""

import json
from typing import Any

import pulumi
import pytest

from components._lib import iam
from components._lib.bedrock import find_place
from components._lib.models import load_models
from components._lib.tryon import compose, nova_canvas, sagemaker
from components._lib.tryon.provider import CreateProvider, ProviderRequest
from runtime.fitting.settings import ComposeSettings, NovaCanvasSettings, SageMakerSettings
from tests.graph.recorder import record


def ask(create: CreateProvider, **changes: Any) -> tuple[dict[str, Any], set[tuple[str, str]], float]:
    """Setting, permissions and price of a provider."""
    prices: list[float] = []

    def program() -> None:
        component = pulumi.ComponentResource("test:index:Thing", "thing")
        result = create(ProviderRequest(place=find_place(component), models=load_models(), **changes))
        prices.append(result.price_usd)
        pulumi.export("setting", result.setting)
        pulumi.export("policy", iam.document(list(result.statements)))

    graph = record(program)
    statements = json.loads(graph.exports["policy"])["Statement"]
    allowed = {(action, arn) for each in statements for action in each["Action"] for arn in each["Resource"]}
    return json.loads(graph.exports["setting"]), allowed, prices[0]


def test_composition_may_call_its_two_models_only() -> None:
    setting, allowed, price = ask(compose.create)
    read = ComposeSettings.model_validate(setting)
    assert (read.cutout_model, read.inpaint_model) == (compose.CUTOUT_MODEL, compose.INPAINT_MODEL)
    assert price == pytest.approx(2 * read.cutout_price_usd + read.inpaint_price_usd)
    names = [model.removeprefix("us.") for model in (compose.CUTOUT_MODEL, compose.INPAINT_MODEL)]
    profiles = {f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.{name}" for name in names}
    models = {
        f"arn:aws:bedrock:{region}::foundation-model/{name}"
        for region in ("us-east-1", "us-east-2", "us-west-2")
        for name in names
    }
    assert allowed == {("bedrock:InvokeModel", arn) for arn in profiles | models}


def test_the_endpoint_is_the_only_one_allowed() -> None:
    setting, allowed, price = ask(sagemaker.create, endpoint="Try-On", price_usd=0.02)
    assert SageMakerSettings.model_validate(setting).endpoint == "Try-On"
    arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/try-on"
    assert allowed == {("sagemaker:InvokeEndpoint", arn)}
    assert price == 0.02


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"price_usd": 0.1}, "endpoint: "), ({"endpoint": "x"}, "price_usd: ")],
)
def test_an_endpoint_needs_name_and_price(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ask(sagemaker.create, **changes)


def test_nova_canvas_may_call_that_model() -> None:
    setting, allowed, price = ask(nova_canvas.create)
    read = NovaCanvasSettings.model_validate(setting)
    assert price == read.price_usd
    arn = f"arn:aws:bedrock:us-east-1::foundation-model/{nova_canvas.MODEL}"
    assert allowed == {("bedrock:InvokeModel", arn)}


def test_models_without_a_price_are_refused() -> None:
    models = {name: model for name, model in load_models().items() if name != compose.CUTOUT_MODEL}
    with pytest.raises(ValueError, match="is no image-edit model"):
        compose.create(ProviderRequest(place=None, models=models))  # pyright: ignore[reportArgumentType]
