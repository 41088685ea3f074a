"""What a cluster must be before the platform is installed on it: reachable, of a known version, open, with storage."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.argocd import existing as delivery
from ansible_collections.landfall.eks.plugins.module_utils.kube.autoscaling import AUTO_MODE
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.classes import CONTROLLER_CLASS
from ansible_collections.landfall.eks.plugins.module_utils.preflight import (
    brought,
    capacity,
    existing,
    permissions,
    pods,
    strangers,
)

DEFAULT_CLASS_MARKS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
EBS_DRIVER = "ebs.csi.aws.com"
AUTO_MODE_DRIVER = "ebs.csi.eks.amazonaws.com"
MOVED_DRIVERS = {"kubernetes.io/aws-ebs": EBS_DRIVER}
"""Provisioners that Kubernetes once had itself, and what it hands their volumes to since."""
SERVICE_MONITORS = ("monitoring.coreos.com/v1", "ServiceMonitor")
NOBODY = "system:anonymous"


@dataclass
class Facts:
    """What was found; `problems` are sentences, `lines` say what others brought, and `left` names our releases that
    this run does without, since what others brought does their work; `delivered` are those that Argo CD delivers, and
    `parts` what is used instead of a part of our own, {namespace, labels} of its pods by the part's name.
    """

    reachable: bool = False
    uid: str = ""
    version: str = ""
    api_groups: list[str] = field(default_factory=list)
    service_monitors: bool = False
    storage_class: str = ""
    problems: list[str] = field(default_factory=list)
    lines: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    load_balancer_class: str = CONTROLLER_CLASS
    delivered: list[str] = field(default_factory=list)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Requirements:
    """What is asked of the cluster.

    `oldest` and `newest` are versions such as 1.33; `role` is the ClusterRole that a run needs;
    `storage_class` is a name, or empty for the cluster's default one, which is only looked for if a release claims
    volumes; `releases` are the specifications of all releases (roles/helm_release), with `selected` for those of this
    run; `check_capacity` says whether room on the nodes counts; `installing` is false for an uninstallation;
    `network_policies` says whether such come.
    """

    oldest: str
    newest: str
    role: Mapping[str, Any]
    storage_class: str
    releases: Sequence[Mapping[str, Any]] = ()
    check_capacity: bool = True
    installing: bool = True
    network_policies: bool = True

    @property
    def selected(self) -> list[Mapping[str, Any]]:
        """The releases of this run."""
        return [each for each in self.releases if each["selected"]]

    @property
    def volumes(self) -> bool:
        """Whether a release of this run claims volumes."""
        return any(pods.get("volumes") for each in self.selected for pods in each.get("pods") or [])


def gather(cluster: Cluster, wanted: Requirements) -> Facts:
    """Ask the cluster for everything that preflight wants to know.

    Errors of the transport, and refusals other than those of single permissions, are the caller's.
    """
    facts = Facts(version=str(cluster.request("GET", "/version").get("gitVersion", "")))
    facts.api_groups = list(cluster.api_groups())
    facts.reachable = True
    facts.problems += version_problems(facts.version, wanted.oldest, wanted.newest)
    refused = permissions.lacking(cluster, wanted.role)
    facts.problems += filter(None, [permissions.problem(refused)])
    may_list_classes = not any(each.resource == "storageclasses" for each in refused)
    if not any(each.verb == "list" for each in refused):
        _look_around(cluster, wanted, facts)
    if SERVICE_MONITORS[0].partition("/")[0] in facts.api_groups:
        facts.service_monitors = cluster.resource_path(*SERVICE_MONITORS, None) is not None
    if wanted.volumes and may_list_classes:
        _look_at_storage(cluster, wanted.storage_class, facts)
    return facts


def _look_around(cluster: Cluster, wanted: Requirements, facts: Facts) -> None:
    """Find out what others brought, and whether there is room for the rest."""
    rows = brought.rows_of(wanted.releases)
    found, records = existing.find(cluster, rows, wanted.installing)
    facts.lines |= found.lines
    facts.left, facts.load_balancer_class = found.left, found.load_balancer_class
    facts.parts = found.parts
    by_argocd = delivery.find_applications(
        cluster, _deliveries(wanted), found.places, wanted.installing, managed=delivery.ARGOCD in found.managed
    )
    facts.delivered = by_argocd.delivered
    facts.problems += found.problems + by_argocd.problems
    if not wanted.installing:
        return
    for row in rows:
        facts.problems += strangers.orphan_problems(row, found.orphans.get(row.release, []))
    facts.problems += strangers.class_problems(wanted.releases, found.classes)
    facts.problems += strangers.stranger_problems(wanted.releases, rows, records)
    facts.problems += strangers.missing_problems(wanted.selected, found.left, records)
    facts.problems += pods.reach_problems(cluster, wanted.releases)
    facts.lines |= pods.lines(cluster, wanted.releases, wanted.network_policies)
    ours = [each for each in wanted.selected if each["name"] not in found.left]
    facts.problems += family_problems(cluster, ours)
    needs = capacity.needs_of(ours) if wanted.check_capacity else []
    if needs:
        own = [(each["namespace"], each["name"]) for each in ours]
        room = capacity.read_room(cluster, needs, own)
        facts.lines["capacity"] = room.line
        facts.problems += room.problems


def family_problems(cluster: Cluster, releases: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a sentence if a cluster's Services have IPv6 addresses, and releases want load balancers before them.

    An EKS cluster is of one family for good (EKS user guide, "IPv6 addresses for clusters, Pods, and services"). The
    load balancer controller refuses to put IPv6 targets behind our load balancers (`unsupported IPv6 configuration, lb
    not dual-stack`, aws-load-balancer-controller 3.5.0, pkg/service/model_build_target_group.go).
    """
    components = sorted({str(each["component"]) for each in releases if each.get("load_balancer")})
    found = (cluster.get("v1", "Service", "kubernetes", "default") or {}) if components else {}
    families = (found.get("spec") or {}).get("ipFamilies") or []
    if families[:1] != ["IPv6"]:
        return []
    without = ", ".join(f"{each}_enabled: false" for each in components)
    sentence = (
        "The Services of this cluster have IPv6 addresses, and Landfall's load balancers have IPv4 addresses alone: "
        f"use a cluster of the family IPv4, or write {without}."
    )
    return [sentence]


