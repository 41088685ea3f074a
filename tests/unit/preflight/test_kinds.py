"""A text is a text: numbers, booleans and dates are refused in one sentence, at any depth of any setting."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.landfall.eks.plugins.module_utils.settings import kinds, specs
from tests.helm_values import TEXTS

ROLES = Path(__file__).parents[3] / "roles"
SETTINGS = specs.load_settings(ROLES)
DAY = datetime.date(2026, 11, 30)
NOON = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)
WORDS = {
    20261130: "the number 20261130",
    1.1: "the number 1.1",
    True: "the boolean true",
    False: "the boolean false",
    DAY: "the date 2026-11-30",
    NOON: "the date 2026-11-30T12:00:00+00:00",
}
NOT_SHOWN = {
    int: "a number",
    float: "a number",
    bool: "a boolean",
    datetime.date: "a date",
    datetime.datetime: "a date",
}
FREE = [name for name, setting in SETTINGS.items() if setting.type == "dict" and not setting.option.get("options")]


def places(option: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Yield each place of a text in an option: its path, and a function that puts a value there."""
    kind = option.get("type", "str")
    if kind in ("str", "path"):
        yield path, lambda value: value
    elif kind == "list" and (option.get("elements") in ("str", "path") or option.get("options")):
        for where, put in places({**option, "type": option["elements"]}, f"{path}[0]"):
            yield where, lambda value, put=put: [put(value)]
    for name, inner in (option.get("options") or {}).items() if kind == "dict" else ():
        for where, put in places(inner, f"{path}.{name}"):
            yield where, lambda value, put=put, name=name: {name: put(value)}


PLACES = [(each, *place) for each in SETTINGS.values() for place in places(each.option, each.name)]


@pytest.mark.parametrize(("setting", "path", "put"), PLACES, ids=[path for _, path, _ in PLACES])
def test_what_is_no_text_is_refused_wherever_a_text_is_wanted(setting: specs.Setting, path: str, put: Any) -> None:
    for value, words in WORDS.items():
        said = NOT_SHOWN[type(value)] if setting.secret else words
        assert specs.check_value(setting, put(value)) == (None, [f"{path} is {said}, not text: write it in quotes."])


def test_the_places_are_many_and_deep() -> None:
    found = {path for _, path, _ in PLACES}
    assert len(found) > 120
    assert {
        "flask_app_image_tag",
        "ingress_subnets[0]",
        "efk_size_by_hand.cpu",
        "monitoring_receivers[0].name",
    } <= found


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_taken_whatever_yaml_makes_of_them_elsewhere(text: str) -> None:
    assert specs.check_value(SETTINGS["flask_app_image_tag"], text) == (text, [])
    assert specs.check_value(SETTINGS["flask_app_values"], {"a": [text, {text: text}]})[1] == []


@pytest.mark.parametrize("name", [name for name in FREE if not SETTINGS[name].secret])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (DAY, "is the date 2026-11-30, which JSON does not have: write it in quotes."),
        (NOON, "is the date 2026-11-30T12:00:00+00:00, which JSON does not have: write it in quotes."),
        (2**53 + 1, "is the number 9007199254740993, which Helm would round: write it in quotes."),
        (-(2**64), "is the number -18446744073709551616, which Helm would round: write it in quotes."),
        (float("nan"), "is nan, which JSON does not have: write a number."),
        (float("-inf"), "is -inf, which JSON does not have: write a number."),
        (b"a", "is binary data, which JSON does not have: write its base64 as a text."),
        ({"a"}, "is a set, which JSON does not have: write a list."),
        ("\udc80", "holds a character that UTF-8 does not have: take it out."),
        ({True: 1}, "has the boolean true as a key, which is to be a text: write it in quotes."),
        ({1.5: 1}, "has the number 1.5 as a key, which is to be a text: write it in quotes."),
        ({None: 1}, "has null as a key, which is to be a text: write it in quotes."),
        ({DAY: 1}, "has the date 2026-11-30 as a key, which is to be a text: write it in quotes."),
    ],
)
def test_what_would_not_arrive_as_it_was_written_is_refused_at_any_depth(name: str, value: object, said: str) -> None:
    for given, path in (({"a": value}, f"{name}.a"), ({"a": [{"b": value}]}, f"{name}.a[0].b")):
        assert specs.check_value(SETTINGS[name], given) == (None, [f"{path} {said}"])


def test_what_arrives_is_taken() -> None:
    given = {"a": [2**53, -(2**53), -0.0, 1e22, True, None, "1e3", {5432: "db"}, {}, []]}
    assert not [*kinds.unwritable(given, "a")]


def test_values_are_judged_as_ansible_has_read_them() -> None:
    """Its numbers and texts carry where they come from."""
    text = "{flask_app_image_tag: 1.10, flask_app_values: {on: 1, at: 2026-11-30, ok: 0899, port: {5432: a}}}"
    read = DataLoader().load(text)
    assert specs.check_value(SETTINGS["flask_app_image_tag"], read["flask_app_image_tag"])[1] == [
        "flask_app_image_tag is the number 1.1, not text: write it in quotes."
    ]
    assert specs.check_value(SETTINGS["flask_app_values"], read["flask_app_values"])[1] == [
        "flask_app_values has the boolean true as a key, which is to be a text: write it in quotes.",
        "flask_app_values.at is the date 2026-11-30, which JSON does not have: write it in quotes.",
    ]
