"""The updates of a stack in the order in which AWS takes them, worked out from what is live.

One update that moves everything can end half done: CloudFormation refuses to move a node group to another version
together with any other change of it (aws/containers-roadmap#1258: "Version and ReleaseVersion updates cannot be
combined with other updates"), after the control plane went up, and never takes that back (#497; EKS user guide,
rollback-cluster). So each kind of change is an update of its own, and a run that was killed goes on with what is left.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Template = dict[str, Any]

SETTINGS, CONTROL_PLANE, ADDONS, NODES, MACHINES = "settings", "control plane", "add-ons", "nodes", "launch templates"
ORDER = (SETTINGS, CONTROL_PLANE, ADDONS, NODES, MACHINES)
"""A kubelet and kube-proxy may be older than the API server, and never newer (Kubernetes, "Version Skew Policy")."""
HELD = {
    "AWS::EKS::Cluster": (CONTROL_PLANE, ("Version",)),
    "AWS::EKS::Addon": (ADDONS, ("AddonVersion",)),
    "AWS::EKS::Nodegroup": (NODES, ("Version", "ReleaseVersion")),
    "AWS::EC2::LaunchTemplate": (MACHINES, ("LaunchTemplateData", "TagSpecifications")),
}
"""The properties of a type that wait for a step, and which step that is."""
REPLACED_BY = ("AmiType", "CapacityType", "InstanceTypes", "NodeRole", "Subnets")
"""Properties of a node group that CloudFormation changes by making another one: createOnlyProperties of its schema."""


@dataclass(frozen=True)
class Step:
    """One update: the template after it, or for the control plane by EKS itself, a version and no template."""

    name: str
    lines: tuple[str, ...]
    template: Template = field(default_factory=dict)
    version: str = ""

    @property
    def body(self) -> str:
        """The template as CloudFormation takes it; empty for a step of EKS's own API."""
        return body(self.template) if self.template else ""


def body(template: Template) -> str:
    """Return a template as JSON without blanks: CloudFormation's limit is in bytes."""
    return json.dumps(template, separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True)
class Steps:
    """What is to be done now, and what waits until the nodes may follow, a line each."""

    now: tuple[Step, ...]
    waiting: tuple[str, ...] = ()


def work_out(live: Template, wanted: Template, running: str, *, follow: bool) -> Steps:
    """Return the updates that make the live template the wanted one.

    `running` is the version of the control plane by EKS, empty without a cluster. Without `follow`, add-ons, nodes and
    launch templates stay as long as the nodes are behind the control plane: until then EKS can roll it back.
    """
    if not live:
        return Steps((Step("creation", (), wanted),))
    target, by_eks = _by_whom(live, wanted, running)
    found, last = [], live
    for index, name in enumerate(ORDER):
        if name == CONTROL_PLANE and by_eks:
            found.append(Step(name, (f"control plane: {running} -> {by_eks}, by EKS's API",), version=by_eks))
        after = _held(target, live, ORDER[index + 1 :], running if running != version_of(wanted) else "")
        if after != last:
            found.append(Step(name, tuple(_lines(name, last, after)), after))
            last = after
    if follow or not _behind(live, wanted):
        return Steps(tuple(found))
    now = tuple(each for each in found if each.name in {SETTINGS, CONTROL_PLANE})
    return Steps(now, tuple(line for each in found if each not in now for line in each.lines))


def _by_whom(live: Template, wanted: Template, running: str) -> tuple[Template, str]:
    """Return the template to reach, and the version that EKS itself has to move the control plane to, if any.

    CloudFormation moves the control plane where its template says what runs. Where somebody else moved it (a rollback,
    the console), it would ask EKS for the version that is there, which EKS refused (aws/containers-roadmap#115), and
    then undo that by asking for the one before. The stack keeps its version then, until the two agree again.
    """
    there, goal = version_of(live), version_of(wanted)
    if not running or running == there:
        return wanted, ""
    target = copy.deepcopy(wanted)
    target["Resources"]["Cluster"]["Properties"]["Version"] = there
    return target, goal if goal != running else ""


def version_of(template: Template) -> str:
    """Return the version of the control plane that a template names; empty if it has none."""
    return str(template["Resources"].get("Cluster", {}).get("Properties", {}).get("Version", ""))


def _held(target: Template, live: Template, waiting: Collection[str], older: str) -> Template:
    """Return a template in which the steps that wait have not been taken.

    `older` is the version of the control plane before them, empty if that stays.
    """
    made = copy.deepcopy(target)
    fresh = {name for name, each in target["Resources"].items() if _is_new(name, each, live)}
    fresh |= {_launch_of(target["Resources"][name]) for name in fresh}
    for name, each in made["Resources"].items():
        step, properties = HELD.get(each["Type"], ("", ()))
        if step not in waiting:
            continue
        if name in fresh:
            _begin(each, older)
        else:
            _keep(each["Properties"], live["Resources"][name]["Properties"], properties)
    return made


def _is_new(name: str, written: Mapping[str, Any], live: Template) -> bool:
    """Whether a resource is made, or a node group recreated, and so has nothing that could be kept."""
    there = live["Resources"].get(name)
    if there is None:
        return True
    old, new = there.get("Properties", {}), written.get("Properties", {})
    return written["Type"] == "AWS::EKS::Nodegroup" and any(old.get(each) != new.get(each) for each in REPLACED_BY)


def _launch_of(written: Mapping[str, Any]) -> str:
    """Return the logical id of a node group's launch template."""
    if written["Type"] != "AWS::EKS::Nodegroup":
        return ""
    return str(written["Properties"].get("LaunchTemplate", {}).get("Id", {}).get("Ref", ""))


def _keep(own: dict[str, Any], before: Mapping[str, Any], properties: Collection[str]) -> None:
    for each in properties:
        own.pop(each, None)
        own |= {each: before[each]} if each in before else {}


def _begin(written: dict[str, Any], older: str) -> None:
    """Let what is new begin with what fits a control plane that has not gone up; EKS picks an add-on's version itself.

    `older` is the version of that control plane, empty if it runs what is wanted.
    """
    if not older:
        return
    if written["Type"] == "AWS::EKS::Nodegroup":
        written["Properties"]["Version"] = older
    elif written["Type"] == "AWS::EKS::Addon":
        written["Properties"].pop("AddonVersion", None)


def _behind(live: Template, wanted: Template) -> bool:
    """Whether nodes that stay are of another version than the wanted one."""
    return any(
        each["Type"] == "AWS::EKS::Nodegroup"
        and not _is_new(name, each, live)
        and live["Resources"][name]["Properties"].get("Version") != each["Properties"].get("Version")
        for name, each in wanted["Resources"].items()
    )


def _lines(step: str, before: Template, after: Template) -> Iterator[str]:
    """Yield what a step changes, a line for each resource."""
    old, new = before["Resources"], after["Resources"]
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) == new.get(name):
            continue
        if step == SETTINGS or not (name in old and name in new):
            yield f"{step}: {'~' if name in old and name in new else '-' if name in old else '+'} {name}"
            continue
        properties = HELD[new[name]["Type"]][1]
        was, now = ({each: one["Properties"].get(each) for each in properties} for one in (old[name], new[name]))
        told = [f"{was[each]} -> {now[each]}" for each in properties if isinstance(now[each], str)]
        yield f"{step}: {name} {', '.join(told) or 'in a new version'}"
