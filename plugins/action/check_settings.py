"""Action that judges all settings of a host at once; it runs on the controller, where the variables are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.landfall.eks.plugins.module_utils.settings import components, specs
from ansible_collections.landfall.eks.plugins.module_utils.settings.checks import check_all
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation

ROLES = Path(__file__).parents[2] / "roles"
LOOKED_AT_NEXT = ("platform", "preflight", "hosts")
LOOKED_AT_NEXT_TOO = ("_existing", "_namespace", "_replicas", "_size", "_size_by_hand", "_delivery")
"""Roles, and endings, of settings that the rest of preflight is given, which would trip over ones of a wrong type."""


class ActionModule(ActionBase):
    """Compares the variables of a host with the argument specs of all roles of this collection."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _unused, options = self.validate_argument_spec({"about": {"type": "str", "default": ""}})
        about: str = options["about"]
        tags = [] if about else self._tags()
        settings = specs.load_settings(ROLES)
        values, refused = self._judge_values(settings, variables)
        roles = self._active_roles(variables, values)
        declared = components.declared(variables.get("ansible_play_role_names", []), variables)
        every = [
            components.evaluated(name, raw, self._templar.template, AnsibleError) for name, raw in declared.items()
        ]
        found = [each for each in every if each["name"] in roles]
        judged = [about] if about else roles
        in_play = [about] if about else _short(variables)
        switched = {each for each in in_play if f"{each}_enabled" in settings}
        problems = [
            *self._tag_problems(tags, variables, about),
            *specs.unknown_settings(
                variables, {*settings, *specs.computed_names(ROLES)}, {about or "platform", "platform", *switched}
            ),
            *specs.missing_settings(settings, variables, in_play),
            *(sentence for sentences in refused.values() for sentence in sentences),
            *check_all(Situation(values, settings, tuple(judged), dict(self._in_force(declared, roles)))),
            *self._contract_problems(every, settled=not refused),
        ]
        result.update(
            changed=False,
            problems=problems,
            usable=not any(
                settings[name].role in LOOKED_AT_NEXT or name.endswith(LOOKED_AT_NEXT_TOO) for name in refused
            ),
            roles=roles,
            components=[each["name"] for each in found],
            kinds=[kind for each in found for kind in each.get("kinds", [])],
            hosts={release: host for each in found for release, host in each.get("hosts", {}).items()},
            checks=[check for each in found for check in each.get("checks", [])],
            without_aws=[row for each in found for row in each.get("without_aws", [])],
            releases=[release | {"selected": each["name"] in roles} for each in every for release in each["releases"]],
        )
        return result

    def _tags(self) -> list[str]:
        """Return the tags of the play's roles, listed or imported, in their order."""
        play = _play_of(self._task)
        parts = [*play.roles, *(each for block in play.tasks for each in block.block)] if play else []
        given = [tag for part in parts for tag in part.tags]
        return [tag for tag in dict.fromkeys(given) if tag not in specs.TAGS_OF_ANSIBLE]

    def _tag_problems(self, tags: list[str], variables: dict[str, Any], about: str) -> list[str]:
        run_tags, skip_tags = (variables.get(f"ansible_{each}_tags", []) for each in ("run", "skip"))
        removing = variables.get("platform_state") == "absent" and not about
        if removing:
            return specs.tags_of_a_removal(removing, run_tags, skip_tags)
        return specs.unknown_tags([*run_tags, *skip_tags], tags or [about])

    def _judge_values(
        self, settings: dict[str, specs.Setting], variables: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """Return the values that are as their specs say, and the sentences on all others, both by name."""
        values: dict[str, Any] = {}
        refused: dict[str, list[str]] = {}
        for name, setting in settings.items():
            if name not in variables:
                continue
            try:
                given = self._templar.template(variables[name])
            except AnsibleError as error:
                refused[name] = [f"{name} cannot be evaluated: correct what it refers to ({_first_line(error)})."]
                continue
            value, problems = specs.check_value(setting, given)
            if problems:
                refused[name] = problems
            else:
                values[name] = value
        repeated = {name for name in refused if _follows(settings[name], variables[name]) in refused}
        return values, {name: said for name, said in refused.items() if name not in repeated}

    def _in_force(self, declared: dict[str, Any], roles: list[str]) -> Iterator[tuple[str, Any]]:
        """Yield the settings that are merged over what a component has there, as far as they can be evaluated."""
        for raw in (raw for name, raw in declared.items() if name in roles):
            for name, value in raw.get("in_force", {}).items():
                try:
                    yield name, self._templar.template(value)
                except AnsibleError:  # which is said of the setting itself
                    continue

    @staticmethod
    def _contract_problems(found: list[components.Component], *, settled: bool) -> list[str]:
        """Return what is wrong with the contracts; what a refused setting leaves open has been said of that setting."""
        if not settled:
            return []
        spec = components.load_spec(ROLES) if found else {}
        return [sentence for each in found for sentence in components.problems(each, spec)] + [
            f"{each['name']}{components.SUFFIX} cannot be evaluated: correct {fault}."
            for each in found
            for fault in each["faults"]
        ]

    @staticmethod
    def _active_roles(variables: dict[str, Any], values: dict[str, Any]) -> list[str]:
        """Return the roles of the play that the tags select and that are enabled."""
        selected = specs.selected_roles(
            variables.get("ansible_play_role_names", []),
            variables.get("ansible_run_tags", []),
            variables.get("ansible_skip_tags", []),
        )
        return [role for role in selected if boolean(values.get(f"{role}_enabled", True), strict=False)]


def _short(variables: dict[str, Any]) -> list[str]:
    return [name.rpartition(".")[2] for name in variables.get("ansible_play_role_names", [])]


def _play_of(task: Any) -> Any:
    """Return the play of a task, through the blocks and includes around it; None if there is none."""
    while task is not None:
        if getattr(task, "_play", None) is not None:
            return task._play
        task = getattr(task, "_parent", None)
    return None


def _follows(setting: specs.Setting, given: Any) -> str:
    """Return the name of the setting that another one, left at its default, is the same as; empty if it is none."""
    default = str(setting.option.get("default", ""))
    followed = re.fullmatch(r"{{ (\w+) }}", default)
    return followed[1] if followed and str(given) == default else ""


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
