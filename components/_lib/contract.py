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

_TEXT = _object(
    "One turn of a conversation.",
    {
        "message": "What the shopper says, a string.",
        "session_id": "The conversation that goes on, a string; a new one without it.",
        "request_id": "Makes a repeated request be answered once, a string.",
        "profile": "What the shopper has set aside from the words, an object.",
        "language": "Language of the answer, a BCP 47 tag; that of the message without it.",
    },
)
_FEEDBACK = _object(
    "A shopper's judgement of one turn.",
    {
        "session_id": "The conversation, a string.",
        "turn": "Number of the turn, an integer.",
        "rating": "The judgement, a string.",
        "comment": "Words on it, a string.",
    },
)
_IMAGE = _object(
    "A picture of an outfit.",
    {
        "prompt": "What to show, a string.",
        "session_id": "The conversation whose outfit to show, a string.",
        "request_id": "Makes a repeated request be paid once, a string.",
        "aspect_ratio": "Such as 2:3, a string.",
        "count": "How many pictures, an integer.",
        "response_format": "url or base64, a string.",
    },
)
_PROFILE = _object(
    "A change of what is kept of the shopper.",
    {
        "consent": "Whether facts may be kept, a boolean.",
        "facts": "Facts to keep, null to remove one, an object.",
    },
)
_INTERACTIONS = _object(
    "What a shopper did with products: one interaction, or several as events.",
    {
        "events": "Interactions with the fields below, an array of objects.",
        "product_id": "The product, a string.",
        "event_type": "view, favorite, download, hires_view, cart, purchase or dislike, a string.",
        "session_id": "The shopper's visit, a string.",
        "occurred_at": "When it happened, a time with a time zone; now without it.",
    },
)
_STYLE = _object(
    "A change of a shopper's style profile.",
    {
        "weight": "Weight of taste in searches, 0 to 1; null leaves it to the shop.",
        "opted_out": "Whether nothing of the shopper's taste may be kept, a boolean.",
        "remove": "Tastes to forget, an array of objects with kind and value.",
    },
)

_CLOSET = _object(
    "What is to be kept of something that a shopper saves.",
    {
        "product_ids": "The products of a look, an array of strings.",
        "name": "What a look is called, a string.",
        "size": "Size of what is in the bag, a string.",
        "quantity": "How many of it are in the bag, an integer.",
        "picture": "What a look is shown by, an object with kind (try-on or image) and id.",
    },
)
_UPLOAD = _object(
    "A file that is going to be uploaded.",
    {
        "kind": "model, a string: a photo of the shopper.",
        "content_type": "image/jpeg, image/png or image/webp, a string.",
        "bytes": "Size of the file, an integer.",
        "name": "What to call it, a string.",
    },
)
_TRY_ON = _object(
    "Clothes to try on.",
    {
        "model_id": "The photo, a string.",
        "product_id": "The product, a string.",
        "product_ids": "The products of an outfit, an array of strings, instead of product_id.",
        "parameters": "How it is done, an object in the words of Nova Canvas: maskType, garmentClass, ...",
        "request_id": "Makes a repeated request one try-on, a string.",
    },
)

_CATALOG_UPLOADS = _object(
    "Files that are going to be uploaded into the catalogue.",
    {"files": "Name, category, content_type and bytes of each, an array of objects."},
)
_RETRY = _object(
    "Dead letters that are to be tried again.",
    {"ids": "Ids of dead letters, an array of strings; all without it."},
)

REQUEST_SCHEMAS: dict[str, str] = {
    route: json.dumps(schema, sort_keys=True)
    for route, schema in {
        "PATCH /me": _PROFILE,
        "PATCH /me/style": _STYLE,
        "POST /catalog/dead-letters/retry": _RETRY,
        "POST /catalog/uploads": _CATALOG_UPLOADS,
        "POST /feedback": _FEEDBACK,
        "POST /image": _IMAGE,
        "POST /interactions": _INTERACTIONS,
        "POST /search": _SEARCH,
        "POST /text": _TEXT,
        "POST /try-on": _TRY_ON,
        "POST /uploads": _UPLOAD,
        "PUT /me/closet/{kind}/{id}": _CLOSET,
    }.items()
}
"""JSON schema (draft 4) text of the request body by route."""
