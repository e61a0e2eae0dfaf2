"""A catalogue that is searched by words and pictures, behind an API of its own; nothing else."""

import pulumi

from components import Api, Auth, Catalog, ProductSearch, RuntimeLayers, VectorAccess, VectorSearch

name = f"{pulumi.get_project()}-{pulumi.get_stack()}"

layers = RuntimeLayers("layers", {"physical_name": name})
auth = Auth("auth", {"site_url": pulumi.Config().require("siteUrl"), "domain_prefix": name})
vectors = VectorSearch("vectors", {"layers": [layers.core_arn, layers.arrays_arn], "physical_name": name})
catalog = Catalog(
    "catalog",
    {
        "vector_environment": vectors.environment,
        "vector_index_policy": vectors.index_policy,
        "layers": [layers.core_arn],
        "array_layers": [layers.arrays_arn],
        "vector_layers": vectors.layers,
    },
)
search = ProductSearch(
    "search",
    {
        "vector_environment": vectors.environment,
        "vector_query_policy": vectors.query_policy,
        "vector_layers": vectors.layers,
        "catalog_environment": catalog.environment,
        "catalog_policy": catalog.policy,
        "layers": [layers.core_arn, layers.arrays_arn],
    },
)
VectorAccess(
    "vector-access",
    {
        "collection": vectors.collection,
        "readers": [search.role_arn],
        "writers": [catalog.ingest_role_arn],
    },
)
api = Api(
    "api",
    {
        "routes": {
            "GET /search": search.function_arn,
            "POST /search": search.function_arn,
            "GET /products": catalog.browse_function_arn,
            "GET /products/{id}": catalog.browse_function_arn,
            "GET /products/{id}/similar": search.function_arn,
            "GET /health": catalog.browse_function_arn,
        },
        "user_pool_arn": auth.user_pool_arn,
        "scope": auth.scope,
    },
)

pulumi.export("api_url", api.url)
pulumi.export("api_key", api.api_key)
pulumi.export("catalog_bucket", catalog.bucket)
