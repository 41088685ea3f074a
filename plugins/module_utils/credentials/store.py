"""Where credentials are kept: Secrets and namespaces of the cluster."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    LABEL_CREDENTIAL,
    LABEL_MADE_BY,
    MADE_BY,
    Item,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import LiveSecrets, Secret
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

FIELD_MANAGER = "landfall-credentials"


def read(cluster: Cluster) -> list[Secret]:
    """Return all Secrets of the cluster that are originals or were delivered."""
    return cluster.list("v1", "Secret", query={"labelSelector": LABEL_CREDENTIAL})


def find(cluster: Cluster, items: list[Item], home: str) -> LiveSecrets:
    """Read the originals in `home` and the Secrets that the items are delivered to."""
    found = LiveSecrets(ours=read(cluster))
    for each in found.ours:
        metadata = each["metadata"]
        if metadata["namespace"] == home:
            found.originals[metadata["labels"][LABEL_CREDENTIAL]] = each
        else:
            found.delivered[metadata["namespace"], metadata["name"]] = each
    for place in {(item.namespace, item.secret) for item in items if item.kind != "found"} - set(found.delivered):
        # One without our label: somebody else's, which must not be overwritten.
        there = cluster.get("v1", "Secret", place[1], place[0])
        if there is not None:
            found.delivered[place] = there
    return found


def missing_namespaces(cluster: Cluster, names: set[str]) -> list[str]:
    """Return those of the namespaces that do not exist, sorted."""
    return sorted(names - {each["metadata"]["name"] for each in cluster.list("v1", "Namespace")})


def make_namespace(cluster: Cluster, name: str) -> None:
    """Make a namespace, marked as ours so that uninstalling may remove it."""
    metadata = {"name": name, "labels": {LABEL_MADE_BY: MADE_BY}}
    wanted = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    cluster.apply(f"/api/v1/namespaces/{name}", wanted, manager=FIELD_MANAGER)


def apply_secret(cluster: Cluster, secret: Secret) -> None:
    """Apply the named keys and labels alone; what others keep in the same Secret stays."""
    namespace, name = secret["metadata"]["namespace"], secret["metadata"]["name"]
    cluster.apply(f"/api/v1/namespaces/{namespace}/secrets/{name}", secret, manager=FIELD_MANAGER)


def retire(cluster: Cluster, names: list[str], home: str) -> None:
    """Delete originals of certificates that come from elsewhere now."""
    for name in names:
        cluster.delete(f"/api/v1/namespaces/{home}/secrets/{name}")
