"""Whether a load balancer is what its Service says: what its controller has written about that since the last change.

The AWS Load Balancer Controller builds a model of a Service, then brings AWS to it. When it cannot, AWS and the host
name of the Service stay as they are, and an event alone says so (controllers/service/service_controller.go, 3.5.0).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.classes import (
    AUTO_MODE_CLASS,
    CONTROLLER_CLASS,
)

Object = dict[str, Any]
RECONCILED = "SuccessfullyReconciled"
REFUSED = ("FailedBuildModel", "FailedDeployModel")
"""Reasons of the controller's events (pkg/k8s/events.go)."""
HEARD_WITHIN = timedelta(seconds=60)
"""How long the controller has after a change of a Service. One that says nothing is not waited for any longer: its
recorder drops events about an object that it has written many about."""
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Heard:
    """When a Service was changed last, and what its controller has said since: that it is done, or why it cannot."""

    changed: datetime
    reconciled: bool
    refused: str


def is_ours(found: Object | None) -> bool:
    """Say whether an object is a Service whose load balancer one of these controllers makes."""
    spec = (found or {}).get("spec") or {}
    of_class = spec.get("loadBalancerClass") in {CONTROLLER_CLASS, AUTO_MODE_CLASS}
    return (found or {}).get("kind") == "Service" and spec.get("type") == "LoadBalancer" and of_class


def lacking(cluster: Cluster, service: Object) -> str:
    """Return what keeps the load balancer of a Service from being what it says; empty for nothing."""
    heard = _heard(cluster, service)
    if heard.refused:
        return "its load balancer is not what it says"
    if heard.reconciled or cluster.server_time() - heard.changed >= HEARD_WITHIN:
        return ""
    return "its controller has not taken the change over yet"


def refusal(cluster: Cluster, service: Object) -> str:
    """Return why its controller cannot bring a load balancer to what a Service says; empty if it can."""
    return _heard(cluster, service).refused


def _heard(cluster: Cluster, service: Object) -> Heard:
    """Read what the controller has said. What it could not do before the last change counts no longer."""
    metadata = service["metadata"]
    query = {"fieldSelector": f"involvedObject.kind=Service,involvedObject.name={metadata['name']}"}
    listed: list[Object] = []
    with contextlib.suppress(ApiException):  # who may not read events does without
        listed = cluster.list("v1", "Event", metadata["namespace"], query)
    # Of a Service that has been deleted and made again, the events stay.
    events = [each for each in listed if each["involvedObject"].get("uid", metadata.get("uid")) == metadata.get("uid")]
    changed = changed_at(service)
    done = max((seen_at(each) for each in events if each.get("reason") == RECONCILED), default=NEVER)
    refused = max((each for each in events if each.get("reason") in REFUSED), key=seen_at, default=None)
    standing = refused is not None and seen_at(refused) > done and seen_at(refused) >= changed
    said = f"{refused['reason']}: {refused.get('message', '')}" if refused and standing else ""
    return Heard(changed, done >= changed, said)


def changed_at(service: Object) -> datetime:
    """Return when somebody changed a Service last, its status left out, by the API server's clock."""
    managed = service["metadata"].get("managedFields") or []
    times = [each.get("time") for each in managed if not each.get("subresource")]
    return _newest([*times, service["metadata"].get("creationTimestamp")])


def seen_at(event: Object) -> datetime:
    """Return when an event was seen last, as client-go's recorders write it: the older one, and that of events.k8s.io.

    The older one counts a repeated event, and moves its lastTimestamp; the other one has a series.
    """
    series = (event.get("series") or {}).get("lastObservedTime")
    return _newest([event.get("lastTimestamp"), series, event.get("eventTime")])


def _newest(times: Iterable[str | None]) -> datetime:
    return max((datetime.fromisoformat(each) for each in times if each), default=NEVER)
