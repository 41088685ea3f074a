"""Project invariants: what defaults, argument_specs, site.yml and the pins say must be the same thing said twice."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SHA256 = re.compile(r"[0-9a-f]{64}")
EXACT = re.compile(r"v?\d+\.\d+\.\d+")


def load(path: Path) -> Any:
    """Return a YAML file's content; an empty dict if there is no such file."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}


def roles() -> list[Path]:
    """Return the folders of all roles."""
    return sorted(each for each in (ROOT / "roles").iterdir() if each.is_dir())


def options_of(role: Path) -> dict[str, Any]:
    """Return the options of a role, those of all its entry points together."""
    entry_points = load(role / "meta/argument_specs.yml")["argument_specs"].values()
    return {name: option for each in entry_points for name, option in (each.get("options") or {}).items()}


def evaluated(option: dict[str, Any], default: Any) -> bool:
    """Say whether a default is an expression that stands for something else than any text: documentation refuses it."""
    any_text = option["type"] in {"str", "path", "raw"} and "choices" not in option
    return isinstance(default, str) and "{{" in default and not any_text


def differences(role: Path) -> list[str]:
    """Return a sentence for each option whose default, in name or in value, is not said alike in both places."""
    defaults, options = load(role / "defaults/main.yml") or {}, options_of(role)
    wrong = [
        f"{role.name}: {name} is in defaults but not in argument_specs" for name in defaults.keys() - options.keys()
    ]
    for name, option in options.items():
        if name in defaults and evaluated(option, defaults[name]):
            if "default" in option:
                wrong.append(f"{role.name}: {name} has an expression as default in argument_specs: describe it there")
        elif name in defaults and option.get("default") != defaults[name]:
            wrong.append(
                f"{role.name}: {name} is {defaults[name]!r} in defaults, {option.get('default')!r} in argument_specs"
            )
        if name not in defaults and "default" in option:
            wrong.append(f"{role.name}: {name} has a default in argument_specs but not in defaults")
    return wrong


def undescribed(role: str, options: dict[str, Any], path: str = "") -> list[str]:
    """Return a sentence for each option, at any depth, without description or type."""
    wrong = []
    for name, option in options.items():
        wrong += [f"{role}: {path}{name} has no {each}" for each in ("description", "type") if each not in option]
        wrong += undescribed(role, option.get("options") or {}, f"{path}{name}.")
    return wrong


def unprefixed(role: Path) -> list[str]:
    """Return a sentence for each variable that does not begin with its role's name."""
    public, private = load(role / "defaults/main.yml") or {}, load(role / "vars/main.yml") or {}
    wrong = [name for name in public if not name.startswith(f"{role.name}_")]
    # What a component says of itself, and what role platform works out, is there for all to read.
    prefixes = (f"__{role.name}_", "platform_") if role.name == "platform" else (f"__{role.name}_",)
    wrong += [name for name in private if not name.startswith(prefixes) and name != f"{role.name}_component"]
    return [f"{role.name}: {name} does not begin with the role's name" for name in wrong]


def pins(role: Path) -> list[str]:
    """Return a sentence for each chart that is not pinned exactly."""
    wrong = []
    for name, chart in (load(role / "vars/main.yml") or {}).items():
        if not name.endswith("_chart") or not isinstance(chart, dict):
            continue
        if not EXACT.fullmatch(str(chart["version"])):
            wrong.append(f"{role.name}: {name} has no exact version: {chart['version']}")
        if chart.get("sha256") is not None and not SHA256.fullmatch(str(chart["sha256"])):
            wrong.append(f"{role.name}: {name} has a sha256 that is none: {chart['sha256']}")
    return wrong


def tags() -> list[str]:
    """Return a sentence for each role of site.yml whose tags are not just its own name, `always` aside."""
    play = load(ROOT / "playbooks/site.yml")[0]
    names = [
        (each["ansible.builtin.import_role"]["name"].rpartition(".")[2], set(each["tags"]) - {"always"})
        for each in play["tasks"]
    ]
    return [f"site.yml: role {name} is tagged {sorted(found)}" for name, found in names if found - {name}]


def galaxy() -> list[str]:
    """Return a sentence for each collection whose version differs from the one that the package ansible brings."""
    wanted = load(ROOT / "collections/requirements.yml")["collections"]
    wrong = []
    for each in wanted:
        manifest = Path(sys.prefix) / (
            f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages/ansible_collections/"
            f"{each['name'].replace('.', '/')}/MANIFEST.json"
        )
        brought = load(manifest)["collection_info"]["version"]
        if brought != each["version"]:
            wrong.append(f"collections/requirements.yml: {each['name']} is {each['version']}, ansible brings {brought}")
    return wrong


def main() -> int:
    """Print every difference; return 1 if there is one."""
    wrong = tags() + galaxy()
    for role in roles():
        wrong += differences(role) + undescribed(role.name, options_of(role)) + unprefixed(role) + pins(role)
    for each in wrong:
        print(each)
    print(f"settings: {len(roles())} roles looked at, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
