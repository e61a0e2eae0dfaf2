"""A stand-in for Open-Meteo: place search and daily weather, made from latitude, climate and season.

Paths, parameters and answers are those of https://open-meteo.com/en/docs and .../docs/geocoding-api, below
a prefix: `/v1/search` finds a place, `/v1/forecast` reaches from 92 days ago to 15 days ahead, and
`/v1/archive` tells any day up to today. The same place and day always have the same weather.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.ai.cities import City, cities_by_name, countries_by_name, plain, read_cities

DAYS_AHEAD = 15  # beyond today, as the service's 16 forecast days
DAYS_BACK = 92
FIRST_ARCHIVED = date(1940, 1, 1)
DEFAULT_DAYS = 7
MOST_PLACES = 100
_WARMEST_DAY = 200  # of a northern year

Today = Callable[[], date]


@dataclass(frozen=True, slots=True)
class Climate:
    """Warmth against the latitude's mean, half the yearly and the whole daily range (°C); chance of rain."""

    warmth: float
    yearly: float
    daily: float
    wet_winter: float
    wet_summer: float


CLIMATES = {
    "alpine": Climate(-7, 9, 9, 0.4, 0.5),
    "continental": Climate(-4, 13, 10, 0.3, 0.33),
    "desert": Climate(1, 10, 13, 0.04, 0.01),
    "highland": Climate(-9.5, 2, 12, 0.2, 0.45),
    "mediterranean": Climate(-0.5, 7, 9, 0.36, 0.06),
    "mild": Climate(-3, 3.5, 7, 0.2, 0.08),
    "monsoon": Climate(0, 8, 11, 0.05, 0.5),
    "nordic": Climate(1.5, 10.5, 7, 0.42, 0.36),
    "oceanic": Climate(0, 6.5, 7, 0.5, 0.38),
    "subarctic": Climate(2, 9.5, 6, 0.45, 0.4),
    "subtropical": Climate(-2.5, 9, 9, 0.3, 0.4),
    "temperate": Climate(-0.5, 10, 9, 0.4, 0.36),
    "tropical": Climate(-1, 2.5, 8, 0.2, 0.5),
}


class BadRequest(Exception):
    """A request that Open-Meteo answers with 400 and a reason."""


@dataclass(frozen=True, slots=True)
class Weather:
    """One day: temperatures in degrees Celsius, rain and snow in mm and cm, wind in km/h, a WMO code."""

    low: float
    high: float
    rain: float
    snow: float
    wind: float
    code: int
    chance: int


DAILY: dict[str, tuple[str, Callable[[Weather], float]]] = {
    "weather_code": ("wmo code", lambda day: day.code),
    "weathercode": ("wmo code", lambda day: day.code),
    "temperature_2m_max": ("°C", lambda day: day.high),
    "temperature_2m_min": ("°C", lambda day: day.low),
    "temperature_2m_mean": ("°C", lambda day: round((day.high + day.low) / 2, 1)),
    "apparent_temperature_max": ("°C", lambda day: round(day.high - day.wind / 15, 1)),
    "apparent_temperature_min": ("°C", lambda day: round(day.low - day.wind / 12, 1)),
    "precipitation_sum": ("mm", lambda day: round(day.rain + day.snow / 0.7, 1)),
    "rain_sum": ("mm", lambda day: day.rain),
    "showers_sum": ("mm", lambda day: 0.0),
    "snowfall_sum": ("cm", lambda day: day.snow),
    "precipitation_probability_max": ("%", lambda day: day.chance),
    "wind_speed_10m_max": ("km/h", lambda day: day.wind),
    "windspeed_10m_max": ("km/h", lambda day: day.wind),
    "wind_gusts_10m_max": ("km/h", lambda day: round(day.wind * 1.7, 1)),
}
"""Daily variable -> its unit and how it is read from a day."""


def routes(prefix: str = "/open-meteo", today: Today = lambda: datetime.now(UTC).date()) -> list[Route]:
    """The service's endpoints below `prefix`; nothing is checked, as the real ones need no key."""
    return [
        Route(f"{prefix}/v1/search", _answer(search_places), methods=["GET"]),
        Route(f"{prefix}/v1/forecast", _answer(lambda query: forecast(query, today())), methods=["GET"]),
        Route(f"{prefix}/v1/archive", _answer(lambda query: archive(query, today())), methods=["GET"]),
    ]


