"""The weather: both services' answers, everything that goes wrong with them, and both dialects of agents."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aws_lambda_powertools.utilities.data_classes import BedrockAgentEvent, BedrockAgentFunctionEvent

from runtime.shared.settings import SettingsError, read_setting
from runtime.weather import fetch, handler
from runtime.weather.fetch import JsonFetcher
from runtime.weather.forecast import NoForecast, WeatherSource
from runtime.weather.handler import SourceSettings, create_handler, open_source, read_key_once
from runtime.weather.logic import Weather
from runtime.weather.open_meteo import OpenMeteo
from runtime.weather.openweathermap import OpenWeatherMap
from tests.unit.chat_doubles import client_error

TODAY = date(2026, 11, 21)
LISBON = {"results": [{"name": "Lisbon", "country": "Portugal", "latitude": 38.72, "longitude": -9.13}]}
DAILY = {
    "daily": {
        "time": ["2026-11-21", "2026-11-22"],
        "weather_code": [0, 63],
        "temperature_2m_max": [18.4, 15],
        "temperature_2m_min": [11.2, 9.9],
        "precipitation_sum": [0, 7.3],
        "wind_speed_10m_max": [14.8, None],
    }
}
CITY = [{"name": "Lisbon", "country": "PT", "lat": 38.72, "lon": -9.13}]


def step(text: str, warm: float, *, rain: float | None = None, sky: str = "light rain") -> dict[str, Any]:
    return {
        "dt": int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()),
        "main": {"temp_min": warm - 1, "temp_max": warm + 1},
        "weather": [{"description": sky}],
        "wind": {"speed": 5},
    } | ({"rain": {"3h": rain}} if rain else {})


STEPS = {
    "city": {"timezone": 3600},
    "list": [
        step("2026-11-21T21:00", 12, sky="clear sky"),
        step("2026-11-21T23:30", 10, rain=0.5),
        step("2026-11-22T12:00", 16, rain=2),
        step("2026-11-22T15:00", 17, sky="overcast clouds"),
    ],
}


@dataclass
class Service:
    """Answers by path; counts the calls."""

    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __call__(self, url: str, query: Mapping[str, str]) -> Any:
        path = urlsplit(url).path
        self.calls.append((url, dict(query)))
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer


def open_meteo(**answers: Any) -> tuple[Service, OpenMeteo]:
    service = Service({"/v1/search": LISBON, "/v1/forecast": DAILY} | answers)
    return service, OpenMeteo(service)


def openweathermap(**answers: Any) -> tuple[Service, OpenWeatherMap]:
    service = Service({"/geo/1.0/direct": CITY, "/data/2.5/forecast": STEPS} | answers)
    return service, OpenWeatherMap(service, lambda: "secret-key")


def tell(source: WeatherSource, city: Any = "Lisbon", day: Any = None) -> dict[str, Any]:
    return Weather(source, today=lambda: TODAY).tell(city, day)


def test_open_meteo_tells_a_day() -> None:
    service, source = open_meteo()
    assert tell(source, "lisbon ", "2026-11-22") == {
        "city": "Lisbon",
        "country": "Portugal",
        "date": "2026-11-22",
        "summary": "rain",
        "temp_min_c": 9.9,
        "temp_max_c": 15.0,
        "rain_mm": 7.3,
        "wind_kmh": 0.0,
        "source": "open-meteo",
    }
    (place_url, place), (forecast_url, asked) = service.calls
    assert place_url == "https://geocoding-api.open-meteo.com/v1/search"
    assert place == {"name": "lisbon", "count": "1", "language": "en", "format": "json"}
    assert forecast_url == "https://api.open-meteo.com/v1/forecast"
    assert (asked["latitude"], asked["longitude"], asked["timezone"]) == ("38.72", "-9.13", "auto")
    assert tell(open_meteo()[1])["date"] == "2026-11-21"


def test_openweathermap_sums_up_the_local_day() -> None:
    service, source = openweathermap()
    assert tell(source, "Lisbon", "2026-11-22") == {
        "city": "Lisbon",
        "country": "PT",
        "date": "2026-11-22",
        "summary": "light rain",
        "temp_min_c": 9.0,
        "temp_max_c": 18.0,
        "rain_mm": 2.5,
        "wind_kmh": 18.0,
        "source": "openweathermap",
    }
    assert [url for url, _ in service.calls] == [
        "https://api.openweathermap.org/geo/1.0/direct",
        "https://api.openweathermap.org/data/2.5/forecast",
    ]
    assert all(query["appid"] == "secret-key" for _, query in service.calls)
    assert tell(openweathermap()[1])["date"] == "2026-11-21"


@pytest.mark.parametrize("make", [open_meteo, openweathermap])
@pytest.mark.parametrize(
    ("day", "error"),
    [("2027-06-19", "date_out_of_range"), ("2026-11-01", "date_out_of_range"), ("soon", "bad_request")],
)
def test_days_that_nobody_can_tell(make: Callable[[], Any], day: str, error: str) -> None:
    answer = tell(make()[1], "Lisbon", day)
    assert set(answer) == {"error", "message"}
    assert answer["error"] == error


@pytest.mark.parametrize("city", [None, "", "   ", "x" * 101])
def test_a_city_is_needed(city: Any) -> None:
    assert tell(open_meteo()[1], city)["error"] == "bad_request"


def test_unknown_cities() -> None:
    assert tell(open_meteo(**{"/v1/search": {"generationtime_ms": 1}})[1])["error"] == "unknown_city"
    assert tell(openweathermap(**{"/geo/1.0/direct": []})[1])["error"] == "unknown_city"


@pytest.mark.parametrize(
    "garbage",
    [None, [], {}, "text", 7, {"results": "x"}, {"results": [{}]}, {"daily": {}}, {"daily": {"time": [1]}}],
)
def test_garbage_of_open_meteo_is_no_forecast(garbage: Any) -> None:
    if garbage not in ({},):
        for path in ("/v1/search", "/v1/forecast"):
            answer = tell(open_meteo(**{path: garbage})[1])
            assert answer["error"] in ("unavailable", "unknown_city", "date_out_of_range")
    broken = {"daily": DAILY["daily"] | {"temperature_2m_max": ["warm"]}}
    assert tell(open_meteo(**{"/v1/forecast": broken})[1])["error"] == "unavailable"


@pytest.mark.parametrize(
    "garbage",
    [None, {}, "text", [7], [{}], {"list": []}, {"list": [{}]}, {"list": [{"dt": 1}]}, {"list": "x"}],
)
def test_garbage_of_openweathermap_is_no_forecast(garbage: Any) -> None:
    for path in ("/geo/1.0/direct", "/data/2.5/forecast"):
        assert tell(openweathermap(**{path: garbage})[1])["error"] == "unavailable"


def test_a_forecast_is_asked_for_once_in_ten_minutes() -> None:
    service, source = open_meteo()
    now = [0.0]
    weather = Weather(source, clock=lambda: now[0], today=lambda: TODAY)
    for _ in range(3):
        weather.tell("Lisbon", "2026-11-22")
        weather.tell("LISBON", "2026-11-22")
    assert len(service.calls) == 2
    weather.tell("Lisbon", "2026-11-21")
    now[0] = 601
    weather.tell("Lisbon", "2026-11-22")
    assert [urlsplit(url).path for url, _ in service.calls[2:]] == ["/v1/forecast"] * 2


def test_failures_are_not_kept() -> None:
    service, source = open_meteo()
    weather = Weather(source, today=lambda: TODAY)
    service.answers["/v1/forecast"] = {}
    assert "error" in weather.tell("Lisbon")
    service.answers["/v1/forecast"] = DAILY
    assert weather.tell("Lisbon")["summary"] == "clear sky"


class Wire:
    """A web server of one path, which answers the listed statuses and then the last of them."""

    def __init__(self, *statuses: int | str) -> None:
        self.statuses = list(statuses)
        self.paths: list[str] = []
        self.release = threading.Event()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wire.paths.append(self.path)
                status = wire.statuses.pop(0) if len(wire.statuses) > 1 else wire.statuses[0]
                if status == "slow":
                    wire.release.wait(5)
                    return
                body = b'{"ok": true}' if status == 200 else b"<html>"
                self.send_response(200 if status == "garbage" else int(status))
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Wire]]:
    monkeypatch.setattr(fetch, "TIMEOUT_S", 0.15)
    wires: list[Wire] = []

    def start(*statuses: int | str) -> Wire:
        wires.append(Wire(*statuses))
        return wires[-1]

    yield start
    for wire in wires:
        wire.close()


@pytest.mark.parametrize("statuses", [(200,), (500, 200), ("garbage", 200), ("slow", 200)])
def test_one_failure_is_tried_again(serve: Callable[..., Wire], statuses: tuple[Any, ...]) -> None:
    wire = serve(*statuses)
    assert JsonFetcher(lambda _: None)(wire.url + "/x", {"q": "São Paulo & co"}) == {"ok": True}
    assert parse_qs(urlsplit(wire.paths[-1]).query) == {"q": ["São Paulo & co"]}
    assert len(wire.paths) == len(statuses)


@pytest.mark.parametrize(
    ("status", "code", "calls"),
    [
        (401, "quota", 1),
        (429, "quota", 1),
        (404, "unknown_city", 1),
        (500, "unavailable", 2),
        (302, "unavailable", 2),
        ("garbage", "unavailable", 2),
        ("slow", "timeout", 2),
    ],
)
def test_what_stays_wrong_has_a_code(serve: Callable[..., Wire], status: Any, code: str, calls: int) -> None:
    wire = serve(status)
    with pytest.raises(NoForecast) as raised:
        JsonFetcher(lambda _: None)(wire.url + "/x", {"appid": "secret-key"})
    assert raised.value.code == code
    assert len(wire.paths) == calls
    assert "secret-key" not in repr((raised.value, raised.value.__cause__, raised.value.message))


def test_a_service_out_of_reach_is_unavailable() -> None:
    with pytest.raises(NoForecast) as raised:
        JsonFetcher(lambda _: None)("http://127.0.0.1:9/x", {})
    assert raised.value.code == "unavailable"


def test_settings_choose_source_and_addresses() -> None:
    def choose(**setting: Any) -> tuple[Service, WeatherSource]:
        settings = read_setting("WEATHER_SOURCE", SourceSettings, {"WEATHER_SOURCE": json.dumps(setting)})
        answers = {
            "/w/v1/search": LISBON,
            "/w/v1/forecast": DAILY,
            "/w/geo/1.0/direct": CITY,
            "/w/data/2.5/forecast": STEPS,
        }
        service = Service(answers)
        return service, open_source(settings, service, lambda _: Secrets("the-key"))

    local = {"base_url": "http://127.0.0.1:7/w", "geocoding_url": "http://127.0.0.1:8/w"}
    service, source = choose(source="open-meteo", **local)
    assert tell(source)["source"] == "open-meteo"
    assert [url for url, _ in service.calls] == [
        "http://127.0.0.1:8/w/v1/search",
        "http://127.0.0.1:7/w/v1/forecast",
    ]
    service, source = choose(source="openweathermap", secret_arn="arn:secret", **local)
    assert tell(source)["source"] == "openweathermap"
    assert service.calls[0][1]["appid"] == "the-key"
    for wrong in (
        {"source": "oracle"},
        {"source": "openweathermap"},
        {"source": "open-meteo", "base_url": "x"},
    ):
        with pytest.raises(SettingsError):
            choose(**wrong)


class Secrets:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def get_secret_value(self, **arguments: Any) -> dict[str, str]:
        assert arguments == {"SecretId": "arn:secret"}
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"SecretString": answer + "\n"}


def test_the_key_is_read_once_and_its_lack_is_no_crash() -> None:
    secrets = Secrets(client_error("ResourceNotFoundException", "GetSecretValue"), "the-key")
    read = read_key_once(lambda _: secrets, "arn:secret")
    source = OpenWeatherMap(Service({"/geo/1.0/direct": CITY, "/data/2.5/forecast": STEPS}), read)
    assert tell(source)["error"] == "unavailable"
    assert tell(source)["city"] == "Lisbon"
    assert read() == read() == "the-key"


AGENT: dict[str, Any] = {
    "messageVersion": "1.0",
    "agent": {"name": "stylist", "id": "A1", "alias": "B1", "version": "1"},
    "inputText": "Weather?",
    "sessionId": "s",
    "actionGroup": "weather",
    "sessionAttributes": {"a": "1"},
    "promptSessionAttributes": {"b": "2"},
}


def ask(event: dict[str, Any]) -> dict[str, Any]:
    return create_handler(Weather(open_meteo()[1], today=lambda: TODAY))(event, None)


def test_the_chat_asks_directly() -> None:
    request = {"city": "Lisbon", "date": "2026-11-22"}
    assert ask({"tool": "get_weather", "request": request})["summary"] == "rain"
    assert ask({})["error"] == "bad_request"


def test_an_agent_asks_in_function_style() -> None:
    parameters = [{"name": "city", "type": "string", "value": "Lisbon"}]
    event = {**AGENT, "function": "get_weather", "parameters": parameters}
    assert BedrockAgentFunctionEvent(event).parameters[0].value == "Lisbon"
    answer = ask(event)
    body = answer["response"]["functionResponse"]["responseBody"]["TEXT"]["body"]
    assert json.loads(body)["city"] == "Lisbon"
    assert answer == {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": "weather",
            "function": "get_weather",
            "functionResponse": {"responseBody": {"TEXT": {"body": body}}},
        },
        "sessionAttributes": {"a": "1"},
        "promptSessionAttributes": {"b": "2"},
    }
    refused = ask({**event, "parameters": []})["response"]["functionResponse"]
    assert refused["responseState"] == "REPROMPT"
    assert json.loads(refused["responseBody"]["TEXT"]["body"])["error"] == "bad_request"


@pytest.mark.parametrize("place", ["parameters", "requestBody"])
def test_an_agent_asks_in_openapi_style(place: str) -> None:
    given = [{"name": "city", "type": "string", "value": "Lisbon"}]
    event = {**AGENT, "apiPath": "/weather", "httpMethod": "GET", "parameters": []}
    event |= (
        {"parameters": given}
        if place == "parameters"
        else {"requestBody": {"content": {"application/json": {"properties": given}}}}
    )
    assert BedrockAgentEvent(event).api_path == "/weather"
    answer = ask(event)
    body = answer["response"]["responseBody"]["application/json"]["body"]
    assert json.loads(body)["city"] == "Lisbon"
    assert answer == {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": "weather",
            "apiPath": "/weather",
            "httpMethod": "GET",
            "httpStatusCode": 200,
            "responseBody": {"application/json": {"body": body}},
        },
        "sessionAttributes": {"a": "1"},
        "promptSessionAttributes": {"b": "2"},
    }
    missing = {**event, "parameters": [], "requestBody": None}
    assert ask(missing)["response"]["httpStatusCode"] == 400


def test_the_entry_point_reads_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "WEATHER_SOURCE", json.dumps({"source": "open-meteo", "base_url": "http://127.0.0.1:9"})
    )
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert handler.handler({"tool": "get_weather", "request": {"city": ""}}, None)["error"] == "bad_request"
