"""What `ansible-galaxy collection build` packs: the product, and nothing that only developers run."""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.installed import ROOT

OWN = "ansible_collections.landfall.eks."
TOP = {
    *("CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "app", "docs", "inventories", "meta"),
    *("playbooks", "plugins", "requirements.txt", "roles", "tests"),
}
DEVELOPERS = (
    *(
        r"tests/(?!sanity/|config\.yml$)",
        r"molecule/",
        r"tools/",
        r"app/(?!chart/)",
        r"\.",
        r"requirements.*\.in$",
        r"requirements-",
    ),
    *(r".*local_cluster", r".*stand_ins/", r"inventories/local/"),
)
"""What no user runs, by the beginning of its path."""


def developers(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the paths that each of DEVELOPERS matches."""
    listed = sorted(names)
    return {each: [name for name in listed if re.match(each, name)] for each in DEVELOPERS}


def missing_imports(names: set[str]) -> Iterator[str]:
    """Yield what the Python files of the artifact import from this collection, and the artifact does not hold."""
    there = {name.removesuffix(".py").replace("/", ".") for name in names if name.endswith(".py")}
    for path in (ROOT / name for name in names if name.endswith(".py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(OWN):
                module = str(node.module).removeprefix(OWN)
                if module not in there:  # a package: each name of it is a module
                    wanted = (f"{module}.{each.name}" for each in node.names)
                    yield from (f"{path.name}: {each}" for each in wanted if each not in there)


def missing_names(names: set[str]) -> Iterator[str]:
    """Yield what roles, playbooks and inventories call by name or path, and the artifact does not hold."""
    roles = {name.split("/")[1] for name in names if name.startswith("roles/")}
    others = {Path(name).stem for name in names if name.startswith(("plugins/", "playbooks/"))}
    for name in (each for each in names if each.startswith(("roles/", "playbooks/", "inventories/"))):
        path = ROOT / name
        if path.suffix not in {".yml", ".yaml"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        for called in re.findall(r"(?<!group/)\blandfall\.eks\.([a-z_0-9]+)", text):
            if called not in roles | others:
                yield f"{name}: landfall.eks.{called}"
        for inside in re.findall(r"'([^']+)'\s*\|\s*landfall\.eks\.collection_path", text):
            if not any(f"{each}/".startswith(f"{inside}/") for each in names):
                yield f"{name}: {inside}"


def test_the_artifact_holds_the_product_alone(names: set[str]) -> None:
    assert {name.partition("/")[0] for name in names} == TOP
    assert {each: found for each, found in developers(names).items() if found} == {}
    # The control: in the repository each of them is found.
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert [each for each, found in developers(listed.split()).items() if not found] == []


def test_nothing_in_it_imports_what_is_left_out(names: set[str]) -> None:
    assert list(missing_imports(names)) == []
    assert list(missing_imports({name for name in names if "module_utils/text/" not in name})) != []


def test_nothing_in_it_calls_what_is_left_out(names: set[str]) -> None:
    assert list(missing_names(names)) == []
    without = {name for name in names if not name.startswith(("roles/groundwork/", "app/"))}
    missing = " ".join(missing_names(without))
    assert "landfall.eks.groundwork" in missing
    assert "app/chart" in missing


def test_it_has_no_play_beside_its_playbooks(names: set[str]) -> None:
    """Galaxy's importer checks the syntax of each play, and has no collection but this one."""
    play = re.compile(r"(?m)^- (name: .*\n  )?hosts: ")
    plays = {name for name in names if name.endswith(".yml") and play.search((ROOT / name).read_text(encoding="utf-8"))}
    assert "playbooks/site.yml" in plays
    assert [name for name in plays if not name.startswith("playbooks/")] == []
