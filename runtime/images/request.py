"""What the routes of pictures may be asked for."""

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from runtime.images.gallery import IMAGE_ID
from runtime.shared.bodies import Body

MAX_PROMPT = 1_000
MAX_COUNT = 4
MAX_PAGE = 50

Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_PROMPT)]
Id = Annotated[str, StringConstraints(pattern=re.compile(r"^[A-Za-z0-9_.:-]{1,128}\Z"))]


class AspectRatio(StrEnum):
    """Width to height, as Stability's models take it."""

    WIDEST = "21:9"
    WIDE = "16:9"
    LANDSCAPE = "3:2"
    NEARLY_SQUARE_WIDE = "5:4"
    SQUARE = "1:1"
    NEARLY_SQUARE_TALL = "4:5"
    PORTRAIT = "2:3"
    TALL = "9:16"
    TALLEST = "9:21"

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height, in shares."""
        width, _, height = self.value.partition(":")
        return int(width), int(height)


class ImageRequest(Body):
    """The body of POST /image. A whole figure is tall, so that is the default."""

    prompt: Prompt
    session_id: Id | None = None
    aspect_ratio: AspectRatio = AspectRatio.PORTRAIT
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 1
    response_format: Literal["url", "base64"] = "url"
    request_id: Id | None = None


class AlbumQuery(BaseModel):
    """The query parameters of GET /images; `cursor` is that of the page before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cursor: Annotated[str, StringConstraints(pattern=re.compile(rf"^{IMAGE_ID.pattern}\Z"))] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 12
