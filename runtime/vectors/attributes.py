"""What of a product goes into its vector's attributes."""

from runtime.shared.products import Product, normalise_size
from runtime.vectors.port import Attributes


def attributes_of(product: Product) -> Attributes:
    """What the vector of a product can be filtered by, and its cluster."""
    return Attributes(
        category=product.category or None,
        color=product.color,
        price=None if product.price is None else float(product.price),
        sizes=tuple(normalise_size(size) for size in product.sizes),
        stock=product.stock,
        cluster=product.cluster,
    )
