"""What people of the shop may ask for at the desk."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from runtime.catalog.reconcile import MAX_PICTURE_BYTES
from runtime.catalog.statements import MAX_FILE_BYTES
from runtime.shared.bodies import Body
from runtime.shared.images import MEGABYTE
from runtime.shared.products import normalise_word

MOST_FILES = 50
LONGEST_NAME = 100
LONGEST_CATEGORY = 60
CSV = "text/csv"
ENDINGS = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    CSV: (".csv",),
}
"""What a file's name ends with, by its content type: the ingestion goes by the ending."""
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff/\\]")

ContentType = Literal["image/jpeg", "image/png", "image/webp", "text/csv"]


def _check_part(text: str) -> str:
    """A part of a key: one folder or one file, whatever reads it. Raises ValueError."""
    text = unicodedata.normalize("NFC", text)
    if _UNSAFE.search(text):
        raise ValueError("may hold no slashes and no invisible characters")
    if text.startswith("."):
        raise ValueError("may not begin with a dot")
    return text


_Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME),
    AfterValidator(_check_part),
]
_Category = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_CATEGORY),
    AfterValidator(_check_part),
    AfterValidator(normalise_word),
]
_Id = Annotated[str, StringConstraints(pattern=re.compile(r"^[A-Za-z0-9_-]{1,100}\Z"))]


class NewFile(Body):
    """A picture, or a CSV file whose rows name pictures relative to the folder that it is put in."""

    name: _Name
    category: _Category | None = None
    content_type: ContentType
    bytes: Annotated[int, Field(ge=1)]

    @property
    def path(self) -> str:
        """Where it lies below the catalogue's prefix."""
        return self.name if self.category is None else f"{self.category}/{self.name}"

    @property
    def most_bytes(self) -> int:
        """As much as the ingestion reads of such a file."""
        return MAX_FILE_BYTES if self.content_type == CSV else MAX_PICTURE_BYTES

    @model_validator(mode="after")
    def _check_together(self) -> "NewFile":
        endings = ENDINGS[self.content_type]
        if not self.name.lower().endswith(endings):
            raise ValueError(f"a name of the type {self.content_type} ends with {' or '.join(endings)}")
        if self.bytes > self.most_bytes:
            raise ValueError(f"such a file may have {self.most_bytes / MEGABYTE:g} MB")
        return self


class UploadsRequest(Body):
    """The body of POST /catalog/uploads: what is going to be uploaded."""

    files: Annotated[list[NewFile], Field(min_length=1, max_length=MOST_FILES)]

    @model_validator(mode="after")
    def _check_places(self) -> "UploadsRequest":
        paths = [file.path for file in self.files]
        if len(set(paths)) < len(paths):
            raise ValueError("two files have the same name in the same category")
        return self


class FilesQuery(Body):
    """The query of GET /catalog/files."""

    key: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=1024)]],
        Field(min_length=1, max_length=MOST_FILES),
    ]


class LettersQuery(BaseModel):
    """The query of GET /catalog/dead-letters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cursor: (
        Annotated[str, StringConstraints(pattern=re.compile(r"^\d{1,20}-[A-Za-z0-9_-]{1,100}\Z"))] | None
    ) = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class RetryRequest(Body):
    """The body of POST /catalog/dead-letters/retry; without ids, all are tried again."""

    ids: Annotated[list[_Id], Field(min_length=1, max_length=100)] | None = None
