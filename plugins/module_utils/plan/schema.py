"""Objects whose kind comes with the run itself: judged by the schema of its definition, as the API server would."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

try:
    import jsonschema

    HAS_JSONSCHEMA = True
except ImportError:  # said in the row that could not be judged
    HAS_JSONSCHEMA = False

OPEN = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"
MOST_PROBLEMS = 3
"""Problems that are named of one object; more of them rarely say more."""

Object = dict[str, Any]
Schemas = dict[tuple[str, str], Object]
"""OpenAPI v3 schema by (apiVersion, kind)."""


def schemas_of(definitions: Iterable[Object]) -> Schemas:
    """Return the schemas of CustomResourceDefinitions, one for each version that is served."""
    found: Schemas = {}
    for each in definitions:
        spec = each["spec"]
        for version in spec["versions"]:
            schema = (version.get("schema") or {}).get("openAPIV3Schema")
            if version.get("served") and schema:
                found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


def problems(found: Object, schema: Object) -> list[str]:
    """Return what a schema says against an object, one short line each; none if it is allowed."""
    # What metadata may hold, the API server knows itself.
    known = {**schema, "properties": {**(schema.get("properties") or {}), "metadata": {"type": "object", OPEN: True}}}
    known["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    errors = sorted(jsonschema.Draft202012Validator(strict(known)).iter_errors(found), key=lambda each: str(each.path))
    return [f"{'.'.join(str(part) for part in each.path)}: {each.message[:160]}" for each in errors[:MOST_PROBLEMS]]


def strict(schema: Object) -> Object:
    """Return a structural schema as a JSON schema that refuses unknown fields, as the API server does on applying."""
    if schema.get(INT_OR_STRING):
        return {"type": ["integer", "string"]}
    made = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes") and key != "format"}
    if "properties" in schema:
        made["properties"] = {key: strict(value) for key, value in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            made[key] = strict(schema[key])
    if "properties" in schema and "additionalProperties" not in schema and not schema.get(OPEN):
        made["additionalProperties"] = False
    return {"anyOf": [{"type": "null"}, made]} if schema.get("nullable") else made
