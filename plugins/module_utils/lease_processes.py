"""The processes of a run: ansible-playbook, what it has started, and Helm in the background."""

from __future__ import annotations

import os
from contextlib import suppress

import psutil


def running(process: psutil.Process) -> bool:
    """Say whether a process is at work; one that has ended counts as gone even before its parent has noticed."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


class RunProcesses:
    """Watches an ansible-playbook process, told by its id and the time of its start, and remembers what it started."""

    def __init__(self, pid: int, jobs: str) -> None:
        """Take the id of the live ansible-playbook, and the folder of its background jobs (ANSIBLE_ASYNC_DIR)."""
        self.jobs = jobs
        self.workers: set[psutil.Process] = set()
        self.modules: set[psutil.Process] = set()
        try:
            self.playbook: psutil.Process | None = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self.playbook = None

    def look(self) -> bool:
        """Note what ansible-playbook has running now, and say whether it runs itself."""
        if self.playbook is None or not running(self.playbook):
            return False
        with suppress(psutil.Error):
            workers = set(self.playbook.children())
            self.modules = set(self.playbook.children(recursive=True)) - workers
            self.workers = workers
        return True

    def end_workers(self) -> None:
        """Kill the workers of a playbook that was killed itself: nobody hears them, and they would go on changing things.

        What they have started, a Helm say, is left to end as it wants to.
        """
        for worker in self.workers:
            with suppress(psutil.Error):
                worker.kill()

    def leftovers(self) -> list[psutil.Process]:
        """Return what is still at work of a run whose ansible-playbook has ended."""
        modules = {each for each in self.modules if running(each) and each.pid != os.getpid()}
        return sorted(modules | self._background_jobs(), key=lambda each: each.pid)

    def _background_jobs(self) -> set[psutil.Process]:
        if not self.jobs:
            return set()
        return {each for each in psutil.process_iter() if self._is_job(each)}

    def _is_job(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("ANSIBLE_ASYNC_DIR") == self.jobs and running(process)
        except (psutil.Error, OSError):  # ended meanwhile, or another user's
            return False
