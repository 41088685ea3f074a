"""Objects by which what others installed is recognised, read in as few requests as their selectors allow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

Object = Mapping[str, Any]
Sign = Mapping[str, Any]
"""{path, label, field, host_port}: a collection of the API, and which of its objects are meant.

`label` and `field` are selectors; `host_port` picks workloads whose pods take that port of their node."""
LABELS, FIELDS = "labelSelector", "fieldSelector"
EQUALITY = re.compile(r"([\w./-]+)=([\w.-]+)")
EQUALITIES = re.compile(rf"{EQUALITY.pattern}(,{EQUALITY.pattern})*")


def items(cluster: Cluster, path: str, query: Mapping[str, str], accept: str = "application/json") -> list[Object]:
    """Return the objects of a path; a cluster without their kind has none."""
    try:
        found: list[Object] = cluster.request("GET", path, query=dict(query), accept=accept).get("items") or []
    except Exception as error:
        if getattr(error, "status", None) == HTTPStatus.NOT_FOUND:
            return []
        raise
    return found


def one(cluster: Cluster, path: str) -> Object:
    """Return an object; an empty mapping where there is none, or none that may be read."""
    try:
        found: Object = cluster.request("GET", path)
    except Exception as error:
        if getattr(error, "status", None) in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
            return {}
        raise
    return found


def read(cluster: Cluster, signs: Sequence[Sign], pool: ThreadPoolExecutor) -> list[list[Object]]:
    """Return what is there of each sign, in their order."""
    queries = [_query(sign, signs) for sign in signs]
    once = list(dict.fromkeys(queries))
    answers = dict(zip(once, pool.map(lambda each: items(cluster, each[0], dict(each[1:])), once), strict=True))
    return [_meant(sign, answers[query], dict(query[1:])) for sign, query in zip(signs, queries, strict=True)]


Query = tuple[Any, ...]
"""A path, and a pair for its selector if it has one."""


def _query(sign: Sign, signs: Sequence[Sign]) -> Query:
    """Return the request that answers a sign: for all of its path if any wants that, or for all values of its label."""
    path, label = sign["path"], sign.get("label", "")
    if sign.get("field"):
        return path, (FIELDS, sign["field"])
    if label and not EQUALITIES.fullmatch(label):
        return path, (LABELS, label)
    here = [each.get("label", "") for each in signs if each["path"] == path and not each.get("field")]
    if not all(here):
        return (path,)
    if "," in label:
        return path, (LABELS, label)
    key = label.partition("=")[0]
    alike = (found for each in here if (found := EQUALITY.fullmatch(each)) and found[1] == key)
    values = dict.fromkeys(each[2] for each in alike)
    return path, (LABELS, label if len(values) == 1 else f"{key} in ({','.join(values)})")


def _meant(sign: Sign, found: Sequence[Object], query: Mapping[str, str]) -> list[Object]:
    """Return the objects of an answer that a sign means."""
    label = sign.get("label", "")
    # What the server has picked for this sign alone needs no second look.
    wanted = {} if query.get(LABELS) == label else dict(each.split("=", 1) for each in label.split(",") if each)
    return [
        each
        for each in found
        if wanted.items() <= (each["metadata"].get("labels") or {}).items()
        and (not sign.get("host_port") or _takes(each, int(sign["host_port"])))
    ]


def _takes(workload: Object, port: int) -> bool:
    """Say whether the pods of a workload take a port of their nodes."""
    spec = ((workload.get("spec") or {}).get("template") or {}).get("spec") or {}
    ports = [each for container in spec.get("containers") or [] for each in container.get("ports") or []]
    own = "containerPort" if spec.get("hostNetwork") else "hostPort"
    return any(port in (each.get(own), each.get("hostPort")) for each in ports)
