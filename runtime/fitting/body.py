"""Where a person's head, shoulders, torso, arms and legs are, from the silhouette and the face.

All positions are pixels of the photo. Lengths are counted in heads (crown to chin), as in figure drawing: a
person is seven and a half to eight heads tall, the waist is some 1.75 heads below the chin.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime.fitting.faces import Face, find_face, skin_likelihood
from runtime.fitting.pixels import Array, Mask, as_floats, largest_part, to_lab

SHOULDER, ARMPIT, WAIST, HIP, CROTCH = 0.50, 1.12, 1.75, 2.55, 3.0
"""Heads below the chin where the photo does not tell better."""
WRIST, ELBOW, SHORT_SLEEVE = 2.15, 1.25, 0.80
"""Heads along the arm from the tip of the shoulder."""
_OTHER_CLOTH = 18.0  # distance in L*a*b* at which clothes above and below the waistband differ
_WHOLE_BODY = 5.4  # heads of silhouette from which legs and feet count as shown


class NoPerson(Exception):
    """Neither a face nor a head can be told apart from the rest."""


@dataclass(frozen=True)
class Body:
    """A standing person seen from the front. Edges are by row: index y gives x."""

    size: tuple[int, int]
    """Width and height of the photo."""
    mask: Mask
    """The silhouette."""
    skin: Array
    """How much each pixel has the chroma of skin, 0..1."""
    face: Face
    x: float
    """Middle of the neck."""
    crown: float
    head: float
    """Crown to chin."""
    neck: float
    """Half width of the neck."""
    tips: tuple[tuple[float, float], tuple[float, float]]
    """The left and the right shoulder's tip (of the picture): x, y."""
    left: Array
    """The torso's left edge by row, and down from the crotch that of the hips."""
    right: Array
    waist: float
    hip: float
    waistband: float
    """Where trousers or a skirt begin: where the clothes change colour, or a little below the waist."""
    crotch: float
    legs: NDArray[np.float32]
    """(4, height): left and right edge of the left leg, then of the right leg."""
    ground: float
    """Lowest row of the silhouette."""

    @property
    def chin(self) -> float:
        return self.crown + self.head

    @property
    def full(self) -> bool:
        """Whether legs and feet show."""
        whole = (self.ground - self.crown) / self.head > _WHOLE_BODY
        return whole and self.ground < self.size[1] - 2

    @property
    def floor(self) -> float:
        """Where the soles are, or would be."""
        return self.ground if self.full else self.below(6.6)

    def below(self, heads: float) -> float:
        """The row that is so many heads below the chin."""
        return self.chin + heads * self.head


def find_body(photo: Image.Image, alpha: NDArray[np.uint8]) -> Body:
    """The body in an RGB photo whose person `alpha` (h, w) shows. Raises NoPerson."""
    mask = largest_part(alpha > 127)
    rows = np.flatnonzero(mask.any(axis=1))
    if len(rows) < 40 or mask.mean() < 0.01:
        raise NoPerson("no person can be told apart from the background")
    face = _find_head(photo, alpha, mask, rows)
    crown = _find_crown(mask, face)
    ground = float(rows[-1])
    head = float(np.clip(face.chin - crown, 1.7 * face.half_height, 2.7 * face.half_height))
    if ground < mask.shape[0] - 2 and ground - crown > 2.1 * mask.any(axis=0).sum():
        # The whole body tells the head's size better than a face of a few pixels does.
        head = float(np.clip(head, (ground - crown) / 8.4, (ground - crown) / 7.0))
        half = 0.43 * head
        face = replace(face, y=crown + head - half, half_height=half, half_width=0.32 * head)
    crown = face.chin - head
    skin = skin_likelihood(as_floats(photo))
    marks = _measure_heights(crown, head, ground, mask.shape[0])
    neck = _measure_neck(mask, skin, face, head)
    tips = tuple(_find_tip(mask, face.x, face.chin, head, side) for side in (-1, 1))
    left, right = _find_torso(mask, skin, face.x, face.chin, head, tips, marks)
    x = float(face.x)
    crotch = _find_crotch(mask, left, right, marks)
    legs = _find_legs(_without_hands(mask, skin), left, right, crotch, head)
    return Body(
        size=photo.size,
        mask=mask,
        skin=skin,
        face=face,
        x=x,
        crown=crown,
        head=head,
        neck=neck,
        tips=(tips[0], tips[1]),
        left=left,
        right=right,
        waist=marks[0],
        hip=marks[1],
        waistband=_find_waistband(photo, mask, left, right, marks),
        crotch=crotch,
        legs=legs,
        ground=ground,
    )


