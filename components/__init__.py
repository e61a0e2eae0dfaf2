"""The Virtual Stylist as Pulumi components, for this project's program and for other people's."""

import pulumi

from components._lib.package import PACKAGE, VERSION
from components.api import Api, ApiArgs
from components.auth import Auth, AuthArgs
from components.catalog import Catalog, CatalogArgs
from components.product_search import ProductSearch, ProductSearchArgs
from components.runtime_layers import RuntimeLayers, RuntimeLayersArgs
from components.site_config import SiteConfig, SiteConfigArgs
from components.vector_search import EmbedderName, VectorBackend, VectorSearch, VectorSearchArgs

PUBLIC: list[type[pulumi.ComponentResource]] = [
    Api,
    Auth,
    Catalog,
    ProductSearch,
    RuntimeLayers,
    SiteConfig,
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
    "EmbedderName",
    "ProductSearch",
    "ProductSearchArgs",
    "RuntimeLayers",
    "RuntimeLayersArgs",
    "SiteConfig",
    "SiteConfigArgs",
    "VectorBackend",
    "VectorSearch",
    "VectorSearchArgs",
]
