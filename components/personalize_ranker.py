"""Amazon Personalize as the ranker of searches: trained every week on the lake, live by a pointer in S3.

Only what surrounds Personalize is declared here; what is in it is made, replaced and removed by the workflow.
The provider has no resources for it, Cloud Control has none for imports and solution versions and cannot turn
off a solution's automatic training, and a half-declared chain could not be destroyed: a dataset group stays
until the solutions and campaigns are gone that only the workflow knows of.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.bedrock import Place, find_place
from components._lib.bucket import private_bucket
from components._lib.function import Function, FunctionSpec
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.ranker_training import STEP_SECONDS, definition
from components._lib.watched import describe_watched
from components._lib.workflow import Workflow, WorkflowSpec

_SERVICE = "personalize.amazonaws.com"
_POINTER_KEY = "live/ranker.json"
_EXPORTS = "exports/*"
_KEEP_EXPORTS_DAYS = 14


class PersonalizeRankerArgs(TypedDict):
    """Inputs of `PersonalizeRanker`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, without numpy."""
    physical_name: pulumi.Input[str]
    """Name, unique in account and region, of everything in Personalize; at most 49 characters."""
    lake_bucket: pulumi.Input[str]
    """Name of the bucket that interactions are recorded in."""
    lake_prefix: NotRequired[str]
    """Beginning of the keys of interactions in it. Default: `interactions/`."""
    transactions_per_second: NotRequired[int]
    """Requests a second that the campaign is always ready for, and paid for. Default: 1."""
    margin_percent: NotRequired[int]
    """By how much a new model may be worse than the live one and still replace it. Default: 5."""
    retrain_days: NotRequired[int]
    """Days between two trainings, at least 2. Default: 7."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: protection and retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class PersonalizeRanker(pulumi.ComponentResource):
    """A workflow that keeps a campaign of Amazon Personalize, and what functions need to ask it."""

    environment: pulumi.Output[Mapping[str, str]]
    """Setting RANKER (JSON text) for functions that rank and for those that take interactions."""
    policy: pulumi.Output[str]
    """IAM policy document (JSON text) for ranking."""
    events_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for telling of interactions as they come."""
    workflow_arn: pulumi.Output[str]
    """State machine that trains, `{"action": "train"}`, or removes everything, `{"action": "remove"}`."""
    training_function_arn: pulumi.Output[str]
    """Function that does the workflow's steps."""
    bucket: pulumi.Output[str]
    """Name of the bucket of exports and of the pointer to the live model."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(
        self, name: str, args: PersonalizeRankerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(public_token("PersonalizeRanker"), name, {}, opts)
        days = int(args.get("retrain_days", 7))
        _check(args, days)

        place = find_place(self)
        bucket = private_bucket(
            f"{name}-models",
            self,
            versioned=False,
            protect_data=args.get("protect_data", True),
            tags=args.get("tags"),
            expire_days=_KEEP_EXPORTS_DAYS,
            expire_prefix=_EXPORTS.removesuffix("*"),
            share=lambda arn: _let_personalize_read(place, arn),
        )
        role = _reader_role(name, self, args, place, bucket)
        function = _training_function(name, self, args, place, bucket, role)
        ending = aws.lambda_.Invocation(
            f"{name}-ending",
            function_name=function.name,
            input="{}",
            # The function hears when this resource is deleted, and removes the campaign, paid by the hour.
            lifecycle_scope="CRUD",
            opts=pulumi.ResourceOptions(parent=self),
        )
        workflow = Workflow(
            f"{name}-workflow",
            WorkflowSpec(
                definition=definition(function.arn),
                functions=[function.arn],
                operation=read_operation(args),
                schedule=f"rate({days} days)",
                schedule_input='{"action": "train"}',
                # Deleted before the ending, so that no run makes a campaign behind its back.
                depends_on=[ending],
            ),
            pulumi.ResourceOptions(parent=self),
        )

        self.environment = pulumi.Output.all(
            RANKER=pulumi.Output.json_dumps({"kind": "personalize", "bucket": bucket.bucket}, sort_keys=True)
        )
        self.policy = iam.document(
            [
                iam.allow(
                    ["personalize:GetPersonalizedRanking"],
                    [_arn(place, "campaign/", args["physical_name"])],
                ),
                *_read_pointer(bucket),
            ]
        )
        self.events_policy = iam.document(
            [
                # Personalize makes the id of a tracker, and that after the deployment.
                iam.allow(["personalize:PutEvents"], [_arn(place, "event-tracker/*")]),
                *_read_pointer(bucket),
            ]
        )
        self.workflow_arn = workflow.arn
        self.training_function_arn = function.arn
        self.bucket = bucket.bucket
        self.watched = describe_watched(function.watched, workflow.watched)
        self.register_outputs(
            {
                "environment": self.environment,
                "policy": self.policy,
                "events_policy": self.events_policy,
                "workflow_arn": self.workflow_arn,
                "training_function_arn": self.training_function_arn,
                "bucket": self.bucket,
                "watched": self.watched,
            }
        )


def _check(args: PersonalizeRankerArgs, days: int) -> None:
    if days < 2:
        raise ValueError(f"retrain_days: {days} is refused: a training may last a day; use at least 2")
    if int(args.get("transactions_per_second", 1)) < 1:
        raise ValueError("transactions_per_second: a campaign has at least 1")
    if not 0 <= int(args.get("margin_percent", 5)) < 100:
        raise ValueError("margin_percent: use 0 to 99")
    prefix = args.get("lake_prefix", "interactions/")
    if not prefix.endswith("/") or "*" in prefix:
        raise ValueError(f"lake_prefix: {prefix!r} is no folder; write it with a slash at its end")


def _arn(place: Place, *tail: pulumi.Input[str]) -> pulumi.Output[str]:
    return pulumi.Output.concat("arn:aws:personalize:", place.region, ":", place.account, ":", *tail)


def _conditions(place: Place) -> dict[str, Any]:
    """Personalize acts for this account only, whatever others tell it to read."""
    return {
        "ArnLike": {"aws:SourceArn": _arn(place, "*")},
        "StringEquals": {"aws:SourceAccount": place.account},
    }


def _let_personalize_read(place: Place, bucket_arn: pulumi.Output[str]) -> list[iam.Statement]:
    """Personalize wants both its role and the bucket to allow it.

    https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html
    """
    who, only_for_us = {"Principal": {"Service": _SERVICE}}, _conditions(place)
    exports = pulumi.Output.concat(bucket_arn, "/", _EXPORTS)
    return [
        iam.allow(["s3:GetObject"], [exports], only_for_us) | who,
        iam.allow(["s3:ListBucket"], [bucket_arn], only_for_us) | who,
    ]


def _reader_role(
    name: str,
    parent: pulumi.Resource,
    args: PersonalizeRankerArgs,
    place: Place,
    bucket: aws.s3.Bucket,
) -> aws.iam.Role:
    """What Personalize may do here: read exports."""
    opts = pulumi.ResourceOptions(parent=parent)
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": _SERVICE},
        "Action": "sts:AssumeRole",
        "Condition": _conditions(place),
    }
    role = aws.iam.Role(
        f"{name}-reader-role", assume_role_policy=iam.document([trust]), tags=args.get("tags"), opts=opts
    )
    aws.iam.RolePolicy(
        f"{name}-reader-policy",
        role=role.name,
        policy=iam.document(
            [
                iam.allow(["s3:GetObject"], [pulumi.Output.concat(bucket.arn, "/", _EXPORTS)]),
                iam.allow(["s3:ListBucket"], [bucket.arn]),
            ]
        ),
        opts=opts,
    )
    return role


def _training_function(
    name: str,
    parent: pulumi.Resource,
    args: PersonalizeRankerArgs,
    place: Place,
    bucket: aws.s3.Bucket,
    role: aws.iam.Role,
) -> Function:
    prefix = args.get("lake_prefix", "interactions/")
    lake_arn = pulumi.Output.concat("arn:aws:s3:::", args["lake_bucket"])
    setting = pulumi.Output.json_dumps(
        {
            "lake_bucket": args["lake_bucket"],
            "lake_prefix": prefix,
            "bucket": bucket.bucket,
            "role_arn": role.arn,
            "name": args["physical_name"],
            "region": place.region,
            "account": place.account,
            "transactions_per_second": int(args.get("transactions_per_second", 1)),
            "margin": int(args.get("margin_percent", 5)) / 100,
        },
        sort_keys=True,
    )
    return Function(
        f"{name}-training",
        FunctionSpec(
            service="ranker-training",
            handler="runtime.personalization.training.handler.handler",
            packages=("personalization", "shared"),
            layers=args["layers"],
            timeout=STEP_SECONDS,
            # It remembers the id of every interaction, to count none twice: some 100 bytes each.
            memory_mb=2048,
            operation=read_operation(args),
            environment={"TRAINING": setting},
            statements=(
                iam.allow(["s3:GetObject"], [pulumi.Output.concat(lake_arn, "/", prefix, "*")]),
                iam.allow(["s3:ListBucket"], [lake_arn]),
                iam.allow(["s3:PutObject"], [pulumi.Output.concat(bucket.arn, "/", _EXPORTS)]),
                iam.allow(
                    ["s3:DeleteObject", "s3:PutObject"], [pulumi.Output.concat(bucket.arn, "/", _POINTER_KEY)]
                ),
                *_read_pointer(bucket),
                *_train(place, args["physical_name"]),
                iam.allow(["iam:PassRole"], [role.arn], {"StringEquals": {"iam:PassedToService": _SERVICE}}),
            ),
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def _train(place: Place, name: pulumi.Input[str]) -> list[iam.Statement]:
    """Everything in Personalize that is called as the stack is.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpersonalize.html
    """
    solution = _arn(place, "solution/", name)
    return [
        _life("Schema", [_arn(place, "schema/", name)]),
        _life("DatasetGroup", [_arn(place, "dataset-group/", name)]),
        _life("Dataset", [_arn(place, "dataset/", name, "/INTERACTIONS")]),
        _life("Campaign", [_arn(place, "campaign/", name)], "UpdateCampaign"),
        _life("Solution", [solution], "CreateSolutionVersion"),
        # Versions lie below their solution, under ids that Personalize makes.
        iam.allow(
            ["personalize:DescribeSolutionVersion", "personalize:GetSolutionMetrics"],
            [solution, pulumi.Output.concat(solution, "/*")],
        ),
        # Every run has an import job of its own.
        iam.allow(
            ["personalize:CreateDatasetImportJob", "personalize:DescribeDatasetImportJob"],
            [_arn(place, "dataset-import-job/", name, "-*")],
        ),
        # Personalize makes the ids of trackers.
        _life("EventTracker", [_arn(place, "event-tracker/*")]),
        # Lists know no resources: these two actions accept only "*".
        iam.allow(["personalize:ListEventTrackers", "personalize:ListSolutionVersions"], ["*"]),
    ]


def _life(kind: str, arns: Sequence[pulumi.Input[str]], *more: str) -> iam.Statement:
    actions = [f"Create{kind}", f"Delete{kind}", f"Describe{kind}", *more]
    return iam.allow([f"personalize:{action}" for action in actions], arns)


def _read_pointer(bucket: aws.s3.Bucket) -> list[iam.Statement]:
    return [
        iam.allow(["s3:GetObject"], [pulumi.Output.concat(bucket.arn, "/", _POINTER_KEY)]),
        # Without it S3 answers "forbidden" instead of "not there" while no model is live.
        iam.allow(["s3:ListBucket"], [bucket.arn]),
    ]
