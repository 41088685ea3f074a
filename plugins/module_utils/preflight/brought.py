"""What others may have brought to a cluster of that which the platform brings, and what was found of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.classes import CONTROLLER_CLASS
from ansible_collections.landfall.eks.plugins.module_utils.preflight import ownership, signs


@dataclass(frozen=True)
class Row:
    """One release that others may have brought, and what to do then.

    `release` and `namespace` are those of our own; `what` is how people call it; `setting` names the variable that
    holds `policy` (leave, adopt or refuse) and `namespace_setting` the one that holds `namespace`; `selected` says
    whether this run is about it. `signs` (module signs) are of the objects by which it is recognised, and `instance` is
    the label by which the chart's workloads select their pods. `builtin` is {api_version, kind, name, does,
    load_balancer_class} of a kind whose presence says that the cluster does its work, and `webhooks` the label selector
    of what refuses objects once its server is gone. `outside` says how one is recognised that runs outside of the
    cluster (module outside); `addon` names the EKS add-on that does the same. `parts` are what others may have brought
    of the release alone: {name, what, signs, clash}, of which `clash` says why the two can't run side by side, the end
    of a sentence; where it is empty, they do.
    """

    release: str
    what: str
    namespace: str
    namespace_setting: str
    setting: str
    policy: str
    selected: bool
    signs: Sequence[signs.Sign] = ()
    instance: str = "app.kubernetes.io/instance"
    builtin: Mapping[str, str] = field(default_factory=dict)
    webhooks: str = ""
    outside: Mapping[str, str] = field(default_factory=dict)
    addon: str = ""
    parts: Sequence[Mapping[str, Any]] = ()


def rows_of(releases: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the rows of release specifications (roles/helm_release) that say by what others' are recognised."""
    return [
        Row(
            each["name"],
            namespace=each["namespace"],
            namespace_setting=each["namespace_setting"],
            selected=each["selected"],
            **each["existing"],
        )
        for each in releases
        if each.get("existing")
    ]


@dataclass(frozen=True)
class Live:
    """A component that is there and not ours: `where` it lies, who made it, and why it does not work (if so)."""

    namespace: str
    name: str
    maker: str
    fault: str
    instance: str

    @property
    def words(self) -> str:
        """The end of a sentence that says what was found."""
        return ownership.placed(self.namespace, self.name, self.maker)


@dataclass
class Existing:
    """What was found: `lines` by component, our releases that are `left` out, and `problems` as sentences.

    `places` are the namespaces of what others brought and is left, by the name of our release; `classes` the
    IngressClasses; `orphans` webhook configurations whose server is not there, by the name of our release. `parts` are
    used instead of our own, {namespace, labels} of their pods by the part's name; `managed` are our releases that are
    left out for what runs outside of the cluster.
    """

    lines: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    load_balancer_class: str = CONTROLLER_CLASS
    places: dict[str, str] = field(default_factory=dict)
    classes: list[signs.Object] = field(default_factory=list)
    orphans: dict[str, list[signs.Object]] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    managed: list[str] = field(default_factory=list)
