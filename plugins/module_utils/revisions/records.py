"""Records of the platform's revisions: what was live together after a run, and was seen ready."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text.tables import fitted

KEEP = 10
"""Records that are kept; older ones go."""
NAME = "landfall-revision-{}"
LABEL = "landfall.eks/revision"
TYPE = "landfall.eks/revision"
COLUMNS = ("revision", "when", "who", "changed", "proven", "note")

Entry = dict[str, Any]
"""A release in a record: {release, namespace, component, owner, adopted, chart, version, chart_digest, values_hash,
revision}.

`owner` is helm or argocd; `revision` is Helm's, 0 where Argo CD owns the release; `chart_digest` and `values_hash` are
the beginnings of those digests, as in the note of identity on Helm's Secret. No value is in a record."""
Record = dict[str, Any]
"""{number, when, who, run, proven, note, restores, changed: [namespace/name], releases: [Entry]}.

The releases are in the order in which they were started; `when` is a time of RFC 3339 in UTC, `restores` the number of
the record to which a rollback led, 0 for none."""


def key_of(entry: Entry) -> str:
    """Return `namespace/name` of a release in a record."""
    return f"{entry['namespace']}/{entry['release']}"


def by_key(record: Record | None) -> dict[str, Entry]:
    """Return the releases of a record by `namespace/name`; none of no record."""
    return {key_of(each): each for each in (record or {}).get("releases", [])}


def identity(entry: Entry) -> str:
    """Return what a release is made of, as the note on Helm's Secret has it."""
    return f"{entry['chart_digest']}-{entry['values_hash']}"


def ordered(entries: Iterable[Entry], started: list[str], before: Record | None) -> list[Entry]:
    """Return releases in the order in which runs start them.

    `started` are the keys of this run's releases in their order. A run of a single component leaves the others where
    they were `before`.
    """
    found = {key_of(each): each for each in entries}
    known = [key for key in by_key(before) if key in found]
    order = [key for key in known if key not in started] if len(started) < len(known) else []
    # A full run says the whole order; a smaller one only adds what is new.
    keys = known + [key for key in started if key not in known] if order else [*started, *known]
    return [found[key] for key in dict.fromkeys([*keys, *sorted(found)]) if key in found]


def changes(releases: list[Entry], before: Record | None) -> list[str]:
    """Return the keys of the releases that are new, gone, or made of something else than before."""
    old, new = by_key(before), {key_of(each): each for each in releases}
    differing = [key for key, each in new.items() if key not in old or _essence(each) != _essence(old[key])]
    return differing + [key for key in old if key not in new]


def _essence(entry: Entry) -> tuple[Any, ...]:
    return (entry["owner"], identity(entry), entry["revision"])


def newest_proven(records: list[Record]) -> Record | None:
    """Return the newest record of a platform that was seen ready; None if there is none."""
    proven = [each for each in records if each["proven"]]
    return max(proven, key=lambda each: int(each["number"])) if proven else None


def before(records: list[Record], live: list[Entry]) -> Record | None:
    """Return the record to which a rollback leads by itself; None if there is none.

    That is the newest proven one if something else is live; else the one before it. Of a record that restored an
    earlier one, that is what was before the earlier one: a second rollback leads further back, not forward again.
    """
    newest = newest_proven(records)
    if newest is None or _made_of(newest["releases"]) != _made_of(live):
        return newest
    present = newest.get("restores") or newest["number"]
    older = [each for each in records if each["number"] < present and _made_of(each["releases"]) != _made_of(live)]
    return newest_proven(older)


def _made_of(entries: list[Entry]) -> dict[str, str]:
    return {key_of(each): identity(each) for each in entries}


def expired(numbers: Iterable[int], keep: int = KEEP) -> list[int]:
    """Return the numbers of the records that are too many, the oldest ones."""
    return sorted(numbers)[:-keep] if keep else []


def secret(record: Record, namespace: str) -> dict[str, Any]:
    """Return the Secret in which a record is kept."""
    name = NAME.format(record["number"])
    packed = base64.b64encode(json.dumps(record, sort_keys=True).encode()).decode()
    metadata = {"name": name, "namespace": namespace, "labels": {LABEL: str(record["number"])}}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": TYPE,
        "immutable": True,
        "metadata": metadata,
        "data": {"revision": packed},
    }


def unpacked(found: dict[str, Any]) -> Record | None:
    """Return the record in a Secret; None if it holds none that can be read."""
    try:
        record: Record = json.loads(base64.b64decode(found["data"]["revision"]))
    except (KeyError, TypeError, ValueError):
        return None
    return record if {"number", "proven", "releases"} <= record.keys() else None


def table(records: list[Record]) -> list[str]:
    """Lay records out as lines of aligned columns, the newest first, headed by the column names."""
    rows = [
        (
            str(each["number"]),
            each["when"],
            each["who"],
            " ".join(key.partition("/")[2] for key in each["changed"]) or "-",
            "yes" if each["proven"] else "no",
            each["note"],
        )
        for each in sorted(records, key=lambda each: int(each["number"]), reverse=True)
    ]
    return fitted([column.capitalize() for column in COLUMNS], rows)
