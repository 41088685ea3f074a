"""Renders a component's releases as Ansible would, without a cluster: defaults, then vars, then what a user sets."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.landfall.eks.plugins.module_utils.kube import documents

CHECKOUT = Path(__file__).parents[3]
COMPONENTS = tuple(
    name
    for each in yaml.safe_load((CHECKOUT / "playbooks/site.yml").read_text(encoding="utf-8"))[0]["tasks"]
    if f"{(name := each['ansible.builtin.import_role']['name'].rpartition('.')[2])}_component:"
    in (((path := CHECKOUT / f"roles/{name}/vars/main.yml").exists() and path.read_text(encoding="utf-8")) or "")
)
"""The roles of site.yml that say so of themselves, in its order."""
EXPRESSION = "{}_component.releases"
HELM = CHECKOUT / ".landfall/bin/helm"
STAND_INS = CHECKOUT / "roles/local_cluster/files/stand_ins"
PLATFORM = {
    "inventory_hostname": "test",
    "platform_service_monitors": True,
    "platform_left_releases": [],
    "platform_left_parts": {},
    "platform_load_balancer_class": "service.k8s.aws/nlb",
    "platform_load_balancers": {},
    "platform_aws_region": "eu-west-1",
    "ansible_play_role_names": [f"landfall.eks.{each}" for each in COMPONENTS],
    "ansible_check_mode": False,
}


@cache
def load(role: str, folder: str) -> dict[str, Any]:
    """Read roles/<role>/<folder>/main.yml, its templates trusted."""
    path = CHECKOUT / "roles" / role / folder / "main.yml"
    if not path.exists():
        return {}
    loaded: dict[str, Any] = DataLoader().load_from_file(str(path), trusted_as_template=True)
    return loaded


def templar(role: str, **settings: Any) -> Templar:
    """Return what a task of `role` would template with, after a user's settings."""
    variables: dict[str, Any] = {}
    for each in ("platform", *COMPONENTS):
        variables |= load(each, "defaults")
    for each in ("platform", *COMPONENTS):
        variables |= load(each, "vars")
    return Templar(DataLoader(), variables=variables | PLATFORM | settings)


def evaluate(role: str, expression: str, **settings: Any) -> Any:
    """Evaluate one expression as a task of `role` would."""
    return templar(role, **settings).template(trust_as_template("{{ " + expression + " }}"))


def releases(role: str, **settings: Any) -> list[dict[str, Any]]:
    """Return a component's release specifications, in install order."""
    found: list[dict[str, Any]] = (
        evaluate(role, f"{role}_component.releases", **settings) if settings else _as_shipped(role)
    )
    return found


@cache
def _as_shipped(role: str) -> Any:
    return evaluate(role, EXPRESSION.format(role))


def release(name: str, **settings: Any) -> dict[str, Any]:
    """Return one release specification by its name."""
    return next(each for each in releases(owner(name), **settings) if each["name"] == name)


@cache
def owner(name: str) -> str:
    """Return the role that a release belongs to."""
    return next(role for role in COMPONENTS for each in releases(role) if each["name"] == name)


def leaves(tree: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], Any]:
    """Return the leaves of nested maps and lists by their paths; empty maps and lists are leaves."""
    if not tree or not isinstance(tree, dict | list):
        return {path: tree}
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return {where: leaf for key, value in entries for where, leaf in leaves(value, (*path, key)).items()}


def chart_of(release: dict[str, Any]) -> Path:
    """Return the chart of a release: upstream's where LANDFALL_CHART_CACHE has it, else its stand-in."""
    ref = release["chart"]["ref"]
    if ref.startswith("/"):
        return Path(ref)
    name = ref.rpartition("/")[2]
    real = Path(os.environ.get("LANDFALL_CHART_CACHE") or "/nowhere") / f"{name}-{release['chart']['version']}.tgz"
    return real if real.exists() else STAND_INS / name


def rendered(release: dict[str, Any], *options: str) -> list[dict[str, Any]]:
    """Return the objects that Helm makes of a release, hooks and tests included."""
    command = [HELM, "template", release["name"], chart_of(release), "--skip-schema-validation", *options]
    command += ["--api-versions", "monitoring.coreos.com/v1", "--values", "-"]
    values = json.dumps(release["values"])
    done = subprocess.run(command, input=values, check=True, capture_output=True, text=True, timeout=60)
    return documents.documents(done.stdout)
