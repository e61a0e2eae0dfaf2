"""Making laid cloth part of the photo: what stays in front, what must go, light, edges."""

from dataclasses import dataclass

import numpy as np

from runtime.fitting.bare import clear_old, fill_wall
from runtime.fitting.body import Body
from runtime.fitting.garments import BodyPart, GarmentClass
from runtime.fitting.laying import Draped
from runtime.fitting.parameters import MaskExclusions, Switch
from runtime.fitting.pixels import Array, Mask, blur, erode, grow, label_parts, to_lab

_RELIEF = 0.35  # how much of the photo's own light and shade shows on the cloth
_HAIR_ALIKE = 16.0
_SKIN_ALIKE = 14.0  # distance in a*b* from the cheeks
_SPECK = 0.006  # square heads
_SHADED_SKIN = 22.0  # the same where nothing but skin or a collar can be


@dataclass(frozen=True)
class Dressed:
    """The photo with the garment on."""

    rgb: Array
    cover: Array
    """How much of each pixel is cloth, 0..1."""
    gone: Mask
    """What was worn before and shows no longer: to be filled from the surroundings."""
    front: Mask
    """Face, hair and hands that stay in front of the cloth."""
    drawn: Mask
    """Where limbs or the plain wall were drawn in the place of old clothes."""


def dress_photo(
    photo: Array, draped: Draped, body: Body, kind: GarmentClass, exclusions: MaskExclusions
) -> Dressed:
    """Put the cloth on the photo (h, w, 3, 0..1)."""
    hair = find_hair(photo, body)
    head = find_head(photo, body, hair)
    front = np.zeros(body.mask.shape, dtype=np.bool_)
    if kind.part is not BodyPart.HEAD and exclusions.preserveFace is not Switch.OFF:
        front |= head | hair
    hands = find_hands(photo, body, draped)
    if exclusions.preserveHands is not Switch.OFF:
        front |= hands
    front = _without_specks(front, body)
    cover = blur(draped.cover * (1 - front), 0.8)
    cover = np.clip((cover - 0.15) / 0.7, 0, 1) * (1 - blur(front.astype(np.float32), 0.8) * 0.9)
    cover = cover.astype(np.float32)
    rgb = photo.copy()
    gone, neck = np.zeros(body.mask.shape, dtype=np.bool_), np.zeros(body.mask.shape, dtype=np.bool_)
    if kind.part in (BodyPart.UPPER, BodyPart.FULL):
        rgb, neck, gone = _clear_neck(rgb, photo, draped, body, head | hair)
    if kind.part is BodyPart.FEET:
        gone |= _old_shoes(draped, body)
    if kind.part is BodyPart.HEAD:
        gone |= _hair_beside(draped, body)
    kept = _without_specks(head | hair | hands | _jaw(photo, body), body)
    cleared = clear_old(
        rgb, photo, draped, body, kind, kept, _bare_skin(photo, body), _skin_tone(photo, body)
    )
    around = max(2, round(0.06 * body.head))
    gone = grow(gone | cleared.gone, around) & (draped.cover < 0.5) & ~front & ~kept & ~cleared.bare
    if kind.part is BodyPart.LOWER:
        gone &= ~_above(draped, body)
    rgb, walled = fill_wall(cleared.rgb, photo, gone, body)
    cloth = draped.rgb * (draped.shade * _relief(photo, draped, body))[..., None]
    shadow = _cast_shadow(draped, body)
    rgb = rgb * (1 - shadow * (1 - cover))[..., None]
    rgb = rgb * (1 - cover[..., None]) + np.clip(cloth, 0, 1) * cover[..., None]
    return Dressed(rgb.astype(np.float32), cover, gone & ~walled, front, cleared.bare | neck | walled)


def _above(draped: Draped, body: Body) -> Mask:
    """What is worn above a skirt or trousers."""
    covered = draped.cover > 0.5
    rows = np.arange(len(covered))[:, None]
    first = int(np.flatnonzero(covered.any(axis=1))[0]) if covered.any() else len(covered)
    top = np.where(covered.any(axis=0), covered.argmax(axis=0), first)
    return body.mask & (rows < np.minimum(top, first + 0.12 * body.head)[None, :])


def _without_specks(kept: Mask, body: Body) -> Mask:
    """Without what is thinner or smaller than any finger."""
    kept = kept & grow(erode(kept, 1), 1)
    labels, sizes = label_parts(kept)
    sizes[0] = 0
    return np.isin(labels, np.flatnonzero(sizes > _SPECK * body.head**2))


