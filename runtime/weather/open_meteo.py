"""Open-Meteo: no key, forecasts of 16 days.

https://open-meteo.com/en/docs/geocoding-api and https://open-meteo.com/en/docs (daily variables, WMO codes)
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from runtime.weather.fetch import Fetch
from runtime.weather.forecast import (
    Forecast,
    NoForecast,
    Place,
    WeatherError,
    read_number,
    refuse_answer,
    refuse_range,
)

GEOCODING_URL = "https://geocoding-api.open-meteo.com"
FORECAST_URL = "https://api.open-meteo.com"
_DAYS = 16
_DAILY = (
    "weather_code",
    "temperature_2m_max",
    "temperature_2m_min",
    "precipitation_sum",
    "wind_speed_10m_max",
)
_SUMMARIES = {
    0: "clear sky",
    1: "mainly clear",
    2: "partly cloudy",
    3: "overcast",
    45: "fog",
    48: "freezing fog",
    51: "light drizzle",
    53: "drizzle",
    55: "heavy drizzle",
    56: "light freezing drizzle",
    57: "freezing drizzle",
    61: "light rain",
    63: "rain",
    65: "heavy rain",
    66: "light freezing rain",
    67: "freezing rain",
    71: "light snow",
    73: "snow",
    75: "heavy snow",
    77: "snow grains",
    80: "light showers",
    81: "showers",
    82: "violent showers",
    85: "light snow showers",
    86: "snow showers",
    95: "thunderstorm",
    96: "thunderstorm with hail",
    99: "thunderstorm with heavy hail",
}


class OpenMeteo:
    """The adapter; `base_url` and `geocoding_url` are scheme and host of its two services."""

    name = "open-meteo"

    def __init__(
        self, fetch: Fetch, base_url: str = FORECAST_URL, geocoding_url: str = GEOCODING_URL
    ) -> None:
        self._fetch = fetch
        self._base_url = base_url
        self._geocoding_url = geocoding_url

    def find(self, city: str) -> Place:
        query = {"name": city, "count": "1", "language": "en", "format": "json"}
        answer = _read_object(self._fetch(f"{self._geocoding_url}/v1/search", query))
        results = answer.get("results") or []
        if not isinstance(results, list):
            raise refuse_answer()
        if not results:
            raise NoForecast(WeatherError.UNKNOWN_CITY, "There is no such city; ask for another spelling.")
        found = _read_object(results[0])
        return Place(
            city=str(found.get("name") or city),
            country=str(found.get("country") or ""),
            latitude=_read_coordinate(found, "latitude"),
            longitude=_read_coordinate(found, "longitude"),
        )

    def forecast(self, place: Place, day: date | None) -> Forecast:
        query = {
            "latitude": str(place.latitude),
            "longitude": str(place.longitude),
            "daily": ",".join(_DAILY),
            "timezone": "auto",
            "forecast_days": str(_DAYS),
        }
        answer = _read_object(self._fetch(f"{self._base_url}/v1/forecast", query))
        daily = _read_object(answer.get("daily"))
        days = daily.get("time")
        if not isinstance(days, list) or not days:
            raise refuse_answer()
        wanted = day.isoformat() if day else days[0]
        if wanted not in days:
            raise refuse_range(str(days[-1]))
        place_in_list = days.index(wanted)
        values = {name: _read_entry(daily, name, place_in_list) for name in _DAILY}
        return Forecast(
            date=wanted,
            summary=_SUMMARIES.get(int(read_number(values, "weather_code", -1)), "mixed weather"),
            temp_min_c=read_number(values, "temperature_2m_min"),
            temp_max_c=read_number(values, "temperature_2m_max"),
            rain_mm=read_number(values, "precipitation_sum", 0.0),
            wind_kmh=read_number(values, "wind_speed_10m_max", 0.0),
        )


def _read_object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise refuse_answer()
    return value


def _read_entry(daily: Mapping[str, Any], name: str, place: int) -> Any:
    values = daily.get(name)
    return values[place] if isinstance(values, list) and place < len(values) else None


def _read_coordinate(found: Mapping[str, Any], name: str) -> float:
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise refuse_answer()
    return float(value)
