"""A try-on model that the stack's owner hosts on a SageMaker endpoint."""

import pulumi

from components._lib import iam
from components._lib.tryon.provider import CALL_TIMEOUT_S, ProviderRequest, ProviderResult


def create(request: ProviderRequest) -> ProviderResult:
    """Allow the endpoint to be invoked. Raises ValueError without its name or a price."""
    if request.endpoint is None:
        raise ValueError("endpoint: the provider sagemaker needs the name of an endpoint")
    if request.price_usd is None:
        raise ValueError("price_usd: the provider sagemaker needs what one picture costs, in US dollars")
    endpoint = pulumi.Output.from_input(request.endpoint)
    # An endpoint's ARN has its name in lower case: API reference of SageMaker, CreateEndpoint, EndpointName.
    arn = pulumi.Output.concat(
        "arn:aws:sagemaker:",
        request.place.region,
        ":",
        request.place.account,
        ":endpoint/",
        endpoint.apply(str.lower),
    )
    return ProviderResult(
        setting=pulumi.Output.json_dumps(
            {
                "provider": "sagemaker",
                "region": request.place.region,
                "timeout_s": CALL_TIMEOUT_S,
                "endpoint": endpoint,
                "price_usd": request.price_usd,
            },
            sort_keys=True,
        ),
        statements=(iam.allow(["sagemaker:InvokeEndpoint"], [arn]),),
        price_usd=request.price_usd,
    )
