"""A real OpenSearch node for tests, behind what the serverless service takes and refuses."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest import mock

from starlette.applications import Starlette

from local.ai.opensearch.node import Tools, fetch, find_tools, start_node
from local.ai.opensearch.proxy import ServerlessProxy
from local.processes import Processes
from runtime.vectors.stores.opensearch import SEEN_AFTER_S
from tests.contract.vector_backends import serve


def node_missing() -> str | None:
    """Why there can be no node, in a sentence; None where there can."""
    if os.environ.get("OPENSEARCH_URL"):
        return None
    tools = find_tools()
    return tools if isinstance(tools, str) else None


@contextmanager
def opensearch_node(*, enduring: bool = False) -> Iterator[str]:
    """The address of the node at OPENSEARCH_URL, or of one that runs as long as this does."""
    if url := os.environ.get("OPENSEARCH_URL"):
        yield url.rstrip("/")
        return
    tools = find_tools()
    assert isinstance(tools, Tools), tools
    # Beside pytest's own folders, which nobody else may enter.
    folder = Path(tempfile.mkdtemp(prefix="opensearch-"))
    processes = Processes(folder / "out")
    try:
        port = _free_port()
        start_node(processes, fetch(tools), folder, port, tools, enduring=enduring)
        yield f"http://127.0.0.1:{port}"
    finally:
        processes.stop()
        shutil.rmtree(folder)


@contextmanager
def serverless(proxy: ServerlessProxy) -> Iterator[str]:
    """The address of a proxy, without a collection, and credentials with which to call it. Nobody waits."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with (
        closing(proxy),
        serve(Starlette(routes=proxy.routes())) as address,
        mock.patch.dict(os.environ, keys),
        mock.patch.dict(SEEN_AFTER_S, dict.fromkeys(SEEN_AFTER_S, 0.0)),
    ):
        yield f"{address}/aoss"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
