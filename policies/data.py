"""Rules about data: encrypted, kept or discarded on purpose, never lost on the way."""

import re
from collections.abc import Iterator

from policies.stack import (
    BUCKET,
    COLLECTION,
    EVENT_SOURCE,
    FUNCTION,
    LOG_GROUP,
    PERMISSION,
    QUEUE,
    REPOSITORY,
    SECRET,
    TABLE,
    USER_POOL,
    VECTOR_BUCKET,
    Resource,
    Stack,
    Violation,
    of_type,
)

_SECRET_NAME = re.compile(r"(secret|password|token|api_?key|credential)(?!.*(arn|_url)$)", re.IGNORECASE)
_LONG_RANDOM = re.compile(r"(AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN")
_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_CALLERS_WHO_DO_NOT_WAIT = ("events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com")
NOTHING_TO_KEEP = {
    "runtime.canary.handler.handler": "a visit that failed is what it measures, and the next one comes anyway"
}
"""Handlers whose calls from a schedule need not be kept when they failed, with the reason."""
_OWNER = "user_id"  # how the privacy function finds a shopper's rows
_DEFAULT_RETENTION = 345_600
_DEFAULT_VISIBILITY = 30


def encrypt_at_rest(stack: Stack) -> Iterator[Violation]:
    """Buckets, queues and images are encrypted; tables, secrets and S3 Vectors always are."""
    encrypted = {each.text("bucket") for each in of_type(stack, _ENCRYPTION) if each.list("rules")}
    for bucket in of_type(stack, BUCKET):
        if bucket.text("bucket") not in encrypted:
            yield Violation(bucket.name, "has no server-side encryption configuration")
    for queue in of_type(stack, QUEUE):
        if queue.properties.get("sqsManagedSseEnabled") is not True and not queue.text("kmsMasterKeyId"):
            yield Violation(queue.name, "set sqsManagedSseEnabled")
    for repository in of_type(stack, REPOSITORY):
        if not repository.list("encryptionConfigurations"):
            yield Violation(repository.name, "set encryptionConfigurations")


def end_logs(stack: Stack) -> Iterator[Violation]:
    """Every log group has a retention, and every function writes to a declared group."""
    for group in of_type(stack, LOG_GROUP):
        if not group.properties.get("retentionInDays"):
            yield Violation(group.name, "set retentionInDays; without it logs are kept and paid for ever")
    groups = {group.text("name") for group in of_type(stack, LOG_GROUP)}
    for function in of_type(stack, FUNCTION):
        if function.map("loggingConfig").get("logGroup") not in groups:
            yield Violation(function.name, "set loggingConfig.logGroup to a group of this stack")


def catch_dead_letters(stack: Stack) -> Iterator[Violation]:
    """Every queue hands poison on to a queue that keeps messages longer, unless it is such a queue itself."""
    queues = {queue.text("arn"): queue for queue in of_type(stack, QUEUE)}
    ends = list(_dead_letter_ends(stack))
    for resource, end in ends:
        if end not in queues:
            yield Violation(resource.name, f"hands failures on to {end}, which is no queue of this stack")
    for arn, queue in queues.items():
        redrive = queue.map("redrivePolicy")
        if not redrive and arn not in {end for _, end in ends}:
            yield Violation(
                queue.name, "has no redrivePolicy: a poison message would come back until it expires"
            )
        target = queues.get(redrive.get("deadLetterTargetArn", ""))
        if target is not None and _retention(target) <= _retention(queue):
            yield Violation(target.name, f"must keep messages longer than {queue.name}")


