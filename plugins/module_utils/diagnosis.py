"""Why an object is not ready, in the cluster's own words: from the object to its pods, their volumes and events."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.readiness import pod_is_ready

Object = dict[str, Any]
MAX_LENGTH = 300


def cause_of(cluster: Cluster, found: Object) -> str:
    """Return one clause that names why an object is not ready; empty if the cluster gives no reason."""
    namespace = found["metadata"].get("namespace", "")
    selector = ((found.get("spec") or {}).get("selector") or {}) if found["kind"] != "Service" else {}
    labels = selector.get("matchLabels") if isinstance(selector, dict) else None
    for pod in _pods(cluster, namespace, labels or {}):
        reason = _volume_cause(cluster, pod) or pod_cause(pod) or _warning(cluster, namespace, pod["metadata"]["name"])
        if reason:
            return _short(f"pod {pod['metadata']['name']}: {reason}")
    return _short(_warning(cluster, namespace, found["metadata"]["name"]) or _owned_warning(cluster, namespace, found))


def pod_cause(pod: Object) -> str:
    """Return why a pod is not ready, from its own status: container states first, then scheduling; empty if ready."""
    status = pod.get("status") or {}
    for container in (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or []):
        state = container.get("state") or {}
        trouble = state.get("waiting") or (state.get("terminated") if _died(state) else None)
        if trouble and trouble.get("reason") not in {"ContainerCreating", "PodInitializing"}:
            ended = (container.get("lastState") or {}).get("terminated") or {}
            last = f" (last exit code {ended['exitCode']}, {ended.get('reason', '')})" if ended else ""
            words = f"{trouble.get('reason', '')} {trouble.get('message', '')}".strip()
            return f"container {container['name']}: {words}{last}"
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return str(condition.get("message") or condition.get("reason"))
    return ""


def _volume_cause(cluster: Cluster, pod: Object) -> str:
    """Return why a claim of a pod is not bound, if that is so: the newest event on it, else its phase."""
    for volume in (pod.get("spec") or {}).get("volumes") or []:
        name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        namespace = pod["metadata"].get("namespace", "")
        if not name:
            continue
        claim = cluster.get("v1", "PersistentVolumeClaim", name, namespace)
        if claim and (claim.get("status") or {}).get("phase") != "Bound":
            return f"its volume {name} is not bound: {_warning(cluster, namespace, name) or 'no provisioner took it'}"
    return ""


def _died(state: Object) -> bool:
    return bool((state.get("terminated") or {}).get("exitCode"))


def _pods(cluster: Cluster, namespace: str, labels: dict[str, str]) -> list[Object]:
    if not labels:
        return []
    query = {"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())}
    pods = cluster.list("v1", "Pod", namespace, query)
    return [each for each in pods if not pod_is_ready(each)]


def _warning(cluster: Cluster, namespace: str, name: str) -> str:
    query = {"fieldSelector": f"involvedObject.name={name},type=Warning"}
    return _newest(cluster.list("v1", "Event", namespace or "default", query))


def _owned_warning(cluster: Cluster, namespace: str, found: Object) -> str:
    """Return the newest warning on what an object owns by name: its ReplicaSets, its pods' claims."""
    prefix = found["metadata"]["name"] + "-"
    events = cluster.list("v1", "Event", namespace or "default", {"fieldSelector": "type=Warning"})
    return _newest([each for each in events if each["involvedObject"].get("name", "").startswith(prefix)])


def _newest(events: list[Object]) -> str:
    if not events:
        return ""
    newest = max(events, key=lambda each: each.get("lastTimestamp") or each.get("eventTime") or "")
    return f"{newest.get('reason', '')}: {newest.get('message', '')}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_LENGTH else f"{line[:MAX_LENGTH]}…"
