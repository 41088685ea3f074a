"""The process that keeps a Lease: real processes, a Lease in memory."""

import os
import subprocess
import sys
import threading

import psutil
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.lease import (
    renewer as lease_renewer,
)
from ansible_collections.landfall.eks.plugins.module_utils.lease import (
    status as lease_status,
)
from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import hold_of
from ansible_collections.landfall.eks.plugins.module_utils.lease.processes import JOBS, RunProcesses
from tests.waiting import within

ANNA, BOB = "anna@laptop/a1", "bob@ci/b2"
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
NESTED = [
    sys.executable,
    "-c",
    f"import subprocess; subprocess.run([{sys.executable!r}, '-c', 'import time; time.sleep(60)'])",
]


@pytest.fixture
def processes():
    started = []

    def start(command, **environment):
        started.append(subprocess.Popen(command, env={**os.environ, **environment}))
        return started[-1]

    yield start
    for each in started:
        for child in psutil.Process(each.pid).children(recursive=True) if each.poll() is None else []:
            child.kill()
        each.kill()
        each.wait()


@pytest.fixture
def renewing(lease, tmp_path, monkeypatch):
    """Return a function that starts a renewer for a playbook's process, and what it needs to be looked at."""
    monkeypatch.setattr(lease_renewer, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(lease_renewer, "RETRY_SECONDS", 0.02)

    def start(playbook, connect=lambda: lease, jobs="", delete=False):
        held, path = lease.take(ANNA, 3), tmp_path / "lease.json"
        renewer = lease_renewer.Renewer(connect, held, RunProcesses(playbook.pid, jobs), path, delete=delete)
        renewer.due = 0
        thread = threading.Thread(target=renewer.run, daemon=True)
        thread.start()
        return thread, path

    return start


def renewals(cluster):
    return sum(method == "PUT" for method, _, _ in cluster.written)


def test_it_renews_until_the_playbook_ends_and_then_frees(lease, cluster, renewing, processes):
    playbook = processes(SLEEP)
    thread, path = renewing(playbook)
    within(lambda: renewals(cluster) > 1)
    status = lease_status.read(path, ANNA)
    assert status.certain()
    assert status.pid == os.getpid()
    playbook.kill()
    thread.join(5)
    assert hold_of(lease.read()).holder == ""
    assert not path.exists()


def test_a_playbook_that_nobody_has_waited_for_has_ended_too(lease, renewing, processes):
    playbook = processes(SLEEP)
    thread, _ = renewing(playbook)
    os.kill(playbook.pid, 9)
    thread.join(5)
    assert hold_of(lease.read()).holder == ""


def test_with_delete_nothing_stays(lease, renewing, processes):
    playbook = processes([sys.executable, "-c", ""])
    thread, _ = renewing(playbook, delete=True)
    thread.join(5)
    assert lease.read() is None


def test_a_lost_lease_is_said_and_left_alone(lease, clock, renewing, processes):
    thread, path = renewing(processes(SLEEP))
    within(path.exists)
    clock.turn(60)
    taken = lease.take(BOB, 30)
    assert hold_of(taken).holder == BOB
    thread.join(5)
    status = lease_status.read(path, ANNA)
    assert "bob@ci has been at work" in status.lost
    assert not status.certain()
    assert hold_of(lease.read()).holder == BOB


def test_a_cluster_that_is_away_for_a_while_is_asked_again(lease, cluster, renewing, processes):
    answers = iter([OSError("refused"), TimeoutError("silent")])

    def connect():
        error = next(answers, None)
        if error:
            raise error
        return lease

    _, path = renewing(processes(SLEEP), connect=connect)
    within(path.exists)
    assert next(answers, None) is None
    assert renewals(cluster) > 0


def test_what_a_killed_playbook_leaves_is_ended_but_helm_in_the_background_is_outlasted(
    lease, renewing, processes, tmp_path
):
    playbook = processes(NESTED)
    within(lambda: psutil.Process(playbook.pid).children())
    child = psutil.Process(playbook.pid).children()[0]
    jobs = tmp_path / "run/mine"
    helm = processes(SLEEP, **{JOBS: str(jobs)})
    results = [jobs / "j1.1", tmp_path / "run/others/j2.2"]
    for each in results:
        each.parent.mkdir(parents=True)
        each.touch()
    thread, path = renewing(playbook, jobs=str(jobs))
    within(path.exists)
    playbook.kill()
    within(lambda: hold_of(lease.read()).ending)
    assert not psutil.pid_exists(child.pid) or child.status() == psutil.STATUS_ZOMBIE
    assert thread.is_alive()
    assert [each.exists() for each in results] == [True, True]
    helm.kill()
    thread.join(5)
    assert hold_of(lease.read()).holder == ""
    # Nobody reads its results any more; another run's are left alone.
    assert [each.exists() for each in results] == [False, True]


def test_a_helm_of_the_run_itself_is_not_killed(processes, tmp_path):
    helm = tmp_path / "helm"
    helm.symlink_to("/bin/sleep")
    playbook = processes([sys.executable, "-c", f"import subprocess; subprocess.run(['sh', '-c', '{helm} 60; true'])"])
    watched = RunProcesses(playbook.pid, "")
    within(lambda: watched.refresh() and any(each.name() == "helm" for each in watched.modules))
    watched.refresh()
    playbook.kill()
    watched.end_orphans()
    assert [each.name() for each in watched.leftovers()] == ["helm"]
    for each in watched.leftovers():
        each.kill()


def test_what_runs_helm_in_the_background_is_not_killed(processes, tmp_path):
    """Seen as a module at work, too: it is started by a worker."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    playbook = processes([sys.executable, "-c", code], **{JOBS: str(tmp_path)})
    watched = RunProcesses(playbook.pid, str(tmp_path))
    within(lambda: psutil.Process(playbook.pid).children())
    watched.refresh()
    playbook.kill()
    watched.end_orphans()
    assert len(watched.leftovers()) == 1
    for each in watched.leftovers():
        each.kill()


def test_the_order_goes_through_a_pipe(monkeypatch):
    seen = {}

    class Process:
        pid = 4711

        def __init__(self, command, **options):
            seen.update(options, command=command)
            read, write = os.pipe()
            self.stdin, seen["read"] = os.fdopen(write, "wb"), read

    monkeypatch.setattr(subprocess, "Popen", Process)
    assert lease_renewer.start({"kubeconfig": {"users": ["hush"]}}, "/collections") == 4711
    assert b"hush" in os.read(seen["read"], 1000)
    assert "hush" not in str(seen["command"]) + str(seen["env"])
    assert seen["start_new_session"]
    assert seen["env"]["PYTHONPATH"] == "/collections"
