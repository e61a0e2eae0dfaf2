"""Rules about the hosted site: who reaches it, what stands before it, and what its container may do."""

import json
from collections.abc import Iterator
from typing import Any

from policies.stack import Resource, Stack, Violation, of_type

_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
_FIREWALL = "aws:wafv2/webAcl:WebAcl"
_FIREWALL_LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_REPOSITORY = "aws:ecr/repository:Repository"
_SERVICE = "aws:ecs/service:Service"
_TASK = "aws:ecs/taskDefinition:TaskDefinition"
_HIDDEN_HEADERS = {"authorization", "cookie", "x-api-key"}


def keep_load_balancers_private(stack: Stack) -> Iterator[Violation]:
    """A load balancer is internal and logs; shoppers come through CloudFront."""
    for balancer in of_type(stack, _BALANCER):
        if balancer.properties.get("internal") is not True:
            yield Violation(balancer.name, "set internal; only CloudFront may reach it")
        if balancer.map("accessLogs").get("enabled") is not True:
            yield Violation(balancer.name, "turn accessLogs on")


def let_nobody_in_directly(stack: Stack) -> Iterator[Violation]:
    """A security group admits other groups, never addresses."""
    for group in of_type(stack, _GROUP):
        if group.list("ingress"):
            yield Violation(group.name, "declare ingress rules as resources of their own")
    for rule in of_type(stack, _INGRESS):
        if not rule.text("referencedSecurityGroupId"):
            yield Violation(rule.name, "name the security group that is let in instead of addresses")


def stand_behind_a_firewall(stack: Stack) -> Iterator[Violation]:
    """A distribution has a firewall, takes nothing but TLS, and reaches its origin within the VPC."""
    firewalls = {acl.text("arn") for acl in of_type(stack, _FIREWALL)}
    for distribution in of_type(stack, _DISTRIBUTION):
        if distribution.text("webAclId") not in firewalls:
            yield Violation(distribution.name, "set webAclId to a firewall of this stack")
        if distribution.map("defaultCacheBehavior").get("viewerProtocolPolicy") != "redirect-to-https":
            yield Violation(distribution.name, "set viewerProtocolPolicy to redirect-to-https")
        if not all(origin.get("vpcOriginConfig") for origin in distribution.list("origins")):
            yield Violation(distribution.name, "reach every origin through a VPC origin")


def log_what_firewalls_refuse(stack: Stack) -> Iterator[Violation]:
    """A firewall limits the rate, and logs without tokens, keys and queries."""
    logging = {each.text("resourceArn"): each for each in of_type(stack, _FIREWALL_LOGGING)}
    for acl in of_type(stack, _FIREWALL):
        if not any("rateBasedStatement" in rule.get("statement", {}) for rule in acl.list("rules")):
            yield Violation(acl.name, "add a rate-based rule")
        log = logging.get(acl.text("arn"))
        if log is None:
            yield Violation(acl.name, "declare its logging")
        elif missing := _HIDDEN_HEADERS - _redacted(log):
            yield Violation(log.name, f"redact {', '.join(sorted(missing))}")


def _redacted(log: Resource) -> set[str]:
    return {field.get("singleHeader", {}).get("name", "") for field in log.list("redactedFields")}


def give_containers_no_rights(stack: Stack) -> Iterator[Violation]:
    """A container runs an image by digest, as a user, with a file system it cannot write to."""
    for task in of_type(stack, _TASK):
        for container in _containers(task):
            name = f"{task.name} ({container.get('name')})"
            if container.get("user", "0") in ("0", "root", ""):
                yield Violation(name, "set user to one without rights")
            if container.get("readonlyRootFilesystem") is not True:
                yield Violation(name, "set readonlyRootFilesystem")
            if "@sha256:" not in str(container.get("image")):
                yield Violation(name, "name the image by digest")
        if task.text("taskRoleArn") == task.text("executionRoleArn"):
            yield Violation(task.name, "give the task a role of its own, not the one that starts it")


def _containers(task: Resource) -> list[dict[str, Any]]:
    return json.loads(task.text("containerDefinitions") or "[]")


def take_failed_deployments_back(stack: Stack) -> Iterator[Violation]:
    """A service rolls back by itself, and its tasks have no public address."""
    for service in of_type(stack, _SERVICE):
        if service.map("deploymentCircuitBreaker").get("rollback") is not True:
            yield Violation(service.name, "turn the deployment circuit breaker and its rollback on")
        if service.map("networkConfiguration").get("assignPublicIp"):
            yield Violation(service.name, "leave assignPublicIp off")


def scan_images(stack: Stack) -> Iterator[Violation]:
    """A repository scans what is pushed, and a tag never changes its meaning."""
    for repository in of_type(stack, _REPOSITORY):
        if repository.map("imageScanningConfiguration").get("scanOnPush") is not True:
            yield Violation(repository.name, "set imageScanningConfiguration.scanOnPush")
        if repository.text("imageTagMutability") != "IMMUTABLE":
            yield Violation(repository.name, "set imageTagMutability to IMMUTABLE")
