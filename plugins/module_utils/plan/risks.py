"""What a person wants to know before anything else: data that a change puts at risk, and what it opens to the world."""

from __future__ import annotations

import ipaddress
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import parse_quantity

AWS = "service.beta.kubernetes.io/aws-load-balancer-"
ALB_SCHEME = "alb.ingress.kubernetes.io/scheme"
EVERYWHERE = "0.0.0.0/0"
KEEP = "helm.sh/resource-policy"

Object = dict[str, Any]


def data_at_risk(before: Object | None, after: Object | None, replaced: bool) -> str:
    """Return one sentence on data that may be lost when an object goes, or changes; empty if none is.

    `before` and `after` are the object as it is and as it would be, None where there is none; `replaced` says that it
    has to be deleted and recreated.
    """
    if before is None:
        return ""
    judge = _JUDGES.get(before["kind"])
    return judge(before, after, replaced) if judge else ""


def _claim(before: Object, after: Object | None, replaced: bool) -> str:
    if after is None or replaced:
        return "the volume behind this claim goes with it, unless its reclaim policy is Retain"
    return _shrunk("the claim", _size(before["spec"]), _size(after["spec"]))


def _namespace(before: Object, after: Object | None, replaced: bool) -> str:
    if after is not None and not replaced:
        return ""
    return f"everything in {before['metadata']['name']} goes with it, volumes too"


