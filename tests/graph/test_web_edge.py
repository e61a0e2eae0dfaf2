"""The way in: only CloudFront reaches the load balancer, behind a firewall, and nothing where it is off."""

import json
from typing import Any

import pulumi
import pytest

from components import WebEdge
from tests.graph.recorder import Graph, record


def record_edge(preview: bool = False, **changes: Any) -> Graph:
    def program() -> None:
        edge = WebEdge("edge", {"physical_name": "shop-test", **changes})  # pyright: ignore[reportArgumentType]
        for name in ("url", "target_group_arn", "security_group_id", "vpc_id", "private_subnet_ids"):
            pulumi.export(name, getattr(edge, name))

    return record(program, preview=preview)


@pytest.fixture(scope="module")
def edge() -> Graph:
    return record_edge()


def test_a_site_elsewhere_declares_nothing_and_keeps_its_address() -> None:
    graph = record_edge(hosted=False, fallback_url="https://shop.example")
    assert [resource.name for resource in graph.resources] == ["edge"]
    assert graph.exports["url"] == "https://shop.example"
    with pytest.raises(ValueError, match="fallback_url: a site that is not hosted here needs its address"):
        record_edge(hosted=False)


def test_the_load_balancer_is_private_and_lets_in_only_cloudfront(edge: Graph) -> None:
    balancer = edge.get("edge-balancer").inputs
    assert balancer["internal"] is True
    assert balancer["dropInvalidHeaderFields"] is True
    (ingress,) = edge.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert ingress.inputs["referencedSecurityGroupId"] == "sg-of-cloudfront"
    assert "cidrIpv4" not in ingress.inputs
    assert ("aws:ec2/getSecurityGroup:getSecurityGroup", "") in edge.invokes


