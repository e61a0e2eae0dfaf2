"""The roles of deployed functions: what they grant, and what was asked of IAM while the functions worked.

A permission is needed when something was asked that no other permission of the role allows: without it that
would have been refused, and a refusal is what `find_refused` names. So taking any permission away fails a
test by its name, without trying each of them.
"""

import json
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import httpx

from tests.support.cloud import RunningCloud

DECISIONS_PATH = "/_local/decisions"
Seldom = Mapping[tuple[str, str, str], str]
"""Why nothing asks for a permission in a test: by function, action and resource, as patterns."""
_PROFILE = re.compile(r"arn:aws:bedrock:[^/]+:inference-profile/(?P<geography>[a-z]+)\.(?P<model>.+)")
_PROFILE_REGIONS = {"us": ("us-east-1", "us-east-2", "us-west-2")}
_READ_QUEUE = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_READ_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One action with the one resource, or pattern of resources, that a role allows it for."""

    action: str
    resource: str

    def allows(self, action: str, resource: str) -> bool:
        return fnmatchcase(action.lower(), self.action.lower()) and fnmatchcase(resource, self.resource)


@dataclass(frozen=True, slots=True)
class Decision:
    """What IAM said to a function."""

    role: str
    action: str
    resource: str
    allowed: bool


def listen(cloud: RunningCloud) -> None:
    """Begin to note what IAM is asked in a cloud; what was noted before is forgotten."""
    httpx.put(cloud.config.emulator_url + DECISIONS_PATH).raise_for_status()


def read_decisions(cloud: RunningCloud) -> list[Decision]:
    """All different decisions since then."""
    answer = httpx.get(cloud.config.emulator_url + DECISIONS_PATH).raise_for_status()
    return [Decision(**each) for each in answer.json()]


def list_functions(cloud: RunningCloud) -> list[str]:
    """Logical names of the deployed functions."""
    pages = cloud.aws("lambda").get_paginator("list_functions").paginate()
    names = [function["FunctionName"] for page in pages for function in page["Functions"]]
    return sorted(re.sub(r"-function-[0-9a-f]{7}$", "", name) for name in names)


class Role:
    """The role of one deployed function, whose permissions can be taken away one by one."""

    def __init__(self, cloud: RunningCloud, name: str) -> None:
        functions = cloud.aws("lambda").list_functions()["Functions"]
        self._configuration = next(f for f in functions if f["FunctionName"].startswith(f"{name}-function-"))
        self.function: str = self._configuration["FunctionName"]
        self.log_group: str = self._configuration["LoggingConfig"]["LogGroup"]
        self._cloud = cloud
        self.name: str = self._configuration["Role"].rpartition("/")[2]
        iam = cloud.aws("iam")
        [self._policy] = iam.list_role_policies(RoleName=self.name)["PolicyNames"]
        document = iam.get_role_policy(RoleName=self.name, PolicyName=self._policy)["PolicyDocument"]
        self.document: dict[str, Any] = document if isinstance(document, dict) else json.loads(document)

    def grants(self) -> list[Grant]:
        """Every action with the resource it is for."""
        statements = self.document["Statement"]
        return sorted({Grant(a, r) for s in statements for a in s["Action"] for r in _listed(s["Resource"])})

    def find_refused(self, decisions: Iterable[Decision]) -> list[tuple[str, str]]:
        """What the function was refused; a resource's own policy is asked as well, and may say nothing."""
        own = [each for each in decisions if each.role == self.name]
        allowed = {(each.action, each.resource) for each in own if each.allowed}
        return sorted({(each.action, each.resource) for each in own} - allowed)

    def find_spared(self, decisions: Iterable[Decision], seldom: Seldom | None = None) -> list[Grant]:
        """Permissions without which nothing would have been refused, but for those that are `seldom` used."""
        asked = {(d.action, d.resource) for d in decisions if d.role == self.name}
        asked |= set(self._asked_by_lambda()) | set(_asked_on_aws(asked))
        grants = self.grants()
        needed = {only[0] for each in asked if len(only := _allowing(grants, *each)) == 1}
        return sorted(each for each in grants if each not in needed and not self._is_in(seldom or {}, each))

    def _is_in(self, seldom: Seldom, grant: Grant) -> bool:
        return any(
            fnmatchcase(self.function, f"{function}-function-*")
            and fnmatchcase(grant.action, action)
            and fnmatchcase(grant.resource, resource)
            for function, action, resource in seldom
        )

    def _asked_by_lambda(self) -> Iterator[tuple[str, str]]:
        """What Lambda itself does under the role on AWS, by the function's configuration.

        The emulator does these without asking. Lambda developer guide, "Execution role" and the pages of the
        event sources.
        """
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            yield action, f"arn:aws:logs:us-east-1:000000000000:log-group:{self.log_group}:log-stream:any"
        # The emulator does not tell whether tracing is on; the policies over the graph see to that.
        for action in ("xray:PutTraceSegments", "xray:PutTelemetryRecords"):
            yield action, "*"
        if letters := self._configuration.get("DeadLetterConfig"):
            yield "sqs:SendMessage", letters["TargetArn"]
        sources = self._cloud.aws("lambda").list_event_source_mappings(FunctionName=self.function)
        for source in sources["EventSourceMappings"]:
            arn = source["EventSourceArn"]
            for action in _READ_QUEUE if ":sqs:" in arn else _READ_STREAM:
                yield action, arn
            if ":dynamodb:" in arn:
                yield "dynamodb:ListStreams", "*"
            failures = (source.get("DestinationConfig") or {}).get("OnFailure")
            if failures:
                yield "sqs:SendMessage", failures["Destination"]

    @contextmanager
    def without(self, *grants: Grant) -> Generator[None]:
        """The role with some of its permissions taken away, in a process that starts anew."""
        statements = [
            {**s, "Action": [action], "Resource": [resource]}
            for s in self.document["Statement"]
            for action in s["Action"]
            for resource in _listed(s["Resource"])
            if Grant(action, resource) not in grants
        ]
        self._put({**self.document, "Statement": statements})
        try:
            self.start_anew()
            yield
        finally:
            self._put(self.document)
            self.start_anew()

    def start_anew(self) -> None:
        """New code, even the same, ends the processes that run the old one."""
        functions = self._cloud.aws("lambda")
        bundle = httpx.get(functions.get_function(FunctionName=self.function)["Code"]["Location"])
        functions.update_function_code(FunctionName=self.function, ZipFile=bundle.content)

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Hand the function an event, as a service would; its answer."""
        answer = self._cloud.aws("lambda").invoke(FunctionName=self.function, Payload=json.dumps(event))
        said = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, said
        return said

    def count_logged(self, *texts: str) -> int:
        """How many lines of the function's log so far hold one of these texts."""
        logs = self._cloud.aws("logs")
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=self.log_group)
        messages = [event["message"] for page in pages for event in page["events"]]
        return sum(any(text in message for text in texts) for message in messages)

    def _put(self, document: dict[str, Any]) -> None:
        self._cloud.aws("iam").put_role_policy(
            RoleName=self.name, PolicyName=self._policy, PolicyDocument=json.dumps(document)
        )


