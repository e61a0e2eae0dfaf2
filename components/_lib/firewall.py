"""AWS WAF in front of a distribution or an API.

Rule groups: https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pulumi
import pulumi_aws as aws

from components._lib.operation import Operation

GLOBAL_REGION = "us-east-1"
"""Where everything that belongs to CloudFront is kept."""
_MANAGED = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet")
_COMMON = "AWSManagedRulesCommonRuleSet"
# Photos are larger than the 8 KB that these rules allow or look into; the functions check them by content.
_COUNTED = ("SizeRestrictions_BODY", "CrossSiteScripting_BODY")
_WINDOW_SECONDS = 300


class Scope(StrEnum):
    """What a firewall stands before."""

    CLOUDFRONT = "CLOUDFRONT"
    REGIONAL = "REGIONAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallSpec:
    """How a firewall decides. `requests_per_address` counts requests of one address in five minutes."""

    scope: Scope
    physical_name: pulumi.Input[str]
    requests_per_address: int
    allowed_cidrs: Sequence[str]
    """The only addresses that are let in; empty lets all in."""
    operation: Operation


def firewall(name: str, parent: pulumi.Resource, spec: FirewallSpec) -> aws.wafv2.WebAcl:
    """Declare a web ACL that logs without tokens. Raises ValueError for an address range that is none."""
    region = GLOBAL_REGION if spec.scope is Scope.CLOUDFRONT else None
    acl = aws.wafv2.WebAcl(
        f"{name}-firewall",
        scope=spec.scope.value,
        region=region,
        default_action={"allow": {}},
        rules=[
            *_only_from(name, parent, spec, region),
            _limit_rate(spec),
            _common(),
            *(_managed(group, 3 + place) for place, group in enumerate(_MANAGED)),
        ],
        visibility_config=_visible("firewall"),
        tags=spec.operation.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    _log(name, parent, spec, acl, region)
    return acl


def check_cidrs(cidrs: Sequence[str], name: str = "allowed_cidrs") -> None:
    """Raise ValueError for an entry that is no range of IPv4 addresses."""
    for cidr in cidrs:
        try:
            ipaddress.IPv4Network(cidr)
        except ValueError as error:
            raise ValueError(
                f"{name}: {cidr!r} is no range of IPv4 addresses; write one as 203.0.113.0/24"
            ) from error


def _only_from(name: str, parent: pulumi.Resource, spec: FirewallSpec, region: str | None) -> list[Any]:
    if not spec.allowed_cidrs:
        return []
    check_cidrs(spec.allowed_cidrs)
    addresses = aws.wafv2.IpSet(
        f"{name}-allowed",
        scope=spec.scope.value,
        region=region,
        ip_address_version="IPV4",
        addresses=list(spec.allowed_cidrs),
        tags=spec.operation.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    elsewhere = {"not_statement": {"statements": [{"ip_set_reference_statement": {"arn": addresses.arn}}]}}
    return [_rule("only-from-allowed-addresses", 0, elsewhere, action={"block": {}})]


def _limit_rate(spec: FirewallSpec) -> Any:
    statement = {
        "rate_based_statement": {
            "limit": spec.requests_per_address,
            "aggregate_key_type": "IP",
            "evaluation_window_sec": _WINDOW_SECONDS,
        }
    }
    return _rule("limit-rate", 1, statement, action={"block": {}})


def _common() -> Any:
    counted = [{"name": rule, "action_to_use": {"count": {}}} for rule in _COUNTED]
    statement = {
        "managed_rule_group_statement": {
            "vendor_name": "AWS",
            "name": _COMMON,
            "rule_action_overrides": counted,
        }
    }
    return _rule(_COMMON, 2, statement, override_action={"none": {}})


def _managed(group: str, priority: int) -> Any:
    statement = {"managed_rule_group_statement": {"vendor_name": "AWS", "name": group}}
    return _rule(group, priority, statement, override_action={"none": {}})


def _rule(name: str, priority: int, statement: Any, **action: Any) -> Any:
    return {
        "name": name,
        "priority": priority,
        "statement": statement,
        "visibility_config": _visible(name),
        **action,
    }


def _visible(metric: str) -> Any:
    return {
        "cloudwatch_metrics_enabled": True,
        "metric_name": metric,
        "sampled_requests_enabled": False,
    }


def _log(
    name: str, parent: pulumi.Resource, spec: FirewallSpec, acl: aws.wafv2.WebAcl, region: str | None
) -> None:
    group = aws.cloudwatch.LogGroup(
        f"{name}-firewall-logs",
        # AWS WAF insists on the prefix; the physical name keeps two stacks of one account apart.
        name=pulumi.Output.concat("aws-waf-logs-", spec.physical_name, "-", name),
        region=region,
        retention_in_days=spec.operation.log_retention_days,
        tags=spec.operation.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    aws.wafv2.WebAclLoggingConfiguration(
        f"{name}-firewall-logging",
        region=region,
        resource_arn=acl.arn,
        log_destination_configs=[group.arn],
        # Tokens and keys travel in these, and words of shoppers in the query.
        redacted_fields=[
            {"single_header": {"name": "authorization"}},
            {"single_header": {"name": "cookie"}},
            {"single_header": {"name": "x-api-key"}},
            {"query_string": {}},
        ],
        # Only what was refused or would have been: what passes is in the access logs.
        logging_filter={
            "default_behavior": "DROP",
            "filters": [
                {
                    "behavior": "KEEP",
                    "requirement": "MEETS_ANY",
                    "conditions": [
                        {"action_condition": {"action": "BLOCK"}},
                        {"action_condition": {"action": "COUNT"}},
                    ],
                }
            ],
        },
        opts=pulumi.ResourceOptions(parent=parent),
    )
