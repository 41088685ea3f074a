"""What Landfall's settings are, and what is wrong with the ones that somebody wrote.

A setting is an option of a role's meta/argument_specs.yml. Everything here is pure: names and values in, sentences out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_checks import (
    receiver_problems,
)
from ansible_collections.landfall.eks.plugins.module_utils.settings import kinds
from ansible_collections.landfall.eks.plugins.module_utils.text import yaml_files

TAGS_OF_ANSIBLE = frozenset({"all", "always", "never", "tagged", "untagged"})

TYPE_WORDS = {
    "bool": "true or false",
    "dict": "a mapping of names to values",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "path": "a path",
    "str": "a text",
}
_MARKUP = re.compile(r"\b[A-Z]\(([^)]*)\)")
_LEAVES: dict[str, Callable[[Any], list[str]]] = {
    "monitoring_receivers": receiver_problems,
    "argocd_receivers": partial(receiver_problems, setting="argocd_receivers"),
}
"""Who says more of a setting's leaves than Ansible's validator, once lists and mappings are where they belong."""


@dataclass(frozen=True)
class Setting:
    """One public variable: its name, the role that owns it, and its option of the role's argument spec."""

    name: str
    role: str
    option: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The option's type, as Ansible names it."""
        return str(self.option.get("type", "str"))

    @property
    def secret(self) -> bool:
        """Whether the value must not be shown, because of itself or of a leaf."""
        return _holds_secret(self.option)


def _holds_secret(option: Mapping[str, Any]) -> bool:
    return bool(option.get("no_log")) or any(_holds_secret(each) for each in (option.get("options") or {}).values())


def load_settings(roles: Path) -> dict[str, Setting]:
    """Return the settings of all roles in a folder of roles, by name, each with the default of its role.

    Raises OSError or yaml.YAMLError if a spec cannot be read.
    """
    settings: dict[str, Setting] = {}
    for path in sorted(roles.glob("*/meta/argument_specs.yml")):
        role = path.parent.parent.name
        defaults = read_defaults(path.parents[1])
        entry_points = (yaml_files.read(path) or {}).get("argument_specs") or {}
        for entry_point in entry_points.values():
            for name, option in (entry_point.get("options") or {}).items():
                # A role may state again what it takes from another one, whose word it is that counts.
                if name.startswith(f"{role}_"):
                    settings[name] = Setting(name, role, _with_default(option, defaults, name))
    return settings


def read_defaults(role: Path) -> dict[str, Any]:
    """Return the defaults of the role in a folder. Raises yaml.YAMLError if they cannot be read."""
    path = role / "defaults/main.yml"
    return (yaml_files.read(path) or {}) if path.exists() else {}


