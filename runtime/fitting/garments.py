"""What kinds of garments there are, which of them a product is, and in what order an outfit is put on.

The classes are those of Nova Canvas:
https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
"""

import re
from enum import StrEnum


class GarmentClass(StrEnum):
    """The four main classes, the fourteen fine ones, and three that the wire format has no word for."""

    UPPER_BODY = "UPPER_BODY"
    LOWER_BODY = "LOWER_BODY"
    FULL_BODY = "FULL_BODY"
    FOOTWEAR = "FOOTWEAR"
    LONG_SLEEVE_SHIRT = "LONG_SLEEVE_SHIRT"
    SHORT_SLEEVE_SHIRT = "SHORT_SLEEVE_SHIRT"
    NO_SLEEVE_SHIRT = "NO_SLEEVE_SHIRT"
    OTHER_UPPER_BODY = "OTHER_UPPER_BODY"
    LONG_PANTS = "LONG_PANTS"
    SHORT_PANTS = "SHORT_PANTS"
    OTHER_LOWER_BODY = "OTHER_LOWER_BODY"
    LONG_DRESS = "LONG_DRESS"
    SHORT_DRESS = "SHORT_DRESS"
    FULL_BODY_OUTFIT = "FULL_BODY_OUTFIT"
    OTHER_FULL_BODY = "OTHER_FULL_BODY"
    SHOES = "SHOES"
    BOOTS = "BOOTS"
    OTHER_FOOTWEAR = "OTHER_FOOTWEAR"
    HAT = "HAT"
    BAG = "BAG"
    ACCESSORY = "ACCESSORY"

    @property
    def on_wire(self) -> bool:
        """Whether the wire format has a word for it; what has none is asked for with a prompt."""
        return self not in _PROMPTS

    @property
    def prompt(self) -> str:
        """What of a person a garment of this class covers, in words for a mask."""
        return _PROMPTS.get(self, _PLACES[self.part])

    @property
    def part(self) -> "BodyPart":
        """Where it is worn."""
        return _PARTS[self]


class BodyPart(StrEnum):
    """Where on a person something is worn."""

    UPPER = "upper body"
    LOWER = "lower body"
    FULL = "whole body"
    FEET = "feet"
    HEAD = "head"
    HAND = "hand"


_PROMPTS = {
    GarmentClass.HAT: "the hat and the hair on top of the head",
    GarmentClass.BAG: "the bag in the hand",
    GarmentClass.ACCESSORY: "the accessory at the waist",
}
_PLACES = {
    BodyPart.UPPER: "the clothes on the upper body",
    BodyPart.LOWER: "the clothes on hips and legs",
    BodyPart.FULL: "all clothes from the shoulders down",
    BodyPart.FEET: "the shoes on the feet",
    BodyPart.HEAD: "the hat and the hair on top of the head",
    BodyPart.HAND: "the bag in the hand",
}
_PARTS = {
    **dict.fromkeys(
        (
            GarmentClass.UPPER_BODY,
            GarmentClass.LONG_SLEEVE_SHIRT,
            GarmentClass.SHORT_SLEEVE_SHIRT,
            GarmentClass.NO_SLEEVE_SHIRT,
            GarmentClass.OTHER_UPPER_BODY,
        ),
        BodyPart.UPPER,
    ),
    **dict.fromkeys(
        (
            GarmentClass.LOWER_BODY,
            GarmentClass.LONG_PANTS,
            GarmentClass.SHORT_PANTS,
            GarmentClass.OTHER_LOWER_BODY,
        ),
        BodyPart.LOWER,
    ),
    **dict.fromkeys(
        (
            GarmentClass.FULL_BODY,
            GarmentClass.LONG_DRESS,
            GarmentClass.SHORT_DRESS,
            GarmentClass.FULL_BODY_OUTFIT,
            GarmentClass.OTHER_FULL_BODY,
        ),
        BodyPart.FULL,
    ),
    **dict.fromkeys(
        (GarmentClass.FOOTWEAR, GarmentClass.SHOES, GarmentClass.BOOTS, GarmentClass.OTHER_FOOTWEAR),
        BodyPart.FEET,
    ),
    GarmentClass.HAT: BodyPart.HEAD,
    GarmentClass.BAG: BodyPart.HAND,
    GarmentClass.ACCESSORY: BodyPart.HAND,
}

