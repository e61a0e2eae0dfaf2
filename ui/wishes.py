"""What people dress for: pictures of it, and the words that begin a conversation with the stylist."""

from dataclasses import dataclass
from pathlib import Path

from ui.words import later

_FOLDER = Path(__file__).resolve().parent / "occasions"


@dataclass(frozen=True, slots=True)
class Wish:
    """`label` is shown, `message` is said to the stylist, in the words of `ui.sentences`."""

    picture: str
    label: str
    message: str

    @property
    def path(self) -> str:
        """The file of its picture, 480 x 640."""
        return str(_FOLDER / f"{self.picture}.webp")


WISHES = (
    Wish("wedding", later("A summer wedding"), "I need an outfit for a summer wedding"),
    Wish("office", later("First day at the office"), "I need an outfit for my first day at a new office"),
    Wish("seaside", later("A weekend by the sea"), "I need something relaxed for a weekend by the sea"),
    Wish("dinner", later("Dinner with friends"), "I need an outfit for a dinner with friends"),
)
