"""What the documentation of each plugin has to say; antsibull-docs and ansible-test judge its form."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PLUGINS = sorted(
    path
    for kind in ("modules", "filter", "lookup", "inventory", "callback")
    for path in ROOT.glob(f"plugins/{kind}/*.py")
)
MODULES = [path for path in PLUGINS if path.parent.name == "modules"]
API = {"charts", "helm_state", "history", "hosts_block", "orphans"}
"""The modules that others may rely on."""


def texts(path: Path) -> dict[str, Any]:
    """Return the documentation of a plugin by the name of its part."""
    nodes = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    parts = {node.targets[0].id: node.value for node in nodes if isinstance(node.targets[0], ast.Name)}
    wanted = {name: value for name, value in parts.items() if name in {"DOCUMENTATION", "RETURN"}}
    return {name: yaml.safe_load(ast.literal_eval(value)) for name, value in wanted.items()}


def fragments(path: Path) -> list[str]:
    named = texts(path)["DOCUMENTATION"].get("extends_documentation_fragment", [])
    return [named] if isinstance(named, str) else named


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_plugin_says_since_when_and_whether_it_is_internal(path: Path) -> None:
    documentation = texts(path)["DOCUMENTATION"]
    assert documentation["author"] == "The Landfall authors (@landfall)"
    assert documentation["version_added"] == "0.1.0"
    said = [each for each in fragments(path) if each.startswith("landfall.eks.attributes.")]
    assert len(said) == 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_says_how_it_runs_and_what_it_returns(path: Path) -> None:
    assert "landfall.eks.attributes" in fragments(path)
    assert texts(path)["RETURN"]
    assert ("landfall.eks.attributes.api" in fragments(path)) == (path.stem in API)


def test_the_ignore_files_hold_one_kind_of_line_and_nothing_else() -> None:
    documented = {
        str(path.relative_to(ROOT))
        for path in PLUGINS
        if path.parent.name in {"callback", "lookup", "modules", "inventory"} and path.stem != "local_cluster"
    }
    for path in ROOT.glob("tests/sanity/ignore-*.txt"):
        lines = [line.partition(" ") for line in path.read_text().splitlines()]
        assert {entry for _, _, entry in lines} == {"validate-modules:missing-gplv3-license"}
        assert [name for name, _, _ in lines] == sorted(documented)
