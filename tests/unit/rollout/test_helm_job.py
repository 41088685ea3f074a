"""Helm in the background, with stand-ins for it: how it is started, and how it is ended."""

import contextlib
import errno
import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.rollout import helm_job
from ansible_collections.landfall.eks.plugins.module_utils.rollout.outcomes import job_outcome
from ansible_collections.landfall.eks.plugins.modules import helm_start, release_failed
from ansible_collections.landfall.eks.plugins.plugin_utils import in_worker
from tests.waiting import within

OBEYS = "signal.signal(signal.SIGTERM, lambda *_: sys.exit('Error: UPGRADE FAILED: context canceled'))"
DOES_NOT = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


def release(name, **more):
    fixed = {"namespace": "toys", "chart": "toy.tgz", "history_max": 5, "take_ownership": False, "timeout": 60}
    return {"name": name, "values": {}, **fixed, **more}


def ended(job):
    within(lambda: not helm_job.is_at_work(job))
    return json.loads(Path(job).read_text())


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a job, and returns its file once the stand-in is at work."""

    def start(name, on_signal):
        folder = tmp_path / name
        folder.mkdir()
        helm, running = folder / "helm", folder / "running"
        text = (
            f"import pathlib, signal, sys, time\n{on_signal}\npathlib.Path({str(running)!r}).touch()\ntime.sleep(60)\n"
        )
        helm.write_text(f"#!{sys.executable}\n{text}")
        helm.chmod(0o700)
        job = helm_job.start(tmp_path / "jobs", str(helm), release(name), {"kubeconfig": "/nowhere"})
        within(running.exists)
        return str(job)

    yield start
    for process in psutil.process_iter(["cmdline"]):
        if any(str(tmp_path) in word for word in process.info["cmdline"] or []):
            process.kill()


def test_helm_is_told_to_stop_and_the_others_are_left_alone(start):
    other, job = start("j12", OBEYS), start("j1", OBEYS)
    helm_job.end(job, seconds=30)
    assert "context canceled" in json.loads(Path(job).read_text())["stderr"]
    assert helm_job.is_at_work(other)


def test_one_that_does_not_stop_is_killed(start):
    job = start("j1", DOES_NOT)
    helm_job.end(job, seconds=0.5)
    assert ended(job)["rc"] == -9


def test_what_is_said_of_a_job_whose_process_was_killed(start):
    """Another call may end well: nothing speaks against it."""
    job = start("j1", OBEYS)
    runner = psutil.Process(json.loads(Path(job).read_text())["pid"])
    runner.kill()
    within(lambda: not helm_job.is_at_work(job))
    found = job_outcome(job)
    assert (found.phase, found.passing, found.message) == (
        *("failed", True),
        "Helm was killed before it could say how it went",
    )


WAITS_TO_READ = """
import pathlib, sys, time
folder = pathlib.Path(__file__).parent
(folder / "running").touch()
while not (folder / "read").exists():
    time.sleep(0.01)
(folder / "values").write_text(sys.stdin.read())
(folder / "done").touch()
"""


def test_helm_has_all_values_before_it_starts(tmp_path):
    """One that reads an empty pipe rolls out the chart without our values, and calls it a success."""
    helm = tmp_path / "helm"
    helm.write_text(f"#!{sys.executable}\n{WAITS_TO_READ}")
    helm.chmod(0o700)
    values = {"text": "x" * 1_000_000}
    job = helm_job.start(tmp_path / "jobs", str(helm), release("toy", values=values), {"kubeconfig": "/nowhere"})
    within((tmp_path / "running").exists)
    psutil.Process(json.loads(job.read_text())["pid"]).kill()
    (tmp_path / "read").touch()
    within((tmp_path / "done").exists)
    assert json.loads((tmp_path / "values").read_text()) == values


TELLS = """
import json, os, sys
with open({told!r}, "w") as told:
    json.dump([sys.argv[1:], sys.stdin.read(), dict(os.environ)], told)
