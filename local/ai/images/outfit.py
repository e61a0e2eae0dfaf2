"""From what a prompt asks for to a complete outfit on a person; what is left open is chosen by the seed."""

from dataclasses import dataclass, replace

import numpy as np

from local.ai.images.figure import MAN, POSES, SKINS, WOMAN, Body, Pose, Skin
from local.ai.images.garments.skirts import SKIRTS
from local.ai.images.garments.trousers import LEGS
from local.ai.images.hair import HAIR_COLORS, Hair
from local.ai.images.lexicon import COLOR_WORDS
from local.ai.images.words import Person, Piece, Wanted
from local.demo.patterns import RGB, WEAVES, Cloth, mix

PATTERN_SCALE = 0.52
"""Patterns are as large as on the shop's pictures, and a figure is about half as large as those show it."""

_NEUTRALS = ("navy", "cream", "black", "grey", "camel", "olive", "white", "burgundy", "light blue", "sage")
_LEATHERS = ("black", "brown", "tan", "cognac", "chocolate")
_WASHED: RGB = (118, 140, 172)
_WOMEN_HAIR = ("long", "bob", "bun", "ponytail", "curly", "afro", "long", "bob")
_MEN_HAIR = ("short", "crop", "short", "short-curls", "crop")
_OPEN_TOPS = frozenset({"cardigan", "flannel", "hoodie", "camp", "shirt"})
_OVER = {
    "cardigan": "cardigan",
    "flannel": "overshirt",
    "shirt": "overshirt",
    "camp": "overshirt",
    "hoodie": "parka",
}
_SMART = frozenset({"blazer", "trench", "wool-coat", "vest", "cape"})
_SKIN_HAIR = {"deep": ("black", "dark"), "brown": ("black", "dark"), "tan": ("black", "dark", "brown")}

# What is worn where nothing is said, for a woman and for a man.
_LOOKS: dict[str, tuple[str, str]] = {
    "beach": ("white maxi", "light blue camp, sand linen-shorts, brown sandal"),
    "garden": ("dusty pink midi, nude heel", "sand blazer, white shirt, sand tailored, brown loafer"),
    "office": (
        "navy blazer, white t-shirt, grey tailored, black loafer",
        "grey blazer, light blue shirt, navy tailored, black derby",
    ),
    "evening": ("emerald evening, gold heel", "black blazer, white shirt, black tailored, black derby"),
    "night": ("black slip, silver heel", "black biker, white t-shirt, black skinny, black ankle-boot"),
    "gym": ("teal tank, black leggings, white sneaker", "grey t-shirt, black running-shorts, white sneaker"),
    "rain": (
        "mustard raincoat, navy jeans, cream sweater, green tall-boot",
        "olive raincoat, grey sweater, navy jeans, brown ankle-boot",
    ),
    "snow": (
        "red puffer, cream turtleneck, navy jeans, brown ankle-boot",
        "navy puffer, grey sweater, black jeans, brown ankle-boot",
    ),
    "autumn": (
        "camel wool-coat, cream turtleneck, blue jeans, brown ankle-boot",
        "olive overshirt, white t-shirt, navy chinos, brown ankle-boot",
    ),
}
_EVERYDAY = ("white blouse, blue jeans, tan loafer", "white t-shirt, navy chinos, white sneaker")


@dataclass(frozen=True, slots=True)
class Garment:
    """A piece with its cloth decided."""

    slot: str
    cut: str
    cloth: Cloth


@dataclass(frozen=True, slots=True)
class Outfit:
    """Everything to draw of a person; `garments` by slot, `layers` are the tops from the inside out."""

    body: Body
    skin: Skin
    hair: Hair
    garments: dict[str, Garment]
    layers: tuple[Garment, ...]


