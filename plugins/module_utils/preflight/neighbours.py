"""What others run on a cluster that Landfall has no release for, and that is worth knowing before a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.preflight.ownership import words
from ansible_collections.landfall.eks.plugins.module_utils.preflight.signs import Object, Sign, one

DEPLOYMENTS = "/apis/apps/v1/deployments"
SCRAPER = "/apis/rbac.authorization.k8s.io/v1/clusterroles/aps-collector-role"
"""Permissions of a managed scraper, where they were given by a ClusterRole and not by an access entry
(https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-collector-how-to.html)."""


@dataclass(frozen=True)
class Neighbour:
    """Something of others: what people call it, the name in its labels, and what it does to us."""

    what: str
    name: str
    means: str

    @property
    def sign(self) -> Sign:
        """Return by what it is recognised: the label that its chart and its EKS add-on give its Deployment."""
        return {"path": DEPLOYMENTS, "label": f"app.kubernetes.io/name={self.name}"}


NEIGHBOURS = (
    Neighbour("external-dns", "external-dns", "it may make DNS records for the platform's host names"),
    Neighbour("Karpenter", "karpenter", "it makes nodes for pods that find none"),
)


def lines(neighbours: Sequence[tuple[Neighbour, Sequence[Object]]], scraped: bool) -> dict[str, str]:
    """Return a line for each neighbour of which objects were seen, and for a scraper of AWS if the cluster is."""
    found = {
        neighbour.what: f"{words(seen[0])}: left as it is, {neighbour.means}" for neighbour, seen in neighbours if seen
    }
    if scraped:
        found["Amazon Managed Service for Prometheus"] = "may scrape this cluster, beside our Prometheus"
    return found


def is_scraped(cluster: Cluster) -> bool:
    """Say whether AWS may scrape the cluster's metrics, so far as it shows and we may see it."""
    return "metadata" in one(cluster, SCRAPER)
