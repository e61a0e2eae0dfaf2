"""What lasts: the user pool, the catalogue's bucket and table, the vectors. Applications are joined to it."""

import pulumi

from components import Auth, Catalog, RuntimeLayers, VectorSearch

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

pulumi.export("user_pool_arn", auth.user_pool_arn)
pulumi.export("scope", auth.scope)
pulumi.export("search_layers", [layers.core_arn, layers.arrays_arn])
pulumi.export("vector_environment", vectors.environment)
pulumi.export("vector_query_policy", vectors.query_policy)
pulumi.export("vector_layers", vectors.layers)
pulumi.export("catalog_environment", catalog.environment)
pulumi.export("catalog_policy", catalog.policy)
pulumi.export("browse_function_arn", catalog.browse_function_arn)
