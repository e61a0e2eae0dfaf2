"""A self-hosted try-on model behind a SageMaker endpoint; docs/try-on-models.md has the contract."""

import json
from typing import Any

from runtime.fitting.models.answers import read_answer
from runtime.fitting.models.calls import call
from runtime.fitting.models.wire import virtual_try_on
from runtime.fitting.port import Rendered, RenderRequest
from runtime.fitting.settings import SageMakerSettings


class SageMakerModel:
    """InvokeEndpoint with JSON in and out: the fields of Nova Canvas, a seed, and words about the garment."""

    def __init__(self, client: Any, settings: SageMakerSettings) -> None:
        self._client = client
        self._settings = settings
        self.model_id = settings.endpoint

    def render(self, request: RenderRequest) -> Rendered:
        """The picture, not yet checked. Raises a TryOnError of any kind."""
        body = {
            "virtualTryOnParams": virtual_try_on(request),
            "description": request.garment.description,
            "seed": request.seed,
        }

        def send() -> bytes:
            response = self._client.invoke_endpoint(
                EndpointName=self.model_id,
                Body=json.dumps(body).encode(),
                ContentType="application/json",
                Accept="application/json",
            )
            return response["Body"].read()

        answer = call(self.model_id, send, self._settings.price_usd)
        return read_answer(self.model_id, answer, request, self._settings.price_usd)