def _with_default(option: dict[str, Any], defaults: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an option with its default, also one that is evaluated: a spec has that only if a text may stand there."""
    return {**option, "default": defaults[name]} if name in defaults else option


def computed_names(roles: Path) -> set[str]:
    """Return the names that the roles compute in vars/main.yml, which nobody sets but every play sees."""
    names: set[str] = set()
    for path in roles.glob("*/vars/main.yml"):
        names.update(yaml_files.read(path) or {})
    return names


def joined(words: Iterable[object], last: str = "and") -> str:
    """Return `a, b and c`."""
    *head, tail = [str(word) for word in words] or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def _shown(setting: Setting, value: Any) -> str:
    return "the value that was given" if setting.secret else repr(value)


def purpose(option: Mapping[str, Any]) -> str:
    """Return an option's description as an end of a sentence, without its full stop."""
    description = option.get("description") or ""
    first = description[0] if isinstance(description, list) else description
    return _MARKUP.sub(r"\1", " ".join(str(first).split())).rstrip(".")


def _of_kind(setting: Setting, value: Any, part: kinds.Wrong) -> str:
    """Return a sentence for a part of a setting's value that is of another kind than it must be."""
    if part.may_be_quoted:
        return f"{part.path} is {kinds.named(part.value, secret=setting.secret)}, not text: write it in quotes."
    how = " (on the command line as JSON: -e '{...}')" if part.wanted in ("list", "dict") else ""
    return f"{part.path} must be {TYPE_WORDS.get(part.wanted, part.wanted)}{how}, not {_shown(setting, value)}."


def check_value(setting: Setting, value: Any) -> tuple[Any, list[str]]:
    """Judge one value by its argument spec.

    Returns the value as its type says (None if it has problems), and one sentence per problem.
    """
    if value is None and setting.option.get("default") is not None:
        return None, [f"{setting.name} has no value: write one, or remove the line ({purpose(setting.option)})."]
    refused = [_of_kind(setting, value, each) for each in kinds.wrong(setting.option, value, setting.name)]
    refused = refused or list(kinds.unwritable(value, setting.name, secret=setting.secret))
    if not refused and setting.name in _LEAVES:
        refused = _LEAVES[setting.name](value)
    if refused:
        return None, refused
    result = ArgumentSpecValidator({setting.name: dict(setting.option)}).validate({setting.name: value})
    if not result.error_messages:
        return result.validated_parameters[setting.name], []
    return None, [_sentence(setting, value, message) for message in result.error_messages]


def _sentence(setting: Setting, value: Any, message: str) -> str:
    """Return a sentence for one message of Ansible's validator."""
    if setting.option.get("options"):
        detail = "a leaf is not as its argument spec says" if setting.secret else message.rstrip(".")
        return f"{setting.name} is not as it must be: {detail}."
    if setting.option.get("choices"):
        wanted = f"one of {joined(setting.option['choices'], 'or')}"
    else:
        wanted = TYPE_WORDS.get(setting.type, setting.type)
        if setting.option.get("elements"):
            wanted += f" whose elements are each {TYPE_WORDS.get(setting.option['elements'], 'of the right type')}"
    return f"{setting.name} must be {wanted}, not {_shown(setting, value)} ({purpose(setting.option)})."


def missing_settings(settings: Mapping[str, Setting], names: Collection[str], roles: Collection[str]) -> list[str]:
    """Return a sentence for each required setting of `roles` that `names`, all variables of a host, lack."""
    return [
        f"{setting.name} is required and is not set: {purpose(setting.option)}."
        for setting in settings.values()
        if setting.option.get("required") and setting.role in roles and setting.name not in names
    ]


def unknown_tags(given: Iterable[str], known: Collection[str]) -> list[str]:
    """Return a sentence for each tag, of --tags or --skip-tags, that is none of `known`."""
    return [
        f"{tag} is not a tag of Landfall: write one or more of {joined(known)}."
        for tag in sorted(set(given) - set(known) - TAGS_OF_ANSIBLE)
    ]


def tags_of_a_removal(removing: bool, run_tags: Collection[str], skip_tags: Collection[str]) -> list[str]:
    """Return a sentence if a removal, which knows no tags and would take nothing away, was given some."""
    given = sorted({*run_tags, *skip_tags} - TAGS_OF_ANSIBLE)
    if not removing or not given:
        return []
    sentence = (
        f"The uninstallation has no tags, and was given {joined(given)}: run it without --tags and --skip-tags; what "
        "should stay is switched off by <role>_enabled: false."
    )
    return [sentence]


def selected_roles(roles: Iterable[str], run_tags: Collection[str], skip_tags: Collection[str]) -> list[str]:
    """Return the roles of a play, without their collection's name, that the tags of this run select.

    `preflight` alone selects all of them: it is the question whether everything could be installed.
    """
    names = [role.rpartition(".")[2] for role in roles]
    everything = bool({"all", "tagged"} & set(run_tags)) or set(run_tags) == {"preflight"}
    return [name for name in names if (everything or name in run_tags) and name not in skip_tags]
