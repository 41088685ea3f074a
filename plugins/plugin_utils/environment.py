"""The environment of a task, given to the processes of its worker as their own and not as a part of a command.

Ansible writes the variables of `environment` before the command that starts a module, `/bin/sh -c 'NAME=value python'`,
where every user of the machine sees them in the list of processes, and -vvv on the screen. Each task has a worker of
its own, a fork of ansible-playbook, and what that starts on this machine inherits the environment of the worker.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text import variables

ENDPOINT = "AWS_ENDPOINT_URL"


def hand_on(environment: Any) -> None:
    """Give the worker of a task some variables; nothing is done in ansible-playbook itself, which all hosts share.

    What cannot be a variable is left out: settings are judged by a task, and that has this environment too.
    """
    if multiprocessing.parent_process() is None or not isinstance(environment, Mapping):
        return
    given = {name: str(value) for name, value in environment.items() if not variables.fault(name, value)}
    for name in overruled(given):
        del os.environ[name]
    os.environ.update(given)


def overruled(environment: Mapping[str, str]) -> list[str]:
    """Return the shell's endpoints of single AWS services, which would come before the one that the task gives."""
    given = environment if ENDPOINT in environment else os.environ
    return [name for name in os.environ if name.startswith(f"{ENDPOINT}_") and name not in given]
