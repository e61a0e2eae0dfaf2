"""Rules about who may do what."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.stack import (
    BUCKET,
    EVENT_SOURCE,
    FUNCTION,
    PERMISSION,
    QUEUE,
    ROLE,
    ROLE_POLICY,
    TABLE,
    Stack,
    Violation,
    as_list,
    grants,
    of_type,
    statements,
)

_INLINE_LIMIT = 10_240
_RECEIVE = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_READ_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")


@dataclass(frozen=True, slots=True)
class AllowedStar:
    """A `*` that is meant: the actions, the resources (regular expressions) and why it cannot be narrower."""

    actions: str
    resources: str
    reason: str


ALLOWED_STARS = (
    AllowedStar(
        r"dynamodb:ListStreams",
        r"\*",
        "To list streams is not about one of them: the action accepts only *.",
    ),
    AllowedStar(
        r"states:DescribeExecution",
        r"arn:aws:states:[^*]+:execution:[^*]+:\*",
        "The executions of one state machine: they are named after the jobs.",
    ),
    AllowedStar(
        r"logs:((Create|Delete|Get|Update)LogDelivery|ListLogDeliveries"
        r"|DescribeLogGroups|DescribeResourcePolicies|PutResourcePolicy)",
        r"\*",
        "Log deliveries, by which a state machine writes its log, have no ARNs to name.",
    ),
    AllowedStar(
        r"xray:(Put(TelemetryRecords|TraceSegments)|GetSampling(Rules|Targets))",
        r"\*",
        "X-Ray has no resources to name: it accepts only *.",
    ),
    AllowedStar(
        r"logs:(CreateLogStream|PutLogEvents)",
        r"arn:aws:logs:[^*]+:log-group:[^*]+:\*",
        "Lambda names the streams within the function's own log group.",
    ),
    AllowedStar(
        r"s3:GetObject",
        r"arn:aws:s3:::[^*/]+/indexes/\*/(latest|manifest\.json)",
        "What a snapshot says of itself, without the vectors: its folder is named after the model.",
    ),
    AllowedStar(
        r"s3:(AbortMultipartUpload|DeleteObject|DeleteObjectVersion|GetObject|PutObject)",
        r"arn:aws:s3:::[^*/]+/([^*]+/)?\*",
        "The objects of one bucket, or below one prefix of it: their keys come with the data.",
    ),
    AllowedStar(
        r"ecr:GetAuthorizationToken",
        r"\*",
        "Signing in to ECR is for the account's registry as a whole.",
    ),
    AllowedStar(
        r"execute-api:ManageConnections",
        r"arn:aws:execute-api:[^*]+/POST/@connections/\*",
        "The connections of one stage: API Gateway makes their ids as they come.",
    ),
    AllowedStar(
        r"logs:((Create|Delete|Get|Update)LogDelivery|ListLogDeliveries|PutResourcePolicy"
        r"|Describe(LogGroups|ResourcePolicies))|xray:(GetSampling(Rules|Targets))",
        r"\*",
        "What Step Functions needs to write its log and its traces has no resources to name.",
    ),
    AllowedStar(
        r"personalize:List(EventTrackers|SolutionVersions)",
        r"\*",
        "Lists of Amazon Personalize have no resources to name.",
    ),
    AllowedStar(
        r"personalize:((Create|Delete|Describe)EventTracker|PutEvents)",
        r"arn:aws:personalize:[^*]+:event-tracker/\*",
        "Amazon Personalize makes the id of an event tracker, after the deployment.",
    ),
    AllowedStar(
        r"personalize:((Create|Delete|Describe)Solution|(Create|Describe)SolutionVersion|GetSolutionMetrics)",
        r"arn:aws:personalize:[^*]+:solution/[^*/]+/\*",
        "The versions of one solution: Amazon Personalize makes their ids.",
    ),
    AllowedStar(
        r"personalize:(Create|Describe)DatasetImportJob",
        r"arn:aws:personalize:[^*]+:dataset-import-job/[^*/]+-\*",
        "Every training has an import job of its own, called as the stack is and then as the run.",
    ),
)
# Services that take a role only for what this account itself has given it, one resource each.
_TRUSTED_AS_THEY_ARE = ("apigateway.amazonaws.com", "lambda.amazonaws.com")


def allow_no_unexplained_star(stack: Stack) -> Iterator[Violation]:
    """An inline policy allows exact actions on exact resources; each * has a written reason."""
    for policy in of_type(stack, ROLE_POLICY):
        for statement in statements(policy.map("policy")):
            yield from (Violation(policy.name, text) for text in _unexplained(statement))


def _unexplained(statement: Mapping[str, Any]) -> Iterator[str]:
    if statement.get("Effect") != "Allow":
        return
    if "NotAction" in statement or "NotResource" in statement:
        yield "allows everything except something; list what is needed instead"
        return
    for action in as_list(statement["Action"]):
        for resource in as_list(statement["Resource"]):
            if "*" in action:
                yield f"allows {action}; list the actions that are needed"
            elif "*" in resource and not _is_allowed(action, resource):
                yield f"allows {action} on {resource}; name the resource, or give the reason in ALLOWED_STARS"


def _is_allowed(action: str, resource: str) -> bool:
    return any(
        re.fullmatch(star.actions, action) and re.fullmatch(star.resources, resource)
        for star in ALLOWED_STARS
    )


def keep_inline_policies_small(stack: Stack) -> Iterator[Violation]:
    """The inline policies of a role have at most 10,240 characters together, IAM's limit."""
    sizes: Counter[str] = Counter()
    for policy in of_type(stack, ROLE_POLICY):
        sizes[policy.text("role")] += len(re.sub(r"\s", "", policy.text("policy")))
    for role, size in sizes.items():
        if size > _INLINE_LIMIT:
            yield Violation(role, f"inline policies have {size} characters; IAM takes {_INLINE_LIMIT}")


