"""Every text setting of a component that is in its values arrives in Helm as the text that was written."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube.documents import documents
from ansible_collections.landfall.eks.plugins.module_utils.settings import specs
from ansible_collections.landfall.eks.plugins.module_utils.text import json_yaml
from tests.helm_values import TEXTS, kinds, needs_helm, through_helm
from tests.unit.components.rendering import CHECKOUT, COMPONENTS, leaves, releases

SETTINGS = specs.load_settings(CHECKOUT / "roles")
ROUNDS = 3
"""Texts that each setting is given, one after the other."""
NAMES = tuple(text for text in TEXTS if re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", text) and len(text) < 64)
"""Texts that are names of namespaces and hosts too, which preflight wants there."""
NAMED = re.compile(r"_(namespace|domain|host|image)$")
MARK = re.compile(r"zq\d+q")
IN_JSON = "extraObjects"
"""Of the chart eck-stack: manifests as texts, with what they hold in JSON."""

READ = {"monitoring_slo_files"}
"""Settings that name files, which are read while their component is evaluated."""

Path = tuple[str | int, ...]


def texts_of(option: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    """Yield the paths of an option's texts that may be any; 0 is the first element of a list."""
    kind = option.get("type", "str")
    if option.get("choices"):
        return
    if kind in ("str", "path"):
        yield path
    elif kind == "list":
        yield from texts_of({**option, "type": option.get("elements", "raw")}, (*path, 0))
    elif kind == "dict":
        for name, inner in (option.get("options") or {}).items():
            yield from texts_of(inner, (*path, name))


PLACES = [
    (name, path)
    for name, each in SETTINGS.items()
    if each.role in (*COMPONENTS, "platform") and name not in READ
    for path in texts_of(each.option)
]
FREE = [name for name in SETTINGS if name.endswith("_values") and SETTINGS[name].role in COMPONENTS]


def given(texts: list[str]) -> dict[str, Any]:
    """Return settings with one text at each of PLACES."""
    settings: dict[str, Any] = {}
    for (name, path), text in zip(PLACES, texts, strict=True):
        settings[name] = _with(settings.get(name), path, text)
    return settings


def _with(tree: Any, path: Path, text: str) -> Any:
    if not path:
        return text
    first, *rest = path
    if first == 0:
        return [_with(tree[0] if tree else None, tuple(rest), text)]
    return {**(tree or {}), first: _with((tree or {}).get(first), tuple(rest), text)}


def awkward(index: int, turn: int) -> str:
    """Return a text for one of PLACES, another one each turn; no two names are the same."""
    named = [each for each, (name, _) in enumerate(PLACES) if NAMED.search(name)]
    fitting, place = (NAMES, named.index(index)) if index in named else ([*filter(None, TEXTS)], index)
    return fitting[(place + turn * (len(fitting) // ROUNDS + 1)) % len(fitting)]


@cache
def marked(role: str) -> dict[tuple[str, Path], str]:
    """Return the texts in a component's values, by release and place, in which marks stand for settings."""
    settings = given([f"zq{index}q" for index in range(len(PLACES))])
    return {
        (each["name"], path): leaf
        for each in releases(role, **settings)
        for path, leaf in leaves(each["values"]).items()
        # What is made of several settings, such as a list of namespaces, has an order of its own.
        if isinstance(leaf, str) and len({*MARK.findall(leaf)}) == 1 and path[0] != IN_JSON
    }


def test_the_settings_that_land_are_many() -> None:
    found = {mark for role in COMPONENTS for leaf in marked(role).values() for mark in MARK.findall(leaf)}
    names = {PLACES[int(mark.strip("zq"))][0] for mark in found}
    assert len(names) > 25
    assert {"flask_app_image_tag", "ingress_subnets", "monitoring_retention", "efk_size_by_hand"} <= names
    assert len(FREE) == 10


@needs_helm
@pytest.mark.parametrize("role", COMPONENTS)
def test_texts_arrive_as_they_were_written(role: str) -> None:
    values = {}
    for turn in range(ROUNDS):
        texts = [awkward(index, turn) for index in range(len(PLACES))]
        made = {each["name"]: each["values"] for each in releases(role, **given(texts))}
        for (name, path), leaf in marked(role).items():
            wanted = MARK.sub(lambda found, texts=texts: texts[int(found[0].strip("zq"))], leaf)
            assert leaves(made[name])[path] == wanted, (name, path)
        values |= {f"{name} {turn}": each for name, each in made.items()}
    assert kinds(through_helm(json_yaml.dump({"told": [values]}))["told"]) == kinds([values])


def leaves_of_app_chart(texts: list[str]) -> dict[tuple[str, Path], Any]:
    """Return what the chart of the Flask application makes of its role's values, by kind and place."""
    (flask_app,) = releases("flask_app", **given(texts))
    command = ["helm", "template", "flask-app", CHECKOUT / "app/chart", "--skip-schema-validation", "--values=-"]
    written = json_yaml.dump(flask_app["values"])
    done = subprocess.run(command, input=written, capture_output=True, encoding="utf-8", check=False)
    assert not done.returncode, done.stderr
    return {(each["kind"], path): leaf for each in documents(done.stdout) for path, leaf in leaves(each).items()}


@needs_helm
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_our_own_chart_leaves_them_as_they_are(turn: int) -> None:
    marks = [f"zq{index}q" for index in range(len(PLACES))]
    texts = [NAMES[(index + turn * 5) % len(NAMES)] for index in range(len(PLACES))]
    made = leaves_of_app_chart(texts)
    marked_leaves = {
        place: MARK.sub(lambda found: texts[int(found[0].strip("zq"))], leaf)
        for place, leaf in leaves_of_app_chart(marks).items()
        if isinstance(leaf, str) and MARK.search(leaf)
    }
    assert len(marked_leaves) > 5
    assert {place: made.get(place) for place in marked_leaves} == marked_leaves


@needs_helm
@pytest.mark.parametrize("role", COMPONENTS)
def test_what_is_merged_over_our_values_arrives_as_it_was_written(role: str) -> None:
    keys = {text: text for text in TEXTS if len(text) < 1000}
    added = {"addedByUser": {"texts": [*TEXTS], "keys": keys, "numbers": [0, -1, 1.5, 2**53], "others": [True, None]}}
    made = releases(role, **{name: added for name in FREE if SETTINGS[name].role == role})
    told = through_helm(json_yaml.dump({"told": [each["values"] for each in made]}))["told"]
    assert [kinds(each["addedByUser"]) for each in told] == [kinds(added["addedByUser"])] * len(made)
