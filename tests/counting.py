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
from collections.abc import Iterator
from contextlib import contextmanager
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


class Machine(Protocol):
    """A cluster's state folder, and the environment of the commands that are typed at it."""

    folder: Path
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

    def __init__(self, machine: Machine, folder: Path, api: FaultyApi) -> None:
        """Count what goes through `api`; `folder` takes the notes of the interpreters."""
        self.api, self.notes = api, folder / "pythons"
        site = folder / "site"
        site.mkdir()
        (site / "sitecustomize.py").write_text(NOTE_YOURSELF)
        path = os.pathsep.join(filter(None, [str(site), machine.environment.get("PYTHONPATH")]))
        own = {"PYTHONPATH": path, "KUBECONFIG": str(api.kubeconfig), COUNTED: str(self.notes)}
        self.environment = machine.environment | EVERY_TASK | own

    def run(self, *command: str) -> Counts:
        """Run a command from the checkout, and count; KUBECONFIG is that of the counting proxy."""
        self.notes.unlink(missing_ok=True)
        self.api.asked.clear()
        begun = time.monotonic()
        done = commands.run(command, cwd=ROOT, env=self.environment, capture_output=True)
        seconds = time.monotonic() - begun
        return Counts(
            done.returncode,
            done.stdout + done.stderr,
            seconds,
            tasks=TASK.findall(done.stdout),
            pythons=[" ".join(words) for parent, words in self._noted() if parent != os.getpid()],
            requests=list(self.api.asked),
        )

    def playbook(self, *words: str) -> Counts:
        """Run a playbook on the embedded cluster, and count."""
        through = json.dumps({"platform_kubeconfig": str(self.api.kubeconfig)})
        counts = self.run("ansible-playbook", "-i", "inventories/local", *words, "-e", through)
        assert os.getpid() in dict(self._noted()), "control: ansible-playbook's own interpreter has noted itself"
        return counts

    def _noted(self) -> list[tuple[int, list[str]]]:
        """Return the parent and the words of each interpreter of the last run."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [ast.literal_eval(line) for line in lines]


@contextmanager
def counter(machine: Machine) -> Iterator[Counter]:
    """Count several runs through one proxy, so that what clients keep of the API's discovery serves the next run."""
    with (
        tempfile.TemporaryDirectory(prefix="lf-count-") as folder,
        FaultyApi(machine, Path(folder) / "proxy", share=0, seed=0) as api,
    ):
        yield Counter(machine, Path(folder), api)


def count(machine: Machine, *words: str) -> Counts:
    """Run one playbook on the embedded cluster of `machine`, and count what it takes.

    The API server has an address that no client has met before, so that nothing of its discovery is in a cache.
    """
    with counter(machine) as counting:
        return counting.playbook(*words)
