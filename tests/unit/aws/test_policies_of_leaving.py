"""What the sweep and Elastic IPs need is allowed by the tags of who made it; what others made is refused."""

import pytest

from tests.unit.aws import actions
from tests.unit.aws.judge import Request, allows
from tests.unit.aws.stack_requests import ACCOUNT, REGION, TAG

LEAVING, ROLLOUT = actions.policy("leaving"), actions.policy("rollout")


def tagged(action, kind, **tags):
    service = "elasticloadbalancing" if action.startswith("elasticloadbalancing") else "ec2"
    arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:{kind}/1"
    return Request(action, arn, {f"aws:ResourceTag/{key}": (value,) for key, value in tags.items()})


CONTROLLER, DRIVER = {"elbv2.k8s.aws/cluster": "production"}, {"ebs.csi.aws.com/cluster": "true"}
CNI, EKS = {"cluster.k8s.amazonaws.com/name": "production"}, {"aws:eks:cluster-name": "production"}
AUTO, OURS = {"eks:eks-cluster-name": "production"}, {TAG: "production"}
SWEPT = [
    ("elasticloadbalancing:DeleteLoadBalancer", "loadbalancer/net/a", [CONTROLLER, AUTO]),
    ("elasticloadbalancing:DeleteTargetGroup", "targetgroup/a", [CONTROLLER, AUTO]),
    ("ec2:DeleteSecurityGroup", "security-group", [CONTROLLER, EKS, AUTO]),
    ("ec2:RevokeSecurityGroupIngress", "security-group", [CONTROLLER, EKS, AUTO]),
    ("ec2:RevokeSecurityGroupEgress", "security-group", [CONTROLLER, EKS, AUTO]),
    ("ec2:DeleteNetworkInterface", "network-interface", [CNI, AUTO]),
    ("ec2:DeleteVolume", "volume", [DRIVER, AUTO]),
    ("ec2:DeleteSnapshot", "snapshot", [DRIVER, AUTO]),
    ("ec2:ReleaseAddress", "elastic-ip", [OURS]),
]


@pytest.mark.parametrize(("action", "kind", "marks"), SWEPT, ids=[each[0] for each in SWEPT])
def test_a_sweep_may_take_what_a_controller_left_and_nothing_else(action, kind, marks):
    assert all(allows(LEAVING, tagged(action, kind, **each)) for each in [*marks, OURS])
    assert not allows(LEAVING, tagged(action, kind))
    assert not allows(LEAVING, tagged(action, kind, team="payroll", Name="production"))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("/aws/eks/production/cluster", True),
        ("/aws/containerinsights/production/application", True),
        ("/aws/lambda/payroll", False),
        ("payroll", False),
    ],
)
def test_only_logs_of_clusters_go(name, wanted):
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"
    assert allows(LEAVING, Request("logs:DeleteLogGroup", arn)) is wanted


ADDRESS = f"arn:aws:ec2:{REGION}:{ACCOUNT}:elastic-ip/eipalloc-1"
REQUESTED, OWN = {f"aws:RequestTag/{TAG}": ("production",)}, {f"aws:ResourceTag/{TAG}": ("production",)}


def test_elastic_ips_are_allocated_tagged_moved_and_released():
    assert allows(ROLLOUT, Request("ec2:AllocateAddress", ADDRESS, REQUESTED))
    assert allows(ROLLOUT, Request("ec2:CreateTags", ADDRESS, REQUESTED | {"ec2:CreateAction": ("AllocateAddress",)}))
    assert allows(ROLLOUT, Request("ec2:CreateTags", ADDRESS, REQUESTED | OWN)), "an address that gets another zone"
    assert allows(ROLLOUT, Request("ec2:ReleaseAddress", ADDRESS, OWN))


def test_an_address_of_others_cannot_be_made_ours_and_released():
    assert not allows(ROLLOUT, Request("ec2:CreateTags", ADDRESS, REQUESTED))
    assert not allows(ROLLOUT, Request("ec2:ReleaseAddress", ADDRESS))
    assert not allows(ROLLOUT, Request("ec2:AllocateAddress", ADDRESS))
