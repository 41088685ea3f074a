"""What is wrong with the components of one's own: each problem one sentence, with the leaf and what to write."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import BOOLEANS

from ansible_collections.landfall.eks.plugins.module_utils.hosts.names import LABEL
from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_checks
from ansible_collections.landfall.eks.plugins.module_utils.settings import components, pods, specs
from ansible_collections.landfall.eks.plugins.module_utils.settings.components import OWN, Evaluate
from ansible_collections.landfall.eks.plugins.module_utils.text import yaml_files

OF_ROLES = frozenset({"objects", "permissions", "object_kinds", "in_force", "without_aws", "plan", "handed_over"})
"""Fields of a component that say what tasks of its role do."""
OF_OUR_RELEASES = frozenset(
    {"component", "namespace_setting", "also_in", "ingress_class", "load_balancer", "aws_role", "owner", "images"}
)
"""Fields of a release that name Landfall's own settings, or that follow from its place."""
LONGEST_RELEASE = 53
"""Helm refuses longer names."""
_NAME = re.compile(r"[a-z]([a-z0-9_-]*[a-z0-9])?")
_CHART = re.compile(r"(https?|oci)://[^\s/]+/\S+|/\S+")

Problems = Iterator[str]


@dataclass(frozen=True)
class Ours:
    """What is taken: the names of our roles, and our releases, each with its component's name."""

    roles: Collection[str]
    releases: Mapping[str, str]


@functools.cache
def contract(roles: Path) -> dict[str, Any]:
    """Return the options of a component of one's own: those of our components that need no role.

    Raises OSError or yaml.YAMLError if one of the files of the contract cannot be read.
    """
    ours = components.load_spec(roles)
    releases = {key: each for key, each in ours["releases"]["options"].items() if key not in OF_OUR_RELEASES}
    existing = {key: each for key, each in releases["existing"]["options"].items() if key != "setting"}
    releases["existing"] = {**releases["existing"], "options": existing}
    kept = {key: each for key, each in ours.items() if key not in OF_ROLES}
    items = yaml_files.read(roles / "credentials/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return {
        **kept,
        "releases": {**ours["releases"], "options": releases},
        "credentials": {**kept["credentials"], "options": items["credentials_items"]["options"]},
    }


def problems(
    given: Any, options: Mapping[str, Any], evaluate: Evaluate, errors: type[Exception], ours: Ours
) -> list[str]:
    """Return a sentence for each problem of the setting as it was written.

    `options` are those of `contract`; `errors` is what `evaluate` raises. The values of releases are left alone: they
    may depend on what a run finds out.
    """
    try:
        opened = evaluate(given) if isinstance(given, str) else given
    except errors as error:
        return [_not_evaluated(OWN, error)]
    if not isinstance(opened, Mapping):
        return [f"{OWN} must be a mapping of names to components, not {_shown(opened)}: write {{}} for none."]
    trees: dict[Any, Any] = {}
    found: list[str] = []
    for name, raw in opened.items():
        try:
            trees[name] = _without_values(raw, evaluate)
        except errors as error:
            found.append(_not_evaluated(f"{OWN}.{name}", error))
    whole: dict[Any, Any] = {}
    for name, tree in trees.items():
        faults = [*_of_name(name, ours.roles), *_of_component(name, tree, options)]
        whole |= {} if faults else {name: tree}
        found += faults
    return [*found, *_clashes(whole, ours.releases), *_circles(whole)]


def _not_evaluated(place: str, error: Exception) -> str:
    return f"{place} cannot be evaluated: correct what it refers to ({str(error).splitlines()[0].rstrip('.')})."


def _without_values(raw: Any, evaluate: Evaluate) -> Any:
    """Return a component evaluated, the values of its releases only as far as their first level."""
    opened = evaluate(raw) if isinstance(raw, str) else raw
    if not isinstance(opened, Mapping):
        return opened
    releases = opened.get("releases")
    releases = evaluate(releases) if isinstance(releases, str) else releases
    rest = evaluate({key: each for key, each in opened.items() if key != "releases"})
    if not isinstance(releases, list):
        return {**rest, **({"releases": releases} if "releases" in opened else {})}
    return {**rest, "releases": [_release_without_values(each, evaluate) for each in releases]}


def _release_without_values(raw: Any, evaluate: Evaluate) -> Any:
    opened = evaluate(raw) if isinstance(raw, str) else raw
    if not isinstance(opened, Mapping):
        return opened
    values = {key: each for key, each in opened.items() if key in components.VALUES and not _is_template(each)}
    return {**evaluate({key: each for key, each in opened.items() if key not in components.VALUES}), **values}


def _is_template(raw: Any) -> bool:
    return isinstance(raw, str) and "{{" in raw


def _of_component(name: Any, tree: Any, options: Mapping[str, Any]) -> Problems:
    place = f"{OWN}.{name}"
    if not isinstance(tree, Mapping):
        yield f"{place} must be a mapping with a list of releases, not {_shown(tree)}."
        return
    astray = sorted((tree.keys() & options["releases"]["options"].keys()) - options.keys())
    if astray:
        yield f"{place} has {specs.joined(astray)}, which a release has: write {place}.releases, a list of releases."
        return
    faults = list(leaf_problems(options, tree, place))
    yield from faults or _of_fields(tree, place, name)


def _of_name(name: Any, roles: Collection[str]) -> Problems:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"{OWN}.{name} is no name of a component: write lower-case letters, digits, - and _, a letter first."
    elif name in roles:
        yield f"{OWN}.{name} has the name of one of Landfall's own roles: write another name, such as my-{name}."


