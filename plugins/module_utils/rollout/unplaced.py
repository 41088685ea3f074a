"""Nodes that a DaemonSet is not waited for, because they have no room for its pod."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.rollout import diagnosis_pods as pods

FULL = re.compile(r"nodes are available: .*?(Too many pods|Insufficient [\w./-]+)")
"""What the scheduler says of a node that holds as much as it can; the pod of a DaemonSet may run on that one alone."""

Object = dict[str, Any]


def full_nodes(cluster: Cluster, daemon_set: Object) -> str:
    """Say on which nodes a DaemonSet has no pod since they are full; empty if it lacks pods for any other reason.

    One that runs on no node yet is waited for. Taints and labels do not count here: on nodes that they close to it,
    the DaemonSet's controller wants no pod in the first place.
    """
    status = daemon_set.get("status") or {}
    wanted, available = status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
    if not available or status.get("updatedNumberScheduled", 0) < wanted:
        return ""
    labels = daemon_set["spec"]["selector"].get("matchLabels") or {}
    waiting = pods.unready(cluster, daemon_set["metadata"].get("namespace", ""), labels)
    full = {_node(pod): found[1] for pod in waiting if (found := FULL.search(_refused(pod)))}
    if len(full) < wanted - available:
        return ""
    where = ", ".join(f"{name} ({reason})" for name, reason in sorted(full.items()))
    return f"DaemonSet {daemon_set['metadata']['name']} has no pod on nodes without room for it: {where}"


def _refused(pod: Object) -> str:
    """Return what the scheduler says of a pod that it can't place; nothing of one that others make room for."""
    status = pod.get("status") or {}
    return "" if status.get("nominatedNodeName") else pods.status_cause(pod)


def _node(pod: Object) -> str:
    """Return the node that a DaemonSet's controller made a pod for."""
    affinity = ((pod.get("spec") or {}).get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or []
    fields = [field for term in terms for field in term.get("matchFields") or []]
    return next((str(field["values"][0]) for field in fields if field["key"] == "metadata.name"), "")
