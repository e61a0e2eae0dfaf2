"""Queues that feed functions: of what happens in a bucket, or of work that is sent to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.alarm import Watch, of_dead_letters, of_queue
from components._lib.function import Function
from components._lib.operation import Operation
from components._lib.watched import Row, watched_letters, watched_queue

_DAY = 24 * 3600
DEAD_LETTERS_KEPT = 14 * _DAY
_EVENTS_KEPT = 4 * _DAY
# A message that failed is hidden for six time-outs of its function, up to half an hour.
_PATIENCE = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQueue:
    """Messages for a function, and those that it could do nothing about."""

    queue: aws.sqs.Queue
    dead_letters: aws.sqs.Queue
    watched: tuple[Row, Row]

    def receive_statement(self) -> iam.Statement:
        """What a function must be allowed to do to be fed from the queue."""
        return iam.allow(
            ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], [self.queue.arn]
        )


def queue_bucket_events(
    name: str,
    parent: pulumi.Resource,
    bucket: aws.s3.Bucket,
    *,
    notification_id: str,
    prefix: str,
    consumer_timeout: int,
    receives: int,
    window_seconds: int = 0,
    suffix: str = "",
    removals: bool = True,
    operation: Operation,
) -> EventQueue:
    """Declare the queue of all creations and `removals` below `prefix`, and where poison ends.

    A message is handed out `receives` times to a function of `consumer_timeout` seconds, which waits for
    more of them for `window_seconds`. The bucket may have no other notification.
    """
    opts = pulumi.ResourceOptions(parent=parent)
    events = queue_messages(
        name,
        parent,
        what="events",
        consumer_timeout=consumer_timeout,
        receives=receives,
        window_seconds=window_seconds,
        operation=operation,
    )
    policy = aws.sqs.QueuePolicy(
        f"{name}-events-policy",
        queue_url=events.queue.url,
        policy=_let_bucket_send(parent, events.queue, bucket),
        opts=opts,
    )
    aws.s3.BucketNotification(
        f"{name}-notification",
        bucket=bucket.bucket,
        queues=[_notify(notification_id, events.queue, prefix, suffix, removals)],
        # S3 tries the queue when the notification is made, and fails without the policy.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy]),
    )
    return events


def queue_messages(
    name: str,
    parent: pulumi.Resource,
    *,
    what: str,
    consumer_timeout: int,
    receives: int,
    window_seconds: int = 0,
    operation: Operation,
) -> EventQueue:
    """Declare the queue `<name>-<what>` and where poison ends; the times are as in `queue_bucket_events`.

    With a topic, it is told of dead letters and of messages that nobody takes.
    """
    opts = pulumi.ResourceOptions(parent=parent)
    dead_letters = aws.sqs.Queue(
        f"{name}-dead-letters",
        message_retention_seconds=DEAD_LETTERS_KEPT,
        sqs_managed_sse_enabled=True,
        tags=operation.tags,
        opts=opts,
    )
    queue = aws.sqs.Queue(
        f"{name}-{what}",
        # AWS asks for six times the function's timeout and the window, or a message is handed out twice.
        visibility_timeout_seconds=6 * consumer_timeout + window_seconds,
        message_retention_seconds=_EVENTS_KEPT,
        redrive_policy=pulumi.Output.json_dumps(
            {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": receives}, sort_keys=True
        ),
        sqs_managed_sse_enabled=True,
        tags=operation.tags,
        opts=opts,
    )
    aws.sqs.RedriveAllowPolicy(
        f"{name}-dead-letters-allow",
        queue_url=dead_letters.url,
        redrive_allow_policy=pulumi.Output.json_dumps(
            {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}, sort_keys=True
        ),
        opts=opts,
    )
    watch = Watch(parent=parent, operation=operation)
    watch.add(f"{name}-dead-letters", of_dead_letters(dead_letters.name))
    watch.add(f"{name}-{what}", of_queue(queue.name, _PATIENCE))
    return EventQueue(
        queue=queue,
        dead_letters=dead_letters,
        watched=(
            watched_queue(f"{name}-{what}", queue),
            watched_letters(f"{name}-dead-letters", dead_letters),
        ),
    )


def failures_queue(name: str, parent: pulumi.Resource, operation: Operation) -> aws.sqs.Queue:
    """Declare the queue `<name>-failures`, for events of asynchronous calls that failed for good."""
    queue = aws.sqs.Queue(
        f"{name}-failures",
        message_retention_seconds=DEAD_LETTERS_KEPT,
        sqs_managed_sse_enabled=True,
        tags=operation.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    Watch(parent=parent, operation=operation).add(f"{name}-failures", of_dead_letters(queue.name))
    return queue


def feed_function(
    name: str,
    parent: pulumi.Resource,
    events: EventQueue,
    function: Function,
    *,
    batch_size: int,
    concurrency: int,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
    window_seconds: int | None = None,
) -> None:
    """Hand the queue's messages to a function, up to `concurrency` batches at once.

    With `window_seconds` a batch waits that long for more messages; Lambda wants one above ten messages.
    """
    aws.lambda_.EventSourceMapping(
        name,
        event_source_arn=events.queue.arn,
        function_name=function.name,
        batch_size=batch_size,
        maximum_batching_window_in_seconds=window_seconds,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config={"maximum_concurrency": concurrency},
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _let_bucket_send(
    parent: pulumi.Resource, queue: aws.sqs.Queue, bucket: aws.s3.Bucket
) -> pulumi.Output[str]:
    account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=parent)).account_id
    from_bucket = iam.allow(
        ["sqs:SendMessage"],
        [queue.arn],
        {"ArnEquals": {"aws:SourceArn": bucket.arn}, "StringEquals": {"aws:SourceAccount": account}},
    )
    return iam.document([{**from_bucket, "Principal": {"Service": "s3.amazonaws.com"}}])


def _notify(notification_id: str, queue: aws.sqs.Queue, prefix: str, suffix: str, removals: bool) -> Any:
    events = ["s3:ObjectCreated:*", *(["s3:ObjectRemoved:*"] if removals else [])]
    filters = {"filter_prefix": prefix, "filter_suffix": suffix}
    return {
        "id": notification_id,
        "queue_arn": queue.arn,
        "events": events,
        **{name: text for name, text in filters.items() if text},
    }
