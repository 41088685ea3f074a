"""Alerts that arrive: errors of the real application page every receiver, through real Prometheus and Alertmanager.

Only the far ends are stand-ins, and they hold each message against the shape that the service has published. Rules,
routes and templates are the role's; windows, intervals and waits, in rules and routes alike, are multiplied by FACTOR.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_channels import Endpoints
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_config import (
    alertmanager_config,
)
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_routing import Timing
from tests.e2e.alerts import programs
from tests.e2e.alerts.example import answers
from tests.e2e.alerts.rules import SLO, alert_rules
from tests.e2e.alerts.services import PAGED, Message, Services, serving, shape_problems
from tests.unit.components.rendering import evaluate

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/alerting.md"
TEMPLATES = ROOT / "roles/monitoring/files/alerting"
FACTOR = 1 / 60
CALM_SECONDS = 15
"""How long the control watches: thrice the short window, and more than errors then take to page."""
KEY, BOT, BEARER = "0123456789abcdef0123456789abcdef", "xoxb-1-bot", "the-token"
RATIO = f'slo:sli_error:ratio_rate5m{{slo="{SLO}"}}'


def receivers(services: Services) -> list[dict[str, Any]]:
    """Return one receiver of each kind, as a user writes them."""
    return [
        {"name": "on-call", "type": "pagerduty", "severities": ["critical"], "routing_key": KEY},
        {"name": "hook", "type": "slack", "url": services.url("/services/T0/B0/slack")},
        {"name": "bot", "type": "slack", "token": BOT, "channel": "#alerts"},
        {"name": "automation", "type": "webhook", "url": services.url("/automation"), "token": BEARER},
        {"name": "beat", "type": "webhook", "heartbeat": True, "url": services.url("/heartbeat")},
    ]


@contextmanager
def alertmanager(folder: Path, services: Services) -> Iterator[int]:
    """Run Alertmanager with the configuration that the role makes, PagerDuty and Slack being on loopback."""
    endpoints = Endpoints(
        pagerduty_us=services.url("/v2/enqueue"), pagerduty_eu="", slack=services.url("/api/chat.postMessage")
    )
    config = alertmanager_config(
        receivers(services),
        "test",
        # As plain texts: a template's carry marks of Ansible's.
        labels=json.loads(json.dumps(evaluate("monitoring", "__monitoring_slo_labels"))),
        templates=f"{TEMPLATES}/*.tmpl",
        timing=Timing().scaled(FACTOR),
        endpoints=endpoints,
    )
    with programs.alertmanager(folder, config) as port:
        yield port


def all_of(services: Services, status: str) -> dict[str, Message] | None:
    """Return the first message of that status to each receiver of pages; None until each has one."""
    found = {path: services.first(path, status) for path in PAGED}
    there = {path: message for path, message in found.items() if message}
    return there if len(there) == len(found) else None


def test_errors_page_everybody_and_are_resolved(tmp_path: Path, record_property: Any) -> None:
    programs.needed()
    faults = tmp_path / "faults"
    with (
        serving() as services,
        programs.application(tmp_path, faults) as app,
        alertmanager(tmp_path, services) as manager,
        programs.prometheus(tmp_path, alert_rules(FACTOR), {"flask-app": app}, manager) as prometheus,
        programs.Visitor(app) as visitor,
    ):
        said = control(services, prometheus, visitor)
        begun = time.monotonic()
        faults.write_text("5")
        pages = programs.wait_until("a page at every receiver", lambda: all_of(services, "firing"))
        check_pages(pages)
        ended = time.monotonic()
        faults.unlink()
        resolved = programs.wait_until("the resolve at every receiver", lambda: all_of(services, "resolved"))
        check_resolved(pages, resolved)
        assert visitor.answers[500] > 0
    for path, name in PAGED.items():
        paged, over = pages[path].at - begun, resolved[path].at - ended
        said.append(f"alerts: {name}: paged {paged:.1f} s after the breach began, resolved {over:.1f} s after it ended")
    said.append(f"alerts: windows and waits were 1/{1 / FACTOR:.0f} of those that are rolled out")
    record_property("table", "\n".join(said))
    assert [problem for each in services.got for problem in shape_problems(each.path, each.body)] == []


def control(services: Services, prometheus: int, visitor: programs.Visitor) -> list[str]:
    """Watch the application without errors: it is measured, alerts get through, and nobody is called."""
    programs.wait_until("the SLI of no errors", lambda: programs.query(prometheus, f"{RATIO} == 0"))
    programs.wait_until("a heartbeat", lambda: services.to("/heartbeat"))
    beats, answered, until = len(services.to("/heartbeat")), visitor.answers[200], time.monotonic() + CALM_SECONDS
    programs.wait_until("the end of the control", lambda: time.monotonic() > until)
    beats, answered = len(services.to("/heartbeat")) - beats, visitor.answers[200] - answered
    assert answered > 0
    assert visitor.answers[500] == 0
    assert beats >= 2
    assert services.to(*PAGED) == []
    quiet = f"alerts: control: {answered} requests in {CALM_SECONDS} s, no errors: nobody was called"
    return [f"{quiet}, the heartbeat got {beats} beats"]


def check_pages(pages: dict[str, Message]) -> None:
    """Each service got what a person needs: what it is, how bad, where, and the two links."""
    for message in pages.values():
        text = json.dumps(message.body)
        assert SLO in text, message.path
        assert "runbook" in text.lower(), message.path
        assert f"/d/landfall-slo?var-slo={SLO}" in text, message.path
    event = pages["/v2/enqueue"].body
    assert event["routing_key"] == KEY
    assert event["payload"]["severity"] == "critical"
    assert re.fullmatch(rf"{SLO} on test: [0-9.]+% failed over \w+, 0.1% may.", event["payload"]["summary"])
    assert shape_of(event) == shape_of(documented_event()), "docs/alerting.md shows another event"
    assert event["payload"]["custom_details"]["owner"] == "platform"
    assert [each["text"] for each in event["links"]] == ["Runbook", "Dashboard"]
    bot = pages["/api/chat.postMessage"]
    assert (bot.authorization, bot.body["channel"]) == (f"Bearer {BOT}", "#alerts")
    for path in ("/services/T0/B0/slack", "/api/chat.postMessage"):
        (attachment,) = pages[path].body["attachments"]
        assert (attachment["color"], attachment["title"]) == ("danger", f"Critical: {SLO} on test")
        assert "|Runbook>" in attachment["text"]
    hook = pages["/automation"]
    assert hook.authorization == f"Bearer {BEARER}"
    assert hook.body["commonLabels"]["severity"] == "critical"
    assert hook.body["groupLabels"]["slo"] == SLO
    assert answers(hook.body), "the rulebook of docs/examples does not act on a real page"


def shape_of(tree: Any) -> Any:
    """Return the keys of nested mappings, and of what is in their lists."""
    if isinstance(tree, dict):
        return {name: shape_of(inner) for name, inner in tree.items()}
    return [shape_of(inner) for inner in tree] if isinstance(tree, list) else type(tree).__name__


def documented_event() -> Any:
    """Return the event that docs/alerting.md shows."""
    return json.loads(DOCUMENT.read_text().partition("```json\n")[2].partition("```")[0])


def check_resolved(pages: dict[str, Message], resolved: dict[str, Message]) -> None:
    """The resolve closes what the page opened."""
    assert resolved["/v2/enqueue"].body["dedup_key"] == pages["/v2/enqueue"].body["dedup_key"]
    assert resolved["/automation"].body["groupKey"] == pages["/automation"].body["groupKey"]
    assert resolved["/api/chat.postMessage"].body["attachments"][0]["title"] == f"Resolved: {SLO} on test"
    assert not answers(resolved["/automation"].body)
    assert all(resolved[path].at > pages[path].at for path in PAGED)


def alert(name: str, severity: str, **labels: str) -> dict[str, str]:
    return {"alertname": name, "severity": severity} | labels


BURN, VOLUME, POD = "FlaskAppAvailabilityBurn", "KubePersistentVolumeFillingUp", "KubePodNotReady"
# kube-state-metrics, which tells of nodes, leaves its own pod's name on what it says.
DOWN = alert("KubeNodeNotReady", "warning", node="n1", pod="kube-state-metrics-0", namespace="monitoring")
INHIBITED: tuple[tuple[dict[str, str], dict[str, str], dict[str, str]], ...] = (
    (
        alert(BURN, "critical", slo=SLO, long_window="1h"),
        alert(BURN, "warning", slo=SLO, long_window="1d"),
        alert(BURN, "warning", slo="another", long_window="1d"),
    ),
    (
        alert(VOLUME, "critical", namespace="a", persistentvolumeclaim="one"),
        alert(VOLUME, "warning", namespace="a", persistentvolumeclaim="one"),
        alert(VOLUME, "warning", namespace="a", persistentvolumeclaim="two"),
    ),
    (
        alert("IngressAvailabilityBurn", "critical", slo="ingress-availability", resource_name="one"),
        alert("IngressAvailabilityBurn", "warning", slo="ingress-availability", resource_name="one"),
        alert("IngressAvailabilityBurn", "warning", slo="ingress-availability", resource_name="two"),
    ),
    (DOWN, alert(POD, "warning", node="n1", pod="p"), alert(POD, "warning", node="n2", pod="p")),
    (DOWN, alert("PodBurn", "critical", node="n1", pod="q"), alert(POD, "warning", pod="without-a-node")),
    (
        alert("InfoInhibitor", "none", namespace="i"),
        alert("CPUThrottlingHigh", "info", namespace="i"),
        alert("CPUThrottlingHigh", "info", namespace="j"),
    ),
)
"""An alert that is there, one that is kept back since it is, and one that is not."""


def test_graver_alert_speaks_for_the_other(tmp_path: Path) -> None:
    programs.needed()
    with serving() as services, alertmanager(tmp_path, services) as manager:
        programs.send_alerts(manager, [each for row in INHIBITED for each in row])

        def kept_back() -> list[list[bool]]:
            states = {tuple(sorted(labels.items())): state for labels, state in programs.alert_states(manager)}
            return [[states[tuple(sorted(each.items()))] == "suppressed" for each in row] for row in INHIBITED]

        # Alertmanager hears of the graver alerts a moment after it has taken them.
        programs.wait_until("every graver alert speaking", lambda: all(middle for _, middle, _ in kept_back()))
        assert kept_back() == [[False, True, False]] * len(INHIBITED)


def documented_test_alert() -> list[str]:
    """Return the arguments that docs/alerting.md gives to amtool."""
    (block,) = [each for each in DOCUMENT.read_text().split("```sh\n")[1:] if "amtool alert add" in each]
    words = shlex.split(block.partition("```")[0].replace("\\\n", " "))
    assert words[:3] == ["kubectl", "--namespace", "monitoring"]
    return words[words.index("amtool") + 1 :]


def test_documented_test_alert_arrives(tmp_path: Path) -> None:
    programs.needed()
    *arguments, url = documented_test_alert()
    assert url == "--alertmanager.url=http://localhost:9093"
    with serving() as services, alertmanager(tmp_path, services) as manager:
        program = str(shutil.which("amtool", path=programs.SEARCHED))
        subprocess.run([program, *arguments, f"--alertmanager.url=http://127.0.0.1:{manager}"], check=True)
        pages = programs.wait_until("the test alert at every receiver", lambda: all_of(services, "firing"))
    # Nothing is known of it but its summary: no link is empty, no text broken.
    assert [problem for each in pages.values() for problem in shape_problems(each.path, each.body)] == []
    assert pages["/v2/enqueue"].body["payload"]["summary"] == "LandfallTest: This is a test, nothing is wrong."
    assert "links" not in pages["/v2/enqueue"].body
    assert pages["/services/T0/B0/slack"].body["attachments"][0]["title"] == "Critical: LandfallTest"
    assert services.to("/heartbeat") == []