def _find_head(photo: Image.Image, alpha: NDArray[np.uint8], mask: Mask, rows: NDArray[np.intp]) -> Face:
    """The face, looked for where a head can be; else what the top of the silhouette suggests."""
    top, height = int(rows[0]), int(rows[-1] - rows[0])
    allowed = alpha.copy()
    allowed[top + max(40, round(0.55 * height)) :] = 0
    face = find_face(photo, allowed)
    widths = mask.sum(axis=1).astype(np.float32)
    if face is not None and face.y - 2.2 * face.half_height < top + 0.12 * height:
        return face
    # Without a face: the head is the first bulge of the silhouette, and the neck the first waist in it.
    upper = widths[top : top + max(20, round(0.4 * height))]
    grown = np.maximum.accumulate(upper)
    pinched = np.flatnonzero(upper < 0.82 * grown)
    if not len(pinched) or pinched[0] < 8:
        raise NoPerson("no head can be told apart")
    chin = int(pinched[0])
    xs = np.flatnonzero(mask[top : top + chin].any(axis=0))
    half = float(len(xs)) / 2 * 0.8
    return Face(float(xs.mean()), top + 0.6 * chin, half, 0.4 * chin, 0.3)


def _find_crown(mask: Mask, face: Face) -> float:
    left, right = int(face.x - 0.5 * face.half_width), int(face.x + 0.5 * face.half_width) + 1
    rows = np.flatnonzero(mask[: int(face.y), max(left, 0) : right].any(axis=1))
    return float(rows[0]) if len(rows) else face.y - face.half_height


def _measure_heights(crown: float, head: float, ground: float, height: int) -> tuple[float, float, float]:
    """Waist, hip and crotch: shares of the body where all of it shows, else heads below the chin."""
    chin = crown + head
    if ground < height - 2 and (ground - crown) / head > _WHOLE_BODY:
        span = ground - chin
        return chin + 0.252 * span, chin + 0.365 * span, chin + 0.425 * span
    return chin + WAIST * head, chin + HIP * head, chin + CROTCH * head


def _measure_neck(mask: Mask, skin: Array, face: Face, head: float) -> float:
    """Half width: of the skin below the chin, or else what is usual."""
    top, end = int(face.chin + 0.08 * head), int(face.chin + 0.28 * head)
    reach = int(0.34 * head)
    x = int(face.x)
    band = (skin[top:end, max(x - reach, 0) : x + reach] > 0.4) & mask[top:end, max(x - reach, 0) : x + reach]
    if not band.size:
        return 0.2 * head
    measured = float(np.median(band.sum(axis=1))) / 2
    return float(np.clip(measured, 0.15 * head, 0.26 * head)) if measured > 0.1 * head else 0.23 * head


def _outer_edge(mask: Mask, x: float, side: int, reach: float) -> Array:
    """By row, the outermost pixel on one side of `x` within `reach` of it; NaN without any."""
    w = mask.shape[1]
    columns = np.arange(w)
    near = mask & ((columns - x) * side >= 0) & (np.abs(columns - x) <= reach)
    edge = np.where(near, columns * side, -np.inf).max(axis=1) * side
    return np.where(near.any(axis=1), edge, np.nan).astype(np.float32)


