"""Turning the AWS SDK's failures into the stores' own."""

from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from runtime.vectors.errors import StoreUnavailable


@contextmanager
def store_calls(store: str) -> Generator[None, None, None]:
    """Raise StoreUnavailable, naming the store, for any failure of an AWS call made inside."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(f"{store}: {error}") from error


def error_code(error: ClientError) -> str:
    """The service's name for what went wrong."""
    return error.response.get("Error", {}).get("Code", "")
