"""Loads pulumi_aws without its own deprecation warnings."""

import tests.graph.recorder  # noqa: F401
