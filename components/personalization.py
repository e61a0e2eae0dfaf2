"""What the shop knows of a shopper's taste: interactions in, a style profile out."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.event_queue import EventQueue, feed_function, queue_messages
from components._lib.function import Function, FunctionSpec, check_pair
from components._lib.kept import describe_kept, kept_rows, own_rows
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.table import Index, data_table
from components._lib.watched import describe_watched, watched_table

_GATEWAY_LIMIT_SECONDS = 29
_RECORDER_TIMEOUT = 60
_RECEIVES_BEFORE_DEAD_LETTER = 5
_BATCH = 1_000
_WINDOW_SECONDS = 10
_RECORDERS = 5
BOARD_INDEXES = ("by-score", "by-shelf")
"""Indexes by which popular products are read: of all, and of a category."""


class PersonalizationArgs(TypedDict):
    """Inputs of `Personalization`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, without numpy."""
    catalog_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `Catalog`."""
    catalog_policy: pulumi.Input[str]
    """Output `lookup_policy` of `Catalog`."""
    lake_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `interactions_environment` of `Lake`."""
    lake_policy: pulumi.Input[str]
    """Output `interactions_policy` of `Lake`."""
    ranker_environment: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Output `environment` of `PersonalizeRanker`. Default: the built-in ranker alone."""
    ranker_policy: NotRequired[pulumi.Input[str]]
    """Output `policy` of `PersonalizeRanker`; belongs to `ranker_environment`. Default: none."""
    ranker_events_policy: NotRequired[pulumi.Input[str]]
    """Output `events_policy` of `PersonalizeRanker`; belongs to `ranker_environment`. Default: none."""
    weight: NotRequired[pulumi.Input[float]]
    """Weight of taste in searches of shoppers who set none, 0 to 1. Default: 0.3."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: deletion protection, recovery, retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Personalization(pulumi.ComponentResource):
    """A table of style profiles, the function that keeps them, and a queue from which the lake is filled.

    From the same queue a second table learns what is popular.
    """

    environment: pulumi.Output[Mapping[str, str]]
    """Settings STYLES, POPULARITY, and RANKER where there is one (JSON texts), for functions that search."""
    policy: pulumi.Output[str]
    """IAM policy document (JSON text) for reading style profiles and popularity and asking the ranker."""
    kept: pulumi.Output[str]
    """What is kept of shoppers (JSON text), for `Profile`."""
    owner_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for showing and erasing that."""
    function_arn: pulumi.Output[str]
    """Function that answers `POST /interactions` and `GET`, `PATCH` and `DELETE /me/style`."""
    dead_letter_url: pulumi.Output[str]
    """Queue of the interactions that could not be recorded."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(
        self, name: str, args: PersonalizationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(public_token("Personalization"), name, {}, opts)
        check_pair(args, "ranker_environment", "ranker_policy")
        check_pair(args, "ranker_environment", "ranker_events_policy")

        table = data_table(
            f"{name}-styles",
            self,
            hash_key="user_id",
            protect_data=args.get("protect_data", True),
            tags=args.get("tags"),
        )
        waiting = queue_messages(
            name,
            self,
            what="events",
            consumer_timeout=_RECORDER_TIMEOUT,
            receives=_RECEIVES_BEFORE_DEAD_LETTER,
            window_seconds=_WINDOW_SECONDS,
            operation=read_operation(args),
        )
        setting = pulumi.Output.json_dumps(
            {"table": table.name, "weight": args.get("weight", 0.3)}, sort_keys=True
        )
        popularity = _popularity_table(name, self, args)
        board = pulumi.Output.json_dumps({"table": popularity.name}, sort_keys=True)
        function = _keeper(name, self, args, setting, table, waiting)
        recorder = _recorder(name, self, args, waiting, board, popularity)
        feed_function(
            f"{name}-recorder-source",
            self,
            waiting,
            recorder,
            batch_size=_BATCH,
            concurrency=_RECORDERS,
            window_seconds=_WINDOW_SECONDS,
            tags=args.get("tags"),
        )

        ranker = pulumi.Output.from_input(args.get("ranker_environment", {}))
        self.environment = pulumi.Output.all(setting, board, ranker).apply(_name_settings)
        read = iam.document(
            [
                iam.allow(["dynamodb:GetItem"], [table.arn]),
                iam.allow(
                    ["dynamodb:Query"],
                    [pulumi.Output.concat(popularity.arn, "/index/", index) for index in BOARD_INDEXES],
                ),
            ]
        )
        self.policy = iam.merge([read, *([args["ranker_policy"]] if "ranker_policy" in args else [])])
        self.kept = describe_kept(
            kept_rows(
                "style",
                table,
                keys=(),
                hidden=("user_id", "pseudonym", "version", "heard"),
                texts=("events", "muted"),
            )
        )
        self.owner_policy = iam.document(own_rows(table))
        self.function_arn = function.arn
        self.dead_letter_url = waiting.dead_letters.url
        self.watched = describe_watched(
            function.watched,
            recorder.watched,
            *waiting.watched,
            watched_table(f"{name}-styles", table),
            watched_table(f"{name}-popularity", popularity),
        )
        self.register_outputs(
            {
                "environment": self.environment,
                "policy": self.policy,
                "kept": self.kept,
                "owner_policy": self.owner_policy,
                "function_arn": self.function_arn,
                "dead_letter_url": self.dead_letter_url,
                "watched": self.watched,
            }
        )


def _name_settings(known: Sequence[Any]) -> Mapping[str, str]:
    return {"STYLES": known[0], "POPULARITY": known[1], **known[2]}


def _popularity_table(name: str, parent: pulumi.Resource, args: PersonalizationArgs) -> aws.dynamodb.Table:
    by_score, by_shelf = BOARD_INDEXES
    return data_table(
        f"{name}-popularity",
        parent,
        hash_key="product_id",
        range_key="board",
        indexes=[
            Index(name=by_score, hash_key="board", range_key="score", keys_only=True),
            Index(name=by_shelf, hash_key="shelf", range_key="score", keys_only=True),
        ],
        numbers=("score",),
        expires_by="expires_at",
        protect_data=args.get("protect_data", True),
        tags=args.get("tags"),
    )


def _keeper(
    name: str,
    parent: pulumi.Resource,
    args: PersonalizationArgs,
    setting: pulumi.Output[str],
    table: aws.dynamodb.Table,
    waiting: EventQueue,
) -> Function:
    """The function behind the routes."""
    queue = pulumi.Output.json_dumps({"queue_url": waiting.queue.url}, sort_keys=True)
    return Function(
        f"{name}-style",
        FunctionSpec(
            service="personalization",
            handler="runtime.personalization.handler.handler",
            packages=("personalization", "shared"),
            layers=args["layers"],
            timeout=_GATEWAY_LIMIT_SECONDS,
            memory_mb=512,
            operation=read_operation(args),
            environment={"STYLES": setting, "INTERACTIONS": queue},
            bound_environments=(args["catalog_environment"],),
            statements=(
                iam.allow(["dynamodb:GetItem", "dynamodb:PutItem"], [table.arn]),
                iam.allow(["sqs:SendMessage"], [waiting.queue.arn]),
            ),
            bound_policies=(args["catalog_policy"],),
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def _recorder(
    name: str,
    parent: pulumi.Resource,
    args: PersonalizationArgs,
    waiting: EventQueue,
    board: pulumi.Output[str],
    popularity: aws.dynamodb.Table,
) -> Function:
    """The function that fills the lake and counts what is popular."""
    return Function(
        f"{name}-recorder",
        FunctionSpec(
            service="recorder",
            handler="runtime.personalization.recorder.handler",
            packages=("personalization", "shared"),
            layers=args["layers"],
            timeout=_RECORDER_TIMEOUT,
            memory_mb=512,
            operation=read_operation(args),
            environment={"POPULARITY": board},
            bound_environments=(args["lake_environment"], args.get("ranker_environment", {})),
            statements=(
                waiting.receive_statement(),
                iam.allow(["dynamodb:UpdateItem"], [popularity.arn]),
            ),
            bound_policies=(
                args["lake_policy"],
                *([args["ranker_events_policy"]] if "ranker_events_policy" in args else []),
            ),
        ),
        pulumi.ResourceOptions(parent=parent),
    )
