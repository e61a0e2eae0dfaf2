"""The Virtual Stylist as Pulumi components, for this project's program and for other people's."""

import pulumi

from components._lib.opensearch import OpenSearchGeneration
from components._lib.package import PACKAGE, VERSION
from components._lib.trainer import ClusterTrainer
from components.alarms import Alarms, AlarmsArgs
from components.api import Api, ApiArgs
from components.auth import Auth, AuthArgs
from components.canary import Canary, CanaryArgs
from components.catalog import Catalog, CatalogArgs
from components.catalog_desk import CatalogDesk, CatalogDeskArgs
from components.chat_agent import ChatAgent, ChatAgentArgs, ChatEngine, WeatherSource
from components.closet import Closet, ClosetArgs
from components.connections import Connections, ConnectionsArgs
from components.dashboard import Dashboard, DashboardArgs
from components.deployment_roles import DeploymentRoles, DeploymentRolesArgs
from components.image_generation import ImageGeneration, ImageGenerationArgs
from components.knowledge_base import KnowledgeBase, KnowledgeBaseArgs, KnowledgeStorage
from components.lake import Lake, LakeArgs
from components.personalization import Personalization, PersonalizationArgs
from components.personalize_ranker import PersonalizeRanker, PersonalizeRankerArgs
from components.product_clusters import ProductClusters, ProductClustersArgs
from components.product_search import ProductSearch, ProductSearchArgs
from components.realtime import Realtime, RealtimeArgs
from components.role_limits import limit_roles
from components.runtime_layers import RuntimeLayers, RuntimeLayersArgs
from components.shopper_photos import ShopperPhotos, ShopperPhotosArgs
from components.shopper_profile import Profile, ProfileArgs
from components.site_config import SiteConfig, SiteConfigArgs
from components.try_on import TryOn, TryOnArgs, TryOnProvider
from components.vector_access import VectorAccess, VectorAccessArgs
from components.vector_migration import VectorMigration, VectorMigrationArgs
from components.vector_search import EmbedderName, VectorBackend, VectorSearch, VectorSearchArgs
from components.web_app import ImageBuilder, WebApp, WebAppArgs
from components.web_edge import WebEdge, WebEdgeArgs

PUBLIC: list[type[pulumi.ComponentResource]] = [
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
    DeploymentRoles,
    ImageGeneration,
    KnowledgeBase,
    Lake,
    Personalization,
    PersonalizeRanker,
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
]
"""What the plugin package offers."""

__all__ = [
    "PACKAGE",
    "PUBLIC",
    "VERSION",
    "Alarms",
    "AlarmsArgs",
    "Api",
    "ApiArgs",
    "Auth",
    "AuthArgs",
    "Canary",
    "CanaryArgs",
    "Catalog",
    "CatalogArgs",
    "CatalogDesk",
    "CatalogDeskArgs",
    "ChatAgent",
    "ChatAgentArgs",
    "ChatEngine",
    "Closet",
    "ClosetArgs",
    "ClusterTrainer",
    "Connections",
    "ConnectionsArgs",
    "Dashboard",
    "DashboardArgs",
    "DeploymentRoles",
    "DeploymentRolesArgs",
    "EmbedderName",
    "ImageBuilder",
    "ImageGeneration",
    "ImageGenerationArgs",
    "KnowledgeBase",
    "KnowledgeBaseArgs",
    "KnowledgeStorage",
    "Lake",
    "LakeArgs",
    "OpenSearchGeneration",
    "Personalization",
    "PersonalizationArgs",
    "PersonalizeRanker",
    "PersonalizeRankerArgs",
    "ProductClusters",
    "ProductClustersArgs",
    "ProductSearch",
    "ProductSearchArgs",
    "Profile",
    "ProfileArgs",
    "Realtime",
    "RealtimeArgs",
    "RuntimeLayers",
    "RuntimeLayersArgs",
    "ShopperPhotos",
    "ShopperPhotosArgs",
    "SiteConfig",
    "SiteConfigArgs",
    "TryOn",
    "TryOnArgs",
    "TryOnProvider",
    "VectorAccess",
    "VectorAccessArgs",
    "VectorBackend",
    "VectorMigration",
    "VectorMigrationArgs",
    "VectorSearch",
    "VectorSearchArgs",
    "WeatherSource",
    "WebApp",
    "WebAppArgs",
    "WebEdge",
    "WebEdgeArgs",
    "limit_roles",
]
