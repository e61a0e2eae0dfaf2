"""boto3 clients, made when first asked for and then kept: one per service and region."""

import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

CONFIG = Config(
    connect_timeout=2,
    read_timeout=20,
    max_pool_connections=32,
    retries={"mode": "standard", "total_max_attempts": 3},
)
"""Time-outs in seconds. An API call has 29 s in all, so a dead service is given up on early."""

QUICK_CONFIG = Config(
    connect_timeout=0.25,
    read_timeout=0.25,
    max_pool_connections=32,
    retries={"mode": "standard", "total_max_attempts": 1},
)
"""Time-outs in seconds of calls that an answer is better without than late: no second attempt."""

# Signed addresses would else be version 2 and global in us-east-1, which neither KMS nor newer buckets take.
_S3_SIGNATURES = Config(signature_version="s3v4", s3={"us_east_1_regional_endpoint": "regional"})
S3_CONFIG = CONFIG.merge(_S3_SIGNATURES)


class Clients:
    """The AWS services of one process. Endpoints, region and credentials come from the environment."""

    def __init__(self, session: boto3.Session | None = None) -> None:
        self._session = session
        self._made: dict[tuple[str, str | None, bool], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, region: str | None = None, *, quick: bool = False) -> Any:
        """The client of `service` in `region` (default: the function's own); safe to call from threads.

        A `quick` one gives up after a quarter of a second, for what can be done without.
        """
        client = self._made.get((service, region, quick))
        return client if client is not None else self._make(service, region, quick)

    def _make(self, service: str, region: str | None, quick: bool) -> Any:
        with self._lock:  # making clients is not thread-safe in boto3, using them is
            if (service, region, quick) not in self._made:
                if self._session is None:
                    self._session = boto3.Session()
                config = QUICK_CONFIG if quick else CONFIG
                if service == "s3":
                    config = config.merge(_S3_SIGNATURES)
                self._made[service, region, quick] = self._session.client(
                    service, region_name=region, config=config
                )
            return self._made[service, region, quick]


_THROTTLES = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


def is_transient(error: ClientError | BotoCoreError) -> bool:
    """Whether the same call may work later: the service is out of reach, busy or at fault itself."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or status == 429 or read_code(error) in _THROTTLES
    return isinstance(error, (HTTPClientError, ConnectionError))


def read_code(error: ClientError) -> str:
    """The error code a service answered with, such as `NoSuchKey`."""
    return error.response.get("Error", {}).get("Code", "")
