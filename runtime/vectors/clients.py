"""What opens the ports is given of AWS."""

from typing import Any, Protocol


class Clients(Protocol):
    """Gives the boto3 client of a service, in a region or in the function's own.

    `runtime.shared.aws.Clients().get` is one; so is `boto3.client`.
    """

    def __call__(self, service: str, region: str | None = None, /) -> Any: ...