def find_head(photo: Array, body: Body, hair: Mask) -> Mask:
    """Face and neck as far as they are skin, and the hair."""
    h, w = body.mask.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    face = body.face
    oval = np.hypot((x - face.x) / (face.half_width * 1.05), (y - face.y) / (face.half_height * 1.03)) <= 1
    above = (y < body.chin) & (np.abs(x - body.x) < 0.75 * body.head)
    return body.mask & (oval | (above & (hair | (body.skin > 0.35)) & (y < body.chin - 0.05 * body.head)))


def find_hair(photo: Array, body: Body) -> Mask:
    """Hair, also over the shoulders: whatever has the colour of the crown and hangs together with it."""
    h, w = body.mask.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    face = body.face
    oval = np.hypot((x - face.x) / (face.half_width * 0.85), (y - face.y) / (face.half_height * 0.95))
    near = body.mask & (np.abs(x - body.x) < 0.8 * body.head)
    top = near & (y < body.crown + 0.3 * body.head) & ((body.skin < 0.4) | (oval > 1.05))
    if top.sum() < 20:
        return np.zeros_like(near)
    lab = to_lab(photo)
    weights = np.array([0.55, 1.2, 1.2], dtype=np.float32)
    tone = np.median(lab[top], axis=0)
    spread = float(np.quantile(np.linalg.norm((lab[top] - tone) * weights, axis=-1), 0.8))
    alike = np.linalg.norm((lab - tone) * weights, axis=-1) < np.clip(1.35 * spread, 7, _HAIR_ALIKE)
    low = body.below(1.0)
    torso = (
        (np.abs(x - body.x) < 0.45 * body.head) & (y > body.below(0.55)) & (y < body.below(1.6)) & body.mask
    )
    if torso.any() and alike[torso].mean() > 0.35:
        low = body.below(0.12)  # clothes as dark as the hair: it cannot be told where it ends
    beside = np.abs(x - body.x) > 0.75 * body.neck
    # Brown hair and skin in the shade are much alike: below the chin it is what it is more like.
    to_skin = np.linalg.norm((lab - to_lab(_skin_tone(photo, body))) * weights, axis=-1)
    more_like_hair = np.linalg.norm((lab - tone) * weights, axis=-1) < 0.75 * to_skin
    found = near & alike & (y < low) & ((y < body.chin) | (beside & more_like_hair)) & (oval > 0.8)
    found |= near & (y < body.crown + 0.22 * body.head)
    # The shaded edge of a bare arm has the colour of brown hair, but no lock is that thin.
    thin = max(1, round(0.03 * body.head))
    found &= (y < body.chin) | grow(erode(found, thin), 2 * thin)
    labels, _ = label_parts(found)
    kept = np.unique(labels[found & (y < body.crown + 0.4 * body.head)])
    return np.isin(labels, kept[kept > 0])


def find_hands(photo: Array, body: Body, draped: Draped) -> Mask:
    """Bare skin that lies over the cloth without being what it covers: parts that reach in from the side."""
    h, w = body.mask.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    skin = _bare_skin(photo, body)
    skin &= (y > body.below(1.2)) & (y < body.below(3.9)) & ~draped.sleeves
    for side in (x < body.x, x >= body.x):
        # What a sleeve covers for the most part is an arm all the way, and a hand only begins at its end.
        rows = np.flatnonzero((draped.sleeves & side).any(axis=1))
        if len(rows):
            skin &= ~side | (y > rows[-1] - 0.05 * body.head)
    outside = (x < body.left[:, None]) | (x > body.right[:, None])
    labels, sizes = label_parts(skin)
    reaching = np.unique(labels[skin & outside & (draped.cover < 0.5)])
    largest = 0.5 * body.head**2
    # An arm comes from above; what begins below the hips is a bare leg.
    from_above = np.unique(labels[skin & (y < body.crotch - 0.25 * body.head)])
    reaching = np.intersect1d(reaching, from_above)
    kept = [number for number in reaching if number > 0 and sizes[number] < largest]
    return np.isin(labels, kept) & (np.abs(x - body.x) > 0.12 * body.head)


