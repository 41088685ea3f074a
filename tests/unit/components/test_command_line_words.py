"""Numbers and switches that are given as texts, as `-e replicas=3` does, are what their settings say they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleError

from ansible_collections.landfall.eks.plugins.module_utils.settings import specs
from tests.helm_values import kinds
from tests.unit.components.rendering import CHECKOUT, COMPONENTS, load, templar

SETTINGS = specs.load_settings(CHECKOUT / "roles")
SWITCHES = sorted(name for name, each in SETTINGS.items() if each.type == "bool")
READ_RAW = re.compile(rf"(?<![\w.'\"])({'|'.join(SWITCHES)})\b(?!\s*(\| default\(\w+\) )?\| bool)(?!\s*:)")
WHOLE = re.compile(rf'(:|=) "\{{\{{ ({"|".join(SWITCHES)}) \}}\}}"')
"""A switch that is handed on as it is: to a module, whose option says that it is one, or to a variable."""


def with_words(option: Mapping[str, Any], words: Mapping[str, Any]) -> Any:
    """Return a value for an option, with a word for each number and switch in it; None where there is none."""
    kind = option.get("type", "str")
    if kind in words:
        return words[kind]
    inner = (option.get("options") or {}).items() if kind == "dict" else ()
    made = {name: value for name, each in inner if (value := with_words(each, words)) is not None}
    return made or None


def component(role: str, words: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a component, evaluated with a word for each number and switch of the components' settings."""
    ours = {name: each for name, each in SETTINGS.items() if each.role in (*COMPONENTS, "platform")}
    given = {name: value for name, each in ours.items() if (value := with_words(each.option, words)) is not None}
    evaluate = templar(role, **given)
    for part, raw in load(role, "vars")[f"{role}_component"].items():
        try:
            yield part, kinds(evaluate.template(raw))
        except AnsibleError as error:  # what is only known in a run
            yield part, str(error)


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ({"int": 7, "bool": True}, {"int": "7", "bool": "yes"}),
        ({"int": 5, "bool": False}, {"int": "5", "bool": "false"}),
    ],
    ids=["on", "off"],
)
@pytest.mark.parametrize("role", COMPONENTS)
def test_texts_make_the_same_component(role: str, words: dict[str, Any], texts: dict[str, Any]) -> None:
    for name in ("metrics_server_replicas", "efk_enabled"):
        wanted = words[SETTINGS[name].type]
        assert specs.check_value(SETTINGS[name], texts[SETTINGS[name].type]) == (wanted, [])
    assert dict(component(role, texts)) == dict(component(role, words))


def test_no_template_takes_a_switch_for_what_it_is_not() -> None:
    """The text `false` is true to a template that does not ask."""
    files = [
        path
        for each in ("roles/*/tasks", "roles/*/vars", "roles/*/defaults", "playbooks")
        for path in CHECKOUT.glob(f"{each}/*.yml")
    ]
    wrong = [
        f"{path.relative_to(CHECKOUT)}: {line.strip()}"
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if ("{{" in line or re.match(r"\s*(when:|- )", line)) and not line.strip().startswith("#")
        if READ_RAW.search(WHOLE.sub("", line))
    ]
    assert wrong == []
