"""Moments as answers tell them."""

from datetime import UTC, datetime


def write_moment(seconds: float) -> str:
    """A time in seconds since 1970 as ISO 8601 in UTC, to the second: `2026-03-01T12:00:00Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
