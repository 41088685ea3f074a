"""Why a pod is not ready, in the words of kubelet, scheduler and volume controllers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import masking
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.readiness import pod_is_ready
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException

Object = dict[str, Any]
WORTHLESS = {"ContainerCreating", "PodInitializing"}
VOLUME_REASONS = ("FailedBinding", "ExternalProvisioning")
"""What the volume controller says of a claim that waits, as events that are no warnings; the more telling one first."""
PREEMPTION = re.compile(r"\.? (no new claims to deallocate|preemption:).*", re.DOTALL)
"""What the scheduler adds about pods that it could have displaced: of no use to who has to act."""
LOG_QUERY = {"tailLines": "20"}
LOG_LENGTH = 120


def unready(cluster: Cluster, namespace: str, labels: dict[str, str]) -> list[Object]:
    """Return the pods with some labels that take no requests and are not on their way out, the newest first."""
    found = [
        each
        for each in _labelled(cluster, namespace, labels)
        if not pod_is_ready(each) and (each.get("status") or {}).get("phase") != "Succeeded"
    ]
    # What goes already is in nobody's way, unless there is nothing else.
    staying = [each for each in found if not is_going(each)]
    return sorted(staying or found, key=lambda each: each["metadata"].get("creationTimestamp") or "", reverse=True)


def _labelled(cluster: Cluster, namespace: str, labels: dict[str, str]) -> list[Object]:
    query = {"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())}
    return cluster.list("v1", "Pod", namespace, query) if labels else []


def is_going(pod: Object) -> bool:
    """Say whether a pod is on its way out."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def some_end(cluster: Cluster, namespace: str, labels: dict[str, str]) -> bool:
    """Say whether a pod with some labels is on its way out and within its grace period, at whose end that stands."""
    ends = [each["metadata"].get("deletionTimestamp") for each in _labelled(cluster, namespace, labels)]
    return any(datetime.fromisoformat(each) > cluster.server_time() for each in ends if each)


def cause(cluster: Cluster, pod: Object, *, logs: bool = False) -> str:
    """Return why one pod is not ready; empty if nothing says. With `logs`, a crashed container's last line is added."""
    namespace, name = pod["metadata"].get("namespace", ""), pod["metadata"]["name"]
    reason = _present_cause(cluster, pod, logs=logs)
    return reason or warning(cluster, namespace, name) or gate_cause(pod) or _waiting_claim(cluster, pod)


def standing_cause(cluster: Cluster, pod: Object, *, logs: bool = False) -> str:
    """Return why one pod is not ready, so far as that is so now, and not what an event says of the past."""
    return _present_cause(cluster, pod, logs=logs) or _waiting_claim(cluster, pod)


def _present_cause(cluster: Cluster, pod: Object, *, logs: bool) -> str:
    reason = volume_cause(cluster, pod) or status_cause(pod)
    if reason and logs and "last exit code" in reason:
        namespace, name = pod["metadata"].get("namespace", ""), pod["metadata"]["name"]
        reason += _probe_words(cluster, namespace, name) or _last_words(cluster, pod)
    return reason


def status_cause(pod: Object) -> str:
    """Return why a pod is not ready, from its own status: container states first, then scheduling; empty if ready."""
    status = pod.get("status") or {}
    for container in _containers(status):
        state = container.get("state") or {}
        trouble = state.get("waiting") or (state.get("terminated") if _died(state) else None)
        if trouble and trouble.get("reason") not in WORTHLESS:
            kind = "container" if container in (status.get("containerStatuses") or []) else "init container"
            words = f"{trouble.get('reason', '')} {trouble.get('message', '')}".strip()
            return f"{kind} {container['name']}: {words}{_ended(container, trouble)}"
    if status.get("phase") == "Failed" and status.get("message"):
        return f"{status.get('reason', 'Failed')}: {status['message']}"
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return PREEMPTION.sub("", str(condition.get("message") or condition.get("reason")))
    return ""


def gate_cause(pod: Object) -> str:
    """Return which readiness gate keeps a pod out of service, such as the health of a load balancer's target."""
    known = {each["type"]: each for each in (pod.get("status") or {}).get("conditions") or []}
    for gate in (pod.get("spec") or {}).get("readinessGates") or []:
        found = known.get(gate["conditionType"], {})
        if found.get("status") != "True":
            words = ": ".join(filter(None, [found.get("reason"), found.get("message")]))
            return f"readiness gate {gate['conditionType']} is not met: {words or 'nothing has reported on it yet'}"
    return ""


