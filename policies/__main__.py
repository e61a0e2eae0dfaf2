"""The rules as a Pulumi policy pack: `pulumi preview --policy-pack policies`."""

import sys
from collections.abc import Callable
from pathlib import Path

# The engine runs this folder as a program; the package `policies` is found from its parent.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies.pack import read_stack, rule_name
from policies.rules import RULES
from policies.stack import Rule


def _validate(rule: Rule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        urns = {resource.name: resource.urn for resource in args.resources}
        for violation in rule(read_stack(args)):
            report(f"{violation.resource}: {violation.message}", urns.get(violation.resource))

    return validate


if __name__ == "__main__":
    PolicyPack(
        name="virtual-stylist",
        enforcement_level=EnforcementLevel.MANDATORY,
        policies=[
            StackValidationPolicy(
                name=rule_name(rule), description=rule.__doc__ or "", validate=_validate(rule)
            )
            for rule in RULES
        ],
    )
