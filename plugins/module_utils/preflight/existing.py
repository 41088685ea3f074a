"""What others have installed already of that which the platform brings: found by what is live, adopted or left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Protocol

LIST_OF_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
SIDE_BY_SIDE = 8
OURS = "landfall.eks/made-by"
"""Label of namespaces, and annotation of the APIService, that Landfall made."""
IDENTITY = "landfall.eks/identity"
"""Label of Helm's Secrets, set once a release of ours was ready; Helm hands it on to later revisions."""
DEFINITIONS_OF = "landfall.eks/crds-of"
HELM_NAME, HELM_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
ADDON_MANAGER = "eks"
"""The field manager of EKS add-ons."""
AUTO_MODE = ("eks.amazonaws.com/v1", "NodeClass")
AUTO_MODE_CLASS, CONTROLLER_CLASS = "eks.amazonaws.com/nlb", "service.k8s.aws/nlb"
EDGE = "aws-load-balancer-controller"
OUR_INGRESS_CONTROLLER = "nginx.org/ingress-controller"

Object = Mapping[str, Any]


class Reader(Protocol):
    """The part of cluster_client.Cluster that is used here."""

    def request(
        self, method: str, path: str, *, query: dict[str, str] | None = None, accept: str = "application/json"
    ) -> dict[str, Any]:
        """Call one path of the API."""

    def resource_path(self, api_version: str, kind: str, namespace: str | None) -> str | None:
        """Return the path of a kind; None where it is unknown."""


@dataclass(frozen=True)
class Sign:
    """How a component is recognised, whoever installed it.

    `path` is a collection of the API, `selectors` are queries of it, and `instance` is the label by which the chart's
    workloads select their pods, whose value is the release's name.
    """

    path: str
    selectors: tuple[Mapping[str, str], ...]
    instance: str = "app.kubernetes.io/instance"


def _labelled(*selectors: str) -> tuple[Mapping[str, str], ...]:
    return tuple({"labelSelector": selector} for selector in selectors)


_DEPLOYMENTS = "/apis/apps/v1/deployments"
SIGNS: Mapping[str, Sign] = {
    "metrics-server": Sign(
        "/apis/apiregistration.k8s.io/v1/apiservices", ({"fieldSelector": "metadata.name=v1beta1.metrics.k8s.io"},)
    ),
    EDGE: Sign(_DEPLOYMENTS, _labelled("app.kubernetes.io/name=aws-load-balancer-controller")),
    "argo-cd": Sign(
        _DEPLOYMENTS,
        _labelled(
            "app.kubernetes.io/name=argocd-server",
            "app.kubernetes.io/part-of=argocd,app.kubernetes.io/component=server",
        ),
    ),
    "kube-prometheus-stack": Sign(
        _DEPLOYMENTS,
        _labelled("app.kubernetes.io/name=prometheus-operator", "app=kube-prometheus-stack-operator"),
        "release",
    ),
}
"""By the name of our release."""

_METADATA = {
    "secrets": ("/api/v1/secrets", {"labelSelector": "owner=helm,status!=superseded"}),
    "namespaces": ("/api/v1/namespaces", {"labelSelector": f"{OURS}=landfall"}),
    "definitions": (
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        {"labelSelector": DEFINITIONS_OF},
    ),
    "mutating": (
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
        {"labelSelector": "app.kubernetes.io/name=aws-load-balancer-controller"},
    ),
    "validating": (
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
        {"labelSelector": "app.kubernetes.io/name=aws-load-balancer-controller"},
    ),
}


@dataclass(frozen=True)
class Row:
    """One component that others may have brought, and what to do then.

    `release` and `namespace` are those of our own release; `what` is how people call the component; `setting` names
    the variable that holds `policy` (leave, adopt or refuse) and `namespace_setting` the one that holds `namespace`;
    `selected` says whether this run is about the component.
    """

    release: str
    what: str
    namespace: str
    namespace_setting: str
    setting: str
    policy: str
    selected: bool


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
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{where}, of {self.maker}"


@dataclass
class Existing:
    """What was found: `lines` by component, our releases that are `left` out, and `problems` as sentences.

    `places` are the namespaces of what others brought and is left, by the name of our release.
    """

    lines: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    load_balancer_class: str = CONTROLLER_CLASS
    places: dict[str, str] = field(default_factory=dict)