def volume_cause(cluster: Cluster, pod: Object) -> str:
    """Return why a claim of a pod is not bound, if somebody has said so."""
    for name, namespace in _unbound(cluster, pod):
        said = warning(cluster, namespace, name) or _quiet(cluster, namespace, name, VOLUME_REASONS)
        if said:
            return f"its volume {name} is not bound: {said}"
    return ""


def _waiting_claim(cluster: Cluster, pod: Object) -> str:
    for name, _unused in _unbound(cluster, pod):
        return f"its volume {name} is not bound: no provisioner took it"
    return ""


def _unbound(cluster: Cluster, pod: Object) -> Iterator[tuple[str, str]]:
    for volume in (pod.get("spec") or {}).get("volumes") or []:
        name = str((volume.get("persistentVolumeClaim") or {}).get("claimName") or "")
        namespace = pod["metadata"].get("namespace", "")
        claim = cluster.get("v1", "PersistentVolumeClaim", name, namespace) if name else None
        if claim and (claim.get("status") or {}).get("phase") != "Bound":
            yield name, str(namespace)


def _containers(status: Object) -> list[Object]:
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _died(state: Object) -> bool:
    return bool((state.get("terminated") or {}).get("exitCode"))


def _ended(container: Object, trouble: Object) -> str:
    """Return how a container ended last."""
    ended = (container.get("lastState") or {}).get("terminated") or (trouble if "exitCode" in trouble else {})
    return f" (last exit code {ended['exitCode']}, {ended.get('reason', '')})" if ended else ""


def _probe_words(cluster: Cluster, namespace: str, name: str) -> str:
    """Return what a probe said for which kubelet ended a container."""
    said = warning(cluster, namespace, name, {"Unhealthy"})
    return f", {said}" if said.startswith(("Unhealthy: Liveness", "Unhealthy: Startup")) else ""


def _last_words(cluster: Cluster, pod: Object) -> str:
    """Return the last line that a crashed container logged, secrets masked; nothing where the kubelet has none."""
    namespace, name = pod["metadata"].get("namespace", ""), pod["metadata"]["name"]
    crashed = next(each for each in _containers(pod["status"]) if not each.get("ready"))
    query = {**LOG_QUERY, "container": crashed["name"], "previous": "true"}
    try:
        text = cluster.text(f"/api/v1/namespaces/{namespace}/pods/{name}/log", query)
        values = masking.secret_values(cluster.list("v1", "Secret", namespace, masking.NO_RECORDS))
    except ApiException:
        return ""
    lines = [line.strip() for line in masking.masked_text(text, values).splitlines() if line.strip()]
    return f", its log ends with: {lines[-1][:LOG_LENGTH]}" if lines else ""


def warning(cluster: Cluster, namespace: str, name: str, reasons: set[str] | None = None) -> str:
    """Return the newest warning about an object, `Reason: message`; only those of `reasons`, if given."""
    query = {"fieldSelector": f"involvedObject.name={name},type=Warning"}
    events = _about(cluster, namespace, name, query)
    return newest([each for each in events if not reasons or each.get("reason") in reasons])


def _quiet(cluster: Cluster, namespace: str, name: str, reasons: tuple[str, ...]) -> str:
    """Return the newest event of the first of `reasons` for which there is one, warning or not."""
    events = _about(cluster, namespace, name, {"fieldSelector": f"involvedObject.name={name}"})
    told = (newest([each for each in events if each.get("reason") == reason]) for reason in reasons)
    return next((each for each in told if each), "")


def _about(cluster: Cluster, namespace: str, name: str, query: dict[str, str]) -> list[Object]:
    events = cluster.list("v1", "Event", namespace or "default", query)
    return [each for each in events if (each.get("involvedObject") or {}).get("name") == name]


def newest(events: list[Object]) -> str:
    """Return `Reason: message` of the newest event; empty if there is none."""
    if not events:
        return ""
    latest = max(events, key=lambda each: each.get("lastTimestamp") or each.get("eventTime") or "")
    return f"{latest.get('reason', '')}: {latest.get('message', '')}"
