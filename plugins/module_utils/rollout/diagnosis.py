"""Why an object is not ready, in the cluster's own words: workload, pods, events, logs, volumes, Service, targets."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import readiness
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.rollout import diagnosis_pods as pods

Object = dict[str, Any]
MAX_LENGTH = 300
HOOK = "helm.sh/hook"
FAILURE = "ReplicaFailure"
"""The condition of a workload that is there only if its pods cannot even be made."""


def cause_of(cluster: Cluster, found: Object, *, logs: bool = False) -> str:
    """Return one clause that names why an object is not ready; empty if the cluster gives no reason.

    With `logs`, a crashed container's last line is added, which takes a call to its kubelet.
    """
    if found["kind"] == "Service":
        return _short(_service_cause(cluster, found))
    if found["kind"] == "APIService":
        return _short(_api_service_cause(cluster, found))
    namespace, name = found["metadata"].get("namespace", ""), found["metadata"]["name"]
    return _short(
        _pods_cause(cluster, namespace, _labels(found), logs=logs)
        or _condition_cause(found)
        or pods.warning(cluster, namespace, name)
        or _owned_warning(cluster, namespace, name)
    )


def hook_cause(cluster: Cluster, namespace: str, *, logs: bool = False) -> str:
    """Return which of Helm's hooks in a namespace has not ended well, and why; empty if none is there."""
    for job in cluster.list("batch/v1", "Job", namespace):
        if HOOK not in (job["metadata"].get("annotations") or {}):
            continue
        verdict = readiness.job(job)
        if verdict:
            return explained(f"hook Job {job['metadata']['name']}: {verdict}", cause_of(cluster, job, logs=logs))
    return ""


def explained(text: str, cause: str) -> str:
    """Return a text with its cause in brackets, unless it says that already.

    >>> explained("Job a: failed: it took too long", "DeadlineExceeded: it took too long")
    'Job a: failed: it took too long'
    """
    words = unsaid(text, cause)
    return f"{text} ({words})" if words else text


def unsaid(text: str, cause: str) -> str:
    """Return a cause, or nothing if a text says it already."""
    words = cause.partition(": ")[2] or cause
    return "" if words in text else cause


def _labels(found: Object) -> dict[str, str]:
    selector = (found.get("spec") or {}).get("selector") or {}
    labels = selector.get("matchLabels") if isinstance(selector, dict) else None
    return labels or {}


def _pods_cause(cluster: Cluster, namespace: str, labels: dict[str, str], *, logs: bool = False) -> str:
    for pod in pods.unready(cluster, namespace, labels):
        reason = pods.cause(cluster, pod, logs=logs)
        if reason:
            return f"pod {pod['metadata']['name']}: {reason}"
    return ""


def _condition_cause(found: Object) -> str:
    """Return why a workload cannot even make its pods."""
    for each in (found.get("status") or {}).get("conditions") or []:
        if each.get("type") == FAILURE and each.get("status") == "True":
            return f"{each.get('reason', '')}: {each.get('message', '')}"
    return ""


def _service_cause(cluster: Cluster, found: Object) -> str:
    """Return why a Service leads nowhere: what its controller says, who would have to be one, or its pods."""
    namespace, name = found["metadata"].get("namespace", ""), found["metadata"]["name"]
    said = pods.warning(cluster, namespace, name)
    if said:
        return said
    balancer = ((found.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    if found["spec"].get("type") == "LoadBalancer" and not balancer:
        wanted = found["spec"].get("loadBalancerClass")
        return f"no controller has taken its class {wanted}" if wanted else "no controller has taken it"
    return _endpoints_cause(cluster, namespace, found)


def _endpoints_cause(cluster: Cluster, namespace: str, service: Object) -> str:
    selector = service["spec"].get("selector") or {}
    if not selector:
        return ""
    query = {"labelSelector": ",".join(f"{key}={value}" for key, value in selector.items())}
    if not cluster.list("v1", "Pod", namespace, query):
        return f"Service {service['metadata']['name']} has no endpoints: no pod carries {query['labelSelector']}"
    cause = _pods_cause(cluster, namespace, selector)
    return f"Service {service['metadata']['name']} has no endpoints: {cause}" if cause else ""


def _api_service_cause(cluster: Cluster, found: Object) -> str:
    """Return why an aggregated API does not answer, from the Service behind it."""
    reference = found["spec"].get("service") or {}
    if not reference:
        return ""
    service = cluster.get("v1", "Service", reference["name"], reference["namespace"])
    if service is None:
        return f"Service {reference['namespace']}/{reference['name']} does not exist"
    return _endpoints_cause(cluster, reference["namespace"], service)


def _owned_warning(cluster: Cluster, namespace: str, name: str) -> str:
    """Return the newest warning on what an object owns by name: its ReplicaSets, its pods' claims."""
    events = cluster.list("v1", "Event", namespace or "default", {"fieldSelector": "type=Warning"})
    return pods.newest([each for each in events if each["involvedObject"].get("name", "").startswith(f"{name}-")])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_LENGTH else f"{line[:MAX_LENGTH]}…"
