"""The faults that take longer: an API server that is killed, a full disk, a wrong clock, and a webhook."""

import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess

import psutil
import pytest

from tests.e2e.chaos.platform import ROUNDS, SEED, rounds, wait_for_start
from tests.e2e.machine import until, words

pytestmark = pytest.mark.chaos

COMPONENTS = 6
BUSY = "has been at work on this cluster since"
WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: judge.example.org, labels: {landfall.test/real: "true"}}
webhooks:
  - name: judge.example.org
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    timeoutSeconds: 1
    clientConfig: {service: {name: judge, namespace: default, path: /}}
    rules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments, daemonsets]}
"""


def test_an_api_server_that_is_started_again(rolled_out, fault):
    chance = random.Random(SEED)

    def restart(settings):
        run = rolled_out.start(settings)
        wait_for_start(run, chance.randint(1, COMPONENTS))
        server = f"{rolled_out.folder}/bin/kube-apiserver"
        os.kill(next(each.pid for each in psutil.process_iter() if server in words(each)[:1]), signal.SIGKILL)
        rolled_out.playbook("playbooks/local_cluster.yml")
        said = run.communicate()[0]
        return run.returncode, said

    well = rounds(rolled_out, restart)
    fault(
        "the API server is killed during a run, and started again", ROUNDS, ROUNDS, f"{well} ended well by themselves"
    )


def test_a_full_disk(rolled_out, fault):
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("not run: a disk of its own needs root and unshare (make system-packages)")
    jobs = rolled_out.folder / "run"
    settings = rolled_out.touch()
    mount = f"mount -t tmpfs -o size=4k tmpfs {jobs} && (dd if=/dev/zero of={jobs}/full bs=4k count=1 || true)"
    play = shlex.join(["ansible-playbook", "-i", "inventories/local", "site.yml"])
    before = rolled_out.helm_records()
    status, _, said = rolled_out.try_(
        "unshare",
        "--mount",
        "sh",
        "-c",
        f'mkdir -p {jobs} && {mount} 2>&1 && exec {play} -e "$0"',
        json.dumps(settings),
    )
    assert status != 0, "control: the disk was full"
    assert "No space left on device" in said
    fewer = before - rolled_out.helm_records()
    assert not fewer
    rolled_out.converges(settings)
    fault("the disk of the run's folder is full", 1, 1, "the run ended with: No space left on device")


def test_two_runs_at_once(rolled_out, fault):
    settings = rolled_out.touch()
    both = [rolled_out.start(settings) for _ in range(2)]
    said = {run: run.communicate()[0] for run in both}
    assert sorted(run.returncode for run in both) == [0, 2], "\n".join(said.values())[-6000:]
    loser = next(run for run in both if run.returncode)
    assert BUSY in said[loser]
    rolled_out.converges(settings)
    fault("two runs at once", 1, 1, "one worked, the other said who was at work, and since when")


def test_a_clock_that_is_wrong(rolled_out, fault):
    hours = 2
    faketime = shutil.which("faketime")
    if not faketime:
        pytest.skip("not run: a wrong clock needs faketime (make system-packages)")
    wrong = [faketime, "-f", f"{hours:+d}h"]
    now = [int(subprocess.check_output([*each, "date", "+%s"])) for each in ([], wrong)]
    assert abs(now[1] - now[0] - hours * 3600) < 60, "control: the clock is wrong"
    settings = rolled_out.touch()
    until(lambda: not rolled_out.holder(), 30, "the Lease of the run before is free")
    first = rolled_out.start(settings)
    until(rolled_out.holder, 60, "held")
    play = ["ansible-playbook", "-i", "inventories/local", "site.yml", "-e", json.dumps(settings)]
    status, _, said = rolled_out.try_(*wrong, *play)
    first_said = first.communicate()[0]
    assert status != 0, said[-6000:]
    assert BUSY in said, said[-3000:]
    assert first.returncode == 0, first_said[-3000:]
    settings = rolled_out.touch()
    status, _, said = rolled_out.try_(*wrong, *play[:-1], json.dumps(settings))
    assert status == 0, said[-6000:]
    rolled_out.converges(settings)
    fault(f"the clock of the control node is wrong by {hours:+d} h", 2, 2, "it waited its turn, and rolled out alone")


def test_a_webhook_that_is_down(rolled_out, fault):
    rolled_out.kubectl("apply", "-f", "-", text=WEBHOOK)
    settings = rolled_out.touch()
    try:
        status, said = rolled_out.play(settings)
        assert status != 0, "control: the webhook was in the way"
        assert re.search(r"judge\.example\.org", said)
    finally:
        rolled_out.kubectl("delete", "validatingwebhookconfiguration", "judge.example.org")
    rolled_out.converges(settings)
    fault("a webhook before every Deployment is down", 1, 1, "the run named it, and went back")
