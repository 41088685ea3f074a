"""A run is one ansible-playbook: its id, its process, and the folder of the jobs that it starts in the background."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.text.files import file_name


def run_id() -> str:
    """Return an id of this ansible-playbook: every process that it forks inherits the same random key."""
    return hashlib.sha256(b"landfall run " + bytes(multiprocessing.current_process().authkey)).hexdigest()[:12]


def playbook_pid() -> int:
    """Return the process id of ansible-playbook, whose worker this is."""
    parent = multiprocessing.parent_process()
    return parent.pid if parent is not None and parent.pid else os.getpid()


def jobs_folder(folder: str, host: str) -> Path:
    """Return where the background jobs of this run leave their results for an inventory host.

    No other host and no other run has it, also where they share the state folder.
    """
    return Path(folder).expanduser() / "run" / f"{file_name(host)}-{run_id()}"
