"""One row of a plan: an object, what would happen to it, and what to mind."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.masking import masked_object, masked_text
from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml
from ansible_collections.landfall.eks.plugins.module_utils.plan import fields, immutable, risks

CREATE, CHANGE, REPLACE, DELETE, KEEP = "create", "change", "replace", "delete", "keep"
ACTIONS = (CREATE, CHANGE, REPLACE, DELETE, KEEP)
DRY_RUN = "dry-run"
SCHEMA = "schema"
UNCHECKED = "not checked"
STATES = "states"
"""A row's {before, after} as YAML, for a diff; left out of plan.json."""

Object = dict[str, Any]
Row = dict[str, Any]
"""{action, api_version, kind, namespace, name, checked, fields, immutable, data_at_risk, public, notes}.

`checked` is dry-run (the API server was asked), schema (its namespace or kind is still to come) or not checked;
`fields` are {path, before, after}, masked; `immutable` are paths; `notes` are sentences."""


def named(found: Object, namespace: str = "") -> Row:
    """Return a row's first fields, which name an object."""
    metadata = found["metadata"]
    return {
        "api_version": found["apiVersion"],
        "kind": found["kind"],
        "namespace": metadata.get("namespace", namespace),
        "name": metadata["name"],
    }


def title(row: Row) -> str:
    """Return how an object is shown: `kind namespace/name`."""
    return f"{row['kind']} {row['namespace']}/{row['name']}" if row["namespace"] else f"{row['kind']} {row['name']}"


def judge(
    before: Object | None,
    after: Object | None,
    secrets: set[str],
    *,
    checked: str = DRY_RUN,
    refusal: str = "",
    notes: list[str] | None = None,
) -> Row | None:
    """Return the row for an object as it is and as it would be, None if it stays as it is.

    `refusal` is what the API server said where it would not change the object: then `after` is what was asked for.
    """
    shown = after if after is not None else before
    if shown is None:
        return None
    row: Row = {**named(shown), "checked": checked, "fields": [], "immutable": [], "notes": list(notes or [])}
    if before is None:
        action = CREATE
    elif after is None:
        action = KEEP if risks.is_kept(before) else DELETE
    else:
        action = CHANGE
        was, will = fields.cleaned(before), fields.cleaned(after)
        changed = fields.differences(fields.projected(was, will) if refusal else was, will)
        if not changed and not refusal and not row["notes"]:
            return None
        row["immutable"] = immutable.immutable_paths(shown["kind"], before, changed)
        row["fields"] = fields.masked(shown["kind"], changed, secrets)
    if row["immutable"] or immutable.says_immutable(refusal):
        action = REPLACE
    if refusal:
        row["notes"].append(masked_text(f"the API server refuses it: {refusal}", secrets))
    row["action"] = action
    gone = None if action == DELETE else after
    row["data_at_risk"] = "" if action == KEEP else risks.data_at_risk(before, gone, replaced=action == REPLACE)
    row["public"] = "" if action == KEEP else risks.newly_public(before, gone)
    row[STATES] = {"before": _text(before, secrets, after if refusal else None), "after": _text(gone, secrets, None)}
    return row


def _text(state: Object | None, secrets: set[str], like: Object | None) -> str:
    """Return a state as YAML that may be shown; with `like`, only the fields that this one has."""
    if state is None:
        return ""
    shown = masked_object(fields.cleaned(state), secrets)
    shown = fields.projected(shown, fields.cleaned(like)) if like is not None else shown
    text: str = yaml.safe_dump(shown, sort_keys=True)
    return text