def test_the_distribution_passes_everything_on_and_keeps_nothing(edge: Graph) -> None:
    distribution = edge.get("edge-distribution").inputs
    behavior = distribution["defaultCacheBehavior"]
    assert behavior["viewerProtocolPolicy"] == "redirect-to-https"
    assert behavior["cachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert behavior["originRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"
    (origin,) = distribution["origins"]
    assert origin["vpcOriginConfig"]["vpcOriginId"] == "edge-origin-id"
    assert distribution["webAclId"] == edge.get("edge-firewall").state["arn"]
    assert edge.exports["url"] == "https://d111111abcdef8.cloudfront.net"


def test_pages_stay_with_the_task_that_drew_them(edge: Graph) -> None:
    group = edge.get("edge-site").inputs
    assert group["targetType"] == "ip"
    assert group["stickiness"]["enabled"] is True
    assert group["healthCheck"]["path"] == "/_stcore/health"
    assert group["deregistrationDelay"] == 30


def test_the_firewall_is_where_cloudfront_looks_for_it_and_logs_no_token(edge: Graph) -> None:
    acl = edge.get("edge-firewall").inputs
    assert (acl["scope"], acl["region"]) == ("CLOUDFRONT", "us-east-1")
    names = [rule["name"] for rule in acl["rules"]]
    assert names[0] == "limit-rate" and "AWSManagedRulesCommonRuleSet" in names
    priorities = [rule["priority"] for rule in acl["rules"]]
    assert len(set(priorities)) == len(priorities)
    logging = edge.get("edge-firewall-logging").inputs
    redacted = {field.get("singleHeader", {}).get("name", "query") for field in logging["redactedFields"]}
    assert redacted == {"authorization", "cookie", "x-api-key", "query"}
    group = edge.get("edge-firewall-logs").inputs
    assert group["name"].startswith("aws-waf-logs-shop-test")
    assert group["region"] == "us-east-1"


def test_photos_pass_the_rules_about_bodies(edge: Graph) -> None:
    common = next(r for r in edge.get("edge-firewall").inputs["rules"] if "Common" in r["name"])
    overrides = common["statement"]["managedRuleGroupStatement"]["ruleActionOverrides"]
    assert {each["name"] for each in overrides} == {"SizeRestrictions_BODY", "CrossSiteScripting_BODY"}


def test_only_the_allowed_addresses_get_in_where_some_are_named() -> None:
    graph = record_edge(allowed_cidrs=["203.0.113.0/24"])
    assert graph.get("edge-allowed").inputs["addresses"] == ["203.0.113.0/24"]
    rule = graph.get("edge-firewall").inputs["rules"][0]
    assert (rule["name"], rule["priority"]) == ("only-from-allowed-addresses", 0)
    assert "block" in rule["action"]


def test_a_name_of_ones_own_goes_with_its_certificate() -> None:
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    graph = record_edge(domain_name="stylist.example.com", certificate_arn=arn)
    distribution = graph.get("edge-distribution").inputs
    assert distribution["aliases"] == ["stylist.example.com"]
    assert distribution["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
    assert graph.exports["url"] == "https://stylist.example.com"


def test_an_own_network_has_private_subnets_in_two_zones_that_reach_out_through_nat(edge: Graph) -> None:
    subnets = [r.inputs for r in edge.of_type("aws:ec2/subnet:Subnet")]
    assert len({subnet["cidrBlock"] for subnet in subnets}) == 4
    assert {subnet["availabilityZone"] for subnet in subnets} == {"us-east-1a", "us-east-1b"}
    private = edge.get("edge-network-private-0-table").inputs["routes"]
    assert private == [{"cidrBlock": "0.0.0.0/0", "natGatewayId": "edge-network-nat-0-id"}]
    assert len(edge.of_type("aws:ec2/natGateway:NatGateway")) == 1
    assert len(record_edge(nat_gateways=2).of_type("aws:ec2/natGateway:NatGateway")) == 2
    assert edge.exports["private_subnet_ids"] == [
        "edge-network-private-0-id",
        "edge-network-private-1-id",
    ]


def test_an_existing_network_is_used_as_it_is() -> None:
    graph = record_edge(vpc_id="vpc-1", private_subnet_ids=["subnet-1", "subnet-2"])
    assert not graph.of_type("aws:ec2/vpc:Vpc")
    assert graph.get("edge-balancer").inputs["subnets"] == ["subnet-1", "subnet-2"]
    assert graph.exports["vpc_id"] == "vpc-1"


def test_logs_are_written_by_aws_alone_and_expire(edge: Graph) -> None:
    policy = json.loads(edge.get("edge-logs-policy").inputs["policy"])
    writers = {
        statement["Principal"]["Service"]
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
    }
    assert writers == {"logdelivery.elasticloadbalancing.amazonaws.com", "delivery.logs.amazonaws.com"}
    assert all("Condition" in statement for statement in policy["Statement"])
    assert "c-ip" not in edge.get("edge-requests-delivery").inputs["recordFields"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"domain_name": "a.example"}, "domain_name: goes with certificate_arn"),
        ({"allowed_cidrs": ["203.0.113.7/24"]}, "allowed_cidrs: '203.0.113.7/24' is no range"),
        ({"requests_per_address": 5}, "requests_per_address: 5 is out of range"),
        ({"vpc_id": "vpc-1"}, "vpc_id: goes with private_subnet_ids"),
        ({"cidr": "8.8.0.0/16"}, "cidr: 8.8.0.0/16 is not a private range"),
        ({"cidr": "10.0.0.1/20"}, "cidr: '10.0.0.1/20' is no range"),
        ({"nat_gateways": 3}, "nat_gateways: 3 is out of range"),
    ],
)
def test_wrong_inputs_are_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        record_edge(**changes)


def test_a_first_preview_knows_no_ids_and_still_works(edge: Graph) -> None:
    preview = record_edge(preview=True)
    assert {(r.type, r.name) for r in preview.resources} == {(r.type, r.name) for r in edge.resources}
