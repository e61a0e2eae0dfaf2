"""The request contract of the shop's API, as far as the gateway checks it.

The gateway refuses bodies that are no JSON object or carry unknown fields; everything else is left to the
handlers, whose answers name the field. Hence properties have no type here: a type would refuse `null`
where a handler takes it for "not given".
"""

import json
from typing import Any

PUBLIC_ROUTES = ("GET /health", "GET /capabilities")
"""Routes that need neither an API key nor a token."""


def _object(description: str, properties: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "properties": {name: {"description": text} for name, text in properties.items()},
    }


_SEARCH = _object(
    "A search by words, by picture, by products liked, or by any mix of them.",
    {
        "query": "Words, a string.",
        "image": "A picture, a base64 string.",
        "like": "Ids of products to find more of, an array of strings.",
        "unlike": "Ids of products to find less of, an array of strings.",
        "limit": "How many results, an integer.",
        "filters": "Restrictions by category, color, size, price and stock, an object.",
        "personalize": "Weight of the shopper's own taste, 0 to 1.",
        "exact": "Compare every product instead of the likely ones, a boolean.",
    },
)

REQUEST_SCHEMAS: dict[str, str] = {"POST /search": json.dumps(_SEARCH, sort_keys=True)}
"""JSON schema (draft 4) text of the request body by route."""