def dress_up(wanted: Wanted, rng: np.random.Generator) -> Outfit:
    """The outfit of a prompt, completed: nobody goes without shoes, top or trousers."""
    woman = _decide_woman(wanted, rng)
    body = Body(WOMAN if woman else MAN, _choose_pose(rng))
    skin_name = wanted.person.skin or str(rng.choice(list(SKINS)))
    pieces = list(wanted.pieces) or _read_look(wanted.scene, woman)
    pieces = _fix_shoes(_arrange(pieces), woman)
    pieces += _complete(pieces, woman)
    garments = [_make(piece, rng) for piece in pieces]
    layers = tuple(garment for garment in garments if garment.slot == "top")
    by_slot = {garment.slot: garment for garment in reversed(garments)}
    return Outfit(
        body,
        Skin(SKINS[skin_name]),
        _choose_hair(wanted.person, woman, skin_name, "hat" in by_slot, rng),
        by_slot,
        tuple(
            sorted(layers, key=lambda top: top.cloth.weave == "knit" or top.cut in ("hoodie", "sweatshirt"))
        ),
    )


def _decide_woman(wanted: Wanted, rng: np.random.Generator) -> bool:
    if wanted.person.woman is not None:
        return wanted.person.woman
    slots = {piece.slot for piece in wanted.pieces}
    cuts = {piece.cut for piece in wanted.pieces}
    if "dress" in slots or cuts & (
        set(SKIRTS) | {"blouse", "heel", "ballerina", "clutch", "camisole", "crop"}
    ):
        return True
    if "tie" in slots:
        return False
    return bool(rng.random() < 0.5)


def _choose_pose(rng: np.random.Generator) -> Pose:
    pose = POSES[int(rng.integers(len(POSES)))]
    return pose.mirrored() if rng.random() < 0.5 else pose


def _arrange(pieces: list[Piece]) -> list[Piece]:
    """One piece a slot; an open top over another one counts as a jacket, and two tops are worn as layers."""
    kept: list[Piece] = []
    for piece in pieces:
        taken = [each for each in kept if each.slot == piece.slot]
        is_layer = piece.slot == "top" and len(taken) == 1 and taken[0].cut != piece.cut
        if not taken or is_layer:
            kept.append(piece)
    kept = _open_top(kept)
    if any(piece.slot == "dress" for piece in kept):
        kept = [piece for piece in kept if piece.slot not in ("top", "bottom")]
    return kept


def _open_top(pieces: list[Piece]) -> list[Piece]:
    """A cardigan or an open shirt over something else is worn as a jacket, unless there is one."""
    tops = [piece for piece in pieces if piece.slot == "top"]
    slots = {piece.slot for piece in pieces}
    if "outer" in slots or not ("dress" in slots or len(tops) > 1):
        return pieces
    over = next(
        (top for top in tops if top.cut in _OPEN_TOPS and (top.cut != "shirt" or _is_tee_like(tops))), None
    )
    return [replace(each, slot="outer", cut=_OVER[each.cut]) if each is over else each for each in pieces]


def _is_tee_like(tops: list[Piece]) -> bool:
    return any(top.cut in ("t-shirt", "tank", "v-tee", "oversized", "graphic") for top in tops)


def _fix_shoes(pieces: list[Piece], woman: bool) -> list[Piece]:
    """ "Shoes" are flat and open on a woman in this shop, laced on a man."""
    return [
        replace(piece, cut="ballerina") if woman and piece.cut == "derby" and not _is_suit(pieces) else piece
        for piece in pieces
    ]


def _is_suit(pieces: list[Piece]) -> bool:
    return any(piece.cut in ("blazer", "tailored") for piece in pieces)


def _complete(pieces: list[Piece], woman: bool) -> list[Piece]:
    """Quiet pieces for what is missing."""
    slots = {piece.slot: piece for piece in pieces}
    outer, bottom, dress = slots.get("outer"), slots.get("bottom"), slots.get("dress")
    smart = (outer is not None and outer.cut in _SMART) or "tie" in slots
    added: list[str] = []
    if dress is None and "top" not in slots:
        warm = outer is not None and outer.cut in ("wool-coat", "puffer", "parka")
        added.append("white shirt" if smart and not warm else "cream turtleneck" if warm else "white t-shirt")
    if dress is None and bottom is None:
        top = slots.get("top")
        light = top is not None and top.cut in ("camisole", "crop") and not outer
        added.append("sand wide-leg" if light else "charcoal tailored" if smart else "blue jeans")
    if "shoes" not in slots:
        added.append(_choose_shoes(pieces, woman, smart))
    return [_read_piece(text) for text in added]


