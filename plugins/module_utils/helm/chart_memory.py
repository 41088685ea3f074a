"""The digests of the charts that a cluster was given, so that the same version of a chart keeps its content.

They are kept in one Secret of the platform's namespace, and are written before the run changes anything else. So they
outlast failed runs, rollbacks and the removal of releases, and go with that namespace.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart_sources, remote
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart_sources import Chart, Pin
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.text import versions

NAME = "landfall-charts"
KEY = "charts"

Digests = dict[str, str]
"""SHA-256 by what `place` returns of a chart's pin."""


class ChartMemoryError(Exception):
    """A sentence on a Secret that holds no digests."""


def place(pin: Pin) -> str:
    """Return under which reference and version a chart is published, as one text.

    >>> place({"ref": "https://charts.example.org/shop/", "version": "v1.2.3"})
    'https://charts.example.org/shop 1.2.3'
    """
    return f"{pin['ref'].rstrip('/')} {versions.plain(str(pin['version'] or ''))}".strip()


def is_published(pin: Pin, chart: Chart) -> bool:
    """Say whether a chart is published somewhere: files and folders of this machine, and stand-ins, are not."""
    return remote.is_remote(pin["ref"]) and chart["source"] != chart_sources.STAND_IN


def differing(known: Digests, pins: Mapping[str, Pin], charts: Mapping[str, Chart]) -> Digests:
    """Return, by release, the digest that its chart had before, unless it has that still or its pin confirms it."""
    return {
        release: known[place(pins[release])]
        for release, chart in charts.items()
        if is_published(pins[release], chart) and not chart["verified"]
        if known.get(place(pins[release]), chart["sha256"]) != chart["sha256"]
    }


def with_charts(known: Digests, pins: Mapping[str, Pin], charts: Mapping[str, Chart]) -> Digests:
    """Return the digests with those of a run's charts."""
    ours = {
        place(pins[release]): chart["sha256"] for release, chart in charts.items() if is_published(pins[release], chart)
    }
    return {**known, **ours}


def read(cluster: Cluster, namespace: str) -> Digests:
    """Return the digests that a cluster keeps; none if there is no Secret yet.

    Raises ApiException, and ChartMemoryError if the Secret holds something else.
    """
    # As a list, which is what preflight has made sure that the user may read.
    found = cluster.list("v1", "Secret", namespace, {"fieldSelector": f"metadata.name={NAME}"})
    try:
        return {
            str(key): str(value)
            for each in found
            for key, value in json.loads(base64.b64decode(each["data"][KEY])).items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ChartMemoryError(
            f"The Secret {namespace}/{NAME}, which holds the digests of the charts so far, cannot be read: restore it, "
            "or delete it to accept the charts of the next run as they are."
        ) from error


def write(cluster: Cluster, namespace: str, known: Digests) -> None:
    """Keep digests in a cluster. Raises ApiException."""
    wanted: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": NAME, "namespace": namespace},
        "data": {KEY: base64.b64encode(json.dumps(known, sort_keys=True).encode()).decode()},
    }
    cluster.apply(f"/api/v1/namespaces/{namespace}/secrets/{NAME}", wanted)
