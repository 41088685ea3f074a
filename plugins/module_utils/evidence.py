"""What a failed rollout looked like, kept in files before anything is taken back, with every secret masked."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client.exceptions import ApiException

from ansible_collections.landfall.eks.plugins.module_utils import helm_storage
from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.digests import release_key

MASK = "•••"
LOG_LINES = 200
SHORTEST_SECRET = 6
"""Values shorter than this are not searched for in logs: `admin` would mask half of every line."""
TELLING_NAME = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)


def secret_values(secrets: list[dict[str, Any]]) -> set[str]:
    """Return the decoded values of Secrets that are worth masking, Helm's own records left out."""
    values: set[str] = set()
    for secret in secrets:
        if secret.get("type") == "helm.sh/release.v1":
            continue
        for packed in (secret.get("data") or {}).values():
            text = base64.b64decode(packed or "").decode("utf-8", "ignore").strip()
            values.update(each for each in (text, packed) if len(each) >= SHORTEST_SECRET)
    return values


def masked_text(text: str, values: set[str]) -> str:
    """Return text without any of the values; the longest are replaced first."""
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, MASK)
    return text


def masked_object(found: dict[str, Any]) -> dict[str, Any]:
    """Return an object as it may be kept: without a Secret's data, and without literal values of telling variables."""
    kept = {
        key: value for key, value in found.items() if key not in {"data", "stringData"} or found["kind"] != "Secret"
    }
    if found["kind"] == "Secret":
        kept["data"] = dict.fromkeys({**(found.get("data") or {}), **(found.get("stringData") or {})}, MASK)
    masked: dict[str, Any] = _without_telling_values(kept)
    masked.get("metadata", {}).pop("managedFields", None)
    return masked


def _without_telling_values(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_telling_values(each) for each in node]
    if not isinstance(node, dict):
        return node
    if TELLING_NAME.search(str(node.get("name", ""))) and isinstance(node.get("value"), str):
        return {**node, "value": MASK}
    return {key: _without_telling_values(value) for key, value in node.items()}


def collect(cluster: Cluster, release: dict[str, Any], cause: str) -> dict[str, str]:
    """Return the files of a failed release {name, namespace}, by name: cause, events, pods, objects and logs."""
    namespace = release["namespace"]
    values = secret_values(cluster.list("v1", "Secret", namespace))
    pods = cluster.list("v1", "Pod", namespace)
    files = {
        "cause.txt": cause + "\n",
        "events.yml": _yaml(cluster.list("v1", "Event", namespace)),
        "pods.yml": _yaml(pods),
        "manifest.yml": _yaml(_manifest(cluster, release)),
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


def _yaml(objects: list[dict[str, Any]]) -> str:
    return yaml.safe_dump_all([masked_object(each) for each in objects], sort_keys=False, allow_unicode=True)


def _manifest(cluster: Cluster, release: dict[str, Any]) -> list[dict[str, Any]]:
    key = release_key(release["namespace"], release["name"])
    found = helm_storage.read_releases(cluster, release["namespace"]).get(key)
    secret = cluster.get("v1", "Secret", found["secret"], release["namespace"]) if found else None
    return helm_storage.manifest_objects(helm_storage.decode_release(secret)) if secret else []


def _log(cluster: Cluster, pod: str, namespace: str, container: str, previous: bool) -> dict[str, str]:
    """Return a container's last lines; nothing where the kubelet has none."""
    query = {"container": container, "tailLines": str(LOG_LINES), "previous": str(previous).lower()}
    try:
        text = cluster.text(f"/api/v1/namespaces/{namespace}/pods/{pod}/log", query)
    except ApiException:
        return {}
    return {f"{pod}.{container}{'.previous' if previous else ''}.log": text} if text else {}
