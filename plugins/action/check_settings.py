"""Action that judges all settings of a host at once; it runs on the controller, where the variables are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.landfall.eks.plugins.module_utils.settings import specs
from ansible_collections.landfall.eks.plugins.module_utils.settings.checks import Situation, check_all

ROLES = Path(__file__).parents[2] / "roles"
LOOKED_AT_NEXT = ("platform", "preflight", "hosts")
LOOKED_AT_NEXT_TOO = ("_existing", "_namespace", "_replicas", "_size", "_size_by_hand", "_delivery")
"""Roles, and endings, of settings that the rest of preflight is given, which would trip over ones of a wrong type."""

MERGED = {"monitoring_slos": "__monitoring_effective_slos"}


class ActionModule(ActionBase):
    """Compares the variables of a host with the argument specs of all roles of this collection."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _, options = self.validate_argument_spec({"tags": {"type": "list", "elements": "str", "required": True}})
        tags: list[str] = options["tags"]
        settings = specs.load_settings(ROLES)
        computed = specs.computed_names(ROLES)
        play_roles = [name.rpartition(".")[2] for name in variables.get("ansible_play_role_names", [])]
        values, refused = self._judge_values(settings, variables)
        roles = self._active_roles(variables, values)
        problems = [
            *specs.unknown_tags(
                [*variables.get("ansible_run_tags", []), *variables.get("ansible_skip_tags", [])], tags
            ),
            *specs.tags_of_a_removal(
                variables.get("platform_state") == "absent",
                variables.get("ansible_run_tags", []),
                variables.get("ansible_skip_tags", []),
            ),
            *specs.unknown_settings(variables, set(settings) | computed, {*tags, "platform"} - {"preflight"}),
            *specs.missing_settings(settings, variables, play_roles),
            *(sentence for sentences in refused.values() for sentence in sentences),
            *check_all(Situation(values, settings, tuple(roles), self._merged(variables))),
        ]
        components = [role for role in roles if f"__{role}_releases" in variables]
        charted = list(self._releases(components, variables))
        result.update(
            changed=False,
            problems=problems,
            usable=not any(
                settings[name].role in LOOKED_AT_NEXT or name.endswith(LOOKED_AT_NEXT_TOO) for name in refused
            ),
            roles=roles,
            components=components,
            pins={name: chart for name, chart, _ in charted},
            releases=[{"name": name, **where} for name, _, where in charted],
        )
        return result

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
                refused[name] = [f"{name} cannot be worked out, correct what it refers to: {_first_line(error)}."]
                continue
            value, problems = specs.check_value(setting, given)
            if problems:
                refused[name] = problems
            else:
                values[name] = value
        repeated = {name for name in refused if _follows(settings[name], variables[name]) in refused}
        return values, {name: said for name, said in refused.items() if name not in repeated}

    def _merged(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the settings that are merged over what Landfall itself has there, by name, as far as they can be."""
        try:
            return {
                name: self._templar.template(variables[where]) for name, where in MERGED.items() if where in variables
            }
        except AnsibleError:  # which is said of the setting itself
            return {}

    @staticmethod
    def _active_roles(variables: dict[str, Any], values: dict[str, Any]) -> list[str]:
        """Return the roles of the play that the tags select and that are enabled."""
        selected = specs.selected_roles(
            variables.get("ansible_play_role_names", []),
            variables.get("ansible_run_tags", []),
            variables.get("ansible_skip_tags", []),
        )
        return [role for role in selected if boolean(values.get(f"{role}_enabled", True), strict=False)]

    def _releases(
        self, components: list[str], variables: dict[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
        """Yield name, chart and {namespace, setting} of the components' releases; the latter is the namespace's name.

        The values of a release are not looked at: they may need what is only known once the cluster was asked.
        """
        for component in components:
            releases = variables[f"__{component}_releases"]
            if isinstance(releases, str):
                releases = self._templar.template(releases)
            for release in releases:
                named = re.search(r"{{ *(\w+) *}}", str(release["namespace"]))
                try:
                    where = {"namespace": self._templar.template(release["namespace"])}
                except AnsibleError:  # which is said of the setting itself
                    continue
                where["setting"] = named[1] if named else f"{component}_namespace"
                yield self._templar.template(release["name"]), self._templar.template(release["chart"]), where


def _follows(setting: specs.Setting, given: Any) -> str:
    """Return the name of the setting that another one, left at its default, is the same as; empty if it is none."""
    default = str(setting.option.get("default", ""))
    followed = re.fullmatch(r"{{ (\w+) }}", default)
    return followed[1] if followed and str(given) == default else ""


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
