"""The wire format of Amazon Nova Canvas, task VIRTUAL_TRY_ON, for whatever still speaks it.

The model itself ended on 2026-09-30. Request and answer:
https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
"""

from typing import Any

from runtime.fitting.models.answers import read_answer
from runtime.fitting.models.calls import invoke_bedrock
from runtime.fitting.models.wire import virtual_try_on
from runtime.fitting.port import Rendered, RenderRequest
from runtime.fitting.settings import NovaCanvasSettings


class NovaCanvasModel:
    """One picture a call, in standard quality."""

    def __init__(self, client: Any, settings: NovaCanvasSettings) -> None:
        self._client = client
        self._settings = settings
        self.model_id = settings.model_id

    def render(self, request: RenderRequest) -> Rendered:
        """The picture, not yet checked. Raises a TryOnError of any kind."""
        body = {
            "taskType": "VIRTUAL_TRY_ON",
            "virtualTryOnParams": virtual_try_on(request),
            "imageGenerationConfig": {
                "numberOfImages": 1,
                "quality": "standard",
                "cfgScale": 6.5,
                "seed": request.seed,
            },
        }
        answer = invoke_bedrock(self._client, self.model_id, body, self._settings.price_usd)
        return read_answer(self.model_id, answer, request, self._settings.price_usd)
