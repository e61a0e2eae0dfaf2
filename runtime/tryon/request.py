"""What shoppers may ask for."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from runtime.fitting.parameters import TryOnParameters
from runtime.shared.bodies import Body
from runtime.shared.images import MEGABYTE

MAX_PHOTO_BYTES = 10 * MEGABYTE
MOST_PRODUCTS = 6
MOST_LISTED = 50

Id = Annotated[str, StringConstraints(pattern=re.compile(r"^[A-Za-z0-9_.:-]{1,128}\Z"))]
ContentType = Literal["image/jpeg", "image/png", "image/webp"]
_Products = Annotated[list[Id], Field(min_length=1, max_length=MOST_PRODUCTS)]


class UploadRequest(Body):
    """The body of POST /uploads: what is going to be uploaded, in bytes."""

    kind: Literal["model"]
    content_type: ContentType
    bytes: Annotated[int, Field(ge=1, le=MAX_PHOTO_BYTES)]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] | None = None


class TryOnRequest(Body):
    """The body of POST /try-on: who wears what. The products of an outfit are put on in the right order."""

    model_id: Id
    product_id: Id | None = None
    product_ids: _Products | None = None
    parameters: TryOnParameters = TryOnParameters()
    request_id: Id | None = None

    @model_validator(mode="after")
    def _check_products(self) -> "TryOnRequest":
        if (self.product_id is None) == (self.product_ids is None):
            raise ValueError("give either product_id or product_ids")
        if self.product_ids is not None and len(set(self.product_ids)) < len(self.product_ids):
            raise ValueError("product_ids names a product twice")
        return self

    @property
    def products(self) -> tuple[str, ...]:
        """Ids of all products, in the order given."""
        return tuple(self.product_ids) if self.product_ids else (self.product_id or "",)


class TryOnFrame(TryOnRequest):
    """What a browser sends on the WebSocket to have something tried on."""

    action: Literal["tryon"]


class SubscribeFrame(Body):
    """What a browser sends on the WebSocket to hear of a job from now on."""

    action: Literal["subscribe"]
    job_id: Id


class ListQuery(BaseModel):
    """The query of GET /models and GET /try-on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 20
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
