"""The Virtual Stylist on AWS: settings in, components wired, addresses out."""

import pulumi

from components import (
    Alarms,
    Api,
    Auth,
    Canary,
    Catalog,
    CatalogDesk,
    ChatAgent,
    Closet,
    Connections,
    Dashboard,
    ImageGeneration,
    KnowledgeBase,
    Lake,
    Personalization,
    ProductClusters,
    ProductSearch,
    Profile,
    Realtime,
    RuntimeLayers,
    ShopperPhotos,
    SiteConfig,
    TryOn,
    VectorAccess,
    VectorMigration,
    VectorSearch,
    WebApp,
    WebEdge,
    limit_roles,
)
from components._lib.ranker import RANKERS
from settings import load_settings

settings = load_settings()
stack = pulumi.get_stack()
physical_name = f"{pulumi.get_project()}-{stack}"

limit_roles(settings.permissions_boundary)
alarms = Alarms(
    "alarms",
    {"email": settings.alarm_email, "budget_usd": settings.budget_usd, "tags": settings.tags},
)
operated = settings.operation_inputs(alarms.topic_arn)
layers = RuntimeLayers("layers", {"physical_name": physical_name})
edge = WebEdge(
    "edge",
    {
        "physical_name": physical_name,
        "hosted": settings.host_site,
        "fallback_url": settings.site_url,
        "nat_gateways": settings.nat_gateways,
        "domain_name": settings.domain_name,
        "certificate_arn": settings.certificate_arn,
        "allowed_cidrs": settings.allowed_cidrs,
        "protect_data": settings.protect_data,
        **operated,
    },
)
auth = Auth(
    "auth",
    {
        "site_url": edge.url,
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
        **settings.vector_spaces(),
        "opensearch_layers": [layers.opensearch_arn],
        "opensearch_generation": settings.opensearch_generation,
        "snapshot_minutes": settings.snapshot_minutes,
        "protect_data": settings.protect_data,
        **operated,
    },
)
lake = Lake("lake", {"protect_data": settings.protect_data, "tags": settings.tags})
catalog = Catalog(
    "catalog",
    {
        "vector_environment": vectors.environment,
        "vector_index_policy": vectors.index_policy,
        "cluster_environment": lake.clusters_environment,
        "cluster_policy": lake.clusters_policy,
        "layers": [layers.core_arn],
        "array_layers": [layers.arrays_arn],
        "vector_layers": vectors.layers,
        "capabilities": settings.capabilities(),
        "ingest_concurrency": settings.ingest_concurrency,
        "protect_data": settings.protect_data,
        **operated,
    },
)
clusters = ProductClusters(
    "clusters",
    {
        "layers": [layers.core_arn, layers.arrays_arn],
        "vector_environment": vectors.environment,
        "catalog_environment": catalog.environment,
        "vector_layers": vectors.layers,
        "lake_environment": lake.clusters_environment,
        "policies": [
            vectors.label_policy,
            catalog.label_policy,
            lake.clusters_policy,
            lake.clusters_write_policy,
        ],
        "clusters": settings.clusters,
        "trainer": settings.cluster_trainer,
        "lake_bucket": lake.bucket,
        "physical_name": physical_name,
        **operated,
    },
)
desk = CatalogDesk(
    "desk",
    {
        "layers": [layers.core_arn, layers.arrays_arn],
        "catalog_environment": catalog.environment,
        "desk_environment": catalog.desk_environment,
        "vector_environment": vectors.environment,
        "lake_environment": lake.clusters_environment,
        "clusters_environment": clusters.environment,
        "policies": [catalog.desk_policy, vectors.state_policy, lake.clusters_policy, clusters.policy],
        **operated,
    },
)
ranker = RANKERS[settings.ranker](
    "ranker",
    {
        "layers": [layers.core_arn],
        "physical_name": physical_name,
        "lake_bucket": lake.bucket,
        "transactions_per_second": settings.personalize_tps,
        "retrain_days": settings.personalize_train_days,
        "protect_data": settings.protect_data,
        **operated,
    },
)
personalization = Personalization(
    "personalization",
    {
        "layers": [layers.core_arn],
        "catalog_environment": catalog.environment,
        "catalog_policy": catalog.lookup_policy,
        "lake_environment": lake.interactions_environment,
        "lake_policy": lake.interactions_policy,
        "ranker_environment": ranker.environment,
        "ranker_policy": ranker.policy,
        "ranker_events_policy": ranker.events_policy,
        "weight": float(settings.personalize_weight),
        "protect_data": settings.protect_data,
        **operated,
    },
)
search = ProductSearch(
    "search",
    {
        "vector_environment": vectors.environment,
        "vector_query_policy": vectors.query_policy,
        "vector_layers": vectors.layers,
        "catalog_environment": catalog.environment,
        "catalog_policy": catalog.search_policy,
        "style_environment": personalization.environment,
        "style_policy": personalization.policy,
        "cluster_environment": lake.clusters_environment,
        "cluster_policy": lake.clusters_policy,
        "layers": [layers.core_arn, layers.arrays_arn],
        **operated,
    },
)
migration = VectorMigration(
    "migration",
    {
        "vector_environment": vectors.environment,
        "vector_layers": vectors.layers,
        "copy_policy": vectors.copy_policy,
        "compare_policy": vectors.compare_policy,
        "switch_policy": vectors.switch_policy,
        "catalog_environment": catalog.environment,
        "catalog_policy": catalog.policy,
        "layers": [layers.core_arn, layers.arrays_arn],
        "active": settings.is_migrating,
        "reembeds": settings.reembeds,
        **operated,
    },
)
VectorAccess(
    "vector-access",
    {
        **settings.vector_spaces(),
        "collection": vectors.collection,
        "next_collection": vectors.next_collection,
        "readers": [search.role_arn, migration.verify_role_arn],
        "writers": [catalog.ingest_role_arn, clusters.role_arn, migration.backfill_role_arn],
    },
)
connections = Connections("connections", {"protect_data": settings.protect_data, "tags": settings.tags})
knowledge = KnowledgeBase(
    "knowledge",
    {
        "layers": [layers.core_arn],
        "physical_name": physical_name,
        "storage": settings.knowledge_base_storage,
        "opensearch_layers": [layers.opensearch_arn],
        "opensearch_generation": settings.opensearch_generation,
        "protect_data": settings.protect_data,
        **operated,
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
        "max_turns": settings.chat_concurrency,
        "physical_name": physical_name,
        "weather": settings.weather,
        "weather_url": settings.weather_url,
        "weather_key": settings.weather_key(),
        "protect_data": settings.protect_data,
        **operated,
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
        "protect_data": settings.protect_data,
        **operated,
    },
)
photos = ShopperPhotos(
    "photos",
    {
        "layers": [layers.core_arn, layers.arrays_arn],
        "allowed_origin": edge.url,
        "retention_days": settings.photo_retention_days,
        "protect_data": settings.protect_data,
        **operated,
    },
)
try_on = TryOn(
    "try-on",
    {
        "layers": [layers.core_arn, layers.arrays_arn],
        "photos_environment": photos.environment,
        "photos_manage_policy": photos.manage_policy,
        "photos_read_policy": photos.read_policy,
        "photos_show_policy": photos.show_policy,
        "catalog_environment": catalog.environment,
        "catalog_policy": catalog.policy,
        "catalog_lookup_policy": catalog.lookup_policy,
        "connections_environment": connections.environment,
        "connections_policy": connections.policy,
        "connections_send_policy": connections.send_policy,
        "quotas_environment": images.quotas_environment,
        "quotas_policy": images.quotas_policy,
        **settings.try_on_provider_inputs(),
        "daily_per_user": settings.daily_try_ons_per_user,
        "daily_spend_usd": settings.daily_spend_usd,
        "concurrency": settings.try_on_concurrency,
        "retention_days": settings.photo_retention_days,
        "protect_data": settings.protect_data,
        **operated,
    },
)
closet = Closet(
    "closet",
    {
        "layers": [layers.core_arn],
        "catalog_environment": catalog.environment,
        "catalog_policy": catalog.lookup_policy,
        "protect_data": settings.protect_data,
        **operated,
    },
)
profile = Profile(
    "profile",
    {
        "layers": [layers.core_arn],
        "chat_environment": chat.environment,
        "kept": [
            chat.kept,
            images.kept,
            photos.kept,
            try_on.kept,
            personalization.kept,
            closet.kept,
        ],
        "kept_policies": [
            chat.owner_policy,
            images.owner_policy,
            photos.owner_policy,
            try_on.owner_policy,
            personalization.owner_policy,
            closet.owner_policy,
        ],
        **operated,
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
        "routes": {
            "chat": chat.function_arn,
            "subscribe": try_on.function_arn,
            "tryon": try_on.function_arn,
        },
        "requests_per_second": settings.requests_per_second,
        **operated,
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
            "GET /products/trending": search.function_arn,
            "GET /products/{id}/similar": search.function_arn,
            "GET /products/{id}/outfit": search.function_arn,
            "POST /interactions": personalization.function_arn,
            "GET /me/style": personalization.function_arn,
            "PATCH /me/style": personalization.function_arn,
            "DELETE /me/style": personalization.function_arn,
            "GET /me/closet": closet.function_arn,
            "PUT /me/closet/{kind}/{id}": closet.function_arn,
            "DELETE /me/closet/{kind}/{id}": closet.function_arn,
            "POST /text": chat.function_arn,
            "POST /feedback": chat.function_arn,
            "GET /conversations": chat.function_arn,
            "GET /conversations/{id}": chat.function_arn,
            "POST /image": images.function_arn,
            "POST /uploads": try_on.function_arn,
            "GET /models": try_on.function_arn,
            "GET /models/{id}": try_on.function_arn,
            "DELETE /models/{id}": try_on.function_arn,
            "POST /try-on": try_on.function_arn,
            "GET /try-on": try_on.function_arn,
            "GET /try-on/{id}": try_on.function_arn,
            "DELETE /try-on/{id}": try_on.function_arn,
            "GET /images": images.function_arn,
            "DELETE /images/{id}": images.function_arn,
            "GET /me": profile.function_arn,
            "PATCH /me": profile.function_arn,
            "DELETE /me": profile.function_arn,
            "GET /me/export": profile.function_arn,
            "POST /catalog/uploads": desk.function_arn,
            "GET /catalog/files": desk.function_arn,
            "GET /catalog/status": desk.function_arn,
            "GET /catalog/dead-letters": desk.function_arn,
            "POST /catalog/dead-letters/retry": desk.function_arn,
            "DELETE /catalog/dead-letters/{id}": desk.function_arn,
            "POST /catalog/clusters": desk.function_arn,
            "GET /health": catalog.browse_function_arn,
            "GET /capabilities": catalog.browse_function_arn,
        },
        "user_pool_arn": auth.user_pool_arn,
        "scope": auth.scope,
        "requests_per_second": settings.requests_per_second,
        "firewall": settings.api_firewall,
        "physical_name": physical_name,
        "access_log": settings.api_access_log,
        "manage_account_logging": settings.manage_api_account,
        **operated,
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
        "site_url": edge.url,
        "region": settings.region,
        "stack": stack,
        "protect_data": settings.protect_data,
        "tags": settings.tags,
    },
)

