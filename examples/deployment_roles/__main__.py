"""The roles by which workflows preview and deploy the stylist; deployed once per account."""

import pulumi

from components import DeploymentRoles, DeploymentRolesArgs

config = pulumi.Config()
args: DeploymentRolesArgs = {
    "repository": config.require("repository"),
    "environment": config.get("environment") or "prod",
}
if provider_arn := config.get("providerArn"):
    args["provider_arn"] = provider_arn
if boundary_arn := config.get("permissionsBoundaryArn"):
    args["permissions_boundary_arn"] = boundary_arn
roles = DeploymentRoles("stylist", args)

pulumi.export("preview_role_arn", roles.preview_role_arn)
pulumi.export("deploy_role_arn", roles.deploy_role_arn)
pulumi.export("permissions_boundary_arn", roles.permissions_boundary_arn)
