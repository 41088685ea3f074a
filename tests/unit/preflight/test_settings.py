"""What is said about values, names and tags, from argument specs alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.settings import specs as subject
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import Setting

ROLES = Path(__file__).parents[3] / "roles"

DAYS = Setting("efk_retention_days", "efk", {"type": "int", "default": 7, "description": "Days that logs are kept."})
SIZE = Setting("efk_size", "efk", {"type": "str", "choices": ["small", "large"], "description": "Size."})
CIDRS = Setting("ingress_allowed_cidrs", "ingress", {"type": "list", "elements": "str", "description": "Who."})
VALUES = Setting("efk_values", "efk", {"type": "dict", "default": {}, "description": "Values."})
HOST = Setting("efk_host", "efk", {"type": "str", "default": "kibana", "description": "Host."})
PORTS = Setting("efk_ports", "efk", {"type": "list", "elements": "int", "description": "Ports."})
TOKEN = Setting("efk_token", "efk", {"type": "int", "no_log": True, "description": "Token."})
PEOPLE = Setting(
    "monitoring_people",
    "monitoring",
    {
        "type": "list",
        "elements": "dict",
        "description": "People.",
        "options": {"name": {"type": "str", "required": True}, "to": {"type": "list", "elements": "str"}},
    },
)


@pytest.mark.parametrize(
    ("setting", "value", "coerced"),
    [
        (DAYS, 7, 7),
        (DAYS, "14", 14),
        (SIZE, "large", "large"),
        (CIDRS, ["10.0.0.0/8"], ["10.0.0.0/8"]),
        (VALUES, {"a": {"b": 1}}, {"a": {"b": 1}}),
        (PORTS, [80, "443"], [80, 443]),
        (PEOPLE, [{"name": "a", "to": ["b"]}], [{"name": "a", "to": ["b"]}]),
    ],
)
def test_values_that_will_do(setting: Setting, value: object, coerced: object) -> None:
    assert subject.check_value(setting, value) == (coerced, [])


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        (DAYS, "seven", "efk_retention_days must be a whole number, not 'seven' (Days that logs are kept)."),
        (DAYS, True, "efk_retention_days must be a whole number, not True."),
        (DAYS, None, "efk_retention_days has no value"),
        (SIZE, "huge", "efk_size must be one of small or large, not 'huge' (Size)."),
        (CIDRS, "10.0.0.0/8", "ingress_allowed_cidrs must be a list (on the command line as JSON"),
        (CIDRS, [["10.0.0.0/8"]], "ingress_allowed_cidrs[0] must be a text"),
        (VALUES, "a=b", "efk_values must be a mapping of names to values"),
        (HOST, ["kibana"], "efk_host must be a text, not ['kibana']."),
        (PORTS, ["http"], "efk_ports must be a list whose elements are each a whole number, not ['http']"),
        (PEOPLE, [{"nane": "a"}], "monitoring_people is not as it must be: "),
        (PEOPLE, [{"name": "a", "to": "b"}], "monitoring_people[0].to must be a list"),
    ],
)
def test_values_that_will_not_do(setting: Setting, value: object, said: str) -> None:
    coerced, problems = subject.check_value(setting, value)
    assert coerced is None
    assert problems[0].startswith(said)


def test_a_secret_value_is_not_shown() -> None:
    assert "hunter2" not in " ".join(subject.check_value(TOKEN, "hunter2")[1])


def test_unknown_tags_are_named_with_those_that_exist() -> None:
    assert subject.unknown_tags(["efk", "all", "never", "nonsense"], ["efk", "hosts"]) == [
        "nonsense is not a tag of Landfall: write one or more of efk and hosts."
    ]


@pytest.mark.parametrize(
    ("run", "skip", "selected"),
    [
        (["all"], [], ["preflight", "efk", "hosts"]),
        (["all"], ["efk"], ["preflight", "hosts"]),
        (["efk"], [], ["efk"]),
        (["preflight"], [], ["preflight", "efk", "hosts"]),
        (["preflight", "efk"], [], ["preflight", "efk"]),
    ],
)
def test_selected_roles(run: list[str], skip: list[str], selected: list[str]) -> None:
    assert subject.selected_roles(["landfall.eks.preflight", "efk", "landfall.eks.hosts"], run, skip) == selected


def test_missing_settings_are_those_of_the_plays_roles() -> None:
    needed = Setting("efk_licence", "efk", {"required": True, "description": "The licence."})
    settings = {"efk_licence": needed}
    assert subject.missing_settings(settings, [], ["efk"]) == ["efk_licence is required and is not set: The licence."]
    assert subject.missing_settings(settings, ["efk_licence"], ["efk"]) == []
    assert subject.missing_settings(settings, [], ["argocd"]) == []


def test_the_roles_own_defaults_and_computed_names_are_known() -> None:
    settings, computed = subject.load_settings(ROLES), subject.computed_names(ROLES)
    assert settings["platform_domain"].role == "platform"
    assert settings["platform_state_dir"].role == "platform"
    assert "platform_service_monitors" in computed