def _deliveries(wanted: Requirements) -> list[delivery.Row]:
    """Return the releases that Argo CD may deliver; it comes with this run if its release does."""
    comes = any(each["name"] == delivery.ARGOCD for each in wanted.selected)
    return [
        delivery.Row(each["name"], selected=each["selected"], comes=comes, **each["owner"])
        for each in wanted.releases
        if each.get("owner")
    ]


def _look_at_storage(cluster: Cluster, wanted: str, facts: Facts) -> None:
    chosen, problems = choose_storage_class(cluster.list("storage.k8s.io/v1", "StorageClass"), wanted)
    if chosen:
        facts.storage_class = chosen["metadata"]["name"]
        drivers = [each["metadata"]["name"] for each in cluster.list("storage.k8s.io/v1", "CSIDriver")]
        problems = driver_problems(chosen, drivers, cluster.resource_path(*AUTO_MODE, None) is not None)
        facts.lines["storage"] = f"class {facts.storage_class}, volumes made by {chosen.get('provisioner')}"
    facts.problems += problems


def version_problems(version: str, oldest: str, newest: str) -> list[str]:
    """Return a sentence if a version of Kubernetes, such as v1.35.4-eks-1, is outside of [oldest, newest]."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    if not found:
        return [f"The cluster calls itself version {version!r}, which is no version of Kubernetes: check its address."]
    minor = (int(found[1]), int(found[2]))
    if _minor(oldest) <= minor <= _minor(newest):
        return []
    step = "upgrade the cluster" if minor < _minor(oldest) else "use a newer Landfall"
    return [f"The cluster runs Kubernetes {version}, Landfall knows {oldest} to {newest}: {step}."]


def _minor(version: str) -> tuple[int, int]:
    major, _unused, minor = version.partition(".")
    return int(major), int(minor)


def choose_storage_class(classes: Sequence[Mapping[str, Any]], wanted: str) -> tuple[Mapping[str, Any], list[str]]:
    """Return the StorageClass that volumes get, and a sentence if there is none."""
    by_name = {each["metadata"]["name"]: each for each in classes}
    names = sorted(by_name)
    there = f"the cluster has {', '.join(names)}" if names else "the cluster has none at all"
    if wanted:
        if wanted in names:
            return by_name[wanted], []
        return {}, [f"platform_storage_class is {wanted!r}, which is no StorageClass here: {there}."]
    defaults = [each for each in classes if _is_default(each)]
    if not defaults:
        advice = "write one of them as platform_storage_class" if names else "install a driver and a class for volumes"
        return {}, [f"The cluster has no default StorageClass for the volumes of the platform: {there}, {advice}."]
    # Where there are several, Kubernetes takes the one that was made last.
    newest = max(defaults, key=lambda each: (each["metadata"].get("creationTimestamp", ""), each["metadata"]["name"]))
    return newest, []


def driver_problems(storage_class: Mapping[str, Any], drivers: Collection[str], auto_mode: bool) -> list[str]:
    """Return a sentence if nobody makes the volumes of a StorageClass; `drivers` are the names of its CSIDrivers.

    Only provisioners that are CSI drivers by their name can be looked for; others are taken on trust.
    """
    provisioner = str(storage_class.get("provisioner") or "")
    driver = MOVED_DRIVERS.get(provisioner, provisioner)
    if driver in drivers or ".csi." not in f".{driver}." or (auto_mode and driver == AUTO_MODE_DRIVER):
        return []
    cure = "install the EKS add-on aws-ebs-csi-driver" if driver == EBS_DRIVER else f"install the driver {driver}"
    name = storage_class["metadata"]["name"]
    sentence = (
        f"The StorageClass {name} has its volumes made by {driver}, which is not installed: {cure}, or write another "
        "class as platform_storage_class."
    )
    return [sentence]


def _is_default(storage_class: Mapping[str, Any]) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return any(annotations.get(mark) == "true" for mark in DEFAULT_CLASS_MARKS)


def refusal_problem(status: int, reason: str, server: str) -> str:
    """Return the sentence for an answer with an error status, by the cluster at the address `server`."""
    if status == HTTPStatus.UNAUTHORIZED or NOBODY in reason:
        return (
            f"The cluster at {server} does not accept the credentials of platform_kubeconfig ({status}): "
            "log in again, or create the kubeconfig again."
        )
    if status == HTTPStatus.FORBIDDEN:
        return f"The cluster at {server} does not let itself be looked at ({reason}): let an administrator allow it."
    return f"The cluster at {server} answers with an error ({status} {reason}): wait until it is well, and run again."


def silence_problem(cause: str, server: str) -> str:
    """Return the sentence for a cluster at the address `server` that does not speak; `cause` is urllib3's text."""
    for sign, what in SILENCES:
        if re.search(sign, cause, re.IGNORECASE):
            return f"The cluster at {server} {what}."
    what = " ".join(cause.split())
    return f"The cluster at {server} cannot be spoken with ({what}): check the address in platform_kubeconfig."


SILENCES = (
    ("refused", "refuses connections: start it, or check the address in platform_kubeconfig"),
    ("timed out|timeout", "does not answer within seconds: check the network, VPN and firewall on the way to it"),
    (
        "resolve|name or service|nodename|getaddrinfo",
        "has a name that does not resolve: check the address in platform_kubeconfig",
    ),
    (
        "certificate|ssl",
        "shows a certificate that does not fit the CA in platform_kubeconfig: create the kubeconfig again",
    ),
    ("unreachable|no route", "is out of reach of this machine: check the network and VPN"),
)