def _choose_shoes(pieces: list[Piece], woman: bool, smart: bool) -> str:
    cuts = {piece.cut for piece in pieces}
    if any(piece.slot == "dress" for piece in pieces):
        return "nude heel" if cuts & {"evening", "cocktail", "slip", "midi"} else "tan sandal"
    if cuts & {"wool-coat", "puffer", "parka", "raincoat", "biker"}:
        return "brown ankle-boot"
    if smart or "tailored" in cuts:
        return "black loafer" if woman else "brown derby"
    return "tan sandal" if cuts & {"linen-shorts", "camp"} else "white sneaker"


def _read_look(scene: str | None, woman: bool) -> list[Piece]:
    look = _LOOKS.get(scene or "", _EVERYDAY)[0 if woman else 1]
    return [_read_piece(text) for text in look.split(", ")]


def _read_piece(text: str) -> Piece:
    """A piece written as `colour cut`."""
    color, _, cut = text.rpartition(" ")
    slot = next(slot for slot, cuts in _CUTS.items() if cut in cuts)
    weave = {
        "jeans": "denim",
        "turtleneck": "knit",
        "sweater": "knit",
        "wool-coat": "wool",
        "biker": "leather",
    }
    return Piece(slot, cut, weave.get(cut, "leather" if slot == "shoes" else "cotton"), COLOR_WORDS[color])


_CUTS: dict[str, frozenset[str]] = {
    "dress": frozenset({"maxi", "midi", "evening", "slip"}),
    "outer": frozenset({"blazer", "biker", "raincoat", "puffer", "wool-coat", "overshirt"}),
    "top": frozenset({"camp", "shirt", "t-shirt", "tank", "sweater", "turtleneck", "blouse"}),
    "bottom": frozenset(LEGS),
    "shoes": frozenset({"sandal", "heel", "loafer", "derby", "ankle-boot", "sneaker", "tall-boot"}),
}


def _make(piece: Piece, rng: np.random.Generator) -> Garment:
    leather = piece.slot in ("shoes", "belt", "bag") and piece.cut not in ("sneaker", "high-top")
    color = piece.color or COLOR_WORDS[str(rng.choice(_LEATHERS if leather else _NEUTRALS))]
    accent = piece.accent or _contrast(color)
    if piece.pattern == "plain" and piece.accent and piece.slot in ("scarf", "top"):
        piece = replace(piece, pattern="striped")
    # Linen's coarse yarn would be as thick as a cord at a figure's size.
    weave = piece.weave if piece.weave in WEAVES and piece.weave != "linen" else "cotton"
    if weave == "denim" and color == COLOR_WORDS["blue"]:
        color = mix(color, _WASHED, 0.4)
    cloth = Cloth(color, accent, piece.pattern, weave, PATTERN_SCALE, int(rng.integers(1000)))
    return Garment(piece.slot, piece.cut, cloth)


def _contrast(color: RGB) -> RGB:
    """A second colour that shows on the first."""
    return COLOR_WORDS["white"] if sum(color) < 520 else COLOR_WORDS["navy"]


def _choose_hair(person: Person, woman: bool, skin: str, hat: bool, rng: np.random.Generator) -> Hair:
    styles = _WOMEN_HAIR if woman else _MEN_HAIR
    style = person.hair or str(rng.choice(styles))
    if person.hair == "short" and woman:
        style = "bob"
    if person.hair == "curly" and not woman:
        style = "short-curls"
    if hat and not person.hair and style in ("bun", "afro", "ponytail"):
        style = "long" if woman else "crop"
    names = _SKIN_HAIR.get(skin, tuple(name for name in HAIR_COLORS if name != "grey"))
    name = person.hair_color or ("grey" if person.older else str(rng.choice(names)))
    if style == "hijab":
        return Hair(style, COLOR_WORDS[str(rng.choice(["sage", "dusty pink", "navy", "sand", "mauve"]))])
    return Hair(style, HAIR_COLORS[name])
