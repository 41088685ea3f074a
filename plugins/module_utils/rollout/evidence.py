"""What a failed rollout looked like, kept in files before anything is rolled back, with every secret masked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.masking import (
    NO_RECORDS,
    masked_object,
    masked_text,
    secret_values,
)
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException
from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

LOG_LINES = 200


def collect(cluster: Cluster, release: dict[str, Any], cause: str) -> dict[str, str]:
    """Return the files of a failed release {name, namespace}, by name: cause, events, pods, objects and logs."""
    namespace = release["namespace"]
    values = secret_values(cluster.list("v1", "Secret", namespace, NO_RECORDS))
    pods = cluster.list("v1", "Pod", namespace)
    files = {
        "cause.txt": cause + "\n",
        "events.yml": _yaml(cluster.list("v1", "Event", namespace), values),
        "pods.yml": _yaml(pods, values),
        "manifest.yml": _yaml(_manifest(cluster, release), values),
    }
    for pod in pods:
        for container in (pod.get("spec") or {}).get("containers") or []:
            for previous in (False, True):
                files.update(_log(cluster, pod["metadata"]["name"], namespace, container["name"], previous))
    return {name: masked_text(text, values) for name, text in files.items()}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files that only their owner may read. Raises OSError if the folder cannot be written."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in files.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


def _yaml(objects: list[dict[str, Any]], values: set[str]) -> str:
    # Texts stay on one line each: what is broken in two would not be found.
    shown = [masked_object(each, values) for each in objects]
    return yaml.safe_dump_all(shown, sort_keys=False, allow_unicode=True, width=math.inf)


def _manifest(cluster: Cluster, release: dict[str, Any]) -> list[dict[str, Any]]:
    key = release_key(release["namespace"], release["name"])
    found = storage.read_releases(cluster, release["namespace"]).get(key)
    secret = cluster.get("v1", "Secret", found["secret"], release["namespace"]) if found else None
    return storage.manifest_objects(storage.decode_release(secret)) if secret else []


def _log(cluster: Cluster, pod: str, namespace: str, container: str, previous: bool) -> dict[str, str]:
    """Return a container's last lines; nothing where the kubelet has none."""
    query = {"container": container, "tailLines": str(LOG_LINES), "previous": str(previous).lower()}
    try:
        text = cluster.text(f"/api/v1/namespaces/{namespace}/pods/{pod}/log", query)
    except ApiException:
        return {}
    return {f"{pod}.{container}{'.previous' if previous else ''}.log": text} if text else {}
