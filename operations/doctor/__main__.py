"""Examines a deployed stack: `python -m operations.doctor STACK`, or a described one with --description FILE.

Exit code 0: nothing failed. 1: something did. 2: there is nothing to examine.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from operations.doctor.account import ACCOUNT
from operations.doctor.check import Check, Result, Status, run_checks
from operations.doctor.people import Person, disposable_person
from operations.doctor.report import show, sum_up
from operations.doctor.shopping import checks as shopping
from operations.doctor.stack import Stack, StackUnknown, open_deployed, open_described

_SOMETHING_USD = 0.10
"""What a picture may cost whose model is not in the catalogue."""


def main(arguments: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run the checks and show each as it ends; an exit code."""
    given = _read_arguments(arguments)
    shown = console or Console(highlight=False)
    try:
        stack = open_described(given.description) if given.description else open_deployed(given.stack)
    except StackUnknown as reason:
        shown.print(Text(str(reason), style="red"), soft_wrap=True)
        return 2
    results: list[Result] = []
    for result in examine(stack, paid=not given.no_paid, only=given.only):
        results.append(result)
        if not given.json:
            show(result, shown)
    if given.json:
        sys.stdout.write(json.dumps({"stack": stack.name, "checks": [r.as_json() for r in results]}) + "\n")
    else:
        shown.print(Text(sum_up(results)), soft_wrap=True)
    return int(any(result.status is Status.FAILED for result in results))


def examine(stack: Stack, *, paid: bool, only: Iterable[str] = ()) -> Iterable[Result]:
    """The result of each check as it comes. A user is made for the time being, and deleted in the end."""
    checks = (*ACCOUNT, *all_shopping(stack))
    known = {check.name for check in checks}
    unknown = sorted(set(only) - known)
    if unknown:
        raise SystemExit(f"there is no check {unknown[0]}; there are {', '.join(sorted(known))}")
    try:
        with disposable_person(stack) if stack.outputs.get("user_pool_id") else nullcontext() as person:
            stack.known["person"] = person or Person("nobody", "")
            yield from run_checks(checks, stack, paid=paid, only=only)
    except (ClientError, BotoCoreError) as error:
        yield Result(
            "test-user",
            Status.FAILED,
            f"no user could be made or removed: {error}",
            "the caller needs cognito-idp:AdminCreateUser, AdminSetUserPassword and AdminDeleteUser",
        )


def all_shopping(stack: Stack) -> tuple[Check[Stack], ...]:
    """The checks of the shop, with what its models cost by the stack's own catalogue."""
    models = stack.outputs.get("models") or []
    prices = {model["use"]: model.get("price_usd") or _SOMETHING_USD for model in models}
    # The garment and the person are cut out of their pictures.
    try_on = 2 * prices.get("try_on_cutout", 0.0) + prices.get("try_on_inpaint", _SOMETHING_USD)
    return shopping(prices.get("image", _SOMETHING_USD), try_on)


def _read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.doctor", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("stack", nargs="?", help="Pulumi stack, such as dev")
    which.add_argument("--description", type=Path, metavar="FILE", help="such as .local/stack.json")
    parser.add_argument("--no-paid", action="store_true", help="leave out what costs a cent or more")
    parser.add_argument("--only", nargs="+", default=[], metavar="CHECK", help="these, and what they need")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
