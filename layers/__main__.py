"""`python -m layers [arm64|host]`: build the layers for Lambda, or for the machine at hand."""

import sys

from layers.build import TARGETS, build_layers

if __name__ == "__main__":
    wanted = sys.argv[1:] or ["arm64"]
    unknown = sorted(set(wanted) - TARGETS.keys())
    if unknown:
        sys.exit(f"unknown target {', '.join(unknown)}: choose from {', '.join(TARGETS)}")
    for target in wanted:
        for folder in build_layers(target):
            size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
            sys.stdout.write(f"{folder.name}: {size:.1f} MB\n")
