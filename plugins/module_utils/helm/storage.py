"""What Helm keeps in the cluster: one Secret a revision, read and marked without starting helm."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import state
from ansible_collections.landfall.eks.plugins.module_utils.kube import documents
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

LABEL_IDENTITY = "landfall.eks/identity"
LABEL_SOURCE = "landfall.eks/chart-source"
FAILED = "failed"
OF_HELM = "type=helm.sh/release.v1"
"""Field selector of Helm's Secrets; its labels may be on others' too."""
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

Release = state.Release


def newest_releases(secrets: Iterable[dict[str, Any]]) -> dict[str, Release]:
    """Return the newest revision of each release, from the metadata of Helm's Secrets.

    Each entry: {name, namespace, revision, status, good_revision, identity, source, secret}; `good_revision` is the
    newest revision that Helm calls deployed or superseded, 0 if there is none. Labels are those that Helm's secret
    driver writes: https://helm.sh/docs/topics/advanced/#storage-backends. A Secret without them is no revision to Helm
    either, and left out.
    """
    releases: dict[str, Release] = {}
    for found in _entries(secret["metadata"] for secret in secrets):
        key = release_key(found["namespace"], found["name"])
        known = releases.get(key)
        good = max(found["good_revision"], known["good_revision"] if known else 0)
        if known is None or found["revision"] > known["revision"]:
            releases[key] = found
        releases[key]["good_revision"] = good
    return releases


def _entries(found: Iterable[dict[str, Any]]) -> Iterator[Release]:
    """Yield what Helm's Secrets say, those left out whose labels name no revision."""
    for metadata in found:
        labels = metadata.get("labels") or {}
        if {"name", "status"} <= labels.keys() and labels.get("version", "").isdecimal():
            yield entry(metadata)


def entry(metadata: dict[str, Any]) -> Release:
    """Return what the metadata of one of Helm's Secrets says; see newest_releases for the shape.

    Helm hands labels on to the next revision, also to one that somebody makes by hand: so a note of identity begins
    with the number of the revision that it was written for, and counts on that one alone.
    """
    labels = metadata["labels"]
    revision = int(labels["version"])
    noted, _unused, identity = labels.get(LABEL_IDENTITY, "").partition(".")
    ours = noted == str(revision)
    return {
        "name": labels["name"],
        "namespace": metadata["namespace"],
        "revision": revision,
        "status": labels["status"],
        "good_revision": revision if labels["status"] in {"deployed", "superseded"} else 0,
        "identity": identity if ours else "",
        "source": labels.get(LABEL_SOURCE, "") if ours else "",
        "secret": metadata["name"],
    }


def read_releases(cluster: Cluster, namespace: str | None = None) -> dict[str, Release]:
    """Read every release of the cluster, or of one namespace, in one call; see newest_releases for the shape."""
    path = f"/api/v1/namespaces/{namespace}/secrets" if namespace else "/api/v1/secrets"
    query = {"labelSelector": "owner=helm", "fieldSelector": OF_HELM}
    found = cluster.request("GET", path, query=query, accept=METADATA_ONLY)
    return newest_releases(found.get("items") or [])


def read_revisions(cluster: Cluster, namespace: str, name: str) -> tuple[Release, ...]:
    """Read every revision that Helm keeps of one release, in one call; see newest_releases for the shape."""
    return tuple(_entries(_metadata(cluster, namespace, name)))


def read_records(cluster: Cluster, releases: Iterable[Release]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return Helm's records of revisions, in one call, by namespace and name of their Secrets; see decode_release."""
    wanted = {(each["namespace"], each["secret"]): each for each in releases}
    if not wanted:
        return {}
    names, statuses = ({each[key] for each in wanted.values()} for key in ("name", "status"))
    selector = f"owner=helm,name in ({','.join(sorted(names))}),status in ({','.join(sorted(statuses))})"
    found = cluster.list("v1", "Secret", query={"labelSelector": selector, "fieldSelector": OF_HELM})
    places = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in found}
    return {place: decode_release(each) for place, each in places.items() if place in wanted}


def decode_release(secret: dict[str, Any]) -> dict[str, Any]:
    """Return Helm's record of a revision (manifest, chart, info …) from its Secret: base64 of gzip of JSON."""
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    record: dict[str, Any] = json.loads(gzip.decompress(packed))
    return record


def encode_release(record: dict[str, Any]) -> str:
    """Return a record as its Secret stores it; the reverse of decode_release."""
    packed = gzip.compress(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode())
    return base64.b64encode(base64.b64encode(packed)).decode()


def mark_failed(cluster: Cluster, secret: dict[str, Any], description: str) -> None:
    """Write on a revision, its Secret as it was read, that it failed and why.

    Raises ApiException, with status 409 if somebody else has written the Secret since.
    """
    record = decode_release(secret)
    record["info"] |= {"status": FAILED, "description": description}
    metadata = secret["metadata"]
    changed = {
        **secret,
        "metadata": {**metadata, "labels": {**metadata["labels"], "status": FAILED}},
        "data": {**secret["data"], "release": encode_release(record)},
    }
    # With the resourceVersion that was read: the API server refuses what would undo another's change.
    path = f"/api/v1/namespaces/{metadata['namespace']}/secrets/{metadata['name']}"
    cluster.replace(path, changed)


def manifest_objects(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects that a revision rendered, hooks left out."""
    return documents.documents(record.get("manifest") or "")


def note_identity(cluster: Cluster, release: Release, identity: str, source: str) -> None:
    """Write on the Secret of a revision that is ready what it was made of and where its chart came from."""
    labels = {LABEL_IDENTITY: f"{release['revision']}.{identity}", LABEL_SOURCE: source}
    path = f"/api/v1/namespaces/{release['namespace']}/secrets/{release['secret']}"
    cluster.patch(path, {"metadata": {"labels": labels}})


def forget(cluster: Cluster, namespace: str, name: str) -> bool:
    """Delete Helm's records of a release and none of its objects; say whether there were any."""
    found = records(cluster, namespace, name)
    for each in found:
        cluster.delete(f"/api/v1/namespaces/{namespace}/secrets/{each}")
    return bool(found)


def records(cluster: Cluster, namespace: str, name: str) -> list[str]:
    """Return the names of the Secrets, one a revision, in which Helm keeps a release."""
    return [metadata["name"] for metadata in _metadata(cluster, namespace, name)]


def _metadata(cluster: Cluster, namespace: str, name: str) -> list[dict[str, Any]]:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    query = {"labelSelector": f"owner=helm,name={name}", "fieldSelector": OF_HELM}
    found = cluster.request("GET", path, query=query, accept=METADATA_ONLY)
    return [each["metadata"] for each in found.get("items") or []]
