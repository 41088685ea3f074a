"""Ending Helm in the background, for a release that is given up while Helm waits for one of its hooks."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import psutil

from ansible_collections.landfall.eks.plugins.module_utils.lease.processes import descendants, is_helm
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import job_outcome

END_SECONDS = 15.0
POLL_SECONDS = 0.2


def end(job: str, seconds: float = END_SECONDS) -> None:
    """End Helm's background job, whose result is the file `job`; nothing is done if it has ended.

    Helm is told to stop, and marks its revision failed. If it has not within `seconds` it is killed, and the revision
    stays pending; the module around it ends by itself either way, and leaves its result.
    """
    for signal in (psutil.Process.terminate, psutil.Process.kill):
        for process in _helms(job) if is_at_work(job) else []:
            with suppress(psutil.Error):
                signal(process)
        deadline = time.monotonic() + seconds
        while is_at_work(job) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def is_at_work(job: str) -> bool:
    """Say whether a background job has not left its result yet."""
    return job_outcome(job).phase == "running"


def _helms(job: str) -> list[psutil.Process]:
    """Return the helm processes of a job: async_wrapper, above them, has its id as an argument."""
    # The file is called after that id and the wrapper's first process.
    job_id = Path(job).name.rpartition(".")[0]
    wrappers = [each for each in psutil.process_iter(["cmdline"]) if job_id and job_id in (each.info["cmdline"] or [])]
    return [each for wrapper in wrappers for each in descendants(wrapper) if is_helm(each)]