@dataclass
class Records:
    """What marks things as ours: releases by (namespace, name) with whether they carry our mark, and namespaces."""

    releases: dict[tuple[str, str], bool]
    namespaces: set[str]
    definitions_of: set[str]

    def ours(self, namespace: str, release: str) -> bool:
        """Say whether a release that is there is ours, be it one whose run was killed before it noted that.

        kube-system is nobody's own: there only what the release's run made before Helm started can tell.
        """
        key = (namespace, release)
        return key in self.releases and (
            self.releases[key] or namespace in self.namespaces or release in self.definitions_of
        )


def look(cluster: Reader, rows: Sequence[Row], installing: bool) -> tuple[Existing, Records]:
    """Find out what is there and decide on each row; `installing` is false for an uninstallation.

    Errors of the transport and refusals are the caller's.
    """
    queries = [(row.release, SIGNS[row.release].path, query) for row in rows for query in SIGNS[row.release].selectors]
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        metadata = {
            name: pool.submit(_items, cluster, path, query, LIST_OF_METADATA)
            for name, (path, query) in _METADATA.items()
        }
        classes = pool.submit(_items, cluster, "/apis/networking.k8s.io/v1/ingressclasses", {}, "application/json")
        signs = [
            (release, pool.submit(_items, cluster, path, query, "application/json")) for release, path, query in queries
        ]
    records = _records(*(metadata[name].result() for name in ("secrets", "namespaces", "definitions")))
    seen: dict[str, list[Object]] = {row.release: [] for row in rows}
    for release, future in signs:
        seen[release] += future.result()
    auto_mode = cluster.resource_path(*AUTO_MODE, None) is not None
    found = Existing()
    for row in rows:
        # What others made is theirs to remove, whatever an installation would do with it.
        decided = row if installing else replace(row, policy="leave")
        _decide(found, decided, seen[row.release], records, auto_mode)
    if installing:
        webhooks = metadata["mutating"].result() + metadata["validating"].result()
        found.problems += _orphan_problems(rows, seen, webhooks)
        found.problems += _class_problems(rows, classes.result())
    else:
        found.problems.clear()
    return found, records


def _items(cluster: Reader, path: str, query: Mapping[str, str], accept: str) -> list[dict[str, Any]]:
    try:
        items: list[dict[str, Any]] = cluster.request("GET", path, query=dict(query), accept=accept).get("items") or []
    except Exception as error:
        # A cluster without this kind has none of it.
        if getattr(error, "status", None) == HTTPStatus.NOT_FOUND:
            return []
        raise
    return items


def _records(secrets: Sequence[Object], namespaces: Sequence[Object], definitions: Sequence[Object]) -> Records:
    releases: dict[tuple[str, str], bool] = {}
    for secret in secrets:
        labels = secret["metadata"].get("labels") or {}
        key = (secret["metadata"]["namespace"], labels.get("name", ""))
        releases[key] = releases.get(key, False) or IDENTITY in labels
    return Records(
        releases,
        {each["metadata"]["name"] for each in namespaces},
        {each["metadata"]["labels"][DEFINITIONS_OF] for each in definitions},
    )


def _decide(found: Existing, row: Row, seen: Sequence[Object], records: Records, auto_mode: bool) -> None:
    """Add to `found` what is to be said and done about one component."""
    others = [each for each in seen if not _is_ours(each, row, records)]
    if len(others) < len(seen):
        found.lines[row.what] = "Landfall's own"
    elif others:
        _decide_on_others(found, row, _live(others[0], row.release))
    elif row.release == EDGE and auto_mode:
        _decide_on_auto_mode(found, row)
    else:
        found.lines[row.what] = f"not there{', comes with this run' if row.selected else ''}"


def _is_ours(seen: Object, row: Row, records: Records) -> bool:
    annotations = seen["metadata"].get("annotations") or {}
    made_by = (annotations.get(HELM_NAMESPACE), annotations.get(HELM_NAME))
    if made_by != (row.namespace, row.release):
        return False
    return annotations.get(OURS) == "landfall" or records.ours(row.namespace, row.release)


