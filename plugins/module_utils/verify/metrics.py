"""Metrics of each component, as Prometheus has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.prometheus import Getter, instant
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import CheckFailedError, NotRunError

MONITORING_API = "monitoring.coreos.com/v1"
RELEASE_MARKS = ("meta.helm.sh/release-name", "app.kubernetes.io/instance")
POOLS = {"ServiceMonitor": "serviceMonitor", "PodMonitor": "podMonitor"}
"""How the operator names the scrape pools of a monitor: <kind>/<namespace>/<name>/<endpoint>."""


@dataclass(frozen=True)
class Monitor:
    """A ServiceMonitor or PodMonitor of one of our releases."""

    release: str
    kind: str
    namespace: str
    name: str

    @property
    def pool(self) -> str:
        """How its scrape pools begin."""
        return f"{POOLS[self.kind]}/{self.namespace}/{self.name}/"


def monitors(cluster: Cluster, releases: Iterable[str]) -> list[Monitor]:
    """Return the monitors of the cluster that belong to one of `releases`."""
    wanted, found = set(releases), []
    for kind in POOLS:
        for each in cluster.list(MONITORING_API, kind):
            metadata = each["metadata"]
            said = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
            release = next((said[mark] for mark in RELEASE_MARKS if said.get(mark) in wanted), "")
            if release:
                found.append(Monitor(release, kind, metadata["namespace"], metadata["name"]))
    return sorted(found, key=lambda each: (each.release, each.name))


def scraped(prometheus: Getter, own: list[Monitor]) -> str:
    """Compare what Prometheus scrapes, and the `up` series that it stored, with the monitors of one release.

    Raises CheckFailedError for a monitor without target, a target that is down, and one whose series is missing.
    """
    if not own:
        raise NotRunError("the release has no ServiceMonitor or PodMonitor")
    targets = prometheus.get("/api/v1/targets", {"state": "active"})["data"]["activeTargets"]
    up = {
        (labels.get("job", ""), labels.get("instance", "")) for labels, value in instant(prometheus, "up") if value == 1
    }
    seen = 0
    for monitor in own:
        mine = [each for each in targets if str(each.get("scrapePool", "")).startswith(monitor.pool)]
        if not mine:
            raise CheckFailedError(
                f"Prometheus scrapes nothing for the {monitor.kind} {monitor.namespace}/{monitor.name}"
            )
        for target in mine:
            _judge(monitor, target, up)
        seen += len(mine)
    return f"{seen} targets of {len(own)} monitors are up"


def _judge(monitor: Monitor, target: dict[str, Any], up: set[tuple[str, str]]) -> None:
    labels = target.get("labels") or {}
    instance = labels.get("instance", "")
    if target.get("health") != "up":
        why = target.get("lastError") or target.get("health")
        raise CheckFailedError(f"{instance} of {monitor.namespace}/{monitor.name} is down: {why}")
    if (labels.get("job", ""), instance) not in up:
        raise CheckFailedError(f"{instance} of {monitor.namespace}/{monitor.name} is scraped, and has no series up")
