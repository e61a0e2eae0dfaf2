"""The Virtual Stylist on AWS: settings in, components wired, addresses out."""

import pulumi

from components import Api, Auth, Catalog, ProductSearch, RuntimeLayers, SiteConfig, VectorSearch
from settings import load_settings

settings = load_settings()
stack = pulumi.get_stack()
physical_name = f"{pulumi.get_project()}-{stack}"

layers = RuntimeLayers("layers", {"physical_name": physical_name})
auth = Auth(
    "auth",
    {
        "site_url": settings.site_url,
        "domain_prefix": physical_name,
        "protect_data": settings.protect_data,
        "tags": settings.tags,
    },
)
vectors = VectorSearch(
    "vectors",
    {
        "layers": [layers.core_arn, layers.arrays_arn],
        "physical_name": physical_name,
        "backend": settings.vector_backend,
        "embedder": settings.embedder,
        "dimensions": settings.embedding_dimensions,
        "snapshot_minutes": settings.snapshot_minutes,
        "log_retention_days": settings.log_retention_days,
        "protect_data": settings.protect_data,
        "tags": settings.tags,
    },
)
catalog = Catalog(
    "catalog",
    {
        "vector_environment": vectors.environment,
        "vector_index_policy": vectors.index_policy,
        "layers": [layers.core_arn],
        "array_layers": [layers.arrays_arn],
        "capabilities": settings.capabilities(),
        "ingest_concurrency": settings.ingest_concurrency,
        "log_retention_days": settings.log_retention_days,
        "protect_data": settings.protect_data,
        "tags": settings.tags,
    },
)
search = ProductSearch(
    "search",
    {
        "vector_environment": vectors.environment,
        "vector_query_policy": vectors.query_policy,
        "catalog_environment": catalog.environment,
        "catalog_policy": catalog.policy,
        "layers": [layers.core_arn, layers.arrays_arn],
        "log_retention_days": settings.log_retention_days,
        "tags": settings.tags,
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
            "GET /capabilities": catalog.browse_function_arn,
        },
        "user_pool_arn": auth.user_pool_arn,
        "scope": auth.scope,
        "requests_per_second": settings.requests_per_second,
        "access_log": settings.api_access_log,
        "manage_account_logging": settings.manage_api_account,
        "log_retention_days": settings.log_retention_days,
        "tags": settings.tags,
    },
)
site = SiteConfig(
    "site",
    {
        "api_url": api.url,
        "api_key": api.api_key,
        "user_pool_id": auth.user_pool_id,
        "client_id": auth.client_id,
        "client_secret": auth.client_secret,
        "metadata_url": auth.metadata_url,
        "domain_url": auth.domain_url,
        "site_url": settings.site_url,
        "region": settings.region,
        "stack": stack,
        "protect_data": settings.protect_data,
        "tags": settings.tags,
    },
)

pulumi.export("api_url", api.url)
pulumi.export("api_key", api.api_key)
pulumi.export("user_pool_id", auth.user_pool_id)
pulumi.export("client_id", auth.client_id)
pulumi.export("scope", auth.scope)
pulumi.export("metadata_url", auth.metadata_url)
pulumi.export("domain_url", auth.domain_url)
pulumi.export("site_secret_arn", site.secret_arn)
pulumi.export("catalog_bucket", catalog.bucket)
pulumi.export("products_table", catalog.table)
pulumi.export("dead_letter_url", catalog.dead_letter_url)
pulumi.export("region", settings.region)
