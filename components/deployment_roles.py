"""Roles for a repository's workflows: one that looks, one that deploys. There are no keys to keep."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.bedrock import find_place
from components._lib.deploying.policies import boundary_policy, change_policy, read_policy
from components._lib.deploying.right import Area
from components._lib.package import public_token

_ISSUER = "token.actions.githubusercontent.com"
_AUDIENCE = "sts.amazonaws.com"
_SESSION_SECONDS = 3600 * 2  # a distribution and its origin take most of an hour


class DeploymentRolesArgs(TypedDict):
    """Inputs of `DeploymentRoles`."""

    repository: str
    """The repository whose workflows take the roles, as `owner/name`."""
    environment: str
    """GitHub environment in which a workflow must run to deploy; its reviewers decide who does."""
    provider_arn: NotRequired[pulumi.Input[str]]
    """The account's OpenID Connect provider for GitHub. Default: one is made; an account has one at most."""
    project: NotRequired[str]
    """Name of the Pulumi project, which is also the tag `project` of what is deployed.
    Default: `virtual-stylist`."""
    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    """Permissions boundary of every role that a deployment makes. Default: one is made, of the actions that
    the program's roles use."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class DeploymentRoles(pulumi.ComponentResource):
    """A role for previews of pull requests, which reads how things are and never what is kept in them, and a
    role for deployments, which makes what the stylist's program makes.

    Whoever deploys makes roles, and so decides what functions may do, up to the permissions boundary:
    no role comes into being without it, so none can do more than use what there is.
    """

    preview_role_arn: pulumi.Output[str]
    """Role for workflows of pull requests."""
    deploy_role_arn: pulumi.Output[str]
    """Role for workflows in the environment."""
    permissions_boundary_arn: pulumi.Output[str]
    """The boundary; setting `permissionsBoundary` of every stack that is deployed in this role."""

    def __init__(
        self, name: str, args: DeploymentRolesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(public_token("DeploymentRoles"), name, {}, opts)
        repository, environment = args["repository"], args["environment"]
        _check(repository, environment)
        project = args.get("project", "virtual-stylist")

        place = find_place(self)
        boundary = (
            pulumi.Output.from_input(args["permissions_boundary_arn"])
            if "permissions_boundary_arn" in args
            else _policy(f"{name}-boundary", self, args, boundary_policy(place)).arn
        )
        provider = args["provider_arn"] if "provider_arn" in args else _provider(name, self, args)
        preview = _role(f"{name}-preview", self, args, provider, f"repo:{repository}:pull_request")
        deploy = _role(f"{name}-deploy", self, args, provider, f"repo:{repository}:environment:{environment}")
        for area in Area:
            _attach(
                f"{name}-read-{area.value}", self, args, read_policy(area, place, project), preview, deploy
            )
            _attach(
                f"{name}-change-{area.value}",
                self,
                args,
                change_policy(area, place, project, boundary),
                deploy,
            )

        self.preview_role_arn = preview.arn
        self.deploy_role_arn = deploy.arn
        self.permissions_boundary_arn = boundary
        self.register_outputs(
            {
                "preview_role_arn": self.preview_role_arn,
                "deploy_role_arn": self.deploy_role_arn,
                "permissions_boundary_arn": self.permissions_boundary_arn,
            }
        )


def _check(repository: str, environment: str) -> None:
    owner, _, rest = repository.partition("/")
    if not owner or not rest or "/" in rest or "*" in repository:
        raise ValueError(f"repository: {repository!r} is none; write owner/name")
    if not environment or "*" in environment or ":" in environment:
        raise ValueError(f"environment: {environment!r} is none; write the GitHub environment's name")


def _provider(name: str, parent: pulumi.Resource, args: DeploymentRolesArgs) -> pulumi.Output[str]:
    return aws.iam.OpenIdConnectProvider(
        f"{name}-github",
        url=f"https://{_ISSUER}",
        client_id_lists=[_AUDIENCE],
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    ).arn


def _role(
    name: str,
    parent: pulumi.Resource,
    args: DeploymentRolesArgs,
    provider: pulumi.Input[str],
    subject: str,
) -> aws.iam.Role:
    """A role that one kind of run of one repository's workflows takes.

    https://docs.github.com/en/actions/concepts/security/openid-connect
    """
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": provider},
        "Condition": {"StringEquals": {f"{_ISSUER}:aud": _AUDIENCE, f"{_ISSUER}:sub": subject}},
    }
    return aws.iam.Role(
        f"{name}-role",
        assume_role_policy=iam.document([trust]),
        max_session_duration=_SESSION_SECONDS,
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _policy(
    name: str, parent: pulumi.Resource, args: DeploymentRolesArgs, document: pulumi.Output[str]
) -> aws.iam.Policy:
    return aws.iam.Policy(
        name, policy=document, tags=args.get("tags"), opts=pulumi.ResourceOptions(parent=parent)
    )


def _attach(
    name: str,
    parent: pulumi.Resource,
    args: DeploymentRolesArgs,
    document: pulumi.Output[str],
    *roles: aws.iam.Role,
) -> None:
    opts = pulumi.ResourceOptions(parent=parent)
    policy = _policy(name, parent, args, document)
    for place, role in enumerate(roles):
        aws.iam.RolePolicyAttachment(f"{name}-{place}", role=role.name, policy_arn=policy.arn, opts=opts)
