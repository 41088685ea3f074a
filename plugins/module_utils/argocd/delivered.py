"""What Argo CD delivers for Landfall, as the summary shows it."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.argocd.takeover import APPLICATION
from ansible_collections.landfall.eks.plugins.module_utils.kube import readiness
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

OURS = "landfall.eks/made-by=landfall"
SOURCE = "git"
REVISION_CHARACTERS = 12
"""As many of a commit as the tags of the pipeline's images have."""

Object = dict[str, Any]


def applications(cluster: Cluster) -> list[Object]:
    """Return the Applications that Landfall made; none where the cluster does not know their kind."""
    return cluster.list(*APPLICATION, query={"labelSelector": OURS})


def row(found: Object) -> dict[str, Any]:
    """Describe an Application as a component of summary.json, but for its component, its addresses and `simulated`.

    The chart is a folder of the repository, the version its commit that is live.
    """
    source = found["spec"]["source"]
    revision = str(readiness.value_at(found, "status.sync.revision") or "")
    return {
        "release": (source.get("helm") or {}).get("releaseName") or found["metadata"]["name"],
        "namespace": found["spec"]["destination"]["namespace"],
        "chart": source.get("path", ""),
        "version": revision[:REVISION_CHARACTERS],
        "source": SOURCE,
        "health": readiness.application(found) or "ready",
    }