def give_each_function_its_role(stack: Stack) -> Iterator[Violation]:
    """No two functions share a role."""
    users = Counter(function.text("role") for function in of_type(stack, FUNCTION))
    for function in of_type(stack, FUNCTION):
        if users[function.text("role")] > 1:
            yield Violation(function.name, "shares its role with another function; give it one of its own")


def trust_only_one_service(stack: Stack) -> Iterator[Violation]:
    """A role is assumed by one AWS service, never by accounts or by everyone."""
    for role in of_type(stack, ROLE):
        for statement in statements(role.map("assumeRolePolicy")):
            principal = statement.get("Principal")
            service = principal.get("Service") if isinstance(principal, Mapping) else None
            if not isinstance(service, str) or "*" in service:
                yield Violation(role.name, f"trusts {principal}; name the one service that needs it")


def name_who_is_served(stack: Stack) -> Iterator[Violation]:
    """A role that a service takes on someone's behalf names this account and the kind of its resources."""
    for role in of_type(stack, ROLE):
        for statement in statements(role.map("assumeRolePolicy")):
            principal = statement.get("Principal")
            service = principal.get("Service") if isinstance(principal, Mapping) else None
            condition = str(statement.get("Condition", ""))
            named = "aws:SourceArn" in condition and "aws:SourceAccount" in condition
            if service not in _TRUSTED_AS_THEY_ARE and not named:
                yield Violation(
                    role.name, "set aws:SourceArn and aws:SourceAccount as conditions of the trust"
                )


def pass_roles_exactly(stack: Stack) -> Iterator[Violation]:
    """Whoever may hand over a role may hand over one, and to one service."""
    for policy in of_type(stack, ROLE_POLICY):
        for statement in statements(policy.map("policy")):
            if "iam:PassRole" not in as_list(statement.get("Action")) or statement.get("Effect") != "Allow":
                continue
            if "iam:PassedToService" not in str(statement.get("Condition", "")):
                yield Violation(policy.name, "set iam:PassedToService as condition of iam:PassRole")
            if any("*" in resource for resource in as_list(statement.get("Resource"))):
                yield Violation(policy.name, "name the one role that iam:PassRole is for")


