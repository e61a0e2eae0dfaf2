"""The weather: for the chat, which calls it directly, and for agents, as an action group.

Directly: `{"tool": "get_weather", "request": {"city", "date"?}}` is answered with the forecast, or with
`{"error", "message"}`.
"""

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field

from runtime.shared.aws import Clients
from runtime.shared.observability import emit_metrics, follow, get_logger
from runtime.shared.settings import SettingsModel, read_setting
from runtime.weather.action_group import is_action_group, read_parameters, write_answer
from runtime.weather.fetch import Fetch, JsonFetcher
from runtime.weather.forecast import NoForecast, WeatherError, WeatherSource
from runtime.weather.logic import Weather

Url = Annotated[str, Field(pattern=r"^https?://[^?#]+[^/?#]$")]


class OpenMeteoSettings(SettingsModel):
    """Open-Meteo; the addresses are scheme and host, where they are not its own."""

    source: Literal["open-meteo"]
    base_url: Url | None = None
    geocoding_url: Url | None = None


class OpenWeatherMapSettings(SettingsModel):
    """OpenWeatherMap, with its key in a secret."""

    source: Literal["openweathermap"]
    secret_arn: str = Field(min_length=1)
    base_url: Url | None = None
    geocoding_url: Url | None = None


SourceSettings = Annotated[OpenMeteoSettings | OpenWeatherMapSettings, Field(discriminator="source")]
"""Variable WEATHER_SOURCE."""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return create_handler(_open_weather())(event, context)


def create_handler(weather: Weather) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """The handler over a weather."""

    def answer(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        started = time.perf_counter()
        follow(event.get("request_id"))
        by_agent = is_action_group(event)
        asked = read_parameters(event) if by_agent else event.get("request") or {}
        result = weather.tell(asked.get("city"), asked.get("date"))
        _report(str(result.get("error", "")), 1000 * (time.perf_counter() - started))
        return write_answer(event, result) if by_agent else result

    return answer


@cache
def _open_weather() -> Weather:
    settings: OpenMeteoSettings | OpenWeatherMapSettings = read_setting("WEATHER_SOURCE", SourceSettings)
    return Weather(open_source(settings, JsonFetcher(), Clients().get))


def open_source(
    settings: OpenMeteoSettings | OpenWeatherMapSettings, fetch: Fetch, clients: Callable[[str], Any]
) -> WeatherSource:
    """The weather service of the settings. Makes no call yet."""
    addresses = settings.model_dump(include={"base_url", "geocoding_url"}, exclude_none=True)
    if isinstance(settings, OpenMeteoSettings):
        from runtime.weather.open_meteo import OpenMeteo

        return OpenMeteo(fetch, **addresses)
    from runtime.weather.openweathermap import OpenWeatherMap

    return OpenWeatherMap(fetch, read_key_once(clients, settings.secret_arn), **addresses)


def read_key_once(clients: Callable[[str], Any], secret_arn: str) -> Callable[[], str]:
    """Reads the key from its secret when it is first needed. Raises NoForecast when that fails."""

    @cache
    def read() -> str:
        try:
            secret = clients("secretsmanager").get_secret_value(SecretId=secret_arn)["SecretString"]
        except (ClientError, BotoCoreError) as error:
            text = "The weather service's key cannot be read."
            raise NoForecast(WeatherError.UNAVAILABLE, text) from error
        return str(secret).strip()

    return read


def _report(error: str, took: float) -> None:
    get_logger().info("answered", route="weather", error=error or None, took_ms=round(took, 2))
    emit_metrics({"route": "weather"}, {"Requests": 1.0, "Faults": float(bool(error))}, {"Latency": took})
