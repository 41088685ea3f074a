"""What is done about that which others brought: it is left, adopted or refused, as the setting of a release says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.preflight import outside
from ansible_collections.landfall.eks.plugins.module_utils.preflight.brought import Existing, Live, Row
from ansible_collections.landfall.eks.plugins.module_utils.preflight.ownership import (
    ADDON,
    Object,
    Records,
    by_eks,
    helm_owner,
    is_ours,
    maker,
    words,
)


def decide(found: Existing, row: Row, seen: Sequence[Object], records: Records, cluster: Cluster) -> None:
    """Add to `found` what is to be said and done about one release."""
    others = [each for each in seen if not is_ours(each, row.namespace, row.release, records)]
    if len(others) < len(seen):
        found.lines[row.what] = "Landfall's own"
    elif others:
        _decide_on_others(found, row, _live(others[0], row))
    elif row.builtin and cluster.resource_path(row.builtin["api_version"], row.builtin["kind"], None):
        _decide_on_builtin(found, row)
    elif row.outside and (elsewhere := outside.find(cluster, row.outside, row.namespace, row.release, records)):
        _decide_on_outside(found, row, elsewhere)
    elif row.signs:
        found.lines[row.what] = f"not there{', comes with this run' if row.selected else ''}"


def _live(seen: Object, row: Row) -> Live:
    metadata = seen["metadata"]
    selector = ((seen.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    return Live(
        namespace=metadata.get("namespace") or ((seen.get("spec") or {}).get("service") or {}).get("namespace", ""),
        name=metadata["name"],
        maker=maker(seen),
        fault=_api_fault(seen) if seen.get("kind") == "APIService" or not selector else _deployment_fault(seen),
        instance=selector.get(row.instance, row.release if not selector else ""),
    )


def _deployment_fault(deployment: Object) -> str:
    if (deployment.get("status") or {}).get("availableReplicas"):
        return ""
    return "none of its pods is available"


def _api_fault(api_service: Object) -> str:
    conditions = (api_service.get("status") or {}).get("conditions") or []
    available: Object = next((each for each in conditions if each.get("type") == "Available"), {})
    if available.get("status") == "True":
        return ""
    return f"it is not Available{': ' + available['message'].rstrip('.') if available.get('message') else ''}"


def _decide_on_others(found: Existing, row: Row, live: Live) -> None:
    if row.policy == "adopt":
        found.lines[row.what] = f"{live.words}: taken over, since {row.setting} is adopt"
        if live.maker == ADDON:
            found.lines[row.what] += "; EKS takes it back until its add-on is removed (delete-addon --preserve)"
        problem = _adoption_problem(row, live)
    else:
        found.left.append(row.release)
        found.places[row.release] = live.namespace
        found.lines[row.what] = f"{live.words}: left as it is ({row.setting}: adopt takes it over)"
        problem = _leaving_problem(row, live)
    if problem:
        _add_problem(found, row, problem)


def _adoption_problem(row: Row, live: Live) -> str:
    if live.instance != row.release:
        return (
            f"{row.setting} is adopt, but {row.what} is there as {live.words}, whose pods are not selected as those of "
            f"a Helm release {row.release}, which nobody can change: write {row.setting}: leave, or remove it "
            "first."
        )
    if live.namespace and live.namespace != row.namespace:
        return (
            f"{row.setting} is adopt, but {row.what} is there as {live.words}, and {row.namespace_setting} is "
            f"{row.namespace}: write {row.namespace_setting}: {live.namespace}, or {row.setting}: leave."
        )
    return ""


def _leaving_problem(row: Row, live: Live) -> str:
    if row.policy == "refuse":
        return (
            f"{row.setting} is refuse, and {row.what} is there as {live.words}: remove it, or write leave or adopt "
            f"as {row.setting}."
        )
    if live.fault:
        return (
            f"{row.what} is there as {live.words}, and does not work ({live.fault}): repair or remove it, or write "
            f"{row.setting}: adopt."
        )
    return ""


def _decide_on_builtin(found: Existing, row: Row) -> None:
    """The cluster does the work of a release itself, EKS Auto Mode by a class of its own."""
    name, does, load_balancer_class = (row.builtin[each] for each in ("name", "does", "load_balancer_class"))
    if row.policy == "adopt":
        found.lines[row.what] = f"{name} {does}; a controller comes beside it, as you chose"
        return
    found.left.append(row.release)
    found.load_balancer_class = load_balancer_class
    found.lines[row.what] = f"not needed, {name} {does} (class {load_balancer_class})"
    if row.policy == "refuse":
        _add_problem(found, row, f"{row.setting} is refuse, and {name} {does} here: write {row.setting}: leave.")


def _decide_on_outside(found: Existing, row: Row, elsewhere: outside.Outside) -> None:
    """The work of a release is done for this cluster by what runs outside of it."""
    if row.policy == "adopt":
        found.lines[row.what] = f"{elsewhere.words}; ours comes beside it, since {row.setting} is adopt"
        if elsewhere.by_eks:
            _add_problem(
                found,
                row,
                f"{row.setting} is adopt, and {row.what} is {elsewhere.words}, outside of this cluster, where nobody "
                f"can take it over: write {row.setting}: leave, or remove it first (aws eks delete-capability).",
            )
        return
    found.left.append(row.release)
    found.places[row.release] = elsewhere.namespace or row.namespace
    found.managed.append(row.release)
    more = "" if elsewhere.by_eks else f" ({row.setting}: adopt brings ours beside it)"
    found.lines[row.what] = f"{elsewhere.words}: left as it is{more}"
    if row.policy == "refuse":
        _add_problem(
            found,
            row,
            f"{row.setting} is refuse, and {row.what} is {elsewhere.words}: remove it "
            f"(aws eks delete-capability, if EKS runs it), or write {row.setting}: leave.",
        )


def decide_on_part(found: Existing, row: Row, part: Mapping[str, Any], seen: Sequence[Object]) -> None:
    """Decide on what others brought of a release that is not left out as a whole.

    What belongs to a Helm release of its name and namespace is decided on with that.
    """
    others = [each for each in seen if helm_owner(each) != (row.namespace, row.release) or by_eks(each)]
    if not others:
        return
    theirs, clash = others[0], part.get("clash", "")
    what = words(theirs)
    if row.policy == "refuse":
        found.lines[part["what"]] = what
        _add_problem(
            found, row, f"{row.setting} is refuse, and {part['what']} is there as {what}: remove it, or write leave."
        )
    elif not clash:
        found.lines[part["what"]] = f"{what}: left as it is, and ours runs beside it"
    elif len(others) < len(seen):
        found.lines[part["what"]] = f"Landfall's own; beside it {what}, which can't run, since {clash}"
    elif row.policy == "adopt":
        found.lines[part["what"]] = what
        _add_problem(
            found,
            row,
            f"{row.setting} is adopt, and {part['what']} is there as {what}, which ours can't run beside, since "
            f"{clash}: remove it, or write {row.setting}: leave.",
        )
    else:
        labels = ((theirs.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
        found.parts[part["name"]] = {"namespace": theirs["metadata"].get("namespace", ""), "labels": dict(labels)}
        found.lines[part["what"]] = f"{what}: used instead of our own, since {clash}"


def _add_problem(found: Existing, row: Row, sentence: str) -> None:
    """Add a sentence on a release, unless this run is not about it."""
    found.problems += [sentence] if row.selected else []
