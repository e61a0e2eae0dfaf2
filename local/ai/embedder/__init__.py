"""A local stand-in for a multimodal embedding model of clothes: text and pictures in one space."""

from local.ai.embedder.model import FashionEmbedder, GarmentDescription

__all__ = ["FashionEmbedder", "GarmentDescription"]
