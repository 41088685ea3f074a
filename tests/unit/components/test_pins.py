"""Each chart, its mirror, and where the plan and the summary say that it is not the tested one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError

from ansible_collections.landfall.eks.plugins.module_utils.settings import components
from tests.unit.components.rendering import CHECKOUT, COMPONENTS, load, owner, release, releases, templar

NAMES = [each["name"] for role in COMPONENTS for each in releases(role)]


def setting(name: str) -> str:
    """Return the setting of a release's chart, named as that of its values."""
    role, chart = owner(name), name.replace("-", "_")
    return f"{role}_chart" if role == chart else f"{role}_{chart}_chart"


@pytest.mark.parametrize("name", NAMES)
def test_each_chart_has_a_setting_beside_its_values(name: str) -> None:
    defaults = load(owner(name), "defaults")
    assert defaults[setting(name)] == defaults[setting(name).removesuffix("_chart") + "_values"] == {}
    ours = release(name)["chart"]
    assert set(ours) == {"ref", "version", "sha256"}
    given = {"ref": "oci://own.test:5000/charts/other", "version": "99.0.0", "sha256": "a" * 64}
    chosen = release(name, **{setting(name): given})["chart"]
    assert {key: chosen[key] for key in given} == given
    assert chosen["tested"]["version"] == ours["version"]


@pytest.mark.parametrize("name", NAMES)
def test_a_mirror_has_every_chart_but_our_own(name: str) -> None:
    ours = release(name)["chart"]
    mirrored = release(name, platform_chart_mirror="oci://mirror.test:5000/charts")["chart"]
    assert mirrored["version"] == ours["version"]
    assert mirrored["ref"] == (ours["ref"] if name == "flask-app" else f"oci://mirror.test:5000/charts/{name}")


@pytest.mark.parametrize(
    "settings",
    [
        {"metrics_server_chart": {"version": "3.14.0", "sha256": "a" * 64}},
        {"metrics_server_chart": {"ref": "/srv/metrics-server"}},
        {"platform_chart_mirror": "/srv/charts"},
    ],
)
def test_a_chosen_chart_keeps_to_the_contract_of_releases(settings: dict[str, Any]) -> None:
    spec = components.load_spec(CHECKOUT / "roles")
    role = templar("metrics_server", **settings)
    raw = load("metrics_server", "vars")["metrics_server_component"]
    found = components.evaluated("metrics_server", raw, role.template, AnsibleError)
    assert found["faults"] == []
    assert components.problems(found, spec) == []


def test_the_summary_names_charts_that_are_not_tested() -> None:
    notes = load("summary", "vars")["__summary_untested"]
    run = {"found": {"untested": {"metrics-server": "chart a 2, not the tested a 1"}}}
    assert templar("summary", platform_run=run).template(notes) == ["metrics-server: chart a 2, not the tested a 1"]
    assert templar("summary", platform_run={"found": {}}).template(notes) == []
