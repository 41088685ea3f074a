"""Why an object is not ready, in the cluster's own words: workload, pods, events, logs, volumes, Service, targets."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import published, readiness
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.rollout import balancers
from ansible_collections.landfall.eks.plugins.module_utils.rollout import diagnosis_pods as pods

Object = dict[str, Any]
HEAD_LENGTH, TAIL_LENGTH = 300, 100
"""What stays of a long text: its end too, for there it says what a registry answered."""
HOOK = "helm.sh/hook"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
FAILURE = "ReplicaFailure"
"""The condition of a workload that is there only if its pods cannot even be made."""


def cause_of(cluster: Cluster, found: Object, *, logs: bool = False) -> str:
    """Return one clause that names why an object is not ready; empty if the cluster gives no reason.

    With `logs`, a crashed container's last line is added, which takes a call to its kubelet.
    """
    if found["kind"] == "Service":
        return short(_service_cause(cluster, found))
    if found["kind"] == "APIService":
        return short(_api_service_cause(cluster, found))
    namespace, name = found["metadata"].get("namespace", ""), found["metadata"]["name"]
    return short(
        _pods_cause(cluster, namespace, _labels(found), logs=logs)
        or _condition_cause(found)
        or pods.warning(cluster, namespace, name)
        or _owned_warning(cluster, namespace, name)
    )


def standing_cause(cluster: Cluster, found: Object, *, logs: bool = False) -> str:
    """Return in full what keeps a workload, or what an operator made for an object, from being ready now.

    Of pods the newest alone counts: an older one may go with the template that it was made from. What was said in the
    past counts only of a workload that lacks pods.
    """
    if balancers.is_ours(found):
        return balancers.refusal(cluster, found)
    if found["kind"] not in WORKLOADS:
        made = _made_for(cluster, found)
        return next(filter(None, (standing_cause(cluster, each, logs=logs) for each in made)), "")
    namespace = found["metadata"].get("namespace", "")
    staying = [pod for pod in pods.unready(cluster, namespace, _labels(found)) if not pods.is_going(pod)]
    if _condition_cause(found) or not staying:
        return _condition_cause(found) or _no_pods_cause(cluster, found)
    reason = pods.standing_cause(cluster, staying[0], logs=logs)
    return f"pod {staying[0]['metadata']['name']}: {reason}" if reason else ""


def makes_room(cluster: Cluster, found: Object) -> bool:
    """Say whether an old pod of a workload is within its grace period: what it takes is free once it has ended."""
    namespace, labels = found["metadata"].get("namespace", ""), _labels(found)
    return found["kind"] in WORKLOADS and pods.some_end(cluster, namespace, labels)


def hooks(cluster: Cluster, namespace: str) -> list[tuple[str, Object]]:
    """Return Helm's hooks in a namespace that have not ended well: what each is called and lacks, and its Job."""
    found = [
        each
        for each in cluster.list("batch/v1", "Job", namespace)
        if HOOK in (each["metadata"].get("annotations") or {})
    ]
    judged = [(readiness.job(each), each) for each in found]
    return [(f"hook Job {each['metadata']['name']}: {verdict}", each) for verdict, each in judged if verdict]


def hook_cause(cluster: Cluster, namespace: str, *, logs: bool = False) -> str:
    """Return which of Helm's hooks in a namespace has not ended well, and why; empty if none is there."""
    return next((explained(text, cause_of(cluster, job, logs=logs)) for text, job in hooks(cluster, namespace)), "")


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


def _no_pods_cause(cluster: Cluster, found: Object) -> str:
    """Return why a workload without unready pods has fewer of them than it wants; a Deployment says it itself."""
    status, spec = found.get("status") or {}, found.get("spec") or {}
    lacks = {
        "StatefulSet": status.get("replicas", 0) < spec.get("replicas", 1),
        "DaemonSet": status.get("currentNumberScheduled", 0) < status.get("desiredNumberScheduled", 0),
        "Job": not any(status.get(each) for each in ("active", "succeeded", "failed")),
    }
    if not lacks.get(found["kind"]):
        return ""
    namespace, name = found["metadata"].get("namespace", ""), found["metadata"]["name"]
    return pods.warning(cluster, namespace, name, {"FailedCreate"})


def _made_for(cluster: Cluster, found: Object) -> list[Object]:
    """Return the workloads that an operator made for an object of its own kind."""
    namespace, uid = found["metadata"].get("namespace"), found["metadata"].get("uid")
    if not namespace or found["kind"] == "Service":
        return []
    return [
        each
        for kind in ("StatefulSet", "Deployment")
        for each in cluster.list("apps/v1", kind, namespace)
        if uid in [owner.get("uid") for owner in each["metadata"].get("ownerReferences") or []]
    ]


def _service_cause(cluster: Cluster, found: Object) -> str:
    """Return why a Service leads nowhere: what its controller says, who would have to be one, or its pods."""
    namespace, name = found["metadata"].get("namespace", ""), found["metadata"]["name"]
    said = pods.warning(cluster, namespace, name)
    if said:
        return said
    balancer = published.points(found)
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


def short(text: str) -> str:
    """Return a text on one line that is not too long to read.

    >>> short("a\n  b")
    'a b'
    """
    line = " ".join(text.split())
    whole = len(line) <= HEAD_LENGTH + TAIL_LENGTH
    return line if whole else f"{line[:HEAD_LENGTH]} … {line[-TAIL_LENGTH:]}"
