"""What the API server says that it would do: every object applied in a dry run, beside the live one."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import masking
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import FIELD_MANAGER, Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException
from ansible_collections.landfall.eks.plugins.module_utils.plan import rows, schema

ELSEWHERE = "default"
"""Where objects are tried whose namespace is still to come; every cluster has it."""
ASKED_AT_ONCE = 8
REASON_LENGTH = 300
"""Characters of the API's own words that are kept."""
VALUE = re.compile(r"Invalid value: (?:\{.*?\}|\[.*?\]|\"(?:\\.|[^\"])*\"): ")
CONFLICT = re.compile(r'conflicts? with "([^"]+)"')

Object = dict[str, Any]


@dataclass
class Situation:
    """What a plan is made in: the namespaces that are there, schemas of kinds that come, and texts to be masked."""

    cluster: Cluster
    namespaces: set[str]
    schemas: schema.Schemas = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)


def situation_of(cluster: Cluster, namespaces: set[str], schemas: schema.Schemas | None = None) -> Situation:
    """Look a cluster over for a plan about some namespaces: none of their secrets may be shown. Raises ApiException."""
    secrets = cluster.list("v1", "Secret", query=masking.NO_RECORDS)
    return Situation(
        cluster,
        {each["metadata"]["name"] for each in cluster.list("v1", "Namespace")},
        schemas or {},
        masking.secret_values([each for each in secrets if each["metadata"]["namespace"] in namespaces]),
    )


def side_by_side(work: Callable[[Any], Any], given: Iterable[Any], at_once: int = ASKED_AT_ONCE) -> list[Any]:
    """Return what `work` makes of each, in their order."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return list(pool.map(work, given))


def probe(situation: Situation, wanted: Object, manager: str, notes: list[str] | None = None) -> rows.Row | None:
    """Return the row of one object that a field manager would apply; None if it is as wanted.

    Raises ApiException where the API server cannot be asked at all.
    """
    api_version, kind, metadata = wanted["apiVersion"], wanted["kind"], wanted["metadata"]
    if kind not in situation.cluster.kinds(api_version):
        return _of_coming_kind(situation, wanted, notes or [])
    if metadata.get("namespace") and metadata["namespace"] not in situation.namespaces:
        return _of_coming_namespace(situation, wanted, notes or [])
    live = situation.cluster.get(api_version, kind, metadata["name"], metadata.get("namespace"))
    after, refusal, said = applied(situation.cluster, wanted, manager)
    return rows.judge(
        live,
        wanted if after is None else after,
        situation.secrets,
        refusal=refusal,
        notes=[*(notes or []), *said],
    )


def applied(
    cluster: Cluster, wanted: Object, manager: str, *, dry_run: bool = True, force: bool = False
) -> tuple[Object | None, str, list[str]]:
    """Apply an object; return it as it is then, why it is refused, and whose fields conflict.

    Without `force` the fields of others are named, and then taken anyway, to see what would change.
    """
    metadata = wanted["metadata"]
    namespace, name = metadata.get("namespace"), metadata["name"]
    path = str(cluster.resource_path(wanted["apiVersion"], wanted["kind"], namespace, name))
    try:
        return cluster.apply(path, wanted, manager=manager, dry_run=dry_run, force=force), "", []
    except ApiException as error:
        if error.status == HTTPStatus.CONFLICT and not force:
            after, refusal, _unused = applied(cluster, wanted, manager, dry_run=dry_run, force=True)
            return after, refusal, conflict_notes(str(error.reason), manager)
        if error.status in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN} or (
            error.status == HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            return None, reason(str(error.reason)), []
        raise


def reason(message: str) -> str:
    """Return the API's words on one line, without the value that it repeats whole, and cut where a diff goes on."""
    said = VALUE.sub("", " ".join(message.split()))
    return said if len(said) <= REASON_LENGTH else f"{said[: REASON_LENGTH - 1]}…"


def conflict_notes(message: str, manager: str) -> list[str]:
    """Return a sentence on whose fields conflict; none where they are the manager's own, by another verb."""
    others = sorted(set(CONFLICT.findall(message)) - {manager})
    if not others:
        return []
    paths = sorted(set(re.findall(r"(?:: |- )(\.\S+)", message)))
    where = f" ({', '.join(paths)})" if paths else ""
    remedy = "put it back with drift.yml and drift_repair=true"
    return [f"{', '.join(others)} changed this{where}, so the rollout would be refused: {remedy}"]


def _of_coming_kind(situation: Situation, wanted: Object, notes: list[str]) -> rows.Row | None:
    known = situation.schemas.get((wanted["apiVersion"], wanted["kind"]))
    if known is None:
        said = [f"the cluster does not know the kind {wanted['kind']}, and no definition of it comes with this run"]
        return rows.judge(None, wanted, situation.secrets, checked=rows.UNCHECKED, notes=[*notes, *said])
    if not schema.HAS_JSONSCHEMA:
        said = ["its schema was not looked at: the Python package jsonschema is missing"]
        return rows.judge(None, wanted, situation.secrets, checked=rows.UNCHECKED, notes=[*notes, *said])
    found = [f"its definition refuses it: {each}" for each in schema.problems(wanted, known)]
    return rows.judge(None, wanted, situation.secrets, checked=rows.SCHEMA, notes=[*notes, *found])


def _of_coming_namespace(situation: Situation, wanted: Object, notes: list[str]) -> rows.Row | None:
    """Try an object in a namespace that is there: the same schema and validation, and nothing is kept."""
    tried = copy.deepcopy(wanted)
    tried["metadata"]["namespace"] = ELSEWHERE
    path = situation.cluster.resource_path(wanted["apiVersion"], wanted["kind"], ELSEWHERE)
    query = {"dryRun": "All", "fieldValidation": "Strict", "fieldManager": FIELD_MANAGER}
    try:
        situation.cluster.request("POST", str(path), body=tried, query=query)
        refusal = ""
    except ApiException as error:
        # Validation comes before the name is looked for.
        refusal = "" if error.status == HTTPStatus.CONFLICT else reason(str(error.reason))
    return rows.judge(None, wanted, situation.secrets, checked=rows.SCHEMA, refusal=refusal, notes=notes)
