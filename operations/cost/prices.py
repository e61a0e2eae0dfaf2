"""The file of prices."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

REGIONS = ("us-east-1", "us-west-2")
_FILE = Path(__file__).parent / "prices.toml"


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars by name, see prices.toml."""

    region: str
    dated: date
    hours: float
    """Hours of a month."""
    by_name: Mapping[str, float]
    unsure: frozenset[str]
    """Names of doubtful prices; the file says why."""

    def __getitem__(self, name: str) -> float:
        return self.by_name[name]

    def monthly(self, name: str) -> float:
        """The price of an hour, for a month."""
        return self[name] * self.hours


def load_prices(region: str) -> Prices:
    """Prices of a region. Raises ValueError for one that is not in the file."""
    if region not in REGIONS:
        raise ValueError(f"region: there are no prices of {region}, only of {' and '.join(REGIONS)}")
    content = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Prices(
        region=region,
        dated=content["dated"],
        hours=content["hours_per_month"],
        by_name={**content["prices"], **content.get(region, {})},
        unsure=frozenset(content["unsure"]),
    )
