"""The policies of whoever previews and of whoever deploys."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components._lib import iam
from components._lib.bedrock import Place
from components._lib.deploying.boundary import use_everything
from components._lib.deploying.names import ROLE_NAMES
from components._lib.deploying.right import Area, Rights
from components._lib.deploying.rights import PASSED_TO, RIGHTS, SERVICE_ROLES


def read_policy(area: Area, place: Place, project: str) -> pulumi.Output[str]:
    """What a preview takes that compares with what is there: nothing of what is kept can be read."""
    return iam.document([_statement(each, each.read, place, project, {}) for each in _of(area) if each.read])


def change_policy(
    area: Area, place: Place, project: str, boundary_arn: pulumi.Input[str]
) -> pulumi.Output[str]:
    """What deploying and removing take beyond that. Roles are made under the boundary only."""
    statements = [
        _statement(each, each.change, place, project, _guard(each, project, boundary_arn))
        for each in _of(area)
        if each.change
    ]
    if area is Area.ACCESS:
        statements += [_hand_over(place), _link_services(place)]
    return iam.document(statements)


def boundary_policy(place: Place) -> pulumi.Output[str]:
    """The most that a role of the program can be allowed."""
    return iam.document([use_everything(), _hand_over(place)])


def _of(area: Area) -> Sequence[Rights]:
    return [each for each in RIGHTS if each.area is area]


def _guard(rights: Rights, project: str, boundary_arn: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """What must be equal for something to be changed."""
    guard: dict[str, pulumi.Input[str]] = {}
    if rights.same_project:
        guard[rights.same_project] = project
    if rights.bounded:
        guard["iam:PermissionsBoundary"] = boundary_arn
    return guard


def _statement(
    rights: Rights,
    actions: Sequence[str],
    place: Place,
    project: str,
    guard: Mapping[str, pulumi.Input[str]],
) -> iam.Statement:
    resources = [
        _fill(template, place, project, name)
        for template in rights.resources
        for name in (rights.names if "{name}" in template else ("",))
    ]
    return iam.allow(
        [f"{rights.service}:{action}" for action in actions],
        resources,
        {"StringEquals": guard} if guard else None,
    )


def _fill(template: str, place: Place, project: str, name: str) -> pulumi.Input[str]:
    if template == "*":
        return template
    return pulumi.Output.all(place.region, place.account).apply(
        lambda known: template.format(region=known[0], account=known[1], project=project, name=name)
    )


def _hand_over(place: Place) -> iam.Statement:
    """Roles may be given to the services that they are made for, and to no others.

    That a tag says whose a role is counts for nothing here: iam:PassRole does not look at it reliably.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    roles = [pulumi.Output.concat("arn:aws:iam::", place.account, f":role/{name}-*") for name in ROLE_NAMES]
    passed: Mapping[str, Any] = {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}}
    return iam.allow(["iam:PassRole"], roles, passed)


def _link_services(place: Place) -> iam.Statement:
    named: Mapping[str, Any] = {"StringEquals": {"iam:AWSServiceName": list(SERVICE_ROLES)}}
    service_roles = pulumi.Output.concat("arn:aws:iam::", place.account, ":role/aws-service-role/*")
    return iam.allow(["iam:CreateServiceLinkedRole"], [service_roles], named)
