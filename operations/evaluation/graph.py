"""Runs a Pulumi program or component without the Pulumi CLI and records everything it asks the engine for."""

import asyncio
import json
import os
import runpy
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime
import yaml

with warnings.catch_warnings():
    # pulumi_aws warns of its own old classes while a service's module is loaded.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pulumi_aws.lambda_ import Function  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from pulumi_aws.s3 import Bucket  # noqa: F401  # pyright: ignore[reportUnusedImport]
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import run_pulumi_func

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("dev", "staging", "prod")
ACCOUNT = "123456789012"
REGION = "us-east-1"
SOCKET = "socket1234"
SECRET_KEY = "4dabf18193072939515e22adb298388d"  # noqa: S105 - marks a secret on the wire, and is none


@dataclass(frozen=True)
class Resource:
    """One registration as the engine saw it."""

    type: str
    name: str
    parent: str
    custom: bool
    inputs: Mapping[str, Any]
    """Plain values; unknown ones are `pulumi.UNKNOWN`, secret ones are wrapped in `Secret`."""
    state: Mapping[str, Any]
    """Inputs and outputs together, secrets revealed."""
    protect: bool
    retain: bool
    dependencies: tuple[str, ...]
    provider: str
    aliases: tuple[str, ...] = ()
    """Logical names that it had before."""


@dataclass(frozen=True)
class Secret:
    """A value that the engine keeps encrypted."""

    value: Any


@dataclass
class Graph:
    """Everything a program registered, and what it exported."""

    project: str
    stack: str
    resources: list[Resource] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    invokes: list[tuple[str, str]] = field(default_factory=list)
    """Token and provider of each function call."""

    def of_type(self, type_: str) -> list[Resource]:
        """All resources of a type, in order of registration."""
        return [resource for resource in self.resources if resource.type == type_]

    def get(self, name: str, type_: str | None = None) -> Resource:
        """The one resource of that logical name."""
        found = [r for r in self.resources if r.name == name and (type_ is None or r.type == type_)]
        assert len(found) == 1, f"{len(found)} resources are called {name}"
        return found[0]


