"""The port to models that make pictures from words, and how they fail."""

from dataclasses import dataclass
from typing import Protocol

from runtime.images.request import AspectRatio


@dataclass(frozen=True, slots=True)
class Words:
    """What a picture should show, and what should stay out of it (nouns only, never "no ...")."""

    prompt: str
    negative: str = ""


class ImageModel(Protocol):
    """A model that makes one picture a call; safe to use from several threads."""

    model_id: str
    prompt_limit: int
    """Characters that the model reads of a prompt."""
    most_seed: int
    """The highest seed; the lowest is 1, as 0 means a random one to some models."""

    def make(self, words: Words, aspect_ratio: AspectRatio, seed: int) -> bytes:
        """A checked PNG or JPEG file. Raises an ImageError."""
        ...


class ImageError(Exception):
    """A picture was not made. `billed` tells whether it may have been paid for all the same."""

    billed: bool = False


class ImageThrottled(ImageError):
    """The model is busy; the same call may work shortly."""


class ImageFiltered(ImageError):
    """The model's safety filter stopped the words or the picture."""

    def __init__(self, reason: str, *, billed: bool = False) -> None:
        super().__init__(reason)
        self.billed = billed


class ImageFailed(ImageError):
    """The model cannot be used or answered with something that is no picture."""

    def __init__(self, reason: str, *, billed: bool = False) -> None:
        super().__init__(reason)
        self.billed = billed