def search_places(query: dict[str, str]) -> dict[str, Any]:
    """Places with this name or beginning with it; as in the real answer, no `results` where there is none."""
    wanted = plain(query.get("name", ""))
    most = _integer(query, "count", 10)
    if not 1 <= most <= MOST_PLACES:
        raise BadRequest(f"Parameter count must be between 1 and {MOST_PLACES}.")
    exact = cities_by_name().get(wanted) or countries_by_name().get(wanted)
    found = {exact.id: exact} if exact else {}
    if len(wanted) >= 3:
        found |= {city.id: city for name, city in cities_by_name().items() if name.startswith(wanted)}
    answer: dict[str, Any] = {"generationtime_ms": 0.4}
    if found:
        answer["results"] = [_describe(city) for city in list(found.values())[:most]]
    return answer


def forecast(query: dict[str, str], today: date) -> dict[str, Any]:
    """Daily weather of the days asked for: `start_date` and `end_date`, or `forecast_days` from today."""
    if "start_date" in query or "end_date" in query:
        first, last = _date(query, "start_date"), _date(query, "end_date")
    else:
        days = _integer(query, "forecast_days", DEFAULT_DAYS)
        if not 0 <= days <= DAYS_AHEAD + 1:
            raise BadRequest(f"Forecast days is invalid. Allowed range 0 to {DAYS_AHEAD + 1}.")
        first, last = today, today + timedelta(days=max(days, 1) - 1)
    earliest, latest = today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
    return _tell(query, first, last, earliest, latest)


def archive(query: dict[str, str], today: date) -> dict[str, Any]:
    """Daily weather of past days."""
    return _tell(query, _date(query, "start_date"), _date(query, "end_date"), FIRST_ARCHIVED, today)


def weather_on(latitude: float, longitude: float, day: date) -> Weather:
    """The weather of a place on a day: the climate of the nearest known city, and chance fixed by both."""
    climate = CLIMATES[nearest_city(latitude, longitude).climate]
    summer = _summer(latitude, day)
    # Yearly mean at sea level by latitude, fitted by eye to long-term means between Singapore and Helsinki.
    usual = 28.5 - 0.0065 * latitude**2 + climate.warmth + climate.yearly * summer
    mean = usual + _drift(latitude, longitude, day)
    chance_of_rain = climate.wet_winter + (climate.wet_summer - climate.wet_winter) * (summer + 1) / 2
    luck = _luck(latitude, longitude, day)
    wet = luck.random() < chance_of_rain
    half = climate.daily * luck.uniform(0.4, 0.6) * (0.7 if wet else 1.0)
    water = round(luck.expovariate(1 / 5) + 0.3, 1) if wet else 0.0
    frozen = mean < 1
    return Weather(
        low=round(mean - half, 1),
        high=round(mean + half, 1),
        rain=0.0 if frozen else water,
        snow=round(water * 0.7, 1) if frozen else 0.0,
        wind=round(luck.uniform(6, 22) * (1.4 if wet else 1.0), 1),
        code=_code(luck, water, frozen=frozen, hot=mean > 21),
        chance=min(100, round(100 * chance_of_rain * luck.uniform(0.4, 0.9) + (45 if wet else 0))),
    )


def nearest_city(latitude: float, longitude: float) -> City:
    """The known place with the least distance on a flat map around the point."""
    shrink = math.cos(math.radians(latitude))

    def distance(city: City) -> float:
        east = (city.longitude - longitude + 180) % 360 - 180
        return (city.latitude - latitude) ** 2 + (east * shrink) ** 2

    return min(read_cities(), key=distance)


# ---- pieces