def name_who_invokes(stack: Stack) -> Iterator[Violation]:
    """A function's resource policy names the exact caller, so that nobody else's gateway can stand in."""
    for permission in of_type(stack, PERMISSION):
        source = permission.text("sourceArn")
        # Of an API: its id, stage and method. Behind them a parameter of the path stands as a star.
        caller = source.split("/")[:3]
        if not source.startswith("arn:") or "*" in "".join(caller):
            yield Violation(
                permission.name, f"lets {source or 'any source'} invoke; set sourceArn to the caller"
            )


def name_who_sends(stack: Stack) -> Iterator[Violation]:
    """A queue that a service may write to names the source's ARN and account."""
    for policy in of_type(stack, "aws:sqs/queuePolicy:QueuePolicy"):
        for statement in statements(policy.map("policy")):
            condition = str(statement.get("Condition", ""))
            if "aws:SourceArn" not in condition or "aws:SourceAccount" not in condition:
                yield Violation(policy.name, "set aws:SourceArn and aws:SourceAccount as conditions")


def refuse_plain_http(stack: Stack) -> Iterator[Violation]:
    """Every bucket refuses requests without TLS."""
    protected = {
        policy.text("bucket")
        for policy in of_type(stack, "aws:s3/bucketPolicy:BucketPolicy")
        for statement in statements(policy.map("policy"))
        if statement.get("Effect") == "Deny"
        and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") in ("false", False)
        and f"arn:aws:s3:::{policy.text('bucket')}/*" in as_list(statement.get("Resource"))
    }
    for bucket in of_type(stack, BUCKET):
        if bucket.text("bucket") not in protected:
            yield Violation(bucket.name, "has no policy that denies aws:SecureTransport = false")


def block_public_access(stack: Stack) -> Iterator[Violation]:
    """Every bucket blocks public access in all four ways."""
    ways = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    closed = {
        block.text("bucket")
        for block in of_type(stack, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
        if all(block.properties.get(way) is True for way in ways)
    }
    for bucket in of_type(stack, BUCKET):
        if bucket.text("bucket") not in closed:
            yield Violation(bucket.name, "has no public access block with all four settings on")


def let_sources_be_read(stack: Stack) -> Iterator[Violation]:
    """The role of a function that a queue or a table's stream feeds may read what feeds it."""
    functions = {function.text("name"): function for function in of_type(stack, FUNCTION)}
    queues = {queue.text("arn") for queue in of_type(stack, QUEUE)}
    streams = {table.text("streamArn") for table in of_type(stack, TABLE)} - {""}
    for source in of_type(stack, EVENT_SOURCE):
        function = functions.get(source.text("functionName"))
        read = source.text("eventSourceArn")
        if function is None or read not in queues | streams:
            yield Violation(source.name, "connects a function or a source that is not in this stack")
            continue
        for action in _RECEIVE if read in queues else _READ_STREAM:
            if not grants(stack, function, action, read):
                yield Violation(source.name, f"needs {action} on its source in the function's role")
        failures = source.map("destinationConfig").get("onFailure", {}).get("destinationArn")
        if failures and not grants(stack, function, "sqs:SendMessage", failures):
            yield Violation(source.name, "needs sqs:SendMessage on its destination in the function's role")


def let_dead_letters_be_sent(stack: Stack) -> Iterator[Violation]:
    """A function that has a dead-letter queue may write to it."""
    for function in of_type(stack, FUNCTION):
        target = function.map("deadLetterConfig").get("targetArn")
        if target and not grants(stack, function, "sqs:SendMessage", target):
            yield Violation(function.name, "needs sqs:SendMessage on its dead-letter queue")
