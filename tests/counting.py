"""What a run takes that no machine's speed changes: tasks, Python interpreters and requests to the API server.

- A task is a heading of Ansible's own stdout callback: skipped tasks, includes and handlers too, `meta` not.
- A Python is each exec of an interpreter, whoever starts it, by a sitecustomize module on PYTHONPATH. Forks are not
  counted, nor the command itself. One started with -I, -E or -S, or without its parent's environment, is not seen.
- A request is one that the run sends to the Kubernetes API: it goes through a proxy of its own. A watch is one request,
  a try that is made again is another one. What the cluster's own programs ask is not among them, nor are calls of AWS.
"""

from __future__ import annotations

import ast
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests import commands
from tests.e2e.chaos.api_proxy import FaultyApi

ROOT = Path(__file__).resolve().parents[1]
TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(.*)\] \**$", re.MULTILINE)
EVERY_TASK = {**commands.TASK_BY_TASK, "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "true", "ANSIBLE_NOCOLOR": "true"}
COUNTED = "LANDFALL_COUNTED"
"""Names the file in which interpreters note themselves; a process that has it in its environment is of the run."""
NOTE_YOURSELF = f"""
import os, sys
file = os.open(os.environ["{COUNTED}"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
os.write(file, (repr((os.getppid(), [each[:200] for each in sys.orig_argv])) + "\\n").encode())
os.close(file)
"""


class HasFolder(Protocol):
    """An embedded cluster, by its state folder."""

    folder: Path


class Machine(HasFolder, Protocol):
    """A cluster, and the environment of the commands that are typed at it."""

    environment: dict[str, str]


@dataclass(frozen=True)
class Counts:
    """A run's exit status, output and wall seconds, and what was counted: names, command lines, `METHOD path`."""

    status: int
    said: str
    seconds: float
    tasks: list[str]
    pythons: list[str]
    requests: list[str]

    def __str__(self) -> str:
        """Return the figures, then all that was counted, for the message of an assertion."""
        figures = f"{len(self.tasks)} tasks, {len(self.pythons)} Pythons, {len(self.requests)} API requests"
        return "\n  ".join([figures, *self.tasks, *self.pythons, *self.requests])


class Counter:
    """Runs commands, one at a time, and counts what each takes."""

    def __init__(self, environment: Mapping[str, str], apis: Mapping[str, FaultyApi], folder: Path) -> None:
        """Count what goes through `apis`, by inventory host, each in the folder of that name below `folder`."""
        self.apis, self.folder, self.notes = apis, folder, folder / "pythons"
        site = folder / "site"
        site.mkdir()
        (site / "sitecustomize.py").write_text(NOTE_YOURSELF)
        path = os.pathsep.join(filter(None, [str(site), environment.get("PYTHONPATH")]))
        kubeconfig = next(str(api.kubeconfig) for api in apis.values())
        own = {"PYTHONPATH": path, "KUBECONFIG": kubeconfig, COUNTED: str(self.notes)}
        self.environment = {**environment, **EVERY_TASK, **own}

    def run(self, *command: str) -> Counts:
        """Run a command from the checkout, and count; KUBECONFIG is that of the first host's proxy."""
        self.notes.unlink(missing_ok=True)
        for api in self.apis.values():
            api.asked.clear()
        begun = time.monotonic()
        done = commands.run(command, cwd=ROOT, env=self.environment, capture_output=True)
        seconds = time.monotonic() - begun
        return Counts(
            done.returncode,
            done.stdout + done.stderr,
            seconds,
            tasks=TASK.findall(done.stdout),
            pythons=[" ".join(words) for parent, words in self._noted() if parent != os.getpid()],
            requests=[request for api in self.apis.values() for request in api.asked],
        )

    def playbook(self, *words: str) -> Counts:
        """Run a playbook, with the inventory that `words` name, and count; each host has its own proxy."""
        through = json.dumps({"platform_kubeconfig": f"{self.folder}/{{{{ inventory_hostname }}}}/kubeconfig"})
        counts = self.run("ansible-playbook", *words, "-e", through)
        assert os.getpid() in dict(self._noted()), "control: ansible-playbook's own interpreter has noted itself"
        return counts

    def _noted(self) -> list[tuple[int, list[str]]]:
        """Return the parent and the words of each interpreter of the last run."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [ast.literal_eval(line) for line in lines]


@contextmanager
def counter(environment: Mapping[str, str], clusters: Mapping[str, HasFolder]) -> Iterator[Counter]:
    """Count several runs through one proxy for each inventory host's cluster.

    What clients keep of the API's discovery in one run serves them in the next one.
    """
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="lf-count-")))
        apis = {
            name: ending.enter_context(FaultyApi(cluster, folder / name, share=0, seed=0))
            for name, cluster in clusters.items()
        }
        yield Counter(environment, apis, folder)


def count(machine: Machine, *words: str) -> Counts:
    """Run one playbook on the embedded cluster of `machine`, with inventories/local, and count what it takes.

    The API server has an address that no client has met before, so that nothing of its discovery is in a cache.
    """
    with counter(machine.environment, {"local": machine}) as counting:
        return counting.playbook("-i", "inventories/local", *words)
