"""A whole platform on a cluster of its own, runs that are hurt, and what has to be true after the next one."""

import json
import os
import random
import re
import signal
import subprocess
from contextlib import suppress

import psutil

from tests.e2e.machine import ROOT, Machine, words

TASK = re.compile(r"^TASK \[(?:landfall\.eks\.)?([\w.]+) : (.+?)\] \**$")
PROGRAMS = ("helm", "ansible", "AnsiballZ")
STARTS = ("platform", "Start the releases")
"""The task that starts a component, by role and name."""
RENEWER = "lease.renewer"
SEED = int(os.environ.get("LANDFALL_SEED", random.randrange(10**6)))
ROUNDS = int(os.environ.get("LANDFALL_ROUNDS", "3"))


class Platform(Machine):
    """The machine, and what it held when all was well."""

    def __init__(self, folder):
        super().__init__(folder)
        self.secrets = None
        self.touches = 0

    def touch(self):
        """Return settings that change something in most releases."""
        self.touches += 1
        mark = {"example.org/touched": f"t{self.touches}"}
        return {
            "monitoring_kube_prometheus_stack_values": {"commonLabels": mark},
            "efk_fluent_bit_values": {"podAnnotations": mark},
            "efk_eck_operator_values": {"podAnnotations": mark},
            "metrics_server_values": {"podAnnotations": mark},
            "argocd_argo_cd_values": {"global": {"podAnnotations": mark}},
            "ingress_nginx_ingress_values": {"controller": {"pod": {"annotations": mark}}},
            "flask_app_values": {"podAnnotations": mark},
        }

    def start(self, settings, *playbook, **environment):
        """Start a playbook, site.yml unless another is named; its output goes to a pipe."""
        command = ["ansible-playbook", "-i", "inventories/local", *(playbook or ("site.yml",))]
        return subprocess.Popen(
            [*command, "-e", json.dumps(settings)],
            cwd=ROOT,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def play(self, settings, *playbook, **environment):
        """Run a playbook to its end; return its exit status and what it printed."""
        run = self.start(settings, *playbook, **environment)
        said = run.communicate()[0]
        return run.returncode, said

    def kill(self, run, renewer=False):
        """Kill a run with all that it has started, as the end of its terminal or its machine's memory would."""
        victims = [each for each in psutil.process_iter() if self._works(each, renewer)]
        run.send_signal(signal.SIGKILL)
        for each in victims:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        run.communicate()

    def _works(self, process, renewer):
        try:
            ours = process.environ().get("LANDFALL_STATE_DIR") == str(self.folder)
        except psutil.Error:
            return False
        command = words(process)
        if any(RENEWER in word for word in command):
            return ours and renewer
        return ours and any(name in word for word in command[:4] for name in PROGRAMS)

    def helm_records(self, selector="owner=helm"):
        """Return the namespace and name of Helm's records."""
        return {
            (each["metadata"]["namespace"], each["metadata"]["name"])
            for each in self.get("secrets", "--all-namespaces", "-l", selector)["items"]
        }

    def unfinished(self):
        """Return the releases whose newest revision is not deployed; an older one may have failed and be history."""
        newest = {}
        for each in self.get("secrets", "--all-namespaces", "-l", "owner=helm")["items"]:
            labels = each["metadata"]["labels"]
            revision = (int(labels["version"]), labels["status"])
            newest[labels["name"]] = max(newest.get(labels["name"], (0, "")), revision)
        return sorted(name for name, (_, status) in newest.items() if status != "deployed")

    def credentials(self):
        """Return each credential's Secret with what it holds."""
        found = self.get("secrets", "--all-namespaces", "-l", "landfall.eks/credential")["items"]
        return {(each["metadata"]["namespace"], each["metadata"]["name"]): each.get("data") for each in found}

    def is_well(self):
        """Check that every release is there and ready, nothing is pending, and no credential has changed."""
        summary = json.loads((self.folder / "summary.json").read_text())
        health = {each["release"]: each["health"] for each in summary["components"]}
        assert len(health) == 9, health
        assert set(health.values()) == {"ready"}, health
        assert not self.unfinished()
        found = self.credentials()
        assert found, "control: there are credentials"
        if self.secrets is not None:
            assert {name: found.get(name) for name in self.secrets} == self.secrets
        self.secrets = found

    def converges(self, settings=None):
        """Run site.yml, which has to mend whatever it finds, and check that all is well."""
        status, said = self.play(settings or {})
        assert status == 0, said[-6000:]
        self.is_well()


def rounds(platform, how):
    """Hurt some runs, and let another one finish what failed; return how many ended well by themselves."""
    well = 0
    for _ in range(ROUNDS):
        settings = platform.touch()
        status, _ = how(settings)
        if status == 0:
            well += 1
            platform.is_well()
        else:
            platform.converges(settings)
    return well


def wait_for_start(run, number):
    """Read what a run prints until it starts so many components; return at its end if there are fewer."""
    seen = 0
    for line in run.stdout:
        found = TASK.match(line)
        seen += bool(found and found.groups() == STARTS)
        if seen == number:
            return


def headers(said):
    """Return the role and name of each task in the order in which they began."""
    return [found.groups() for line in said.splitlines() if (found := TASK.match(line))]


def boundaries(said):
    """Return the numbers, from 1, of the tasks with which a role begins or is come back to."""
    roles = [role for role, _ in headers(said)]
    return [number for number, role in enumerate(roles, 1) if number == 1 or role != roles[number - 2]]
