"""What a check is, and running them one after another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from operations.sign_in import SignInFailed
from runtime.canary.probes import ProbeFailed

T = TypeVar("T")


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


class Fault(Exception):
    """What a check found to be wrong; the text says what, `remedy` what to do where it is not the usual."""

    def __init__(self, detail: str, remedy: str = "") -> None:
        super().__init__(detail)
        self.remedy = remedy


class Skip(Exception):
    """The check has nothing to look at here; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[T]):
    """One question about a stack. `run` answers with what it saw, or raises."""

    name: str
    run: Callable[[T], str]
    remedy: str
    """What to do when it fails, unless the fault says better."""
    needs: tuple[str, ...] = ()
    """Checks that must have been ok."""
    costs_usd: float = 0.0
    """What it costs to run, at most, in US dollars; a fraction of a cent is nothing."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a check."""

    name: str
    status: Status
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "status": self.status.value, "detail": self.detail, "remedy": self.remedy}


def run_checks(
    checks: Sequence[Check[T]], subject: T, *, paid: bool, only: Iterable[str] = ()
) -> Iterable[Result]:
    """The result of each check as it comes; no check raises.

    Without `paid`, those that cost money are skipped. `only` names checks to run; what they need runs too.
    """
    wanted = _with_needs(checks, set(only)) if only else {check.name for check in checks}
    done: dict[str, Status] = {}
    for check in checks:
        if check.name not in wanted:
            continue
        result = _run(check, subject, done, paid)
        done[check.name] = result.status
        yield result


def _with_needs(checks: Sequence[Check[T]], names: set[str]) -> set[str]:
    by_name: Mapping[str, Check[T]] = {check.name: check for check in checks}
    wanted, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += by_name[name].needs
    return wanted


def _run(check: Check[T], subject: T, done: Mapping[str, Status], paid: bool) -> Result:
    missing = [name for name in check.needs if done.get(name) is not Status.OK]
    if missing:
        return Result(check.name, Status.SKIPPED, f"needs {' and '.join(missing)}")
    if check.costs_usd and not paid:
        return Result(check.name, Status.SKIPPED, f"costs up to {check.costs_usd:.2f} US dollars")
    try:
        return Result(check.name, Status.OK, check.run(subject))
    except Skip as reason:
        return Result(check.name, Status.SKIPPED, str(reason))
    except Fault as fault:
        return Result(check.name, Status.FAILED, str(fault), fault.remedy or check.remedy)
    except (ProbeFailed, SignInFailed) as reason:
        return Result(check.name, Status.FAILED, str(reason), check.remedy)
    except (ClientError, BotoCoreError) as error:
        return Result(check.name, Status.FAILED, f"AWS did not answer as it should: {error}", check.remedy)
    except (OSError, ValueError, KeyError, TypeError) as error:
        # An answer of another form is a finding, not the end of the examination.
        return Result(check.name, Status.FAILED, f"an answer is not as it should be: {error!r}", check.remedy)
