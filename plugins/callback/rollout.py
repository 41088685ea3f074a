"""Callback that shows a rollout as one line per component, and a failure as four labelled lines."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rollout
author: The Landfall authors (@landfall)
type: stdout
short_description: Shows a rollout as one line per component
version_added: 0.1.0
description:
  - Shows a line per component, rewritten in place on a terminal and printed again for each change anywhere else; its
    state, how many of its workloads are ready, how long it took and what it waits for.
  - A failure is shown once, as what failed, why, what to do about it and the state in which it was left; failures of
    one cause together.
  - With C(-v) the output is that of P(ansible.builtin.default#callback), with all of its options.
extends_documentation_fragment:
  - landfall.eks.attributes.api
  - default_callback
  - result_format_callback
requirements:
  - set as C(stdout_callback) in ansible.cfg, or ANSIBLE_STDOUT_CALLBACK=landfall.eks.rollout
"""

import functools
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from ansible import constants
from ansible.playbook.block import Block
from ansible.plugins.callback.default import CallbackModule as Default

from ansible_collections.landfall.eks.plugins.module_utils.rollout import board, failures
from ansible_collections.landfall.eks.plugins.module_utils.rollout.progress import Progress
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import folded, wrapped

RECORDING = {"landfall.eks.decide", "landfall.eks.run_record", "landfall.eks.start"}
FAILED = "landfall.eks.release_failed"
SUMMARY = "landfall.eks.summary"
DEBUG = {"debug", "ansible.builtin.debug"}
WARNING = "[WARNING]: "


def quiet(method: Callable[..., None]) -> Callable[..., None]:
    """Let the default callback's method of the same name take the place of a method where -v was given."""

    @functools.wraps(method)
    def chosen(self: CallbackModule, *args: Any, **kwargs: Any) -> None:
        if self.verbose:
            getattr(Default, method.__name__)(self, *args, **kwargs)
        else:
            with self.lock:
                method(self, *args, **kwargs)

    return chosen


def role_of(task: Any) -> str:
    """Return the role of the play that a task belongs to, without its collection; empty for a task of the play."""
    name, node = "", task
    while node is not None:
        role = None if isinstance(node, Block) and node._role is None else node._role
        name = role.get_name().rpartition(".")[2] if role else name
        node = node._parent
    return name


