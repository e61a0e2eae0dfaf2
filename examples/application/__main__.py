"""Search over what the foundation stack keeps; it can be replaced or removed without touching any data."""

import pulumi

from components import Api, ProductSearch

foundation = pulumi.StackReference(pulumi.Config().require("foundation"))

search = ProductSearch(
    "search",
    {
        "vector_environment": foundation.require_output("vector_environment"),
        "vector_query_policy": foundation.require_output("vector_query_policy"),
        "vector_layers": foundation.require_output("vector_layers"),
        "catalog_environment": foundation.require_output("catalog_environment"),
        "catalog_policy": foundation.require_output("catalog_policy"),
        "layers": [foundation.require_output("search_layers")[place] for place in range(2)],
    },
)
browse = foundation.require_output("browse_function_arn")
api = Api(
    "api",
    {
        "routes": {
            "GET /search": search.function_arn,
            "POST /search": search.function_arn,
            "GET /products": browse,
            "GET /products/{id}": browse,
            "GET /health": browse,
        },
        "user_pool_arn": foundation.require_output("user_pool_arn"),
        "scope": foundation.require_output("scope"),
    },
)

pulumi.export("api_url", api.url)
pulumi.export("api_key", api.api_key)
