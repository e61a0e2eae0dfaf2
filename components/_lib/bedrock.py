"""Calling Bedrock models: from which region, and with which permission.

Inference profiles: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.models import Model

SERVICE = "bedrock.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a component's resources are."""

    region: pulumi.Output[str]
    account: pulumi.Output[str]

    def arn(self, tail: str, region: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
        """ARN of something that the account has in Bedrock, such as `agent/*`."""
        return pulumi.Output.concat("arn:aws:bedrock:", region or self.region, ":", self.account, ":", tail)


def find_place(component: pulumi.Resource) -> Place:
    """Region and account of the provider that the component is given."""
    opts = pulumi.InvokeOptions(parent=component)
    return Place(
        aws.get_region_output(opts=opts).region, aws.get_caller_identity_output(opts=opts).account_id
    )


def call_region(model: Model, place: Place) -> pulumi.Output[str]:
    """Where the model is called: the stack's region if it is offered there."""
    return place.region.apply(model.nearest_region)


def invoke_statement(model: Model, place: Place, *, streaming: bool = False) -> iam.Statement:
    """The permission to call a model, with `streaming` word by word as well.

    An inference profile passes calls on to the model in any of its regions, under the caller's own
    permissions: its ARN and the model's in each region are needed.
    """
    actions = ["bedrock:InvokeModel"]
    if streaming:
        actions.append("bedrock:InvokeModelWithResponseStream")
    return iam.allow(actions, _invoked_arns(model, place))


def model_reference(model: Model, place: Place) -> pulumi.Output[str]:
    """ARN by which a service is told which model to call."""
    if model.profile:
        return _profile_arn(model, place)
    return call_region(model, place).apply(lambda region: iam.model_arn(region, model.id))


def trust_statement(place: Place, kind: str) -> pulumi.Output[str]:
    """The trust policy of a role that Bedrock takes for `kind` (such as `agent`) of this account only."""
    # The id is made with the resource, which needs the role first: the kind is as narrow as it gets.
    return iam.trust_for(SERVICE, place.arn(f"{kind}/*"), place.account)


def _invoked_arns(model: Model, place: Place) -> list[pulumi.Input[str]]:
    if not model.profile:
        return [model_reference(model, place)]
    return [_profile_arn(model, place), *(iam.model_arn(region, model.base_id) for region in model.regions)]


def _profile_arn(model: Model, place: Place) -> pulumi.Output[str]:
    return place.arn(f"inference-profile/{model.id}", call_region(model, place))
