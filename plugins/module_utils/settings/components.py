"""What the components of a play say of themselves: in the one dict `<role>_component` of each role, and in the setting
`platform_components` for each component of one's own.

Pure: raw variables and a function that evaluates templates in, plain data out. What needs a run, such as a release's
values, is left out here and evaluated at its one point of use.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.landfall.eks.plugins.module_utils.text import yaml_files

SUFFIX = "_component"
OWN = "platform_components"
"""The setting that holds the components of one's own, by name."""
OWN_ROLE = "components"
"""The role that rolls those out."""
VALUES = ("values", "secret_checksums")
"""Fields of a release that only the worker evaluates."""
AT_USE = ("credentials", "objects", "permissions", "slos", "in_force", "notes", "plan", "handed_over")
"""Fields of a component that its one reader evaluates."""
SPECS = ("platform/meta/component.yml", "helm_release/meta/argument_specs.yml")

Evaluate = Callable[[Any], Any]
"""Returns a variable's raw value with its templates evaluated; raises what the caller passes as `errors`."""
Component = dict[str, Any]
"""A component as its settings have it: {name, releases, hosts, namespaces, checks, kinds, without_aws, faults}."""


def declared(names: Iterable[str], variables: Mapping[str, Any], evaluate: Evaluate) -> dict[str, Mapping[str, Any]]:
    """Return the raw dict of each component among `names`, by name, in their order.

    A name is that of a role, with or without its collection, or of a component of one's own; the role that rolls these
    out stands for all of them.
    """
    own = own_components(variables, evaluate)
    found: dict[str, Mapping[str, Any]] = {}
    for name in dict.fromkeys(each.rpartition(".")[2] for each in names):
        if name == OWN_ROLE:
            found |= own
        elif name in own:
            found[name] = own[name]
        elif name + SUFFIX in variables:
            found[name] = variables[name + SUFFIX]
    return found


def own_components(variables: Mapping[str, Any], evaluate: Evaluate) -> dict[str, dict[str, Any]]:
    """Return the raw dict of each component of one's own, by name, with what goes without saying.

    What is a template as a whole is evaluated; what is not of the right type is left out.
    """
    given = _opened(variables.get(OWN), evaluate)
    opened = {name: _opened(each, evaluate) for name, each in given.items()} if isinstance(given, Mapping) else {}
    return {name: _whole(name, each, evaluate) for name, each in opened.items() if isinstance(each, Mapping)}


def _whole(name: str, raw: Mapping[str, Any], evaluate: Evaluate) -> dict[str, Any]:
    releases = _opened(raw.get("releases"), evaluate)
    opened = [_opened(each, evaluate) for each in releases] if isinstance(releases, list) else []
    whole = [_whole_release(name, index, each) for index, each in enumerate(opened) if isinstance(each, Mapping)]
    namespaces = [each["namespace"] for each in whole if "namespace" in each]
    return {"namespaces": namespaces, **raw, "releases": whole}


def _whole_release(name: str, index: int, raw: Mapping[str, Any]) -> dict[str, Any]:
    place = own_place(name, index)
    whole = {**raw, "component": name, "namespace_setting": f"{place}.namespace"}
    if isinstance(crds := raw.get("crds", {}), Mapping):
        whole["crds"] = {"source": "auto", **crds}
    if isinstance(existing := raw.get("existing"), Mapping):
        whole["existing"] = {**existing, "setting": f"{place}.existing.policy"}
    return whole


def own_place(name: str, index: int) -> str:
    """Return where a release of a component of one's own stands, as sentences call it."""
    return f"{OWN}.{name}.releases[{index}]"


def chart_setting(release: Mapping[str, Any]) -> str:
    """Return the setting of a release's chart; `release` has its `name`, `component` and `namespace_setting`.

    >>> chart_setting({"name": "fluent-bit", "component": "efk", "namespace_setting": "efk_namespace"})
    'efk_fluent_bit_chart'
    """
    place, _unused, _field = release["namespace_setting"].rpartition(".")
    if place:
        return f"{place}.chart"
    role, chart = release["component"], release["name"].replace("-", "_")
    return f"{role}_chart" if role == chart else f"{role}_{chart}_chart"


def _opened(raw: Any, evaluate: Evaluate) -> Any:
    """Return a raw value whose first level is no template any more."""
    return evaluate(raw) if isinstance(raw, str) else raw


def evaluated(name: str, raw: Mapping[str, Any], evaluate: Evaluate, errors: type[Exception]) -> Component:
    """Return a component with its releases, each evaluated as far as settings go.

    What cannot be evaluated is left out, and is a line of `faults`: field and reason.
    """
    faults: list[str] = []
    releases = [_fields(each, VALUES, evaluate, errors, faults) for each in raw.get("releases", [])]
    rest = _fields(raw, ("releases", *AT_USE), evaluate, errors, faults)
    whole = [
        {"namespace_setting": f"{name}_namespace", **each}
        for each in releases
        if {"name", "namespace", "chart"} <= each.keys()
    ]
    return {"name": name, "releases": whole, **rest, "faults": faults}


def _fields(
    raw: Mapping[str, Any], left: Collection[str], evaluate: Evaluate, errors: type[Exception], faults: list[str]
) -> dict[str, Any]:
    """Return the fields of a dict, those of `left` excepted, and add to `faults` those that cannot be evaluated."""
    found = {}
    for key, value in raw.items():
        if key in left:
            continue
        try:
            found[key] = evaluate(value)
        except errors as error:
            faults.append(f"{key} ({str(error).splitlines()[0].rstrip('.')})")
    return found


@functools.cache
def load_spec(roles: Path) -> dict[str, Any]:
    """Return the argument spec of a component's dict, that of its releases from role helm_release.

    Raises OSError or yaml.YAMLError if one of the two files cannot be read.
    """
    component, worker = (yaml_files.read(roles / each) for each in SPECS)
    options: dict[str, Any] = component["options"]
    release = worker["argument_specs"]["main"]["options"]["helm_release_specs"]["options"]
    options["releases"]["options"] = release | options["releases"].get("options", {})
    return options


def completed(release: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a release with the defaults of its spec, which load_spec has read.

    What somebody else installed is taken over where the policy of `existing` says so.
    """
    defaults = {key: each["default"] for key, each in spec["releases"]["options"].items() if "default" in each}
    policy = (release.get("existing") or {}).get("policy")
    return {
        **defaults,
        "adopt": policy == "adopt",
        **release,
        "crds": {**defaults["crds"], **release.get("crds", {})},
    }


def problems(component: Component, spec: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each thing in an evaluated component that its spec does not allow."""
    known = {key: option for key, option in spec.items() if key not in AT_USE}
    said = {key: value for key, value in component.items() if key not in {"name", "faults"}}
    result = ArgumentSpecValidator(known).validate(said)
    return [f"{component['name']}{SUFFIX} is not as its contract says: {each}." for each in result.error_messages]
