"""The Virtual Stylist on AWS: settings in, components wired, addresses out."""

import pulumi

from components import (
    Api,
    Auth,
    Catalog,
    ChatAgent,
    Connections,
    ImageGeneration,
    KnowledgeBase,
    ProductSearch,
    Profile,
    Realtime,
    RuntimeLayers,
    SiteConfig,
    VectorMigration,
    VectorSearch,
)
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
        **settings.migration(),
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
migration = VectorMigration(
    "migration",
    {
        "vector_environment": vectors.environment,
        "copy_policy": vectors.copy_policy,
        "compare_policy": vectors.compare_policy,
        "switch_policy": vectors.switch_policy,
        "catalog_environment": catalog.environment,
        "catalog_policy": catalog.policy,
        "layers": [layers.core_arn, layers.arrays_arn],
        "active": settings.is_migrating,
        "reembeds": settings.reembeds,
        "log_retention_days": settings.log_retention_days,
        "tags": settings.tags,
    },
)
connections = Connections("connections", {"protect_data": settings.protect_data, "tags": settings.tags})
knowledge = KnowledgeBase(
    "knowledge",
    {
        "layers": [layers.core_arn],
        "physical_name": physical_name,
        "storage": settings.knowledge_base_storage,
        "log_retention_days": settings.log_retention_days,
        "protect_data": settings.protect_data,
        "tags": settings.tags,
    },
)
chat = ChatAgent(
    "chat",
    {
        "layers": [layers.core_arn],
        "search_environment": search.environment,
        "search_policy": search.policy,
        "knowledge_environment": knowledge.environment,
        "knowledge_policy": knowledge.policy,
        "connections_environment": connections.environment,
        "connections_policy": connections.policy,
        "engine": settings.chat_engine,
        "model": settings.chat_model,
        "physical_name": physical_name,
        "weather": settings.weather,
        "weather_url": settings.weather_url,
        "weather_key": settings.weather_key(),
        "log_retention_days": settings.log_retention_days,
        "protect_data": settings.protect_data,
        "tags": settings.tags,
    },
)
images = ImageGeneration(
    "images",
    {
        "layers": [layers.core_arn, layers.arrays_arn],
        "chat_environment": chat.environment,
        "chat_policy": chat.read_policy,
        "model": settings.image_model,
        "daily_per_user": settings.daily_images_per_user,
        "daily_spend_usd": settings.daily_spend_usd,
        "log_retention_days": settings.log_retention_days,
        "protect_data": settings.protect_data,
        "tags": settings.tags,
    },
)
profile = Profile(
    "profile",
    {
        "layers": [layers.core_arn],
        "chat_environment": chat.environment,
        "chat_policy": chat.owner_policy,
        "images_environment": images.environment,
        "images_policy": images.owner_policy,
        "log_retention_days": settings.log_retention_days,
        "tags": settings.tags,
    },
)
realtime = Realtime(
    "realtime",
    {
        "api_id": connections.api_id,
        "execution_arn": connections.execution_arn,
        "connections_environment": connections.environment,
        "connections_policy": connections.manage_policy,
        "metadata_url": auth.metadata_url,
        "client_id": auth.client_id,
        "scope": auth.scope,
        "layers": [layers.core_arn],
        "token_layers": [layers.tokens_arn],
        "routes": {"chat": chat.function_arn},
        "requests_per_second": settings.requests_per_second,
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
            "POST /text": chat.function_arn,
            "POST /feedback": chat.function_arn,
            "POST /image": images.function_arn,
            "GET /me": profile.function_arn,
            "PATCH /me": profile.function_arn,
            "DELETE /me": profile.function_arn,
            "GET /me/export": profile.function_arn,
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
        "websocket_url": realtime.url,
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
pulumi.export("websocket_url", realtime.url)
pulumi.export("user_pool_id", auth.user_pool_id)
pulumi.export("client_id", auth.client_id)
pulumi.export("scope", auth.scope)
pulumi.export("metadata_url", auth.metadata_url)
pulumi.export("domain_url", auth.domain_url)
pulumi.export("site_secret_arn", site.secret_arn)
pulumi.export("catalog_bucket", catalog.bucket)
pulumi.export("products_table", catalog.table)
pulumi.export("dead_letter_url", catalog.dead_letter_url)
pulumi.export("documents_bucket", knowledge.bucket)
pulumi.export("documents_dead_letter_url", knowledge.dead_letter_url)
pulumi.export("images_bucket", images.bucket)
pulumi.export("knowledge_base_id", knowledge.knowledge_base_id)
pulumi.export("data_source_id", knowledge.data_source_id)
pulumi.export("migration", migration.functions)
pulumi.export("region", settings.region)
