"""Manual changes since the rollout: fields that would change back if their owner applied them again."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.kube import apply as own
from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import FIELD_MANAGER, Cluster
from ansible_collections.landfall.eks.plugins.module_utils.plan import dry_run, releases, rows

WEBHOOKS = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})

Object = dict[str, Any]


@dataclass(frozen=True)
class Applied:
    """An object as its owner, the field manager `manager`, applied it for a release or, by itself, for `component`."""

    component: str
    manager: str
    wanted: Object


def rolled_out(cluster: Cluster, kinds: Iterable[str]) -> tuple[list[Applied], list[str]]:
    """Return what was applied at the last rollout, from Helm's records and Landfall's, and sentences on the rest.

    `kinds`, as `version/Kind`, are those that components apply themselves beside Helm.
    """
    found: list[Applied] = []
    notes: list[str] = []
    for each in storage.read_releases(cluster).values():
        if each["status"] != "deployed":
            notes.append(f"{each['namespace']}/{each['name']} is {each['status']}: run site.yml, which repairs that")
        elif each["source"]:
            release = {"name": each["name"], "namespace": each["namespace"]}
            for one in releases.recorded(cluster, release):
                found.append(Applied(each["name"], releases.MANAGER, releases.as_helm_applies(cluster, one, release)))
    for kind in kinds:
        version, _unused, name = kind.rpartition("/")
        for live in cluster.list(version, name, query={"labelSelector": namespaces.SELECTOR_OURS}):
            kept = (live["metadata"].get("annotations") or {}).get(own.ANNOTATION)
            if kept:
                found.append(Applied("landfall", FIELD_MANAGER, own.noted(json.loads(kept))))
    return found, notes


def scaled(cluster: Cluster) -> set[tuple[str, str, str]]:
    """Return (kind, namespace, name) of everything whose replicas an autoscaler decides."""
    return {
        (each["spec"]["scaleTargetRef"]["kind"], each["metadata"]["namespace"], each["spec"]["scaleTargetRef"]["name"])
        for each in cluster.list("autoscaling/v2", "HorizontalPodAutoscaler")
    }


def tolerant(wanted: Object, live: Object, autoscaled: set[tuple[str, str, str]]) -> Object:
    """Return what is wanted, with what is not a hand's taken from the live object.

    An autoscaler's replicas, certificates that controllers write into webhooks and API services, and the rules that are
    gathered into a ClusterRole.
    """
    made = copy.deepcopy(wanted)
    metadata, kind = wanted["metadata"], wanted["kind"]
    if (kind, metadata.get("namespace", ""), metadata["name"]) in autoscaled and "replicas" in made["spec"]:
        made["spec"]["replicas"] = live["spec"]["replicas"]
    if kind == "ClusterRole" and "aggregationRule" in wanted:
        made["rules"] = live.get("rules")
    if kind in WEBHOOKS:
        bundles = {each["name"]: each["clientConfig"].get("caBundle") for each in live.get("webhooks") or []}
        for each in made.get("webhooks") or []:
            _take_over(each["clientConfig"], bundles.get(each["name"]))
    if kind == "APIService":
        _take_over(made["spec"], live["spec"].get("caBundle"))
    return made


def _take_over(holder: Object, bundle: str | None) -> None:
    if bundle and "caBundle" in holder:
        holder["caBundle"] = bundle


def passes_by_itself(wanted: Object) -> bool:
    """Say whether an object goes by itself once it has done its work."""
    return wanted["kind"] == "Job" and "ttlSecondsAfterFinished" in (wanted.get("spec") or {})


def find_drift(situation: dry_run.Situation, found: Iterable[Applied]) -> list[tuple[Applied, rows.Row]]:
    """Return what differs from what was applied, each with the row that says how it would change back."""
    autoscaled = scaled(situation.cluster)

    def row(each: Applied) -> rows.Row | None:
        return _row(situation, each, autoscaled)

    listed = list(found)
    return [(each, row) for each, row in zip(listed, dry_run.side_by_side(row, listed), strict=True) if row is not None]


def _row(situation: dry_run.Situation, each: Applied, autoscaled: set[tuple[str, str, str]]) -> rows.Row | None:
    cluster, metadata = situation.cluster, each.wanted["metadata"]
    live = cluster.get(each.wanted["apiVersion"], each.wanted["kind"], metadata["name"], metadata.get("namespace"))
    if live is None:
        return None if passes_by_itself(each.wanted) else rows.judge(None, each.wanted, situation.secrets)
    wanted = tolerant(each.wanted, live, autoscaled)
    after, refusal, _unused = dry_run.applied(cluster, wanted, each.manager, force=True)
    row = rows.judge(live, wanted if after is None else after, situation.secrets, refusal=refusal)
    if row is not None:
        row["notes"] += authors(live, row["fields"], each.manager)
    return row


def authors(live: Object, fields: Iterable[Object], manager: str) -> list[str]:
    """Return a sentence for each field manager, but the owner, that holds one of the fields: who, and when."""
    paths = [_parts(each["path"]) for each in fields]
    said = {
        f"by {entry['manager']}" + (f" at {entry['time']}" if entry.get("time") else "")
        for entry in live["metadata"].get("managedFields") or []
        if entry["manager"] != manager and any(_holds(entry.get("fieldsV1") or {}, path) for path in paths)
    }
    return sorted(said)


def _parts(path: str) -> list[str]:
    return [each for each in path.replace("[", ".[").replace("]", "").split(".") if each]


def _holds(owned: Object, parts: list[str]) -> bool:
    """Say whether fields in the API's form FieldsV1 hold a path, as far as either goes."""
    if not parts:
        return True
    wanted = f"{parts[0]}"
    for depth in range(1, len(parts) + 1):
        # Keys of labels and annotations have dots of their own.
        wanted = ".".join(parts[:depth])
        for key, below in owned.items():
            same = key == f"f:{wanted}" or (wanted.startswith("[") and _is_item(key, wanted[1:]))
            if same and (not below or _holds(below, parts[depth:])):
                return True
    return False


def _is_item(key: str, name: str) -> bool:
    return key.startswith("k:") and name in {str(value) for value in json.loads(key[2:]).values()}


def repair(cluster: Cluster, found: Iterable[tuple[Applied, rows.Row]]) -> list[rows.Row]:
    """Apply those objects again, by force and under their owner's name; return the rows of those that were refused.

    Raises ApiException where the API server cannot be asked.
    """
    autoscaled = scaled(cluster)
    refused = []
    for each, row in found:
        metadata = each.wanted["metadata"]
        live = cluster.get(each.wanted["apiVersion"], each.wanted["kind"], metadata["name"], metadata.get("namespace"))
        wanted = tolerant(each.wanted, live, autoscaled) if live else each.wanted
        _after, refusal, _notes = dry_run.applied(cluster, wanted, each.manager, dry_run=False, force=True)
        if refusal:
            refused.append({**row, "notes": [*row["notes"], f"the API server refuses it: {refusal}"]})
    return refused
