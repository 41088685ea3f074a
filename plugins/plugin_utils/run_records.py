"""The public record of a run, `platform_run`: how an action reads it, adds to it, and evaluates with what it says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Protocol

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces
from ansible_collections.landfall.eks.plugins.module_utils.settings import components
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

Record = dict[str, Any]

LISTS = ("started", "planned", "kept")
"""Parts of the record that grow; all others are replaced."""
POLICIES = "platform_network_policies"
OF_NAMESPACES = ("namespace", "namespace_labels", "also_in")
"""What a release says of namespaces."""
OF_ANSIBLE = ("changed", "failed", "msg", "skipped", "warnings", "deprecations", "invocation")


class Templar(Protocol):
    """What is used of Ansible's templar."""

    def template(self, variable: Any) -> Any:
        """Return a value with its templates evaluated."""

    def copy_with_new_env(self, *, available_variables: Mapping[str, Any]) -> Templar:
        """Return a templar with other variables."""


def play_of(task: Any) -> Any:
    """Return the play of a task, through the blocks and includes around it; None if there is none."""
    while task is not None:
        if getattr(task, "_play", None) is not None:
            return task._play
        task = getattr(task, "_parent", None)
    return None


def play_id(task: Any) -> str:
    """Return what tells the play of a task from all others of the process; empty if there is none."""
    play = play_of(task)
    return str(play._uuid) if play else ""


def begun(templar: Templar, variables: Mapping[str, Any], *, new: bool = False) -> Record:
    """Return the record so far, or an empty one: that of an earlier play in this process is not used."""
    found: Record = templar.template(variables["platform_no_run" if new else "platform_run"])
    return {name: part for name, part in found.items() if name not in OF_ANSIBLE}


def extended(record: Record, parts: Mapping[str, Any]) -> Record:
    """Return a record with further parts."""
    joined = {name: [*record[name], *part] if name in LISTS else part for name, part in parts.items()}
    longer = {**record, **joined}
    return {**longer, "started": _once_each(longer["started"])}


def knowing(templar: Templar, variables: Mapping[str, Any], record: Record) -> Templar:
    """Return a templar for which the record is that of the run."""
    return templar.copy_with_new_env(available_variables={**variables, "platform_run": record})


def releases(templar: Templar, variables: Mapping[str, Any], record: Record) -> list[dict[str, Any]]:
    """Return the releases of the run without their values, evaluated with what the cluster has said."""
    aware = knowing(templar, variables, record)
    declared = components.declared(record["settings"]["components"], variables, aware.template)
    return [
        release
        for name, raw in declared.items()
        for release in components.evaluated(name, raw, aware.template, AnsibleError)["releases"]
        if release["name"] not in record["cluster"]["left"]
    ]


def of_namespaces(templar: Templar, variables: Mapping[str, Any], record: Record, records: str) -> dict[str, Any]:
    """Return what module namespaces brings about for a run, {wanted, policies, permissions}.

    That are the namespaces of its releases and of `records`, and what its components have there: permissions, and
    NetworkPolicies unless the setting is off.
    """
    acting = {each["component"] for each in record["releases"]}
    aware = knowing(templar, variables, record)
    policies = boolean(aware.template(variables.get(POLICIES, True)))
    declared = components.declared(record["settings"]["components"], variables, aware.template)
    of_releases = [{key: each[key] for key in OF_NAMESPACES if key in each} for each in record["releases"]]

    def listed(field: str) -> dict[str, Any]:
        return {name: aware.template(raw.get(field, [])) for name, raw in declared.items() if name in acting}

    found = listed("network_policies")
    return {
        "wanted": [*of_releases, {"namespace": records, "namespace_labels": namespaces.NO_PODS}],
        "policies": found if policies else {name: [] for name in found},
        "permissions": listed("permissions"),
    }


def started(
    release: Mapping[str, Any],
    chart: Mapping[str, Any],
    made_of: str,
    job: str = "",
    again: Mapping[str, Any] | None = None,
    *,
    applied: bool = False,
) -> dict[str, Any]:
    """Return the row of `started` of a release: what settle has to know to wait for it.

    `made_of` is its identity and `job` the file of its background job, empty for a release that was left as it is;
    `again` replaces fields of one that is started once more. `applied` says that the run has changed objects that its
    component applies itself, such as a Service.
    """
    return {
        "component": release["component"],
        "name": release["name"],
        "namespace": release["namespace"],
        "job": job,
        "identity": made_of,
        "source": chart["source"],
        "chart": chart["name"],
        "version": chart["version"],
        "ready": release["ready"],
        "adopt": release["adopt"],
        "timeout": release["timeout"],
        "patience": release["patience"],
        "started": time.time(),
        "applied": applied,
        **(again or {}),
    }


def _once_each(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the runs without the earlier ones of a release that was started again; it keeps its place in the order."""
    return list({release_key(run["namespace"], run["name"]): run for run in runs}.values())
