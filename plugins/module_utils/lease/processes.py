"""The processes of a run: ansible-playbook, what it has started, and Helm in the background."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress

from ansible_collections.landfall.eks.plugins.module_utils.libraries.psutil import psutil

JOBS = "LANDFALL_JOBS"
"""In the environment of a background job and of its Helm: the folder of the jobs of its run."""


def running(process: psutil.Process) -> bool:
    """Say whether a process is at work; one that has ended counts as gone even before its parent has noticed."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def alive(pid: int) -> bool:
    """Say whether the process of this id is at work."""
    try:
        return running(psutil.Process(pid))
    except psutil.Error:
        return False


def is_helm(process: psutil.Process) -> bool:
    """Say whether a process is Helm; one that has ended is not."""
    with suppress(psutil.Error):
        return process.name() == "helm"
    return False


def descendants(process: psutil.Process) -> set[psutil.Process]:
    """Return what a process has started, directly or not, without the renewer that looks."""
    with suppress(psutil.Error):
        return {each for each in process.children(recursive=True) if each.pid != os.getpid()}
    return set()


class RunProcesses:
    """Watches an ansible-playbook process, told by its id and the time of its start, and remembers what it started."""

    def __init__(self, pid: int, jobs: str) -> None:
        """Take the id of the live ansible-playbook, and the folder of its background jobs, empty for none."""
        self.jobs = jobs
        self.workers: set[psutil.Process] = set()
        self.modules: set[psutil.Process] = set()
        self.helms: set[psutil.Process] = set()
        try:
            self.playbook: psutil.Process | None = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self.playbook = None

    def refresh(self) -> bool:
        """Note what ansible-playbook has running now, and say whether it runs itself."""
        if self.playbook is None or not running(self.playbook):
            return False
        with suppress(psutil.Error):
            workers = set(self.playbook.children())
            modules = descendants(self.playbook) - workers
            # One that was killed meanwhile has no children any more.
            if running(self.playbook):
                self.workers, self.modules = workers, modules
        return True

    def end_orphans(self) -> None:
        """Kill what a killed playbook leaves: nobody hears it any more, and it would go on changing the cluster.

        Only Helm is left to end as it wants to, since it writes down how far it got, and so is what runs it in the
        background.
        """
        self.helms = {each for each in self.modules if is_helm(each)}
        spared = {child for helm in self.helms for child in descendants(helm)} | self.helms | self._background_jobs()
        for process in (self.workers | self.modules) - spared:
            with suppress(psutil.Error):
                process.kill()

    def leftovers(self) -> list[psutil.Process]:
        """Return the Helm processes, and those around them, of a run whose ansible-playbook has ended."""
        return [each for each in self.helms | self._background_jobs() if running(each)]

    def remove_results(self) -> None:
        """Remove what the background jobs have left: of a run that was killed, nobody will read it."""
        if self.jobs:
            shutil.rmtree(self.jobs, ignore_errors=True)

    def _background_jobs(self) -> set[psutil.Process]:
        if not self.jobs:
            return set()
        return {each for each in psutil.process_iter() if self._is_job(each)}

    def _is_job(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(JOBS) == self.jobs
        except (psutil.Error, OSError):  # ended meanwhile, or another user's
            return False
