"""A process of its own that keeps a run's Lease as long as the run lives, and frees it when the run has ended.

That it watches ansible-playbook from outside is why a failed or killed run frees its Lease too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import (
    Cluster,
    ClusterError,
    client_from,
)
from ansible_collections.landfall.eks.plugins.module_utils.lease import status as lease_status
from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import (
    Body,
    Lease,
    LeaseLostError,
    hold_of,
)
from ansible_collections.landfall.eks.plugins.module_utils.lease.processes import RunProcesses
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException, HTTPError

LOOK_SECONDS = 0.5
RETRY_SECONDS = 2
PASSING = (ApiException, HTTPError, ClusterError, OSError, ValueError)
"""What a cluster or a network that is away for a while answers; the next try is made with a new client."""


def start(order: dict[str, Any], root: str) -> int:
    """Start a renewer, detached, and return its process id.

    `order` is what main reads, and goes through a pipe, since it may hold a kubeconfig; `root` is the folder that holds
    ansible_collections.
    """
    child = subprocess.Popen(  # pylint: disable=ansible-bad-function
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    if child.stdin:  # as it always is
        with child.stdin:
            child.stdin.write(json.dumps(order).encode())
    return child.pid


class Renewer:
    """Renews every third of the Lease's duration; `connect` makes a new client after each failure."""

    def __init__(
        self, connect: Callable[[], Lease], held: Body, processes: RunProcesses, status: Path, *, delete: bool
    ) -> None:
        """Take a Lease that is held; `delete` says that at the end it is deleted, not freed."""
        self.connect = connect
        self.held = held
        self.processes = processes
        self.status = status
        self.delete = delete
        self.lease: Lease | None = None
        self.seconds = hold_of(held).seconds
        self.due = time.time() + self.seconds / 3

    def run(self) -> None:
        """Work until the run has ended, or the Lease is lost."""
        try:
            while self.processes.refresh():
                self._renew_if_due()
                time.sleep(LOOK_SECONDS)
            self.processes.end_orphans()
            self._outlast_leftovers()
            self.processes.remove_results()
            # Before the Lease is free: afterwards the file may be the next run's.
            self.status.unlink(missing_ok=True)
            self._release()
        except LeaseLostError as lost:
            self._tell(0, str(lost))

    def _renew_if_due(self, *, ending: bool = False) -> None:
        begun = time.time()
        if begun < self.due:
            return
        try:
            self.held = self._connected().renew(self.held, ending=ending)
        except PASSING:
            self.lease, self.due = None, begun + RETRY_SECONDS
            return
        self.due = begun + self.seconds / 3
        self._tell(begun, "")

    def _outlast_leftovers(self) -> None:
        """Keep the Lease while a Helm that nobody waits for any more is at work."""
        self.due = 0
        while self.processes.leftovers():
            self._renew_if_due(ending=True)
            time.sleep(LOOK_SECONDS)

    def _release(self) -> None:
        """Free the Lease; a cluster that does not answer until it has run out needs no more of us."""
        deadline = time.time() + self.seconds
        while time.time() < deadline:
            try:
                self._connected().release(self.held, delete=self.delete)
            except PASSING:
                self.lease = None
                time.sleep(RETRY_SECONDS)
            else:
                return

    def _connected(self) -> Lease:
        if self.lease is None:
            self.lease = self.connect()
        return self.lease

    def _tell(self, renewed: float, lost: str) -> None:
        status = lease_status.Status(hold_of(self.held).holder, renewed, self.seconds, os.getpid(), lost)
        try:
            lease_status.write(self.status, status)
        except OSError:
            return  # without the file a run asks the cluster itself


def main() -> None:
    """Read an order from standard input, the options of RunProcesses and Renewer and how the cluster is reached."""
    order = json.load(sys.stdin)

    def connect() -> Lease:
        # The next try is the Renewer's own, before the Lease runs out.
        cluster = Cluster(client_from(order, more_tries=0))
        return Lease(cluster, order["namespace"], cluster.server_time)

    processes = RunProcesses(order["pid"], order["jobs"])
    Renewer(connect, order["held"], processes, Path(order["status"]), delete=order["delete"]).run()


if __name__ == "__main__":
    main()
