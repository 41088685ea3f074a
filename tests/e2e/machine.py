"""A cluster in a short folder of its own, and the commands that are typed at it from the checkout."""

import json
import os
import sys
import time
from pathlib import Path

import psutil

from tests import commands

ROOT = Path(__file__).resolve().parents[2]


class Machine:
    """Its state lies in `folder`; `make down` ends it."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "MAKEFLAGS"))}
        self.environment |= commands.TASK_BY_TASK | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "KUBECONFIG": str(folder / "kubeconfig"),
            "LANDFALL_STATE_DIR": str(folder),
            "PATH": f"{Path(sys.executable).parent}:{folder}/bin:{ROOT}/.landfall/bin:{os.environ['PATH']}",
        }
        self.environment.pop("LANDFALL_CHART_CACHE", None)

    def try_(self, *command, text=None):
        """Run a command; return its exit status and what it printed."""
        done = commands.run(command, cwd=ROOT, env=self.environment, input=text or "", capture_output=True)
        return done.returncode, done.stdout, done.stdout + done.stderr

    def run(self, *command, text=None):
        """Run a command that must succeed; return what it printed on standard output."""
        status, out, said = self.try_(*command, text=text)
        assert status == 0, f"{' '.join(command)} ended with {status}:\n{said[-6000:]}"
        return out

    def playbook(self, *words):
        return self.run("ansible-playbook", "-i", "inventories/local", *words)

    def kubectl(self, *words, text=None):
        return self.run("kubectl", *words, text=text)

    def get(self, *words):
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def lease(self):
        """Return the Lease of the runs; nothing where there is none."""
        found = self.try_(
            "kubectl", "get", "lease/landfall", "-n", "landfall-system", "--ignore-not-found", "-o", "json"
        )
        return json.loads(found[1]) if found[1] else None

    def holder(self):
        """Return which run has the Lease; nothing if it is free."""
        return (self.lease() or {"spec": {}})["spec"].get("holderIdentity")

    def component(self, name):
        summary = json.loads((self.folder / "summary.json").read_text())
        return next(each for each in summary["components"] if each["release"] == name)


def words(process):
    """Return a process's arguments; none of one that ends just now."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def until(look, seconds, what):
    """Return what `look` returns once that is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not seen in {seconds} s: {what}"
        time.sleep(0.5)
    return seen
