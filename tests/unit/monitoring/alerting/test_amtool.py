"""What Alertmanager's own program says of the configuration: is it one, and which labels reach whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_config import (
    alertmanager_config,
)
from tests.unit.monitoring.alerting.amtools import asked, each_amtool, knows_headers, version_of, written
from tests.unit.monitoring.alerting.samples import ON_CALL, RECEIVERS, TEMPLATES, WITH_HEADER

SLO = {"slo": "flask-app-availability", "alertname": "FlaskAppAvailabilityBurn", "entity": "service"}
WATCHDOG = {"alertname": "Watchdog", "severity": "none"}
ROUTES: tuple[tuple[dict[str, str], str], ...] = (
    (SLO | {"severity": "critical"}, "on-call,chat,automation"),
    (SLO | {"severity": "warning"}, "chat,tickets"),
    ({"alertname": "CPUThrottlingHigh", "severity": "info"}, "tickets,basic"),
    # Neither may get lost.
    ({"alertname": "SomebodysOwn"}, "chat,tickets"),
    ({"alertname": "SomebodysOwn", "severity": "page"}, "chat,tickets"),
    (WATCHDOG, "beat"),
    ({"alertname": "InfoInhibitor", "severity": "none"}, "nobody"),
)


def made(receivers: list[dict[str, Any]]) -> dict[str, Any]:
    return alertmanager_config(receivers, cluster="test", templates=f"{TEMPLATES}/*.tmpl")


def routed(program: str, file: Path, labels: dict[str, str], receivers: str) -> bool:
    """Say whether amtool finds that an alert of these labels reaches these receivers, in this order."""
    pairs = [f"{name}={value}" for name, value in labels.items()]
    arguments = ("config", "routes", "test", f"--config.file={file}", f"--verify.receivers={receivers}")
    done = asked(program, *arguments, *pairs)
    assert done.stdout.strip(), done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("program", each_amtool())
@pytest.mark.parametrize("receivers", [[], RECEIVERS], ids=["nobody", "all kinds"])
def test_configuration_is_one(program: str, receivers: list[dict[str, Any]], tmp_path: Path) -> None:
    done = asked(program, "check-config", written(tmp_path, made(receivers)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(receivers) + 1} receivers" in done.stdout


@pytest.mark.parametrize("program", each_amtool())
def test_one_that_is_none_is_refused(program: str, tmp_path: Path) -> None:
    """The controls of the test above: a receiver that does not exist, and an option that does not."""
    for spoil in ({"receiver": "somebody"}, {"group_bye": ["alertname"]}):
        config = made(RECEIVERS)
        config["route"] |= spoil
        assert asked(program, "check-config", written(tmp_path, config)).returncode != 0, spoil


@pytest.mark.parametrize("program", each_amtool())
def test_header_is_known_where_the_chart_runs(program: str, tmp_path: Path) -> None:
    done = asked(program, "check-config", written(tmp_path, made([WITH_HEADER])))
    if not knows_headers(program):
        assert "http_headers" in done.stdout + done.stderr
        pytest.skip("not run: this amtool is older than http_headers (0.28); make test-tools brings the chart's")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("program", each_amtool())
@pytest.mark.parametrize(("labels", "receivers"), ROUTES, ids=[f"{each.get('severity')}" for each, _ in ROUTES])
def test_labels_reach(
    program: str, labels: dict[str, str], receivers: str, tmp_path: Path, record_property: Any
) -> None:
    file = written(tmp_path, made(RECEIVERS))
    assert routed(program, file, labels, receivers)
    said = " ".join(f"{name}={value}" for name, value in labels.items())
    record_property("table", f"routes, amtool {version_of(program)}: {said} -> {receivers}")


@pytest.mark.parametrize("program", each_amtool())
def test_wrong_route_is_seen(program: str, tmp_path: Path) -> None:
    """The control: where the page's severity is taken from the pager, the table above does not hold."""
    labels, receivers = ROUTES[0]
    file = written(tmp_path, made([ON_CALL | {"severities": ["warning"]}, *RECEIVERS[1:]]))
    assert not routed(program, file, labels, receivers)
    assert routed(program, file, labels, "chat,automation")


@pytest.mark.parametrize("program", each_amtool())
def test_without_receivers_everything_ends_with_nobody(program: str, tmp_path: Path) -> None:
    file = written(tmp_path, made([]))
    assert all(routed(program, file, labels, "nobody") for labels, _ in ROUTES)
