"""Try-on by itself: a catalogue, photos of shoppers, jobs, and their progress over a WebSocket."""

import json

import pulumi

from components import (
    Api,
    Auth,
    Catalog,
    Connections,
    ImageGeneration,
    Realtime,
    RuntimeLayers,
    ShopperPhotos,
    TryOn,
    VectorSearch,
)

name = f"{pulumi.get_project()}-{pulumi.get_stack()}"
site_url = pulumi.Config().require("siteUrl")

layers = RuntimeLayers("layers", {"physical_name": name})
code = [layers.core_arn, layers.arrays_arn]
auth = Auth("auth", {"site_url": site_url, "domain_prefix": name})
vectors = VectorSearch("vectors", {"layers": code, "physical_name": name})
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
# Nothing is drawn here, but the day's spending is counted where it would be; there is no chat to read.
quotas = ImageGeneration(
    "quotas",
    {
        "layers": code,
        "chat_environment": {},
        "chat_policy": json.dumps({"Version": "2012-10-17", "Statement": []}),
    },
)
connections = Connections("connections", {})
photos = ShopperPhotos("photos", {"layers": code, "allowed_origin": site_url})
try_on = TryOn(
    "try-on",
    {
        "layers": code,
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
        "quotas_environment": quotas.quotas_environment,
        "quotas_policy": quotas.quotas_policy,
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
        "routes": {"subscribe": try_on.function_arn, "tryon": try_on.function_arn},
    },
)
api = Api(
    "api",
    {
        "routes": {
            "GET /products": catalog.browse_function_arn,
            "GET /health": catalog.browse_function_arn,
            "POST /uploads": try_on.function_arn,
            "GET /models": try_on.function_arn,
            "GET /models/{id}": try_on.function_arn,
            "DELETE /models/{id}": try_on.function_arn,
            "POST /try-on": try_on.function_arn,
            "GET /try-on": try_on.function_arn,
            "GET /try-on/{id}": try_on.function_arn,
            "DELETE /try-on/{id}": try_on.function_arn,
        },
        "user_pool_arn": auth.user_pool_arn,
        "scope": auth.scope,
    },
)

pulumi.export("api_url", api.url)
pulumi.export("api_key", api.api_key)
pulumi.export("websocket_url", realtime.url)
pulumi.export("catalog_bucket", catalog.bucket)
