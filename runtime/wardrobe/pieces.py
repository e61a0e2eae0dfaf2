"""What kind of garment a product is: its slot in an outfit, its dress codes, its season, its colour.

The catalogue's own words come first (category, occasion, season, gender); where they are missing, the words
of the name have to do.
"""

import re
from enum import StrEnum

from runtime.wardrobe.items import Item


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Slot(StrEnum):
    """A place in an outfit. A dress takes the places of top and bottom."""

    TOP = "top"
    BOTTOM = "bottom"
    DRESS = "dress"
    SHOES = "shoes"
    OUTERWEAR = "outerwear"
    HAT = "hat"
    BAG = "bag"
    ACCESSORY = "accessory"


class Formality(StrEnum):
    """A dress code."""

    CASUAL = "casual"
    SMART = "smart"
    FORMAL = "formal"
    SPORT = "sport"


_SLOT_TEXTS = {
    Slot.SHOES: (
        "shoes shoe sneakers sneaker trainers boots boot loafers loafer heels heel sandals sandal pumps "
        "flats oxfords espadrilles mules footwear"
    ),
    Slot.HAT: "hat hats cap caps beanie beanies beret berets fedora fedoras headwear",
    Slot.OUTERWEAR: (
        "outwear outerwear coat coats jacket jackets blazer blazers parka parkas anorak raincoat raincoats "
        "trench puffer bomber overcoat gilet"
    ),
    Slot.DRESS: "dress dresses gown gowns jumpsuit jumpsuits romper rompers",
    Slot.BOTTOM: (
        "pants trousers jeans chinos skirt skirts shorts leggings joggers slacks bottoms bottom culottes"
    ),
    Slot.TOP: (
        "shirt shirts tshirt tshirts tee tees top tops blouse blouses longsleeve sweater sweaters pullover "
        "pullovers cardigan cardigans hoodie hoodies polo polos knitwear turtleneck sweatshirt sweatshirts"
    ),
    Slot.BAG: "bag bags handbag handbags clutch clutches tote totes backpack backpacks purse purses",
    Slot.ACCESSORY: (
        "scarf scarves shawl shawls belt belts gloves mittens sunglasses jewellery jewelry necklace "
        "necklaces bracelet bracelets earrings watch watches tie ties"
    ),
}
SLOT_WORDS = {slot: tuple(text.split()) for slot, text in _SLOT_TEXTS.items()}
"""Words by slot; the order settles names such as "dress shoes" or "shirt dress"."""

_FAMILIES = (
    "dress dresses gown gowns",
    "skirt skirts",
    "pants trousers jeans chinos slacks leggings joggers bottom bottoms",
    "shorts short",
    "shirt shirts blouse blouses",
    "t-shirt t-shirts tshirt tshirts tee tees top tops",
    "longsleeve longsleeves sweater sweaters pullover cardigan knitwear hoodie sweatshirt top tops",
    "outwear outerwear coat coats jacket jackets blazer blazers raincoat",
    "shoes shoe sneakers boots heels sandals loafers footwear",
    "hat hats cap caps beanie headwear",
)

_CODES_BY_OCCASION = {
    "formal": {Formality.FORMAL, Formality.SMART},
    "party": {Formality.FORMAL, Formality.SMART},
    "office": {Formality.FORMAL, Formality.SMART},
    "business": {Formality.FORMAL, Formality.SMART},
    "smart": {Formality.FORMAL, Formality.SMART},
    "casual": {Formality.CASUAL},
    "beach": {Formality.CASUAL},
    "sport": {Formality.SPORT, Formality.CASUAL},
    "activewear": {Formality.SPORT},
}
_CODES_BY_SLOT = {
    Slot.TOP: {Formality.CASUAL, Formality.SMART, Formality.FORMAL},
    Slot.BOTTOM: {Formality.CASUAL, Formality.SMART, Formality.FORMAL},
    Slot.DRESS: {Formality.CASUAL, Formality.SMART, Formality.FORMAL},
    Slot.SHOES: {Formality.CASUAL, Formality.SMART, Formality.FORMAL},
    Slot.OUTERWEAR: {Formality.CASUAL, Formality.SMART, Formality.FORMAL},
    Slot.HAT: {Formality.CASUAL},
    Slot.BAG: {Formality.CASUAL, Formality.SMART, Formality.FORMAL},
    Slot.ACCESSORY: {Formality.CASUAL, Formality.SMART, Formality.FORMAL},
}
_NEVER_DRESSY = _words(
    "denim jeans sneaker sneakers trainers hoodie hoodies tshirt tshirts tee tees joggers leggings cargo "
    "graphic flannel sandals sweatshirt puffer beanie cap fleece running shorts"
)
_NEVER_FORMAL = _words("bermuda bermudas knit knitted cardigan sweater polo canvas")
_ALSO_SPORTY = _words("sneaker sneakers trainers tshirt tshirts tee tees running cap hoodie")

