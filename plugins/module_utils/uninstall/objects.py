"""The objects that an uninstallation has to know: whose they are, and what holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm.crds import API, LABEL_RELEASE, METADATA_ONLY
from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces, published
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

Object = dict[str, Any]
Releases = frozenset[tuple[str, str]]

CONTROLLER = "aws-load-balancer-controller"
FINALIZER_SERVICE = "service.k8s.aws/resources"
FINALIZERS_INGRESS = ("ingress.k8s.aws/", "group.ingress.k8s.aws/")
MADE_BY_CONTROLLER = ("service.k8s.aws/stack-name", "ingress.k8s.aws/stack-name")
"""Labels of what the load balancer controller makes for a Service or an Ingress, and removes with it."""
OPERATORS_CLAIMS = ("elasticsearch.k8s.elastic.co/", "operator.prometheus.io/", "alertmanager")
"""Prefixes of labels on claims that operators make; what has one in one of Landfall's namespaces is the platform's."""


@dataclass(frozen=True)
class Custom:
    """An object of a kind that Landfall brought: its definition, where it is served, and whether it is ours."""

    definition: str
    path: str
    kind: str
    namespace: str
    name: str
    ours: bool

    @property
    def title(self) -> str:
        """How it is shown."""
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


def name_of(found: Object) -> str:
    """Return `namespace/name`."""
    return f"{found['metadata'].get('namespace', '')}/{found['metadata']['name']}"


def is_ours(found: Object, releases: Releases) -> bool:
    """Say whether one of the releases, or Landfall itself, applied an object."""
    metadata = found["metadata"]
    notes, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    by = (notes.get("meta.helm.sh/release-namespace", ""), notes.get("meta.helm.sh/release-name", ""))
    return by in releases or namespaces.LABEL_OURS.items() <= labels.items()


def definitions(cluster: Cluster, releases: Releases) -> list[str]:
    """Return the names of the definitions that were applied for the releases."""
    if not releases:
        return []
    names = ",".join(sorted(name for _unused, name in releases))
    found = cluster.request("GET", API, query={"labelSelector": f"{LABEL_RELEASE} in ({names})"}, accept=METADATA_ONLY)
    return sorted(each["metadata"]["name"] for each in found.get("items") or [])


def custom_objects(cluster: Cluster, releases: Releases, kinds: Iterable[str] = ()) -> list[Custom]:
    """Return every object of the kinds that Landfall brought, those made by another object left out.

    Of `kinds`, each `group/version/Kind`, which others may have brought, it returns those that Landfall applied itself.
    """
    found = [each for name in definitions(cluster, releases) for each in _objects_of(cluster, name, releases)]
    known = {each.path for each in found}
    return found + [each for kind in kinds for each in _applied(cluster, kind) if each.path not in known]


def _applied(cluster: Cluster, kind: str) -> Iterator[Custom]:
    version, _unused, name = kind.rpartition("/")
    group = version.rpartition("/")[0]
    path = cluster.resource_path(version, name, None) if "." in group else None
    if path is None:
        return
    plural = path.rpartition("/")[2]
    for each in cluster.list(version, name, query={"labelSelector": namespaces.SELECTOR_OURS}):
        metadata = each["metadata"]
        if metadata.get("ownerReferences"):
            continue
        namespace = metadata.get("namespace", "")
        own = cluster.resource_path(version, name, namespace, metadata["name"]) or ""
        yield Custom(f"{plural}.{group}", own, name, namespace, metadata["name"], True)


def _objects_of(cluster: Cluster, definition: str, releases: Releases) -> Iterator[Custom]:
    plural, _unused, group = definition.partition(".")
    versions = cluster.request("GET", f"/apis/{group}")
    served = versions["preferredVersion"]["groupVersion"]
    kinds = {each["name"]: each["kind"] for each in cluster.request("GET", f"/apis/{served}")["resources"]}
    if plural not in kinds:
        return
    listed = cluster.request("GET", f"/apis/{served}/{plural}", accept=METADATA_ONLY)
    for each in listed.get("items") or []:
        metadata = each["metadata"]
        labels = metadata.get("labels") or {}
        if metadata.get("ownerReferences") or any(label in labels for label in MADE_BY_CONTROLLER):
            continue
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        below = f"namespaces/{namespace}/" if namespace else ""
        path = f"/apis/{served}/{below}{plural}/{name}"
        yield Custom(definition, path, kinds[plural], namespace, name, is_ours(each, releases))


def balanced(cluster: Cluster) -> list[Object]:
    """Return the Services of type LoadBalancer."""
    return [each for each in cluster.list("v1", "Service") if each["spec"].get("type") == "LoadBalancer"]


def hosts_of(service: Object) -> list[str]:
    """Return the host names of a Service's load balancer."""
    given = published.points(service)
    return [each["hostname"] for each in given if each.get("hostname")]


def holding_the_controller(cluster: Cluster, services: list[Object], releases: Releases) -> list[str]:
    """Return a sentence for each object of somebody else's whose load balancer only our controller can remove."""
    held = [
        f"Service {name_of(each)}"
        for each in services
        if FINALIZER_SERVICE in (each["metadata"].get("finalizers") or []) and not is_ours(each, releases)
    ]
    for each in cluster.list("networking.k8s.io/v1", "Ingress"):
        finalizers = each["metadata"].get("finalizers") or []
        if any(one.startswith(FINALIZERS_INGRESS) for one in finalizers) and not is_ours(each, releases):
            held.append(f"Ingress {name_of(each)}")
    return [
        f"{each} is not Landfall's, and only the {CONTROLLER}, which would be removed, can remove its load balancer: "
        "delete it first, or keep the controller by ingress_enabled: false."
        for each in held
    ]


def claims(cluster: Cluster, releases: Releases) -> list[tuple[Object, Object | None]]:
    """Return the platform's volume claims, each with its PersistentVolume if it has one."""
    made = set(namespaces.ours(cluster))
    volumes = {each["metadata"]["name"]: each for each in cluster.list("v1", "PersistentVolume")}
    found = []
    for each in cluster.list("v1", "PersistentVolumeClaim"):
        labels = each["metadata"].get("labels") or {}
        by_operator = each["metadata"].get("namespace") in made and any(
            label.startswith(OPERATORS_CLAIMS) for label in labels
        )
        if is_ours(each, releases) or by_operator:
            found.append((each, volumes.get(each["spec"].get("volumeName", ""))))
    return found


def held(cluster: Cluster, namespace: str, releases: Releases) -> list[tuple[str, str]]:
    """Return what will keep one of Landfall's namespaces, (kind, name) each: claims, and what is somebody else's."""
    kept = []
    for api_version, kind in (*namespaces.KEPT, *namespaces.WORKLOADS):
        for each in cluster.list(api_version, kind, namespace):
            goes = kind != "PersistentVolumeClaim" and (is_ours(each, releases) or _delivered(each, releases))
            if not goes and not each["metadata"].get("ownerReferences"):
                kept.append((kind, each["metadata"]["name"]))
    return kept


def _delivered(found: Object, releases: Releases) -> bool:
    """Say whether an object is of a release that Argo CD delivers, or what Argo CD is told it by."""
    metadata = found["metadata"]
    instance = (metadata.get("labels") or {}).get("app.kubernetes.io/instance")
    name = metadata["name"] if found["kind"] == "Application" else instance
    return name in {release for _unused, release in releases}
