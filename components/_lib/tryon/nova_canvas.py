"""The wire format of Nova Canvas, for what still speaks it: the model itself ended on 2026-09-30."""

import pulumi

from components._lib.bedrock import call_region, invoke_statement
from components._lib.tryon.provider import (
    CALL_TIMEOUT_S,
    ProviderRequest,
    ProviderResult,
    find_entry,
    find_price,
)

MODEL = "amazon.nova-canvas-v1:0"


def create(request: ProviderRequest) -> ProviderResult:
    """Allow the model to be called."""
    model = find_entry(MODEL, "image", request)
    price = find_price(model) if request.price_usd is None else request.price_usd
    return ProviderResult(
        setting=pulumi.Output.json_dumps(
            {
                "provider": "nova-canvas",
                "region": call_region(model, request.place),
                "timeout_s": CALL_TIMEOUT_S,
                "model_id": model.id,
                "price_usd": price,
            },
            sort_keys=True,
        ),
        statements=(invoke_statement(model, request.place),),
        price_usd=price,
    )
