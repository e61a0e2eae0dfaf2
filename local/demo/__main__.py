"""`python -m local.demo OUT [--limit N]`: write the demo catalogue's pictures and products.csv into OUT."""

import argparse
import time
from pathlib import Path

from local.demo.catalog import write_catalog


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m local.demo", description="Draw the demo fashion catalogue."
    )
    parser.add_argument("out", type=Path, help="the folder to write into; made if missing")
    parser.add_argument("--limit", type=int, help="draw only the first N products")
    options = parser.parse_args()
    start = time.perf_counter()
    products = write_catalog(options.out, limit=options.limit)
    print(f"{len(products)} products in {options.out}, {time.perf_counter() - start:.1f} s")  # noqa: T201


if __name__ == "__main__":
    main()