def _dead_letter_ends(stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Who hands on what failed, and the ARN of where to."""
    for queue in of_type(stack, QUEUE):
        if arn := queue.map("redrivePolicy").get("deadLetterTargetArn"):
            yield queue, arn
    for function in of_type(stack, FUNCTION):
        if arn := function.map("deadLetterConfig").get("targetArn"):
            yield function, arn
    for source in of_type(stack, EVENT_SOURCE):
        if arn := source.map("destinationConfig").get("onFailure", {}).get("destinationArn"):
            yield source, arn


def catch_failed_calls(stack: Stack) -> Iterator[Violation]:
    """A function that a schedule or an event calls says where to a call goes that failed every time."""
    called = {
        permission.text("function")
        for permission in of_type(stack, PERMISSION)
        if permission.text("principal") in _CALLERS_WHO_DO_NOT_WAIT
    }
    for function in of_type(stack, FUNCTION):
        is_called = {function.text("arn"), function.text("name")} & called
        if function.text("handler") in NOTHING_TO_KEEP:
            continue
        if is_called and not function.map("deadLetterConfig").get("targetArn"):
            yield Violation(function.name, "set deadLetterConfig.targetArn: nobody waits for its answer")


def _retention(queue: Resource) -> int:
    return int(queue.properties.get("messageRetentionSeconds") or _DEFAULT_RETENTION)


def handle_failed_events(stack: Stack) -> Iterator[Violation]:
    """An event source reports failures one by one; a stream also bisects, gives up and says where to."""
    for source in of_type(stack, EVENT_SOURCE):
        if "ReportBatchItemFailures" not in source.list("functionResponseTypes"):
            yield Violation(source.name, "set functionResponseTypes to ReportBatchItemFailures")
        is_stream = ":sqs:" not in source.text("eventSourceArn")
        if is_stream and not source.properties.get("bisectBatchOnFunctionError"):
            yield Violation(source.name, "set bisectBatchOnFunctionError")
        if is_stream and int(source.properties.get("maximumRetryAttempts") or -1) < 0:
            yield Violation(source.name, "set maximumRetryAttempts; the default is until the record expires")
        if is_stream and not source.map("destinationConfig"):
            yield Violation(source.name, "set destinationConfig.onFailure")


def hide_messages_long_enough(stack: Stack) -> Iterator[Violation]:
    """A queue hides a message for six times the timeout of the function that it feeds, and its window."""
    functions = {function.text("name"): function for function in of_type(stack, FUNCTION)}
    queues = {queue.text("arn"): queue for queue in of_type(stack, QUEUE)}
    for source in of_type(stack, EVENT_SOURCE):
        queue = queues.get(source.text("eventSourceArn"))
        function = functions.get(source.text("functionName"))
        if queue is None or function is None:
            continue
        window = int(source.properties.get("maximumBatchingWindowInSeconds") or 0)
        needed = 6 * int(function.properties.get("timeout") or 3) + window
        hidden = int(queue.properties.get("visibilityTimeoutSeconds") or _DEFAULT_VISIBILITY)
        if hidden < needed:
            yield Violation(queue.name, f"hides messages for {hidden} s; {function.name} needs {needed} s")


def keep_secrets_out_of_environments(stack: Stack) -> Iterator[Violation]:
    """No function has a secret in its environment; the ARN of one is enough."""
    for function in of_type(stack, FUNCTION):
        for key, value in function.map("environment").get("variables", {}).items():
            if _SECRET_NAME.search(key) or _LONG_RANDOM.search(str(value)):
                yield Violation(function.name, f"{key} looks like a secret; pass the ARN of a secret")


def protect_all_data_or_none(stack: Stack) -> Iterator[Violation]:
    """Data is protected in every way or in none; a half protected stack can neither be kept nor destroyed."""
    ways = [way for resource in stack for way in _protections(resource)]
    if len({on for _, _, on in ways}) < 2:
        return
    for name, way, on in ways:
        if not on:
            yield Violation(name, f"other data of the stack is protected; {way}")


def _protections(resource: Resource) -> list[tuple[str, str, bool]]:
    """Name, what to do, and whether it is done, for each way in which a resource's data is protected."""
    read = resource.properties.get
    ways: dict[str, list[tuple[str, bool]]] = {
        TABLE: [
            ("set deletionProtectionEnabled", read("deletionProtectionEnabled") is True),
            ("enable pointInTimeRecovery", resource.map("pointInTimeRecovery").get("enabled") is True),
            ("set the option protect", resource.protect),
        ],
        BUCKET: [
            ("leave forceDestroy off", read("forceDestroy") is not True),
            ("set the option protect", resource.protect),
        ],
        VECTOR_BUCKET: [
            ("leave forceDestroy off", read("forceDestroy") is not True),
            ("set the option protect", resource.protect),
        ],
        COLLECTION: [("set the option protect", resource.protect)],
        USER_POOL: [
            ("set deletionProtection to ACTIVE", read("deletionProtection") == "ACTIVE"),
            ("set the option protect", resource.protect),
        ],
        SECRET: [("leave a recovery window", read("recoveryWindowInDays") != 0)],
    }
    return [(resource.name, text, on) for text, on in ways.get(resource.type, [])]


def show_and_erase_all_of_a_shopper(stack: Stack) -> Iterator[Violation]:
    """Every table with rows by shopper is known to the function that shows and erases them."""
    environments = [each.map("environment").get("variables", {}) for each in of_type(stack, FUNCTION)]
    known = [variables for variables in environments if "KEPT" in variables]
    told = " ".join(f"{variables['KEPT']} {variables.get('PROFILES', '')}" for variables in known)
    for table in of_type(stack, TABLE):
        if known and _OWNER in _key_attributes(table) and f'"{table.text("name")}"' not in told:
            yield Violation(table.name, f"has rows by {_OWNER}: name it in the `kept` of the stack's Profile")


def _key_attributes(table: Resource) -> set[str]:
    """The attributes of a table's keys and of its indexes' keys."""
    keys = {table.text("hashKey"), table.text("rangeKey")} - {""}
    for index in table.list("globalSecondaryIndexes"):
        keys |= {part["attributeName"] for part in index.get("keySchemas", [])}
        keys |= {index[key] for key in ("hashKey", "rangeKey") if index.get(key)}
    return keys


def declare_only_key_attributes(stack: Stack) -> Iterator[Violation]:
    """A table declares the attributes of its keys and of its indexes' keys, and nothing else."""
    for table in of_type(stack, TABLE):
        keys = _key_attributes(table)
        declared = {attribute["name"] for attribute in table.list("attributes")}
        if keys != declared:
            yield Violation(table.name, f"declares {sorted(declared)}, but its keys are {sorted(keys)}")


def notify_once_per_bucket(stack: Stack) -> Iterator[Violation]:
    """A bucket has one notification; a second one would replace the first."""
    seen: set[str] = set()
    for notification in of_type(stack, "aws:s3/bucketNotification:BucketNotification"):
        bucket = notification.text("bucket")
        if bucket in seen:
            yield Violation(notification.name, f"{bucket} already has a notification; merge them")
        seen.add(bucket)
