"""The role helm_release does what was decided, and decides nothing itself."""

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.helm.state import Live, Wanted, decide

ROLES = Path(__file__).parents[3] / "roles"
ROLE = ROLES / "helm_release"
FILES = yaml.safe_load((ROLE / "vars/main.yml").read_text(encoding="utf-8"))["__helm_release_files"]
STATUSES = (
    *("deployed", "failed", "superseded", "unknown", "uninstalled", "uninstalling"),
    *("pending-install", "pending-upgrade", "pending-rollback"),
)
WANTED = {"present": Wanted("c-1"), "absent": Wanted(None)}


@pytest.mark.parametrize("platform_state", WANTED)
def test_each_action_has_its_tasks(platform_state):
    live = [
        (),
        *(({"revision": 1, "status": status, "identity": made},) for status in STATUSES for made in ("", "c-1")),
    ]
    actions = {str(decide(Live(each), WANTED[platform_state]).action) for each in live}
    assert set(FILES[platform_state]) == actions
    assert [name for name in FILES[platform_state].values() if not (ROLE / f"tasks/{name}.yml").is_file()] == []


def test_the_role_knows_no_status_of_helms():
    word = re.compile(rf"['\"]({'|'.join(STATUSES)}|pending-?)['\"]|\.status\b")
    said = {path.name: word.findall(path.read_text(encoding="utf-8")) for path in ROLE.rglob("*.yml")}
    assert {name: found for name, found in said.items() if found} == {}
    assert word.findall("when: __helm_release_now.status == 'uninstalling'"), "control"


def test_each_release_names_its_component():
    found = {}
    for path in ROLES.glob("*/vars/main.yml"):
        role = path.parents[1].name
        releases = yaml.safe_load(path.read_text(encoding="utf-8")).get(f"{role}_component", {}).get("releases") or []
        found |= {each["name"]: (role, each["component"]) for each in releases}
    assert len(found) >= 9
    assert {name: each for name, each in found.items() if each[0] != each[1]} == {}
