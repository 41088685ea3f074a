"""Where the records lie: one Secret each, in the platform's namespace."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.namespaces import ensure
from ansible_collections.landfall.eks.plugins.module_utils.lease import status
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException
from ansible_collections.landfall.eks.plugins.module_utils.revisions import records
from ansible_collections.landfall.eks.plugins.module_utils.revisions.records import Entry, Record
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import Run, delivered_by_argocd
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key


class Store:
    """The records of one cluster."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        """Take the platform's namespace."""
        self.cluster = cluster
        self.namespace = namespace

    def read(self) -> list[Record]:
        """Return all records, the oldest first."""
        found = self.cluster.list("v1", "Secret", self.namespace, {"labelSelector": records.LABEL})
        kept = [record for each in found if (record := records.unpacked(each)) is not None]
        return sorted(kept, key=lambda each: int(each["number"]))

    def add(self, fields: dict[str, Any], run_id: str) -> Record:
        """Write a record {releases, changed, proven, note} under the next number, and remove those that are too many.

        Raises ApiException, with status 409 if another run has just written that number.
        """
        numbers = [int(each["number"]) for each in self.read()]
        record = {
            **fields,
            "number": max(numbers, default=0) + 1,
            "when": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "who": status.owner_name(),
            "run": run_id,
        }
        ensure(self.cluster, self.namespace, make=True)
        path = f"/api/v1/namespaces/{self.namespace}/secrets"
        try:
            self.cluster.create(path, records.secret(record, self.namespace))
        except ApiException as error:
            # It may be this very record, written by a first try whose answer was lost.
            if error.status != HTTPStatus.CONFLICT or record not in self.read():
                raise
        for number in records.expired([*numbers, record["number"]]):
            self.cluster.delete(f"{path}/{records.NAME.format(number)}")
        return record


def entries(cluster: Cluster, runs: list[Run], before: Record | None) -> list[Entry]:
    """Return what Landfall has live: Helm's releases that carry our note, and what Argo CD delivers of this run.

    A single component's run leaves what Argo CD delivers as it was `before`.
    """
    known = {release_key(run["namespace"], run["name"]): run for run in runs}
    old = records.by_key(before)
    found = [
        _by_helm(cluster, release, known.get(key, {}), old.get(key))
        for key, release in storage.read_releases(cluster).items()
        if release["identity"] and key not in _by_argocd(known, old)
    ]
    delivered = [_delivered(run) for run in runs if delivered_by_argocd(run)]
    kept = [each for key, each in old.items() if each["owner"] == "argocd" and key not in known]
    return records.ordered([*found, *delivered, *kept], list(known), before)


def _by_argocd(known: dict[str, Run], old: dict[str, Entry]) -> set[str]:
    ours = {key for key, run in known.items() if delivered_by_argocd(run)}
    return ours | {key for key, each in old.items() if each["owner"] == "argocd" and key not in known}


def _by_helm(cluster: Cluster, release: storage.Release, run: Run, old: Entry | None) -> Entry:
    chart_digest, _unused, values_hash = release["identity"].partition("-")
    entry = {
        "release": release["name"],
        "namespace": release["namespace"],
        "component": run.get("component") or (old or {}).get("component") or release["name"],
        "owner": "helm",
        "adopted": bool(run.get("adopt") or (old or {}).get("adopted")),
        "chart_digest": chart_digest,
        "values_hash": values_hash,
        "revision": release["revision"],
    }
    if old and old["chart_digest"] == chart_digest:
        return {**entry, "chart": old["chart"], "version": old["version"]}
    secret = cluster.get("v1", "Secret", release["secret"], release["namespace"]) or {}
    metadata = storage.decode_release(secret)["chart"]["metadata"]
    return {**entry, "chart": metadata["name"], "version": str(metadata["version"])}


def _delivered(run: Run) -> Entry:
    return {
        "release": run["name"],
        "namespace": run["namespace"],
        "component": run.get("component") or run["name"],
        "owner": "argocd",
        "adopted": False,
        "chart": "",
        "version": "",
        "chart_digest": "",
        "values_hash": "",
        "revision": 0,
    }
