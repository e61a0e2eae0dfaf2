"""What requests and answers of the API have in common."""

import uuid
from typing import Any

from pydantic import BaseModel, ConfigDict


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


def new_request_id() -> str:
    """With the same id a request that is sent again has its first answer, and is paid once."""
    return uuid.uuid4().hex
