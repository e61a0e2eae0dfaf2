"""What the routes of the closet may be asked for."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

MAX_PAGE = 100
MAX_QUANTITY = 99

ProductId = Annotated[str, StringConstraints(pattern=re.compile(r"^[a-z2-7]{20}\Z"))]
PictureId = Annotated[str, StringConstraints(pattern=re.compile(r"^[A-Za-z0-9_.:-]{1,128}\Z"))]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Size = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class AskedPicture(BaseModel):
    """A try-on or a picture of the shopper's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["try-on", "image"]
    id: PictureId


class KeepRequest(BaseModel):
    """The body of PUT /me/closet/{kind}/{id}: all that is to be kept of it, whatever was kept before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product_ids: Annotated[list[ProductId], Field(max_length=8)] | None = None
    name: Name | None = None
    size: Size | None = None
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)] | None = None
    picture: AskedPicture | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: Any) -> Any:
        """A null is a field that was not given."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None}

    @property
    def given(self) -> set[str]:
        """Names of the fields that were given."""
        return set(self.model_fields_set)


class ClosetQuery(BaseModel):
    """The query parameters of GET /me/closet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cursor: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = MAX_PAGE
