"""The conversation as a tool loop in the chat function: nothing stands beside it."""

from components._lib.bedrock import invoke_statement
from components._lib.chat.engine import EngineRequest, EngineResult


def create(request: EngineRequest) -> EngineResult:
    """Allow the chat function to call the model, whole answers and word by word."""
    return EngineResult(
        statements=(
            invoke_statement(request.model, request.place, streaming=True),
            request.guardrail.apply_statement(),
        )
    )
