"""The space that words and pictures share: which numbers of a vector mean what.

| numbers | meaning | set by |
| --- | --- | --- |
| 0-79 | categories, patterns, colours, shape | text and image |
| 80-191, 256-319, 384-751 | signature of the picture, the most telling part first | image |
| 192-255, 320-383, 752-1023 | words that the lexicon does not know | text |

A vector of 384 or 256 numbers is the beginning of the one of 1024, scaled to unit length: the first 80
numbers decide what text finds, and most of the signature's weight lies within the first 256.
"""

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from local.ai.embedder.appearance import Appearance
from local.ai.embedder.lexicon import CATEGORIES, PATTERNS, TONES
from local.ai.embedder.palette import ANCHORS, COLORS, anchor_lab, anchor_owner, assign_anchors, difference
from local.ai.embedder.pixels import Array, to_lab
from local.ai.embedder.text import Features, Meaning, is_color

DIMENSIONS = (1024, 384, 256)
_SIZE = DIMENSIONS[0]
_CATEGORY = slice(0, 10)
_PATTERN = slice(10, 16)
_COLOR = slice(16, 16 + ANCHORS)
_SHAPE = slice(76, 80)
_SIGNATURE = (slice(80, 192), slice(256, 320), slice(384, 752))
_WORDS = ((192, 256), (320, 384), (752, 1024))
_MARKS = 6  # numbers that an unknown word sets in each of its parts

# Squared length of each part of a picture's vector; they add up to 1.
_SHARES = {"category": 0.32, "color": 0.26, "pattern": 0.12, "shape": 0.04}
_SIGNATURE_SHARES = (0.20, 0.02, 0.04)
# How much a perfect match of each part adds to the score of a text, before its vector is scaled.
_WISHES = {"category": 1.0, "color": 0.8, "pattern": 0.7, "shape": 0.3, "word": 0.35}

_RELATED = 8.0, 30.0  # CIE94 units over which the likeness of two colours fades: shades, then neighbours
_SAME_NAME = 0.85  # weight of the first
_NAMED = 0.5  # weight from which on a colour is asked for by name
_DOUBT = 0.8  # below 1: a second guess of the category counts more than its probability
_FORGIVES = {  # what also serves who asks for the first one
    "longsleeve": {"shirt": 0.15, "t-shirt": 0.15, "outwear": 0.15},
    "outwear": {"longsleeve": 0.2},
    "pants": {"shorts": 0.15},
    "shirt": {"longsleeve": 0.15, "t-shirt": 0.15},
    "shorts": {"pants": 0.15, "skirt": 0.05},
    "skirt": {"dress": 0.15, "shorts": 0.1},
    "t-shirt": {"shirt": 0.15, "longsleeve": 0.15},
    "dress": {"skirt": 0.15},
    "striped": {"checked": 0.15},
    "checked": {"striped": 0.15},
    "dotted": {"printed": 0.15, "floral": 0.1},
    "floral": {"printed": 0.45},
    "printed": {"floral": 0.3, "dotted": 0.2},
}


def place_image(seen: Appearance) -> NDArray[np.float32]:
    """The unit vector (1024,) of a picture."""
    vector = np.zeros(_SIZE, dtype=np.float32)
    vector[_CATEGORY] = _scaled(seen.categories**_DOUBT, _SHARES["category"])
    vector[_PATTERN] = _scaled(seen.patterns**2, _SHARES["pattern"])
    vector[_COLOR] = _scaled(_relating() @ seen.anchors, _SHARES["color"])
    shape = [*_either(seen.length), *_either(seen.sleeves)]
    vector[_SHAPE] = _scaled(np.array(shape, dtype=np.float32), _SHARES["shape"])
    features, thumbnail = _unit(seen.features), _unit(seen.thumbnail)
    parts = (
        np.concatenate([features, thumbnail[:48]]),
        thumbnail[48:112],
        np.concatenate([thumbnail[112:], _unit(seen.slopes)]),
    )
    for place, part, share in zip(_SIGNATURE, parts, _SIGNATURE_SHARES, strict=True):
        vector[place] = _scaled(part, share)
    return _unit(vector)


def place_text(meaning: Meaning) -> NDArray[np.float32]:
    """The unit vector (1024,) of a text's meaning; zero if it means nothing."""
    vector = np.zeros(_SIZE, dtype=np.float32)
    vector[_CATEGORY] = _kind_wish(meaning, CATEGORIES) * _wish("category")
    vector[_PATTERN] = _kind_wish(meaning, PATTERNS) * _wish("pattern")
    vector[_COLOR] = _color_wish(meaning) * _wish("color")
    for index, name in enumerate(("long", "short", "long-sleeved", "short-sleeved")):
        vector[_SHAPE.start + index] = meaning.features.get(name, 0.0) * _wish("shape")
    for word in meaning.unknown:
        vector += _word(word)
    return _unit(vector)


