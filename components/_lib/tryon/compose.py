"""Composition on two active Bedrock models: one cuts out garment and person, the other blends the seam."""

import pulumi

from components._lib.bedrock import call_region, invoke_statement
from components._lib.tryon.provider import (
    CALL_TIMEOUT_S,
    ProviderRequest,
    ProviderResult,
    find_entry,
    find_price,
)

CUTOUT_MODEL = "us.stability.stable-image-remove-background-v1:0"
INPAINT_MODEL = "us.stability.stable-image-inpaint-v1:0"
_CUTOUTS = 2  # the garment and the person


def create(request: ProviderRequest) -> ProviderResult:
    """Allow both models to be called; nothing stands beside the function."""
    cutout = find_entry(CUTOUT_MODEL, "image-edit", request)
    inpaint = find_entry(INPAINT_MODEL, "image-edit", request)
    cutout_price, inpaint_price = find_price(cutout), find_price(inpaint)
    return ProviderResult(
        setting=pulumi.Output.json_dumps(
            {
                "provider": "compose",
                "region": call_region(cutout, request.place),
                "timeout_s": CALL_TIMEOUT_S,
                "cutout_model": cutout.id,
                "inpaint_model": inpaint.id,
                "cutout_price_usd": cutout_price,
                "inpaint_price_usd": inpaint_price,
            },
            sort_keys=True,
        ),
        statements=(
            invoke_statement(cutout, request.place),
            invoke_statement(inpaint, request.place),
        ),
        price_usd=round(_CUTOUTS * cutout_price + inpaint_price, 6),
    )
