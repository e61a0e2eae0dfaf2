"""`python -m operations.cost prod`: what a stack costs in a month, before it is deployed."""

import argparse
import sys
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from operations.cost.backends import BACKENDS, Load, cheapest, crossover
from operations.cost.estimate import Line, estimate
from operations.cost.prices import REGIONS, Prices, load_prices
from operations.cost.traffic import EXAMPLES, Traffic
from operations.evaluation.graph import STACKS, record_stack

_COUNTS = ("queries", "chats", "images", "try_ons", "products", "shoppers")
_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_RATES = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_DIMENSIONS = 1024


def main(arguments: list[str]) -> None:
    """Print the tables."""
    options = _parse(arguments)
    given = {name: value for name in _COUNTS if (value := getattr(options, name)) is not None}
    traffic = replace(EXAMPLES[options.traffic], **given)
    prices = load_prices(options.region)
    lines = estimate(record_stack(options.stack), prices, traffic)
    console = Console()
    console.print(_lines(options.stack, lines, traffic, prices))
    console.print(_backends(prices))
    console.print(_crossovers(prices))
    console.print(f"Prices of {prices.dated}, list prices of {prices.region}; doubtful, see prices.toml:")
    console.print(", ".join(sorted(prices.unsure)))


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.cost", description=__doc__)
    parser.add_argument("stack", choices=STACKS)
    parser.add_argument("--traffic", choices=sorted(EXAMPLES), default="small", help="what to start from")
    parser.add_argument("--region", choices=REGIONS, default=REGIONS[0])
    for name in _COUNTS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=_count, help=f"{name} in a month")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of times; write digits only")
    return int(text)


def _lines(stack: str, lines: list[Line], traffic: Traffic, prices: Prices) -> Table:
    counts = ", ".join(f"{getattr(traffic, name):,} {name.replace('_', '-')}" for name in _COUNTS)
    table = Table(title=f"{stack} in {prices.region}, US dollars a month\n{counts}")
    table.add_column("component")
    for column in ("idle", "usage", "total"):
        table.add_column(column, justify="right")
    for line in lines:
        table.add_row(line.component, *(f"{value:,.2f}" for value in (line.idle, line.usage, line.total)))
    table.add_section()
    sums = (sum(getattr(line, part) for line in lines) for part in ("idle", "usage", "total"))
    table.add_row("all", *(f"{value:,.2f}" for value in sums))
    return table


def _backends(prices: Prices) -> Table:
    table = Table(title=f"cheapest vector backend (US dollars a month), {_DIMENSIONS} dimensions")
    table.add_column("vectors", justify="right")
    for rate in _RATES:
        table.add_column(f"{rate:,} queries", justify="right")
    for size in _SIZES:
        loads = [Load(queries=rate, vectors=size, dimensions=_DIMENSIONS) for rate in _RATES]
        table.add_row(
            f"{size:,}",
            *(f"{(name := cheapest(load, prices))} {BACKENDS[name](load, prices):,.2f}" for load in loads),
        )
    return table


def _crossovers(prices: Prices) -> Table:
    pairs = [("s3vectors", "dynamodb"), ("s3vectors", "opensearch"), ("opensearch", "dynamodb")]
    table = Table(title="queries a month from which the second is cheaper than the first")
    table.add_column("vectors", justify="right")
    for first, second in pairs:
        table.add_column(f"{first} / {second}", justify="right")
    for size in _SIZES:
        found = [crossover(first, second, size, _DIMENSIONS, prices) for first, second in pairs]
        table.add_row(f"{size:,}", *("never" if each is None else f"{each:,}" for each in found))
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
