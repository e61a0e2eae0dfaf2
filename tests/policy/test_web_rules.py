"""Rules about the hosted site find what they forbid."""

from policies import web
from policies.stack import Rule
from tests.policy.planting import (
    Change,
    Planted,
    Stacks,
    drop,
    each_of,
    expect_found,
    put,
    remove,
    replace_text,
)

PLANTED: list[Planted] = [
    (web.keep_load_balancers_private, "edge-balancer", put("internal", False), "set internal"),
    (web.keep_load_balancers_private, "edge-balancer", drop("accessLogs"), "accessLogs"),
    (
        web.let_nobody_in_directly,
        "edge-from-cloudfront",
        drop("referencedSecurityGroupId"),
        "name the security group",
    ),
    (
        web.let_nobody_in_directly,
        "edge-load-balancer",
        put("ingress", [{"cidrBlocks": ["0.0.0.0/0"]}]),
        "ingress rules",
    ),
    (web.stand_behind_a_firewall, "edge-distribution", drop("webAclId"), "webAclId"),
    (
        web.stand_behind_a_firewall,
        "edge-distribution",
        put("defaultCacheBehavior.viewerProtocolPolicy", "allow-all"),
        "redirect-to-https",
    ),
    (
        web.stand_behind_a_firewall,
        "edge-distribution",
        put("origins", [{"originId": "site", "domainName": "shop.example"}]),
        "VPC origin",
    ),
    (web.log_what_firewalls_refuse, "edge-firewall-logging", remove, "declare its logging"),
    (
        web.log_what_firewalls_refuse,
        "edge-firewall-logging",
        put("redactedFields", []),
        "redact authorization",
    ),
    (web.log_what_firewalls_refuse, "api-firewall", put("rules", []), "rate-based"),
    (
        web.give_containers_no_rights,
        "web-definition",
        replace_text("containerDefinitions", '"user": "10001"', '"user": "root"'),
        "without rights",
    ),
    (
        web.give_containers_no_rights,
        "web-definition",
        replace_text("containerDefinitions", '"readonlyRootFilesystem": true', '"privileged": false'),
        "readonlyRootFilesystem",
    ),
    (
        web.give_containers_no_rights,
        "web-definition",
        replace_text("containerDefinitions", "@sha256:", ":latest-"),
        "by digest",
    ),
    (web.take_failed_deployments_back, "web-service", drop("deploymentCircuitBreaker"), "circuit breaker"),
    (
        web.take_failed_deployments_back,
        "web-service",
        put("networkConfiguration.assignPublicIp", True),
        "assignPublicIp",
    ),
    (web.scan_images, "web-images", put("imageTagMutability", "MUTABLE"), "IMMUTABLE"),
    (web.scan_images, "web-images", drop("imageScanningConfiguration"), "scanOnPush"),
]


@each_of(PLANTED)
def test_a_planted_violation_is_found(
    stacks: Stacks, rule: Rule, name: str, change: Change, text: str
) -> None:
    expect_found(stacks, rule, name, change, text)
