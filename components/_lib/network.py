"""A private network for what is no function: the site's load balancer and its tasks."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._lib.package import internal_token

_ZONES = 2
_SUBNET_BITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """What a network is made of: its private addresses (a /16 to /24) and its ways out to the internet."""

    cidr: str
    nat_gateways: int
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None


class Network(pulumi.ComponentResource):
    """A VPC over two zones: private subnets that reach out through NAT, which the public ones hold.

    It has an internet gateway, which a CloudFront VPC origin asks for.
    """

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, spec: NetworkSpec, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(internal_token("Network"), name, {}, opts)
        ranges = _ranges(spec.cidr)
        _check_gateways(spec.nat_gateways)

        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=str(ranges.whole),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=spec.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # A new VPC comes with a security group that lets everything out; this empties it.
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default",
            vpc_id=vpc.id,
            tags=spec.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        zones = aws.get_availability_zones_output(
            state="available", opts=pulumi.InvokeOptions(parent=self)
        ).names
        public = _subnets(f"{name}-public", self, vpc, zones, ranges.public, spec)
        private = _subnets(f"{name}-private", self, vpc, zones, ranges.private, spec)
        outside = _route_outside(name, self, vpc, public, spec)
        nats = [_nat(f"{name}-nat-{n}", self, public[n], outside, spec) for n in range(spec.nat_gateways)]
        tables = [
            _route_through(f"{name}-private-{n}", self, vpc, subnet, nats[n % spec.nat_gateways], spec)
            for n, subnet in enumerate(private)
        ]
        _reach_storage(name, self, vpc, tables, spec)

        self.vpc_id = vpc.id
        self.private_subnet_ids = pulumi.Output.all(*(subnet.id for subnet in private))
        self.register_outputs({"vpc_id": self.vpc_id, "private_subnet_ids": self.private_subnet_ids})


@dataclass(frozen=True, slots=True)
class _Ranges:
    whole: ipaddress.IPv4Network
    public: list[str]
    private: list[str]


def _ranges(cidr: str) -> _Ranges:
    """The parts of the network. Raises ValueError for addresses that are not private or too few."""
    try:
        whole = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise ValueError(
            f"cidr: {cidr!r} is no range of IPv4 addresses; write one as 10.42.0.0/20"
        ) from error
    if not whole.is_private or not 16 <= whole.prefixlen <= 24:
        raise ValueError(f"cidr: {cidr} is not a private range of /16 to /24; use one such as 10.42.0.0/20")
    parts = [str(part) for part in whole.subnets(prefixlen_diff=_SUBNET_BITS)]
    return _Ranges(whole, parts[:_ZONES], parts[_ZONES : 2 * _ZONES])


def _check_gateways(gateways: int) -> None:
    if not 1 <= gateways <= _ZONES:
        raise ValueError(f"nat_gateways: {gateways} is out of range; use 1, or {_ZONES} for one in each zone")


def _subnets(
    name: str,
    parent: pulumi.Resource,
    vpc: aws.ec2.Vpc,
    zones: pulumi.Output[Sequence[str]],
    ranges: Sequence[str],
    spec: NetworkSpec,
) -> list[aws.ec2.Subnet]:
    return [
        aws.ec2.Subnet(
            f"{name}-{number}",
            vpc_id=vpc.id,
            cidr_block=cidr,
            availability_zone=zones[number],
            map_public_ip_on_launch=False,
            tags=spec.tags,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        for number, cidr in enumerate(ranges)
    ]


def _route_outside(
    name: str,
    parent: pulumi.Resource,
    vpc: aws.ec2.Vpc,
    public: Sequence[aws.ec2.Subnet],
    spec: NetworkSpec,
) -> aws.ec2.InternetGateway:
    opts = pulumi.ResourceOptions(parent=parent)
    gateway = aws.ec2.InternetGateway(f"{name}-internet", vpc_id=vpc.id, tags=spec.tags, opts=opts)
    table = aws.ec2.RouteTable(
        f"{name}-public-routes",
        vpc_id=vpc.id,
        routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}],
        tags=spec.tags,
        opts=opts,
    )
    for number, subnet in enumerate(public):
        aws.ec2.RouteTableAssociation(
            f"{name}-public-{number}-routes", subnet_id=subnet.id, route_table_id=table.id, opts=opts
        )
    return gateway


def _nat(
    name: str,
    parent: pulumi.Resource,
    subnet: aws.ec2.Subnet,
    outside: aws.ec2.InternetGateway,
    spec: NetworkSpec,
) -> aws.ec2.NatGateway:
    address = aws.ec2.Eip(
        f"{name}-address",
        domain="vpc",
        tags=spec.tags,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[outside]),
    )
    return aws.ec2.NatGateway(
        name,
        allocation_id=address.id,
        subnet_id=subnet.id,
        tags=spec.tags,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[outside]),
    )


def _route_through(
    name: str,
    parent: pulumi.Resource,
    vpc: aws.ec2.Vpc,
    subnet: aws.ec2.Subnet,
    nat: aws.ec2.NatGateway,
    spec: NetworkSpec,
) -> aws.ec2.RouteTable:
    opts = pulumi.ResourceOptions(parent=parent)
    table = aws.ec2.RouteTable(
        f"{name}-table",
        vpc_id=vpc.id,
        routes=[{"cidr_block": "0.0.0.0/0", "nat_gateway_id": nat.id}],
        tags=spec.tags,
        opts=opts,
    )
    aws.ec2.RouteTableAssociation(f"{name}-routes", subnet_id=subnet.id, route_table_id=table.id, opts=opts)
    return table


def _reach_storage(
    name: str,
    parent: pulumi.Resource,
    vpc: aws.ec2.Vpc,
    tables: Sequence[aws.ec2.RouteTable],
    spec: NetworkSpec,
) -> None:
    """A way to S3 that costs nothing: image layers, which lie there, need not pass through NAT."""
    region = aws.get_region_output(opts=pulumi.InvokeOptions(parent=parent)).region
    aws.ec2.VpcEndpoint(
        f"{name}-s3",
        vpc_id=vpc.id,
        service_name=pulumi.Output.concat("com.amazonaws.", region, ".s3"),
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id for table in tables],
        tags=spec.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
