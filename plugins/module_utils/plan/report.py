"""A plan, or what has drifted, as one record for programs and as lines for a person."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.plan import rows
from ansible_collections.landfall.eks.plugins.module_utils.preflight import chart_trust
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import folded

CHANGING = (rows.CREATE, rows.CHANGE, rows.REPLACE, rows.DELETE)
REFUSED = "refuse"
"""A word of every note on something that would make the rollout fail."""
FIRST = ("namespaces", "definitions", "credentials")
"""What a run makes before its components."""
MOST_FIELDS = 6
"""Fields of one object that are shown; plan.json has them all."""
MOST_ALIKE = 5
"""Objects of one release to which the same happens and of which there is no more to say, and which are named each;
more are counted by kind."""
WIDTH = 60
"""Characters of a value that are shown."""

Row = rows.Row
Plan = dict[str, Any]


def record(cluster: str, found: Iterable[Row], releases: Iterable[dict[str, Any]], unchanged: Iterable[str]) -> Plan:
    """Return plan.json of a cluster: rows, each with its component and release, and what happens to the releases.

    {cluster, changes, counts: {action: n}, data_at_risk, public, refused, releases, unchanged, objects}; the middle
    three are lists of {object, why}.
    """
    objects = [{key: value for key, value in each.items() if key != rows.STATES} for each in found]
    listed = list(releases)
    counts = Counter(each["action"] for each in objects)
    return {
        "cluster": cluster,
        "changes": any(counts[action] for action in CHANGING) or bool(listed),
        "counts": {action: counts[action] for action in rows.ACTIONS},
        "data_at_risk": [_why(each, each["data_at_risk"]) for each in objects if each["data_at_risk"]],
        "public": [_why(each, each["public"]) for each in objects if each["public"]],
        "refused": [_why(each, note) for each in objects for note in each["notes"] if REFUSED in note],
        "releases": listed,
        "unchanged": sorted(unchanged),
        "objects": objects,
    }


def _why(row: Row, why: str) -> dict[str, str]:
    return {"object": rows.title(row), "why": why}


def diff(found: Iterable[Row]) -> list[dict[str, str]]:
    """Return what ansible shows with --diff, secrets masked."""
    return [
        {"before_header": rows.title(each), "after_header": rows.title(each), **each[rows.STATES]}
        for each in found
        if each["action"] in CHANGING and rows.STATES in each
    ]


def lines(plan: Plan) -> list[str]:
    """Return a plan as lines: one of numbers, then each component, then what to mind."""
    head = f"Plan for cluster {plan['cluster']}:"
    if not plan["changes"]:
        return folded([f"{head} no changes.", *attention(plan)])
    counts = [f"{plan['counts'][action]} to {action}" for action in CHANGING if plan["counts"][action]]
    shown = [f"{head} {', '.join(counts) or 'no object changes'}"]
    for component in _components(plan):
        shown += ["", component]
        owned = [each for each in plan["objects"] if each["component"] == component]
        for release in [each for each in plan["releases"] if each["component"] == component]:
            shown.append(f"  {_headline(release)}")
            mine = [each for each in owned if each["release"] == release["release"]]
            shown += _objects(mine) or ["    no object changes, a new revision alone"]
        shown += _objects([each for each in owned if not each["release"]])
    if plan["unchanged"]:
        shown += ["", f"Unchanged: {', '.join(plan['unchanged'])}"]
    return folded([*shown, *attention(plan), *_checked(plan["objects"])])


def _components(plan: Plan) -> list[str]:
    """Return the components of a plan in the order in which a run comes to them."""
    of_objects = [each["component"] for each in plan["objects"]]
    begun = [each for each in FIRST if each in of_objects]
    return list(dict.fromkeys([*begun, *(each["component"] for each in plan["releases"]), *of_objects]))


def _headline(release: dict[str, Any]) -> str:
    now = f", revision {release['revision']} now" if release["revision"] else ""
    return f"{release['action']} {release['release']} {release['version']} ({release['source']}{now})"


def _objects(found: list[Row]) -> list[str]:
    shown: list[str] = []
    for action in rows.ACTIONS:
        several = [each for each in found if each["action"] == action and _is_plain(each)]
        if len(several) > MOST_ALIKE:
            shown.append(f"    {action:8} {_by_kind(several)}")
            found = [each for each in found if each not in several]
    for each in found:
        shown.append(f"    {each['action']:8} {rows.title(each)}{_how(each)}")
        shown += [f"             {_field(one, each)}" for one in each["fields"][:MOST_FIELDS]]
        if len(each["fields"]) > MOST_FIELDS:
            shown.append(f"             and {len(each['fields']) - MOST_FIELDS} fields more")
        # What is refused stands below, with everything else that needs a person.
        shown += [f"             {note}" for note in each["notes"] if REFUSED not in note]
    return shown


def _is_plain(row: Row) -> bool:
    """Say whether there is no more to a row than its object's name."""
    return not (row["fields"] or row["notes"] or row["public"] or row["data_at_risk"])


