"""What has to be asked before a cluster goes one version up: EKS, and the cluster itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal
from ansible_collections.landfall.eks.plugins.module_utils.eks import live, upgrade
from ansible_collections.landfall.eks.plugins.module_utils.eks.clusters import facts_of

NOT_FOUND = "ResourceNotFoundException"
OPTIONAL = ("eks-node-monitoring-agent",)
"""Add-ons that a cluster works without, and that a region may not have."""


@dataclass
class Versions:
    """What is live, what goes with the wanted version, and what is in the way, a sentence each."""

    live: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    addons: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_versions(
    session: Session,
    name: str,
    wanted: str,
    addons: Iterable[str],
    by_hand: Mapping[str, str],
    *,
    patch: bool = False,
) -> Versions:
    """Ask EKS for a cluster, its add-ons, and before an upgrade its node groups and its insights. AwsError."""
    versions = Versions(facts=_cluster(session, name))
    versions.live = str(versions.facts.get("version", ""))
    if problem := upgrade.step_problem(versions.live, wanted):
        versions.problems.append(problem)
        return versions
    for addon in addons:
        offered = _offered(session, addon, wanted)
        if addon in OPTIONAL and not offered and addon not in by_hand:
            versions.notes.append(f"The add-on {addon} is left out, since {session.region} does not offer it.")
            continue
        chosen, problem = upgrade.addon_choice(
            addon,
            offered,
            wanted,
            _live_addon(session, versions, name, addon),
            by_hand.get(addon, ""),
            patch=patch,
        )
        versions.addons |= {addon: chosen} if chosen else {}
        versions.problems += [problem] if problem else []
    if versions.live and versions.live != wanted:
        groups = [(each.name, each.version) for each in live.read_groups(session, name)]
        versions.problems += upgrade.mismatch_problems(versions.live, wanted, groups)
        versions.problems += upgrade.insight_problems(read_insights(session, name, versions), wanted)
    return versions


def read_cluster(session: Session, name: str) -> Versions:
    """Ask EKS for a cluster and nothing else. AwsError."""
    found = _cluster(session, name)
    return Versions(str(found.get("version", "")), found)


def _cluster(session: Session, name: str) -> dict[str, Any]:
    try:
        return facts_of(session.call("eks", "describe_cluster", name=name)["cluster"], session.region)
    except AwsError as error:
        if refusal(error) == NOT_FOUND:
            return {}
        raise


def _offered(session: Session, addon: str, wanted: str) -> list[dict[str, Any]]:
    pages = session.pages("eks", "describe_addon_versions", addonName=addon, kubernetesVersion=wanted)
    return [version for page in pages for each in page["addons"] for version in each.get("addonVersions") or []]


def _live_addon(session: Session, versions: Versions, name: str, addon: str) -> str:
    if not versions.live:
        return ""
    try:
        return str(session.call("eks", "describe_addon", clusterName=name, addonName=addon)["addon"]["addonVersion"])
    except AwsError as error:
        if refusal(error) == NOT_FOUND:
            return ""
        raise


def read_addons(session: Session, name: str, version: str) -> tuple[dict[str, str], dict[str, list[dict[str, Any]]]]:
    """Return the add-ons of a cluster with their versions, and what EKS offers of each for a version. AwsError."""
    names = [each for page in session.pages("eks", "list_addons", clusterName=name) for each in page["addons"]]
    live_ones = {
        each: str(session.call("eks", "describe_addon", clusterName=name, addonName=each)["addon"]["addonVersion"])
        for each in names
    }
    return live_ones, {each: _offered(session, each, version) for each in names}


def read_insights(session: Session, name: str, versions: Versions) -> list[dict[str, Any]]:
    """Return EKS's insights; who may not read them is told so, since the cluster itself is asked too."""
    try:
        pages = session.pages("eks", "list_insights", clusterName=name)
    except AwsError as error:
        if refusal(error) != "AccessDeniedException":
            raise
        versions.notes.append("EKS's upgrade insights were not read: allow eks:ListInsights.")
        return []
    return [each for page in pages for each in page["insights"]]


def ask_cluster(cluster: Any, wanted: str) -> list[str]:
    """Return what the cluster itself has against a version: deprecated APIs in use, and budgets that block a drain.

    `cluster` is a cluster_client.Cluster, whose ApiException and HTTPError are raised.
    """
    budgets = cluster.list("policy/v1", "PodDisruptionBudget")
    return [*upgrade.deprecated_in_use(cluster.text("/metrics"), wanted), *upgrade.blocking_budgets(budgets)]
