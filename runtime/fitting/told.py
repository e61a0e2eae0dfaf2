"""What is told of a try-on: each step has a code, for those who have other words, and English words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FACE_CHANGED = "The face may have been changed in this picture."
BACKGROUND_CHANGED = "The picture may have changed outside of the garment as well."
COLORS_MISSING = "The product's colours do not show as they should in this picture."
BROKEN = "The picture does not have the photo's size."

STEP_TEXTS: Mapping[str, str] = {
    "waiting": "Waiting for its turn.",
    "looking": "Looking at your photo.",
    "putting-on": "Putting on {garment}.",
    "putting-on-again": "Putting on {garment}, once more.",
    "checking": "Checking {garment}.",
    "finishing": "Done.",
    "ready": "Ready.",
    "not-made": "Not made.",
}
_REMARKS: Mapping[str, str] = {
    FACE_CHANGED: "face-changed",
    BACKGROUND_CHANGED: "background-changed",
    COLORS_MISSING: "colours-missing",
    BROKEN: "broken",
}
REMARK_CODES = frozenset(_REMARKS.values())


@dataclass(frozen=True, slots=True)
class Step:
    """What is being done; `garment` is the name of the piece that a step is about."""

    code: str
    garment: str = ""

    @property
    def text(self) -> str:
        """In English."""
        return STEP_TEXTS[self.code].format(garment=self.garment)

    def describe(self) -> dict[str, Any]:
        """`{"code", "values"}`"""
        return {"code": self.code, "values": {"garment": self.garment} if self.garment else {}}


def describe_remark(note: str) -> dict[str, Any]:
    """A remark on a look by its code; one without a code of its own is `other`, with its English words."""
    code = _REMARKS.get(note)
    return {"code": code, "values": {}} if code else {"code": "other", "values": {"text": note}}