class FakeAws(Mocks):
    """Answers as AWS would, as far as names, ARNs and ids go; in a preview it knows none of them."""

    def __init__(self, preview: bool, stacks: Mapping[str, Mapping[str, Any]]) -> None:
        self.preview = preview
        self.stacks = stacks
        """Exports of other stacks by name, for references to them."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            exports = self.stacks[args.inputs["name"]]
            return args.inputs["name"], {"name": args.inputs["name"], "outputs": dict(exports)}
        if not args.custom:
            return "", dict(args.inputs)
        inputs = {key: _reveal(value) for key, value in args.inputs.items()}
        if self.preview:
            return "", inputs
        return f"{args.name}-id", {**inputs, **outputs_of(args.typ, args.name, inputs)}

    def call(self, args: MockCallArgs) -> Any:
        return answer_to(args.token)


def answer_to(token: str) -> dict[str, Any]:
    """What AWS answers when a program asks it something."""
    answers: dict[str, dict[str, Any]] = {
        "aws:index/getRegion:getRegion": {"region": REGION, "name": REGION, "id": REGION},
        "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT, "id": ACCOUNT},
        "aws:index/getAvailabilityZones:getAvailabilityZones": {
            "names": [f"{REGION}{letter}" for letter in "abc"]
        },
        "aws:ec2/getSecurityGroup:getSecurityGroup": {"id": "sg-of-cloudfront"},
        "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": {
            "registryPath": f"382416733822.dkr.ecr.{REGION}.amazonaws.com/kmeans:1"
        },
        "aws:ecr/getAuthorizationToken:getAuthorizationToken": {"userName": "AWS", "password": "token"},
    }
    return answers[token]


def outputs_of(type_: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS adds to a resource's inputs."""
    service = type_.split(":")[1].split("/")[0]
    short = f"{name}-1a2b3c4"
    own: dict[str, dict[str, Any]] = {
        "aws:s3/bucket:Bucket": {"bucket": short, "arn": f"arn:aws:s3:::{short}"},
        "aws:s3/vectorsVectorBucket:VectorsVectorBucket": {
            "vectorBucketArn": _arn("s3vectors", f"bucket/{inputs.get('vectorBucketName')}")
        },
        "aws:s3/vectorsIndex:VectorsIndex": {
            "indexArn": _arn(
                "s3vectors", f"bucket/{inputs.get('vectorBucketName')}/index/{inputs.get('indexName')}"
            )
        },
        "aws:opensearch/serverlessCollection:ServerlessCollection": {
            "arn": _arn("aoss", f"collection/{name}-id"),
            "collectionEndpoint": f"https://{name}-id.{REGION}.aoss.amazonaws.com",
        },
        "aws:sqs/queue:Queue": {
            "name": short,
            "arn": _arn("sqs", short),
            "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{short}",
        },
        "aws:dynamodb/table:Table": {
            "name": short,
            "arn": _arn("dynamodb", f"table/{short}"),
            **(
                {"streamArn": f"{_arn('dynamodb', f'table/{short}')}/stream/1"}
                if inputs.get("streamEnabled")
                else {}
            ),
        },
        "aws:sfn/stateMachine:StateMachine": {"name": short, "arn": _arn("states", f"stateMachine:{short}")},
        "aws:lambda/function:Function": {"name": short, "arn": _arn("lambda", f"function:{short}")},
        "aws:lambda/layerVersion:LayerVersion": {"arn": _arn("lambda", f"layer:{inputs.get('layerName')}:1")},
        "aws:cloudwatch/logGroup:LogGroup": {"name": short, "arn": _arn("logs", f"log-group:{short}")},
        "aws:cloudwatch/eventRule:EventRule": {"name": short, "arn": _arn("events", f"rule/{short}")},
        "aws:iam/role:Role": {"name": short, "arn": f"arn:aws:iam::{ACCOUNT}:role/{short}"},
        "aws:secretsmanager/secret:Secret": {"arn": _arn("secretsmanager", f"secret:{short}-Ab12Cd")},
        "aws:cognito/userPool:UserPool": {
            "arn": _arn("cognito-idp", f"userpool/{REGION}_Pool12345"),
            "endpoint": f"cognito-idp.{REGION}.amazonaws.com/{REGION}_Pool12345",
        },
        "aws:cognito/userPoolClient:UserPoolClient": {"clientSecret": "client-secret-value"},
        "aws:apigateway/restApi:RestApi": {
            "name": short,
            "executionArn": _arn("execute-api", "api12345"),
            "arn": f"arn:aws:apigateway:{REGION}::/restapis/api12345",
        },
        "aws:apigateway/stage:Stage": {
            "arn": f"arn:aws:apigateway:{REGION}::/restapis/api12345/stages/v1",
            "invokeUrl": f"https://api12345.execute-api.{REGION}.amazonaws.com/v1",
        },
        "aws:apigatewayv2/api:Api": {
            "apiEndpoint": f"wss://{SOCKET}.execute-api.{REGION}.amazonaws.com",
            "executionArn": _arn("execute-api", SOCKET),
            "arn": f"arn:aws:apigateway:{REGION}::/apis/{SOCKET}",
        },
        "aws:apigatewayv2/stage:Stage": {
            "invokeUrl": f"wss://{SOCKET}.execute-api.{REGION}.amazonaws.com/{inputs.get('name')}",
            "arn": f"arn:aws:apigateway:{REGION}::/apis/{SOCKET}/stages/{inputs.get('name')}",
        },
        "aws:bedrock/guardrail:Guardrail": {
            "guardrailId": "guardrail123",
            "guardrailArn": _arn("bedrock", "guardrail/guardrail123"),
            "version": "DRAFT",
            "name": short,
        },
        "aws:bedrock/guardrailVersion:GuardrailVersion": {"version": "1"},
        "aws:bedrock/agentAgent:AgentAgent": {
            "agentId": "AGENT12345",
            "agentArn": _arn("bedrock", "agent/AGENT12345"),
        },
        "aws:bedrock/agentAgentAlias:AgentAgentAlias": {
            "agentAliasId": "ALIAS12345",
            "agentAliasArn": _arn("bedrock", "agent-alias/AGENT12345/ALIAS12345"),
        },
        "aws:bedrock/agentKnowledgeBase:AgentKnowledgeBase": {
            "arn": _arn("bedrock", f"knowledge-base/{name}-id"),
            "name": short,
        },
        "aws:bedrock/agentDataSource:AgentDataSource": {"dataSourceId": "SOURCE1234", "name": short},
        "aws:lambda/invocation:Invocation": {"result": json.dumps({"digest": f"sha256:{'0' * 64}"})},
        "aws:ecr/repository:Repository": {
            "name": short,
            "arn": _arn("ecr", f"repository/{short}"),
            "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{short}",
        },
        "aws:lb/loadBalancer:LoadBalancer": {
            "arn": _arn("elasticloadbalancing", f"loadbalancer/app/{short}/50dc6c495c0c9188"),
            "arnSuffix": f"app/{short}/50dc6c495c0c9188",
            "dnsName": f"internal-{short}.{REGION}.elb.amazonaws.com",
        },
        "aws:lb/targetGroup:TargetGroup": {
            "arn": _arn("elasticloadbalancing", f"targetgroup/{short}/73e2d6bc24d8a067"),
            "arnSuffix": f"targetgroup/{short}/73e2d6bc24d8a067",
        },
        "aws:cloudfront/distribution:Distribution": {
            "arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1A2B3C4D5",
            "domainName": "d111111abcdef8.cloudfront.net",
        },
        "aws:ecs/cluster:Cluster": {"name": short, "arn": _arn("ecs", f"cluster/{short}")},
        "aws:ecs/service:Service": {"name": short, "arn": _arn("ecs", f"service/{short}")},
        "aws:codebuild/project:Project": {"name": short, "arn": _arn("codebuild", f"project/{short}")},
        "aws:apigateway/apiKey:ApiKey": {"value": "api-key-value-of-forty-characters"},
    }
    return own.get(type_, {"arn": _arn(service, short)})


