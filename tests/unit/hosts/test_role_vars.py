"""What the role makes of the addresses that were found and of those that answer, evaluated by Ansible itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

VARS = Path(__file__).parents[3] / "roles/hosts/vars/main.yml"
FOUND = {
    "names": ["grafana.x", "kibana.x"],
    "addresses": ["203.0.113.7", "203.0.113.9"],
    "notes": ["shop has no address yet in c."],
}
SKIPPED = {"skipped": True}
"""A task that was skipped registers too."""


def worked_out(name: str, **variables: Any) -> Any:
    loader = DataLoader()
    role: dict[str, Any] = loader.load_from_file(str(VARS), trusted_as_template=True)
    return Templar(loader, variables=role | {"platform_run": {"settings": {"names_outside": []}}} | variables).template(
        trust_as_template(f"{{{{ {name} }}}}")
    )


def test_names_and_addresses_are_those_that_were_found() -> None:
    assert worked_out("__hosts_names", __hosts_found=FOUND) == FOUND["names"]
    assert worked_out("__hosts_ips", __hosts_found=FOUND) == FOUND["addresses"]
    assert worked_out("__hosts_ips", __hosts_found=FOUND, __hosts_probed=SKIPPED) == FOUND["addresses"]
    assert worked_out("__hosts_notes", __hosts_found=FOUND, __hosts_probed=SKIPPED) == FOUND["notes"]


def test_a_name_outside_of_the_domain_is_told() -> None:
    known = {"platform_run": {"settings": {"names_outside": ["shop.other.com"]}}}
    assert worked_out("__hosts_notes", __hosts_found=FOUND, __hosts_probed=SKIPPED, **known)[0] == (
        "shop.other.com is outside of platform_domain and not written: add it to hosts_names"
    )


def test_where_nothing_was_looked_for_there_is_nothing() -> None:
    for name in ("__hosts_names", "__hosts_ips", "__hosts_notes"):
        assert worked_out(name, __hosts_found=SKIPPED, __hosts_probed=SKIPPED) == []


def test_addresses_that_do_not_answer_are_left_out_and_told() -> None:
    known = {
        "__hosts_found": FOUND,
        "__hosts_probed": {
            "answering": ["203.0.113.9"],
            "silent": {"203.0.113.7": "it refuses connections"},
            "notes": ["203.0.113.9 for a.x: it shows a certificate of other names"],
        },
    }
    assert worked_out("__hosts_ips", **known) == ["203.0.113.9"]
    assert worked_out("__hosts_notes", **known) == [
        "shop has no address yet in c.",
        "203.0.113.7 is left out: it refuses connections",
        "203.0.113.9 for a.x: it shows a certificate of other names",
    ]