def _of_fields(tree: Mapping[str, Any], place: str, name: str) -> Problems:
    if not tree["releases"]:
        yield f"{place}.releases is empty: write a release, or remove {place}."
    for index, release in enumerate(tree["releases"]):
        yield from _of_release(components.own_place(name, index), release)
    for each in (tree.get("hosts") or {}).keys() - {release["name"] for release in tree["releases"]}:
        yield f"{place}.hosts.{each} is none of its releases: write the host below the name of the release behind it."
    yield from pods.policy_problems(tree, place)
    for sentence in slo_checks.problems(tree.get("slos") or {}, tree.get("slos") or {}):
        yield sentence.replace(f"{slo_checks.SETTING}.", f"{place}.slos.")


def _of_release(place: str, release: Mapping[str, Any]) -> Problems:
    name, namespace, ref = release["name"], release["namespace"], release["chart"]["ref"]
    if not LABEL.fullmatch(name) or len(name) > LONGEST_RELEASE:
        yield (
            f"{place}.name ({name!r}) is no name of a release: write lower-case letters, digits and inner hyphens, "
            f"{LONGEST_RELEASE} at most."
        )
    if not LABEL.fullmatch(namespace):
        yield (
            f"{place}.namespace ({namespace!r}) is no name of a namespace: write lower-case letters, digits and inner "
            "hyphens."
        )
    if not _CHART.fullmatch(ref):
        yield (
            f"{place}.chart.ref ({ref!r}) is no address of a chart: write https://REPOSITORY/CHART, "
            "oci://REGISTRY/CHART or the full path of a chart's folder."
        )
    if not release["chart"]["version"].strip():
        yield f"{place}.chart.version is empty: write the exact version of the chart, such as 1.4.2."


def leaf_problems(options: Mapping[str, Any], given: Mapping[str, Any], place: str) -> Problems:
    """Yield a sentence for each leaf of a mapping that is not as the options of an argument spec say.

    Ansible's own validator turns numbers into texts; what a chart gets is what was written.
    """
    for name in given:
        if name not in options:
            close = difflib.get_close_matches(str(name), list(options), n=1)
            advice = f"did you mean {close[0]}?" if close else f"write one of {specs.joined(options, 'or')}."
            yield f"{place}.{name} is no field of a component: {advice}"
    for name, option in options.items():
        value = given.get(name)
        if value is not None:
            yield from _of_value(option, value, f"{place}.{name}")
        elif option.get("required"):
            yield f"{place}.{name} is missing: write it ({specs.purpose(option)})."


def _of_value(option: Mapping[str, Any], value: Any, place: str) -> Problems:
    kind = option.get("type", "str")
    wrong = _wrong_type(kind, value)
    if wrong:
        yield f"{place} {wrong} ({specs.purpose(option)})."
    elif value not in option.get("choices", [value]):
        yield f"{place} must be one of {specs.joined(option['choices'], 'or')}, not {value!r}."
    elif kind == "dict" and option.get("options"):
        yield from leaf_problems(option["options"], value, place)
    elif kind == "list":
        element = {**option, "type": option.get("elements", "raw")}
        for index, each in enumerate(value):
            yield from _of_value(element, each, f"{place}[{index}]")


def _wrong_type(kind: str, value: Any) -> str:
    """Return what is wrong with a value's type, the middle of a sentence; empty if nothing is."""
    if kind == "str" and isinstance(value, int | float):
        return f"is {str(value).lower() if isinstance(value, bool) else f'the number {value}'} and no text: quote it"
    return "" if _FITS[kind](value) else f"must be {specs.TYPE_WORDS.get(kind, kind)}, not {_shown(value)}"


def _shown(value: Any) -> str:
    """Return what a value is, without the content of a mapping or list."""
    return "a mapping" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else repr(value)


def _is_int(value: Any) -> bool:
    return not isinstance(value, bool) and re.fullmatch(r"\s*\d+\s*", str(value)) is not None


_FITS: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "int": _is_int,
    "bool": lambda value: isinstance(value, str | int) and value in BOOLEANS,
    "dict": lambda value: isinstance(value, Mapping),
    "list": lambda value: isinstance(value, list),
    "raw": lambda _: True,
}


def _releases(trees: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, tree in trees.items():
        for index, release in enumerate(tree["releases"]):
            yield components.own_place(name, index), release


def _clashes(trees: Mapping[str, Any], ours: Mapping[str, str]) -> Problems:
    """Yield a sentence for each release whose name another one has: a run knows releases by their names."""
    places: dict[str, str] = {}
    for place, release in _releases(trees):
        name = release["name"]
        holder = f"the component {ours[name]}" if name in ours else places.get(name)
        if holder:
            yield f"{place}.name ({name}) is the name of a release of {holder} already: write another name."
        places.setdefault(name, place)


def _circles(trees: Mapping[str, Any]) -> Problems:
    """Yield a sentence for each release that would wait for itself."""
    needs = {release["name"]: release.get("needs") or [] for _unused, release in _releases(trees)}
    for place, release in _releases(trees):
        circle = _way_back(release["name"], needs)
        if circle:
            yield f"{place}.needs leads back to itself ({' -> '.join(circle)}): remove one of these needs."


def _way_back(name: str, needs: Mapping[str, list[str]]) -> list[str]:
    """Return the names on a way from a release over what it needs back to itself; empty if there is none."""
    ways = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for each in needs.get(way[-1], []):
            if each == name:
                return [*way, name]
            if each not in seen:
                seen.add(each)
                ways.append([*way, each])
    return []
