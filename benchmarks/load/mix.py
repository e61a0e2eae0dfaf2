"""What shoppers wish, and how often."""

WEIGHTS = {
    "search by words": 24,
    "search by photo": 4,
    "browse": 14,
    "product page": 22,
    "similar": 4,
    "outfit": 4,
    "interactions": 14,
    "something saved": 2,
    "chat": 3,
    "chat by socket": 3,
    "picture of an outfit": 1,
    "photo upload": 1,
    "try-on": 1,
    "catalogue upload": 3,
}
"""Of a hundred wishes, how many are of each kind."""
QUICK = (
    "search by words",
    "search by photo",
    "browse",
    "product page",
    "similar",
    "outfit",
    "interactions",
    "something saved",
)
"""Kinds that a shopper expects an answer to at once."""
