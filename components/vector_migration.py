"""What moves vectors to another backend or model: three functions and the workflow that calls them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi

from components._lib.function import Function, FunctionSpec
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.watched import Row, describe_watched
from components._lib.workflow import Workflow, WorkflowSpec, retry

_LONGEST_SECONDS = 900
_CONTROL_SECONDS = 30
_LONGEST_MIGRATION_SECONDS = 14 * 24 * 3600
# What the functions raise when a store, a model or the catalogue is out of reach or busy, and how a function
# ends that was killed or ran out of time. Every step goes on where the record says.
_PASSING = (
    "EmbeddingFailed",
    "EmbeddingThrottled",
    "Lambda.Unknown",
    "ProductsUnavailable",
    "Sandbox.Timedout",
    "SourceUnsettled",
    "States.Timeout",
    "StoreUnavailable",
)


class VectorMigrationArgs(TypedDict):
    """Inputs of `VectorMigration`."""

    vector_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of a `VectorSearch` with inputs `migrate_to_...`."""
    catalog_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `Catalog`."""
    copy_policy: pulumi.Input[str]
    """Output `copy_policy` of `VectorSearch`."""
    compare_policy: pulumi.Input[str]
    """Output `compare_policy` of `VectorSearch`."""
    switch_policy: pulumi.Input[str]
    """Output `switch_policy` of `VectorSearch`."""
    catalog_policy: pulumi.Input[str]
    """Output `policy` of `Catalog`; used with `reembeds`."""
    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, numpy and Pillow among them."""
    vector_layers: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Output `layers` of `VectorSearch`: what the backends need. Default: none."""
    active: NotRequired[bool]
    """Vectors move; otherwise nothing is created. Default: true."""
    reembeds: NotRequired[bool]
    """The model or the length changes, so that vectors are made anew from the pictures. Default: false."""
    memory_mb: NotRequired[int]
    """Memory of the functions that copy and compare; the index compared with lives in it. Default: 2048."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class VectorMigration(pulumi.ComponentResource):
    """Copies, compares and switches vectors, step by step by command or all at once as a workflow."""

    functions: pulumi.Output[Mapping[str, str]]
    """ARNs of the functions `backfill`, `verify` and `control` and of the `workflow`, for
    `python -m operations.migrate`; empty when not `active`."""
    backfill_role_arn: pulumi.Output[str]
    """Role of the function that copies, for `VectorAccess`; empty when not `active`."""
    verify_role_arn: pulumi.Output[str]
    """Role of the function that compares, for `VectorAccess`; empty when not `active`."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(
        self, name: str, args: VectorMigrationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(public_token("VectorMigration"), name, {}, opts)
        parts = _create(name, self, args) if args.get("active", True) else _create_nothing()
        self.functions = parts.functions
        self.backfill_role_arn = pulumi.Output.from_input(parts.backfill_role_arn)
        self.verify_role_arn = pulumi.Output.from_input(parts.verify_role_arn)
        self.watched = describe_watched(*parts.watched)
        self.register_outputs(
            {
                "functions": self.functions,
                "backfill_role_arn": self.backfill_role_arn,
                "verify_role_arn": self.verify_role_arn,
                "watched": self.watched,
            }
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    functions: pulumi.Output[Mapping[str, str]]
    backfill_role_arn: pulumi.Input[str]
    verify_role_arn: pulumi.Input[str]
    watched: tuple[Row, ...] = ()


def _create_nothing() -> _Parts:
    return _Parts(pulumi.Output.from_input({}), "", "")


def _create(name: str, parent: pulumi.Resource, args: VectorMigrationArgs) -> _Parts:
    pictures = [args["catalog_policy"]] if args.get("reembeds", False) else []
    backfill = _function(name, "backfill", parent, args, [args["copy_policy"], *pictures])
    verify = _function(name, "verify", parent, args, [args["compare_policy"], *pictures])
    control = _function(name, "control", parent, args, [args["switch_policy"]])
    workflow = Workflow(
        f"{name}-workflow",
        WorkflowSpec(
            definition=definition(backfill.arn, verify.arn, control.arn),
            functions=[backfill.arn, verify.arn, control.arn],
            operation=read_operation(args),
        ),
        pulumi.ResourceOptions(parent=parent),
    )
    functions = pulumi.Output.all(
        backfill=backfill.arn, verify=verify.arn, control=control.arn, workflow=workflow.arn
    )
    watched = (backfill.watched, verify.watched, control.watched, workflow.watched)
    return _Parts(functions, backfill.role_arn, verify.role_arn, watched)


def _function(
    name: str,
    step: str,
    parent: pulumi.Resource,
    args: VectorMigrationArgs,
    policies: Sequence[pulumi.Input[str]],
) -> Function:
    is_quick = step == "control"
    return Function(
        f"{name}-{step}",
        FunctionSpec(
            service=f"migration-{step}",
            handler=f"runtime.migration.handler.{step}",
            packages=("migration", "catalog", "vectors", "shared"),
            layers=args["layers"],
            bound_layers=args.get("vector_layers"),
            timeout=_CONTROL_SECONDS if is_quick else _LONGEST_SECONDS,
            memory_mb=512 if is_quick else int(args.get("memory_mb", 2048)),
            operation=read_operation(args),
            bound_environments=(args["vector_environment"], args["catalog_environment"]),
            bound_policies=tuple(policies),
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def definition(
    backfill: pulumi.Input[str], verify: pulumi.Input[str], control: pulumi.Input[str]
) -> dict[str, Any]:
    """The workflow: copy in turns until all is copied, verify, and switch if asked to.

    Its input is `{"again": bool, "min_recall": number, "queries": number, "switch": bool}`, all optional.
    """
    return {
        "Comment": "Moves vectors to another backend or model",
        "StartAt": "Anew?",
        "TimeoutSeconds": _LONGEST_MIGRATION_SECONDS,
        "States": {
            "Anew?": _choose({"$.again": "CopyAnew"}, "Copy"),
            "CopyAnew": _call(backfill, {"again": True}, "$.copy", "Copied?"),
            "Copy": _call(backfill, {}, "$.copy", "Copied?"),
            "Copied?": _choose({"$.copy.Payload.done": "Verify"}, "Copy"),
            "Verify": _call(verify, {}, "$.verify", "GoodEnough?", passed_on="$"),
            "GoodEnough?": _choose({"$.verify.Payload.passed": "Switch?"}, "NotGoodEnough"),
            "NotGoodEnough": {
                "Type": "Fail",
                "Error": "VerificationFailed",
                "Cause": "The target is not as good as the source; the record of the migration says why.",
            },
            "Switch?": _choose({"$.switch": "Switch"}, "Done"),
            "Switch": _call(control, {"action": "switch"}, "$.control", "Done"),
            "Stopped": {
                "Type": "Fail",
                "Error": "MigrationStopped",
                "Cause": "A step failed for good; see its log. Another run goes on from the record.",
            },
            "Done": {"Type": "Succeed"},
        },
    }


def _choose(ways: Mapping[str, str], otherwise: str) -> dict[str, Any]:
    """Go where the first value that is there and true leads."""
    choices = [
        {
            "And": [
                {"Variable": variable, "IsPresent": True},
                {"Variable": variable, "BooleanEquals": True},
            ],
            "Next": state,
        }
        for variable, state in ways.items()
    ]
    return {"Type": "Choice", "Choices": choices, "Default": otherwise}


def _call(
    function: pulumi.Input[str],
    payload: Mapping[str, Any],
    result: str,
    following: str,
    *,
    passed_on: str | None = None,
) -> dict[str, Any]:
    """Call a function with a payload, or with what `passed_on` points at, and keep its answer at `result`."""
    given = {"Payload.$": passed_on} if passed_on else {"Payload": payload}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, **given},
        "ResultPath": result,
        "TimeoutSeconds": _LONGEST_SECONDS + 60,
        "Retry": retry(*_PASSING),
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Stopped"}],
        "Next": following,
    }
