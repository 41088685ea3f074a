"""Action half of the wait for releases: repeats the module and tells how each release stands."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from ansible import constants
from ansible.utils import color

from ansible_collections.landfall.eks.plugins.module_utils.rollout.passing import back_off
from ansible_collections.landfall.eks.plugins.module_utils.rollout.progress import Plain, Progress
from ansible_collections.landfall.eks.plugins.module_utils.settings import components
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say

MODULE = "landfall.eks.settle"
LIVE_SECONDS = 2
"""How long the module polls before it reports, where a person may be looking on."""

NOTICED_SECONDS = 1
"""How long it polls where a release waits for another one, which is started once that is ready."""

FIRST_CALL = {"calls": 1}
"""What the first call of Helm is told for a release that has waited for others."""


def is_terminal(hosts: list[str]) -> bool:
    """Say whether lines can be rewritten in place: on a terminal with colours, and for one cluster at a time.

    A worker has no terminal of its own; whether the playbook has one was found out when it was asked for colours.
    """
    return bool(color.ANSIBLE_COLOR and not constants.ANSIBLE_FORCE_COLOR and len(hosts) == 1)


def own_start(run: dict[str, Any], begun: float) -> float:
    """Return when a release's own seconds begin: one that was not started is waited for only since `begun`."""
    return float(run["started"]) if run.get("job") else begun


def may_be_called_again(run: dict[str, Any], declared: Collection[str]) -> bool:
    """Say whether Helm may be called again: for a component whose values are at hand, within the release's time."""
    return run.get("component") in declared and time.time() + _pause(run) < float(run["started"]) + float(
        run["timeout"]
    )


def _pause(run: dict[str, Any]) -> float:
    return back_off(int(run.get("calls", 1)))


def called_again(
    runs: dict[str, dict[str, Any]], settled: dict[str, dict[str, Any]], declared: Collection[str]
) -> list[dict[str, Any]]:
    """Return the runs whose Helm is called again; none once one has failed for good, since the run goes back then.

    `runs` and their outcomes `settled` are by `namespace/name`; `declared` are the components that the play knows.
    """
    failed = {key: each for key, each in settled.items() if each["phase"] == "failed"}
    again = [runs[key] for key, each in failed.items() if each["passing"] and may_be_called_again(runs[key], declared)]
    return again if len(again) == len(failed) else []


def held_back(run: dict[str, Any]) -> dict[str, Any]:
    """Return the outcome of a release that is not started yet."""
    message = f"waits for {', '.join(run['waits_for'])}"
    return {"phase": "running", "message": message, "have": 0, "wanted": 0, "cause": ""}


def no_longer_waiting(
    later: list[dict[str, Any]], runs: dict[str, dict[str, Any]], settled: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the runs of `later` whose needs are ready; none once one has failed, since the run goes back then."""
    if any(each["phase"] == "failed" for each in settled.values()):
        return []
    unready = {run["name"] for key, run in runs.items() if key not in settled} | {run["name"] for run in later}
    return [run for run in later if not unready.intersection(run["waits_for"])]


def _once_more(run: dict[str, Any]) -> dict[str, Any]:
    """Return a run with what its next call of Helm is told: its time counts from its first start."""
    return {**run, "again": {"started": run["started"], "calls": int(run.get("calls", 1)) + 1}}


class View:
    """Shows the wait: lines of what makes progress, and all outcomes to a callback plugin that asks for them."""

    def __init__(self, variables: dict[str, Any]) -> None:
        hosts = variables.get("ansible_play_hosts") or []
        self.host = variables["inventory_hostname"]
        self.prefix = f"[{self.host}]" if len(hosts) > 1 else ""
        self.plain = Plain()

    def say_again(self, runs: list[dict[str, Any]]) -> None:
        names = ", ".join(release_key(run["namespace"], run["name"]) for run in runs)
        say(f"{self.prefix}  {names}: that may pass, so Helm is called again")

    def show(self, outcomes: dict[str, Any], seconds: dict[str, float]) -> None:
        texts = [self.prefix + text for text in self.plain.show(outcomes, seconds)]
        # Without a text nothing is printed, not even the end of a line, and no line written to a log file.
        progress = Progress("\n".join(texts), self.host, outcomes)
        say(progress, screen_only=not texts, newline=bool(texts))


class ActionModule(InWorker):
    def _evaluate(self, raw: Any) -> Any:
        return self._templar.template(raw)

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        view = View(variables)
        live = is_terminal(variables.get("ansible_play_hosts") or [])
        arguments = {**self._task.args, **({"seconds": LIVE_SECONDS} if live else {})}
        begun = time.time()
        every = {release_key(run["namespace"], run["name"]): run for run in self._task.args["runs"]}
        later = [run for run in every.values() if run.get("waits_for")]
        runs = {key: run for key, run in every.items() if not run.get("waits_for")}
        waiting = {key: {**run, "started": run.get("started") or begun} for key, run in runs.items()}
        settled: dict[str, dict[str, Any]] = {}
        declared = components.declared([str(run.get("component")) for run in every.values()], variables, self._evaluate)
        if later:
            arguments["seconds"] = NOTICED_SECONDS
        while waiting:
            polled = self._execute_module(
                module_name=MODULE, module_args={**arguments, "runs": list(waiting.values())}, task_vars=task_vars
            )
            if polled.get("failed"):
                return {**result, **polled}
            now = time.time()
            view.show(
                polled["outcomes"] | {key: held_back(run) for key, run in every.items() if run in later},
                {key: now - own_start(run, begun) for key, run in every.items()},
            )
            settled.update({key: each for key, each in polled["outcomes"].items() if each["phase"] != "running"})
            waiting = {key: run for key, run in waiting.items() if key not in settled}
            again = called_again(runs, settled, declared)
            if again:
                view.say_again(again)
                time.sleep(max(_pause(run) for run in again))
                return {**result, "failures": [], "again": [_once_more(run) for run in again], "changed": True}
            due = no_longer_waiting(later, runs, settled)
            if due:
                return {
                    **result,
                    "failures": [],
                    "again": [{**run, "again": FIRST_CALL} for run in due],
                    "changed": True,
                }
        failures = [
            {**run, "cause": settled[key]["message"]} for key, run in runs.items() if settled[key]["phase"] == "failed"
        ]
        result.update(
            failures=failures,
            again=[],
            seconds=round(time.time() - begun, 1),
            changed=any(each["changed"] for each in settled.values()),
        )
        return result