class CallbackModule(Default):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "landfall.eks.rollout"

    def __init__(self) -> None:
        super().__init__()
        self.verbose = self._display.verbosity > 0
        self.lock = threading.RLock()
        self.begun = time.monotonic()
        self.live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self.frame = board.Frame()
        self.boards: dict[str, board.Board] = {}
        self.shown: dict[tuple[str, str], tuple[str, ...]] = {}
        self.activity = ""
        self.closed = False
        self.role = ""
        self.progressed = False
        self.failures: dict[str, list[list[failures.Failure]]] = {}
        self.told: set[tuple[str, str]] = set()
        self.hosts: list[str] = []
        self.print = self._display.display
        if not self.verbose:
            self._display.display = self._around(os.getpid())

    # What else is displayed

    def _around(self, pid: int) -> Callable[..., None]:
        """Return a `display` that keeps the lines of this callback below everything that others display."""
        plainly = self.print

        def display(msg: str, *args: Any, **kwargs: Any) -> None:
            # A worker only hands on to this process what it displays.
            if os.getpid() != pid:
                plainly(msg, *args, **kwargs)
                return
            with self.lock:
                if isinstance(msg, Progress):
                    self._settled(msg)
                else:
                    self._aside(msg, *args, **kwargs)

        return display

    def _aside(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if msg.startswith(WARNING):
            msg = "\n".join(wrapped(" ".join(msg.split()), self._width(), " " * 2))
        self._write(self.frame.erase())
        self.print(msg, *args, **kwargs)
        sys.stderr.flush()
        self._refresh()

    def _settled(self, progress: Progress) -> None:
        self.progressed = True
        self._board(progress.host).settled(progress.outcomes, time.monotonic())
        self._refresh()

    # What is shown

    def _width(self) -> int:
        return min(shutil.get_terminal_size().columns if self.live else board.WIDTH, board.WIDTH)

    def _write(self, text: str) -> None:
        if text:
            self.print(text, screen_only=True, newline=False)
            sys.stdout.flush()

    def _prefix(self, host: str) -> str:
        return f"{host}  " if len(self.hosts) > 1 else ""

    def _board(self, host: str) -> board.Board:
        return self.boards.setdefault(host, board.Board())

    def _refresh(self) -> None:
        """Show the rows as they are now: all in place on a terminal, those that changed anywhere else and in a log."""
        now = time.monotonic()
        rows = [(host, row) for host, each in self.boards.items() for row in each.rows.values()]
        names = max((len(row.name) for _unused, row in rows), default=0)
        lines = []
        for host, row in rows:
            text = board.line(row, row.seconds(now), names=names, width=self._width(), prefix=self._prefix(host))
            lines.append(text)
            state = (row.state, row.ready(), row.waits_for())
            if self.shown.get((host, row.name), (board.WAITING, "", "")) != state:
                self.shown[host, row.name] = state
                self.print(text, log_only=self._in_place(len(rows)))
        if self._in_place(len(rows)) and not self.closed:
            more = [board.cut(self.activity, self._width())] if self.activity else []
            self._write(self.frame.draw([*lines, *more]))

    def _in_place(self, rows: int) -> bool:
        """Say whether lines are rewritten: on a terminal that has room for all of them."""
        return bool(self.live and rows + 2 < shutil.get_terminal_size().lines)

    def _close(self) -> None:
        """Leave the rows as they are now above what follows."""
        self.activity = ""
        self._refresh()
        self.frame = board.Frame()
        self.closed = True

    def _said(self, text: str, **kwargs: Any) -> None:
        self._write(self.frame.erase())
        self.print(text, **kwargs)

    # What happens

    @quiet
    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Say nothing: the first line is of the first thing that happens."""

    @quiet
    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = play
        self._close()
        self.hosts = play.get_variable_manager().get_vars(play=play, include_hostvars=False)["ansible_play_hosts_all"]
        self.boards, self.shown, self.closed, self.role = {}, {}, False, ""

    @quiet
    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002
        self._task_start(task)

    @quiet
    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._task_start(task)

    def _task_start(self, task: Any, prefix: str | None = None) -> None:
        if self.verbose:
            super()._task_start(task, prefix)
            return
        self._last_task_name = task.get_name().strip()
        self.role, self.progressed = role_of(task), False
        self.activity = f"{self.role}: {task.name}" if self.role else str(task.name or task.action)
        for each in self.boards.values():
            each.enter(self.role, time.monotonic())
        if task.action == SUMMARY:
            self._close()
        else:
            self._refresh()

    @quiet
    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Say nothing: the line of what is at work names the task."""

    def _handle_warnings(self, res: Any) -> None:
        """Show warnings; what is deprecated is for those who write roles, and shown with -v."""
        if not self.verbose:
            res.pop("deprecations", None)
        super()._handle_warnings(res)

    @quiet
    def v2_runner_on_ok(self, result: Any) -> None:
        self._handle_warnings_and_exception(result)
        host, action = result.host.get_name(), result.task.action
        if action in RECORDING:
            self._board(host).record(result.result, time.monotonic())
            self._board(host).enter(self.role, time.monotonic())
        elif action == FAILED:
            self._keep(host, failures.of_releases(result.result["failures"]), "\n".join(result.result["sentences"]))
        elif action in DEBUG:
            self._debug(result.result)
        elif result.result.get("changed") and not self._has_a_row(host):
            self._changed(host, result.task)
        self._refresh()

    def _has_a_row(self, host: str) -> bool:
        """Say whether the rows show already what the task at work does."""
        return self.progressed or self.role in self._board(host).rows

    def _debug(self, result: dict[str, Any]) -> None:
        """Show a message or a list of them; what our own roles say in another form is for -v."""
        said = result.get("msg")
        lines = said.splitlines() if isinstance(said, str) else said
        if isinstance(lines, list):
            self._said("\n".join(folded(map(str, lines), self._width())))
        elif not self.role:
            self._said(self._dump_results(result).strip())

    def _changed(self, host: str, task: Any) -> None:
        named = f"{self.role}: {task.name}" if self.role else task.name or task.action
        self._said(board.cut(f"{self._prefix(host)}changed  {named}", self._width()), color=constants.COLOR_CHANGED)

    @quiet
    def v2_runner_on_skipped(self, result: Any) -> None:
        """Say nothing."""

    @quiet
    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if ignore_errors:
            return
        self._note_failure(result)

    @quiet
    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._note_failure(result)

    def _note_failure(self, result: Any) -> None:
        self._handle_warnings(result.result)
        host = result.host.get_name()
        self._board(host).fail(self.role, time.monotonic())
        found = failures.of_task(self.role, str(result.task.name or result.task.action), result.result)
        if (host, found.why) not in self.told:
            self._keep(host, [found], found.why)
        self._refresh()

    def _keep(self, host: str, found: list[failures.Failure], told: str) -> None:
        """Keep failures for the end; `told` is the text with which a later task repeats them."""
        self.told.add((host, told))
        self.failures.setdefault(host, []).append(found)

    @quiet
    def v2_playbook_on_no_hosts_remaining(self) -> None:
        """Say nothing: the failures say it."""

    @quiet
    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._handle_warnings_and_exception(result)
        if result.task.action in DEBUG:
            self._debug(result.result)

    @quiet
    def v2_runner_item_on_failed(self, result: Any) -> None:
        """Say nothing: the task fails with the messages of its items."""

    @quiet
    def v2_runner_item_on_skipped(self, result: Any) -> None:
        """Say nothing."""

    @quiet
    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Say nothing."""

    @quiet
    def v2_runner_on_async_poll(self, result: Any) -> None:
        """Say nothing."""

    @quiet
    def v2_runner_on_async_ok(self, result: Any) -> None:
        """Say nothing."""

    @quiet
    def v2_runner_on_async_failed(self, result: Any) -> None:
        """Say nothing: the task that waits for it fails too."""

    @quiet
    def v2_runner_retry(self, result: Any) -> None:
        """Say nothing."""

    @quiet
    def v2_on_file_diff(self, result: Any) -> None:
        self._write(self.frame.erase())
        Default.v2_on_file_diff(self, result)

    @quiet
    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._close()
        self._say_failures(stats)
        for host in sorted(stats.processed):
            counted = stats.summarize(host)
            failed = counted["failures"] + counted["unreachable"]
            took = time.monotonic() - self.begun
            self.print(f"{host}: ok={counted['ok']} changed={counted['changed']} failed={failed} in {took:.0f} s")

    def _say_failures(self, stats: Any) -> None:
        found = []
        for host, kept in self.failures.items():
            counted = stats.summarize(host)
            # What was rescued came before, and is no failure of the run.
            last = kept[len(kept) - (counted["failures"] + counted["unreachable"]) :]
            left = self._board(host).left(changed=bool(counted["changed"]))
            found += [each.of_host(self._prefix(host), left) for of_task in last for each in of_task]
        for each in failures.grouped(found):
            self.print("\n" + "\n".join(failures.lines(each, self._width())), color=constants.COLOR_ERROR)
        if found:
            self.print("")
