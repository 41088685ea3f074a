"""What a node is by its labels, as far as that decides which pods it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OTHER_NODES = (
    ("eks.amazonaws.com/compute-type", "fargate", "Fargate"),
    ("type", "virtual-kubelet", "virtual-kubelet"),
    ("kubernetes.io/os", "windows", "Windows"),
)
"""Label, value and name of nodes on which the platform runs no pods, tainted or not.

A Fargate node runs the one pod that it was made for, and no DaemonSets
(https://docs.aws.amazon.com/eks/latest/userguide/fargate.html). Nodes of EKS Auto Mode and hybrid nodes carry the first
label too, with other values, and run everything.
"""
KEEPS_OFF = ("NoSchedule", "NoExecute")
"""Effects of taints that keep pods off."""

Object = Mapping[str, Any]


def unfit(node: Object) -> str:
    """Return why the platform's pods do not run on a node, in a word; empty for one that takes them.

    >>> unfit({"metadata": {"labels": {"eks.amazonaws.com/compute-type": "fargate"}}})
    'Fargate'
    """
    labels, spec = node["metadata"].get("labels") or {}, node.get("spec") or {}
    other = next((name for label, value, name in OTHER_NODES if labels.get(label) == value), "")
    if other:
        return other
    if spec.get("unschedulable"):
        return "cordoned"
    return "tainted" if any(each.get("effect") in KEEPS_OFF for each in spec.get("taints") or []) else ""
