"""How many of what a run makes the account still may have in its region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, tags_of

CONTROLLER_TAGS = ("elbv2.k8s.aws/cluster", "eks:eks-cluster-name")
"""By which a load balancer of a cluster is known: made by the AWS Load Balancer Controller, or by EKS Auto Mode."""
OUR_TAG = "landfall.eks/cluster"
AT_ONCE = 20
"""Load balancers whose tags elasticloadbalancing tells in one call."""


@dataclass(frozen=True)
class Quota:
    """One quota of a region, by Service Quotas' codes; `default` is what AWS gives to a new account."""

    what: str
    service: str
    code: str
    default: int


BALANCERS = Quota("network load balancers", "elasticloadbalancing", "L-69A177A2", 50)
GROUPS = Quota("target groups", "elasticloadbalancing", "L-B22855CB", 3000)
ADDRESSES = Quota("Elastic IPs", "ec2", "L-0263D0A3", 5)


@dataclass(frozen=True)
class Use:
    """What there is of a quota; `limit` is None where it could not be read; `detail` says who uses it."""

    quota: Quota
    limit: int | None
    used: int
    wanted: int
    detail: str = ""

    @property
    def line(self) -> str:
        """What is shown of it, as `6 of 5 Elastic IPs`."""
        limit = f"{self.limit}" if self.limit is not None else f"{self.quota.default} (AWS's default, quota not read)"
        wanted = f", {self.wanted} more wanted" if self.wanted else ""
        return f"{self.used} of {limit} {self.quota.what}{self.detail}{wanted}"

    @property
    def short(self) -> bool:
        """Whether the wanted ones do not fit, as far as that is known for sure."""
        return self.limit is not None and self.wanted > 0 and self.used + self.wanted > self.limit

    def problem(self, otherwise: str) -> str:
        """Return the sentence on a quota that is too small; `otherwise` is what else can be done."""
        there = f"{self.used} of {self.limit} {self.quota.what}{self.detail}"
        code, raised = f"{self.quota.service}/{self.quota.code}", self.used + self.wanted
        return (
            f"The region has {there} and this run wants {self.wanted} more: let AWS raise the quota {code} to {raised} "
            f"at least, or {otherwise}."
        )


def limit(session: Session, quota: Quota) -> int | None:
    """Return how many the account may have; None if AWS does not tell."""
    try:
        answer = session.call("service-quotas", "get_service_quota", ServiceCode=quota.service, QuotaCode=quota.code)
    except AwsError:
        return None
    return int(answer["Quota"]["Value"])


def balancers(session: Session) -> list[dict[str, Any]]:
    """Return the network load balancers of the region, each {arn, tags}. AwsError."""
    pages = session.pages("elbv2", "describe_load_balancers")
    arns = [each["LoadBalancerArn"] for page in pages for each in page["LoadBalancers"] if each["Type"] == "network"]
    found = []
    for start in range(0, len(arns), AT_ONCE):
        told = session.call("elbv2", "describe_tags", ResourceArns=arns[start : start + AT_ONCE])["TagDescriptions"]
        found += [{"arn": each["ResourceArn"], "tags": tags_of(each["Tags"])} for each in told]
    return found


def of_cluster(found: Iterable[dict[str, Any]], cluster: str) -> int:
    """Return how many load balancers are those of a cluster."""
    return sum(any(each["tags"].get(tag) == cluster for tag in CONTROLLER_TAGS) for each in found)


def target_groups(session: Session) -> int:
    """Return how many target groups the region has. AwsError."""
    return sum(len(page["TargetGroups"]) for page in session.pages("elbv2", "describe_target_groups"))


def addresses(session: Session, cluster: str) -> tuple[int, int, int]:
    """Return how many Elastic IPs the region has, how many NAT gateways hold, and how many are kept for a cluster.

    AwsError.
    """
    found = session.call("ec2", "describe_addresses")["Addresses"]
    own = sum(tags_of(each.get("Tags") or []).get(OUR_TAG) == cluster for each in found)
    known = {each.get("AllocationId") for each in found}
    live = [{"Name": "state", "Values": ["pending", "available"]}]
    held = {
        address.get("AllocationId")
        for page in session.pages("ec2", "describe_nat_gateways", Filter=live)
        for gateway in page["NatGateways"]
        for address in gateway.get("NatGatewayAddresses") or []
    }
    return len(found), len(held & known), own
