"""What can be said of files for the catalogue before they are sent anywhere."""

import io
import re
from dataclasses import dataclass, field

from PIL import Image, UnidentifiedImageError

from ui.desk_answers import NewFile
from ui.words import later

ENDINGS = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "csv": "text/csv",
}
"""Content types by the ending of a file's name."""
CSV = "text/csv"
MEGABYTE = 1024 * 1024
_MOST_PICTURE_BYTES = 20 * MEGABYTE
_MOST_CSV_BYTES = 64 * MEGABYTE
_SHORTEST_SIDE = 32
_LONGEST_NAME = 100
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]")

_KIND = later("It is no JPEG, PNG, WebP or CSV file.")
_NAME = later("Its name is too long or has slashes in it. Please rename it.")
_EMPTY = later("It is empty.")
_LARGE = later("It is larger than {megabytes} MB.")
_PICTURE = later("It cannot be read as a picture. Please save it again.")
_SMALL = later("The picture is smaller than {pixels} pixels.")
_TEXT = later("It is not saved as UTF-8 text. Please export it as UTF-8.")
_COLUMN = later("Its first row has no column called image.")


@dataclass(frozen=True, slots=True)
class ChosenFile:
    """A file as it was chosen."""

    name: str
    data: bytes = field(repr=False)

    @property
    def content_type(self) -> str | None:
        """By the ending of its name; None for what the catalogue does not take."""
        return ENDINGS.get(self.name.rpartition(".")[2].lower()) if "." in self.name else None

    @property
    def is_sheet(self) -> bool:
        """Whether it is a CSV file."""
        return self.content_type == CSV

    def announce(self, category: str | None) -> NewFile:
        """What the API is told of it."""
        return NewFile(
            name=self.name,
            category=category or None,
            content_type=self.content_type or "",
            bytes=len(self.data),
        )


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a file is not sent: a message, and the values in it."""

    message: str
    values: dict[str, object] = field(default_factory=dict[str, object])


def check_file(file: ChosenFile) -> Objection | None:
    """What is wrong with a file; None when it may be sent."""
    if file.content_type is None:
        return Objection(_KIND)
    if len(file.name) > _LONGEST_NAME or _UNSAFE.search(file.name) or file.name.startswith("."):
        return Objection(_NAME)
    if not file.data:
        return Objection(_EMPTY)
    most = _MOST_CSV_BYTES if file.is_sheet else _MOST_PICTURE_BYTES
    if len(file.data) > most:
        return Objection(_LARGE, {"megabytes": most // MEGABYTE})
    return _check_sheet(file.data) if file.is_sheet else _check_picture(file.data)


def _check_picture(data: bytes) -> Objection | None:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            shortest = min(image.size)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return Objection(_PICTURE)
    return Objection(_SMALL, {"pixels": _SHORTEST_SIDE}) if shortest < _SHORTEST_SIDE else None


def _check_sheet(data: bytes) -> Objection | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Objection(_TEXT)
    columns = [cell.strip(' "').lower() for cell in text.partition("\n")[0].strip().split(",")]
    return None if "image" in columns else Objection(_COLUMN)
