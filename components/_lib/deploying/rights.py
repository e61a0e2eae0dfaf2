"""All that the program's resources take to be read and to be made, changed and removed."""

from components._lib.deploying.backend_rights import BACKEND_RIGHTS
from components._lib.deploying.front_rights import FRONT_RIGHTS
from components._lib.deploying.right import Rights

RIGHTS: tuple[Rights, ...] = (*BACKEND_RIGHTS, *FRONT_RIGHTS)
"""Every type of resource of the program is in exactly one of them."""

PASSED_TO = (
    "apigateway.amazonaws.com",
    "bedrock.amazonaws.com",
    "codebuild.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "events.amazonaws.com",
    "lambda.amazonaws.com",
    "personalize.amazonaws.com",
    "sagemaker.amazonaws.com",
    "states.amazonaws.com",
)
"""Services that the program's roles are for."""

SERVICE_ROLES = (
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "observability.aoss.amazonaws.com",
    "vpcorigin.cloudfront.amazonaws.com",
)
"""Services that make a role of their own in the account when they are first used."""
