"""kwok's stages: read from the role's files, with the facts of this cluster put in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    METRICS_SERVER_IP,
    LocalClusterError,
    Settings,
)
from ansible_collections.landfall.eks.plugins.module_utils.text.yaml_files import LOADER

OWNER = (
    "[{apiVersion: {{ .apiVersion }}, kind: {{ .kind }}, name: {{ .metadata.name }}, uid: {{ .metadata.uid }}, "
    "controller: true, blockOwnerDeletion: true}]"
)
PLACEHOLDER = re.compile(r"__[A-Z_]+__")


def load(settings: Settings, hostnames: dict[str, str]) -> list[dict[str, Any]]:
    """Return every stage; `hostnames` are those of the load balancers, by `namespace/service`."""
    facts = placeholders(settings, hostnames)
    texts = [render(path, facts) for path in sorted(settings.stages.glob("*.yml"))]
    return [stage for text in texts for stage in yaml.load_all(text, Loader=LOADER)]


def placeholders(settings: Settings, hostnames: dict[str, str]) -> dict[str, str]:
    """Return what stands for each placeholder: words for a Go template's `dict`, a YAML list, or a plain value."""
    classes = {each.ingress_class: hostnames[each.key] for each in settings.load_balancers if each.ingress_class}
    return {
        "__METRICS_SERVER_IP__": METRICS_SERVER_IP,
        "__OWNER__": OWNER,
        "__REGION__": settings.region,
        "__ZONES__": _words({node.name: node.zone for node in settings.nodes()}),
        "__SERVICES__": _words(hostnames),
        "__INGRESS_CLASSES__": ", ".join(json.dumps(name) for name in classes or [""]),
        "__INGRESS_HOSTNAMES__": _words(classes),
    }


def render(path: Path, facts: dict[str, str]) -> str:
    """Return a stage file's text with its placeholders filled in; LocalClusterError for one that nothing fills."""
    text = path.read_text()
    unknown = set(PLACEHOLDER.findall(text)) - facts.keys()
    if unknown:
        raise LocalClusterError(f"{path} holds {sorted(unknown)[0]}, which nothing fills: use {', '.join(facts)}.")
    return PLACEHOLDER.sub(lambda found: facts[found.group()], text)


def _words(pairs: dict[str, str]) -> str:
    return " ".join(json.dumps(word) for pair in pairs.items() for word in pair)
