"""Networks of a simulated account whose subnets a load balancer can be in."""

import boto3

TAG = "kubernetes.io/role/elb"


def vpc(zones="abc"):
    ec2 = boto3.client("ec2")
    identity = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for index, zone in enumerate(zones):
        tags = [{"ResourceType": "subnet", "Tags": [{"Key": TAG, "Value": "1"}]}]
        ec2.create_subnet(
            VpcId=identity,
            CidrBlock=f"10.0.{index}.0/24",
            AvailabilityZone=f"eu-central-1{zone}",
            TagSpecifications=tags,
        )
    return identity
