"""The shop's ranges: what each cut is made of, for whom, and in which colours it is sold."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Material:
    """A fabric's weave (how it is drawn) and its words in a description."""

    weave: str
    words: str


MATERIALS = {
    "Cotton": Material("cotton", "soft organic cotton"),
    "Jersey": Material("jersey", "smooth cotton jersey"),
    "Poplin": Material("cotton", "crisp cotton poplin"),
    "Twill": Material("cotton", "sturdy brushed cotton twill"),
    "Linen": Material("linen", "airy pre-washed linen"),
    "Viscose": Material("jersey", "fluid viscose"),
    "Satin": Material("satin", "heavy satin with a quiet sheen"),
    "Silk": Material("satin", "sand-washed silk"),
    "Denim": Material("denim", "mid-weight cotton denim"),
    "Wool": Material("wool", "warm virgin wool"),
    "Merino": Material("knit", "fine merino wool"),
    "Chunky-knit": Material("knit", "thick lambswool knit"),
    "Knitted": Material("knit", "a soft wool and cotton knit"),
    "Flannel": Material("cotton", "double-brushed cotton flannel"),
    "Leather": Material("leather", "vegetable-tanned leather"),
    "Suede": Material("suede", "velvety calf suede"),
    "Canvas": Material("cotton", "hard-wearing cotton canvas"),
    "Straw": Material("straw", "hand-woven paper straw"),
    "Felt": Material("wool", "shape-keeping wool felt"),
    "Coated": Material("coated", "a waterproof coated fabric with taped seams"),
    "Padded": Material("coated", "wind-proof shell fabric with recycled down-free padding"),
    "Nylon": Material("satin", "light matte nylon"),
    "Fleece": Material("cotton", "loop-back cotton fleece"),
    "Stretch": Material("jersey", "four-way stretch jersey"),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One article of a range. `gender` overrides the range's."""

    material: str
    color: str
    pattern: str = "plain"
    accent: str = "white"
    scale: float = 1.0
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """All articles of one cut; `fit` completes "A <noun> in <material> ..." and `use` is a sentence."""

    category: str
    cut: str
    noun: str
    gender: str
    season: str
    occasion: str
    price: float
    fit: str
    use: str
    variants: tuple[Variant, ...]


def read_ranges() -> list[Range]:
    """The ranges of `ranges.csv`.

    Its last column lists the articles, separated by ";", each as
    `[gender:]material/color[/pattern/accent[/scale]]`.
    """
    with Path(__file__).with_name("ranges.csv").open(newline="", encoding="utf-8") as file:
        return [_range(row) for row in csv.DictReader(file)]


def _range(row: dict[str, str]) -> Range:
    variants = tuple(_variant(text) for text in row["articles"].split(";"))
    return Range(
        category=row["category"],
        cut=row["cut"],
        noun=row["noun"],
        gender=row["gender"],
        season=row["season"],
        occasion=row["occasion"],
        price=float(row["price"]),
        fit=row["fit"],
        use=row["use"],
        variants=variants,
    )


def _variant(text: str) -> Variant:
    gender, _, article = text.rpartition(":")
    material, color, *rest = article.split("/")
    pattern, accent, scale = (*rest, *("plain", "white", "1")[len(rest) :])
    return Variant(material, color, pattern, accent, float(scale), gender)
