"""One run at a time, on an embedded cluster of its own: who may work, who has to wait, and how a Lease ends."""

import contextlib
import json
import re
import subprocess
import sys
import time

import psutil
import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import parts_of
from ansible_collections.landfall.eks.plugins.module_utils.lease.processes import JOBS, running
from tests.e2e.machine import ROOT, Machine, until

pytestmark = pytest.mark.cluster

SITE = "site.yml --tags metrics_server"
WHO = r"\S+@\S+ has been at work on this cluster since [-0-9]+ [:0-9]+ UTC \(run \w{12}\)"
ACCESS = {"kubeconfig": "{{ platform_kubeconfig }}"}
# The Lease alone, and then a module that is at work until a file appears.
HOLD = [
    {
        "name": "Hold the Lease",
        "hosts": "clusters",
        "gather_facts": False,
        "environment": "{{ platform_environment }}",
        "module_defaults": {"group/landfall.eks.cluster": ACCESS},
        "roles": ["landfall.eks.platform", "landfall.eks.lease"],
        "tasks": [
            {"name": "Work", "ansible.builtin.wait_for": {"path": "{{ let_go }}", "sleep": 1}},
            {
                "name": "Look",
                "ansible.builtin.include_role": {"name": "landfall.eks.lease", "tasks_from": "check"},
                "when": "looks | default(true)",
            },
            {"name": "Fail", "ansible.builtin.fail": {"msg": "on purpose"}, "when": "fails | default(false)"},
        ],
    }
]

# The second call is killed as soon as its revision is pending.
STUMBLING_HELM = r"""#!/bin/sh
case "$*" in *upgrade*metrics-server*) echo called >> {calls} ;; *) exec {real} "$@" ;; esac
case $(wc -l < {calls}) in
  1) echo "Error: UPGRADE FAILED: etcdserver: leader changed" >&2; exit 1 ;;
  2) kubectl --kubeconfig {kubeconfig} get secret -n kube-system -o name -w \
       -l "owner=helm,status in (pending-install,pending-upgrade)" > {calls}.pending & watch=$!
     sleep 2
     {real} "$@" > /dev/null 2>&1 & helm=$!
     while kill -0 $helm && ! [ -s {calls}.pending ]; do sleep 0.02; done
     kill -9 $helm $watch
     echo "Error: UPGRADE FAILED: read tcp 10.0.0.2:1->10.0.0.1:443: read: connection reset by peer" >&2; exit 1 ;;
esac
exec {real} "$@"
"""


