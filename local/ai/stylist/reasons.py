"""Why each piece is proposed, in a few words, and how a product is named."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from local.ai.stylist.garments import has_color, role_of
from local.ai.stylist.phrases import say, word
from local.ai.stylist.topics import is_attack
from local.ai.stylist.wish import Wish

LONGEST_NAME = 90
WARM_DAY, COLD_DAY, WET_DAY = 22, 14, 2
"""Degrees Celsius of the day's highest, and millimetres of rain, that give a reason."""
SMALL_SHARE = 0.25
_UNSAFE = re.compile(r"[\[\]<>\x00-\x1f\u200b-\u200f\u202a-\u202e]")


def name_product(product: Mapping[str, Any]) -> str:
    """The product's name; a name that tries to give orders is replaced by the kind of garment."""
    name = " ".join(_UNSAFE.sub(" ", str(product.get("name", ""))).split())[:LONGEST_NAME]
    return role_of(product).capitalize() if not name or is_attack(name) else name


def say_price(product: Mapping[str, Any]) -> str:
    """The price with its currency, such as "79.90 EUR"; "" without a price."""
    price = product.get("price")
    if not isinstance(price, int | float):
        return ""
    amount = f"{price:.0f}" if price == int(price) else f"{price:.2f}"
    return f"{amount} {product.get('currency') or ''}".strip()


def give_reasons(
    products: Sequence[Mapping[str, Any]],
    wish: Wish,
    weather: Mapping[str, Any],
    language: str,
    formality: str | None,
) -> list[str]:
    """A reason for each product of an outfit: its part, and what speaks for it that was not said yet.

    `formality` is the dress code that the outfit was built for; None for products that make no outfit.
    """
    used: set[str] = set()
    reasons: list[str] = []
    for product in products:
        role = role_of(product)
        arguments = _arguments(product, role, wish, weather if formality else {}, language)
        if formality:
            arguments.append((f"reason_{formality}", say(language, f"reason_{formality}")))
        name, said = next(((name, said) for name, said in arguments if name not in used), ("", ""))
        used |= {name} - {"reason_color"}
        part = say(language, f"role_{role}") if formality else ""
        reasons.append(", ".join(each for each in (part, said) if each))
    return reasons


def _arguments(
    product: Mapping[str, Any], role: str, wish: Wish, weather: Mapping[str, Any], language: str
) -> list[tuple[str, str]]:
    """What speaks for a product, the strongest first, as sentence name and words."""
    found: list[tuple[str, dict[str, object]]] = []
    asked = next((each for each in wish.colors if has_color(product, (each,))), None)
    if asked:
        found.append(("reason_color", {"color": word("color", asked, language)}))
    found += _weather_arguments(role, weather)
    if role in ("dress", "top", "piece") and wish.occasion:
        found.append(("reason_occasion", {"occasion": word("occasion", wish.occasion, language)}))
    price, most = product.get("price"), wish.most
    if most and isinstance(price, int | float) and price <= SMALL_SHARE * most:
        found.append(("reason_cheap", {}))
    return [(name, say(language, name, **values)) for name, values in found]


def _weather_arguments(role: str, weather: Mapping[str, Any]) -> list[tuple[str, dict[str, object]]]:
    high, low = weather.get("temp_max_c"), weather.get("temp_min_c")
    rain = weather.get("rain_mm") or 0
    if not isinstance(high, int | float) or not isinstance(low, int | float):
        return []
    if role == "outerwear" and rain >= WET_DAY:
        return [("reason_wet_day", {})]
    if high <= COLD_DAY and role in ("outerwear", "hat"):
        return [("reason_cold_day", {"low": round(low)})]
    if high >= WARM_DAY and role in ("dress", "top", "bottom"):
        return [("reason_warm_day", {"high": round(high)})]
    return []
