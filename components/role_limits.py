"""A ceiling over the roles of a program, for accounts in which nobody may make a role without one."""

import pulumi

_ROLE = "aws:iam/role:Role"


def limit_roles(boundary_arn: str) -> None:
    """Give every role that the program declares from here on this permissions boundary; "" gives none.

    Call it before anything is declared. What a role may do is what both its policies and the boundary allow:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    if boundary_arn:
        pulumi.runtime.register_stack_transformation(lambda args: _limit(args, boundary_arn))


def _limit(
    args: pulumi.ResourceTransformationArgs, boundary_arn: str
) -> pulumi.ResourceTransformationResult | None:
    if args.type_ != _ROLE:
        return None
    return pulumi.ResourceTransformationResult(
        {**args.props, "permissions_boundary": boundary_arn}, args.opts
    )
