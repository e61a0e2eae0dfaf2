"""Functions, their layers, roles and logs.

A function runs in a process of its own, under its role's credentials, through AWS's runtime client. On its
path are its bundle, its layers (built for this machine) and that client, and nothing else.
"""

import io
import json
import shlex
import sys
import zipfile
from pathlib import Path
from typing import Any

import pulumi

from layers.build import layer_folder, runtime_client_folder
from local.config import ACCOUNT
from local.resources.base import Context, Handler, Inputs, Made, always

_EPOCH = (1990, 1, 1, 0, 0, 0)  # a fixed time keeps equal bundles equal
_EXECUTABLE = 0o755 << 16


def _layer(context: Context, name: str, inputs: Inputs) -> Made:
    """The layer's counterpart for this machine, found by the name of the folder it is built in."""
    built_for = Path(inputs["code"].path).name
    host = layer_folder(built_for.rsplit("-", 1)[0], "host")
    arn = f"arn:aws:lambda:{context.region}:{ACCOUNT}:layer:{host.name}"
    return Made(f"{arn}:1", {"arn": f"{arn}:1", "layerArn": arn, "version": "1"})


def _function(context: Context, name: str, inputs: Inputs) -> Made:
    function = context.name(name, inputs, limit=64)
    made = context.client("lambda").create_function(
        FunctionName=function,
        Role=inputs["role"],
        Runtime="provided.al2023",
        Code={"ZipFile": _bundle(inputs)},
        **_configuration(inputs),
    )
    if (reserved := inputs.get("reservedConcurrentExecutions")) not in (None, -1):
        context.client("lambda").put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=reserved
        )
    arn = made["FunctionArn"]
    invoke = f"arn:aws:apigateway:{context.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    return Made(
        function,
        {"arn": arn, "name": function, "invokeArn": invoke, "qualifiedArn": f"{arn}:1", "version": "1"},
    )


def _update_function(context: Context, name: str, inputs: Inputs, old: Made) -> Made:
    client = context.client("lambda")
    client.update_function_code(FunctionName=old.id, ZipFile=_bundle(inputs))
    client.update_function_configuration(FunctionName=old.id, Role=inputs["role"], **_configuration(inputs))
    context.name(name, inputs)
    inputs.get("reservedConcurrentExecutions")
    return old


def _configuration(inputs: Inputs) -> dict[str, Any]:
    variables = dict((inputs.get("environment") or {}).get("variables") or {})
    logging = inputs["loggingConfig"]
    variables["AWS_LAMBDA_LOG_GROUP_NAME"] = logging["logGroup"]
    configuration: dict[str, Any] = {
        "Handler": inputs["handler"],
        "Timeout": inputs["timeout"],
        "MemorySize": inputs["memorySize"],
        "Environment": {"Variables": variables},
        "LoggingConfig": {"LogFormat": logging["logFormat"], "LogGroup": logging["logGroup"]},
    }
    if dead_letters := inputs.get("deadLetterConfig"):
        configuration["DeadLetterConfig"] = {"TargetArn": dead_letters["targetArn"]}
    return configuration


def _bundle(inputs: Inputs) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, asset in sorted(inputs["code"].assets.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), _content(asset))
        bootstrap = zipfile.ZipInfo("bootstrap", _EPOCH)
        bootstrap.external_attr = _EXECUTABLE
        archive.writestr(bootstrap, _bootstrap(inputs.get("layers") or []))
    return buffer.getvalue()


def _content(asset: Any) -> bytes:
    return Path(asset.path).read_bytes() if isinstance(asset, pulumi.FileAsset) else asset.text.encode()


def _bootstrap(layers: list[str]) -> str:
    folders = [layer_folder(*arn.split(":")[6].rsplit("-", 1)) / "python" for arn in layers]
    path = ":".join(str(folder) for folder in [*folders, runtime_client_folder()])
    python = getattr(sys, "_base_executable", sys.executable)
    return (
        "#!/bin/sh\n"
        'cd "$LAMBDA_TASK_ROOT"\n'
        f"export PYTHONPATH={shlex.quote(path)} PYTHONDONTWRITEBYTECODE=1\n"
        f'exec {shlex.quote(python)} -S -s -m awslambdaric "$_HANDLER"\n'
    )