def shorten(vector: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """The beginning of a vector, scaled to unit length. Raises ValueError for a length not in DIMENSIONS."""
    if dimensions not in DIMENSIONS:
        raise ValueError(f"dimensions {dimensions}: use one of {', '.join(map(str, sorted(DIMENSIONS)))}")
    return vector if dimensions == _SIZE else _unit(vector[:dimensions])


def _wish(part: str) -> float:
    return _WISHES[part] / float(np.sqrt(_SHARES[part]))


def _kind_wish(meaning: Meaning, names: tuple[str, ...]) -> Array:
    """Weights of the names asked for, and a little for what may serve as well."""
    wish = dict.fromkeys(names, 0.0)
    for name in names:
        weight = meaning.features.get(name, 0.0)
        wish[name] += weight
        for other, share in _FORGIVES.get(name, {}).items():
            wish[other] += share * max(weight, 0.0)
    return np.array(list(wish.values()), dtype=np.float32)


def _color_wish(meaning: Meaning) -> Array:
    shades = {hue: (tone, weight) for hue, tone, weight in meaning.shades}
    total = np.zeros(ANCHORS, dtype=np.float32)
    strongest = 0.0
    for name, weight in _without_hints(meaning.features).items():
        if is_color(name):
            anchors = _color_anchors(name)
            if name in shades:
                tone, strength = shades[name]
                anchors = anchors * np.exp(1.5 * strength * _tone(tone))
            direction = _unit(_relating() @ anchors)
        elif name in TONES:
            direction = _unit(_relating() @ _tone(name))
        else:
            continue
        total += np.float32(weight) * direction
        strongest = max(strongest, abs(weight))
    return _unit(total) * np.float32(strongest)


def _without_hints(features: Features) -> Features:
    """Without the colours that a word only suggests (blue, of jeans), where one is named (black jeans)."""
    named = any(weight >= _NAMED for name, weight in features.items() if is_color(name))
    return {
        name: weight
        for name, weight in features.items()
        if not (named and is_color(name) and 0 < weight < _NAMED)
    }


@lru_cache(maxsize=256)
def _color_anchors(name: str) -> Array:
    """Shares of the anchors that a colour name of the palette, or an sRGB value, stands for."""
    if name.startswith("#"):
        return assign_anchors(to_lab(np.array([list(bytes.fromhex(name[1:]))], dtype=np.uint8)))[0]
    own = anchor_owner() == COLORS.index(name)
    weights = np.where(own, 0.75, 0.0)
    weights[int(np.flatnonzero(own)[0])] = 1.0
    return (weights / weights.sum()).astype(np.float32)


@lru_cache(maxsize=len(TONES))
def _tone(name: str) -> Array:
    """How much each anchor has of a tone, around 0."""
    lab = anchor_lab()
    light = (lab[:, 0] - 50) / 40
    strong = (np.hypot(lab[:, 1], lab[:, 2]) - 30) / 30
    return {
        "light": light,
        "dark": -light,
        "bright": strong + 0.3 * light,
        "muted": -strong,
        "colourful": strong,
        "neutral": -strong,
    }[name].astype(np.float32)


@lru_cache(maxsize=1)
def _relating() -> Array:
    """Square root of the anchors' likeness, so that vectors of related colours point alike."""
    apart = difference(anchor_lab())
    apart = (apart + apart.T) / 2
    shade, neighbour = (np.exp(-apart / reach) for reach in _RELATED)
    values, axes = np.linalg.eigh(_SAME_NAME * shade + (1 - _SAME_NAME) * neighbour)
    return ((axes * np.sqrt(np.maximum(values, 0))) @ axes.T).astype(np.float32)


@lru_cache(maxsize=4096)
def _word(word: str) -> Array:
    """Where an unknown word points: the same few numbers each time, apart from everything that is seen."""
    vector = np.zeros(_SIZE, dtype=np.float32)
    for number, (start, stop) in enumerate(_WORDS):
        digest = hashlib.blake2b(f"{number} {word}".encode(), digest_size=3 * _MARKS).digest()
        for mark in range(_MARKS):
            place = int.from_bytes(digest[3 * mark : 3 * mark + 2], "big") % (stop - start)
            vector[start + place] += 1 if digest[3 * mark + 2] & 1 else -1
    return vector * np.float32(_WISHES["word"] / np.linalg.norm(vector))


def _either(value: float) -> tuple[float, float]:
    """A value of -1..1 as two weights of constant length: (how much, how little)."""
    angle = (value + 1) * np.pi / 4
    return float(np.sin(angle)), float(np.cos(angle))


def _scaled(values: Array, share: float) -> Array:
    return _unit(values) * np.float32(np.sqrt(share))


def _unit(values: Array) -> NDArray[np.float32]:
    length = float(np.linalg.norm(values))
    return (values / length if length > 0 else values).astype(np.float32)
