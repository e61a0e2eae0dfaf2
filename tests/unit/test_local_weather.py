"""The stand-in of Open-Meteo over HTTP: places, forecasts, climates, and what it refuses."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from local.ai.cities import cities_by_name, read_cities
from local.ai.weather_service import CLIMATES, routes, weather_on
from tests.contract.vector_backends import serve

TODAY = date(2026, 11, 21)
LISBON = {"latitude": 38.72, "longitude": -9.14}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with (
        serve(Starlette(routes=routes(today=lambda: TODAY))) as address,
        httpx.Client(base_url=address) as made,
    ):
        yield made


def search(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    return client.get("/open-meteo/v1/search", params={"name": name}).json().get("results", [])


def test_the_table_of_cities_is_sound() -> None:
    cities = read_cities()
    assert len(cities) >= 300
    assert len({city.id for city in cities}) == len(cities)
    assert {city.climate for city in cities} <= set(CLIMATES)
    assert all(abs(city.latitude) <= 70 and abs(city.longitude) <= 180 for city in cities)


@pytest.mark.parametrize(
    ("name", "city", "code"),
    [
        ("Lisbon", "Lisbon", "PT"),
        ("lissabon", "Lisbon", "PT"),
        ("München", "Munich", "DE"),
        ("Muenchen", "Munich", "DE"),
        ("Sao Paulo", "São Paulo", "BR"),
        ("Portugal", "Lisbon", "PT"),
        ("Lisb", "Lisbon", "PT"),
    ],
)
def test_places_are_found_by_many_names(client: httpx.Client, name: str, city: str, code: str) -> None:
    best = search(client, name)[0]
    assert (best["name"], best["country_code"]) == (city, code)
    assert {"latitude", "longitude", "country", "timezone"} <= best.keys()


def test_an_unknown_place_has_no_results(client: httpx.Client) -> None:
    answer = client.get("/open-meteo/v1/search", params={"name": "Atlantis", "count": 1})
    assert answer.status_code == 200
    assert "results" not in answer.json()


def test_a_forecast_has_what_was_asked_for(client: httpx.Client) -> None:
    wanted = "weather_code,temperature_2m_max,temperature_2m_min,precipitation_sum,wind_speed_10m_max"
    query = LISBON | {
        "daily": wanted,
        "start_date": "2026-11-22",
        "end_date": "2026-11-24",
        "timezone": "auto",
    }
    answer = client.get("/open-meteo/v1/forecast", params=query).json()
    assert answer["timezone"] == "Europe/Lisbon"
    assert answer["daily"]["time"] == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert answer["daily_units"]["temperature_2m_max"] == "°C"
    for name in wanted.split(","):
        assert len(answer["daily"][name]) == 3
    assert all(
        low < high
        for low, high in zip(
            answer["daily"]["temperature_2m_min"], answer["daily"]["temperature_2m_max"], strict=True
        )
    )
    assert client.get("/open-meteo/v1/forecast", params=query).json()["daily"] == answer["daily"]


def test_a_week_from_today_is_the_default(client: httpx.Client) -> None:
    answer = client.get("/open-meteo/v1/forecast", params=LISBON | {"daily": "rain_sum"}).json()
    assert answer["daily"]["time"][0] == TODAY.isoformat()
    assert len(answer["daily"]["time"]) == 7


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (
            {"start_date": "2027-06-15", "end_date": "2027-06-15"},
            "out of allowed range from 2026-08-21 to 2026-12-06",
        ),
        ({"start_date": "2026-11-24", "end_date": "2026-11-23"}, "End-date"),
        ({"start_date": "soon", "end_date": "2026-11-23"}, "start_date"),
        ({"daily": "mood"}, "mood"),
        ({"latitude": "91"}, "Latitude"),
        ({"forecast_days": "17"}, "Forecast days"),
        ({"hourly": "rain"}, "hourly"),
    ],
)
def test_what_the_service_refuses(client: httpx.Client, query: dict[str, str], reason: str) -> None:
    answer = client.get("/open-meteo/v1/forecast", params=LISBON | query)
    assert answer.status_code == 400
    assert answer.json()["error"] is True
    assert reason in answer.json()["reason"]


def test_the_archive_tells_the_past_only(client: httpx.Client) -> None:
    query = LISBON | {"daily": "temperature_2m_max", "start_date": "2025-06-15", "end_date": "2025-06-15"}
    assert (
        20 < client.get("/open-meteo/v1/archive", params=query).json()["daily"]["temperature_2m_max"][0] < 36
    )
    future = query | {"end_date": "2027-06-15"}
    assert client.get("/open-meteo/v1/archive", params=future).status_code == 400


@pytest.mark.parametrize(
    ("city", "month", "low", "high"),
    [
        ("lisbon", 6, 20, 32),
        ("lisbon", 1, 10, 19),
        ("london", 7, 18, 27),
        ("helsinki", 1, -8, 4),
        ("dubai", 7, 36, 46),
        ("singapore", 1, 27, 33),
        ("sydney", 7, 11, 20),
        ("sydney", 1, 24, 34),
        ("new york", 1, -2, 9),
    ],
)
def test_the_days_are_plausibly_warm(city: str, month: int, low: float, high: float) -> None:
    """Mean daily maximum, against bounds around the climate normals of national weather services."""
    place = cities_by_name()[city]
    days = [date(2026, month, 1) + timedelta(days=after) for after in range(28)]
    maxima = [weather_on(place.latitude, place.longitude, day).high for day in days]
    assert low < sum(maxima) / len(maxima) < high


def test_winter_rain_is_snow_in_the_cold_and_codes_tell_it() -> None:
    place = cities_by_name()["rovaniemi"]
    days = [weather_on(place.latitude, place.longitude, date(2026, 1, day)) for day in range(1, 29)]
    wet = [day for day in days if day.snow]
    assert wet and all(day.rain == 0 and day.code in (71, 73, 75) for day in wet)
    assert all(day.code < 4 for day in days if not day.snow)
