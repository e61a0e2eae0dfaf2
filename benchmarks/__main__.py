"""`python -m benchmarks [PART ...]`: run all benchmarks, or some, and write docs/performance.md."""

import subprocess
import sys

PARTS = {
    "engine": ("benchmarks.engine",),
    "backends": ("benchmarks.backends",),
    "program": ("benchmarks.program",),
    "functions": ("benchmarks.functions",),
    "cloud": ("benchmarks.cloud",),
    "chat": ("benchmarks.chat",),
    "try-on": ("benchmarks.try_on",),
    "fitting": ("benchmarks.fitting",),
    "scale": ("benchmarks.scale",),
    "personas": ("benchmarks.personas",),
    "migration": ("benchmarks.migration",),
}


def main() -> int:
    """Run each part in a process of its own, so that none warms up another."""
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := [part for part in wanted if part not in PARTS]:
        print(f"unknown: {', '.join(unknown)}; choose from {', '.join(PARTS)}")
        return 2
    for part in wanted:
        subprocess.run([sys.executable, "-m", *PARTS[part]], check=True)
    subprocess.run([sys.executable, "-m", "benchmarks.report"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
