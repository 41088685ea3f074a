"""What preflight says of namespaces and their pods: whose they are, whom NGINX serves, who enforces NetworkPolicies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException
from ansible_collections.landfall.eks.plugins.module_utils.preflight import signs
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import joined

UNTOUCHED = "kube-system"
"""The namespace of the cluster itself, which Landfall leaves as it is."""
CONFIGURATION_OF_VPC_CNI = "/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni"
SWITCH_OF_AUTO_MODE = "enable-network-policy-controller"
"""https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html"""
NOBODY = (
    "nothing that enforces them was seen: on EKS, set enableNetworkPolicy of the add-on vpc-cni, or install Calico or "
    "Cilium"
)

Object = Mapping[str, Any]
Releases = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Engine:
    """What enforces NetworkPolicies: the name of its DaemonSet and, where that may be idle, the argument it needs."""

    what: str
    daemonset: str
    argument: str = ""


ENGINES = (
    Engine("the Amazon VPC CNI", "aws-node", "--enable-network-policy=true"),
    Engine("Calico", "calico-node"),
    Engine("Cilium", "cilium"),
    Engine("Antrea", "antrea-agent"),
    Engine("kube-router", "kube-router", "--run-firewall=true"),
    Engine("kube-network-policies", "kube-network-policies"),
)


def lines(cluster: Cluster, releases: Releases, policies: bool) -> dict[str, str]:
    """Return what is worth knowing, by what people call it; `policies` says whether NetworkPolicies come.

    Raises ApiException.
    """
    found = {
        "namespaces of others": _foreign(cluster, releases),
        "Ingresses not served": _unserved(cluster, releases),
        "NetworkPolicies": _enforcement(cluster) if policies else "",
    }
    return {name: line for name, line in found.items() if line}


def reach_problems(cluster: Cluster, releases: Releases) -> list[str]:
    """Return a sentence for each namespace that a setting names and the cluster does not have. Raises ApiException."""
    own = {each["namespace"] for each in releases}
    asked = [
        (each["also_in"]["setting"], name)
        for each in releases
        if each["selected"] and each.get("also_in")
        for name in each["also_in"]["names"]
        if name not in own
    ]
    there = namespaces.labels_by_name(cluster) if asked else {}
    return [
        f"{setting} names {name}, which is no namespace of this cluster: create it first, or remove it."
        for setting, name in asked
        if name not in there
    ]


def _foreign(cluster: Cluster, releases: Releases) -> str:
    """Return a line on the run's namespaces that others made, where neither a level nor a policy is set."""
    others = namespaces.foreign(cluster) - {UNTOUCHED}
    found = sorted({each["namespace"] for each in releases if each["selected"]} & others)
    return f"{', '.join(found)}: no level of Pod Security and no NetworkPolicy is set there" if found else ""


def _unserved(cluster: Cluster, releases: Releases) -> str:
    """Return a line on Ingresses of our class in namespaces that our NGINX does not read."""
    for each in releases:
        served = (each.get("also_in") or {}).get("names")
        if not (each["selected"] and each.get("ingress_class") and served):
            continue
        own = {*served, *(one["namespace"] for one in releases)}
        found = sorted(_of_class(cluster, each["ingress_class"]["name"]) - own)
        if found:
            return f"those of {joined(found)}: write {joined(found)} into {each['also_in']['setting']}"
    return ""


def _of_class(cluster: Cluster, name: str) -> set[str]:
    """Return the namespaces of the Ingresses of a class."""
    ingresses = _seen(cluster, "/apis/networking.k8s.io/v1/ingresses")
    return {
        each["metadata"]["namespace"] for each in ingresses if (each.get("spec") or {}).get("ingressClassName") == name
    }


def _enforcement(cluster: Cluster) -> str:
    """Return who enforces NetworkPolicies here, so far as it shows."""
    daemonsets = _seen(cluster, "/apis/apps/v1/daemonsets")
    engines = [engine.what for engine in ENGINES if any(_is(each, engine) for each in daemonsets)]
    if not engines and signs.one(cluster, CONFIGURATION_OF_VPC_CNI).get("data", {}).get(SWITCH_OF_AUTO_MODE) == "true":
        engines = ["EKS Auto Mode, or the Amazon VPC CNI"]
    return f"enforced by {joined(engines)}" if engines else NOBODY


def _is(daemonset: Object, engine: Engine) -> bool:
    named = daemonset["metadata"]["name"] == engine.daemonset
    return named and (not engine.argument or engine.argument in _arguments(daemonset))


def _arguments(daemonset: Object) -> Iterator[str]:
    for container in daemonset["spec"]["template"]["spec"].get("containers") or []:
        yield from (*(container.get("command") or []), *(container.get("args") or []))


def _seen(cluster: Cluster, path: str) -> list[Object]:
    """Return the objects of a path, as far as they may be seen. Raises ApiException."""
    try:
        return signs.items(cluster, path, {})
    except ApiException as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        return []
