"""What the site has to know, in one secret."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.package import public_token

_RECOVERY_DAYS = 30


class SiteConfigArgs(TypedDict):
    """Inputs of `SiteConfig`."""

    api_url: pulumi.Input[str]
    """Address of the REST API."""
    api_key: pulumi.Input[str]
    """Key of the REST API."""
    user_pool_id: pulumi.Input[str]
    """Id of the user pool."""
    client_id: pulumi.Input[str]
    """Id of the site's client."""
    client_secret: pulumi.Input[str]
    """Secret of the site's client."""
    metadata_url: pulumi.Input[str]
    """OpenID Connect discovery document."""
    domain_url: pulumi.Input[str]
    """Address of the hosted sign-in pages."""
    site_url: pulumi.Input[str]
    """Address of the site itself."""
    region: pulumi.Input[str]
    """Region of the stack."""
    stack: pulumi.Input[str]
    """Name of the stack, for the site to show where it is not production."""
    websocket_url: NotRequired[pulumi.Input[str]]
    """Address of the WebSocket API. Default: none, so the site asks for whole answers."""
    protect_data: NotRequired[bool]
    """Let a deleted secret be recovered for 30 days. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class SiteConfig(pulumi.ComponentResource):
    """A secret with everything the site reads at its start, and the right to read it."""

    secret_arn: pulumi.Output[str]
    """ARN of the secret: a JSON object with the inputs' names; `websocket_url` may be null."""
    environment: pulumi.Output[Mapping[str, str]]
    """Setting SITE_SECRET_ARN for the process that serves the site."""
    policy: pulumi.Output[str]
    """IAM policy document (JSON text) for reading the secret."""

    def __init__(self, name: str, args: SiteConfigArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("SiteConfig"), name, {}, opts)
        protect = args.get("protect_data", True)
        secret = aws.secretsmanager.Secret(
            f"{name}-secret",
            description="What the Virtual Stylist site reads at its start.",
            # A deleted secret keeps its name during the recovery window; without protection it goes at once.
            recovery_window_in_days=_RECOVERY_DAYS if protect else 0,
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.secretsmanager.SecretVersion(
            f"{name}-secret-value",
            secret_id=secret.id,
            secret_string=_content(args),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.secret_arn = secret.arn
        self.environment = pulumi.Output.all(SITE_SECRET_ARN=self.secret_arn)
        self.policy = iam.document([iam.allow(["secretsmanager:GetSecretValue"], [self.secret_arn])])
        self.register_outputs(
            {"secret_arn": self.secret_arn, "environment": self.environment, "policy": self.policy}
        )


def _content(args: SiteConfigArgs) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps(
        {
            "api_url": args["api_url"],
            "websocket_url": args.get("websocket_url"),
            "api_key": args["api_key"],
            "user_pool_id": args["user_pool_id"],
            "client_id": args["client_id"],
            "client_secret": args["client_secret"],
            "metadata_url": args["metadata_url"],
            "domain_url": args["domain_url"],
            "site_url": args["site_url"],
            "region": args["region"],
            "stack": args["stack"],
        },
        sort_keys=True,
    )
