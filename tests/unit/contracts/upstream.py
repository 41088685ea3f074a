"""Upstream's own files, where they are at hand: the definitions of custom resources as strict JSON schemas."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from ansible_collections.landfall.eks.plugins.module_utils.kube import documents
from tests.unit.components.rendering import CHECKOUT

FOLDER = Path(os.environ.get("LANDFALL_UPSTREAM_DIR") or CHECKOUT.parent / "shared" / "upstream")
MISSING = (
    f"not run: {FOLDER} is not there; set LANDFALL_UPSTREAM_DIR to a folder of <chart>-<version>/values.yaml, crds/"
)
HELM = shutil.which("helm", path=f"{CHECKOUT}/.landfall/bin:{os.environ.get('PATH', '')}")
NO_HELM = "not run: there is no helm; `make tools` gets it"
OPEN = "x-kubernetes-preserve-unknown-fields"


def rendered(chart: Path, spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a chart, archive or folder, makes of a release specification."""
    options = ["--namespace", spec["namespace"], "--skip-schema-validation", "--kube-version", "1.35.4"]
    # Some charts leave their ServiceMonitors out where they do not see the kind.
    options += ["--api-versions", "monitoring.coreos.com/v1", "--values", "-"]
    assert HELM
    done = subprocess.run(
        [HELM, "template", spec["name"], str(chart), *options],
        input=json.dumps(spec["values"], default=str),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return list(_items(documents.documents(done.stdout)))


def _items(objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in objects:
        yield from each["items"] if each["kind"] == "List" else [each]


@cache
def schema_of(kind: str, api_version: str) -> dict[str, Any] | None:
    """Return the schema of a custom resource at one version, None if no definition of it is at hand."""
    group, _, version = api_version.rpartition("/")
    for path in sorted(FOLDER.glob("*/crds/*.yaml")):
        text = path.read_text()
        if f"kind: {kind}\n" not in text:
            continue
        for each in documents.documents(text):
            spec = each.get("spec", {})
            if (spec.get("group"), spec.get("names", {}).get("kind")) == (group, kind):
                found = next(row["schema"]["openAPIV3Schema"] for row in spec["versions"] if row["name"] == version)
                # The API server itself knows what metadata may hold.
                return strict(found | {"properties": {**found["properties"], "metadata": {OPEN: True}}})
    return None


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a structural schema as JSON schema in which unknown fields are refused, as with strict validation."""
    made = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes") and key != "format"}
    if "properties" in schema:
        made["properties"] = {key: strict(value) for key, value in schema["properties"].items()}
    if isinstance(schema.get("items"), dict):
        made["items"] = strict(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        made["additionalProperties"] = strict(schema["additionalProperties"])
    elif schema.get("type") == "object" and not schema.get(OPEN) and "additionalProperties" not in schema:
        made["additionalProperties"] = False
    if schema.get("nullable"):
        made = {"anyOf": [{"type": "null"}, made]}
    return made


def refusals(found: dict[str, Any]) -> list[str]:
    """Return what a custom resource's definition has against it."""
    schema = schema_of(found["kind"], found["apiVersion"])
    assert schema is not None
    errors = jsonschema.Draft4Validator(schema).iter_errors(found)
    return [f"{found['kind']} {each.json_path}: {each.message}" for each in errors]


def without_remote(schema: Any, left_out: list[str]) -> Any:
    """Return a JSON schema without the references to other hosts, which are noted in `left_out`."""
    if isinstance(schema, list):
        return [without_remote(each, left_out) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if str(schema.get("$ref", "")).startswith(("http://", "https://")):
        left_out.append(schema["$ref"])
        return {}
    return {key: without_remote(value, left_out) for key, value in schema.items()}
