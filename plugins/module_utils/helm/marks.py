"""By which marks an object is known to be of a release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAME, NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
"""Annotations that Helm gives to every object of a release."""
INSTANCE = "app.kubernetes.io/instance"
"""The label that charts give to their objects; those that Argo CD applied carry no annotation of Helm."""


def release_of(found: Mapping[str, Any]) -> str:
    """Return the name of the release, in an object's own namespace, that it is of; empty if it is of none there.

    >>> release_of({"metadata": {"namespace": "shop", "labels": {"app.kubernetes.io/instance": "web"}}})
    'web'
    """
    metadata = found["metadata"]
    annotations, labels = (metadata.get(key) or {} for key in ("annotations", "labels"))
    if NAME not in annotations:
        return str(labels.get(INSTANCE, ""))
    return str(annotations[NAME]) if annotations.get(NAMESPACE) == metadata["namespace"] else ""
