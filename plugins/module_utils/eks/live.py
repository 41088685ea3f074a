"""What of a cluster runs, as EKS says: its node groups and the updates of its version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session

VERSION_TYPES = ("VersionUpdate", "VersionRollback")


@dataclass(frozen=True)
class Group:
    """A managed node group: its version of Kubernetes, and the release of its image."""

    name: str
    version: str
    release: str = ""
    image: str = ""
    status: str = "ACTIVE"


@dataclass(frozen=True)
class Update:
    """An update of a control plane's version: its type and status, the version it leads to, and when it began."""

    id: str
    type: str
    status: str
    version: str
    begun: datetime


def read_groups(session: Session, cluster: str) -> list[Group]:
    """Return the managed node groups of a cluster, also those that no stack of Landfall made. AwsError."""
    pages = session.pages("eks", "list_nodegroups", clusterName=cluster)
    names = [name for page in pages for name in page["nodegroups"]]
    return [
        _group(session.call("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=each)["nodegroup"])
        for each in names
    ]


def _group(told: dict[str, Any]) -> Group:
    return Group(
        str(told["nodegroupName"]),
        str(told.get("version", "")),
        str(told.get("releaseVersion", "")),
        str(told.get("amiType", "")),
        str(told.get("status", "")),
    )


def read_updates(session: Session, cluster: str, group: str = "") -> list[Update]:
    """Return the updates of the version of a control plane, or of a node group, oldest first. AwsError."""
    where = {"nodegroupName": group} if group else {}
    pages = session.pages("eks", "list_updates", name=cluster, **where)
    told = [
        session.call("eks", "describe_update", name=cluster, updateId=each, **where)["update"]
        for page in pages
        for each in page["updateIds"]
    ]
    return sorted(_updates(told), key=lambda each: each.begun)


def _updates(told: Iterable[dict[str, Any]]) -> Iterable[Update]:
    for each in told:
        if each["type"] in VERSION_TYPES:
            params = {param["type"]: str(param["value"]) for param in each.get("params") or []}
            yield Update(each["id"], each["type"], each["status"], params.get("Version", ""), each["createdAt"])