class SharedMachine(Machine):
    """A cluster at which several runs work, some of them until they are let go."""

    def __init__(self, folder):
        super().__init__(folder)
        self.file = folder / "let-go"

    def start(self, playbook, **variables):
        """Start a playbook and return its process; its output goes to a pipe."""
        words = [*playbook.split(), "-e", json.dumps(variables)]
        return subprocess.Popen(
            ["ansible-playbook", "-i", "inventories/local", *words],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def play(self, playbook, fails=False, **variables):
        """Run a playbook to its end and return what it printed."""
        process = self.start(playbook, **variables)
        said = process.communicate()[0]
        assert (process.returncode != 0) is fails, said[-6000:]
        return said

    def kubectl(self, *words):
        """Return what kubectl says of the platform's namespace, which need not be there."""
        return self.try_("kubectl", "--namespace=landfall-system", *words)[1]

    def is_ending(self):
        return "landfall.eks/ending" in self.lease()["metadata"].get("annotations", {})

    def renewers(self):
        return [each for each in psutil.process_iter() if self._is_renewer(each)]

    def _is_renewer(self, process):
        try:
            ours = process.environ().get("LANDFALL_STATE_DIR") == str(self.folder)
            return ours and "plugins.module_utils.lease.renewer" in " ".join(process.cmdline())
        except psutil.Error:
            return False

    def hold(self, **variables):
        """Start a run that holds the Lease until `let_go`, and return its process once it does."""
        self.file.unlink(missing_ok=True)
        process = self.start(str(self.folder / "hold.yml"), let_go=str(self.file), **variables)
        until(self.holder, 60, "a run that holds the Lease")
        return process

    def let_go(self, process):
        """Let a run that holds the Lease end, and return what it printed."""
        self.file.touch()
        return process.communicate()[0]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lease")
    machine = SharedMachine(folder)
    (folder / "hold.yml").write_text(yaml.safe_dump(HOLD, sort_keys=False))
    try:
        machine.play("playbooks/local_cluster.yml")
        yield machine
    finally:
        machine.play("playbooks/local_cluster.yml", local_cluster_state="absent")


@pytest.fixture
def machine(cluster):
    until(lambda: not cluster.holder() and not cluster.renewers(), 60, "the Lease free, no renewer")
    return cluster


def test_of_two_runs_at_once_one_works_and_one_stops_before_any_change(machine):
    both = [machine.start(SITE), machine.start(SITE)]
    said = {process: process.communicate()[0] for process in both}
    assert sorted(process.returncode for process in both) == [0, 2], "\n".join(said.values())
    loser = next(process for process in both if process.returncode == 2)
    assert re.search(WHO, said[loser]), said[loser]
    assert "platform_lock_wait: 600" in said[loser]
    assert "helm_start" not in said[loser]
    assert "Start Helm" not in said[loser]


def test_it_is_renewed_while_a_module_takes_longer_than_its_duration_and_freed_at_the_end(machine):
    run = machine.hold()
    first = machine.lease()
    time.sleep(first["spec"]["leaseDurationSeconds"] + 5)
    later = machine.lease()
    assert later["spec"]["holderIdentity"] == first["spec"]["holderIdentity"]
    assert later["spec"]["acquireTime"] == first["spec"]["acquireTime"]
    assert later["spec"]["renewTime"] > first["spec"]["renewTime"]
    assert "failed=0" in machine.let_go(run)
    until(lambda: not machine.holder() and not machine.renewers(), 30, "the Lease free, no renewer")
    assert not list(machine.folder.glob("lease-*.json"))


def test_another_run_waits_if_it_is_told_to(machine):
    first = machine.hold()
    second = machine.start(SITE, platform_lock_wait=300)
    shown = next(line for line in second.stdout if "waiting:" in line)
    assert re.search(f" s  waiting: {WHO}", shown)
    machine.let_go(first)
    assert "failed=0" in second.communicate()[0]


def test_a_failed_run_frees_it(machine):
    run = machine.hold(fails=True)
    machine.let_go(run)
    assert run.returncode == 2
    until(lambda: not machine.holder(), 30, "the Lease free")


def test_a_killed_run_frees_it_once_the_helm_that_it_started_has_ended(machine):
    run = machine.hold()
    jobs = machine.folder / "run" / f"local-{parts_of(machine.holder())[1]}"
    job = {**machine.environment, JOBS: str(jobs)}
    helm = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], env=job)
    try:
        next(line for line in run.stdout if "platform : Decide what there is to do" in line)
        started = until(lambda: module_at_work(run.pid), 20, "a module at work")
        time.sleep(2)
        run.kill()
        run.wait()
        until(machine.is_ending, 30, "the Lease marked as ending")
        assert not [each for each in started if running(each)]
        assert machine.holder()
        following = machine.start(SITE)
        shown = next(line for line in following.stdout if "waiting:" in line)
    finally:
        helm.kill()
        helm.wait()
    assert "has ended, and leaves Helm still at work" in shown
    assert "failed=0" in following.communicate()[0]


def module_at_work(pid):
    """Return the processes below a playbook once a worker of it has started something."""
    found = psutil.Process(pid).children(recursive=True)
    return found if len(found) > 1 else []


def test_after_a_machine_has_died_the_next_run_takes_it_over_when_it_has_run_out(machine):
    run = machine.hold()
    before = machine.lease()["spec"]
    killed = [*machine.renewers(), *psutil.Process(run.pid).children(recursive=True)]
    run.kill()
    for each in killed:
        # Some ended with the run.
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    run.wait()
    machine.file.touch()
    # No platform_lock_wait: that the renewer is dead too is seen from its own machine, just after a renewal as well.
    said = machine.play(str(machine.folder / "hold.yml"), let_go=str(machine.file))
    assert re.search(f"waiting: {WHO}", said)
    assert machine.lease()["spec"]["leaseTransitions"] == before["leaseTransitions"] + 1


