"""Two hosts of one play and two runs at once, all with one state folder: none touches what another one needs."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RUN = {
    "name": "toy",
    "namespace": "toys",
    "job": "{{ job.results_file }}",
    "identity": "",
    "source": "cache",
    "ready": [],
    "timeout": 1,
    "started": 1,
}
PLAY = {
    "hosts": "clusters",
    "gather_facts": False,
    "module_defaults": {"group/landfall.eks.cluster": {"kubeconfig": "/nowhere"}},
    "roles": ["landfall.eks.platform"],
    "tasks": [
        {
            # Its Helm is missing: what counts is that the job leaves a result.
            "landfall.eks.helm_start": {
                "name": "toy",
                "release_namespace": "toys",
                "chart_ref": "toy",
                "binary_path": "/nowhere/helm",
                "folder": "{{ platform_state_dir }}",
            },
            "async": 60,
            "poll": 0,
            "register": "job",
        },
        {"ansible.builtin.wait_for": {"path": "{{ job.results_file }}", "timeout": 30}},
        {
            "ansible.builtin.copy": {
                "content": "{{ job.results_file }}",
                "dest": "{{ folder }}/{{ who }}.{{ inventory_hostname }}",
            }
        },
        {"ansible.builtin.wait_for": {"path": "{{ go }}", "timeout": 60}},
        {
            "when": "inventory_hostname in ended",
            # The cluster does not answer. Whatever the end of a run is, the folder goes.
            "block": [
                {"ansible.builtin.include_role": {"name": "landfall.eks.settle"}, "vars": {"settle_runs": [RUN]}}
            ],
            "rescue": [{"ansible.builtin.meta": "noop"}],
        },
    ],
}


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a run of two hosts; `ended` are those that end it."""
    hosts = {each: {"ansible_connection": "local"} for each in ("one", "two")}
    shared = {"ansible_python_interpreter": sys.executable, "platform_state_dir": str(tmp_path / "state")}
    (tmp_path / "hosts.yml").write_text(json.dumps({"clusters": {"hosts": hosts, "vars": shared}}))
    (tmp_path / "play.yml").write_text(json.dumps([PLAY]))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
    }
    started = []

    def run(who, go, ended):
        variables = {"folder": str(tmp_path), "who": who, "go": str(go), "ended": ended}
        command = [Path(sys.executable).parent / "ansible-playbook", "-i", "hosts.yml", "play.yml"]
        started.append(
            subprocess.Popen(
                [*command, "-e", json.dumps(variables)],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield run
    for each in started:
        each.kill()
        each.wait()


def result_of(tmp_path, name, run):
    """Return the file of a job's result once the run has written its path down."""
    told = tmp_path / name
    deadline = time.monotonic() + 60
    while not told.exists() or not told.read_text():
        assert run.poll() is None, run.stdout.read()
        assert time.monotonic() < deadline, "too late"
        time.sleep(0.1)
    return Path(told.read_text())


def test_who_ends_first_leaves_the_others_their_results(start, tmp_path):
    go = tmp_path / "go"
    longer = start("longer", go, ["one", "two"])
    waiting = [result_of(tmp_path, f"longer.{host}", longer) for host in ("one", "two")]

    shorter = start("shorter", tmp_path / "hosts.yml", ["one"])
    said = shorter.communicate(timeout=120)[0]
    assert shorter.returncode == 0, said
    left = {host: Path((tmp_path / f"shorter.{host}").read_text()) for host in ("one", "two")}
    assert not left["one"].parent.exists(), said
    assert left["two"].is_file(), said
    assert [each.is_file() for each in waiting] == [True, True], said

    go.touch()
    said = longer.communicate(timeout=120)[0]
    assert longer.returncode == 0, said
    assert [each.parent.exists() for each in waiting] == [False, False], said
    assert left["two"].is_file(), said