def _clear_neck(rgb: Array, photo: Array, draped: Draped, body: Body, head: Mask) -> tuple[Array, Mask, Mask]:
    """Old collars: skin where the neck is, and the surroundings beside it."""
    h, w = body.mask.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    above = (y < draped.neckline[None, :] + 1) & (draped.cover < 0.5) & body.mask & ~head
    face = body.face
    start = face.y + 0.35 * face.half_height
    flare = np.interp(
        y[:, 0], (body.chin, body.below(0.12), body.below(0.27), body.below(0.45)), (1.0, 1.03, 1.22, 1.6)
    )
    neck = (np.abs(x - body.x) < (body.neck * flare)[:, None]) & (y > body.chin - 0.22 * body.head)
    old = above & (y > start) & ~_bare_skin(photo, body) & ~_jaw(photo, body)
    tone = _skin_tone(photo, body)
    side = np.clip(np.abs(x - body.x) / (body.neck * 1.1), 0, 1)
    under = np.clip(1 - (y - body.chin) / (0.3 * body.head), 0, 1)
    lit = (1.0 - 0.20 * side**2 - 0.24 * under) * 0.97
    fill = blur((old & neck).astype(np.float32), 1.0)[..., None]
    bare = tone * lit[..., None]
    rgb = rgb * (1 - fill) + bare * fill
    gone = old & ~grow(neck, 1) & (y < draped.neckline[None, :] + 0.5 * body.head)
    crumbs = max(1, round(0.012 * body.head))
    return rgb.astype(np.float32), fill[..., 0] > 0.02, grow(erode(gone, crumbs), crumbs)


def _jaw(photo: Array, body: Body) -> Mask:
    """The edge of the face and the neck beneath it, which are darker and greyer than the cheeks."""
    h, w = body.mask.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    face = body.face
    oval = np.hypot((x - face.x) / (1.4 * face.half_width), (y - face.y) / (1.3 * face.half_height)) <= 1
    throat = (np.abs(x - body.x) < 1.2 * body.neck) & (y > face.y) & (y < body.below(0.35))
    away = to_lab(photo) - to_lab(_skin_tone(photo, body))
    alike = (np.linalg.norm(away[..., 1:], axis=-1) < _SHADED_SKIN) & (np.abs(away[..., 0]) < 60)
    near = (np.abs(x - body.x) < 0.5 * body.head) & (y > face.y) & (y < body.below(0.35))
    return ((oval | throat) & alike & (body.skin > 0.2)) | (near & _bare_skin(photo, body))


def _bare_skin(photo: Array, body: Body) -> Mask:
    """Skin that looks like the face's, if in another light."""
    away = to_lab(photo) - to_lab(_skin_tone(photo, body))
    alike = (np.linalg.norm(away[..., 1:], axis=-1) < _SKIN_ALIKE) & (np.abs(away[..., 0]) < 38)
    return (body.skin > 0.4) & alike & body.mask


def _skin_tone(photo: Array, body: Body) -> Array:
    face = body.face
    h, w = body.mask.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    middle = face.y + 0.3 * face.half_height
    cheeks = (np.hypot((x - face.x) / face.half_width, (y - middle) / face.half_height) < 0.5) & (
        body.skin > 0.5
    )
    return np.median(photo[cheeks], axis=0) if cheeks.any() else np.array([0.7, 0.55, 0.45], dtype=np.float32)


def _relief(photo: Array, draped: Draped, body: Body) -> Array:
    """The photo's soft light and shade on the body, around 1."""
    luma = photo @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    inside = ((draped.cover > 0.5) & body.mask).astype(np.float32)
    sigma = 0.12 * body.head
    weight = np.maximum(blur(inside, sigma), 0.02)
    soft = blur(luma * inside, sigma) / weight
    broad = np.maximum(blur(luma * inside, 5 * sigma) / np.maximum(blur(inside, 5 * sigma), 0.02), 0.05)
    return np.clip(1 + _RELIEF * np.clip(soft / broad - 1, -0.4, 0.3) * inside, 0.8, 1.15).astype(np.float32)


def _cast_shadow(draped: Draped, body: Body) -> Array:
    """Cloth darkens what is just below and beside its edge."""
    down = max(1, round(0.03 * body.head))
    shifted = np.zeros_like(draped.cover)
    shifted[down:] = draped.cover[:-down]
    soft = blur(shifted, 0.035 * body.head)
    return (0.32 * soft * body.mask * (1 - draped.cover)).astype(np.float32)


def _hair_beside(draped: Draped, body: Body) -> Mask:
    """Hair that would stand out above or beside a hat."""
    covered = np.flatnonzero((draped.cover > 0.5).any(axis=1))
    if not len(covered):
        return np.zeros_like(body.mask)
    low = covered[0] + 0.62 * (covered[-1] - covered[0])
    return body.mask & (draped.cover < 0.5) & (np.arange(len(body.mask))[:, None] < low)


def _old_shoes(draped: Draped, body: Body) -> Mask:
    """What was on the feet and sticks out beside the new shoes."""
    h, w = body.mask.shape
    covered = np.flatnonzero((draped.cover > 0.5).any(axis=1))
    if not len(covered):
        return np.zeros((h, w), dtype=np.bool_)
    rows = np.arange(h)[:, None]
    low = covered[-1] - 0.30 * body.head
    return body.mask & (rows > low) & (draped.cover < 0.5) & (body.skin < 0.35)
