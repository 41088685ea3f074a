"""When certificates expire, where monitoring can read it as a number.

A Lease per certificate that is in use has the end as its renewTime: kube-state-metrics makes the metric
kube_lease_renew_time of it. Of a Secret it exports no annotation as a number, and of its content nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials.ages import ages
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import LABEL_MADE_BY, MADE_BY
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import Secret
from ansible_collections.landfall.eks.plugins.module_utils.credentials.store import FIELD_MANAGER
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

PREFIX = "expires-"
"""Begins the names of these Leases."""
PROVIDED = "provided-"
"""Follows it for a certificate that is provided: often renewed a few weeks before its end, so alerts wait longer."""
LABEL_EXPIRES = "landfall.eks/expires"
API = "coordination.k8s.io/v1"

Lease = dict[str, Any]


def wanted_leases(secrets: list[Secret], home: str, now: datetime) -> list[Lease]:
    """Return a Lease per certificate that somebody reads, and for the CA; `secrets` are all with our label.

    What cert-manager issues has none: it is renewed without a run, which would leave the Lease behind.
    """
    return [
        _lease(row, home)
        for row in ages(secrets, home, now)
        if row["expires"] and row["kind"] != "issued"
        if row["kind"] == "authority" or not row["secret"].startswith(f"{home}/")
    ]


def stale(wanted: list[Lease], there: list[Lease]) -> tuple[list[Lease], list[str]]:
    """Return the Leases to apply, and the names of those to delete."""
    known = {each["metadata"]["name"]: each.get("spec") for each in there}
    names = {each["metadata"]["name"] for each in wanted}
    return [each for each in wanted if known.get(each["metadata"]["name"]) != each["spec"]], sorted(set(known) - names)


def keep(cluster: Cluster, secrets: list[Secret], home: str, now: datetime, *, dry_run: bool = False) -> bool:
    """Bring the Leases to what the Secrets say; return whether anything was, or would be, changed."""
    there = cluster.list(API, "Lease", home, query={"labelSelector": LABEL_EXPIRES})
    apply, delete = stale(wanted_leases(secrets, home, now), there)
    collection = f"/apis/{API}/namespaces/{home}/leases"
    for each in [] if dry_run else apply:
        cluster.apply(f"{collection}/{each['metadata']['name']}", each, manager=FIELD_MANAGER)
    for name in [] if dry_run else delete:
        cluster.delete(f"{collection}/{name}")
    return bool(apply or delete)


def _lease(row: dict[str, Any], home: str) -> Lease:
    return {
        "apiVersion": API,
        "kind": "Lease",
        "metadata": {
            "name": f"{PREFIX}{PROVIDED if row['kind'] == 'provided' else ''}{row['name']}",
            "namespace": home,
            "labels": {LABEL_MADE_BY: MADE_BY, LABEL_EXPIRES: row["kind"]},
        },
        "spec": {
            "holderIdentity": row["secret"],
            "acquireTime": _micro_time(row["made"]),
            "renewTime": _micro_time(row["expires"]),
        },
    }


def _micro_time(moment: str) -> str:
    return moment.replace("Z", ".000000Z")
