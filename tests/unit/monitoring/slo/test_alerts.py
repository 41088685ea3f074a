"""Each default objective's own rules, judged by promtool: told in time, silent otherwise, over when it is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.monitoring.slo import scenarios
from tests.unit.monitoring.slo.promtool import judge, needs_promtool, run
from tests.unit.monitoring.slo.samples import PRESENT, SAMPLES
from tests.unit.monitoring.slo.scenarios import FAST, SLOW
from tests.unit.monitoring.slo.shipped import Groups, alerts, groups, objectives, rules_map

SLOS = objectives()
pytestmark = needs_promtool


def test_every_default_objective_has_samples() -> None:
    assert set(SAMPLES) == set(SLOS)
    assert set(PRESENT) == {name for name, slo in SLOS.items() if slo.absent}


@pytest.mark.parametrize("name", SLOS)
def test_an_outage_is_told_in_time_and_ends(name: str, tmp_path: Path) -> None:
    slo, samples = SLOS[name], SAMPLES[name]
    cases = [scenarios.outage(slo, samples), scenarios.nothing_at_all(slo, samples), scenarios.no_traffic(slo, samples)]
    if slo.min_errors:
        cases.append(scenarios.single_failure(slo, samples))
    assert judge(tmp_path, groups(name), cases, FAST) == ""


@pytest.mark.parametrize("name", SLOS)
def test_a_slow_burn_makes_a_ticket_and_noise_makes_none(name: str, tmp_path: Path) -> None:
    slo, samples = SLOS[name], SAMPLES[name]
    cases = [scenarios.slow_burn(slo, samples), scenarios.noise(slo, samples)]
    assert judge(tmp_path, groups(name), cases, SLOW) == ""


@pytest.mark.parametrize("name", PRESENT)
def test_what_is_measured_is_missed(name: str, tmp_path: Path) -> None:
    assert judge(tmp_path, groups(name), [scenarios.gone(SLOS[name], PRESENT[name])], FAST) == ""


def test_promtool_takes_all_rules(tmp_path: Path) -> None:
    found = [group for entry in rules_map().values() for group in entry["groups"]]
    (tmp_path / "rules.json").write_text(json.dumps({"groups": found}))
    done = run("check", "rules", str(tmp_path / "rules.json"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {sum(len(group['rules']) for group in found)} rules found" in done.stdout


def inverted(found: Groups) -> None:
    """What succeeds is taken for the error."""
    errors = next(rule for rule in found[0]["rules"] if rule.get("record") == "slo:sli_errors:rate5m")
    assert 'status=~"5.."' in errors["expr"]
    errors["expr"] = errors["expr"].replace('status=~"5.."', 'status!~"5.."')


def factor(old: str, new: str) -> Callable[[Groups], None]:
    """Return what changes one alert's threshold."""

    def change(found: Groups) -> None:
        changed = [rule for rule in alerts(found) if f"> {old} " in rule["expr"]]
        assert changed
        for rule in changed:
            rule["expr"] = rule["expr"].replace(f"> {old} ", f"> {new} ")

    return change


def unguarded(found: Groups) -> None:
    """The total may be zero."""
    for rule in (each for group in found for each in group["rules"]):
        rule["expr"] = rule["expr"].replace(" > 0)", ")")


@pytest.mark.parametrize(
    ("break_it", "scenario", "step"),
    [
        pytest.param(inverted, scenarios.outage, FAST, id="SLI inverted"),
        pytest.param(factor("0.0144", "1.44"), scenarios.outage, FAST, id="page factor too high"),
        pytest.param(factor("0.0144", "0.000144"), scenarios.noise, SLOW, id="page factor too low"),
        pytest.param(factor("0.001", "0.1"), scenarios.slow_burn, SLOW, id="ticket factor too high"),
        pytest.param(unguarded, scenarios.no_traffic, FAST, id="division by zero"),
    ],
)
def test_broken_rules_are_noticed(
    break_it: Callable[[Groups], None], scenario: Callable[..., scenarios.Case], step: str, tmp_path: Path
) -> None:
    name = "flask-app-availability"
    found = json.loads(json.dumps(groups(name)))
    break_it(found)
    assert "FAILED" in judge(tmp_path, found, [scenario(SLOS[name], SAMPLES[name])], step)


def test_without_its_floor_a_single_failure_would_call_somebody(tmp_path: Path) -> None:
    name = "flask-app-availability"
    found = groups(name, monitoring_slos={name: {"min_errors": 0}})
    assert "FAILED" in judge(tmp_path, found, [scenarios.single_failure(SLOS[name], SAMPLES[name])], FAST)
