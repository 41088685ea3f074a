"""A network in the simulated account, and the load balancers in it, with the interfaces that AWS makes by itself."""

import boto3

ZONES = ("eu-central-1a", "eu-central-1b", "eu-central-1c")


def make(tags=None, zones=ZONES, names=()):
    """Make a VPC with a subnet in each zone; `names` are their Name tags. Returns {vpc, subnets}."""
    vpc = boto3.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    named = [*names, *[""] * (len(zones) - len(names))]
    subnets = [
        subnet(vpc, zone, number, (tags or {}) | ({"Name": name} if name else {}))
        for number, (zone, name) in enumerate(zip(zones, named, strict=True))
    ]
    return {"vpc": vpc, "subnets": subnets}


def subnet(vpc, zone, number, tags=None):
    ec2 = boto3.client("ec2")
    made = ec2.create_subnet(VpcId=vpc, AvailabilityZone=zone, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
    if tags:
        ec2.create_tags(Resources=[made], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    return made


def open_to_the_internet(vpc):
    """Give the VPC's main routes an internet gateway."""
    ec2 = boto3.client("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


def balancer(name, subnets, scheme="internet-facing"):
    """Make a network load balancer, without interfaces as the simulation has it. Returns its DNS name."""
    made = boto3.client("elbv2").create_load_balancer(Name=name, Type="network", Scheme=scheme, Subnets=subnets)
    return made["LoadBalancers"][0]["DNSName"]


def interface(name, subnet_id, public=True):
    """Make the interface of a load balancer in one of its zones. Returns the address that faces the clients."""
    ec2 = boto3.client("ec2")
    made = ec2.create_network_interface(SubnetId=subnet_id, Description=f"ELB net/{name}/0123456789abcdef")
    found = made["NetworkInterface"]
    if not public:
        return found["PrivateIpAddress"]
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=found["NetworkInterfaceId"])
    return address["PublicIp"]
