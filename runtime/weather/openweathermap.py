"""OpenWeatherMap: a key, forecasts of 5 days in steps of 3 hours.

https://openweathermap.org/api/geocoding-api and https://openweathermap.org/forecast5
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
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

BASE_URL = "https://api.openweathermap.org"
_KMH_PER_MS = 3.6


class OpenWeatherMap:
    """The adapter; `read_key` gives the key when it is first needed."""

    name = "openweathermap"

    def __init__(
        self,
        fetch: Fetch,
        read_key: Callable[[], str],
        base_url: str = BASE_URL,
        geocoding_url: str = BASE_URL,
    ) -> None:
        self._fetch = fetch
        self._read_key = read_key
        self._base_url = base_url
        self._geocoding_url = geocoding_url

    def find(self, city: str) -> Place:
        query = {"q": city, "limit": "1", "appid": self._read_key()}
        answer = self._fetch(f"{self._geocoding_url}/geo/1.0/direct", query)
        if not isinstance(answer, list):
            raise refuse_answer()
        if not answer:
            raise NoForecast(WeatherError.UNKNOWN_CITY, "There is no such city; ask for another spelling.")
        found = answer[0]
        try:
            return Place(
                str(found["name"]), str(found.get("country", "")), float(found["lat"]), float(found["lon"])
            )
        except (KeyError, TypeError, ValueError):
            raise refuse_answer() from None

    def forecast(self, place: Place, day: date | None) -> Forecast:
        query = {
            "lat": str(place.latitude),
            "lon": str(place.longitude),
            "units": "metric",
            "appid": self._read_key(),
        }
        answer = self._fetch(f"{self._base_url}/data/2.5/forecast", query)
        try:
            offset = timedelta(seconds=int(answer.get("city", {}).get("timezone", 0)))
            days = _by_day(answer["list"], offset)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise refuse_answer() from None
        if not days:
            raise refuse_answer()
        wanted = day.isoformat() if day else min(days)
        if wanted not in days:
            raise refuse_range(max(days))
        return _sum_up(wanted, days[wanted])


def _by_day(steps: Sequence[Mapping[str, Any]], offset: timedelta) -> dict[str, list[Mapping[str, Any]]]:
    """The steps by the local day that they are part of."""
    days: dict[str, list[Mapping[str, Any]]] = {}
    for step in steps:
        moment = datetime.fromtimestamp(int(step["dt"]), UTC) + offset
        days.setdefault(moment.date().isoformat(), []).append(step)
    return days


def _sum_up(day: str, steps: Sequence[Mapping[str, Any]]) -> Forecast:
    try:
        summaries = Counter(str(step["weather"][0]["description"]) for step in steps)
        return Forecast(
            date=day,
            summary=summaries.most_common(1)[0][0],
            temp_min_c=min(read_number(step["main"], "temp_min") for step in steps),
            temp_max_c=max(read_number(step["main"], "temp_max") for step in steps),
            rain_mm=round(sum(read_number(step.get("rain") or {}, "3h", 0.0) for step in steps), 1),
            wind_kmh=round(_KMH_PER_MS * max(read_number(step["wind"], "speed") for step in steps), 1),
        )
    except (AttributeError, IndexError, KeyError, TypeError):
        raise refuse_answer() from None
