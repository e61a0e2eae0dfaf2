"""How fast and how true are composed pictures, and does the check of colours tell right from wrong?

Every pair is a person and a garment of some eighty snapshots.
Right is a picture compared with the garment that
was put on; wrong is the same picture compared with another garment of its kind, and the photo as it was.

Run: python -m benchmarks.fitting [FOLDER OF CATEGORIES WITH PHOTOS] [PHOTO OF A PERSON]
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from time import process_time
from typing import Literal

import numpy as np
from PIL import Image

from benchmarks.record import Figure, record
from local.ai.tryon.filling import fill_in
from local.ai.tryon.segment import cut_out
from local.demo.people import PEOPLE, draw_person
from runtime.fitting.checks import MOST_COLOR_DISTANCE, color_distance
from runtime.fitting.composer import Fill, compose
from runtime.fitting.faces import find_face
from runtime.fitting.garments import BodyPart, garment_class_for
from runtime.fitting.parameters import TryOnParameters
from runtime.fitting.pixels import encode_png, open_photo, read_mask, shrink, to_lab
from runtime.fitting.port import Garment, RenderRequest, TryOnRefused

COMMAND = "python -m benchmarks.fitting"
_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_EACH = 8
"""Photos of each category, evenly chosen."""
_TRIED = (6, 8, 10, 12, 14, 16, 20, 24, 30)
_FAR = 20.0
"""Distance in L*a*b* from which a garment is of another colour than the one put on, for whoever looks."""
_SIZE = (512, 768)


@dataclass
class Measured:
    """Distances of colours and of pixels in CIE L*a*b*, and milliseconds of the processor."""

    right: list[float] = field(default_factory=list[float])
    other: list[float] = field(default_factory=list[float])
    other_color: list[float] = field(default_factory=list[float])
    unchanged: list[float] = field(default_factory=list[float])
    face: list[float] = field(default_factory=list[float])
    outside: list[float] = field(default_factory=list[float])
    inside: list[float] = field(default_factory=list[float])
    took_ms: list[float] = field(default_factory=list[float])
    refused: int = 0


def main() -> None:
    """Dress, measure, record."""
    clothing = Path(sys.argv[1]) if len(sys.argv) > 1 else _DATA / "clothing"
    portrait = Path(sys.argv[2]) if len(sys.argv) > 2 else _DATA / "people" / "astronaut.png"
    people = [encode_png(draw_person(each).resize(_SIZE)) for each in PEOPLE]
    measured = Measured()
    for number, (garment, others) in enumerate(_garments(clothing)):
        shows_all = garment.garment_class.part in (BodyPart.UPPER, BodyPart.HEAD)
        person = portrait.read_bytes() if shows_all and number % 3 == 0 else people[number % len(people)]
        _measure(person, garment, others, measured)
    _report(measured)


def _garments(clothing: Path) -> Iterator[tuple[Garment, list[bytes]]]:
    """Garments of all categories, each with some others of its own."""
    for folder in sorted(each for each in clothing.iterdir() if each.is_dir()):
        paths = sorted(folder.glob("*.jpg"))
        chosen = [paths[at] for at in np.linspace(0, len(paths) - 1, min(_EACH, len(paths))).astype(int)]
        pictures = [path.read_bytes() for path in chosen]
        for number, picture in enumerate(pictures):
            others = [pictures[(number + step) % len(pictures)] for step in (1, 3, 5)]
            yield Garment(picture, garment_class_for(folder.name), folder.name), others


def _measure(person: bytes, garment: Garment, others: Sequence[bytes], measured: Measured) -> None:
    began = process_time()
    try:
        made, mask_png = compose(RenderRequest(person, garment, TryOnParameters(), 7), _alpha_of, _fill)
    except TryOnRefused:
        measured.refused += 1
        return
    measured.took_ms.append(1000 * (process_time() - began))
    before, after, mask = open_photo(person), open_photo(made), read_mask(mask_png) > 127
    own = color_distance(garment.picture, after, mask)
    measured.right.append(own)
    measured.unchanged.append(color_distance(garment.picture, before, mask))
    for other in others:
        distance = color_distance(other, after, mask)
        measured.other.append(distance)
        if _between(garment.picture, other) > _FAR:
            measured.other_color.append(distance)
    change = np.linalg.norm(to_lab(_floats(before)) - to_lab(_floats(after)), axis=-1)
    measured.outside.append(float(change[~mask].mean()) if (~mask).any() else 0.0)
    new = np.abs(_floats(before) - _floats(after)).mean(axis=-1)
    measured.inside.append(255 * float(new[mask].mean()))
    face = find_face(before)
    if face is not None and garment.garment_class.part is not BodyPart.HEAD:
        y, x = np.mgrid[0 : before.height, 0 : before.width]
        oval = np.hypot((x - face.x) / (0.7 * face.half_width), (y - face.y) / (0.7 * face.half_height)) <= 1
        measured.face.append(float(change[oval].mean()))


def _between(one: bytes, other: bytes) -> float:
    """How far the colours of two products are apart: of one, from those in the picture of the other."""
    picture = shrink(open_photo(other), 256)
    return color_distance(one, picture, np.ones((picture.height, picture.width), dtype=np.bool_))


def _report(measured: Measured) -> None:
    pairs = len(measured.right)
    print(f"{pairs} pictures, {measured.refused} refused")
    for name in ("right", "other", "other_color", "unchanged"):
        values = getattr(measured, name)
        parts = [f"{each:.1f}" for each in quantiles(values, n=20)[::3]]
        print(f"{name:<12} {len(values):>4}: 5, 20, 35, 50, 65, 80, 95 % below {', '.join(parts)}")
    for limit in _TRIED:
        rates = [_above(measured.right, limit), 1 - _above(measured.other_color, limit)]
        rates += [1 - _above(measured.other, limit), 1 - _above(measured.unchanged, limit)]
        print(f"limit {limit}: right refused, other colour, other, unchanged taken: {np.round(rates, 3)}")
    limit = MOST_COLOR_DISTANCE
    _record("processor time of a composition, cut-outs included", median(measured.took_ms), "ms", pairs)
    _record("processor time, slowest 5 %", quantiles(measured.took_ms, n=20)[-1], "ms", pairs)
    _record("face, mean change of a pixel, worst picture", max(measured.face), "ΔE", pairs, 1.0)
    _record("outside of the mask, worst picture", max(measured.outside), "ΔE", pairs, 0.5)
    _record("check of colours, limit", limit, "ΔE", pairs)
    _record("right garment said to be wrong", 100 * _above(measured.right, limit), "%", pairs, 3.0)
    wrong = 100 * (1 - _above(measured.other_color, limit))
    _record("garment of another colour not noticed", wrong, "%", len(measured.other_color), 30.0)
    alike = 100 * (1 - _above(measured.unchanged, limit))
    _record("photo that has the garment's colours anyway", alike, "%", pairs)
    _record("change inside of the mask, weakest picture", min(measured.inside), "of 255", pairs)


def _above(values: Sequence[float], limit: float) -> float:
    return sum(value > limit for value in values) / max(len(values), 1)


def _record(name: str, value: float, unit: str, count: int, target: float | None = None) -> None:
    better: Literal["lower"] = "lower"
    record(Figure(f"fitting/{name}", round(value, 3), unit, better, COMMAND, target, n=count))


def _floats(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture, dtype=np.float32) / 255


def _alpha_of(picture: bytes) -> np.ndarray:
    return cut_out(open_photo(picture))


def _fill(fill: Fill) -> bytes:
    filled = fill_in(np.asarray(open_photo(fill.image)), read_mask(fill.mask), fill.seed, 2)
    return encode_png(Image.fromarray(filled))


if __name__ == "__main__":
    main()
