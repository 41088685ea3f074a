"""Everything can be imported where no library is installed, and fails there in one sentence where it is used."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.libraries import stand_in

ROOT = Path(__file__).parents[2]
CODE = ROOT / "plugins"
LIBRARIES = CODE / "module_utils/libraries"
SCRIPT = """
import importlib, json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

absent, names = json.load(sys.stdin)
sys.meta_path.insert(0, Absent())
failed = {}
for name in names:
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed[name] = repr(error)
from ansible_collections.landfall.eks.plugins.module_utils.kube import client
try:
    client.client_from({"kubeconfig": "/dev/null"})
except Exception as error:
    said = str(error)
from ansible_collections.landfall.eks.plugins.modules import load_balancer_facts
places = load_balancer_facts.Asked("", "", "").places("", "", []).hindrance if "boto3" in absent else ""
libraries = [name for name in names if ".libraries." in name and "stand_in" not in name]
print(json.dumps([failed, [said, places], [sys.modules[name].MISSING for name in libraries]]))
"""
NAMES = [
    f"ansible_collections.landfall.eks.{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}"
    for folder in ("module_utils", "modules")
    for path in sorted((CODE / folder).rglob("*.py"))
    if path.name != "__init__.py"
]


def imported(path: Path) -> set[str]:
    """Return the packages that a file imports when it is imported itself, Python's and Ansible's aside."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for each in ast.walk(node) if isinstance(node, ast.Try | ast.With) else [node]:
            if isinstance(each, ast.Import):
                found.update(name.name.partition(".")[0] for name in each.names)
            elif isinstance(each, ast.ImportFrom) and each.module:
                found.add(each.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"ansible", "ansible_collections"}


LIBRARY_NAMES = sorted({name for path in LIBRARIES.glob("*.py") for name in imported(path)})


def without(absent: list[str]) -> list:
    """Return (what could not be imported and why, what is said of two of them, all MISSING) without some packages."""
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(
        command,
        input=json.dumps([absent, NAMES]),
        env={"PYTHONPATH": str(ROOT / "collections")},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


def test_modules_are_imported_without_any_library() -> None:
    failed, said, missing = without([*LIBRARY_NAMES, "bcrypt", "jinja2", "jsonschema", "markupsafe"])
    assert failed == {}
    assert said == [
        "The Python package kubernetes is missing: install Landfall's requirements.txt.",
        "AWS cannot be asked without the Python package boto3, which requirements.txt has",
    ]
    assert set(missing) == {"boto3", "cryptography", "kubernetes", "psutil", "PyYAML", "troposphere"}


def test_modules_are_imported_with_all_libraries() -> None:
    failed, _said, missing = without([])
    assert (failed, set(missing)) == ({}, {""})


@pytest.mark.parametrize("folder", ["module_utils", "modules"])
def test_a_library_is_imported_in_one_place(folder: str) -> None:
    paths = [path for path in (CODE / folder).rglob("*.py") if path.parent != LIBRARIES]
    assert {path.name: found for path in paths if (found := imported(path) & set(LIBRARY_NAMES))} == {}
    assert {"yaml", "kubernetes"} <= set(LIBRARY_NAMES)


def test_a_stand_in_stands_for_anything_until_it_is_used() -> None:
    absent = stand_in.stand_ins("things")("Thing")

    class Own(absent):
        """As a subclass."""

    def annotated(given: absent.Part | None) -> dict[str, absent]:
        try:
            return {"seen": int("x")}
        except absent:
            return {}
        except ValueError:
            return {"seen": given}

    assert annotated(None) == {"seen": None}
    for use in (absent, absent.part.of.it, Own):
        with pytest.raises(stand_in.MissingLibraryError, match="package things is missing: install"):
            use()
    assert not hasattr(absent, "__path__")