web = WebApp(
    "web",
    {
        "site_environment": site.environment,
        "site_policy": site.policy,
        "vpc_id": edge.vpc_id,
        "private_subnet_ids": edge.private_subnet_ids,
        "target_group_arn": edge.target_group_arn,
        "load_balancer_group_id": edge.security_group_id,
        "layers": [layers.core_arn],
        "hosted": settings.host_site,
        "builder": settings.image_builder,
        "min_tasks": settings.site_min_tasks,
        "max_tasks": settings.site_max_tasks,
        "protect_data": settings.protect_data,
        **operated,
    },
)

canary = Canary(
    "canary",
    {
        "api_url": api.url,
        "api_key": api.api_key,
        "user_pool_id": auth.user_pool_id,
        "domain_url": auth.domain_url,
        "scope": auth.scope,
        "layers": [layers.core_arn],
        "minutes": settings.canary_minutes,
        "searches": settings.canary_searches,
        "protect_data": settings.protect_data,
        **operated,
    },
)
dashboard = Dashboard(
    "dashboard",
    {
        "physical_name": physical_name,
        "watched": [
            api.watched,
            realtime.watched,
            edge.watched,
            web.watched,
            search.watched,
            vectors.watched,
            catalog.watched,
            clusters.watched,
            desk.watched,
            personalization.watched,
            ranker.watched,
            migration.watched,
            connections.watched,
            knowledge.watched,
            chat.watched,
            images.watched,
            photos.watched,
            try_on.watched,
            closet.watched,
            profile.watched,
            canary.watched,
        ],
        "daily_spend_usd": settings.daily_spend_usd,
        "enabled": settings.dashboard,
    },
)

pulumi.export("site_url", edge.url)
pulumi.export("distribution_domain", edge.distribution_domain)
pulumi.export("site_image", web.image)
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
pulumi.export("lake_bucket", lake.bucket)
pulumi.export("clusters_function", clusters.function_name)
pulumi.export("clusters_dead_letter_url", clusters.dead_letter_url)
pulumi.export("interactions_dead_letter_url", personalization.dead_letter_url)
pulumi.export("photos_bucket", photos.bucket)
pulumi.export("results_bucket", try_on.bucket)
pulumi.export("jobs_table", try_on.table)
pulumi.export("try_on_workflow_arn", try_on.state_machine_arn)
pulumi.export("knowledge_base_id", knowledge.knowledge_base_id)
pulumi.export("data_source_id", knowledge.data_source_id)
pulumi.export("migration", migration.functions)
pulumi.export("region", settings.region)
pulumi.export("models", settings.called_models())
pulumi.export("watched", dashboard.watched)
pulumi.export("dashboard", dashboard.dashboard_name)
pulumi.export("ranker_workflow_arn", ranker.workflow_arn)
pulumi.export("ranker_bucket", ranker.bucket)