def _arn(service: str, tail: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{tail}"


class Recorder(MockMonitor):
    """A monitor that keeps what `MockMonitor` drops: parent, protect, secrets and dependencies."""

    def __init__(self, graph: Graph, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.graph = graph

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type == "pulumi:pulumi:Stack":
            return response
        inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
        self.graph.resources.append(
            Resource(
                type=request.type,
                name=request.name,
                parent=request.parent.split("::")[-1] if request.parent else "",
                custom=request.custom,
                inputs={key: _plain(value) for key, value in inputs.items()},
                state={key: _plain(value) for key, value in self.resources[response.urn].state.items()},
                protect=request.protect,
                retain=request.retainOnDelete,
                dependencies=tuple(sorted({urn.split("::")[-1] for urn in request.dependencies})),
                provider=request.provider,
                aliases=_former_names(request),
            )
        )
        return response

    def Invoke(self, request: Any) -> Any:
        self.graph.invokes.append((request.tok, request.provider))
        return super().Invoke(request)


def _former_names(request: Any) -> tuple[str, ...]:
    by_urn = [urn.split("::")[-1] for urn in request.aliasURNs]
    given = [alias.urn.split("::")[-1] if alias.urn else alias.spec.name for alias in request.aliases]
    return tuple(sorted({name for name in (*by_urn, *given) if name}))


def _reveal(value: Any) -> Any:
    if isinstance(value, dict):
        return _reveal(value["value"]) if SECRET_KEY in value else {k: _reveal(v) for k, v in value.items()}
    return [_reveal(each) for each in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Unknown):
        return pulumi.UNKNOWN
    if isinstance(value, dict):
        if SECRET_KEY in value:
            return Secret(_plain(value["value"]))
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def record(
    program: Callable[[], Any],
    *,
    config: Mapping[str, str] | None = None,
    project: str = "virtual-stylist",
    stack: str = "test",
    preview: bool = False,
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Graph:
    """Run `program` and return its whole graph. Nothing of the run leaks into the next one.

    `stacks` are the exports of other stacks by name, for programs that refer to them.
    """
    graph = Graph(project, stack)
    mocks = FakeAws(preview, stacks or {})
    copy_context().run(_run, graph, program, dict(config or {}), preview, mocks)
    return graph


def _run(
    graph: Graph, program: Callable[[], Any], config: dict[str, str], preview: bool, mocks: FakeAws
) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(1, initializer=_open_loop)
    loop.set_default_executor(executor)
    try:
        set_all_config(config)
        monitor = Recorder(graph, mocks)
        pulumi.runtime.set_mocks(
            mocks, project=graph.project, stack=graph.stack, preview=preview, monitor=monitor
        )
        root: Any = get_root_resource()
        loop.run_until_complete(run_pulumi_func(program))
        exports = loop.run_until_complete(_resolve(dict(root.outputs)))
        graph.exports.update(exports)
    finally:
        executor.submit(_close_loop).result()
        executor.shutdown()
        loop.close()
        asyncio.set_event_loop(None)


def _open_loop() -> None:
    """The mock monitor wants an event loop in the thread that it runs in."""
    asyncio.set_event_loop(asyncio.new_event_loop())


def _close_loop() -> None:
    asyncio.get_event_loop().close()


async def _resolve(outputs: Mapping[str, Any]) -> dict[str, Any]:
    resolved: dict[str, Any] = {}
    for name, value in outputs.items():
        output = pulumi.Output.from_input(value)
        known = await output.is_known()
        plain = await output.future() if known else pulumi.UNKNOWN
        resolved[name] = Secret(plain) if await output.is_secret() else plain
    return resolved


def stack_config(stack: str, **changes: Any) -> dict[str, str]:
    """The configuration in a stack file, as the engine hands it out, with some keys changed."""
    content = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    given = {**content["config"], **{f"virtual-stylist:{key}": value for key, value in changes.items()}}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}


def record_stack(stack: str, *, preview: bool = False, **changes: Any) -> Graph:
    """Run the project's own program with a stack file."""
    return record(run_program, config=stack_config(stack, **changes), stack=stack, preview=preview)


def known_stack(stack: str, *, preview: bool = False, **changes: Any) -> Graph:
    """As `record_stack`, run once for all tests of the process that ask for the same; for reading only."""
    return _recorded(stack, preview, json.dumps(changes, sort_keys=True))


@cache
def _recorded(stack: str, preview: bool, changes: str) -> Graph:
    return record_stack(stack, preview=preview, **json.loads(changes))


def run_program() -> None:
    """The program, as the Pulumi language host runs it: from the project's folder."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
    finally:
        os.chdir(before)
