"""Action that judges all settings of a host at once; it runs on the controller, where the variables are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import names as balancer_names
from ansible_collections.landfall.eks.plugins.module_utils.settings import components, hosts, names, own, specs, urls
from ansible_collections.landfall.eks.plugins.module_utils.settings.checks import check_all
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation
from ansible_collections.landfall.eks.plugins.module_utils.text import secret_shapes
from ansible_collections.landfall.eks.plugins.plugin_utils import run_records

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
        _unused, options = self.validate_argument_spec(
            {
                "about": {"type": "str", "default": ""},
                "alone": {"type": "str", "default": ""},
                "certificates": {"type": "bool", "default": False},
            }
        )
        about: str = options["about"]
        alone = self._standing_alone(options["alone"], variables) if options["alone"] else []
        tags = [] if about else self._tags()
        settings = specs.load_settings(ROLES)
        evaluate = self._templar.template
        ours = self._ours(variables)
        own_problems = self._own_problems(variables, ours.values())
        if own_problems:
            variables = {**variables, components.OWN: {}}
        values, refused = self._judge_values(settings, variables)
        roles = self._active_roles(alone or self._selected(variables), values)
        declared = components.declared(variables.get("ansible_play_role_names", []), variables, evaluate)
        active = {*roles, *components.declared(roles, variables, evaluate)}
        every = [
            ours.get(name) or components.evaluated(name, raw, evaluate, AnsibleError) for name, raw in declared.items()
        ]
        found = [each for each in every if each["name"] in active]
        judged = [about] if about else roles
        in_play = [about] if about else alone or _short(variables.get("ansible_play_role_names", []))
        known, listed = {*settings, *specs.computed_names(ROLES)}, values.get(names.OWN, [])
        enabled = [each for each in every if _is_on(values, each["name"])]
        allowed, outside = _host_names(enabled, values, judged)
        at = Situation(values, settings, tuple(judged), dict(self._in_force(declared, roles)))
        problems = [
            *([] if alone else self._tag_problems(tags, variables, about)),
            *names.problems(variables, known, settings, listed),
            *specs.missing_settings(settings, variables, in_play),
            *(sentence for sentences in refused.values() for sentence in sentences),
            *own_problems,
            *check_all(at),
            *outside,
            *self._contract_problems(every, settled=not refused),
        ]
        certificates = list(self._certificates(declared, values)) if options["certificates"] else []
        result.update(
            changed=False,
            # Whatever a sentence repeats of a setting: no password of a URL is in it.
            problems=[secret_shapes.without_logins(each) for each in problems],
            # Helm would be given a URL with its password as an argument.
            usable=not any(
                settings[name].role in LOOKED_AT_NEXT or name.endswith(LOOKED_AT_NEXT_TOO) for name in refused
            )
            and not any(urls.check_logins(at)),
            left_alone=names.left_alone(variables, known, settings, listed),
            roles=roles,
            components=[each["name"] for each in found],
            kinds=[kind for each in found for kind in each.get("kinds", [])],
            hosts={release: host for each in found for release, host in each.get("hosts", {}).items()},
            names=allowed,
            certificates=certificates,
            permitted=_permitted(values, certificates, enabled),
            balanced=[row for each in enabled for row in each["releases"] if "load_balancer" in row],
            published=self._published(every, variables, values),
            checks=[check for each in found for check in each.get("checks", [])],
            without_aws=[row for each in found for row in each.get("without_aws", [])],
            releases=[release | {"selected": each["name"] in active} for each in every for release in each["releases"]],
        )
        return result

    def _published(
        self, every: list[components.Component], variables: dict[str, Any], values: dict[str, Any]
    ) -> list[dict[str, str]]:
        """Return the releases behind a host name, {release, namespace}, of all enabled components.

        Those that are not of the play, which `every` leaves out, are among them: the ingress controller serves all.
        """
        known = {each["name"]: each for each in every}
        names = [path.name for path in sorted(ROLES.iterdir())]
        declared = components.declared(names, variables, self._templar.template)
        found = [
            known.get(name) or components.evaluated(name, raw, self._templar.template, AnsibleError)
            for name, raw in declared.items()
            if _is_on(values, name)
        ]
        return [
            {"release": release["name"], "namespace": release["namespace"]}
            for each in found
            for release in each["releases"]
            if release["name"] in each.get("hosts", {})
        ]

    def _standing_alone(self, role: str, variables: dict[str, Any]) -> list[str]:
        """Return the roles that a run is begun for in a play of somebody's own, whose tags are its author's.

        These are the ones that it lists or imports, and `role`; `role` alone where tags select from them.
        """
        play = run_records.play_of(self._task)
        whole = set(variables.get("ansible_run_tags", ["all"])) == {"all"} and not variables.get("ansible_skip_tags")
        listed = [each.get_name() for each in play.roles if each.static] if play and whole else []
        return _short([*listed, role])

    def _ours(self, variables: dict[str, Any]) -> dict[str, components.Component]:
        """Return the components of the play's roles, by name, without those of one's own."""
        evaluate, without = self._templar.template, {**variables, components.OWN: {}}
        declared = components.declared(variables.get("ansible_play_role_names", []), without, evaluate)
        return {name: components.evaluated(name, raw, evaluate, AnsibleError) for name, raw in declared.items()}

    def _own_problems(self, variables: dict[str, Any], ours: Iterable[components.Component]) -> list[str]:
        """Return what is wrong with the components of one's own."""
        evaluate = self._templar.template
        taken = own.Ours(
            roles={path.name for path in ROLES.iterdir()},
            releases={release["name"]: each["name"] for each in ours for release in each["releases"]},
        )
        return own.problems(variables.get(components.OWN, {}), own.contract(ROLES), evaluate, AnsibleError, taken)

    def _tags(self) -> list[str]:
        """Return the tags of the play's roles, listed or imported, in their order."""
        play = run_records.play_of(self._task)
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
            # Of components of one's own, the values are evaluated where they are used.
            if name not in variables or name == components.OWN:
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

    def _certificates(self, declared: dict[str, Any], values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the credentials of kind certificate of each enabled component, as far as they can be evaluated."""
        for name, raw in declared.items():
            try:
                wanted = self._templar.template(raw.get("credentials", [])) if _is_on(values, name) else []
            except AnsibleError:  # which is said of the setting itself
                continue
            yield from ({"component": name, **each} for each in wanted if each["kind"] == "certificate")

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
    def _selected(variables: dict[str, Any]) -> list[str]:
        """Return the roles of the play that the tags select."""
        return specs.selected_roles(
            variables.get("ansible_play_role_names", []),
            variables.get("ansible_run_tags", []),
            variables.get("ansible_skip_tags", []),
        )

    @staticmethod
    def _active_roles(selected: list[str], values: dict[str, Any]) -> list[str]:
        """Return the roles that are enabled."""
        return [role for role in selected if _is_on(values, role)]


def _permitted(
    values: dict[str, Any], certificates: list[dict[str, Any]], enabled: list[components.Component]
) -> list[str]:
    """Return the names that the cluster's own certificate authority may sign for."""
    permitted = [
        values.get("platform_domain", ""),
        *values.get("platform_tls_domains", []),
        *(host for each in certificates for host in each.get("hosts", [])),
        *(host for each in enabled for host in balancer_names.reached(each["releases"])),
    ]
    return [name for name in dict.fromkeys(permitted) if name]


def _is_on(values: dict[str, Any], role: str) -> bool:
    return bool(boolean(values.get(f"{role}_enabled", True), strict=False))


def _host_names(
    enabled: list[components.Component], values: dict[str, Any], roles: list[str]
) -> tuple[list[hosts.Name], list[str]]:
    """Return the names of the components that are enabled, and sentences on those that a run would not write."""
    domain = values.get("platform_domain", "")
    allowed, outside = hosts.own_names(enabled, domain, values.get("hosts_names", []))
    writes = "hosts" in roles and values.get("platform_state") != "absent"
    return allowed, hosts.outside_problems(outside, domain) if writes else []


def _short(names: list[str]) -> list[str]:
    """Return names of roles without their collection, each once."""
    return list(dict.fromkeys(name.rpartition(".")[2] for name in names))


def _follows(setting: specs.Setting, given: Any) -> str:
    """Return the name of the setting that another one, left at its default, is the same as; empty if it is none."""
    default = str(setting.option.get("default", ""))
    followed = re.fullmatch(r"{{ (\w+) }}", default)
    return followed[1] if followed and str(given) == default else ""


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
