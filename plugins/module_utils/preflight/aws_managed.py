"""What EKS says that it manages of a cluster: add-ons, capabilities and Auto Mode, beside what the cluster shows.

The cluster's own marks decide what is left out (modules existing and outside). EKS knows more in three cases: whether
it still manages an add-on that a setting adopts, a capability that shows nothing in the cluster yet, and that Auto Mode
is off where its kinds have stayed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.classes import AUTO_MODE_CLASS

GOING = {"DELETING", "CREATE_FAILED"}
"""States of a capability in which it does nothing."""


@dataclass(frozen=True)
class Seen:
    """What was found in the cluster: our releases (specifications with `existing`), which of them are `left` out, and
    the class of its load balancers.
    """

    releases: Sequence[Mapping[str, Any]] = ()
    left: Collection[str] = ()
    load_balancer_class: str = ""


@dataclass
class Managed:
    """Lines for people, and one sentence for each problem."""

    lines: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def look(session: Session, cluster: str, known: Mapping[str, Any], seen: Seen) -> Managed:
    """Ask EKS what it manages; `known` is its description of the cluster."""
    found = Managed()
    _look_at_auto_mode(known, seen, found)
    _look_at_addons(session, cluster, seen, found)
    _look_at_capabilities(session, cluster, seen, found)
    return found


def _look_at_auto_mode(known: Mapping[str, Any], seen: Seen, found: Managed) -> None:
    makes = ((known.get("kubernetesNetworkConfig") or {}).get("elasticLoadBalancing") or {}).get("enabled")
    if (known.get("computeConfig") or {}).get("enabled") or makes:
        found.lines["EKS Auto Mode"] = "on"
    elif makes is False and seen.load_balancer_class == AUTO_MODE_CLASS:
        found.problems.append(
            "EKS Auto Mode is off, and its kind NodeClass is still there, so no load balancer of its class is made: "
            "write ingress_controller_existing: adopt."
        )


def _look_at_addons(session: Session, cluster: str, seen: Seen, found: Managed) -> None:
    try:
        addons = [name for page in session.pages("eks", "list_addons", clusterName=cluster) for name in page["addons"]]
    except AwsError as error:
        found.lines["EKS add-ons"] = f"not looked at ({refusal(error) or error})"
        return
    found.lines["EKS add-ons"] = ", ".join(sorted(addons)) or "none"
    for said in (each["existing"] for each in seen.releases):
        if said.get("addon") in addons and said["policy"] == "adopt":
            found.problems.append(
                f"{said['setting']} is adopt, and EKS manages {said['what']} as its add-on {said['addon']}, whose next "
                f"update takes it back: remove the add-on and keep what it made (aws eks delete-addon --cluster-name "
                f"{cluster} --addon-name {said['addon']} --preserve), or write {said['setting']}: leave."
            )


def _look_at_capabilities(session: Session, cluster: str, seen: Seen, found: Managed) -> None:
    try:
        pages = session.pages("eks", "list_capabilities", clusterName=cluster)
    except AwsError as error:
        found.lines["EKS capabilities"] = f"not looked at ({refusal(error) or error})"
        return
    except KeyError:
        found.lines["EKS capabilities"] = "not looked at, since this boto3 does not know them"
        return
    there = [each for page in pages for each in page["capabilities"] if each.get("status") not in GOING]
    found.lines["EKS capabilities"] = (
        ", ".join(f"{each['type']} ({each['capabilityName']})" for each in there) or "none"
    )
    names = {each["type"]: each["capabilityName"] for each in there}
    for release in seen.releases:
        said = release["existing"]
        name = names.get((said.get("outside") or {}).get("capability"))
        if name and release["name"] not in seen.left:
            found.problems.append(
                f"EKS runs {said['what']} for this cluster as its capability {name}, and two would work on the same "
                f"objects: write {release['component']}_enabled: false, or delete the capability (aws eks "
                f"delete-capability --cluster-name {cluster} --capability-name {name})."
            )
