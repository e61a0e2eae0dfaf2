"""Short-lived addresses of the pictures in the catalogue bucket."""

import time
from collections.abc import Callable
from typing import Any

from runtime.shared.products import Product

LIFETIME = 900
"""Seconds for which an address works."""
REUSE = 300
"""Seconds for which the same address is given out again, which spares signing it and lets browsers cache."""
_MOST_KEPT = 10_000


class PictureLinks:
    """Signs addresses with the function's own credentials: nothing is sent, so this takes microseconds."""

    def __init__(self, client: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._kept: dict[tuple[str, str | None], tuple[str, float]] = {}

    def link(self, product: Product) -> str:
        """The address of a product's picture, good for at least 10 minutes; "" when it has none."""
        place = (product.product_picture_s3_url, product.content_type)
        url, until = self._kept.get(place, ("", 0.0))
        now = self._clock()
        if now >= until:
            url = self._sign(*place)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[place] = (url, now + REUSE)
        return url

    def _sign(self, s3_url: str, content_type: str | None) -> str:
        bucket, _, key = s3_url.removeprefix("s3://").partition("/")
        if not key:
            return ""
        # The type found in the bytes, not the one the uploader declared, so that no browser runs an upload.
        declared = {"ResponseContentType": content_type} if content_type else {}
        parameters = {"Bucket": bucket, "Key": key, "ResponseContentDisposition": "inline", **declared}
        return self._client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=LIFETIME)
