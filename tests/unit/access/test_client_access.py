"""Tasks with kubernetes.core reach the cluster of the run, whatever the environment says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.landfall.eks.plugins.filter.client_access import client_access

ROOT = Path(__file__).parents[3]
SECRETS = {"K8S_AUTH_API_KEY": "s3cr3t-1", "K8S_AUTH_PASSWORD": "s3cr3t-2", "HELM_KUBETOKEN": "s3cr3t-3"}
CONFIG: dict[str, Any] = {
    "clusters": [{"name": "a", "cluster": {"server": "https://a.example.org"}}],
    "users": [{"name": "a", "user": {"token": "s3cr3t-4"}}],
    "contexts": [{"name": name, "context": {"cluster": "a", "user": "a"}} for name in "ab"],
    "current-context": "a",
}


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "config").write_text(yaml.safe_dump(CONFIG))
    return str(tmp_path / "config")


def tasks() -> list[dict[str, Any]]:
    found = []
    for file in ROOT.glob("roles/*/tasks/*.yml"):
        for task in yaml.safe_load(file.read_text()) or []:
            each = [task, *task.get("block", []), *task.get("rescue", [])]
            found += [one for one in each if any(key.startswith("kubernetes.core.") for key in one)]
    return found


def test_each_task_of_a_role_has_its_access() -> None:
    assert len(tasks()) == 5
    for task in tasks():
        (options,) = (value for key, value in task.items() if key.startswith("kubernetes.core."))
        assert "client.kubeconfig" in options["kubeconfig"]
        assert "client.environment" in task["environment"]
        hidden = task.get("no_log") == "{{ platform_client.kubeconfig is mapping }}"
        assert hidden or "__cluster_client" in options["kubeconfig"], "whose login is a program's"
        assert task["vars"] == {"ansible_python_interpreter": "{{ platform_client_python }}"}


def test_a_path_stays_a_path_and_no_secret_is_told(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    told = client_access(path, "b", {"HELM_DRIVER": "sql", "HELM_CACHE_HOME": "/c", "K8S_AUTH_HOST": "https://b"})
    assert (told["kubeconfig"], told["context"], told["proxy_headers"]) == (path, "b", {})
    assert {*SECRETS, "HELM_DRIVER", "K8S_AUTH_HOST"} <= {*told["environment"]["LANDFALL_FORGET"].split()}
    assert "HELM_CACHE_HOME" not in told["environment"]["LANDFALL_FORGET"]
    assert "s3cr3t" not in json.dumps(told)


def test_python_forgets(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("K8S_AUTH_", "HELM_"))]:
        monkeypatch.delenv(name)
    given = {**CONFIG, "users": [{"name": "a", "user": {"as": "eve", "as-groups": ["x", "y"]}}]}
    theirs = {**SECRETS, "K8S_AUTH_IMPERSONATE_USER": "theirs", "HELM_CACHE_HOME": "/c"}
    added = client_access(given, "", theirs)["environment"]
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    done = subprocess.run(
        [ROOT / "roles/platform/files/client_python", "-c", code],
        env={**os.environ, **theirs, **added},
        capture_output=True,
        check=True,
    )
    seen = json.loads(done.stdout)
    assert {name: value for name, value in seen.items() if name.startswith(("K8S_AUTH_", "HELM_", "LANDFALL_F"))} == {
        "K8S_AUTH_IMPERSONATE_USER": "eve", "K8S_AUTH_IMPERSONATE_GROUPS": "x,y", "HELM_CACHE_HOME": "/c",
    }  # fmt: skip


def test_python_runs_without_anything_to_forget() -> None:
    script = ROOT / "roles/platform/files/client_python"
    subprocess.run([script, "-c", ""], env={"LANDFALL_PYTHON": sys.executable, "LANDFALL_FORGET": ""}, check=True)


def test_no_cluster_is_one_sentence() -> None:
    with pytest.raises(AnsibleFilterError, match="does not exist: write"):
        client_access("/nowhere/config")