def _invocation(context: Context, name: str, inputs: Inputs) -> Made:
    event = json.loads(inputs["input"])
    if inputs.get("lifecycleScope") == "CRUD":
        event["tf"] = {"action": "create", "prev_input": None}  # as the provider tells of the resource's life
    answer = context.client("lambda").invoke(
        FunctionName=inputs["functionName"], Payload=json.dumps(event).encode()
    )
    result = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise RuntimeError(f"{inputs['functionName']} failed: {result}")
    return Made(name, {"result": result})


def _permission(context: Context, name: str, inputs: Inputs) -> Made:
    arguments = inputs.renamed(sourceArn="SourceArn", sourceAccount="SourceAccount")
    context.client("lambda").add_permission(
        FunctionName=inputs["function"],
        StatementId=name,
        Action=inputs["action"],
        Principal=inputs["principal"],
        **arguments,
    )
    return Made(name, {"statementId": name})


def _role(context: Context, name: str, inputs: Inputs) -> Made:
    role = context.name(name, inputs, limit=64)
    made = context.client("iam").create_role(
        RoleName=role, AssumeRolePolicyDocument=inputs["assumeRolePolicy"]
    )["Role"]
    return Made(role, {"arn": made["Arn"], "name": role, "uniqueId": made["RoleId"]})


def _role_policy(context: Context, name: str, inputs: Inputs) -> Made:
    policy = context.name(name, inputs)
    context.client("iam").put_role_policy(
        RoleName=inputs["role"], PolicyName=policy, PolicyDocument=inputs["policy"]
    )
    return Made(f"{inputs['role']}:{policy}", {"name": policy})


def _policy_attachment(context: Context, _name: str, inputs: Inputs) -> Made:
    context.client("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
    return Made(f"{inputs['role']}-{inputs['policyArn']}")


def _log_group(context: Context, name: str, inputs: Inputs) -> Made:
    group = context.name(name, inputs)
    client = context.client("logs")
    client.create_log_group(logGroupName=group)
    if days := inputs.get("retentionInDays"):
        client.put_retention_policy(logGroupName=group, retentionInDays=days)
    return Made(group, {"name": group, "arn": f"arn:aws:logs:{context.region}:{ACCOUNT}:log-group:{group}"})


HANDLERS = {
    "aws:lambda/layerVersion:LayerVersion": Handler(
        _layer,
        ignored={
            "layerName": "found by its folder",
            "compatibleArchitectures": "built for this machine",
            "compatibleRuntimes": "runs on this machine's Python",
            "sourceCodeHash": "nothing reads it here",
            "skipDestroy": "the state is a folder on this machine",
        },
    ),
    "aws:lambda/function:Function": Handler(
        _function,
        _update_function,
        ignored={
            "architectures": "runs on this machine's processor",
            "runtime": "runs on this machine's Python",
            "tracingConfig": "there is no X-Ray here",
            "ephemeralStorage": "the machine's own disk",
            "publish": "versions have no meaning here",
            "snapStart": "processes start in milliseconds",
        },
    ),
    # Made anew at every start, as what it prepares may live no longer; so it has to be safe to repeat.
    "aws:lambda/invocation:Invocation": Handler(_invocation, kept=False),
    "aws:lambda/permission:Permission": Handler(_permission),
    "aws:iam/role:Role": Handler(_role),
    "aws:iam/rolePolicy:RolePolicy": Handler(_role_policy, always(_role_policy)),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Handler(_policy_attachment),
    "aws:cloudwatch/logGroup:LogGroup": Handler(
        _log_group, ignored={"skipDestroy": "the state is a folder on this machine"}
    ),
}
