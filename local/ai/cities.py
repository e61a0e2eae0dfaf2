"""The places of `cities.toml`: names in five languages, coordinates, a climate and a time zone each."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("cities.toml")
_LINE = re.compile(
    r"(?P<names>.+?) (?P<latitude>-?[\d.]+) (?P<longitude>-?[\d.]+) "
    r"(?P<climate>[a-z]+)(?: (?P<timezone>\S+))?$"
)


@dataclass(frozen=True, slots=True)
class City:
    """A place; coordinates in degrees, `names` with the English one first."""

    id: int
    names: tuple[str, ...]
    country: str
    country_code: str
    latitude: float
    longitude: float
    climate: str
    timezone: str

    @property
    def name(self) -> str:
        return self.names[0]


def plain(text: str) -> str:
    """`text` in lower case without accents, with only letters, digits and single spaces."""
    letters = unicodedata.normalize(
        "NFKD", text.lower().replace("ß", "ss").replace("ø", "o").replace("ł", "l")
    )
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", kept))


@cache
def read_cities() -> tuple[City, ...]:
    """Every place of the table, the first of each country being the one that answers for the country."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    found: list[City] = []
    for country in table["countries"]:
        for line in country["cities"]:
            match = _LINE.match(line)
            if match is None:
                raise ValueError(f"cities.toml: cannot read {line!r}")
            found.append(
                City(
                    id=100_001 + len(found),
                    names=tuple(match["names"].split("|")),
                    country=country["names"].split("|")[0],
                    country_code=country["code"],
                    latitude=float(match["latitude"]),
                    longitude=float(match["longitude"]),
                    climate=match["climate"],
                    timezone=match["timezone"] or country["timezone"],
                )
            )
    return tuple(found)


@cache
def cities_by_name() -> dict[str, City]:
    """Every city by each of its names, in the form that `plain` gives."""
    found: dict[str, City] = {}
    for city in read_cities():
        for name in city.names:
            found.setdefault(plain(name), city)
    return found


@cache
def countries_by_name() -> dict[str, City]:
    """The city that answers for a country, by each of the country's names as `plain` gives them."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    first: dict[str, City] = {}
    for city in read_cities():
        first.setdefault(city.country_code, city)
    return {
        plain(name): first[country["code"]]
        for country in table["countries"]
        for name in country["names"].split("|")
    }
