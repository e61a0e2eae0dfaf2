"""Catalogue files: CSV rows that state attributes of products.

A blank cell and a missing column state nothing: what is known of the product stays.
"""

import csv
import io
import posixpath
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from runtime.shared.products import normalise_color, normalise_word

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_ROWS = 100_000
_IN_MEMORY = 4 * 1024 * 1024
_IMAGE = "image"


class FileRefused(Exception):
    """The file as a whole cannot be read; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one row states of the product whose picture has this key. Row 1 is the header."""

    row: int
    key: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: its number, the column at fault and the reason."""

    row: int
    column: str
    reason: str


def _split_sizes(cell: Any) -> Any:
    return [size.strip() for size in cell.split("|") if size.strip()] if isinstance(cell, str) else cell


_Trimmed = StringConstraints(strip_whitespace=True, min_length=1)
_Size = Annotated[str, _Trimmed, Field(max_length=20)]
_Colour = Annotated[str, _Trimmed, Field(max_length=40)]
_Words = Annotated[str, _Trimmed, Field(max_length=100)]
_Name = Annotated[str, _Trimmed, Field(max_length=200)]
_Prose = Annotated[str, _Trimmed, Field(max_length=4_000)]


class StatedValues(BaseModel):
    """The columns besides `image`, as the products table holds them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Name | None = None
    category: Annotated[_Words, AfterValidator(normalise_word)] | None = None
    description: _Prose | None = None
    price: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    color: Annotated[_Colour, AfterValidator(normalise_color)] | None = None
    sizes: (
        Annotated[tuple[_Size, ...], BeforeValidator(_split_sizes), Field(min_length=1, max_length=50)] | None
    ) = None
    stock: Annotated[int, Field(ge=0, le=10**9)] | None = None
    purchase_url: (
        Annotated[str, StringConstraints(max_length=2_000, pattern=re.compile(r"^https?://[^\s/]+(/\S*)?$"))]
        | None
    ) = None
    brand: _Words | None = None
    gender: _Words | None = None
    season: _Words | None = None
    occasion: _Words | None = None
    pattern: _Words | None = None


COLUMNS = (_IMAGE, *StatedValues.model_fields)


def check_file_size(size: int) -> None:
    """Raise FileRefused for a file of more bytes than are read."""
    if size > MAX_FILE_BYTES:
        raise FileRefused(f"A catalogue file may have {MAX_FILE_BYTES >> 20} MB; split it.")


def spool(chunks: Iterable[bytes]) -> IO[bytes]:
    """The bytes in a temporary file, so that slow work on the rows does not hold the connection open."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  the caller closes it
    for chunk in chunks:
        file.write(chunk)
    file.seek(0)
    return file


def read_statements(file: IO[bytes], key: str, prefix: str) -> Iterator[Statement | BadRow]:
    """The rows of a catalogue file in UTF-8 (with or without BOM), one after the other.

    `key` is the file's own: pictures are named relative to its folder. Raises FileRefused, perhaps after
    some rows.
    """
    reader = csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""), strict=True)
    folder = posixpath.dirname(key)
    first_rows: dict[str, int] = {}
    number = 0
    try:
        header = _read_header(next(reader, []))
        for number, cells in enumerate(reader, start=2):
            if number > MAX_ROWS + 1:
                raise FileRefused(f"The file has more than {MAX_ROWS:,} rows; split it.")
            if any(cell.strip() for cell in cells):
                yield _read_row(number, header, cells, folder, prefix, first_rows)
    except UnicodeDecodeError:
        raise FileRefused(f"The file is not UTF-8 after row {max(number, 1)}; save it as UTF-8.") from None
    except csv.Error as error:
        raise FileRefused(f"The file is not valid CSV after row {max(number, 1)}: {error}.") from None


def _read_header(cells: Sequence[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    unknown = [name for name in names if name not in COLUMNS]
    if _IMAGE not in names or unknown or len(set(names)) < len(names):
        fault = f"unknown: {', '.join(unknown)[:200]}" if unknown else "one is missing or there twice"
        raise FileRefused(f"The first row must name columns out of {', '.join(COLUMNS)} ({fault}).")
    return names


def _read_row(
    number: int,
    header: Sequence[str],
    cells: Sequence[str],
    folder: str,
    prefix: str,
    first_rows: dict[str, int],
) -> Statement | BadRow:
    if len(cells) > len(header):
        return BadRow(number, "", f"has {len(cells)} cells under {len(header)} columns")
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
    key = _find_picture(folder, values.pop(_IMAGE, ""), prefix)
    if key is None:
        return BadRow(number, _IMAGE, "must be the path of a picture, relative to this file's folder")
    if key in first_rows:
        return BadRow(number, _IMAGE, f"names the same picture as row {first_rows[key]}")
    first_rows[key] = number
    try:
        stated = StatedValues.model_validate_strings(values)
    except ValidationError as error:
        return _explain(number, error)
    return Statement(number, key, stated.model_dump(exclude_none=True))


def _find_picture(folder: str, path: str, prefix: str) -> str | None:
    """The key of a picture named in a file of `folder`; None when that leads out of the catalogue."""
    path = path.replace("\\", "/")
    if not path or path.startswith("/") or path.endswith("/"):
        return None
    key = posixpath.normpath(posixpath.join(folder, path))
    return key if key.startswith(prefix) and len(key.encode()) <= 1024 else None


def _explain(number: int, error: ValidationError) -> BadRow:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    columns = list(dict.fromkeys(str(item["loc"][0]) for item in found))
    reasons = "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in found)
    return BadRow(number, columns[0], reasons[:500])
