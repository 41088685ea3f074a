"""What users install: a few packages, pinned, each inside the range that execution environments are built with."""

import ast
import subprocess
import sys
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.installed import ROOT

LEVELS = ("requirements.txt", "requirements-local.txt", "requirements-test.txt")
OLDEST = "tests/unit/product/oldest.txt"


def pins(path: str) -> dict[str, str]:
    """Return the version of each package that a file pins."""
    lines = [line.split()[0] for line in (ROOT / path).read_text().splitlines() if "==" in line]
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}


def ranges() -> dict[str, Requirement]:
    """Return the ranges of meta/ee-requirements.txt by package."""
    lines = (ROOT / "meta/ee-requirements.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(each.name): each for each in found}


def outside(pinned: dict[str, str]) -> list[str]:
    """Return the packages whose pin is missing or lies outside its range."""
    return [name for name, each in ranges().items() if not each.specifier.contains(pinned.get(name, "0"))]


def test_each_pin_lies_in_its_range() -> None:
    assert outside(pins("requirements.txt")) == []
    assert outside(pins("requirements.txt") | {"boto3": "0.1"}) == ["boto3"]


def test_the_oldest_core_is_tried_with_the_lower_ends_of_the_ranges() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    lowest = {name: next(each for each in found.specifier if each.operator == ">=") for name, found in ranges().items()}
    pinned = pins(OLDEST)
    assert f">={pinned['ansible-core']}" == runtime["requires_ansible"]
    assert {name: Version(pinned[name]) for name in lowest} == {
        name: Version(each.version) for name, each in lowest.items()
    }


def test_the_levels_agree_and_hold_only_what_they_need() -> None:
    runtime, local, test = (pins(level) for level in LEVELS)
    for lower, upper in ((runtime, local), (runtime, test), (local, test)):
        assert {name: upper[name] for name in lower.keys() & upper.keys()} == {
            name: lower[name] for name in lower.keys() & upper.keys()
        }
    assert {"moto", "pytest", "flask", "cfn-lint", "molecule"} & set(runtime) == set()
    assert {"pytest", "gunicorn", "molecule"} & set(local) == set()
    assert "moto" in local


def imported(names: set[str]) -> set[str]:
    """Return the packages outside the standard library and Ansible that the collection's Python files import."""
    found = set()
    for name in names:
        if not name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(each.name.partition(".")[0] for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"ansible", "ansible_collections"}


def test_users_install_all_that_the_collection_imports(names: set[str]) -> None:
    distributions = packages_distributions()
    pinned = pins("requirements.txt")
    found = imported(names)
    assert {"boto3", "kubernetes", "yaml"} <= found
    assert [each for each in found if canonicalize_name(distributions[each][0]) not in pinned] == []


def test_ansible_builder_finds_the_ranges(collections: Path) -> None:
    builder = str(Path(sys.executable).with_name("ansible-builder"))
    command = [builder, "introspect", "--sanitize", str(collections)]
    said = yaml.safe_load(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)
    python = {canonicalize_name(each.name): each.specifier for each in map(read, said["python"])}
    # What ansible-core brings, ansible-builder leaves to it.
    assert python == {name: each.specifier for name, each in ranges().items() if name != "pyyaml"}
    assert [line.split()[0] for line in said["system"]] == ["helm"]


def read(line: str) -> Requirement:
    return Requirement(line.partition("#")[0].strip())


@pytest.mark.parametrize("path", [*LEVELS, OLDEST])
def test_every_pin_has_a_hash_and_no_file_names_an_index(path: str) -> None:
    lines = [line for line in (ROOT / path).read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not line.startswith("    --hash=sha256:") and "==" not in line] == []
    pinned = [(line, following) for line, following in pairwise(lines) if "==" in line]
    assert [line for line, following in pinned if "--hash=" not in following] == []
