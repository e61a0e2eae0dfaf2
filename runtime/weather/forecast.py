"""What a weather service is asked and tells, whichever it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol


class WeatherError(StrEnum):
    """Why there is no forecast."""

    UNKNOWN_CITY = "unknown_city"
    TIMEOUT = "timeout"
    QUOTA = "quota"
    UNAVAILABLE = "unavailable"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    BAD_REQUEST = "bad_request"


class NoForecast(Exception):
    """There is no forecast; `message` is a sentence for people and models."""

    def __init__(self, code: WeatherError, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Place:
    """A city and where it lies, in degrees."""

    city: str
    country: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """The weather of one local day: temperatures in Celsius, rain in mm, the strongest wind in km/h."""

    date: str
    summary: str
    temp_min_c: float
    temp_max_c: float
    rain_mm: float
    wind_kmh: float


class WeatherSource(Protocol):
    """A weather service. Both methods raise NoForecast."""

    name: str

    def find(self, city: str) -> Place: ...

    def forecast(self, place: Place, day: date | None) -> Forecast:
        """The forecast for a day, by default for today where the place is."""
        ...


def describe(place: Place, forecast: Forecast, source: str) -> dict[str, Any]:
    """The tool's answer."""
    return {
        "city": place.city,
        "country": place.country,
        "date": forecast.date,
        "summary": forecast.summary,
        "temp_min_c": forecast.temp_min_c,
        "temp_max_c": forecast.temp_max_c,
        "rain_mm": forecast.rain_mm,
        "wind_kmh": forecast.wind_kmh,
        "source": source,
    }


def refuse_range(last: str) -> NoForecast:
    """Nobody knows the weather of that day yet (or any more)."""
    return NoForecast(
        WeatherError.DATE_OUT_OF_RANGE,
        f"Forecasts reach from today to {last}. For another day go by the season and say so.",
    )


def refuse_answer() -> NoForecast:
    """The service answered something that is no forecast."""
    return NoForecast(WeatherError.UNAVAILABLE, "The weather service gave no usable answer.")


def read_number(values: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """A number of an answer. Raises NoForecast when it is none and there is no default."""
    value = values.get(name)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise refuse_answer()
    return round(float(value), 1)
