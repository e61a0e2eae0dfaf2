"""Tells what the weather tool found out, and what it means for clothes."""

from collections.abc import Mapping
from typing import Any

from local.ai.stylist.dialogue import Dialogue
from local.ai.stylist.phrases import say, say_date, word
from local.ai.stylist.wish import parse_day

HOT, WARM, MILD, RAINY = 26, 20, 13, 2
"""Degrees Celsius from which a day is hot, warm or mild, and millimetres of rain from which it is rainy."""


def tell_weather(dialogue: Dialogue, language: str) -> str:
    """The weather found out in this turn, with what it means for clothes; or why there is none."""
    runs = dialogue.answered("get_weather")
    run, wish = runs[-1] if runs else dialogue.untold_weather, dialogue.wish
    if run is None:
        return ""
    city = wish.place.said if wish.place else str(run.arguments.get("city", ""))
    if run.failure or not _has_temperatures(run.result):
        return _excuse_weather(dialogue, language, run.failure, city)
    low, high, rain = (_number(run.result, name) for name in ("temp_min_c", "temp_max_c", "rain_mm"))
    is_rainy = rain >= RAINY
    level = "hot" if high >= HOT else "warm" if high >= WARM else "mild" if high >= MILD else "cold"
    advice = "wet" if is_rainy and level in ("warm", "mild") else level
    values: dict[str, object] = {
        "city": city,
        "low": round(low),
        "high": round(high),
        "rain": say(language, "weather_rain", mm=round(rain)) if is_rainy else say(language, "weather_dry"),
        "advice": say(language, f"advice_{advice}"),
    }
    day = parse_day(str(run.result.get("date", "")))
    if day is None or wish.when is None:
        return say(language, "weather_now", **values)
    return say(language, "weather_day", date=say_date(language, day), **values)


def known_weather(dialogue: Dialogue) -> Mapping[str, Any]:
    """The weather at the place and time of the wish; empty where it is not known."""
    wish = dialogue.wish
    if wish.place is None:
        return {}
    key = (wish.place.name.lower(), wish.when.day.isoformat() if wish.when else "")
    found = dialogue.weather.get(key, {})
    return found if _has_temperatures(found) else {}


def _excuse_weather(dialogue: Dialogue, language: str, failure: str | None, city: str) -> str:
    wish = dialogue.wish
    if failure == "unknown_city":
        return say(language, "no_place", city=city)
    if failure == "date_out_of_range" and wish.when and wish.season:
        season = word("season", wish.season, language)
        return say(language, "too_far", city=city, date=say_date(language, wish.when), season=season)
    return say(language, "no_weather")


def _has_temperatures(result: Mapping[str, Any]) -> bool:
    return all(isinstance(result.get(name), int | float) for name in ("temp_min_c", "temp_max_c"))


def _number(result: Mapping[str, Any], name: str) -> float:
    value = result.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
