"""What the package is called and how its types are named."""

PACKAGE = "virtual-stylist"
VERSION = "0.1.0"


def public_token(class_name: str) -> str:
    """The type token of a public component; `index` is the only module a plugin host can construct."""
    return f"{PACKAGE}:index:{class_name}"


def internal_token(class_name: str) -> str:
    """The type token of a component that is only ever a child."""
    return f"{PACKAGE}:internal:{class_name}"
