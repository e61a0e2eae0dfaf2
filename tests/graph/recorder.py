"""What tests use of the evaluation of programs; see `operations.evaluation.graph`."""

from operations.evaluation.graph import (
    ACCOUNT,
    REGION,
    ROOT,
    SECRET_KEY,
    SOCKET,
    STACKS,
    FakeAws,
    Graph,
    Recorder,
    Resource,
    Secret,
    outputs_of,
    record,
    record_stack,
    run_program,
    stack_config,
)

__all__ = [
    "ACCOUNT",
    "REGION",
    "ROOT",
    "SECRET_KEY",
    "SOCKET",
    "STACKS",
    "FakeAws",
    "Graph",
    "Recorder",
    "Resource",
    "Secret",
    "outputs_of",
    "record",
    "record_stack",
    "run_program",
    "stack_config",
]
