"""One version back: until when EKS does it, and what is in the way.

From the EKS user guide, rollback-cluster: within seven days of an upgrade, by one minor version, if the cluster was not
created with the version it has, is ACTIVE, and neither nodes nor add-ons are newer than the older version takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.eks import support
from ansible_collections.landfall.eks.plugins.module_utils.eks.live import Group, Update
from ansible_collections.landfall.eks.plugins.module_utils.eks.upgrade import insight_problems, minor

WINDOW = timedelta(days=7)
"""From the end of the upgrade. EKS tells its beginning alone, from which it is counted here."""
CATEGORY = "ROLLBACK_READINESS"


@dataclass(frozen=True)
class Standing:
    """Where a cluster stands: the version it can roll back to, empty for none, until when, and whether it has been."""

    target: str = ""
    until: datetime | None = None
    done: bool = False
    going: bool = False


def standing(version: str, updates: Sequence[Update]) -> Standing:
    """Return where a cluster of a version stands after its updates, oldest first.

    `done` is of a rollback that was the last thing to happen, `going` of one that EKS is at work on.
    """
    last = next((each for each in reversed(updates) if each.status in {"Successful", "InProgress"}), None)
    if last is None:
        return Standing()
    if last.type == "VersionRollback":
        going = last.status == "InProgress"
        return Standing(last.version, done=not going, going=going)
    if last.status == "InProgress":
        return Standing()
    return Standing(f"1.{minor(version) - 1}", last.begun + WINDOW)


def line(found: Standing, now: datetime) -> str:
    """Return until when a cluster can be rolled back, or nothing."""
    if found.until is None or found.until < now:
        return ""
    return (
        f"EKS can roll the control plane back to {found.target} until {found.until:%Y-%m-%d %H:%M} UTC, if nodes and "
        "add-ons are not newer: run with -e cluster_state=rolled_back."
    )


@dataclass(frozen=True)
class Facts:
    """What is asked before a rollback; `offered` is the addonVersions for the older version by the add-on's name."""

    name: str
    version: str
    status: str
    policy: str
    groups: Sequence[Group]
    addons: Mapping[str, str]
    offered: Mapping[str, Sequence[Mapping[str, Any]]]
    insights: Sequence[Mapping[str, Any]] = ()


def window_problem(found: Standing, name: str, version: str, now: datetime) -> str:
    """Return the sentence on a rollback that EKS does not do at all, or nothing."""
    if found.until is None:
        return (
            f"The cluster {name} runs {version} and was not upgraded to it: EKS rolls back an upgrade, and not the "
            "version that a cluster was created with."
        )
    if found.until < now:
        return (
            f"The cluster {name} was upgraded to {version} more than {WINDOW.days} days ago, and EKS rolled it back "
            f"until {found.until:%Y-%m-%d %H:%M} UTC: create a new cluster, or go on with {version}."
        )
    return ""


def problems(found: Standing, facts: Facts, today: date) -> list[str]:
    """Return what is in the way of a rollback whose window is open, a sentence each."""
    said = list(_state(found, facts, today))
    for group in facts.groups:
        if minor(group.version) > minor(found.target):
            said.append(
                f"The nodes of {group.name} run {group.version}, and nodes must not be newer than the control plane: "
                f"roll them back first with `aws eks update-nodegroup-version --cluster-name {facts.name} "
                f"--nodegroup-name {group.name} --kubernetes-version {found.target}`."
            )
    for addon, live in sorted(facts.addons.items()):
        fitting = [str(each["addonVersion"]) for each in facts.offered.get(addon, [])]
        if live not in fitting:
            said.append(
                f"The add-on {addon} runs {live}, which EKS does not offer for Kubernetes {found.target}: run `aws eks "
                f"update-addon --cluster-name {facts.name} --addon-name {addon} --addon-version "
                f"{fitting[0] if fitting else '<version>'}` first."
            )
    return said + insight_problems(facts.insights, "", CATEGORY)


def _state(found: Standing, facts: Facts, today: date) -> Iterable[str]:
    if facts.status != "ACTIVE":
        yield f"The cluster {facts.name} is {facts.status}: wait until EKS has ended what it is doing, then run again."
    if support.is_extended(found.target, today) and facts.policy.upper() == "STANDARD":
        yield (
            f"Kubernetes {found.target} is {support.state(found.target, today)}, which the cluster's policy excludes: "
            "write cluster_support: extended and run this playbook without cluster_state first."
        )
