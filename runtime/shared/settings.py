"""Settings of a function: JSON values in environment variables, read once at cold start."""

import os
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

T = TypeVar("T")


class SettingsModel(BaseModel):
    """Base of every settings model: immutable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SettingsError(Exception):
    """A variable is missing or wrong; the text names the variable and the field."""


def read_setting(name: str, kind: type[T] | Any, environ: Mapping[str, str] = os.environ) -> T:
    """The JSON value of variable `name` as `kind` (a model or a union of models). Raises SettingsError."""
    text = environ.get(name)
    if not text:
        raise SettingsError(f"environment variable {name} is not set; it must hold a JSON value")
    adapter: TypeAdapter[T] = TypeAdapter(kind)
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'value'}: {item['msg']}"
            for item in error.errors()
        )
        raise SettingsError(f"environment variable {name} is wrong: {found}") from None
