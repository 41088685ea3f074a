"""What preflight makes of its findings; its expressions, evaluated by Ansible itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLES = Path(__file__).parents[3] / "roles"


def worked_out(role: str, name: str, **variables: Any) -> Any:
    loader = DataLoader()
    own: dict[str, Any] = loader.load_from_file(str(ROLES / role / "vars/main.yml"), trusted_as_template=True)
    return Templar(loader, variables=own | variables).template(trust_as_template(f"{{{{ {name} }}}}"))


@pytest.mark.parametrize(
    ("oneself", "root", "problems"),
    [
        ({"problem": ""}, {"skipped": True}, []),
        ({"problem": "no"}, {"problem": ""}, []),
        ({"problem": "no"}, {"problem": "not as root"}, ["no"]),
        ({"problem": "no"}, {"failed": True, "msg": "sudo: not found"}, ["no"]),
    ],
)
def test_root_helps_unless_becoming_root_fails(
    oneself: dict[str, Any], root: dict[str, Any], problems: list[str]
) -> None:
    found = worked_out(
        "preflight",
        "__preflight_problems",
        __preflight_settings={"problems": []},
        __preflight_hosts_file=oneself,
        __preflight_hosts_file_as_root=root,
    )
    assert found == problems


def test_problems_are_in_the_order_of_the_tasks() -> None:
    found = worked_out(
        "preflight",
        "__preflight_problems",
        __preflight_settings={"problems": ["a"]},
        __preflight_tools={"problems": ["b"]},
        __preflight_cluster={"problems": ["c"]},
        __helm_release_charts={"problems": ["d"]},
        __preflight_hosts_file={"problem": "e"},
        __preflight_hosts_file_as_root={"problem": "e"},
    )
    assert found == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("addresses", "roles", "needed"),
    [
        ("eni", ["hosts"], True),
        ("auto", ["hosts"], False),
        ("eni", ["efk"], False),
        ("eip", ["ingress"], True),
        ("eip", ["argocd"], False),
    ],
)
def test_boto3_is_only_needed_where_no_other_way_leads_to_the_addresses(
    addresses: str, roles: list[str], needed: bool
) -> None:
    found = worked_out(
        "preflight",
        "__preflight_packages",
        __preflight_settings={"roles": roles, "components": roles},
        ingress_addresses=addresses,
        argocd_addresses="dns",
    )
    assert ("boto3" in found) is needed


@pytest.mark.parametrize(
    ("there", "components", "monitors"), [(True, [], True), (False, ["monitoring"], True), (False, ["efk"], False)]
)
def test_service_monitors_need_their_kind_now_or_soon(there: bool, components: list[str], monitors: bool) -> None:
    found = worked_out(
        "platform",
        "platform_service_monitors",
        __preflight_cluster={"service_monitors": there},
        __preflight_settings={"components": components},
    )
    assert found is monitors
