"""The port to models that dress a person, and how they fail."""

from dataclasses import dataclass
from typing import Protocol

from runtime.fitting.garments import GarmentClass
from runtime.fitting.parameters import TryOnParameters


@dataclass(frozen=True, slots=True)
class Garment:
    """A product to put on: its picture (JPEG, PNG or WebP), its class, and a few words about it."""

    picture: bytes
    garment_class: GarmentClass
    description: str = ""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One garment onto one person."""

    person: bytes
    """The photo as JPEG, PNG or WebP, upright."""
    garment: Garment
    parameters: TryOnParameters
    seed: int
    keep: bytes | None = None
    """A mask (PNG, L, of the photo's size): white must stay as it is, whatever the model's own mask says."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The person wearing the garment."""

    image: bytes
    """PNG, RGB, of the photo's size."""
    mask: bytes
    """PNG, L, of the same size: white was made anew, black is the photo's own."""
    model: str
    seed: int
    cost_usd: float


class TryOnModel(Protocol):
    """A model that puts one garment on a person; safe to use from several threads."""

    model_id: str

    def render(self, request: RenderRequest) -> Rendered:
        """The picture, not yet checked. Raises a TryOnError of any kind."""
        ...


class TryOnError(Exception):
    """No picture was made. `cost_usd` tells what may have been spent all the same."""

    def __init__(self, reason: str, *, cost_usd: float = 0.0) -> None:
        super().__init__(reason)
        self.cost_usd = cost_usd


class TryOnRefused(TryOnError):
    """The model or the photo does not allow it, now or later; the text is for the shopper."""


class TryOnUnavailable(TryOnError):
    """Throttled, timed out or down: the same call may work shortly."""


class TryOnForbidden(TryOnError):
    """The shop may not use the model, or there is none of that name: people mend that, time does not."""


class TryOnGarbage(TryOnError):
    """The model answered with something that is no picture."""
