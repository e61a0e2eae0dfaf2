"""The stylist and its hosted site in a network and with a user pool that exist already.

The pool needs a confidential client with the code flow and the scope, which returns to
`<site_url>/oauth2callback`.
"""

import pulumi

from components import (
    Api,
    Catalog,
    ChatAgent,
    Connections,
    ImageGeneration,
    KnowledgeBase,
    ProductSearch,
    Realtime,
    RuntimeLayers,
    SiteConfig,
    VectorAccess,
    VectorSearch,
    WebApp,
    WebEdge,
)

config = pulumi.Config()
name = f"{pulumi.get_project()}-{pulumi.get_stack()}"

layers = RuntimeLayers("layers", {"physical_name": name})
edge = WebEdge(
    "edge",
    {
        "physical_name": name,
        "vpc_id": config.require("vpcId"),
        "private_subnet_ids": config.require_object("privateSubnetIds"),
    },
)
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
connections = Connections("connections", {})
knowledge = KnowledgeBase("knowledge", {"layers": [layers.core_arn], "physical_name": name})
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
    },
)
images = ImageGeneration(
    "images",
    {
        "layers": [layers.core_arn, layers.arrays_arn],
        "chat_environment": chat.environment,
        "chat_policy": chat.read_policy,
    },
)
realtime = Realtime(
    "realtime",
    {
        "api_id": connections.api_id,
        "execution_arn": connections.execution_arn,
        "connections_environment": connections.environment,
        "connections_policy": connections.manage_policy,
        "metadata_url": config.require("metadataUrl"),
        "client_id": config.require("clientId"),
        "scope": config.require("scope"),
        "layers": [layers.core_arn],
        "token_layers": [layers.tokens_arn],
        "routes": {"chat": chat.function_arn},
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
            "GET /images": images.function_arn,
            "DELETE /images/{id}": images.function_arn,
            "GET /health": catalog.browse_function_arn,
            "GET /capabilities": catalog.browse_function_arn,
        },
        "user_pool_arn": config.require("userPoolArn"),
        "scope": config.require("scope"),
    },
)
site = SiteConfig(
    "site",
    {
        "api_url": api.url,
        "websocket_url": realtime.url,
        "api_key": api.api_key,
        "user_pool_id": config.require("userPoolId"),
        "client_id": config.require("clientId"),
        "client_secret": config.require_secret("clientSecret"),
        "metadata_url": config.require("metadataUrl"),
        "domain_url": config.require("domainUrl"),
        "site_url": edge.url,
        "region": pulumi.Config("aws").require("region"),
        "stack": pulumi.get_stack(),
    },
)
WebApp(
    "web",
    {
        "site_environment": site.environment,
        "site_policy": site.policy,
        "vpc_id": edge.vpc_id,
        "private_subnet_ids": edge.private_subnet_ids,
        "target_group_arn": edge.target_group_arn,
        "load_balancer_group_id": edge.security_group_id,
        "layers": [layers.core_arn],
    },
)

pulumi.export("site_url", edge.url)
pulumi.export("api_url", api.url)
pulumi.export("catalog_bucket", catalog.bucket)