def _live(seen: Object, release: str) -> Live:
    metadata = seen["metadata"]
    selector = ((seen.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    return Live(
        namespace=metadata.get("namespace") or ((seen.get("spec") or {}).get("service") or {}).get("namespace", ""),
        name=metadata["name"],
        maker=_maker(metadata),
        fault=_api_fault(seen) if seen.get("kind") == "APIService" or not selector else _deployment_fault(seen),
        instance=selector.get(SIGNS[release].instance, release if not selector else ""),
    )


def _maker(metadata: Object) -> str:
    annotations = metadata.get("annotations") or {}
    if HELM_NAME in annotations:
        return f"the Helm release {annotations.get(HELM_NAMESPACE, '')}/{annotations[HELM_NAME]}"
    managers = {each.get("manager") for each in metadata.get("managedFields") or []}
    return "an EKS add-on" if ADDON_MANAGER in managers else "somebody without Helm"


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
        problem = _adoption_problem(row, live)
    else:
        found.left.append(row.release)
        found.places[row.release] = live.namespace
        found.lines[row.what] = f"{live.words}: left as it is ({row.setting}: adopt takes it over)"
        problem = _leaving_problem(row, live)
    if problem and row.selected:
        found.problems.append(problem)


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
            f"{row.what} is there as {live.words}, and does not work ({live.fault}): mend or remove it, or write "
            f"{row.setting}: adopt."
        )
    return ""


def _decide_on_auto_mode(found: Existing, row: Row) -> None:
    """EKS Auto Mode makes load balancers itself, by a class of its own."""
    if row.policy == "adopt":
        found.lines[row.what] = "EKS Auto Mode makes load balancers; a controller comes beside it, as you chose"
        return
    found.left.append(row.release)
    found.load_balancer_class = AUTO_MODE_CLASS
    found.lines[row.what] = f"not needed, EKS Auto Mode makes the load balancers (class {AUTO_MODE_CLASS})"
    if row.policy == "refuse" and row.selected:
        found.problems.append(
            f"{row.setting} is refuse, and EKS Auto Mode makes the load balancers here: write {row.setting}: leave."
        )


def _orphan_problems(
    rows: Sequence[Row], seen: Mapping[str, Sequence[Object]], webhooks: Sequence[Object]
) -> list[str]:
    """Webhooks of a load balancer controller that is gone refuse what they guard until they go too."""
    row = next((each for each in rows if each.release == EDGE), None)
    if row is None or seen[EDGE] or not row.selected:
        return []
    strangers = [each["metadata"] for each in webhooks if _helm_owner(each) != (row.namespace, row.release)]
    return [
        f"The webhook configuration {each['name']} belongs to a load balancer controller that is gone, and refuses "
        f"every object that it guards: delete it (kubectl delete mutatingwebhookconfiguration,"
        f"validatingwebhookconfiguration {each['name']} --ignore-not-found)."
        for each in {each["name"]: each for each in strangers}.values()
    ]


def _helm_owner(seen: Object) -> tuple[str | None, str | None]:
    annotations = seen["metadata"].get("annotations") or {}
    return annotations.get(HELM_NAMESPACE), annotations.get(HELM_NAME)


def _class_problems(rows: Sequence[Row], classes: Sequence[Object]) -> list[str]:
    """The class by which the platform's Ingresses find NGINX cannot be another controller's."""
    if not any(row.selected for row in rows if row.release == EDGE):
        return []
    controllers = {each["metadata"]["name"]: (each.get("spec") or {}).get("controller") for each in classes}
    other = controllers.get("nginx")
    if other in {None, OUR_INGRESS_CONTROLLER}:
        return []
    sentence = (
        f"The IngressClass nginx belongs to another ingress controller here ({other}): remove that controller and its "
        "class first, or write ingress_enabled: false to go on with that one."
    )
    return [sentence]


def stranger_problems(releases: Sequence[Mapping[str, str]], rows: Sequence[Row], records: Records) -> list[str]:
    """Return a sentence for each of our releases {name, namespace, setting} whose name another one has already."""
    settled = {row.release for row in rows}
    return [
        f"The Helm release {each['namespace']}/{each['name']} is there and was not made by Landfall: uninstall it, or "
        f"write another namespace as {each['setting']}."
        for each in releases
        if each["name"] not in settled
        and (each["namespace"], each["name"]) in records.releases
        and not records.ours(each["namespace"], each["name"])
    ]
