"""What is newer within a minor version: the images of nodes, and the add-ons.

AWS publishes the newest release of each image as a public parameter of Systems Manager (EKS user guide,
retrieve-ami-id and retrieve-ami-id-bottlerocket), which every account may read with ssm:GetParameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal
from ansible_collections.landfall.eks.plugins.module_utils.eks import live, upgrade
from ansible_collections.landfall.eks.plugins.module_utils.eks.live import Group

PARAMETERS = {
    "AL2023_x86_64_STANDARD": "/aws/service/eks/optimized-ami/{}/amazon-linux-2023/x86_64/standard/recommended/"
    "release_version",
    "AL2023_ARM_64_STANDARD": "/aws/service/eks/optimized-ami/{}/amazon-linux-2023/arm64/standard/recommended/"
    "release_version",
    "BOTTLEROCKET_x86_64": "/aws/service/bottlerocket/aws-k8s-{}/x86_64/latest/image_version",
    "BOTTLEROCKET_ARM_64": "/aws/service/bottlerocket/aws-k8s-{}/arm64/latest/image_version",
}
"""By EKS's amiType, with the version of Kubernetes; other images are their owner's to update."""
AT_ONCE = 10
"""Names that GetParameters takes (Systems Manager API reference)."""
DATED = re.compile(r"-(\d{4})(\d{2})(\d{2})$")
"""How a release of Amazon Linux ends, as 1.35.3-20261120."""


@dataclass(frozen=True)
class Behind:
    """A node group or an add-on whose version is not the newest one; `days` are 0 where the versions have no date."""

    kind: str
    name: str
    version: str
    now: str
    newest: str
    days: int = 0

    def line(self) -> str:
        """Return what is behind, and by how much."""
        late = f", {self.days} days newer" if self.days else ""
        return f"{self.kind} {self.name}: {self.now} -> {self.newest}{late}"


def read_groups(session: Session, groups: Iterable[Group]) -> list[Behind]:
    """Return the node groups with a newer image for their own version of Kubernetes. AwsError."""
    named = {each.name: PARAMETERS[each.image].format(each.version) for each in groups if each.image in PARAMETERS}
    newest = _parameters(session, sorted(set(named.values())))
    return behind_groups(groups, {name: newest[path] for name, path in named.items() if path in newest})


def behind_groups(groups: Iterable[Group], newest: Mapping[str, str]) -> list[Behind]:
    """Compare node groups with the newest release of each, by the group's name."""
    return [
        Behind(
            "nodes", each.name, each.version, each.release, newest[each.name], _days(each.release, newest[each.name])
        )
        for each in groups
        if each.name in newest and _is_older(each.release, newest[each.name])
    ]


def _parameters(session: Session, names: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for begin in range(0, len(names), AT_ONCE):
        answer = session.call("ssm", "get_parameters", Names=names[begin : begin + AT_ONCE])
        found |= {each["Name"]: str(each["Value"]) for each in answer["Parameters"]}
    return found


def _is_older(now: str, newest: str) -> bool:
    """Whether a release is older. What follows Bottlerocket's version, 1.20.3-5d9ac849, is a commit and no number."""
    if DATED.search(now) and DATED.search(newest):
        return upgrade.numbers(now) < upgrade.numbers(newest)
    return upgrade.numbers(now.partition("-")[0]) < upgrade.numbers(newest.partition("-")[0])


def _days(now: str, newest: str) -> int:
    dates = [date(*map(int, found.groups())) for each in (now, newest) if (found := DATED.search(each))]
    return (dates[1] - dates[0]).days if len(dates) == len((now, newest)) else 0


def lines(session: Session, cluster: str) -> list[str]:
    """Return what is behind of a cluster's nodes, a line each; without permission a note of what to allow."""
    try:
        return [each.line() for each in read_groups(session, live.read_groups(session, cluster))]
    except AwsError as error:
        return [f"whether nodes have the newest image was not looked at ({refusal(error) or error})"]
