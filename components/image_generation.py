"""Pictures of outfits, made by a model, within limits."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.alarm import Watch, of_spending
from components._lib.bedrock import Place, call_region, find_place, invoke_statement
from components._lib.bucket import private_bucket
from components._lib.function import Function, FunctionSpec
from components._lib.kept import describe_kept, kept_objects, kept_rows, own_objects, own_rows
from components._lib.models import Model, find_model, load_models
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.table import data_table
from components._lib.watched import describe_watched, watched_table

DEFAULT_KEEP_DAYS = 7
DEFAULT_IMAGE_MODEL = "stability.stable-image-core-v1:1"
PREFIX = "images/"
EXPIRY_ATTRIBUTE = "expires_at"
_GATEWAY_LIMIT_SECONDS = 29


class ImageGenerationArgs(TypedDict):
    """Inputs of `ImageGeneration`."""

    layers: Sequence[pulumi.Input[str]]
    """ARNs of the Lambda layers that hold the runtime's dependencies, Pillow among them."""
    chat_environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Output `environment` of `ChatAgent`: a picture follows the conversation's outfit and the profile."""
    chat_policy: pulumi.Input[str]
    """Output `read_policy` of `ChatAgent`."""
    model: NotRequired[str]
    """Id of an image model of `runtime/shared/models.toml`. Default: `stability.stable-image-core-v1:1`."""
    daily_per_user: NotRequired[int]
    """Pictures that one shopper may have made in a day. Default: 20."""
    daily_spend_usd: NotRequired[int]
    """US dollars that the stack may spend on pictures in a day. Default: 10."""
    keep_days: NotRequired[int]
    """Days for which pictures are kept. Default: 7."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Keep data when the stack goes: deletion protection, recovery, retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class ImageGeneration(pulumi.ComponentResource):
    """A function that has pictures made, a bucket where they expire, and a table that counts them."""

    function_arn: pulumi.Output[str]
    """Function that answers `POST /image`, `GET /images` and `DELETE /images/{id}`."""
    kept: pulumi.Output[str]
    """Where pictures of shoppers and their records are kept (JSON text), for `Profile`."""
    owner_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for listing, reading and erasing pictures."""
    quotas_environment: pulumi.Output[Mapping[str, str]]
    """Setting QUOTAS (JSON text) for other functions whose work the day's money pays for."""
    quotas_policy: pulumi.Output[str]
    """IAM policy document (JSON text) for counting there."""
    bucket: pulumi.Output[str]
    """Name of the bucket of the pictures."""
    model_region: pulumi.Output[str]
    """Region in which the model is called, not always the stack's."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(
        self, name: str, args: ImageGenerationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(public_token("ImageGeneration"), name, {}, opts)
        model = find_model(args.get("model", DEFAULT_IMAGE_MODEL), "image", load_models())
        keep_days = int(args.get("keep_days", DEFAULT_KEEP_DAYS))
        limits = {
            "daily_per_user": int(args.get("daily_per_user", 20)),
            "daily_spend_usd": int(args.get("daily_spend_usd", 10)),
        }
        for key, value in {**limits, "keep_days": keep_days}.items():
            _check_positive(key, value)
        price = _find_price(model)

        place = find_place(self)
        bucket = private_bucket(
            f"{name}-results",
            self,
            versioned=False,
            protect_data=args.get("protect_data", True),
            tags=args.get("tags"),
            expire_days=keep_days,
        )
        quotas = _quotas(name, self, args)
        setting = pulumi.Output.json_dumps(
            {
                "model_id": model.id,
                "region": call_region(model, place),
                "bucket": bucket.bucket,
                "prefix": PREFIX,
                "quotas_table": quotas.name,
                "price_usd": price,
                "keep_days": keep_days,
                **limits,
            },
            sort_keys=True,
        )
        images = _images(name, self, args, setting, _use(model, place, bucket, quotas))

        Watch(parent=self, operation=read_operation(args)).add(
            name, of_spending("images", images.name, limits["daily_spend_usd"])
        )
        self.function_arn = images.arn
        self.kept = describe_kept(
            kept_objects("pictures", bucket, PREFIX),
            # Counters, requests by their ids, and the album.
            kept_rows("picture records", quotas, keys=["key"], hidden=["token"], texts=["answer"]),
        )
        self.owner_policy = iam.document([*own_objects(bucket, PREFIX), *own_rows(quotas)])
        counters = pulumi.Output.json_dumps({"table": quotas.name}, sort_keys=True)
        self.quotas_environment = pulumi.Output.all(QUOTAS=counters)
        self.quotas_policy = iam.document([iam.allow(["dynamodb:UpdateItem"], [quotas.arn])])
        self.bucket = bucket.bucket
        self.model_region = call_region(model, place)
        self.watched = describe_watched(images.watched, watched_table(f"{name}-quotas", quotas))
        self.register_outputs(
            {
                "function_arn": self.function_arn,
                "kept": self.kept,
                "owner_policy": self.owner_policy,
                "quotas_environment": self.quotas_environment,
                "quotas_policy": self.quotas_policy,
                "bucket": self.bucket,
                "model_region": self.model_region,
                "watched": self.watched,
            }
        )


def _check_positive(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name}: {value} would let no picture be made or kept; use at least 1")


def _find_price(model: Model) -> float:
    if model.price_usd is None:
        raise ValueError(
            f"model: {model.id!r} has no price_usd in runtime/shared/models.toml, so its cost has no limit"
        )
    return model.price_usd


def _quotas(name: str, parent: pulumi.Resource, args: ImageGenerationArgs) -> aws.dynamodb.Table:
    return data_table(
        f"{name}-quotas",
        parent,
        hash_key="user_id",
        range_key="key",
        expires_by=EXPIRY_ATTRIBUTE,
        protect_data=args.get("protect_data", True),
        tags=args.get("tags"),
    )


def _use(
    model: Model, place: Place, bucket: aws.s3.Bucket, quotas: aws.dynamodb.Table
) -> tuple[iam.Statement, ...]:
    return (
        invoke_statement(model, place),
        iam.allow(["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [_pictures(bucket)]),
        # Without it S3 answers "forbidden" instead of "not there" for a picture that was never made.
        iam.allow(["s3:ListBucket"], [bucket.arn]),
        iam.allow(
            [
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
            [quotas.arn],
        ),
    )


def _pictures(bucket: aws.s3.Bucket) -> pulumi.Output[str]:
    return pulumi.Output.concat(bucket.arn, "/", PREFIX, "*")


def _images(
    name: str,
    parent: pulumi.Resource,
    args: ImageGenerationArgs,
    setting: pulumi.Output[str],
    statements: tuple[iam.Statement, ...],
) -> Function:
    return Function(
        name,
        FunctionSpec(
            service="images",
            handler="runtime.images.handler.handler",
            packages=("images", "shared"),
            layers=args["layers"],
            timeout=_GATEWAY_LIMIT_SECONDS,
            memory_mb=1024,
            operation=read_operation(args),
            environment={"IMAGES": setting},
            bound_environments=(args["chat_environment"],),
            statements=statements,
            bound_policies=(args["chat_policy"],),
        ),
        pulumi.ResourceOptions(parent=parent),
    )
