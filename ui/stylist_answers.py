"""What the API answers in the chat and about pictures, and what it is asked there."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from ui.answers import Hit
from ui.bodies import Answer, Asked, new_request_id
from ui.words import later

ASPECT_RATIOS = {
    "2:3": later("Portrait"),
    "1:1": later("Square"),
    "3:2": later("Landscape"),
    "9:16": later("Tall"),
}
MOST_PICTURES = 4
MOST_PROMPT = 1_000
MOST_MESSAGE = 4_000
"""Characters, as for the prompt."""
_MARGIN = timedelta(seconds=60)

Rating = Literal["up", "down"]


class Question(Asked):
    """A message to the stylist. `profile` holds entities that the shopper edited; None clears one."""

    message: str
    session_id: str | None = None
    request_id: str = Field(default_factory=new_request_id)
    profile: dict[str, Any] = Field(default_factory=dict)
    language: str | None = None
    """BCP 47 tag of the language to be answered in."""


class Citation(Answer):
    """Where something in a reply comes from."""

    text: str = ""
    source: str = ""


class Weather(Answer):
    """The forecast of a day and place: degrees Celsius, millimetres, kilometres per hour."""

    city: str | None = None
    country: str | None = None
    date: str | None = None
    summary: str | None = None
    temp_min_c: float | None = None
    temp_max_c: float | None = None
    rain_mm: float | None = None
    wind_kmh: float | None = None


class ChatAnswer(Answer):
    """A turn of the stylist. `outfit` holds ids; `brief` what is known of the wish, by entity."""

    session_id: str
    turn: int
    reply: str
    products: tuple[Hit, ...] = ()
    citations: tuple[Citation, ...] = ()
    weather: Weather | None = None
    suggestions: tuple[str, ...] = ()
    refused: bool = False
    brief: dict[str, Any] = Field(default_factory=dict)
    outfit: tuple[str, ...] = ()


class PastTurn(ChatAnswer):
    """A turn that there was: what the shopper said (`at`), and what came of it."""

    message: str = ""
    at: AwareDatetime | None = None
    language: str | None = None
    rating: Rating | None = None


class PastConversation(Answer):
    """The newest turns of a conversation, in their order; `cursor` leads to earlier ones."""

    session_id: str
    title: str | None = None
    turns: tuple[PastTurn, ...] = ()
    cursor: str | None = None


class ListedConversation(Answer):
    """A conversation in a list; its title is its first words."""

    session_id: str
    title: str | None = None
    turns: int = 0
    updated_at: AwareDatetime | None = None


class ConversationPage(Answer):
    """Some conversations, newest first; `cursor` leads on, None at the end."""

    conversations: tuple[ListedConversation, ...] = ()
    cursor: str | None = None


class ImageRequest(Asked):
    """A picture to be made, of the conversation's outfit when there is a session."""

    prompt: str
    session_id: str | None = None
    aspect_ratio: str = "2:3"
    count: int = 1
    request_id: str = Field(default_factory=new_request_id)


class MadePicture(Answer):
    """A picture that a model made: the address until it expires, or the file itself (base64)."""

    image_id: str | None = None
    url: str | None = None
    base64: str | None = None
    content_type: str = "image/png"
    expires_at: AwareDatetime | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether its address works for another minute."""
        return self.expires_at is None or self.expires_at > datetime.now(UTC) + _MARGIN


class AlbumPicture(MadePicture):
    """A picture of the shopper's album, and the wish that it fulfils."""

    prompt: str = ""
    aspect_ratio: str = "2:3"
    session_id: str | None = None
    product_ids: tuple[str, ...] = ()
    """The pieces of the outfit that it shows, of a conversation's outfit only."""
    made_at: AwareDatetime | None = None


class AlbumPage(Answer):
    """Some pictures, newest first; `cursor` leads on, None at the end."""

    images: tuple[AlbumPicture, ...] = ()
    cursor: str | None = None


class Deleted(Answer):
    """A picture has been deleted."""

    deleted: str = ""


class ImageAnswer(Answer):
    """The pictures of a request; fewer than asked for when the model made only some."""

    images: tuple[MadePicture, ...] = ()
    model: str | None = None
    seed: int | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether every address works for another minute."""
        return all(image.is_fresh for image in self.images)
