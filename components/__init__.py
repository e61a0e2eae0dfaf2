"""The Virtual Stylist as Pulumi components, for this project's program and for other people's."""

import pulumi

from components._lib.package import PACKAGE, VERSION
from components.api import Api, ApiArgs
from components.auth import Auth, AuthArgs
from components.catalog import Catalog, CatalogArgs
from components.chat_agent import ChatAgent, ChatAgentArgs, ChatEngine, WeatherSource
from components.connections import Connections, ConnectionsArgs
from components.image_generation import ImageGeneration, ImageGenerationArgs
from components.knowledge_base import KnowledgeBase, KnowledgeBaseArgs, KnowledgeStorage
from components.product_search import ProductSearch, ProductSearchArgs
from components.realtime import Realtime, RealtimeArgs
from components.runtime_layers import RuntimeLayers, RuntimeLayersArgs
from components.shopper_profile import Profile, ProfileArgs
from components.site_config import SiteConfig, SiteConfigArgs
from components.vector_migration import VectorMigration, VectorMigrationArgs
from components.vector_search import EmbedderName, VectorBackend, VectorSearch, VectorSearchArgs

PUBLIC: list[type[pulumi.ComponentResource]] = [
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
]
"""What the plugin package offers."""

__all__ = [
    "PACKAGE",
    "PUBLIC",
    "VERSION",
    "Api",
    "ApiArgs",
    "Auth",
    "AuthArgs",
    "Catalog",
    "CatalogArgs",
    "ChatAgent",
    "ChatAgentArgs",
    "ChatEngine",
    "Connections",
    "ConnectionsArgs",
    "EmbedderName",
    "ImageGeneration",
    "ImageGenerationArgs",
    "KnowledgeBase",
    "KnowledgeBaseArgs",
    "KnowledgeStorage",
    "ProductSearch",
    "ProductSearchArgs",
    "Profile",
    "ProfileArgs",
    "Realtime",
    "RealtimeArgs",
    "RuntimeLayers",
    "RuntimeLayersArgs",
    "SiteConfig",
    "SiteConfigArgs",
    "VectorBackend",
    "VectorMigration",
    "VectorMigrationArgs",
    "VectorSearch",
    "VectorSearchArgs",
    "WeatherSource",
]
