"""What a rollout would trip over: webhooks, IngressClasses and releases of strangers, and releases that are missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.preflight.brought import Row
from ansible_collections.landfall.eks.plugins.module_utils.preflight.ownership import Object, Records, helm_owner


def orphan_problems(row: Row, webhooks: Sequence[Object]) -> list[str]:
    """Return a sentence for each webhook of a server that is gone, which refuses what it guards."""
    if not row.selected:
        return []
    strangers = [each["metadata"] for each in webhooks if helm_owner(each) != (row.namespace, row.release)]
    article = "a " + row.what.removeprefix("the ")
    return [
        f"The webhook configuration {each['name']} belongs to {article} that is gone, and refuses "
        f"every object that it guards: delete it (kubectl delete mutatingwebhookconfiguration,"
        f"validatingwebhookconfiguration {each['name']} --ignore-not-found)."
        for each in {each["name"]: each for each in strangers}.values()
    ]


def class_problems(releases: Sequence[Mapping[str, Any]], classes: Sequence[Object]) -> list[str]:
    """Return a sentence for each of our IngressClasses that another controller has."""
    controllers = {each["metadata"]["name"]: (each.get("spec") or {}).get("controller") for each in classes}
    wanted = [(each["component"], each["ingress_class"]) for each in releases if _brings_class(each)]
    return [
        f"The IngressClass {own['name']} belongs to another ingress controller here ({controllers[own['name']]}): "
        f"remove that controller and its class first, or write {component}_enabled: false to go on with that one."
        for component, own in wanted
        if controllers.get(own["name"]) not in {None, own["controller"]}
    ]


def _brings_class(release: Mapping[str, Any]) -> bool:
    return bool(release["selected"] and release.get("ingress_class"))


def stranger_problems(releases: Sequence[Mapping[str, Any]], rows: Sequence[Row], records: Records) -> list[str]:
    """Return a sentence for each of our releases whose name another one has already."""
    settled = {row.release for row in rows if row.signs}
    return [
        f"The Helm release {each['namespace']}/{each['name']} is there and was not made by Landfall: uninstall it, or "
        f"write another namespace as {each['namespace_setting']}."
        for each in releases
        if each["selected"]
        and each["name"] not in settled
        and (each["namespace"], each["name"]) in records.releases
        and not records.ours(each["namespace"], each["name"])
    ]


def missing_problems(selected: Sequence[Mapping[str, Any]], left: Collection[str], records: Records) -> list[str]:
    """Return a sentence for each release that needs one which neither comes with this run nor is there.

    `left` are the releases whose work is done by what others installed.
    """
    there = {each["name"] for each in selected} | {name for _unused, name in records.releases} | {*left}
    return [
        f"The release {each['name']} needs {name}, which neither comes with this run nor is on the cluster: roll that "
        f"out first, or take it out of the needs of {each['name']}."
        for each in selected
        for name in each.get("needs") or []
        if name not in there
    ]
