"""JSON over HTTPS with a time-out, one more attempt, and an error code for everything that goes wrong."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3

from runtime.weather.forecast import NoForecast, WeatherError, refuse_answer

TIMEOUT_S = 3.0
_ATTEMPTS = 2
_LONGEST_ANSWER = 1_000_000
_QUOTA = (401, 402, 403, 429)
"""A wrong key and a used-up one: neither can be mended by asking again."""

Fetch = Callable[[str, Mapping[str, str]], Any]
"""Takes an address and query parameters; gives the JSON value. Raises NoForecast."""


class JsonFetcher:
    """Gets JSON; connections are kept open between calls."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(total=TIMEOUT_S), retries=False, headers={"accept": "application/json"}
        )
        self._sleep = sleep

    def __call__(self, url: str, query: Mapping[str, str]) -> Any:
        address = f"{url}?{urlencode(query)}"
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._get(address)
            except NoForecast as error:
                final = error.code not in (WeatherError.TIMEOUT, WeatherError.UNAVAILABLE)
                if final or attempt == _ATTEMPTS:
                    raise
            self._sleep(0.1)
        raise refuse_answer()

    def _get(self, address: str) -> Any:
        # The address may hold a key, so no exception of the library, which quotes it, gets any further.
        try:
            answer = self._pool.request("GET", address, preload_content=False)
            body = answer.read(_LONGEST_ANSWER)
            answer.release_conn()
        except urllib3.exceptions.NewConnectionError:  # which urllib3 takes for a time-out
            raise NoForecast(WeatherError.UNAVAILABLE, "The weather service cannot be reached.") from None
        except urllib3.exceptions.TimeoutError:
            raise NoForecast(WeatherError.TIMEOUT, "The weather service took too long.") from None
        except urllib3.exceptions.HTTPError:
            raise NoForecast(WeatherError.UNAVAILABLE, "The weather service cannot be reached.") from None
        if answer.status in _QUOTA:
            raise NoForecast(WeatherError.QUOTA, "The weather service takes no more requests for now.")
        if answer.status == 404:
            raise NoForecast(WeatherError.UNKNOWN_CITY, "The weather service does not know this city.")
        if answer.status != 200:
            raise refuse_answer()
        try:
            return json.loads(body)
        except ValueError:
            raise refuse_answer() from None
