"""Three ways to roll out the same charts and values: site.yml, helmfile, and Helm one release after another."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.bench.book import HELM, HELMFILE, OURS
from tests.bench.clusters import Clusters, Command
from tests.counting import ROOT

TIMEOUT_SECONDS = 600
FIRST = "kube-prometheus-stack"
"""With Helm alone, the chart that defines ServiceMonitors comes before those that bring some."""
NEEDS = {"eck-stack": ["eck-operator"]}
"""As FIRST: the chart that defines Elasticsearch comes before the one that brings one."""
Way = Callable[[Clusters], list[Command]]
"""Returns the commands that roll out on a fresh cluster, and that do nothing when they are typed again."""


@dataclass(frozen=True)
class Release:
    """A release for Helm alone: its chart's file or folder, a file of values, and what it needs, by name."""

    name: str
    namespace: str
    chart: str
    values: Path
    needs: list[str]


def ways() -> dict[str, Way]:
    """Return the ways that there are here, by name, ours last."""
    program = helmfile_program()
    found: dict[str, Way] = {HELMFILE: lambda clusters: helmfile(clusters, program)} if program else {}
    return found | {HELM: plain_helm, OURS: lambda clusters: [clusters.playbook("site.yml")]}


def helmfile_program() -> str:
    """Return the pinned helmfile of the tool cache, else that on PATH, else nothing."""
    command = [sys.executable, "tools/get_tools.py", "--pins", "tools/test-tools.yml", "--only", "helmfile"]
    done = subprocess.run([*command, "--cached", "--json"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return str(json.loads(done.stdout)["helmfile"]["path"])
    return shutil.which("helmfile") or ""


def plain_helm(clusters: Clusters) -> list[Command]:
    """Return a `helm upgrade --install --wait` for each release, as a person at a shell would type them."""
    return [_install(release) for release in _releases(clusters)]


def helmfile(clusters: Clusters, program: str) -> list[Command]:
    """Write a helmfile of the releases, each with its `needs`; return `helmfile sync` with its default concurrency."""
    releases = _releases(clusters)
    places = {release.name: f"{release.namespace}/{release.name}" for release in releases}
    content = {
        "helmDefaults": {
            "wait": True,
            "timeout": TIMEOUT_SECONDS,
            "createNamespace": True,
            "skipDeps": True,
            "skipSchemaValidation": True,
        },
        "releases": [
            {
                "name": release.name,
                "namespace": release.namespace,
                "chart": release.chart,
                "values": [str(release.values)],
                "needs": [places[name] for name in release.needs],
            }
            for release in releases
        ],
    }
    file = clusters.first / "helmfile.yaml"
    file.write_text(yaml.safe_dump(content))
    return [[program, f"--file={file}", "sync"]]


def _releases(clusters: Clusters) -> list[Release]:
    """Return what site.yml would roll out on the first cluster, the one that the others need first."""
    clusters.seconds(clusters.playbook("tests/bench/specs.yml"))
    specs = json.loads((clusters.first / "specs.json").read_text(encoding="utf-8"))
    found = [
        Release(
            name=spec["name"],
            namespace=spec["namespace"],
            chart=specs["charts"][spec["name"]]["path"],
            values=_values(clusters.first, spec),
            needs=[*spec.get("needs", []), *NEEDS.get(spec["name"], []), *([] if spec["name"] == FIRST else [FIRST])],
        )
        for spec in specs["releases"]
    ]
    return sorted(found, key=lambda release: release.name != FIRST)


def _values(folder: Path, spec: dict[str, Any]) -> Path:
    """Write a release's values, its definitions switched on."""
    definitions = {"crds": {"enabled": True}} if spec["name"] == FIRST else (spec.get("crds") or {}).get("values", {})
    file = folder / f"{spec['name']}.json"
    file.write_text(json.dumps({**spec["values"], **definitions}), encoding="utf-8")
    return file


def _install(release: Release) -> Command:
    return [
        "helm",
        "upgrade",
        "--install",
        release.name,
        release.chart,
        f"--namespace={release.namespace}",
        "--create-namespace",
        f"--values={release.values}",
        "--skip-schema-validation",
        "--wait",
        f"--timeout={TIMEOUT_SECONDS}s",
    ]
