"""A demo fashion catalogue, drawn by code: `write_catalog` makes it, `draw` and `draw_garment` picture it."""

from local.demo.catalog import Product, draw, draw_garment, list_products, write_catalog
from local.demo.spec import GarmentSpec

__all__ = ["GarmentSpec", "Product", "draw", "draw_garment", "list_products", "write_catalog"]