"""


@pytest.fixture
def told(tmp_path):
    """Return a function that starts a job, and returns the arguments, input and environment of its Helm."""

    def start(kubeconfig="/nowhere", context=None, **more):
        helm, said = tmp_path / "helm", tmp_path / "said"
        helm.write_text(f"#!{sys.executable}\n{TELLS.format(told=str(said))}")
        helm.chmod(0o700)
        access = {"kubeconfig": kubeconfig, "context": context}
        job = helm_job.start(tmp_path / "jobs", str(helm), release("toy", **more), access)
        assert ended(str(job)) == {"finished": 1, "rc": 0, "stderr": ""}
        return json.loads(said.read_text())

    return start


@pytest.mark.parametrize("value", ["1e3", "y", "0899", "1_000", "null", "~", "2026-11-30", "{{ x }}", "a: b\n'\"", 5])
def test_values_reach_helm_as_they_were_written_and_not_as_arguments(told, value):
    words, said, _ = told(values={"image": {"tag": value}})
    assert json.loads(said) == {"image": {"tag": value}}
    assert "--values=-" in words
    assert str(value) not in words


@pytest.mark.parametrize("adopted", [True, False])
def test_what_helm_is_asked_for(told, adopted):
    words, _, _ = told(take_ownership=adopted, timeout=30)
    assert words[:3] == ["upgrade", "toy", "toy.tgz"]
    assert {"--install", "--namespace=toys", "--timeout=30s", "--history-max=5", "--skip-crds"} <= {*words}
    assert ("--take-ownership" in words) == adopted


def test_helm_is_led_to_the_cluster_that_was_checked_and_no_other(told, monkeypatch):
    monkeypatch.setenv("HELM_KUBECONTEXT", "another")
    monkeypatch.setenv("KUBECONFIG", "/another")
    words, _, environment = told("~/config", "ours")
    assert "HELM_KUBECONTEXT" not in environment
    assert environment["KUBECONFIG"] == str(Path.home() / "config")
    assert "--kube-context=ours" in words


def test_a_kubeconfig_that_is_a_dict_becomes_a_file_for_its_owner_alone(told, tmp_path):
    _, _, environment = told({"current-context": "ours"})
    path = Path(environment["KUBECONFIG"])
    assert path.parent == tmp_path / "jobs"
    assert path.stat().st_mode & 0o077 == 0
    assert yaml.safe_load(path.read_text()) == {"current-context": "ours"}


def test_a_helm_that_cannot_be_started_is_said_by_the_job(tmp_path):
    job = helm_job.start(tmp_path / "jobs", "/nowhere/helm", release("toy"), {"kubeconfig": "/nowhere"})
    assert "cannot be started" in ended(str(job))["stderr"]


def test_a_helm_that_takes_too_long_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(helm_job, "SPARE_SECONDS", 0)
    helm = tmp_path / "helm"
    helm.write_text("#!/bin/sh\nexec sleep 60\n")
    helm.chmod(0o700)
    job = helm_job.start(tmp_path / "jobs", str(helm), release("toy", timeout=0.2), {"kubeconfig": "/nowhere"})
    assert "did not end within" in ended(str(job))["stderr"]


def test_a_folder_with_room_is_made_for_its_owner_alone(tmp_path):
    folder = tmp_path / "state" / "run"
    helm_job.have_room(folder)
    assert folder.stat().st_mode & 0o077 == 0
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_said_before_the_job_starts(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    arguments = {"name": "toy", "namespace": "toys", "chart": "toy.tgz", "kubeconfig": "/nowhere"}
    (tmp_path / "helm").touch(mode=0o700)
    found = in_worker.run(helm_start.main, {**arguments, "folder": str(tmp_path / "run")}, {"PATH": str(tmp_path)})
    assert re.search(r"run.*No space left on device.*platform_state_dir", found["msg"])


@pytest.mark.parametrize("content", [b"other", None])
def test_a_chart_that_changed_since_it_was_checked_is_not_installed(tmp_path, monkeypatch, content):
    started = []
    monkeypatch.setattr(helm_job, "start", lambda *_: started.append(1) or tmp_path / "job")
    chart = tmp_path / "toy.tgz"
    chart.write_bytes(b"checked")
    arguments = {"name": "toy", "namespace": "toys", "chart": str(chart), "folder": str(tmp_path / "run")}
    arguments |= {"kubeconfig": "/nowhere", "chart_sha256": hashlib.sha256(b"checked").hexdigest()}
    (tmp_path / "helm").touch(mode=0o700)
    assert in_worker.run(helm_start.main, arguments, {"PATH": str(tmp_path)})["job"]
    if content:
        chart.write_bytes(content)
    else:
        chart.unlink()
    found = in_worker.run(helm_start.main, arguments, {"PATH": str(tmp_path)})
    assert found["msg"] == f"The chart {chart} has changed since this run checked it: run again."
    assert started == [1]


@pytest.mark.parametrize("name", ["", "1", "j1.1"])
def test_there_may_be_nothing_to_end(tmp_path, monkeypatch, name):
    """A release that was not started, and a job that has ended."""
    monkeypatch.setattr(psutil, "process_iter", lambda *_: pytest.fail("nobody has to be looked for"))
    (tmp_path / "j1.1").write_text('{"finished": 1, "rc": 0}')
    (tmp_path / "1").write_text('{"finished": 1, "rc": 0}')
    helm_job.end(str(tmp_path / name) if name else "")


def test_helm_ends_after_the_evidence_is_kept_and_before_the_release_is_rolled_back(monkeypatch):
    done = []
    failures = [
        {"name": "a", "namespace": "a", "job": "/jobs/j1.1", "cause": "x"},
        {"name": "b", "namespace": "b", "cause": "y"},
    ]
    module = SimpleNamespace(params={"failures": failures, "roll_back": True}, exit_json=lambda **_: None)
    monkeypatch.setattr(release_failed, "AnsibleModule", lambda **_: module)
    monkeypatch.setattr(release_failed, "reading", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(release_failed, "keep_evidence", lambda *_: done.append("evidence") or "kept")
    monkeypatch.setattr(release_failed, "roll_back", lambda *_: done.append("back") or ({"a/a": "", "b/b": ""}, []))
    monkeypatch.setattr(helm_job, "end", done.append)
    release_failed.main()
    assert done == ["evidence", "evidence", "/jobs/j1.1", "", "back"]
