"""Serves the components to Pulumi programs in any language; started by the Pulumi engine."""

import sys
from pathlib import Path

# The engine runs this folder as a program; the package `components` is found from its parent.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pulumi.provider.experimental import component_provider_host

from components import PACKAGE, PUBLIC, VERSION

if __name__ == "__main__":
    component_provider_host(components=PUBLIC, name=PACKAGE, version=VERSION)