def _by_kind(found: list[Row]) -> str:
    kinds = Counter(each["kind"] for each in found)
    return f"{len(found)} objects: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _how(row: Row) -> str:
    return f" ({row['checked']})" if row["checked"] != rows.DRY_RUN else ""


def _field(field: dict[str, Any], row: Row) -> str:
    mark = " (immutable)" if field["path"] in row["immutable"] else ""
    before, after = (short(field[each]) if each in field else "-" for each in ("before", "after"))
    return f"{field['path']}{mark}: {before} -> {after}"


def short(value: Any) -> str:
    """Return a value on one line, cut to a readable length."""
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def attention(plan: Plan) -> list[str]:
    """Return what to mind before going on, nothing if there is nothing."""
    shown: list[str] = []
    replaced = [_why(each, _why_replaced(each)) for each in plan["objects"] if each["action"] == rows.REPLACE]
    for head, found in (
        ("Data at risk", plan["data_at_risk"]),
        ("New public endpoints", plan["public"]),
        ("To be replaced", replaced),
        ("Would be refused", plan["refused"]),
        ("Not tested with Landfall", plan.get("untested", [])),
    ):
        if found:
            shown += ["", f"{head}:", *(f"  {each['object']}: {each['why']}" for each in found)]
    notes = chart_trust.note(plan.get("unverified", []))
    return [*shown, "", *notes] if notes else shown


def _why_replaced(row: Row) -> str:
    if row["immutable"]:
        return f"cannot change {', '.join(row['immutable'])}: delete it first"
    return "; ".join(row["notes"])


def _checked(objects: list[Row]) -> list[str]:
    counts = Counter(each["checked"] for each in objects)
    words = {
        rows.DRY_RUN: "by the API server's dry run",
        rows.SCHEMA: "by schema, since their namespace or kind is still to come",
        rows.UNCHECKED: "not at all",
    }
    said = [f"{counts[each]} {text}" for each, text in words.items() if counts[each]]
    return ["", f"Checked: {', '.join(said)}."] if said else []


def drift_lines(found: Plan, *, repaired: bool) -> list[str]:
    """Return what has drifted as lines: who changed which field, and what it changes back to."""
    head = f"Drift of cluster {found['cluster']}:"
    if not found["objects"]:
        return [f"{head} none."]
    done = "put back" if repaired else "to be put back with -e drift_repair=true"
    shown = [f"{head} {len(found['objects'])} objects, {done}"]
    for release in dict.fromkeys(each["release"] for each in found["objects"]):
        shown += ["", release]
        for each in [one for one in found["objects"] if one["release"] == release]:
            what = {rows.CREATE: "is missing", rows.REPLACE: "cannot be put back"}.get(each["action"], "was changed")
            shown.append(f"  {rows.title(each)} {what} {' and '.join(each['notes'])}".rstrip())
            shown += [f"    {_field(one, each)}" for one in each["fields"][:MOST_FIELDS]]
            if len(each["fields"]) > MOST_FIELDS:
                shown.append(f"    and {len(each['fields']) - MOST_FIELDS} fields more")
    return folded(shown)
