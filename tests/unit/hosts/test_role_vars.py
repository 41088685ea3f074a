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
    known = {"__hosts_records": SKIPPED, "platform_dns": "hosts", "hosts_names": []}
    return Templar(loader, variables=role | known | variables).template(trust_as_template(f"{{{{ {name} }}}}"))


def test_names_and_addresses_are_those_that_were_found() -> None:
    assert worked_out("__hosts_names", __hosts_found=FOUND) == FOUND["names"]
    assert worked_out("__hosts_ips", __hosts_found=FOUND) == FOUND["addresses"]
    assert worked_out("__hosts_ips", __hosts_found=FOUND, __hosts_probed=SKIPPED) == FOUND["addresses"]
    assert worked_out("__hosts_notes", __hosts_found=FOUND, __hosts_probed=SKIPPED) == FOUND["notes"]


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


ROWS = [{"host": f"{each}.x", "release": each} for each in ("grafana", "kibana", "left")]
NAMES = {"settings": {"names": ROWS}}


def in_route53(name: str, **variables: Any) -> Any:
    known = {"platform_dns": "route53", "platform_state": "present", "hosts_names": ["shop.y"], "platform_run": NAMES}
    known |= {"platform_left_releases": ["left"]}
    return worked_out(name, **(known | variables))


def test_route53_gets_the_names_that_are_live_and_keeps_those_of_the_settings() -> None:
    assert in_route53("__hosts_records_names", __hosts_found=FOUND) == FOUND["names"]
    assert in_route53("__hosts_records_known") == ["grafana.x", "kibana.x", "shop.y"]


def test_what_route53_has_goes_with_the_platform_and_where_the_names_are_in_a_file() -> None:
    for known in ({"platform_state": "absent"}, {"platform_dns": "hosts"}):
        assert in_route53("__hosts_records_known", **known) == []
        assert in_route53("__hosts_records_names", __hosts_found=SKIPPED, **known) == []
    assert in_route53("__hosts_records_names", __hosts_found=FOUND, platform_dns="hosts") == []


def test_records_and_what_is_in_their_way_are_told() -> None:
    told = {"zones": {"grafana.x": "x (Z1)"}, "notes": ["a.x stays"], "problems": ["b.x is not ours."], "changed": True}
    known = {"__hosts_found": FOUND, "__hosts_probed": SKIPPED, "__hosts_block": {"lines": []}, "__hosts_records": told}
    recorded = in_route53("__hosts_recorded", **known)
    assert recorded["advice"] == [
        "grafana.x: Route 53, zone x (Z1)",
        "shop has no address yet in c.",
        "b.x is not ours.",
        "a.x stays",
    ]
    assert (recorded["records_changed"], recorded["changed"]) == (True, False)
