"""What Helm keeps in the cluster: one Secret a revision, read without starting helm."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils import kube_yaml
from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import Cluster

ANNOTATION_IDENTITY = "landfall.eks/identity"
ANNOTATION_SOURCE = "landfall.eks/chart-source"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

Release = dict[str, Any]


def release_key(namespace: str, name: str) -> str:
    """Return the key under which a release is filed: `namespace/name`."""
    return f"{namespace}/{name}"


def newest_releases(secrets: Iterable[dict[str, Any]]) -> dict[str, Release]:
    """Return the newest revision of each release, from the metadata of Helm's Secrets.

    Each entry: {name, namespace, revision, status, good_revision, identity, source, secret}; `good_revision` is the
    newest revision that Helm calls deployed or superseded, 0 if there is none. Labels are those that Helm's secret
    driver writes: https://helm.sh/docs/topics/advanced/#storage-backends
    """
    releases: dict[str, Release] = {}
    for secret in secrets:
        entry = _entry(secret["metadata"])
        key = release_key(entry["namespace"], entry["name"])
        known = releases.get(key)
        good = max(entry["good_revision"], known["good_revision"] if known else 0)
        if known is None or entry["revision"] > known["revision"]:
            releases[key] = entry
        releases[key]["good_revision"] = good
    return releases


def _entry(metadata: dict[str, Any]) -> Release:
    labels = metadata.get("labels") or {}
    annotations = metadata.get("annotations") or {}
    revision = int(labels["version"])
    return {
        "name": labels["name"],
        "namespace": metadata["namespace"],
        "revision": revision,
        "status": labels["status"],
        "good_revision": revision if labels["status"] in {"deployed", "superseded"} else 0,
        "identity": annotations.get(ANNOTATION_IDENTITY, ""),
        "source": annotations.get(ANNOTATION_SOURCE, ""),
        "secret": metadata["name"],
    }


def read_releases(cluster: Cluster, namespace: str | None = None) -> dict[str, Release]:
    """Read every release of the cluster, or of one namespace, in one call; see newest_releases for the shape."""
    path = f"/api/v1/namespaces/{namespace}/secrets" if namespace else "/api/v1/secrets"
    found = cluster.request("GET", path, query={"labelSelector": "owner=helm"}, accept=METADATA_ONLY)
    return newest_releases(found.get("items") or [])


def decode_release(secret: dict[str, Any]) -> dict[str, Any]:
    """Return Helm's record of a revision (manifest, chart, info …) from its Secret: base64 of gzip of JSON."""
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    record: dict[str, Any] = json.loads(gzip.decompress(packed))
    return record


def manifest_objects(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects that a revision rendered, hooks left out."""
    return kube_yaml.documents(record.get("manifest") or "")


def note_identity(cluster: Cluster, release: Release, identity: str, source: str) -> None:
    """Write on the live revision's Secret what it was made of.

    An annotation of the Secret, not a label of the release: Helm carries labels on to the next revision, even to one
    that somebody else makes by hand, while a new revision's Secret has no annotation of ours.
    """
    cluster.request(
        "PATCH",
        f"/api/v1/namespaces/{release['namespace']}/secrets/{release['secret']}",
        body={"metadata": {"annotations": {ANNOTATION_IDENTITY: identity, ANNOTATION_SOURCE: source}}},
        content_type="application/merge-patch+json",
    )
