"""By which tags AWS's objects are known to be of a cluster, and who put them there.

From source: aws-load-balancer-controller v3.5.0 (pkg/deploy/tracking/provider.go), aws-ebs-csi-driver
(pkg/driver/constants.go, controller.go), amazon-vpc-cni-k8s (pkg/awsutils/awsutils.go), and the EKS user guide for what
EKS itself and its Auto Mode tag.
"""

from __future__ import annotations

LANDFALL = "landfall.eks/cluster"
"""What Landfall itself makes."""
BALANCER = "elbv2.k8s.aws/cluster"
INTERFACE = "cluster.k8s.amazonaws.com/name"
EKS_GROUP = "aws:eks:cluster-name"
"""The security group that EKS makes with a cluster, and deletes with it."""
NAMED = (
    LANDFALL,
    BALANCER,
    INTERFACE,
    EKS_GROUP,
    "eks:cluster-name",
    "eks:eks-cluster-name",
    "ebs.csi.aws.com/cluster-name",
    "KubernetesCluster",
)
"""Tags whose value is the cluster's name."""
STACK = "aws:cloudformation:stack-name"
VPC_CNI = "aws-K8S-"
"""How the description of an interface begins that the VPC CNI made for pods."""


def owned(name: str) -> str:
    """Return the tag key that, with the value `owned`, says that an object goes with its cluster."""
    return f"kubernetes.io/cluster/{name}"


def keys(name: str) -> list[str]:
    """Return every tag key that can be a mark of the cluster."""
    return [*NAMED, owned(name)]


def reason(tags: dict[str, str], name: str) -> str:
    """Return the tag that makes an object the cluster's, as `key = value`; empty if none does.

    `shared` is no such tag: it says that a cluster uses a network, which may be another's.
    """
    for key in NAMED:
        if tags.get(key) == name:
            return f"tag {key} = {name}"
    return f"tag {owned(name)} = owned" if tags.get(owned(name)) == "owned" else ""


def other(tags: dict[str, str], name: str) -> str:
    """Return the name of the other cluster whose tags an object has; empty if it has none's."""
    named = [tags[key] for key in NAMED if tags.get(key) not in {None, "", name}]
    prefix = owned("")
    named += [key.removeprefix(prefix) for key, value in tags.items() if key.startswith(prefix) and value == "owned"]
    return next((each for each in named if each != name), "")
