"""A product: its id, its row in the products table, and what an API says of it."""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from pydantic import Field

from runtime.shared.problems import refuse_fields
from runtime.shared.settings import SettingsModel

ID_LENGTH = 20
_ID = re.compile(r"[a-z2-7]{20}\Z")
_CHECK_LENGTH = 10
_COLOR_ALIASES = {"gray": "grey", "multi": "multicolour", "multicolor": "multicolour"}

INTERNAL_FIELDS = frozenset(
    {
        "product_picture_s3_url",
        "content_hash",
        "content_type",
        "embedding_key",
        "version",
        "stated",
        "cluster",
    }
)
"""What the table holds of a product and no API tells."""


class CatalogSettings(SettingsModel):
    """Variable CATALOG: the bucket of the pictures, the products table and the pictures' prefix."""

    bucket: str = Field(min_length=3)
    table: str = Field(min_length=3)
    prefix: str = Field(pattern=r"^[^/].*/$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One row of the products table. Times are ISO 8601 in UTC, the price is in `currency`.

    A row without a `content_hash` has no indexed picture (yet): a catalogue file named the product before
    its picture came. Such a product is not shown.
    """

    product_id: str
    product_picture_s3_url: str = ""
    name: str = ""
    category: str = ""
    description: str | None = None
    auto_imported: bool = True
    created_at: str = ""
    updated_at: str = ""
    price: Decimal | None = None
    currency: str | None = None
    color: str | None = None
    sizes: tuple[str, ...] = ()
    stock: int | None = None
    purchase_url: str | None = None
    brand: str | None = None
    gender: str | None = None
    season: str | None = None
    occasion: str | None = None
    pattern: str | None = None
    content_hash: str | None = None
    content_type: str | None = None
    embedding_key: str | None = None
    cluster: int | None = None
    """The group of products that look alike; a number keeps its meaning when products are grouped anew."""
    version: int = 0
    stated: tuple[str, ...] = ()
    """Names of the fields that a catalogue file has set; the others come from the picture and its key."""

    @property
    def is_shown(self) -> bool:
        return self.content_hash is not None


_FIELDS = tuple(field.name for field in fields(Product))


def product_id_for_key(key: str) -> str:
    """The id of the product whose picture has this S3 key (URL-decoded): one picture is one product.

    The first 20 characters of the key's SHA-256 in lower-case base32: 100 bits.
    """
    digest = hashlib.sha256(key.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:ID_LENGTH]


def is_product_id(text: str) -> bool:
    """Whether `text` has the form of a product id."""
    return _ID.match(text) is not None


def product_from_row(row: Mapping[str, Any]) -> Product:
    """The product of a row read from the table (numbers as Decimal); unknown attributes are ignored."""
    values = {name: row[name] for name in _FIELDS if row.get(name) is not None}
    for name in ("stock", "version", "cluster"):
        if name in values:
            values[name] = int(values[name])
    for name in ("sizes", "stated"):
        if name in values:
            values[name] = tuple(values[name])
    return Product(**values)


def row_from_product(product: Product) -> dict[str, Any]:
    """The row of a product: what is not known is left out, as an index key must not be null."""
    values = {name: getattr(product, name) for name in _FIELDS}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None and value not in ("", ())
    }


def row_fields() -> tuple[str, ...]:
    """The attributes of a row that a Product knows."""
    return _FIELDS


def describe_product(product: Product, image_url: str) -> dict[str, Any]:
    """A product as the API tells it: the table's fields without those of storage, with a picture URL."""
    values = {name: getattr(product, name) for name in _FIELDS if name not in INTERNAL_FIELDS}
    return {
        **values,
        "price": plain_number(product.price),
        "sizes": list(product.sizes),
        "image_url": image_url,
    }


def normalise_word(text: str) -> str:
    """A category, say, as stored and compared: lower case, single blanks, composed letters."""
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def normalise_color(text: str) -> str:
    """A colour as it is stored and compared: `normalise_word` in British spelling."""
    word = normalise_word(text)
    return _COLOR_ALIASES.get(word, word)


def normalise_size(text: str) -> str:
    """A size as it is compared: `m` and `M` are one."""
    return normalise_word(text).upper()


def plain_number(value: Decimal | None) -> int | float | None:
    """A stored number as JSON writes it: 20 and 19.9, not 20.0 and "19.90"."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def write_cursor(product_id: str, category: str | None) -> str:
    """An opaque place in the list of `category` (None: of all), right after `product_id`."""
    return product_id + _cursor_check(product_id, category)


def read_cursor(cursor: str, category: str | None) -> str:
    """The product id a cursor stands after. Raises a 400 Problem for anything `write_cursor` did not make.

    The check ties a cursor to its list and finds damage. It is no secret: a place in a public list is none.
    """
    product_id, check = cursor[:ID_LENGTH], cursor[ID_LENGTH:]
    if not is_product_id(product_id) or check != _cursor_check(product_id, category):
        raise refuse_fields(("cursor", "not a cursor of this list; start again without one"))
    return product_id


def _cursor_check(product_id: str, category: str | None) -> str:
    place = f"{product_id}\n{'' if category is None else '=' + category}"
    digest = hashlib.sha256(place.encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(digest).decode().lower()[:_CHECK_LENGTH]