_OCCASIONS: tuple[tuple[Formality, str], ...] = (
    (Formality.SPORT, "sport|gym|running|run|workout|training|yoga|fitness|hik(e|ing)|tennis|jogging"),
    (
        Formality.FORMAL,
        "wedding|gala|black.?tie|opera|funeral|ceremony|graduation|prom|ball|formal|baptism|christening",
    ),
    (
        Formality.SMART,
        "office|work|business|interview|meeting|conference|party|dinner|date|cocktail|theat(re|er)|birthday|"
        "semi.?formal|smart|club|christmas|presentation|anniversary",
    ),
)

_FEMALE_WORDS = _words("dress dresses skirt skirts gown gowns heels blouse women womens ladies")
_MALE_WORDS = _words("men mens gentlemen")
_SEASONS = ("spring", "summer", "autumn", "winter")
_OPPOSITE = {frozenset({"summer", "winter"})}
_HOT_C, _COLD_C = 24.0, 12.0


def words_of(text: str | None) -> list[str]:
    """The words of a text in lower case; `T-shirt` is one word, `tshirt`."""
    plain = (text or "").lower().replace("t-shirt", "tshirt").replace("long-sleeve", "longsleeve")
    return re.findall(r"[a-z]+", plain)


def find_slot(item: Item) -> Slot | None:
    """Where the product belongs in an outfit; None for an umbrella, say."""
    for text in (item.category, item.name):
        words = set(words_of(text))
        if {"dress", "shirt"} <= words and text.lower().find("dress shirt") >= 0:
            return Slot.TOP
        for slot, names in SLOT_WORDS.items():
            if words & set(names):
                return slot
    return None


def category_names(category: str) -> list[str]:
    """Names under which a catalogue may keep what someone calls `category`, the given one first."""
    word = " ".join(category.lower().split())
    names = [word, f"{word}s", word.removesuffix("s"), word.removesuffix("es")]
    for family in _FAMILIES:
        if word in family.split():
            names += family.split()
    return [name for name in dict.fromkeys(names) if len(name) > 1]


def dress_codes(item: Item) -> frozenset[Formality]:
    """The dress codes that a product suits."""
    words = {*words_of(item.name), *words_of(item.category)}
    codes: set[Formality] = set()
    for occasion in words_of(item.occasion):
        codes |= _CODES_BY_OCCASION.get(occasion, set())
    if not codes:
        slot = find_slot(item)
        codes = set(_CODES_BY_SLOT[slot]) if slot else {Formality.CASUAL}
    if words & _NEVER_DRESSY:
        codes = (codes - {Formality.FORMAL, Formality.SMART}) or {Formality.CASUAL}
    if words & _NEVER_FORMAL:
        codes -= {Formality.FORMAL}
    if Formality.CASUAL in codes and words & _ALSO_SPORTY:
        codes.add(Formality.SPORT)
    return frozenset(codes)


def choose_formality(occasion: str, wanted: str | None) -> Formality:
    """The dress code of an occasion, unless one is asked for."""
    if wanted:
        return Formality(wanted)
    for formality, pattern in _OCCASIONS:
        if re.search(rf"\b({pattern})", occasion.lower()):
            return formality
    return Formality.CASUAL


def suits_gender(item: Item, gender: str | None) -> bool:
    """Whether the product is made for that gender; things of unknown make suit all, but for telling names."""
    made_for = (item.gender or "").lower()
    if not made_for:
        words = {*words_of(item.name), *words_of(item.category)}
        made_for = "men" if words & _MALE_WORDS else "women" if words & _FEMALE_WORDS else "unisex"
    return gender in (None, "unisex") or made_for in ("unisex", gender)


def suits_sizes(item: Item, sizes: tuple[str, ...]) -> bool:
    """Whether it comes in a size of the shopper's; a size in letters says nothing about one in numbers."""
    offered = {size.upper() for size in item.sizes}
    kinds = {size.isdigit() for size in offered}
    wanted = {size.upper() for size in sizes if size.isdigit() in kinds}
    return not offered or not wanted or bool(offered & wanted)


def season_fit(item: Item, season: str | None, warmest_c: float | None) -> float:
    """0 (wrong for the season or the weather) to 1."""
    made_for = {word for word in words_of(item.season) if word in _SEASONS}
    made_for |= {"autumn"} if "fall" in words_of(item.season) else set()
    wanted = _season_of(season, warmest_c)
    if not made_for or wanted is None:
        return 0.8
    if wanted in made_for:
        return 1.0
    return 0.0 if any(frozenset({wanted, each}) in _OPPOSITE for each in made_for) else 0.5


def _season_of(season: str | None, warmest_c: float | None) -> str | None:
    """What the day feels like: the weather counts more than the calendar."""
    if warmest_c is None:
        return season
    return "summer" if warmest_c >= _HOT_C else "winter" if warmest_c <= _COLD_C else season or "spring"
