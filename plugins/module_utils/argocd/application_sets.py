"""ApplicationSets as objects, from the specs that somebody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LABELS = {"app.kubernetes.io/part-of": "argocd", "landfall.eks/made-by": "landfall"}


def application_sets(specs: Mapping[str, Any], namespace: str) -> list[dict[str, Any]]:
    """Return an ApplicationSet in `namespace` for each spec, which lies under its name."""
    return [
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "ApplicationSet",
            "metadata": {"name": name, "namespace": namespace, "labels": dict(LABELS)},
            "spec": spec,
        }
        for name, spec in specs.items()
    ]