def _stateful_set(before: Object, after: Object | None, replaced: bool) -> str:
    if after is None or replaced:
        policy = before["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
        if policy.get("whenDeleted") == "Delete" and before["spec"].get("volumeClaimTemplates"):
            return "its volumes are deleted with it (whenDeleted: Delete)"
    if after is None:
        return ""
    if _templates(before) != _templates(after):
        return "its volumes do not follow the changed volumeClaimTemplates: what lies on them stays on the old ones"
    return ""


def _templates(found: Object) -> dict[str, Any]:
    templates = found["spec"].get("volumeClaimTemplates") or []
    # The other fields of a template have defaults that only the live one shows.
    return {
        each["metadata"]["name"]: [
            _size(each["spec"]),
            each["spec"].get("storageClassName"),
            sorted(each["spec"].get("accessModes") or []),
        ]
        for each in templates
    }


def _volume(before: Object, after: Object | None, replaced: bool) -> str:
    if (after is None or replaced) and before["spec"].get("persistentVolumeReclaimPolicy") != "Retain":
        return "what lies on the volume goes with it"
    return ""


def _elasticsearch(before: Object, after: Object | None, replaced: bool) -> str:
    policy = before["spec"].get("volumeClaimDeletePolicy") or "DeleteOnScaledownAndClusterDeletion"
    if after is None or replaced:
        return "" if policy == "DeleteOnScaledownOnly" else f"the operator deletes its volumes with it ({policy})"
    for name, count in _node_sets(before).items():
        left = _node_sets(after).get(name, 0)
        if left < count:
            return f"nodeSet {name} shrinks from {count} to {left}: the volumes of the nodes that go are deleted"
    for each in before["spec"].get("nodeSets") or []:
        other = next((one for one in after["spec"].get("nodeSets") or [] if one["name"] == each["name"]), each)
        for claim, size in _claims(each).items():
            said = _shrunk(f"nodeSet {each['name']}", size, _claims(other).get(claim, size))
            if said:
                return said
    return ""


def _node_sets(found: Object) -> dict[str, int]:
    return {each["name"]: int(each.get("count") or 0) for each in found["spec"].get("nodeSets") or []}


def _claims(node_set: Object) -> dict[str, str]:
    return {each["metadata"]["name"]: _size(each["spec"]) for each in node_set.get("volumeClaimTemplates") or []}


def _size(spec: Object) -> str:
    return str(((spec.get("resources") or {}).get("requests") or {}).get("storage") or "")


def _shrunk(what: str, before: str, after: str) -> str:
    if before and after and parse_quantity(after) < parse_quantity(before):
        return f"{what} would shrink from {before} to {after}, which no volume can"
    return ""


def _definition(before: Object, after: Object | None, replaced: bool) -> str:
    return "" if after is not None and not replaced else f"all objects of kind {before['spec']['names']['kind']} go too"


_JUDGES = {
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _volume,
    "Namespace": _namespace,
    "StatefulSet": _stateful_set,
    "Elasticsearch": _elasticsearch,
    "CustomResourceDefinition": _definition,
}


def is_kept(before: Object) -> bool:
    """Say whether Helm leaves an object that its chart no longer has."""
    annotations = before["metadata"].get("annotations") or {}
    return annotations.get(KEEP) == "keep"


def newly_public(before: Object | None, after: Object | None) -> str:
    """Return one sentence on what an object would newly open to the internet; empty if nothing."""
    if after is None:
        return ""
    return _public_ingress(before, after) if after["kind"] == "Ingress" else _public_service(before, after)


def _public_service(before: Object | None, after: Object) -> str:
    if after["kind"] != "Service" or not faces_internet(after):
        return ""
    now = cidrs(after)
    if before is None or not faces_internet(before):
        return f"a load balancer that faces the internet, for {', '.join(now)}"
    more = [each for each in now if not _covered(each, cidrs(before))]
    return f"lets in {', '.join(more)} as well" if more else ""


def faces_internet(service: Object) -> bool:
    """Say whether a Service's load balancer gets public addresses.

    From source (AWS Load Balancer Controller v3.5.0, docs/guide/service): its own default is internal; the in-tree
    controller, which takes a Service without a class or type annotation, makes a public one unless told otherwise.
    """
    spec, annotations = service.get("spec") or {}, service["metadata"].get("annotations") or {}
    if spec.get("type") != "LoadBalancer":
        return False
    scheme = annotations.get(f"{AWS}scheme")
    if scheme:
        return bool(scheme == "internet-facing")
    internal = str(annotations.get(f"{AWS}internal", "")).lower()
    if internal:
        return internal in {"false", "0.0.0.0/0"} and "loadBalancerClass" not in spec
    return "loadBalancerClass" not in spec and annotations.get(f"{AWS}type") not in {"external", "nlb-ip"}


def _covered(network: str, others: list[str]) -> bool:
    """Say whether a network lies within one of others; a prefix list's name only covers itself."""
    if network in others:
        return True
    try:
        asked = ipaddress.ip_network(network, strict=False)
        known = [ipaddress.ip_network(each, strict=False) for each in others]
    except ValueError:
        return False
    return any(
        asked.version == each.version and int(asked[0]) >= int(each[0]) and int(asked[-1]) <= int(each[-1])
        for each in known
    )


def cidrs(service: Object) -> list[str]:
    """Return the networks that a load balancer lets in, everywhere if none is named."""
    annotations = service["metadata"].get("annotations") or {}
    named = (service.get("spec") or {}).get("loadBalancerSourceRanges") or []
    named = named or [each.strip() for each in annotations.get(f"{AWS}source-ranges", "").split(",") if each.strip()]
    return sorted(named) or [EVERYWHERE]


def _public_ingress(before: Object | None, after: Object) -> str:
    new = sorted(_hosts(after) - (_hosts(before) if before else set()))
    scheme = (after["metadata"].get("annotations") or {}).get(ALB_SCHEME)
    was = (before["metadata"].get("annotations") or {}).get(ALB_SCHEME) if before else None
    said = [f"answers at {', '.join(new)}"] if new else []
    said += ["a load balancer that faces the internet"] if scheme == "internet-facing" and was != scheme else []
    return ", ".join(said)


def _hosts(ingress: Object) -> set[str]:
    return {each.get("host") or "every host name" for each in (ingress.get("spec") or {}).get("rules") or []}
