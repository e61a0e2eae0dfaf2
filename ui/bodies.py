"""What requests and answers of the API have in common."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict


class Paged(Protocol):
    """A part of a list; `cursor` asks for the next one, None at the end."""

    @property
    def cursor(self) -> str | None: ...


_Page = TypeVar("_Page", bound=Paged)


class Asked(BaseModel):
    """A request; never changed once it is made."""

    model_config = ConfigDict(frozen=True)

    @property
    def body(self) -> dict[str, Any]:
        """The request as JSON: a field that was not given is left out."""
        return {
            name: value for name, value in self.model_dump(mode="json").items() if value not in (None, {})
        }


class Answer(BaseModel):
    """An answer; fields that the site does not know are no problem."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Accepted(Answer):
    """Something has been kept."""

    status: str = "accepted"


def read_pages(ask: Callable[[str | None], _Page], most: int) -> Iterator[_Page]:
    """The pages of a list from its beginning, up to `most` of them. Raises what `ask` raises."""
    cursor: str | None = None
    for _ in range(most):
        page = ask(cursor)
        yield page
        cursor = page.cursor
        if cursor is None:
            return


def new_request_id() -> str:
    """With the same id a request that is sent again has its first answer, and is paid once."""
    return uuid.uuid4().hex
