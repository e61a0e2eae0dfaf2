"""A Lambda function with its role, its log group and nothing it does not need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.alarm import METRICS_NAMESPACE, Watch, of_function
from components._lib.operation import Operation
from components._lib.package import internal_token
from components._lib.watched import Kind, Row, watched

REPOSITORY = Path(__file__).resolve().parents[2]
_BUNDLED = (".py", ".toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """What a function is made of. Times are in seconds, memory in MB."""

    service: str
    """Short name under which logs, metrics and traces speak of it."""
    handler: str
    """Dotted path such as `runtime.search.handler.handler`."""
    packages: tuple[str, ...]
    """Folders of `runtime/` that go into the bundle."""
    layers: Sequence[pulumi.Input[str]]
    timeout: int
    memory_mb: int
    operation: Operation
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    bound_environments: tuple[pulumi.Input[Mapping[str, pulumi.Input[str]]], ...] = ()
    """Environments that other components hand out."""
    statements: tuple[iam.Statement, ...] = ()
    bound_policies: tuple[pulumi.Input[str], ...] = ()
    """Policy documents (JSON text) that other components hand out."""
    dead_letter_arn: pulumi.Input[str] | None = None
    """Queue for events of asynchronous calls that failed for good."""
    reserved_concurrency: int | None = None
    bound_layers: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None
    """Further layers that another component hands out."""


class Function(pulumi.ComponentResource):
    """One function, one role: the role may do what the spec says, write its own logs and send traces."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    watched: Row

    def __init__(self, name: str, spec: FunctionSpec, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(internal_token("Function"), name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        operation = spec.operation
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=operation.log_retention_days, tags=operation.tags, opts=child
        )
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=iam.assume_role_policy("lambda.amazonaws.com"),
            tags=operation.tags,
            opts=child,
        )
        own = iam.document([*spec.statements, *_duties(spec, logs)])
        policy = aws.iam.RolePolicy(
            f"{name}-policy", role=role.name, policy=iam.merge([own, *spec.bound_policies]), opts=child
        )
        function = aws.lambda_.Function(
            f"{name}-function",
            role=role.arn,
            handler=spec.handler,
            code=bundle(spec.packages),
            runtime="python3.13",
            architectures=["arm64"],
            layers=_layers(spec),
            timeout=spec.timeout,
            memory_size=spec.memory_mb,
            reserved_concurrent_executions=spec.reserved_concurrency,
            environment={"variables": _variables(spec)},
            dead_letter_config={"target_arn": spec.dead_letter_arn} if spec.dead_letter_arn else None,
            tracing_config={"mode": "Active"},
            logging_config={"log_format": "JSON", "log_group": logs.name},
            tags=operation.tags,
            # Without its policy the first calls after a deployment would be refused.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        Watch(parent=self, operation=operation).add(name, *of_function(function.name))
        self.arn = function.arn
        self.name = function.name
        self.role_arn = role.arn
        self.watched = watched(Kind.FUNCTION, name, {"FunctionName": function.name}, service=spec.service)
        self.register_outputs({"arn": self.arn, "name": self.name, "role_arn": self.role_arn})


def _layers(spec: FunctionSpec) -> pulumi.Input[Sequence[pulumi.Input[str]]]:
    if spec.bound_layers is None:
        return spec.layers
    return pulumi.Output.all(pulumi.Output.all(*spec.layers), spec.bound_layers).apply(
        lambda both: [*both[0], *both[1]]
    )


def _variables(spec: FunctionSpec) -> pulumi.Output[Mapping[str, str]]:
    def join(maps: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
        return {key: value for each in maps for key, value in each.items()}

    powertools = {
        "POWERTOOLS_SERVICE_NAME": spec.service,
        "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
        "POWERTOOLS_LOG_LEVEL": "INFO",
        # Looking for plugins of pydantic among all installed packages costs every cold start.
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        # A function has about one processor: threads of the linear algebra would only take turns.
        "OPENBLAS_NUM_THREADS": "1",
    }
    return pulumi.Output.all(*spec.bound_environments, spec.environment, powertools).apply(join)


def _duties(spec: FunctionSpec, logs: aws.cloudwatch.LogGroup) -> list[iam.Statement]:
    """What every function does: write to its own log group, send traces, hand over failed events."""
    duties = [
        iam.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [pulumi.Output.concat(logs.arn, ":*")]),
        # X-Ray knows no resources: these two actions accept only "*".
        iam.allow(["xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"]),
    ]
    if spec.dead_letter_arn is not None:
        duties.append(iam.allow(["sqs:SendMessage"], [spec.dead_letter_arn]))
    return duties


def check_pair(args: Mapping[str, object], environment: str, policy: str) -> None:
    """Raise ValueError for a binding of which only the environment or only the policy is given."""
    if (environment in args) != (policy in args):
        raise ValueError(f"{environment}: goes with {policy}; give both or neither")


def bundle(packages: Sequence[str]) -> pulumi.AssetArchive:
    """The code of a function: the files of `bundle_files` at the paths they are imported from."""
    return pulumi.AssetArchive(
        {path: pulumi.FileAsset(str(REPOSITORY / path)) for path in bundle_files(packages)}
    )


def bundle_files(packages: Sequence[str]) -> list[str]:
    """Paths, relative to the repository and sorted, of all source files of these packages of `runtime/`.

    An explicit list keeps byte code and stray files out, so that equal sources make an equal archive.
    Raises ValueError for a package that does not exist.
    """
    files = {"runtime/__init__.py"}
    for package in packages:
        folder = REPOSITORY / "runtime" / package
        if not folder.is_dir():
            raise ValueError(f"packages: there is no folder runtime/{package}")
        files.update(
            path.relative_to(REPOSITORY).as_posix()
            for path in folder.rglob("*")
            if path.suffix in _BUNDLED and path.is_file()
        )
    return sorted(files)
