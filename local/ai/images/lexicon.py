"""The words of clothes: nouns and what they are drawn as, colours, patterns, cloths, places, people."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.demo.patterns import RGB
from local.demo.spec import COLORS

SLOTS = (
    "dress",
    "outer",
    "top",
    "bottom",
    "shoes",
    "hat",
    "bag",
    "scarf",
    "tie",
    "belt",
    "glasses",
    "necklace",
)


@dataclass(frozen=True, slots=True)
class Noun:
    """What a word is drawn as: a slot of the outfit, and a cut that adjectives may change."""

    slot: str
    cut: str
    weave: str = "cotton"
    color: str | None = None


def _nouns(slot: str, table: str, weave: str = "cotton", color: str | None = None) -> dict[str, Noun]:
    """Lines of `cut: word, word, ...`."""
    found: dict[str, Noun] = {}
    for line in table.strip().splitlines():
        cut, _, words = line.strip().partition(":")
        found |= {word.strip(): Noun(slot, cut, weave, color) for word in words.split(",")}
    return found


NOUNS: Mapping[str, Noun] = {
    **_nouns(
        "dress",
        """
        a-line: dress, a line dress, sundress, summer dress, skater dress, frock
        wrap: wrap dress
        slip: slip dress
        maxi: maxi dress, tiered dress, boho dress, sari, saree
        evening: gown, evening dress, ball gown, evening gown, wedding dress
        cocktail: cocktail dress, party dress
        shirt-dress: shirt dress, shirtdress
        knit: knit dress, sweater dress, jumper dress, turtleneck dress
        midi: midi dress, tea dress
        mini: mini dress, shift dress, tunic
        """,
    ),
    **_nouns(
        "top",
        """
        t-shirt: t shirt, tee, tshirt, tee shirt, top
        v-tee: v neck t shirt, v neck tee
        oversized: oversized t shirt
        graphic: graphic t shirt, graphic tee
        tank: tank top, vest top, sleeveless top, singlet
        camisole: camisole, cami, bustier, swimsuit, bikini
        polo: polo, polo shirt
        long-tee: long sleeve t shirt, longsleeve, long sleeve, long sleeved shirt, breton
        blouse: blouse, bow blouse
        crop: crop top
        shirt: shirt, button down, button down shirt, oxford shirt, dress shirt
        flannel: flannel, flannel shirt, lumberjack shirt
        camp: camp collar shirt, hawaiian shirt, short sleeved shirt, aloha shirt
        band: band collar shirt, henley, grandad shirt
        sweatshirt: sweatshirt
        hoodie: hoodie, hooded sweatshirt
        """,
    ),
    **_nouns(
        "top",
        """
        sweater: sweater, jumper, pullover, knitwear
        v-sweater: v neck sweater, v neck jumper
        turtleneck: turtleneck, polo neck, roll neck, turtleneck sweater, turtleneck jumper
        cardigan: cardigan
        """,
        "knit",
    ),
    **_nouns(
        "outer",
        """
        blazer: blazer, sport coat, suit jacket, sports jacket, dinner jacket
        wool-coat: coat, overcoat, wool coat, peacoat, duffle coat
        cape: cape, poncho
        vest: waistcoat, gilet, vest
        """,
        "wool",
    ),
    **_nouns(
        "outer",
        """
        trench: trench coat, trench, mac
        raincoat: raincoat, rain jacket, rain coat
        parka: parka, anorak
        bomber: bomber jacket, bomber, windbreaker, track jacket
        overshirt: overshirt, shacket, utility jacket, field jacket
        bomber: jacket
        """,
    ),
    **_nouns("outer", "puffer: puffer jacket, puffer, down jacket, puffer coat, padded jacket", "coated"),
    **_nouns("outer", "biker: biker jacket, leather jacket, moto jacket", "leather"),
    **_nouns("outer", "denim-jacket: denim jacket, jean jacket, jeans jacket", "denim", "blue"),
    **_nouns("bottom", "jeans: jeans, jean, denims", "denim", "blue"),
    **_nouns(
        "bottom",
        """
        chinos: trousers, pants, chinos, slacks, chino, capris, culottes trousers
        tailored: tailored trousers, suit trousers, dress pants
        wide-leg: wide leg trousers, palazzo, culottes, flares, wide leg pants
        joggers: joggers, sweatpants, track pants
        cargo: cargo trousers, cargo pants, cargos
        leggings: leggings, tights
        chino-shorts: shorts
        bermuda: bermuda shorts, bermudas
        running-shorts: running shorts, swim shorts, swim trunks, boardshorts
        a-line: skirt, a line skirt, skater skirt, culotte skirt
        pleated: pleated skirt, pleated midi skirt, kilt
        pencil: pencil skirt
        tiered: tiered skirt, tiered maxi skirt, prairie skirt
        maxi: maxi skirt
        mini: mini skirt, miniskirt
        midi: midi skirt
        wrap: wrap skirt, sarong
        """,
    ),
    **_nouns("bottom", "denim: denim skirt", "denim", "blue"),
    **_nouns("bottom", "denim-shorts: denim shorts, jean shorts", "denim", "blue"),
    **_nouns(
        "shoes",
        """
        sneaker: sneaker, trainer, running shoe, tennis shoe
        high-top: high top, high top sneaker, canvas shoe
        loafer: loafer, moccasin, penny loafer, boat shoe
        derby: shoe, derby, oxford, brogue, dress shoe, lace up
        ankle-boot: boot, ankle boot, chelsea boot, combat boot, bootie, desert boot
        tall-boot: knee boot, knee high boot, rain boot, riding boot, wellington, wellies, tall boot
        heel: heel, pump, stiletto, court heel, high heel, court shoe, slingback
        sandal: sandal, buckle sandal, flip flop, slider, espadrille
        ballerina: ballerina, ballet flat, flat, ballet pump, mary jane
        """,
        "leather",
    ),
    **_nouns(
        "hat",
        """
        cap: cap, baseball cap
        bucket: bucket hat
        """,
    ),
    **_nouns("hat", "beanie: beanie, wool hat, knit hat, bobble hat", "knit"),
    **_nouns("hat", "fedora: hat, fedora, trilby, panama", "wool"),
    **_nouns("hat", "beret: beret", "wool"),
    **_nouns("hat", "sun-hat: sun hat, sunhat, straw hat, wide brimmed hat, wide brim hat", "straw", "cream"),
    **_nouns(
        "bag",
        """
        handbag: bag, handbag, shoulder bag, crossbody bag, purse, satchel, briefcase
        tote: tote, tote bag, shopper, beach bag, shopping bag
        clutch: clutch, evening bag, clutch bag
        """,
        "leather",
    ),
    **_nouns("scarf", "scarf: scarf, shawl, pashmina, stole", "knit"),
    **_nouns("tie", "tie: tie, necktie", "satin"),
    **_nouns("belt", "belt: belt", "leather"),
    **_nouns("glasses", "glasses: sunglasses, glasses, shades", "coated", "black"),
    **_nouns("necklace", "necklace: necklace, pearls, earrings, jewellery, jewelry, pendant", "satin"),
}

# Words that mean two pieces of one cloth.
SETS: Mapping[str, tuple[str, str]] = {
    "suit": ("blazer", "tailored trousers"),
    "trouser suit": ("blazer", "wide leg trousers"),
    "pantsuit": ("blazer", "wide leg trousers"),
    "tuxedo": ("blazer", "tailored trousers"),
    "tracksuit": ("track jacket", "joggers"),
    "jumpsuit": ("tank top", "wide leg trousers"),
    "dungarees": ("tank top", "jeans"),
    "twinset": ("cardigan", "sweater"),
}

# Adjectives that change the cut of a general noun, by its slot and cut.
REFINEMENTS: Mapping[str, Mapping[str, str]] = {
    "dress a-line": {
        "wrap": "wrap",
        "slip": "slip",
        "satin": "slip",
        "maxi": "maxi",
        "long": "maxi",
        "tiered": "maxi",
        "midi": "midi",
        "pleated": "midi",
        "mini": "mini",
        "short": "mini",
        "evening": "evening",
        "gala": "evening",
        "cocktail": "cocktail",
        "strapless": "cocktail",
        "knit": "knit",
        "knitted": "knit",
        "bodycon": "knit",
        "shirt": "shirt-dress",
        "belted": "shirt-dress",
    },
    "top t-shirt": {
        "oversized": "oversized",
        "graphic": "graphic",
        "sleeveless": "tank",
        "v": "v-tee",
        "cropped": "crop",
    },
    "top shirt": {
        "flannel": "flannel",
        "hawaiian": "camp",
        "short": "camp",
        "collarless": "band",
        "linen": "band",
    },
    "top sweater": {"v": "v-sweater", "turtleneck": "turtleneck", "roll": "turtleneck"},
    "outer wool-coat": {
        "trench": "trench",
        "rain": "raincoat",
        "puffer": "puffer",
        "down": "puffer",
        "hooded": "parka",
    },
    "outer bomber": {
        "denim": "denim-jacket",
        "leather": "biker",
        "biker": "biker",
        "suede": "biker",
        "puffer": "puffer",
        "padded": "puffer",
        "quilted": "puffer",
        "tweed": "blazer",
        "tailored": "blazer",
        "suit": "blazer",
        "linen": "blazer",
        "rain": "raincoat",
        "hooded": "parka",
    },
    "bottom jeans": {
        "skinny": "skinny",
        "slim": "skinny",
        "wide": "wide-leg",
        "flared": "wide-leg",
        "baggy": "cargo",
    },
    "bottom chinos": {
        "wide": "wide-leg",
        "flowing": "wide-leg",
        "tailored": "tailored",
        "wool": "tailored",
        "pleated": "tailored",
        "smart": "tailored",
        "suit": "tailored",
        "cargo": "cargo",
        "sweat": "joggers",
        "skinny": "skinny",
        "leather": "skinny",
    },
    "bottom chino-shorts": {
        "denim": "denim-shorts",
        "jean": "denim-shorts",
        "linen": "linen-shorts",
        "running": "running-shorts",
        "sport": "running-shorts",
        "swim": "running-shorts",
        "long": "bermuda",
        "bermuda": "bermuda",
        "tailored": "bermuda",
    },
    "bottom a-line": {
        "pleated": "pleated",
        "pencil": "pencil",
        "maxi": "maxi",
        "long": "maxi",
        "tiered": "tiered",
        "mini": "mini",
        "short": "mini",
        "midi": "midi",
        "flowing": "midi",
        "wrap": "wrap",
        "denim": "denim",
        "satin": "midi",
    },
    "shoes sneaker": {"high": "high-top", "canvas": "high-top"},
    "shoes derby": {
        "running": "sneaker",
        "high": "heel",
        "heeled": "heel",
        "flat": "ballerina",
        "canvas": "high-top",
    },
    "shoes ankle-boot": {
        "tall": "tall-boot",
        "knee": "tall-boot",
        "rubber": "tall-boot",
        "long": "tall-boot",
    },
    "shoes sandal": {"heeled": "heel", "high": "heel"},
    "hat fedora": {
        "straw": "sun-hat",
        "sun": "sun-hat",
        "wide": "sun-hat",
        "bucket": "bucket",
        "knitted": "beanie",
    },
    "bag handbag": {"tote": "tote", "straw": "tote", "evening": "clutch", "beach": "tote"},
}

COLOR_WORDS: Mapping[str, RGB] = {
    **COLORS,
    "gray": COLORS["grey"],
    "light grey": (198, 198, 200),
    "light gray": (198, 198, 200),
    "dark grey": (88, 90, 94),
    "dark gray": (88, 90, 94),
    "charcoal": (76, 78, 84),
    "silver": (188, 190, 196),
    "ivory": (243, 236, 220),
    "off white": (240, 234, 222),
    "ecru": (228, 216, 192),
    "sand": (214, 194, 160),
    "nude": (222, 188, 164),
    "tan": (194, 150, 104),
    "cognac": (158, 94, 52),
    "chocolate": (86, 56, 42),
    "rust": (176, 82, 48),
    "khaki": (148, 138, 94),
    "dark blue": COLORS["navy"],
    "royal blue": (42, 78, 178),
    "cobalt": (32, 72, 168),
    "sky blue": (140, 190, 228),
    "pale blue": (176, 206, 230),
    "baby blue": (166, 202, 232),
    "indigo": (58, 62, 120),
    "turquoise": (60, 170, 176),
    "aqua": (104, 196, 200),
    "dark green": (34, 78, 54),
    "light green": (156, 200, 150),
    "emerald": (20, 122, 88),
    "forest": (34, 84, 58),
    "sage": (156, 172, 142),
    "lime": (168, 200, 72),
    "mustard": (208, 158, 48),
    "gold": (206, 166, 84),
    "golden": (206, 166, 84),
    "lemon": (246, 222, 104),
    "peach": (244, 190, 154),
    "apricot": (240, 172, 112),
    "coral": (236, 116, 96),
    "salmon": (236, 146, 126),
    "dark red": (138, 24, 34),
    "crimson": (170, 24, 48),
    "scarlet": (206, 36, 38),
    "wine": COLORS["burgundy"],
    "maroon": (112, 32, 40),
    "light pink": (246, 204, 212),
    "hot pink": (226, 62, 136),
    "dusty pink": (214, 160, 164),
    "rose": (220, 136, 150),
    "blush": (238, 200, 196),
    "magenta": (196, 40, 128),
    "lavender": (192, 178, 222),
    "violet": (122, 82, 168),
    "mauve": (170, 136, 168),
    "plum": (100, 48, 88),
}

PATTERN_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("striped", "stripe", "stripes", "stripy", "breton"), "striped"),
    **dict.fromkeys(("pinstripe", "pinstriped", "pinstripes"), "pinstripe"),
    **dict.fromkeys(
        ("checked", "check", "checks", "plaid", "tartan", "gingham", "checkered", "chequered"), "checked"
    ),
    **dict.fromkeys(("dotted", "dots", "dot", "polka", "spotted"), "dotted"),
    **dict.fromkeys(("floral", "flowered", "flowery", "flowers", "blossom"), "floral"),
    **dict.fromkeys(
        ("printed", "print", "patterned", "tropical", "paisley", "leaf", "leaves", "leopard"), "printed"
    ),
}

WEAVE_WORDS: Mapping[str, str] = {
    "denim": "denim",
    "leather": "leather",
    "suede": "suede",
    "velvet": "suede",
    "satin": "satin",
    "silk": "satin",
    "silky": "satin",
    "wool": "wool",
    "woollen": "wool",
    "tweed": "wool",
    "felt": "wool",
    "knit": "knit",
    "knitted": "knit",
    "merino": "knit",
    "cashmere": "knit",
    "chunky": "knit",
    "linen": "linen",
    "straw": "straw",
    "jersey": "jersey",
    "viscose": "jersey",
    "nylon": "coated",
    "coated": "coated",
    "padded": "coated",
}


def _scenes(table: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in table.strip().splitlines():
        scene, _, words = line.strip().partition(":")
        found |= {word.strip(): scene for word in words.split(",")}
    return found


SCENE_WORDS: Mapping[str, str] = _scenes(
    """
    rain: rain, rainy, raining, drizzle, drizzly, storm, stormy, wet
    snow: snow, snowy, ski, skiing, mountain, mountains, alps, winter, icy
    beach: beach, sea, seaside, coast, ocean, harbour, harbor, island, shore, pool, holiday, vacation, resort
    night: night, nightclub, club, clubbing, moonlight, midnight, concert
    gym: gym, workout, yoga, training, fitness, sport, sports, jogging
    garden: wedding, garden, bride, bridal, ceremony, flowers, spring, christening, terrace
    office: office, work, meeting, interview, business, boardroom, conference, presentation
    evening: evening, party, gala, dinner, restaurant, theatre, theater, opera, ball, christmas, festive, prom
    autumn: autumn, fall, october, november, leaves
    park: park, picnic, forest, wood, woods, countryside, meadow, hike, hiking, nature, walk, summer, festival
    city: city, street, urban, town, downtown, shopping, travel, airport, commute, sightseeing, museum
    home: home, sofa, living, house, weekend
    studio: studio
    """
)
SCENE_ORDER = tuple(dict.fromkeys(SCENE_WORDS.values()))
"""The scene of a prompt that names several: the weather counts before the occasion, that before the place."""

WOMAN_WORDS = frozenset(
    {
        "woman",
        "women",
        "lady",
        "ladies",
        "she",
        "her",
        "female",
        "girl",
        "bride",
        "feminine",
        "mother",
        "wife",
        "womens",
    }
)
MAN_WORDS = frozenset(
    {
        "man",
        "men",
        "gentleman",
        "gentlemen",
        "he",
        "his",
        "him",
        "male",
        "boy",
        "groom",
        "masculine",
        "father",
        "husband",
        "mens",
    }
)
OLDER_WORDS = frozenset(
    {"older", "elderly", "senior", "mature", "grandmother", "grandfather", "sixties", "seventies"}
)

SKIN_WORDS: Mapping[str, str] = {
    "porcelain": "porcelain",
    "pale": "porcelain",
    "fair": "porcelain",
    "light": "light",
    "white": "light",
    "olive": "olive",
    "medium": "olive",
    "tan": "tan",
    "tanned": "tan",
    "brown": "brown",
    "dark": "deep",
    "deep": "deep",
    "black": "deep",
}
HAIR_COLOR_WORDS: Mapping[str, str] = {
    "blonde": "blonde",
    "blond": "blonde",
    "fair": "blonde",
    "black": "black",
    "dark": "dark",
    "brown": "brown",
    "brunette": "brown",
    "red": "auburn",
    "ginger": "auburn",
    "auburn": "auburn",
    "grey": "grey",
    "gray": "grey",
    "silver": "grey",
    "white": "grey",
}
HAIR_STYLE_WORDS: Mapping[str, str] = {
    "long": "long",
    "straight": "long",
    "wavy": "long",
    "braided": "long",
    "curly": "curly",
    "short": "short",
    "cropped": "crop",
    "shaved": "crop",
}
HAIRDO_WORDS: Mapping[str, str] = {
    "bun": "bun",
    "chignon": "bun",
    "updo": "bun",
    "ponytail": "ponytail",
    "afro": "afro",
    "curls": "curly",
    "bob": "bob",
    "bald": "bald",
    "hijab": "hijab",
    "headscarf": "hijab",
}
