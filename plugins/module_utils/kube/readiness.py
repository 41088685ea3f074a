"""Readiness as data: for each kind a small predicate that says whether an object is ready, else what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Object = dict[str, Any]
Verdict = str | None  # pylint: disable=unsupported-binary-operation
"""None for ready, else what is missing in a few words."""


def deployment(found: Object) -> Verdict:
    """Judge a Deployment as `kubectl rollout status` does: the newest template alone, and all replicas available."""
    status, wanted = found.get("status") or {}, found["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < found["metadata"].get("generation", 0):
        return "its controller has not looked at it yet"
    updated = status.get("updatedReplicas", 0)
    if updated < wanted:
        return f"{updated} of {wanted} replicas updated"
    # A replica of the old template stays until a new one is available, and counts as available itself.
    old = status.get("replicas", 0) - updated
    if old > 0:
        return f"{old} old replica{'s' if old > 1 else ''} not yet replaced"
    return _counted(status.get("availableReplicas", 0), wanted, "replicas available")


def stateful_set(found: Object) -> Verdict:
    """Judge a StatefulSet: the newest revision rolled out, and all replicas ready."""
    status, wanted = found.get("status") or {}, found["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < found["metadata"].get("generation", 0):
        return "its controller has not looked at it yet"
    if status.get("updatedReplicas", 0) < wanted and found["spec"].get("updateStrategy", {}).get("type") != "OnDelete":
        return f"{status.get('updatedReplicas', 0)} of {wanted} replicas updated"
    return _counted(status.get("readyReplicas", 0), wanted, "replicas ready")


def daemon_set(found: Object) -> Verdict:
    """Judge a DaemonSet: an updated and available pod on every node that it wants."""
    status = found.get("status") or {}
    if status.get("observedGeneration", 0) < found["metadata"].get("generation", 0):
        return "its controller has not looked at it yet"
    wanted = status.get("desiredNumberScheduled", 0)
    if status.get("updatedNumberScheduled", 0) < wanted:
        return f"{status.get('updatedNumberScheduled', 0)} of {wanted} nodes updated"
    return _counted(status.get("numberAvailable", 0), wanted, "nodes have it available")


def job(found: Object) -> Verdict:
    """Judge a Job: complete."""
    conditions = {each["type"]: each for each in (found.get("status") or {}).get("conditions") or []}
    if conditions.get("Complete", {}).get("status") == "True":
        return None
    failed = conditions.get("Failed", {})
    return f"failed: {failed.get('message', '')}" if failed.get("status") == "True" else "not complete"


def application(found: Object) -> Verdict:
    """Judge an Application of Argo CD: its present source deployed, and all of it healthy.

    Its kind has no observed generation; sync.comparedTo holds what the status is based on.
    """
    status = found.get("status") or {}
    sync, health = status.get("sync") or {}, status.get("health") or {}
    trouble = _application_trouble(status)
    if (sync.get("comparedTo") or {}).get("source") != found["spec"].get("source"):
        return trouble or "Argo CD has not compared it with its repository yet"
    if sync.get("status") != "Synced":
        return trouble or f"sync is {sync.get('status') or 'empty'}, wanted Synced"
    if health.get("status") != "Healthy":
        words = f": {health['message']}" if health.get("message") else ""
        return f"health is {health.get('status') or 'empty'}, wanted Healthy{words}"
    return None


def _application_trouble(status: Object) -> str:
    """Return the error that Argo CD reports on an Application, or with which its last sync ended; empty for none."""
    errors = [each for each in status.get("conditions") or [] if str(each.get("type", "")).endswith("Error")]
    if errors:
        return f"{errors[0]['type']}: {errors[0].get('message', '')}"
    operation = status.get("operationState") or {}
    if operation.get("phase") in {"Failed", "Error"}:
        return f"its last sync ended with {operation['phase']}: {operation.get('message', '')}"
    return ""


PREDICATES: dict[str, Callable[[Object], Verdict]] = {
    "Deployment": deployment,
    "StatefulSet": stateful_set,
    "DaemonSet": daemon_set,
    "Job": job,
    "Application": application,
}


def row(wanted: dict[str, Any], found: Object | None) -> Verdict:
    """Judge an object against a `ready` row {condition} or {field, equals}; without `equals` anything set will do."""
    if found is None:
        return "does not exist"
    if wanted.get("condition"):
        return _condition(found, wanted["condition"])
    if wanted.get("field"):
        return _field(found, wanted["field"], wanted.get("equals"))
    predicate = PREDICATES.get(found["kind"])
    return predicate(found) if predicate else None


def pod_is_ready(pod: Object) -> bool:
    """Say whether a pod takes requests."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def value_at(found: Object, path: str) -> Any:
    """Return what stands at a dotted path, numbers being list positions; None if there is nothing."""
    here: Any = found
    for part in path.split("."):
        if isinstance(here, list):
            here = here[int(part)] if part.isdigit() and int(part) < len(here) else None
        else:
            here = here.get(part) if isinstance(here, dict) else None
    return here


def _condition(found: Object, name: str) -> Verdict:
    for each in (found.get("status") or {}).get("conditions") or []:
        if each["type"] == name:
            reason = each.get("message") or each.get("reason") or "no reason given"
            return None if each["status"] == "True" else f"{name} is {each['status']}: {reason}"
    return f"has no condition {name} yet"


def _field(found: Object, path: str, wanted: Any) -> Verdict:
    value = value_at(found, path)
    if wanted is None:
        return None if value else f"{path} is empty"
    return (
        None if str(value) == str(wanted) else f"{path} is {value if value is not None else 'empty'}, wanted {wanted}"
    )


def _counted(have: int, wanted: int, what: str) -> Verdict:
    return None if have >= wanted else f"{have} of {wanted} {what}"
