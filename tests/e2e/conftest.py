"""A fresh clone, in which the README's commands are typed one after another."""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import commands
from tests.e2e.machine import words

ROOT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items):
    """Keep the order of the files, which is that of a user's day; the last one ends it."""
    items.sort(key=lambda item: item.path.name)


# A machine has room for one real node at a time.
REAL_NODE = ("test_real_node.py", "test_chain.py")


class ByCluster(LoadScopeScheduling):
    """Keeps the tests of one cluster together: those of a user's day, those with a real node, and any other file's."""

    def _split_scope(self, nodeid):
        name = Path(nodeid.partition("::")[0]).name
        if name in REAL_NODE:
            return "a real node"
        return "a user's day" if name.startswith(("test_1_", "test_2_", "test_3_")) else name


def pytest_xdist_make_scheduler(config, log):
    return ByCluster(config, log)


class Checkout:
    """A clone of the repository and the commands that a user types in it."""

    def __init__(self, path):
        self.path = path
        self.state = path / ".landfall"
        others = ("ANSIBLE_", "LANDFALL_STATE", "KUBECONFIG", "K8S_AUTH_", "KUBERNETES_SERVICE_")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(others)}
        # Without a chart cache of the caller's: what a new user sees.
        self.environment.pop("LANDFALL_CHART_CACHE", None)
        self.environment.pop("MAKEFLAGS", None)
        self.environment |= commands.TASK_BY_TASK
        self.typed = []
        self.environment["PATH"] = f"{path}/.venv/bin:{self.environment['PATH']}"

    def run(self, command, fails=False, **environment):
        """Type a command; return what it printed. Unless `fails`, its exit status must be 0; with it, it must not."""
        self.typed.append(command)
        done = commands.run(
            ["bash", "-c", command],
            cwd=self.path,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert (done.returncode != 0) is fails, f"{command} ended with {done.returncode}:\n{done.stdout[-6000:]}"
        return done.stdout

    def start(self, command):
        """Start a command and go on."""
        return subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.path,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill_everything_of(self, run):
        """Kill a run with all that it has started, the cluster's own processes excepted."""
        programs = ("helm", "ansible", "AnsiballZ")
        victims = [
            each for each in self.processes() if any(name in word for word in words(each)[:4] for name in programs)
        ]
        run.kill()
        for each in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        run.wait()

    def summary(self):
        return json.loads((self.state / "summary.json").read_text())

    def kubectl(self, arguments):
        return self.run(f"KUBECONFIG=.landfall/kubeconfig .landfall/bin/kubectl {arguments}")

    def processes(self):
        """Return the living processes that name the clone's state folder, as an argument or in their environment."""
        return [each for each in psutil.process_iter() if self._is_ours(each)]

    def _is_ours(self, process):
        try:
            words = [*process.cmdline(), *process.environ().values()]
            return process.status() != psutil.STATUS_ZOMBIE and any(str(self.state) in word for word in words)
        except psutil.Error:
            return False

    def helm(self, arguments):
        return json.loads(self.run(f"KUBECONFIG=.landfall/kubeconfig .landfall/bin/helm {arguments} -o json"))

    def revisions(self):
        """Return Helm's newest revision of each release."""
        return {each["name"]: (each["revision"], each["updated"]) for each in self.helm("list --all-namespaces")}

    def statuses(self):
        """Return what Helm calls the newest revision of each release."""
        return {each["name"]: each["status"] for each in self.helm("list --all-namespaces")}

    def history(self, name, namespace):
        """Return all revisions that Helm keeps of a release, the oldest first."""
        return self.helm(f"history {name} --namespace {namespace}")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory):
    path = tmp_path_factory.mktemp("fresh") / "landfall"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(path)], check=True)
    # The packages are those of this run; installing them again would only cost minutes.
    (path / ".venv").symlink_to(ROOT / ".venv")
    clone = Checkout(path)
    yield clone
    clone.run("make down")
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def first_up(checkout):
    return checkout.run("make up")


@pytest.fixture(scope="session")
def second_up(first_up, checkout):
    return checkout.run("make up")


REAL_RUNTIME = (*REAL_NODE, "test_hpa.py")


def pytest_terminal_summary(terminalreporter):
    """Say which tests ran on a real runtime, and which did not, and why."""
    for outcome, word in (("passed", "ran"), ("failed", "ran and failed"), ("skipped", "not run")):
        reports = terminalreporter.getreports(outcome)
        found = [each for each in reports if any(name in each.nodeid for name in REAL_RUNTIME)]
        names = [each.nodeid.rpartition("/")[2] for each in found if each.when == "call" or outcome == "skipped"]
        if names:
            terminalreporter.write_line(f"Real runtime, {word}: {', '.join(names)}")
        for reason in sorted({str(each.longrepr[2]) for each in found if outcome == "skipped"}):
            terminalreporter.write_line(f"  {reason.removeprefix('Skipped: ')}")
