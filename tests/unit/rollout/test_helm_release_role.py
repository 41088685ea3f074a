"""The role helm_release does what was decided, and decides nothing itself."""

import re
from pathlib import Path

import yaml

ROLES = Path(__file__).parents[3] / "roles"
ROLE = ROLES / "helm_release"
STATUSES = (
    *("deployed", "failed", "superseded", "unknown", "uninstalled", "uninstalling"),
    *("pending-install", "pending-upgrade", "pending-rollback"),
)


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
