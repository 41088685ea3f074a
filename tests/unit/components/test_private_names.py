"""What begins with two underscores is read by its own role alone: no other role, playbook or Python names it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
PLACES = (
    "roles/**/*.yml",
    "roles/**/*.j2",
    "playbooks/*.yml",
    "plugins/**/*.py",
    "molecule/**/*.yml",
    "inventories/**",
)
PRIVATE = re.compile(r"(?<![\w.])__(?:" + "|".join(sorted(ROLES, key=len, reverse=True)) + r")_\w+")


def owner(name):
    """Return the role that a private name belongs to."""
    return next(role for role in sorted(ROLES, key=len, reverse=True) if name.startswith(f"__{role}_"))


def strangers(text, role):
    """Return the private names in a text that belong to another role than `role`."""
    return sorted({name for name in PRIVATE.findall(text) if owner(name) != role})


def files():
    """Yield (file, the role that it belongs to, empty if it belongs to none)."""
    for pattern in PLACES:
        for path in ROOT.glob(pattern):
            inside = path.relative_to(ROOT).parts
            if path.is_file() and "stand_ins" not in inside:
                yield path, inside[1] if inside[0] == "roles" else ""


def test_nobody_reads_what_is_private_to_another_role():
    found = list(files())
    assert len(found) > len(ROLES)
    against = {str(path.relative_to(ROOT)): strangers(path.read_text(encoding="utf-8"), role) for path, role in found}
    assert {path: names for path, names in against.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "role", "names"),
    [
        ("{{ __efk_sized.nodes }}", "monitoring", ["__efk_sized"]),
        ("{{ __efk_sized.nodes }}", "efk", []),
        ('variables["__flask_app_merged_values"]', "", ["__flask_app_merged_values"]),
        ("def __init__(self):", "", []),
    ],
)
def test_the_control_sees_one(text, role, names):
    assert strangers(text, role) == names
