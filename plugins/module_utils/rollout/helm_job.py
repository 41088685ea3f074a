"""Helm in the background: a process that outlives the task that starts it, and ends it for a release that is given up.

Helm itself is run, not the module kubernetes.core.helm, which asks Helm four more times for each release and needs two
Pythons; that was a third of a first rollout's time (docs/performance.md).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm.command import (
    context_words,
    find_access,
    helm_environment,
    write_kubeconfig,
)
from ansible_collections.landfall.eks.plugins.module_utils.lease.processes import JOBS, descendants, is_helm
from ansible_collections.landfall.eks.plugins.module_utils.libraries.psutil import psutil
from ansible_collections.landfall.eks.plugins.module_utils.rollout import helm_runner
from ansible_collections.landfall.eks.plugins.module_utils.rollout.outcomes import job_outcome
from ansible_collections.landfall.eks.plugins.module_utils.text import json_yaml

END_SECONDS = 15.0
POLL_SECONDS = 0.2
SPARE_SECONDS = 60
"""How much longer than its own timeout Helm may take before it is killed."""
ROOM_BYTES = 1 << 20
"""More than what a job leaves: on a full disk it would leave nothing, and be waited for in vain."""


def start(folder: Path, helm: str, release: dict[str, Any], access: dict[str, Any]) -> Path:
    """Start `helm upgrade --install`, and return the file that says how it ended once it has.

    `folder` is that of this run's jobs on this cluster, `helm` the program, `release` {name, namespace, chart, values,
    history_max, take_ownership, timeout in seconds}, `access` {kubeconfig, context}. Raises OSError where the folder
    cannot be written or the process not be started, and HelmError where no cluster is found.
    """
    found = find_access(access)
    have_room(folder)
    job = folder / f"{release['name']}.{time.time_ns()}.json"
    order = {
        "command": [helm, *_words(release), *context_words(found.context)],
        "values": json_yaml.dump(release["values"]),
        "seconds": release["timeout"] + SPARE_SECONDS,
    }
    environment = {**helm_environment(_kubeconfig(job, found.kubeconfig)), JOBS: str(folder)}
    child = subprocess.Popen(  # pylint: disable=ansible-bad-function
        [sys.executable, "-P", helm_runner.__file__, str(job)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=environment,
        text=True,
    )
    if child.stdin:  # as it always is
        with child.stdin:
            json.dump(order, child.stdin)
    return job


def _words(release: dict[str, Any]) -> list[str]:
    return [
        *("upgrade", release["name"], release["chart"], "--install", f"--namespace={release['namespace']}"),
        *("--values=-", "--reset-values", "--skip-crds", f"--timeout={release['timeout']}s"),
        # The schema of a pinned chart may name addresses of others; our values are checked against it by tests.
        *("--skip-schema-validation", f"--history-max={release['history_max']}"),
        *(["--take-ownership"] if release["take_ownership"] else []),
    ]


def _kubeconfig(job: Path, kubeconfig: Any) -> str:
    """Return the path of a kubeconfig that may be a dict: then a file beside the job, which goes with its folder."""
    if not isinstance(kubeconfig, dict):
        return str(kubeconfig)
    return write_kubeconfig(job.with_suffix(".kubeconfig"), kubeconfig)


def have_room(folder: Path) -> None:
    """Make the folder, for its owner alone, and see that there is room in it. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(bytes(ROOM_BYTES))


def end(job: str, seconds: float = END_SECONDS) -> None:
    """End Helm's background job, whose result is the file `job`; nothing is done if it has ended.

    Helm is told to stop, and marks its revision failed. If it has not within `seconds` it is killed, and the revision
    stays pending; the process around it ends by itself either way, and leaves its result.
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
    """Return the helm processes of a job, below the process that has its file as an argument."""
    runners = [each for each in psutil.process_iter(["cmdline"]) if job and job in (each.info["cmdline"] or [])]
    return [each for runner in runners for each in descendants(runner) if is_helm(each)]
