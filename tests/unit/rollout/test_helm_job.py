"""Ending a background job: Ansible's own wrapper, and a stand-in for Helm that obeys or does not."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from ansible.modules import async_wrapper

from ansible_collections.landfall.eks.plugins.module_utils.rollout import helm_job
from ansible_collections.landfall.eks.plugins.modules import release_failed

MODULE = """
import json, subprocess, sys
done = subprocess.run([sys.argv[1]], capture_output=True, text=True)
print(json.dumps({"failed": bool(done.returncode), "stderr": done.stderr, "rc": done.returncode}))
"""
OBEYS = "signal.signal(signal.SIGTERM, lambda *_: sys.exit('Error: UPGRADE FAILED: context canceled'))"
DOES_NOT = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a job as Ansible does, and returns its file once the stand-in is at work."""

    def start(name, on_signal):
        folder = tmp_path / name
        folder.mkdir()
        helm, module, running = folder / "helm", folder / "module.py", folder / "running"
        text = (
            f"import pathlib, signal, sys, time\n{on_signal}\npathlib.Path({str(running)!r}).touch()\ntime.sleep(60)\n"
        )
        helm.write_text(f"#!{sys.executable}\n{text}")
        helm.chmod(0o700)
        module.write_text(MODULE)
        words = [name, "60", "true", str(module), sys.executable, str(module), str(helm)]
        environment = {**os.environ, "ANSIBLE_ASYNC_DIR": str(tmp_path / "jobs")}
        said = subprocess.check_output([sys.executable, "-P", async_wrapper.__file__, *words], env=environment)
        deadline = time.monotonic() + 30
        while not running.exists():
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        return json.loads(said)["results_file"]

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
    deadline = time.monotonic() + 30
    while helm_job.is_at_work(job):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert json.loads(Path(job).read_text())["rc"] == -9


@pytest.mark.parametrize("name", ["", "1", "j1.1"])
def test_there_may_be_nothing_to_end(tmp_path, monkeypatch, name):
    """A release that was not started, and a job that has ended."""
    monkeypatch.setattr(psutil, "process_iter", lambda *_: pytest.fail("nobody has to be looked for"))
    (tmp_path / "j1.1").write_text('{"rc": 0}')
    (tmp_path / "1").write_text('{"rc": 0}')
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
