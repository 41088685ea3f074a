"""The alerts on certificates that end, judged by promtool with the metric that kube-state-metrics makes of a Lease."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials import expiry
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CA_NAME
from tests.unit.monitoring.slo.promtool import Case, firing, judge, needs_promtool
from tests.unit.monitoring.slo.shipped import Groups, rules_map

DAY, MINUTES = 86400, 90
HOME = "landfall-system"
ALERT, UNWATCHED = "CertificateExpires", "CertificatesUnwatched"


def series(name: str, days: float, namespace: str = HOME) -> dict[str, list[float | None]]:
    """Return the metric of one Lease; promtool's clock begins at 0."""
    found: list[float | None] = [days * DAY] * (MINUTES + 1)
    return {f'kube_lease_renew_time{{namespace="{namespace}", lease="{name}"}}': found}


def groups() -> Groups:
    found: Groups = rules_map()["certificates"]["groups"]
    return found


def case(name: str, days: float, warning: int, critical: int) -> Case:
    lease = f"{expiry.PREFIX}{name}"
    # The authority is there, whatever else is.
    known = series(f"{expiry.PREFIX}{CA_NAME}", 3000) | series(lease, days)
    expected = [
        firing(ALERT, MINUTES, warning, severity="warning", lease=lease),
        firing(ALERT, MINUTES, critical, severity="critical", lease=lease),
        firing(UNWATCHED, MINUTES, 0),
    ]
    return Case(f"{name}, {days} days", known, expected)


CASES = [
    case("kibana-tls", 121, 0, 0),
    case("kibana-tls", 61, 0, 0),
    case("kibana-tls", 59, 1, 0),
    case("kibana-tls", 13, 1, 1),
    case("kibana-tls", -1, 1, 1),
    case(f"{expiry.PROVIDED}grafana-tls", 15, 0, 0),
    case(f"{expiry.PROVIDED}grafana-tls", 13, 1, 0),
    case(f"{expiry.PROVIDED}grafana-tls", 2, 1, 1),
    case(CA_NAME, 366, 0, 0),
    case(CA_NAME, 364, 1, 0),
    case(CA_NAME, 59, 1, 1),
]


@needs_promtool
def test_certificates_that_end_are_told(tmp_path: Path) -> None:
    assert judge(tmp_path, groups(), CASES, "1m") == ""


@needs_promtool
def test_no_metric_at_all_is_told_and_other_leases_are_none_of_it(tmp_path: Path) -> None:
    other = series("landfall", 1) | series("expires-soon", 1, "kube-system")
    expected = [firing(UNWATCHED, 30, 0), firing(UNWATCHED, MINUTES, 1), firing(ALERT, MINUTES, 0)]
    assert judge(tmp_path, groups(), [Case("no metric", other, expected)], "1m") == ""


@needs_promtool
@pytest.mark.parametrize(("here", "there"), [("< 60", "< 6"), ("expires-.+", "expired-.+"), ("- time()", "+ time()")])
def test_wrong_rules_fail_it(tmp_path: Path, here: str, there: str) -> None:
    """The control."""
    found = copy.deepcopy(groups())
    assert here in found[0]["rules"][0]["expr"]
    for rule in found[0]["rules"]:
        rule["expr"] = rule["expr"].replace(here, there)
    assert judge(tmp_path, found, CASES if here != "- time()" else late(), "1m") != ""


def late() -> list[Case]:
    """Return a case in which the clock matters: what ended a moment ago."""
    minute = MINUTES / (24 * 60)
    known = series(f"{expiry.PREFIX}{CA_NAME}", 365 + minute / 2)
    return [Case("the clock", known, [firing(ALERT, MINUTES, 1, severity="warning")])]


def test_the_summary_names_it() -> None:
    assert "{{ $labels.lease }}" in groups()[0]["rules"][0]["annotations"]["summary"]


def test_rules_follow_the_namespace_of_the_records() -> None:
    (found,) = rules_map(platform_namespace="elsewhere")["certificates"]["groups"]
    assert all('namespace="elsewhere"' in rule["expr"] for rule in found["rules"])
