"""Where shoppers come in: CloudFront with a firewall, and a load balancer that only CloudFront reaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.alarm import Watch, of_targets
from components._lib.bucket import private_bucket
from components._lib.firewall import GLOBAL_REGION, FirewallSpec, Scope, check_cidrs, firewall
from components._lib.network import Network, NetworkSpec
from components._lib.operation import read_operation
from components._lib.package import public_token
from components._lib.watched import Kind, describe_watched, watched

SITE_PORT = 8501
HEALTH_PATH = "/_stcore/health"
_HTTP = 80
# AWS's own policies, the same in every account:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
_CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
# AWS makes this group with a VPC's first VPC origin; the origin's traffic comes from it.
_ORIGIN_GROUP = "CloudFront-VPCOrigins-Service-SG"
_LOG_WRITERS = {
    "logdelivery.elasticloadbalancing.amazonaws.com": "load-balancer",
    "delivery.logs.amazonaws.com": "cloudfront",
}
_STICKY_SECONDS = 24 * 3600
_DRAIN_SECONDS = 30
# Longer than the site's pings over its WebSocket, so that an open page is never cut off.
_IDLE_SECONDS = 120
_HSTS_SECONDS = 365 * 24 * 3600


class WebEdgeArgs(TypedDict):
    """Inputs of `WebEdge`."""

    physical_name: pulumi.Input[str]
    """Prefix, unique in account and region, for what AWS does not name by itself (firewall log, origin)."""
    hosted: NotRequired[bool]
    """Whether the site runs here; false declares nothing and hands out `fallback_url`. Default: true."""
    fallback_url: NotRequired[pulumi.Input[str]]
    """Address of a site that runs elsewhere. Default: none; `hosted` false needs it."""
    vpc_id: NotRequired[pulumi.Input[str]]
    """VPC of the load balancer and the site, with an internet gateway. Default: one of its own is made."""
    private_subnet_ids: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Subnets of `vpc_id` in two zones, from which AWS can be reached. Default: those of the own VPC."""
    cidr: NotRequired[str]
    """Private addresses of the own VPC, a /16 to /24. Default: `10.42.0.0/20`."""
    nat_gateways: NotRequired[int]
    """Ways out of the own VPC: 1, or 2 for one in each zone. Default: 1."""
    domain_name: NotRequired[str]
    """Host name of the site, such as `stylist.example.com`. Default: CloudFront's own."""
    certificate_arn: NotRequired[str]
    """Certificate for `domain_name`, of us-east-1; the two belong together. Default: none."""
    allowed_cidrs: NotRequired[Sequence[str]]
    """The only IPv4 addresses that are let in. Default: all."""
    requests_per_address: NotRequired[int]
    """Requests that one address may make in five minutes, 10 to 2,000,000. Default: 2000."""
    log_retention_days: NotRequired[int]
    """Days for which logs are kept. Default: 30."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """Topic that is told of alarms. Default: none, and no alarms."""
    protect_data: NotRequired[bool]
    """Protect the load balancer from deletion, and keep logs when the stack goes. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class WebEdge(pulumi.ComponentResource):
    """A way in that is known before there is a site behind it, so that sign-in can name it.

    Where the site is not hosted, every output but `url` is empty.
    """

    url: pulumi.Output[str]
    """Address of the site, without a slash at the end."""
    distribution_domain: pulumi.Output[str]
    """CloudFront's host name; the DNS record of `domain_name` points to it."""
    distribution_id: pulumi.Output[str]
    """Id of the distribution."""
    vpc_id: pulumi.Output[str]
    """VPC of the site's tasks."""
    private_subnet_ids: pulumi.Output[Sequence[str]]
    """Subnets of the site's tasks."""
    target_group_arn: pulumi.Output[str]
    """Where the site's tasks register."""
    security_group_id: pulumi.Output[str]
    """Security group of the load balancer, the only one that reaches the tasks."""
    load_balancer_suffix: pulumi.Output[str]
    """Name of the load balancer in CloudWatch."""
    target_group_suffix: pulumi.Output[str]
    """Name of the target group in CloudWatch."""
    watched: pulumi.Output[str]
    """Parts to look at (JSON text), for `Dashboard`."""

    def __init__(self, name: str, args: WebEdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("WebEdge"), name, {}, opts)
        rate = int(args.get("requests_per_address", 2000))
        _check_domain(args)
        _check_rate(rate)
        check_cidrs(args.get("allowed_cidrs", []))
        if args.get("hosted", True):
            self._host(name, args, rate)
        else:
            self._point_elsewhere(args)
        self.register_outputs(
            {
                "url": self.url,
                "distribution_domain": self.distribution_domain,
                "distribution_id": self.distribution_id,
                "vpc_id": self.vpc_id,
                "private_subnet_ids": self.private_subnet_ids,
                "target_group_arn": self.target_group_arn,
                "security_group_id": self.security_group_id,
                "load_balancer_suffix": self.load_balancer_suffix,
                "target_group_suffix": self.target_group_suffix,
                "watched": self.watched,
            }
        )

    def _host(self, name: str, args: WebEdgeArgs, rate: int) -> None:
        operation = read_operation(args)
        place = _find_place(name, self, args)
        logs = _log_bucket(name, self, args)
        group = _security_group(name, self, args, place)
        balancer = _load_balancer(name, self, args, place, group, logs)
        targets = _target_group(name, self, args, place)
        listener = aws.lb.Listener(
            f"{name}-http",
            load_balancer_arn=balancer.arn,
            port=_HTTP,
            protocol="HTTP",
            default_actions=[{"type": "forward", "target_group_arn": targets.arn}],
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        origin = _origin(name, self, args, balancer, listener)
        _admit_origin(name, self, place, group, origin)
        acl = firewall(
            name,
            self,
            FirewallSpec(
                scope=Scope.CLOUDFRONT,
                physical_name=args["physical_name"],
                requests_per_address=rate,
                allowed_cidrs=args.get("allowed_cidrs", []),
                operation=operation,
            ),
        )
        distribution = _distribution(name, self, args, balancer, origin, acl)
        _log_requests(name, self, args, distribution, logs)
        Watch(parent=self, operation=operation).add(
            name, *of_targets(balancer.arn_suffix, targets.arn_suffix)
        )

        self.url = pulumi.Output.concat("https://", args.get("domain_name") or distribution.domain_name)
        self.distribution_domain = distribution.domain_name
        self.distribution_id = distribution.id
        self.vpc_id = place.vpc_id
        self.private_subnet_ids = place.subnet_ids
        # ECS takes a target group only once a listener forwards to it.
        self.target_group_arn = pulumi.Output.all(targets.arn, listener.arn).apply(lambda both: both[0])
        self.security_group_id = group.id
        self.load_balancer_suffix = balancer.arn_suffix
        self.target_group_suffix = targets.arn_suffix
        self.watched = describe_watched(
            watched(
                Kind.TARGETS,
                name,
                {"LoadBalancer": balancer.arn_suffix, "TargetGroup": targets.arn_suffix},
            )
        )

    def _point_elsewhere(self, args: WebEdgeArgs) -> None:
        if "fallback_url" not in args:
            raise ValueError("fallback_url: a site that is not hosted here needs its address; give it")
        nothing = pulumi.Output.from_input("")
        self.url = pulumi.Output.from_input(args["fallback_url"])
        self.distribution_domain = nothing
        self.distribution_id = nothing
        self.vpc_id = nothing
        self.private_subnet_ids = pulumi.Output.from_input([])
        self.target_group_arn = nothing
        self.security_group_id = nothing
        self.load_balancer_suffix = nothing
        self.target_group_suffix = nothing
        self.watched = describe_watched()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where load balancer and tasks are."""

    vpc_id: pulumi.Output[str]
    subnet_ids: pulumi.Output[Sequence[str]]


def _find_place(name: str, parent: pulumi.Resource, args: WebEdgeArgs) -> _Place:
    """The given network, or one of its own."""
    if "vpc_id" in args and "private_subnet_ids" in args:
        subnets: Any = pulumi.Output.from_input(args["private_subnet_ids"])
        return _Place(pulumi.Output.from_input(args["vpc_id"]), subnets)
    if "vpc_id" in args or "private_subnet_ids" in args:
        raise ValueError("vpc_id: goes with private_subnet_ids; give both or neither")
    spec = NetworkSpec(
        cidr=args.get("cidr", "10.42.0.0/20"),
        nat_gateways=int(args.get("nat_gateways", 1)),
        tags=args.get("tags"),
    )
    network = Network(f"{name}-network", spec, pulumi.ResourceOptions(parent=parent))
    return _Place(network.vpc_id, network.private_subnet_ids)


def _check_domain(args: WebEdgeArgs) -> None:
    if bool(args.get("domain_name")) != bool(args.get("certificate_arn")):
        raise ValueError(
            "domain_name: goes with certificate_arn, a certificate of us-east-1; give both or none"
        )


def _check_rate(rate: int) -> None:
    # https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
    if not 10 <= rate <= 2_000_000:
        raise ValueError(f"requests_per_address: {rate} is out of range; use 10 to 2,000,000")


def _log_bucket(name: str, parent: pulumi.Resource, args: WebEdgeArgs) -> aws.s3.Bucket:
    operation = read_operation(args)
    account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=parent)).account_id

    def let_logs_in(bucket_arn: pulumi.Output[str]) -> list[iam.Statement]:
        return [
            {
                **iam.allow(
                    ["s3:PutObject"],
                    [pulumi.Output.concat(bucket_arn, "/", folder, "/*")],
                    {"StringEquals": {"aws:SourceAccount": account}},
                ),
                "Principal": {"Service": service},
            }
            for service, folder in _LOG_WRITERS.items()
        ]

    return private_bucket(
        f"{name}-logs",
        parent,
        versioned=False,
        protect_data=args.get("protect_data", True),
        tags=operation.tags,
        expire_days=operation.log_retention_days,
        share=let_logs_in,
    )


def _security_group(
    name: str, parent: pulumi.Resource, args: WebEdgeArgs, place: _Place
) -> aws.ec2.SecurityGroup:
    return aws.ec2.SecurityGroup(
        f"{name}-load-balancer",
        description="The site's load balancer: in from CloudFront, out to the site.",
        vpc_id=place.vpc_id,
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _load_balancer(
    name: str,
    parent: pulumi.Resource,
    args: WebEdgeArgs,
    place: _Place,
    group: aws.ec2.SecurityGroup,
    logs: aws.s3.Bucket,
) -> aws.lb.LoadBalancer:
    protect = args.get("protect_data", True)
    return aws.lb.LoadBalancer(
        f"{name}-balancer",
        internal=True,
        load_balancer_type="application",
        subnets=place.subnet_ids,
        security_groups=[group.id],
        idle_timeout=_IDLE_SECONDS,
        drop_invalid_header_fields=True,
        enable_deletion_protection=protect,
        access_logs={"bucket": logs.bucket, "prefix": "load-balancer", "enabled": True},
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _target_group(name: str, parent: pulumi.Resource, args: WebEdgeArgs, place: _Place) -> aws.lb.TargetGroup:
    return aws.lb.TargetGroup(
        f"{name}-site",
        target_type="ip",
        port=SITE_PORT,
        protocol="HTTP",
        vpc_id=place.vpc_id,
        deregistration_delay=_DRAIN_SECONDS,
        health_check={
            "path": HEALTH_PATH,
            "matcher": "200",
            "interval": 15,
            "timeout": 5,
            "healthy_threshold": 2,
            "unhealthy_threshold": 3,
        },
        # A page's state lives in the task that drew it.
        stickiness={"type": "lb_cookie", "enabled": True, "cookie_duration": _STICKY_SECONDS},
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _origin(
    name: str,
    parent: pulumi.Resource,
    args: WebEdgeArgs,
    balancer: aws.lb.LoadBalancer,
    listener: aws.lb.Listener,
) -> aws.cloudfront.VpcOrigin:
    return aws.cloudfront.VpcOrigin(
        f"{name}-origin",
        vpc_origin_endpoint_config={
            "name": args["physical_name"],
            "arn": balancer.arn,
            "http_port": _HTTP,
            "https_port": 443,
            # Within AWS's network: the load balancer has no name that a certificate could be for.
            "origin_protocol_policy": "http-only",
            "origin_ssl_protocols": {"items": ["TLSv1.2"], "quantity": 1},
        },
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[listener]),
    )


def _admit_origin(
    name: str,
    parent: pulumi.Resource,
    place: _Place,
    group: aws.ec2.SecurityGroup,
    origin: aws.cloudfront.VpcOrigin,
) -> None:
    """Let CloudFront's group reach the load balancer, and the load balancer the site; nothing else."""
    cloudfront = aws.ec2.get_security_group_output(
        filters=[{"name": "group-name", "values": [_ORIGIN_GROUP]}],
        vpc_id=place.vpc_id,
        opts=pulumi.InvokeOutputOptions(parent=parent, depends_on=[origin]),
    )
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-from-cloudfront",
        security_group_id=group.id,
        description="CloudFront's VPC origins.",
        referenced_security_group_id=cloudfront.id,
        ip_protocol="tcp",
        from_port=_HTTP,
        to_port=_HTTP,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _distribution(
    name: str,
    parent: pulumi.Resource,
    args: WebEdgeArgs,
    balancer: aws.lb.LoadBalancer,
    origin: aws.cloudfront.VpcOrigin,
    acl: aws.wafv2.WebAcl,
) -> aws.cloudfront.Distribution:
    domain = args.get("domain_name")
    return aws.cloudfront.Distribution(
        f"{name}-distribution",
        enabled=True,
        is_ipv6_enabled=True,
        http_version="http2and3",
        price_class="PriceClass_100",
        aliases=[domain] if domain else None,
        web_acl_id=acl.arn,
        origins=[
            {
                "origin_id": "site",
                "domain_name": balancer.dns_name,
                "vpc_origin_config": {
                    "vpc_origin_id": origin.id,
                    "origin_keepalive_timeout": 60,
                    "origin_read_timeout": 60,
                },
            }
        ],
        default_cache_behavior={
            "target_origin_id": "site",
            "viewer_protocol_policy": "redirect-to-https",
            "allowed_methods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
            "cached_methods": ["GET", "HEAD"],
            "compress": True,
            # Pages are a shopper's own, and their WebSocket needs all of the viewer's headers.
            "cache_policy_id": _CACHING_DISABLED,
            "origin_request_policy_id": _ALL_VIEWER,
            "response_headers_policy_id": _headers(name, parent).id,
        },
        restrictions={"geo_restriction": {"restriction_type": "none"}},
        viewer_certificate=_viewer_certificate(args),
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _viewer_certificate(args: WebEdgeArgs) -> Any:
    if not args.get("certificate_arn"):
        return {"cloudfront_default_certificate": True}
    return {
        "acm_certificate_arn": args.get("certificate_arn"),
        "ssl_support_method": "sni-only",
        "minimum_protocol_version": "TLSv1.2_2021",
    }


def _headers(name: str, parent: pulumi.Resource) -> aws.cloudfront.ResponseHeadersPolicy:
    """What the site does not say by itself: its own content policy is stricter and stays."""
    return aws.cloudfront.ResponseHeadersPolicy(
        f"{name}-headers",
        security_headers_config={
            "strict_transport_security": {
                "access_control_max_age_sec": _HSTS_SECONDS,
                "include_subdomains": True,
                "override": True,
            },
            "content_type_options": {"override": True},
            "frame_options": {"frame_option": "DENY", "override": False},
            "referrer_policy": {"referrer_policy": "strict-origin-when-cross-origin", "override": False},
        },
        remove_headers_config={"items": [{"header": "server"}]},
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _log_requests(
    name: str,
    parent: pulumi.Resource,
    args: WebEdgeArgs,
    distribution: aws.cloudfront.Distribution,
    logs: aws.s3.Bucket,
) -> None:
    """CloudFront's access log (version 2), without cookies, queries and addresses of shoppers."""
    opts = pulumi.ResourceOptions(parent=parent)
    source = aws.cloudwatch.LogDeliverySource(
        f"{name}-requests",
        region=GLOBAL_REGION,
        name=pulumi.Output.concat(args["physical_name"], "-site"),
        log_type="ACCESS_LOGS",
        resource_arn=distribution.arn,
        tags=args.get("tags"),
        opts=opts,
    )
    destination = aws.cloudwatch.LogDeliveryDestination(
        f"{name}-requests-bucket",
        region=GLOBAL_REGION,
        name=pulumi.Output.concat(args["physical_name"], "-site"),
        output_format="json",
        delivery_destination_configuration={
            "destination_resource_arn": pulumi.Output.concat(logs.arn, "/cloudfront")
        },
        tags=args.get("tags"),
        opts=opts,
    )
    aws.cloudwatch.LogDelivery(
        f"{name}-requests-delivery",
        region=GLOBAL_REGION,
        delivery_source_name=source.name,
        delivery_destination_arn=destination.arn,
        record_fields=[
            "timestamp(ms)",
            "x-edge-location",
            "cs-method",
            "cs-uri-stem",
            "sc-status",
            "sc-bytes",
            "time-taken",
            "x-edge-result-type",
            "x-edge-request-id",
        ],
        tags=args.get("tags"),
        opts=opts,
    )
