"""What others have installed already of that which the platform brings: found by what is live, adopted or left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Protocol

from ansible_collections.landfall.eks.plugins.module_utils.helm.storage import OF_HELM
from ansible_collections.landfall.eks.plugins.module_utils.preflight.ownership import (
    DEFINITIONS_OF,
    HELM_NAME,
    HELM_NAMESPACE,
    OURS,
    Object,
    Records,
    is_ours,
    read_records,
)

LIST_OF_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
SIDE_BY_SIDE = 8
ADDON_MANAGER = "eks"
"""The field manager of EKS add-ons."""

CONTROLLER_CLASS = "service.k8s.aws/nlb"
"""Class of the AWS Load Balancer Controller, unless the cluster makes load balancers itself."""
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/{}webhookconfigurations"


class Reader(Protocol):
    """The part of cluster_client.Cluster that is used here."""

    def request(
        self, method: str, path: str, *, query: dict[str, str] | None = None, accept: str = "application/json"
    ) -> dict[str, Any]:
        """Call one path of the API."""

    def resource_path(self, api_version: str, kind: str, namespace: str | None) -> str | None:
        """Return the path of a kind; None where it is unknown."""


_METADATA = (
    ("/api/v1/secrets", {"labelSelector": "owner=helm,status!=superseded", "fieldSelector": OF_HELM}),
    ("/api/v1/namespaces", {"labelSelector": f"{OURS}=landfall"}),
    ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {"labelSelector": DEFINITIONS_OF}),
)
"""Of what ownership.read_records reads, in its order: path and query."""


@dataclass(frozen=True)
class Row:
    """One release that others may have brought, and what to do then.

    `release` and `namespace` are those of our own; `what` is how people call it; `setting` names the variable that
    holds `policy` (leave, adopt or refuse) and `namespace_setting` the one that holds `namespace`; `selected` says
    whether this run is about it. `signs` are {path, label or field} of the objects by which it is
    recognised, and `instance` is the label by which the chart's workloads select their pods. `builtin` is
    {api_version, kind, name, does, load_balancer_class} of a kind whose presence says that the cluster does its work,
    and `webhooks` the label selector of what refuses objects once its server is gone.
    """

    release: str
    what: str
    namespace: str
    namespace_setting: str
    setting: str
    policy: str
    selected: bool
    signs: Sequence[Mapping[str, str]] = ()
    instance: str = "app.kubernetes.io/instance"
    builtin: Mapping[str, str] = field(default_factory=dict)
    webhooks: str = ""


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
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{where}, of {self.maker}"


@dataclass
class Existing:
    """What was found: `lines` by component, our releases that are `left` out, and `problems` as sentences.

    `places` are the namespaces of what others brought and is left, by the name of our release; `classes` the
    IngressClasses; `orphans` webhook configurations whose server is not there, by the name of our release.
    """

    lines: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    load_balancer_class: str = CONTROLLER_CLASS
    places: dict[str, str] = field(default_factory=dict)
    classes: list[dict[str, Any]] = field(default_factory=list)
    orphans: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def find(cluster: Reader, rows: Sequence[Row], installing: bool) -> tuple[Existing, Records]:
    """Find out what is there and decide on each row; `installing` is false for an uninstallation.

    Errors of the transport and refusals are the caller's.
    """
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        metadata = [pool.submit(_items, cluster, path, query, LIST_OF_METADATA) for path, query in _METADATA]
        classes = pool.submit(_items, cluster, "/apis/networking.k8s.io/v1/ingressclasses", {}, "application/json")
        signs = [(row.release, pool.submit(_signs, cluster, sign)) for row in rows for sign in row.signs]
        seen: dict[str, list[Object]] = {row.release: [] for row in rows}
        for release, future in signs:
            seen[release] += future.result()
        # Of a server that is there, its webhooks are no remains.
        webhooks = {
            row.release: [
                pool.submit(_items, cluster, WEBHOOKS.format(kind), {"labelSelector": row.webhooks}, LIST_OF_METADATA)
                for kind in ("mutating", "validating")
            ]
            for row in rows
            if row.webhooks and not seen[row.release]
        }
    records = read_records(*(each.result() for each in metadata))
    found = Existing()
    for row in rows:
        # What others made is theirs to remove, whatever an installation would do with it.
        decided = row if installing else replace(row, policy="leave")
        builtin = bool(row.builtin) and cluster.resource_path(row.builtin["api_version"], row.builtin["kind"], None)
        _decide(found, decided, seen[row.release], records, bool(builtin))
    found.problems = found.problems if installing else []
    found.classes = classes.result()
    found.orphans = {
        release: [each for future in futures for each in future.result()] for release, futures in webhooks.items()
    }
    return found, records


def _signs(cluster: Reader, sign: Mapping[str, str]) -> list[dict[str, Any]]:
    selectors = {"label": "labelSelector", "field": "fieldSelector"}
    query = {parameter: sign[name] for name, parameter in selectors.items() if sign.get(name)}
    return _items(cluster, sign["path"], query, "application/json")


def _items(cluster: Reader, path: str, query: Mapping[str, str], accept: str) -> list[dict[str, Any]]:
    try:
        items: list[dict[str, Any]] = cluster.request("GET", path, query=dict(query), accept=accept).get("items") or []
    except Exception as error:
        # A cluster without this kind has none of it.
        if getattr(error, "status", None) == HTTPStatus.NOT_FOUND:
            return []
        raise
    return items


def _decide(found: Existing, row: Row, seen: Sequence[Object], records: Records, builtin: bool) -> None:
    """Add to `found` what is to be said and done about one release."""
    others = [each for each in seen if not is_ours(each, row.namespace, row.release, records)]
    if len(others) < len(seen):
        found.lines[row.what] = "Landfall's own"
    elif others:
        _decide_on_others(found, row, _live(others[0], row))
    elif builtin:
        _decide_on_builtin(found, row)
    else:
        found.lines[row.what] = f"not there{', comes with this run' if row.selected else ''}"


def _live(seen: Object, row: Row) -> Live:
    metadata = seen["metadata"]
    selector = ((seen.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    return Live(
        namespace=metadata.get("namespace") or ((seen.get("spec") or {}).get("service") or {}).get("namespace", ""),
        name=metadata["name"],
        maker=_maker(metadata),
        fault=_api_fault(seen) if seen.get("kind") == "APIService" or not selector else _deployment_fault(seen),
        instance=selector.get(row.instance, row.release if not selector else ""),
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
    if row.policy == "refuse" and row.selected:
        found.problems.append(f"{row.setting} is refuse, and {name} {does} here: write {row.setting}: leave.")
