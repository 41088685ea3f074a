"""One version up: which step is possible, what would be in the way, and which add-ons go with it.

Everything here is pure: what AWS and the cluster answered goes in, sentences come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

VERSION = re.compile(r"^1\.(\d+)$")
DEPRECATED = re.compile(r"^apiserver_requested_deprecated_apis\{([^}]*)\}\s+([0-9.e+]+)\s*$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')


def minor(version: str) -> int:
    """Return the 34 of 1.34. ValueError."""
    found = VERSION.match(version)
    if not found:
        raise ValueError(f"{version!r} is no version of Kubernetes such as 1.34")
    return int(found[1])


def step_problem(live: str, wanted: str) -> str:
    """Return the sentence on a step that is not done so: back, or over a version. `live` is empty without cluster."""
    if not live:
        return ""
    steps = minor(wanted) - minor(live)
    if steps < 0:
        back = " EKS rolls an upgrade back within seven days: -e cluster_state=rolled_back." if steps == -1 else ""
        return f"cluster_version is {wanted} and the cluster runs {live}: write {live}.{back}"
    if steps > 1:
        return (
            f"cluster_version is {wanted} and the cluster runs {live}: EKS goes up by one version at a time, "
            f"write 1.{minor(live) + 1} first."
        )
    return ""


def mismatch_problems(live: str, wanted: str, groups: Iterable[tuple[str, str]]) -> list[str]:
    """Return a sentence for each node group, (name, version), of another version than a control plane that goes up.

    EKS API reference, UpdateClusterVersion: all node groups must match the cluster's version.
    """
    if live in {"", wanted}:
        return []
    return sorted(
        f"The nodes of {name} run {version} and the control plane {live}: EKS upgrades it only when they match, so "
        f"write cluster_version: {live} and run with -e cluster_nodes_follow=true first."
        for name, version in groups
        if version != live
    )


def deprecated_in_use(metrics: str, wanted: str) -> list[str]:
    """Return a sentence for each API that somebody asked for since the API server started and that `wanted` lacks.

    `metrics` is what the API server says at /metrics; the metric apiserver_requested_deprecated_apis carries
    removed_release where a release is known (k8s.io/apiserver, endpoints/metrics).
    """
    found = set()
    for labels, value in DEPRECATED.findall(metrics):
        told = dict(LABEL.findall(labels))
        release = told.get("removed_release", "")
        if not VERSION.match(release) or minor(release) > minor(wanted) or float(value) == 0:
            continue
        group = f"{told.get('group')}/" if told.get("group") else ""
        what = f"{group}{told.get('version', '?')} {told.get('resource', '?')}"
        found.add(
            f"{what} was asked for since the API server started and is gone from Kubernetes {release} on: "
            "find who asks (userAgent in the audit log) and update it first."
        )
    return sorted(found)


def insight_problems(
    insights: Iterable[Mapping[str, Any]], wanted: str, category: str = "UPGRADE_READINESS"
) -> list[str]:
    """Return a sentence for each of EKS's own insights of a category that stands at ERROR; `wanted` may be empty.

    EKS reads a month of audit logs for them, so they also know of who asked before the API server last started.
    """
    return sorted(
        f"EKS says of {each['name']}: {str((each.get('insightStatus') or {}).get('reason') or 'ERROR').rstrip('.')} "
        f"(aws eks describe-insight --id {each['id']})."
        for each in insights
        if each.get("category") == category
        and (not wanted or str(each.get("kubernetesVersion")) == wanted)
        and (each.get("insightStatus") or {}).get("status") == "ERROR"
    )


def blocking_budgets(budgets: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each PodDisruptionBudget by which no node can be drained as it is now."""
    return sorted(_blocked(budgets))


def _blocked(budgets: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for each in budgets:
        status, meta = each.get("status") or {}, each["metadata"]
        if status.get("disruptionsAllowed", 0) > 0 or not status.get("expectedPods"):
            continue
        healthy, wanted = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
        why = (
            f"{healthy} of its {status['expectedPods']} pods are healthy: repair them first"
            if healthy < wanted
            else f"it wants {wanted} of {status['expectedPods']} pods: give it one more, or let it allow one less"
        )
        yield (
            f"The PodDisruptionBudget {meta['namespace']}/{meta['name']} allows no disruption, so no node is drained: "
            f"{why}."
        )


def addon_choice(
    name: str,
    offered: Sequence[Mapping[str, Any]],
    wanted: str,
    live: str = "",
    by_hand: str = "",
    *,
    patch: bool = False,
) -> tuple[str, str]:
    """Return the version of an add-on for a version of Kubernetes, and a sentence if there is none.

    `offered` is the addonVersions of EKS's describe_addon_versions. One that was set by hand has to fit; the live one
    stays while it fits, since an add-on is updated on purpose and not by the way; else it is EKS's default. With
    `patch` that also follows one which fits and is older.
    """
    fitting = [each for each in offered if any(_fits(one, wanted) for one in each.get("compatibilities") or [])]
    names = [str(each["addonVersion"]) for each in fitting]
    if by_hand:
        if by_hand in names:
            return by_hand, ""
        return "", (
            f"cluster_addon_versions.{name} is {by_hand}, which EKS does not offer for Kubernetes {wanted}: write one "
            f"of {', '.join(names[:3])}, or leave it out."
        )
    usual = next(
        (
            str(each["addonVersion"])
            for each in fitting
            if any(_fits(one, wanted) and one.get("defaultVersion") for one in each["compatibilities"])
        ),
        names[0] if names else "",
    )
    if live in names and not (patch and numbers(usual) > numbers(live)):
        return live, ""
    if usual:
        return usual, ""
    return "", f"EKS offers no version of the add-on {name} for Kubernetes {wanted}: write an older cluster_version."


def numbers(version: str) -> tuple[int, ...]:
    """Return what an add-on's version is compared by: v1.20.4-eksbuild.1 is 1, 20, 4, 1."""
    return tuple(int(each) for each in re.findall(r"\d+", version))


def _fits(compatibility: Mapping[str, Any], wanted: str) -> bool:
    return str(compatibility.get("clusterVersion")) == wanted
