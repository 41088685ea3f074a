"""Callback that adds a run's figures to summary.json: seconds by role, and how much was changed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: run_figures
author: The Landfall authors (@landfall)
type: aggregate
short_description: Adds seconds by role and the number of changes to summary.json
version_added: 0.1.0
description:
  - Adds up the seconds that each role took and the tasks that changed something, and writes both into the file that
    M(landfall.eks.summary) wrote in the same run.
requirements:
  - enabled in C(callbacks_enabled)
extends_documentation_fragment: [landfall.eks.attributes.api]
"""

import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

from ansible_collections.landfall.eks.plugins.module_utils.text.files import write_json

SUMMARY_ACTION = "landfall.eks.summary"


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "landfall.eks.run_figures"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.begun = time.monotonic()
        self.last = self.begun
        self.stage = "start"
        self.seconds: dict[str, float] = defaultdict(float)
        self.summaries: dict[str, Path] = {}

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002
        self._book()
        role = task._role
        if role and role.get_name().rpartition(".")[2] not in {"helm_release", "credentials", "lease"}:
            self.stage = role.get_name().rpartition(".")[2]

    def v2_runner_on_ok(self, result: Any) -> None:
        task = result.task if hasattr(result, "task") else result._task
        if task.action == SUMMARY_ACTION and not task.check_mode:
            host = result.host if hasattr(result, "host") else result._host
            self.summaries[host.get_name()] = Path(task.args["path"])

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._book()
        seconds = {stage: round(each, 1) for stage, each in self.seconds.items()}
        seconds["total"] = round(time.monotonic() - self.begun, 1)
        for host, path in self.summaries.items():
            summary = json.loads(path.read_text(encoding="utf-8"))
            write_json(path, {**summary, "seconds": seconds, "changed": stats.summarize(host)["changed"]})

    def _book(self) -> None:
        now = time.monotonic()
        self.seconds[self.stage] += now - self.last
        self.last = now
