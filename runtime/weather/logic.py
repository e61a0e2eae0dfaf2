"""The weather of a day in a city, asked for once in ten minutes."""

import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from runtime.weather.forecast import NoForecast, Place, WeatherError, WeatherSource, describe

KEEP_S = 600.0
_MOST_KEPT = 1_000
_LONGEST_CITY = 100


class Weather:
    """Forecasts of one source. Answers are kept for ten minutes."""

    def __init__(
        self,
        source: WeatherSource,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._source = source
        self._clock = clock
        self._today = today
        self._kept: dict[tuple[str, str], tuple[dict[str, Any], float]] = {}
        self._places: dict[str, Place] = {}
        self._lock = threading.Lock()

    def tell(self, city: Any, day: Any = None) -> dict[str, Any]:
        """The answer of the tool: a forecast, or `{"error", "message"}`."""
        try:
            return self._tell(_read_city(city), _read_date(day))
        except NoForecast as error:
            return {"error": str(error.code), "message": error.message}

    def _tell(self, city: str, day: date | None) -> dict[str, Any]:
        if day is not None and (day - self._today()).days < -1:  # yesterday may still be today elsewhere
            raise NoForecast(WeatherError.DATE_OUT_OF_RANGE, "This day is over; ask for one to come.")
        key = (city.casefold(), day.isoformat() if day else "")
        with self._lock:
            kept, until = self._kept.get(key, ({}, 0.0))
        if self._clock() < until:
            return kept
        place = self._find(city)
        answer = describe(place, self._source.forecast(place, day), self._source.name)
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = (answer, self._clock() + KEEP_S)
        return answer

    def _find(self, city: str) -> Place:
        """Cities stay where they are: once found, they are not looked for again."""
        name = city.casefold()
        place = self._places.get(name)
        if place is None:
            place = self._source.find(city)
            with self._lock:
                if len(self._places) >= _MOST_KEPT:
                    self._places.clear()
                self._places[name] = place
        return place


def _read_city(city: Any) -> str:
    text = " ".join(str(city or "").split())
    if not text or len(text) > _LONGEST_CITY:
        raise NoForecast(WeatherError.BAD_REQUEST, "Name a city.")
    return text


def _read_date(day: Any) -> date | None:
    if day in (None, ""):
        return None
    try:
        return date.fromisoformat(str(day).strip()[:10])
    except ValueError:
        raise NoForecast(WeatherError.BAD_REQUEST, "Give the date as YYYY-MM-DD.") from None
