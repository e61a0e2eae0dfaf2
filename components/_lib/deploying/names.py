"""What autonamed resources of the program are called begins with these."""

BUCKETS = (
    "catalog",
    "edge",
    "images",
    "knowledge",
    "lake",
    "photos",
    "ranker",
    "try-on",
    "vectors",
    "web",
)
FUNCTIONS = (
    "canary",
    "catalog",
    "chat",
    "closet",
    "clusters",
    "desk",
    "images",
    "knowledge",
    "migration",
    "personalization",
    "photos",
    "profile",
    "ranker",
    "realtime",
    "search",
    "try-on",
    "vectors",
    "web",
)
"""What the names of the program's functions begin with."""

ROLE_NAMES = ("api", *FUNCTIONS)
"""What the names of the program's roles begin with."""
