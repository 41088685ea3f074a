"""Webhooks that would refuse what a run writes, since nobody answers them and they fail closed."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.preflight.ownership import helm_owner
from ansible_collections.landfall.eks.plugins.module_utils.preflight.written import Write
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import joined

KINDS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
PATH = "/apis/admissionregistration.k8s.io/v1/{}s"
WRITING = frozenset({"CREATE", "UPDATE", "*"})
STARTING = timedelta(minutes=5)
"""So long after its last change a Service without ready endpoints counts as one whose pods are starting."""
GONE = "is not there"
CHANGED = "endpoints.kubernetes.io/last-change-trigger-time"

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Hook:
    """A webhook that fails closed and is called through a Service: `config` and `kind` name its configuration."""

    kind: str
    config: str
    raw: Object

    @property
    def service(self) -> tuple[str, str]:
        """Namespace and name of its Service."""
        found = self.raw["clientConfig"]["service"]
        return found["namespace"], found["name"]


@dataclass
class Verdict:
    """`problems` are sentences on webhooks that would refuse what is written; `notes` those on ones that may."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def closed(cluster: Cluster, releases: Sequence[Object]) -> list[Hook]:
    """Read the webhooks that fail closed, those by URL, of this run's releases and of its `existing` rows excepted.

    Raises ApiException.
    """
    ours = {(each["namespace"], each["name"]) for each in releases}
    judged = {label for each in releases if (label := (each.get("existing") or {}).get("webhooks"))}
    return [
        Hook(kind, config["metadata"]["name"], raw)
        for kind in KINDS
        for config in cluster.request("GET", PATH.format(kind.lower())).get("items") or []
        if helm_owner(config) not in ours and not _labels(config) & judged
        for raw in config.get("webhooks") or []
        if raw.get("failurePolicy", "Fail") == "Fail"
        and (raw.get("clientConfig") or {}).get("service")
        and not any(each["expression"].strip() == "false" for each in raw.get("matchConditions") or [])
    ]


def _labels(found: Object) -> set[str]:
    return {f"{key}={value}" for key, value in (found["metadata"].get("labels") or {}).items()}


def judge(
    cluster: Cluster, hooks: Sequence[Hook], writes: Sequence[Write], namespaces: Mapping[str, Mapping[str, str]]
) -> Verdict:
    """Say which webhooks nobody answers and what of `writes` they cover; `namespaces` are their labels by name.

    Raises ApiException.
    """
    verdict = Verdict()
    fault_of = functools.cache(lambda namespace, name: _fault(cluster, namespace, name))
    for group in _grouped(hooks):
        covered = [each for hook in group for each in _covered(hook.raw, writes, namespaces)]
        fault, starting = fault_of(*group[0].service) if covered else ("", False)
        if fault:
            surely = [write for write, sure in covered if sure]
            sentence = _sentence(group, fault, surely[0] if surely else covered[0][0])
            (verdict.problems if surely and not starting else verdict.notes).append(sentence)
    return verdict


def _grouped(hooks: Sequence[Hook]) -> list[list[Hook]]:
    """Return the webhooks of one configuration and one Service together."""
    found: dict[tuple[str, str, tuple[str, str]], list[Hook]] = {}
    for each in hooks:
        found.setdefault((each.kind, each.config, each.service), []).append(each)
    return list(found.values())


def _sentence(group: Sequence[Hook], fault: str, write: Write) -> str:
    kind, config, (namespace, service) = group[0].kind, group[0].config, group[0].service
    names = joined(each.raw["name"] for each in group)
    cure = "bring it back" if fault == GONE else "start its pods"
    return (
        f"The {kind} {config} ({names}) would refuse {write.words}, which this run writes: it fails closed, and its "
        f"Service {namespace}/{service} {fault}. Delete the configuration (kubectl delete {kind.lower()} {config}) if "
        f"nobody needs it, or {cure}."
    )


def _covered(
    hook: Object, writes: Sequence[Write], namespaces: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[Write, bool]]:
    """Yield what a webhook is called for of `writes`, and whether that is sure."""
    # What an expression says of an object that is not rendered yet, nobody can tell.
    told = not hook.get("matchConditions")
    for write in writes:
        if not any(_in_rule(rule, write) for rule in hook.get("rules") or []):
            continue
        where = _selected(hook.get("namespaceSelector"), _labels_around(write, namespaces), whole=True)
        which = _selected(hook.get("objectSelector"), write.labels, whole=False)
        if where is not False and which is not False:
            yield write, told and bool(where and which)


def _labels_around(write: Write, namespaces: Mapping[str, Mapping[str, str]]) -> Mapping[str, str] | None:
    """Return the labels that a namespaceSelector is held against; None if it does not count."""
    if write.resource == "namespaces" and not write.group:
        return write.labels
    return namespaces.get(write.namespace, {}) if write.namespace else None


def _in_rule(rule: Object, write: Write) -> bool:
    scope = rule.get("scope", "*")
    return (
        bool(WRITING & set(rule.get("operations") or []))
        and bool({"*", write.group} & set(rule.get("apiGroups") or []))
        and bool({"*", "*/*", write.resource} & set(rule.get("resources") or []))
        and (scope == "*" or (scope == "Namespaced") == bool(write.namespace))
    )


def _selected(selector: Object | None, labels: Mapping[str, str] | None, *, whole: bool) -> bool | None:
    """Say whether a label selector picks something; None if `labels` are not its `whole` labels and that decides."""
    if labels is None:
        return True
    asked = [(key, "In", [value]) for key, value in ((selector or {}).get("matchLabels") or {}).items()]
    asked += [
        (each["key"], each["operator"], each.get("values") or [])
        for each in (selector or {}).get("matchExpressions") or []
    ]
    answers = [_meets(labels, *each, whole=whole) for each in asked]
    if False in answers:
        return False
    return None if None in answers else True


def _meets(labels: Mapping[str, str], key: str, operator: str, values: Sequence[str], *, whole: bool) -> bool | None:
    wanted = operator in {"Exists", "In"}
    # What opts out by a label is rare: nobody is taken to have it.
    if key not in labels and not whole:
        return None if wanted else True
    has = key in labels if operator in {"Exists", "DoesNotExist"} else labels.get(key) in values
    return has == wanted


def _fault(cluster: Cluster, namespace: str, name: str) -> tuple[str, bool]:
    """Return why nobody answers at a Service, empty if somebody does, and whether its pods may be starting."""
    service = cluster.get("v1", "Service", name, namespace)
    if service is None:
        return GONE, False
    query = {"labelSelector": f"kubernetes.io/service-name={name}"}
    slices = cluster.list("discovery.k8s.io/v1", "EndpointSlice", namespace, query)
    ends = [end for each in slices for end in each.get("endpoints") or []]
    if any((end.get("conditions") or {}).get("ready") is not False for end in ends):
        return "", False
    changes = [_changed(each["metadata"]) for each in (service, *slices)]
    return "has no ready endpoints", max(changes) > cluster.server_time() - STARTING


def _changed(metadata: Object) -> datetime:
    notes = metadata.get("annotations") or {}
    return datetime.fromisoformat(notes.get(CHANGED) or metadata["creationTimestamp"])
