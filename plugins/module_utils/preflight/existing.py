"""What others have installed already of that which the platform brings: found by what is live, adopted or left."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ansible_collections.landfall.eks.plugins.module_utils.helm.storage import OF_HELM
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.preflight import decisions, neighbours, signs
from ansible_collections.landfall.eks.plugins.module_utils.preflight.brought import Existing, Row
from ansible_collections.landfall.eks.plugins.module_utils.preflight.ownership import (
    DEFINITIONS_OF,
    Object,
    Records,
    read_records,
)

LIST_OF_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
SIDE_BY_SIDE = 8
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/{}webhookconfigurations"


_METADATA = (
    ("/api/v1/secrets", {"labelSelector": "owner=helm,status!=superseded", "fieldSelector": OF_HELM}),
    ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {"labelSelector": DEFINITIONS_OF}),
)
"""Of what ownership.read_records reads beside the namespaces: path and query."""


def find(cluster: Cluster, rows: Sequence[Row], installing: bool) -> tuple[Existing, Records]:
    """Find out what is there and decide on each row; `installing` is false for an uninstallation.

    Errors of the transport and refusals are the caller's.
    """
    sought = [(row.release, "", sign) for row in rows for sign in row.signs]
    if installing:
        sought += [(row.release, part["name"], sign) for row in rows for part in row.parts for sign in part["signs"]]
        sought += [("", each.name, each.sign) for each in neighbours.NEIGHBOURS]
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        metadata = [pool.submit(signs.items, cluster, path, query, LIST_OF_METADATA) for path, query in _METADATA]
        namespaces = pool.submit(signs.items, cluster, "/api/v1/namespaces", {})
        classes = pool.submit(signs.items, cluster, "/apis/networking.k8s.io/v1/ingressclasses", {})
        scraped = pool.submit(neighbours.is_scraped, cluster) if installing else None
        seen: dict[tuple[str, str], list[Object]] = {(row.release, ""): [] for row in rows}
        answers = signs.read(cluster, [sign for _release, _name, sign in sought], pool)
        for (release, name, _sign), objects in zip(sought, answers, strict=True):
            seen.setdefault((release, name), []).extend(objects)
        # Of a server that is there, its webhooks are no remains.
        webhooks = {
            row.release: [
                pool.submit(
                    signs.items, cluster, WEBHOOKS.format(kind), {"labelSelector": row.webhooks}, LIST_OF_METADATA
                )
                for kind in ("mutating", "validating")
            ]
            for row in rows
            if row.webhooks and row.selected and not seen[row.release, ""]
        }
    secrets, definitions = (each.result() for each in metadata)
    records = read_records(secrets, namespaces.result(), definitions)
    found = Existing()
    others = [(each, seen.get(("", each.name), [])) for each in neighbours.NEIGHBOURS]
    found.lines = neighbours.lines(others, bool(scraped and scraped.result()))
    for row in rows:
        # What others made is theirs to remove, whatever an installation would do with it.
        decided = row if installing else replace(row, policy="leave", outside={})
        decisions.decide(found, decided, seen[row.release, ""], records, cluster)
        for part in row.parts if installing and row.release not in found.left else ():
            decisions.decide_on_part(found, row, part, seen.get((row.release, part["name"]), []))
    found.problems = found.problems if installing else []
    found.classes = classes.result()
    found.orphans = {
        release: [each for future in futures for each in future.result()] for release, futures in webhooks.items()
    }
    return found, records
