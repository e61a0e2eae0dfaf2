"""The policies of whoever previews and of whoever deploys."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components._lib import iam
from components._lib.bedrock import Place
from components._lib.deploying.names import ROLE_NAMES
from components._lib.deploying.right import Area, Rights
from components._lib.deploying.rights import PASSED_TO, RIGHTS, SERVICE_ROLES


def read_policy(area: Area, place: Place, project: str) -> pulumi.Output[str]:
    """What a preview takes that compares with what is there: nothing of what is kept can be read."""
    return iam.document([_statement(each, each.read, place, project) for each in _of(area) if each.read])


def change_policy(area: Area, place: Place, project: str) -> pulumi.Output[str]:
    """What deploying and removing take beyond that."""
    statements = [
        _statement(each, each.change, place, project, guarded=True) for each in _of(area) if each.change
    ]
    if area is Area.ACCESS:
        statements += _hand_over(place)
    return iam.document(statements)


def _of(area: Area) -> Sequence[Rights]:
    return [each for each in RIGHTS if each.area is area]


def _statement(
    rights: Rights, actions: Sequence[str], place: Place, project: str, *, guarded: bool = False
) -> iam.Statement:
    conditions: dict[str, Mapping[str, pulumi.Input[str]]] = {}
    if guarded and rights.same_project:
        conditions["StringEquals"] = {rights.same_project: project}
    resources = [
        _fill(template, place, project, name)
        for template in rights.resources
        for name in (rights.names if "{name}" in template else ("",))
    ]
    return iam.allow([f"{rights.service}:{action}" for action in actions], resources, conditions or None)


def _fill(template: str, place: Place, project: str, name: str) -> pulumi.Input[str]:
    if template == "*":
        return template
    return pulumi.Output.all(place.region, place.account).apply(
        lambda known: template.format(region=known[0], account=known[1], project=project, name=name)
    )


def _hand_over(place: Place) -> list[iam.Statement]:
    """Roles may be given to the services that they are made for, and to no others.

    That a tag says whose a role is counts for nothing here: iam:PassRole does not look at it reliably.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    roles = [pulumi.Output.concat("arn:aws:iam::", place.account, f":role/{name}-*") for name in ROLE_NAMES]
    passed: Mapping[str, Any] = {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}}
    named: Mapping[str, Any] = {"StringEquals": {"iam:AWSServiceName": list(SERVICE_ROLES)}}
    service_roles = pulumi.Output.concat("arn:aws:iam::", place.account, ":role/aws-service-role/*")
    return [
        iam.allow(["iam:PassRole"], roles, passed),
        iam.allow(["iam:CreateServiceLinkedRole"], [service_roles], named),
    ]
