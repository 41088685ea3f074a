"""What data a rollback would cost: volumes that would go, and stores that cannot read what a newer version wrote."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text.versions import is_newer

Object = dict[str, Any]
KEEP_POLICY = "helm.sh/resource-policy"
HOLDS_DATA = {"PersistentVolumeClaim", "Elasticsearch"}
"""Kinds whose deletion takes volumes away: https://www.elastic.co/docs/deploy-manage/deploy/cloud-on-k8s/volume-claim-templates
says that an Elasticsearch's claims go with it unless its volumeClaimDeletePolicy says otherwise."""
KEEPS_CLAIMS = "DeleteOnScaledownOnly"
WRITES_ITS_VERSION = {"Elasticsearch", "Kibana"}
"""Kinds that refuse to start on what a newer version wrote; the ECK operator refuses their downgrade."""


def risks(now: list[Object], then: list[Object]) -> list[str]:
    """Return what would be lost if objects `now` became `then`, each the middle of a sentence; none if nothing is."""
    target = {_name(each): each for each in then}
    found = [f"{_name(each)} would be deleted with its data" for each in now if _goes(each, target)]
    for each in now:
        other = target.get(_name(each))
        if other is None:
            continue
        if each["kind"] in WRITES_ITS_VERSION and is_newer(_text(each), _text(other)):
            found.append(
                f"{_name(each)} would go from {_text(each)} to {_text(other)}, which cannot read what is there"
            )
        found += [f"{_name(each)}: {words}" for words in _lost_claims(each, other)]
    return found


def _name(found: Object) -> str:
    return f"{found['kind']} {found['metadata']['name']}"


def _goes(found: Object, target: dict[str, Object]) -> bool:
    if found["kind"] not in HOLDS_DATA or _name(found) in target:
        return False
    if (found["metadata"].get("annotations") or {}).get(KEEP_POLICY) == "keep":
        return False
    return (found.get("spec") or {}).get("volumeClaimDeletePolicy") != KEEPS_CLAIMS


def _lost_claims(now: Object, then: Object) -> list[str]:
    """Return the node sets of an Elasticsearch that would go, with the data that only they may hold."""
    if now["kind"] != "Elasticsearch":
        return []
    kept = {each["name"]: each.get("count", 0) for each in (then.get("spec") or {}).get("nodeSets") or []}
    return [
        f"its node set {each['name']} would be scaled to {kept.get(each['name'], 0)}"
        for each in (now.get("spec") or {}).get("nodeSets") or []
        if kept.get(each["name"], 0) == 0
    ]


def _text(found: Object) -> str:
    return str((found.get("spec") or {}).get("version", ""))
