"""Runs this collection's modules in Ansible's own worker process, which has imported what they need already.

A module that Ansible starts as a process of its own imports the clients of Kubernetes and AWS again, which takes longer
than its work.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from ansible.module_utils.testing import patch_module_args
from ansible.plugins.action import ActionBase

from ansible_collections.landfall.eks.plugins.module_utils.text import yaml_files
from ansible_collections.landfall.eks.plugins.plugin_utils.environment import overruled

COLLECTION = "landfall.eks"
PACKAGE = f"ansible_collections.{COLLECTION}.plugins.modules"
MODULES = Path(__file__).parents[1] / "modules"


def import_all() -> None:
    """Import every module of the collection; what cannot be imported says so itself once it runs."""
    for path in MODULES.glob("[!_]*.py"):
        importlib.import_module(f"{PACKAGE}.{path.stem}")


@functools.cache
def reaching_clusters() -> frozenset[str]:
    """Return the modules that take kubeconfig and context: those of the collection's action group `cluster`."""
    runtime = yaml_files.read(MODULES.parents[1] / "meta/runtime.yml")
    return frozenset(runtime["action_groups"]["cluster"])


def main_of(name: str) -> Callable[[], None] | None:
    """Return the main function of a module of this collection by its full name; None for any other module."""
    collection, _unused, short = name.rpartition(".")
    if collection != COLLECTION or not (MODULES / f"{short}.py").is_file():
        return None
    main: Callable[[], None] = importlib.import_module(f"{PACKAGE}.{short}").main
    return main


def run(main: Callable[[], None], arguments: dict[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    """Run a module with its arguments, Ansible's own (`_ansible_…`) among them, and return its result.

    `environment` is laid over this process's own. What the module leaves to the end of its process is done here, since
    a worker ends without it. A module that ends with an exception has failed, as its own process would have.
    """
    printed = io.StringIO()
    with (
        _as_its_own_process(arguments, environment),
        contextlib.redirect_stdout(printed),
        contextlib.suppress(SystemExit),
    ):
        try:
            main()
        except Exception as error:  # noqa: BLE001 - as its process would have ended
            return {"failed": True, "changed": False, "msg": str(error), "exception": traceback.format_exc()}
    result: dict[str, Any] = json.loads(printed.getvalue())
    return result


@contextlib.contextmanager
def _as_its_own_process(arguments: dict[str, Any], environment: dict[str, str]) -> Iterator[None]:
    with (
        mock.patch.dict(os.environ, environment),
        patch_module_args(arguments),
        contextlib.ExitStack() as ending,
        mock.patch.object(atexit, "register", ending.callback),
    ):
        for name in overruled(environment):
            del os.environ[name]
        yield


class InWorker(ActionBase):
    """An action that runs the modules of this collection in its own process."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def _execute_module(
        self,
        module_name: str | None = None,
        module_args: dict[str, Any] | None = None,
        task_vars: dict[str, Any] | None = None,
        **others: Any,
    ) -> dict[str, Any]:
        """Run a module: here if it is ours and nothing speaks against it, else as Ansible does.

        Another user, another machine and the background need a process of its own; macOS forbids what it does with
        proxies in a fork.
        """
        name: str = module_name or self._task.action
        arguments = dict(self._task.args if module_args is None else module_args)
        main = None if others or self.needs_a_process() else main_of(name)
        if main is None:
            result: dict[str, Any] = super()._execute_module(name, arguments, task_vars=task_vars, **others)
            return result
        self._update_module_args(name, arguments, task_vars or {})
        return run(main, arguments, self._environment())

    def _update_module_args(
        self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any], **others: Any
    ) -> None:
        """Add Ansible's own arguments; no module of the collection writes its arguments into the machine's log.

        They hold kubeconfigs and keys of pagers. Here and not in ansible.cfg alone, which others do not have.
        """
        super()._update_module_args(module_name, module_args, task_vars, **others)
        if main_of(module_name):
            module_args["_ansible_no_log"] = True

    def look(self, name: str, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run a module of this collection in check mode; otherwise as `act` does."""
        with mock.patch.object(self._task, "check_mode", True):
            return self.act(name, arguments, task_vars)

    def act(self, name: str, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Run a module of this collection, with the task's access to the cluster if it takes that.

        `name` is the module's, without the collection.
        """
        access = {key: value for key in ("kubeconfig", "context") if (value := self._task.args.get(key))}
        given = {**access, **arguments} if name in reaching_clusters() else arguments
        return self._execute_module(f"{COLLECTION}.{name}", given, task_vars)

    def needs_a_process(self) -> bool:
        """Say whether a module cannot run here: for another user, elsewhere, in the background or on macOS."""
        return bool(
            self._connection.become
            or self._connection.transport != "local"
            or self._task.async_val
            or sys.platform == "darwin"
        )

    def _environment(self) -> dict[str, str]:
        found: dict[str, Any] = {}
        self._compute_environment_string(found)
        return {name: str(value) for name, value in found.items()}


class ActionModule(InWorker):
    """Runs the module of the task's name."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module and return its result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        return {**result, **self._execute_module(task_vars=task_vars)}