def _answer(operation: Callable[[dict[str, str]], dict[str, Any]]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        query = {name: ",".join(request.query_params.getlist(name)) for name in request.query_params}
        try:
            return JSONResponse(operation(query))
        except BadRequest as error:
            return JSONResponse({"error": True, "reason": str(error)}, 400)

    return answer


def _tell(query: dict[str, str], first: date, last: date, earliest: date, latest: date) -> dict[str, Any]:
    latitude, longitude = _coordinate(query, "latitude", 90), _coordinate(query, "longitude", 180)
    for name, day in (("start_date", first), ("end_date", last)):
        if not earliest <= day <= latest:
            raise BadRequest(f"Parameter '{name}' is out of allowed range from {earliest} to {latest}")
    if last < first:
        raise BadRequest("End-date must be larger or equals than start-date")
    variables = [name for name in query.get("daily", "").split(",") if name]
    for name in variables:
        if name not in DAILY:
            raise BadRequest(f"Data corrupted at path ''. Cannot initialize a daily variable from '{name}'.")
    for name in ("hourly", "current", "temperature_unit", "wind_speed_unit", "precipitation_unit"):
        if name in query:
            raise BadRequest(f"This stand-in does not know the parameter '{name}'.")
    days = [first + timedelta(days=after) for after in range((last - first).days + 1)]
    weather = [weather_on(latitude, longitude, day) for day in days]
    city = nearest_city(latitude, longitude)
    zone = query.get("timezone", "GMT")
    answer: dict[str, Any] = {
        "latitude": latitude,
        "longitude": longitude,
        "generationtime_ms": 0.2,
        "utc_offset_seconds": 0,
        "timezone": city.timezone if zone == "auto" else zone,
        "timezone_abbreviation": "GMT",
        "elevation": 0.0,
    }
    if variables:
        answer["daily_units"] = {"time": "iso8601"} | {name: DAILY[name][0] for name in variables}
        answer["daily"] = {"time": [day.isoformat() for day in days]} | {
            name: [DAILY[name][1](day) for day in weather] for name in variables
        }
    return answer


def _describe(city: City) -> dict[str, Any]:
    return {
        "id": city.id,
        "name": city.name,
        "latitude": city.latitude,
        "longitude": city.longitude,
        "elevation": 0.0,
        "feature_code": "PPL",
        "country_code": city.country_code,
        "country": city.country,
        "timezone": city.timezone,
    }


def _summer(latitude: float, day: date) -> float:
    """1 at the height of summer, -1 in the depth of winter."""
    shift = 0 if latitude >= 0 else 182
    return math.cos(2 * math.pi * (day.timetuple().tm_yday - _WARMEST_DAY + shift) / 365)


def _drift(latitude: float, longitude: float, day: date) -> float:
    """A departure from the usual that lasts some days, in degrees Celsius."""
    around = (_luck(latitude, longitude, day + timedelta(days=step)).gauss(0, 3.5) for step in range(-2, 3))
    return sum(around) / 5


def _luck(latitude: float, longitude: float, day: date) -> random.Random:
    return random.Random(f"{latitude:.1f}/{longitude:.1f}/{day}")


def _code(luck: random.Random, water: float, *, frozen: bool, hot: bool) -> int:
    """A weather code of the WMO's table 4677, as Open-Meteo uses it."""
    if water == 0:
        return luck.choice((0, 1, 1, 2) if hot else (0, 1, 2, 2, 3, 3))
    if frozen:
        return 71 if water < 3 else 73 if water < 8 else 75
    if hot and water > 8:
        return 95
    return 51 if water < 1 else 61 if water < 4 else 63 if water < 12 else 65


def _integer(query: dict[str, str], name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError as error:
        raise BadRequest(f"Parameter {name} must be an integer.") from error


def _date(query: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(query[name])
    except (KeyError, ValueError) as error:
        raise BadRequest(f"Parameter '{name}' must be a date such as 2026-06-15.") from error


def _coordinate(query: dict[str, str], name: str, limit: float) -> float:
    try:
        value = float(query[name])
    except (KeyError, ValueError) as error:
        raise BadRequest(f"Parameter '{name}' is missing or no number.") from error
    if not -limit <= value <= limit:
        raise BadRequest(f"{name.capitalize()} must be in range of -{limit} to {limit}°. Given: {value}.")
    return value
