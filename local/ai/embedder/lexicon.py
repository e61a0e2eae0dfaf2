"""What fashion words mean, in the features that are also read from pictures.

`lexicon.txt` gives the features of each word or phrase as `feature` or `feature:weight`, separated by blanks.
Features are the categories, the patterns, colours (a name of `palette.NAMED` or an sRGB value `#rrggbb`), the
shapes, and tones, which prefer some colours over others.
"""

from pathlib import Path

CATEGORIES = (
    "dress",
    "hat",
    "longsleeve",
    "outwear",
    "pants",
    "shirt",
    "shoes",
    "shorts",
    "skirt",
    "t-shirt",
)
PATTERNS = ("plain", "striped", "checked", "dotted", "floral", "printed")
SHAPES = ("long", "short", "long-sleeved", "short-sleeved")
TONES = ("light", "dark", "bright", "muted", "colourful", "neutral")

_LEXICON = Path(__file__).with_name("lexicon.txt")
_WITHOUT_MEANING = """
a also am an and any are as at be beautiful best by can cheap color colored colour coloured could
cute day did do does find fit fitted for from get give go goes good great had has have he her here
his how i id im in is it ive its like look looking lovely made match matching may me might must me my need new
nice of on one or our pair please pretty quite really s search searching shade shall she should show
size so some style than that the their then there these they this those to tone too two up very want
was we wear wearing were what when where which who will with would you your
"""
STOP_WORDS = frozenset(_WITHOUT_MEANING.split())
NEGATIONS = frozenset("not no without non never except excluding minus isnt arent dont nor avoid".split())  # noqa: SIM905
BREAKS = frozenset((",", ";", ".", "but", "though", "however", "only"))
JOINTS = frozenset(("or", "nor", "any", "a", "the", "of", "too", "very", "in"))  # a denial reaches over these


def read_entries() -> dict[str, dict[str, float]]:
    """Every word or phrase with its features' weights."""
    entries: dict[str, dict[str, float]] = {}
    for line in _LEXICON.read_text(encoding="utf-8").splitlines():
        meaning, separator, words = line.partition(" = ")
        if separator:
            features = dict(_feature(part) for part in meaning.split())
            for word in words.split(", "):
                entries.setdefault(word, features)
    return entries


def _feature(part: str) -> tuple[str, float]:
    name, _, weight = part.partition(":")
    return name, float(weight or 1)
