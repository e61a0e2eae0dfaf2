"""The words of the shop's data in the shopper's language: kinds of clothes, colours, patterns, occasions.

They are messages like all others (`ui/languages`), as they stand within a sentence. Data may hold any word:
one that is not here is shown as it is.
"""

from ui.words import later, say

_CLOTHES = (
    later("clothes"), later("piece"), later("dress"), later("dresses"), later("gown"), later("jumpsuit"),
    later("romper"), later("top"), later("tops"), later("t-shirt"), later("t-shirts"), later("tee"),
    later("shirt"), later("shirts"), later("blouse"), later("blouses"), later("longsleeve"),
    later("longsleeves"), later("long-sleeved shirt"), later("sweater"), later("sweaters"),
    later("pullover"), later("cardigan"), later("cardigans"), later("hoodie"), later("hoodies"),
    later("polo"), later("knitwear"), later("turtleneck"), later("sweatshirt"), later("bottom"),
    later("bottoms"), later("pants"), later("trousers"), later("jeans"), later("chinos"), later("skirt"),
    later("skirts"), later("shorts"), later("leggings"), later("joggers"), later("culottes"),
    later("outwear"), later("outerwear"), later("coat"), later("coats"), later("jacket"),
    later("jackets"), later("blazer"), later("blazers"), later("parka"), later("anorak"),
    later("raincoat"), later("overcoat"), later("gilet"), later("suit"), later("body"),
    later("undershirt"), later("swimwear"), later("nightwear"), later("shoes"), later("shoe"),
    later("sneakers"), later("trainers"), later("boots"), later("loafers"), later("heels"),
    later("sandals"), later("pumps"), later("flats"), later("footwear"), later("hat"), later("hats"),
    later("cap"), later("caps"), later("beanie"), later("headwear"), later("bag"), later("bags"),
    later("handbag"), later("handbags"), later("clutch"), later("tote"), later("backpack"),
    later("backpacks"), later("purse"), later("accessory"), later("accessories"), later("scarf"),
    later("scarves"), later("belt"), later("belts"), later("gloves"), later("sunglasses"),
    later("jewellery"), later("jewelry"), later("necklace"), later("bracelet"), later("earrings"),
    later("watch"), later("tie"), later("umbrella"), later("socks"), later("other"), later("not sure"),
)  # fmt: skip
_COLORS = (
    later("beige"), later("black"), later("blue"), later("brown"), later("burgundy"), later("camel"),
    later("charcoal"), later("coral"), later("cream"), later("dark blue"), later("dark green"),
    later("dark grey"), later("denim"), later("fuchsia"), later("gold"), later("gray"), later("green"),
    later("grey"), later("indigo"), later("ivory"), later("khaki"), later("lavender"),
    later("light blue"), later("light green"), later("light grey"), later("lilac"), later("lime"),
    later("maroon"), later("mint"), later("multicolour"), later("mustard"), later("navy"),
    later("off-white"), later("olive"), later("orange"), later("pink"), later("purple"), later("red"),
    later("rose"), later("rust"), later("silver"), later("tan"), later("taupe"), later("teal"),
    later("terracotta"), later("turquoise"), later("white"), later("yellow"),
)  # fmt: skip
_PATTERNS = (
    later("plain"), later("solid"), later("striped"), later("stripes"), later("checked"),
    later("checkered"), later("plaid"), later("floral"), later("dotted"), later("polka dot"),
    later("graphic"), later("herringbone"), later("pinstripe"), later("houndstooth"), later("paisley"),
    later("animal print"), later("melange"), later("ribbed"), later("cable knit"), later("printed"),
    later("colour block"), later("abstract"),
)  # fmt: skip
_PEOPLE = (
    later("women"), later("men"), later("unisex"), later("girls"), later("boys"), later("kids"),
    later("female"), later("male"),
)  # fmt: skip
_TIMES = (
    later("spring"), later("summer"), later("autumn"), later("fall"), later("winter"), later("all year"),
    later("all seasons"), later("all season"), later("spring summer"), later("autumn winter"),
)  # fmt: skip
_OCCASIONS = (
    later("casual"), later("everyday"), later("every day"), later("smart"), later("smart casual"),
    later("formal"), later("business"), later("office"), later("work"), later("party"), later("evening"),
    later("wedding"), later("beach"), later("holiday"), later("travel"), later("sport"),
    later("activewear"), later("outdoor"), later("dinner"), later("interview"), later("date"),
    later("festival"), later("lounge"),
)  # fmt: skip


def _plain(word: str) -> str:
    return " ".join(word.replace("_", " ").replace("-", " ").replace(",", " ").lower().split())


VOCABULARY = {
    _plain(word): word for word in (*_CLOTHES, *_COLORS, *_PATTERNS, *_PEOPLE, *_TIMES, *_OCCASIONS)
}
"""Messages by the word of the data, in lower case and with spaces for the marks between its parts."""


def word_of(word: str) -> str:
    """A word of the data as it stands within a sentence in the shopper's language."""
    known = VOCABULARY.get(_plain(word))
    return say(known) if known else word.replace("_", " ").strip()
