"""Runs kubernetes.core.helm in the background, which that module's own action plugin does not allow."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.landfall.eks.plugins.module_utils.lease.run import jobs_folder

ROOM_BYTES = 1 << 20
"""More than what a job leaves: on a full disk it would leave nothing, and be waited for in vain."""


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        folder = jobs_folder(arguments.pop("folder"), (task_vars or {})["inventory_hostname"])
        # The job's file holds what the module returns; nobody else may look at it.
        have_room(folder)
        # Not as an environment variable, over which Ansible puts this option.
        self._connection._shell.set_option("async_dir", str(folder))
        result.update(
            self._execute_module(
                module_name="kubernetes.core.helm",
                module_args=arguments,
                task_vars=task_vars,
                wrap_async=self._task.async_val,
            )
        )
        return result


def have_room(folder: Path) -> None:
    """Make the folder, and see that there is room in it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(ROOM_BYTES))
    except OSError as error:
        raise AnsibleActionFail(
            f"{folder}, the folder of background jobs, cannot be written ({error.strerror}): make room there, or write "
            "another one as platform_state_dir."
        ) from error