def test_a_run_that_has_lost_it_stops_at_its_next_look(machine):
    run = machine.hold()
    taken = {"spec": {"holderIdentity": "bob@ci/4711", "acquireTime": "2026-11-23T12:00:00.000000Z"}}
    machine.kubectl("patch", "lease", "landfall", "--type=merge", f"--patch={json.dumps(taken)}")
    until(lambda: not machine.renewers(), 30, "no renewer")
    said = machine.let_go(run)
    assert run.returncode == 2
    assert "bob@ci has been at work on this cluster since 2026-11-23 12:00:00 UTC (run 4711)" in " ".join(said.split())
    assert machine.holder() == "bob@ci/4711"
    machine.kubectl("delete", "lease", "landfall")


def test_a_killed_renewer_is_replaced_at_the_next_look(machine):
    run = machine.hold()
    for each in machine.renewers():
        each.kill()
    # Until its last word is too old to count.
    time.sleep(machine.lease()["spec"]["leaseDurationSeconds"] + 1)
    assert "failed=0" in machine.let_go(run)
    until(lambda: not machine.holder(), 30, "the Lease free")


def test_dry_runs_and_preflight_take_none(machine):
    taken = {"holderIdentity": "bob@ci/4711", "leaseDurationSeconds": 3600, "renewTime": "2100-01-01T00:00:00.000000Z"}
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "landfall"}, "spec": taken}
    machine.kubectl("delete", "lease", "landfall", "--ignore-not-found")
    (machine.folder / "foreign.json").write_text(json.dumps(body))
    machine.kubectl("create", f"--filename={machine.folder}/foreign.json")
    machine.play(f"{SITE} --check")
    machine.play("site.yml --tags preflight")
    said = machine.play(SITE, fails=True)
    assert "bob@ci has been at work" in said
    assert machine.holder() == "bob@ci/4711"
    machine.kubectl("delete", "lease", "landfall")


def test_the_renewer_shows_no_secret_and_a_kubeconfig_may_be_a_dict(machine):
    kubeconfig = yaml.safe_load((machine.folder / "kubeconfig").read_text())
    run = machine.hold(platform_kubeconfig=kubeconfig)
    renewer = machine.renewers()[0]
    shown = " ".join([*renewer.cmdline(), *renewer.environ().values()])
    user = kubeconfig["users"][0]["user"]
    assert not [word for word in user.values() if str(word)[:60] in shown]
    assert "failed=0" in machine.let_go(run)
    until(lambda: not machine.holder(), 30, "the Lease free")


def test_helm_is_called_again_after_an_error_that_may_pass(machine):
    """A stand-in for Helm fails twice in passing: before it has changed anything, and with the release pending."""
    helm, calls = machine.folder / "bin/helm", machine.folder / "calls"
    real = helm.resolve()
    helm.unlink()
    helm.write_text(STUMBLING_HELM.format(real=real, calls=calls, kubeconfig=machine.folder / "kubeconfig"))
    helm.chmod(0o755)
    try:
        said = machine.play(SITE, metrics_server_values={"podAnnotations": {"example.org/touched": "yes"}})
    finally:
        helm.unlink()
        helm.symlink_to(real)
    assert calls.read_text().split() == ["called"] * 3
    assert said.count("that may pass, so Helm is called again") == 2
    assert said.count("what an interrupted run left unfinished is ended first") == 1
    assert machine.component("metrics-server")["health"] == "ready"
    until(lambda: not list((machine.folder / "run").iterdir()), 30, "nothing left of the jobs")


def test_uninstall_leaves_no_lease(machine):
    machine.play("playbooks/uninstall.yml")
    until(lambda: machine.lease() is None and not machine.renewers(), 30, "no Lease, no renewer")
    machine.play("playbooks/uninstall.yml")
    assert machine.lease() is None
