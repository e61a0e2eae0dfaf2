"""What the routes of the closet may be asked for."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from runtime.shared.bodies import Body

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


class KeepRequest(Body):
    """The body of PUT /me/closet/{kind}/{id}: all that is to be kept of it, whatever was kept before."""

    product_ids: Annotated[list[ProductId], Field(max_length=8)] | None = None
    name: Name | None = None
    size: Size | None = None
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)] | None = None
    picture: AskedPicture | None = None

    @property
    def given(self) -> set[str]:
        """Names of the fields that were given."""
        return set(self.model_fields_set)


class ClosetQuery(BaseModel):
    """The query parameters of GET /me/closet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cursor: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = MAX_PAGE