# Words of a category, the more telling ones first: "shirt dress" is a dress, "trench coat" a coat.
_WORDS: tuple[tuple[GarmentClass, str], ...] = (
    (GarmentClass.BAG, r"(hand)?bags?|backpacks?|rucksacks?|clutch(es)?|totes?|purses?"),
    (GarmentClass.HAT, r"hats?|caps?|beanies?|berets?|headwear|fedoras?"),
    (GarmentClass.ACCESSORY, r"belts?|scarf|scarves|ties?|glasses|sunglasses|jewell?ery|watch(es)?|gloves?"),
    (GarmentClass.BOOTS, r"boots?|booties"),
    (
        GarmentClass.SHOES,
        r"shoes?|sneakers?|trainers?|loafers?|heels?|pumps?|ballerinas?|derb(y|ies)|oxfords?",
    ),
    (GarmentClass.OTHER_FOOTWEAR, r"sandals?|slippers?|socks?|footwear|clogs?|espadrilles?|flip-?flops?"),
    (GarmentClass.FULL_BODY_OUTFIT, r"jumpsuits?|overalls?|dungarees|suits?|rompers?|playsuits?|outfits?"),
    (GarmentClass.LONG_DRESS, r"gowns?|maxi|sarees?|saris?|kaftans?"),
    (GarmentClass.SHORT_DRESS, r"dress(es)?|frocks?|sundress(es)?"),
    (GarmentClass.SHORT_PANTS, r"shorts|bermudas?|culottes"),
    (GarmentClass.OTHER_LOWER_BODY, r"skirts?|kilts?"),
    (GarmentClass.LONG_PANTS, r"pants?|trousers?|jeans|chinos?|leggings?|joggers?|slacks"),
    (
        GarmentClass.OTHER_UPPER_BODY,
        r"outwear|outerwear|jackets?|coats?|blazers?|parkas?|cardigans?|waistcoats?|gilets?|anoraks?|capes?|ponchos?",
    ),
    (GarmentClass.NO_SLEEVE_SHIRT, r"tanks?|singlets?|camisoles?|sleeveless|vests?|halters?"),
    (GarmentClass.SHORT_SLEEVE_SHIRT, r"t-?\s?shirts?|tees?|polos?|short-?\s?sleeved?"),
    (
        GarmentClass.LONG_SLEEVE_SHIRT,
        r"long-?\s?sleeved?|longsleeves?|sweaters?|jumpers?|pullovers?|hoodies?|sweatshirts?|turtlenecks?|blouses?|shirts?|knits?|knitwear",
    ),
    (GarmentClass.UPPER_BODY, r"tops?|tunics?|bodysuits?"),
)
_PATTERNS = tuple(
    (kind, re.compile(rf"(?<![a-z])({words})(?![a-z])", re.IGNORECASE)) for kind, words in _WORDS
)

# A top goes over trousers and a coat over all of it: the lower number is put on first.
_LAYERS = {
    BodyPart.LOWER: 0,
    BodyPart.UPPER: 1,
    BodyPart.FULL: 2,
    BodyPart.FEET: 3,
    BodyPart.HEAD: 5,
    BodyPart.HAND: 6,
}
_OUTER_LAYER = 4


def garment_class_for(category: str) -> GarmentClass:
    """The class of a product, from its category in the catalogue or any words for it.

    Unknown words are taken for something worn on the upper body, which most products are.
    """
    text = category.replace("_", " ").strip()
    for kind, pattern in _PATTERNS:
        if pattern.search(text):
            return kind
    return GarmentClass.UPPER_BODY


def layer_of(kind: GarmentClass) -> int:
    """When a garment is put on: the lower, the earlier."""
    return _OUTER_LAYER if kind is GarmentClass.OTHER_UPPER_BODY else _LAYERS[kind.part]