def _find_tip(mask: Mask, x: float, chin: float, head: float, side: int) -> tuple[float, float]:
    """Where the slope of the shoulder turns into the arm."""
    top, end = int(chin + 0.12 * head), min(int(chin + 0.95 * head), mask.shape[0] - 1)
    edge = np.abs(_outer_edge(mask, x, side, 1.5 * head)[top : end + 1] - x)
    edge = edge[~np.isnan(edge)]
    if not len(edge):
        return x + side * 0.85 * head, chin + SHOULDER * head
    half = float(np.clip(np.quantile(edge, 0.9), 0.62 * head, 1.25 * head))
    reached = np.flatnonzero(edge >= 0.9 * half)
    row = top + (int(reached[0]) if len(reached) else len(edge) // 2)
    return x + side * half * 0.97, float(np.clip(row, chin + 0.36 * head, chin + 0.72 * head))


def _find_torso(
    mask: Mask,
    skin: Array,
    x: float,
    chin: float,
    head: float,
    tips: tuple[tuple[float, float], ...],
    marks: tuple[float, float, float],
) -> tuple[Array, Array]:
    """The torso's edges by row: those of the silhouette where arms leave a gap, else what is usual."""
    h = mask.shape[0]
    edges: list[Array] = []
    rows = np.arange(h)
    armpit = chin + ARMPIT * head
    spans = [_central_run(mask[row], x) for row in range(h)]
    # Bare arms and hands against the body are no part of it.
    clothed = [_central_run(mask[row] & (skin[row] < 0.4), x) for row in range(h)]
    for index, side in enumerate((-1, 1)):
        half = abs(tips[index][0] - x)
        usual = np.interp(
            rows,
            (tips[index][1], armpit, marks[0], marks[1], marks[2] + 0.3 * head),
            (half, 0.80 * half, 0.68 * half, 0.82 * half, 0.82 * half),
        )
        run = np.array([abs(span[index] - x) if span else np.nan for span in spans])
        seen = np.where(np.isnan(run), usual, run)
        # Wider than any torso means that an arm lies against it; much narrower, that something covers it.
        widest = np.interp(rows, (armpit, marks[0], marks[1]), (0.90, 0.88, 1.08)) * half
        bare = np.array([abs(span[index] - x) if span else np.nan for span in clothed])
        fits = (rows > armpit) & (seen > widest) & (bare > 0.7 * usual) & (bare < widest)
        seen = np.where(fits, bare, seen)
        edge = np.where(seen > widest, usual, np.clip(seen, 0.75 * usual, None))
        edge = np.where(rows < armpit, usual, edge)
        edge = _smooth(edge, max(2, round(0.07 * head)))
        edge = np.where(rows < armpit - 0.1 * head, usual, edge)
        edges.append((x + side * edge).astype(np.float32))
    return edges[0], edges[1]


def _find_waistband(
    photo: Image.Image, mask: Mask, left: Array, right: Array, marks: tuple[float, float, float]
) -> float:
    waist, hip, crotch = marks
    usual = waist + 0.25 * (hip - waist)
    lab = to_lab(as_floats(photo))
    rows = range(int(waist - 0.2 * (hip - waist)), min(int(crotch), mask.shape[0] - 1))
    tones: list[NDArray[np.floating]] = []
    for row in rows:
        reach = slice(
            int(max(left[row] * 0.7 + right[row] * 0.3, 0)), int(left[row] * 0.3 + right[row] * 0.7) + 1
        )
        tones.append(np.median(lab[row, reach], axis=0))
    window = max(3, round(0.06 * (crotch - waist)))
    if len(tones) < 4 * window:
        return usual
    table = np.stack(tones)
    steps = [
        float(
            np.linalg.norm(
                np.median(table[at - window : at], axis=0) - np.median(table[at : at + window], axis=0)
            )
        )
        for at in range(window, len(table) - window)
    ]
    if max(steps) < _OTHER_CLOTH:
        return usual
    return float(np.clip(rows[0] + window + int(np.argmax(steps)), waist, hip))


def _central_run(row: Mask, x: float) -> tuple[float, float] | None:
    """The run of silhouette that covers the middle line, or the nearest one: left and right end."""
    change = np.diff(np.concatenate([[0], row.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1) - 1
    if not len(starts):
        return None
    distance = np.maximum(np.maximum(starts - x, x - ends), 0)
    near = int(distance.argmin())
    return float(starts[near]), float(ends[near])


def _find_crotch(mask: Mask, left: Array, right: Array, marks: tuple[float, float, float]) -> float:
    """The first row of a lasting gap between the legs, near where it should be."""
    expected = marks[2]
    span = expected - marks[0]
    low, high = int(expected - 0.2 * span), int(min(expected + 0.5 * span, mask.shape[0] - 2))
    for row in range(low, high):
        middle = (left[row] + right[row]) / 2
        reach = 0.3 * (right[row] - left[row])
        gap = ~mask[row : row + 3, int(max(middle - reach, 0)) : int(middle + reach) + 1]
        if gap.shape[0] == 3 and gap.all(axis=0).any():
            return float(row)
    return float(min(expected, mask.shape[0] - 1))


def _without_hands(mask: Mask, skin: Array) -> Mask:
    """The silhouette without the bare skin of rows that are clothed for the most part."""
    clothed = mask & (skin < 0.4)
    mostly = clothed.sum(axis=1) > 0.6 * mask.sum(axis=1)
    return np.where(mostly[:, None], clothed, mask)


def _find_legs(mask: Mask, left: Array, right: Array, crotch: float, head: float) -> NDArray[np.float32]:
    """The four edges of the legs by row, followed down from the hips; a missing gap is put in the middle."""
    h = mask.shape[0]
    legs = np.zeros((4, h), dtype=np.float32)
    row = min(int(crotch), h - 1)
    a, b = float(left[row]), float(right[row])
    middle = (a + b) / 2
    state = np.array([a, middle, middle, b])
    legs[:] = state[:, None]
    for y in range(row, h):
        step = state.copy()
        for side in (0, 2):
            center = (state[side] + state[side + 1]) / 2
            span = _central_run(mask[y], center)
            if span is None:
                continue
            lo, hi = span
            most = 0.62 * head
            if side == 0:
                hi = min(hi, (state[1] + state[2]) / 2) if hi > state[2] else hi
                lo = max(lo, hi - most)
            else:
                lo = max(lo, (state[1] + state[2]) / 2) if lo < state[1] else lo
                hi = min(hi, lo + most)
            if hi - lo > 0.06 * head:
                step[side : side + 2] = (
                    np.clip(lo, state[side] - 3, state[side] + 3),
                    np.clip(hi, state[side + 1] - 3, state[side + 1] + 3),
                )
        state = step
        legs[:, y] = state
    window = max(1, round(0.04 * head))
    for edge in range(4):
        legs[edge, row:] = _smooth(legs[edge, row:], window)
    return legs


def _smooth(values: NDArray[np.floating], radius: int) -> NDArray[np.float32]:
    """Running median, then running mean."""
    if len(values) < 3:
        return values.astype(np.float32)
    padded = np.pad(values, radius, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1)
    middle = np.median(windows, axis=1)
    padded = np.pad(middle, radius, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1).mean(axis=1).astype(np.float32)
