"""What the stylist's words for garments mean in a shop: a category, and words in a product's name."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_CATEGORIES = {
    "dress": "dress",
    "skirt": "skirt",
    "trousers": "pants",
    "jeans": "pants",
    "leggings": "pants",
    "shorts": "shorts",
    "shirt": "shirt",
    "blouse": "shirt",
    "t-shirt": "t-shirt",
    "sweater": "sweater",
    "jacket": "jacket",
    "coat": "coat",
    "blazer": "blazer",
    "shoes": "shoes",
    "sneakers": "shoes",
    "boots": "shoes",
    "heels": "shoes",
    "sandals": "shoes",
    "hat": "hat",
}
_NAMES = {
    "dress": "dress|dresses|gown",
    "skirt": "skirt|skirts",
    "trousers": "pants|trousers|chinos|chino|slacks|culottes|joggers",
    "jeans": "jeans|denim",
    "leggings": "leggings|tights",
    "shorts": "shorts|bermudas",
    "shirt": "shirt|shirts",
    "blouse": "blouse|blouses",
    "t-shirt": "t-shirt|t-shirts|tee|polo",
    "top": "top|tops|t-shirt|blouse|shirt",
    "sweater": "sweater|longsleeve|cardigan|hoodie|pullover|jumper|knit",
    "jacket": "jacket|parka|anorak|bomber|outwear",
    "coat": "coat|trench|outwear",
    "blazer": "blazer",
    "suit": "suit|blazer",
    "shoes": "shoes|shoe|sneakers|sneaker|boots|heels|sandals|loafers|pumps|flats",
    "sneakers": "sneakers|sneaker|trainers",
    "boots": "boots|boot",
    "heels": "heels|heel|pumps|stilettos",
    "sandals": "sandals|sandal",
    "hat": "hat|hats|cap|beanie|beret|fedora",
    "scarf": "scarf|shawl",
    "bag": "bag|handbag|clutch|backpack|tote",
}
_ROLES = (
    ("shoes", "shoes shoe sneakers sneaker boots boot heels sandals loafers pumps flats"),
    ("hat", "hat hats cap beanie beret fedora"),
    ("outerwear", "outwear outerwear coat jacket parka blazer trench anorak"),
    ("dress", "dress dresses gown jumpsuit"),
    ("bottom", "pants trousers jeans skirt skirts shorts chinos leggings joggers"),
    ("top", "shirt shirts t-shirt blouse top longsleeve sweater cardigan hoodie polo tee pullover"),
)
_SHADES = {
    "blue": ("navy", "denim", "turquoise"),
    "red": ("burgundy", "terracotta"),
    "green": ("olive", "mint", "khaki"),
    "grey": ("gray", "silver"),
    "beige": ("cream", "camel", "ivory"),
    "purple": ("lilac", "lavender", "violet"),
    "pink": ("rose", "fuchsia"),
}


def category_of(item: str) -> str | None:
    """The category to search in for a garment; None where only its name helps."""
    return _CATEGORIES.get(item)


def is_item(product: Mapping[str, Any], item: str) -> bool:
    """Whether a product is such a garment, by its category and name."""
    return bool(_words(product) & set(_NAMES.get(item, item).split("|")))


def has_color(product: Mapping[str, Any], colors: Iterable[str]) -> bool:
    """Whether a product has one of the colours or a shade of one."""
    own = str(product.get("color") or "").lower()
    return any(shade in own for color in colors for shade in (color, *_SHADES.get(color, ())))


def role_of(product: Mapping[str, Any]) -> str:
    """The product's part in an outfit; "piece" where nothing tells."""
    category = set(_split(product.get("category")))
    for words in (category, _words(product)):
        for role, names in _ROLES:
            if words & set(names.split()):
                return role
    return "piece"


def _words(product: Mapping[str, Any]) -> set[str]:
    return {*_split(product.get("category")), *_split(product.get("name"))}


def _split(text: object) -> list[str]:
    return re.findall(r"[a-z]+(?:-[a-z]+)*", str(text or "").lower())