def _allowing(grants: Sequence[Grant], action: str, resource: str) -> list[Grant]:
    return [grant for grant in grants if grant.allows(action, resource)]


def _asked_on_aws(asked: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What AWS asks in addition to what the local cloud asks.

    S3 says that an object is missing only to who may list its bucket (API reference, GetObject). Deleting
    versions takes a right of its own, for which the emulator asks from the second object on. A model called
    by an inference profile may run in any of its regions (Bedrock user guide, "Prerequisites for inference
    profiles"). S3 Vectors lists and finds with metadata only for who may get it (API reference, ListVectors).
    """
    lists_versions = {resource for action, resource in asked if action == "s3:ListBucketVersions"}
    for action, resource in asked:
        bucket = resource.partition("/")[0]
        if action == "s3:GetObject":
            yield "s3:ListBucket", bucket
        elif action == "s3:DeleteObject" and bucket in lists_versions:
            yield "s3:DeleteObjectVersion", resource
        elif action in ("s3vectors:ListVectors", "s3vectors:QueryVectors"):
            yield "s3vectors:GetVectors", resource
        elif profile := _PROFILE.match(resource):
            for region in _PROFILE_REGIONS[profile["geography"]]:
                yield action, f"arn:aws:bedrock:{region}::foundation-model/{profile['model']}"


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
