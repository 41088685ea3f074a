"""The page on access says what the code does: variables, playbooks, permissions."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.helm.command import FOR_CHARTS
from ansible_collections.landfall.eks.plugins.module_utils.kube.access import VARIABLES

ROOT = Path(__file__).parents[3]
NAMES = (
    "BIN BURST_LIMIT CACHE_HOME COLOR CONFIG_HOME CONTENT_CACHE DATA_HOME DEBUG DRIVER "
    "DRIVER_SQL_CONNECTION_STRING KUBEAPISERVER KUBEASGROUPS KUBEASUSER KUBECAFILE KUBECONTEXT "
    "KUBEINSECURE_SKIP_TLS_VERIFY KUBETLS_SERVER_NAME KUBETOKEN MAX_HISTORY NAMESPACE NO_PLUGINS PLUGINS QPS "
    "REGISTRY_CONFIG REPOSITORY_CACHE REPOSITORY_CONFIG "
)
"""Those of Helm 4.3, by `helm --help` and `helm env`."""
ROLE = "roles/preflight/files/cluster_role.yml"
PAGE = (ROOT / "docs/access.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under the row that begins with `heading`."""
    lines = PAGE.partition(f"| {heading} |")[2].splitlines()[2:]
    table = itertools.takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_role_to_bind_is_the_one_that_is_there() -> None:
    role = yaml.safe_load((ROOT / ROLE).read_text())
    assert f"kubectl apply -f {ROLE}" in PAGE
    assert f"--clusterrole={role['metadata']['name']} " in PAGE


def test_every_playbook_has_its_row() -> None:
    named = {name for cells in rows("playbook") for name in re.findall(r"`([a-z_]+\.yml)", cells[0])}
    assert named == {path.name for path in (ROOT / "playbooks").glob("*.yml")}


def test_a_policy_that_a_row_names_is_there() -> None:
    named = {name for cells in rows("playbook") for name in re.findall(r"`([a-z]+\.json)`", cells[3])}
    # The last one is for the roles that a stack makes, and belongs to no playbook.
    assert named | {"boundary.json"} == {path.name for path in (ROOT / "docs/aws").glob("*.json")}


def test_the_variables_are_those_that_are_read() -> None:
    said = set(re.findall(r"`K8S_AUTH_([A-Z0-9_]+)`", PAGE))
    assert said == {name for names in VARIABLES.values() for name in names} | {"KUBECONFIG", "CONTEXT"}


def test_the_variables_of_helm_are_those_that_it_keeps() -> None:
    said = set(re.findall(r"`(HELM_[A-Z_]+)`", PAGE)) - {"HELM_", "HELM_DRIVER"}
    known = {f"HELM_{name}" for name in NAMES.split()}
    assert {name for name in known if FOR_CHARTS.fullmatch(name)} == said
