"""What people are shown: sentences, tables, and the page."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.status import terminal, verdict
from ansible_collections.landfall.eks.plugins.module_utils.text.files import write_text
from tests.unit.status import sample

HOSTS_WHY = "203.0.113.10 not among the addresses that are live"


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_all_is_well_only_if_nothing_is_wrong():
    assert verdict.headline(sample.status()) == "All is well."
    assert verdict.attention(sample.troubled()) == [
        "kube-prometheus-stack is not ready: Deployment kube-prometheus-stack-grafana: 0 of 1 replicas available.",
        "metrics-server is not installed: roll it out, or set metrics_server_enabled: false.",
        "The certificate in Secret kibana-tls/kibana-tls ends in 12 days: a run of site.yml makes a new one.",
        "The certificate in Secret flask-tls/flask-tls ended on 2026-11-23: a run of site.yml makes a new one.",
        "The certificate in Secret ingress-tls/ingress-tls: another one is kept: a run of site.yml delivers it.",
        "The certificate in Secret odd-tls/odd-tls cannot be read: a run of site.yml makes a new one.",
        f"The hosts block in /etc/hosts is stale ({HOSTS_WHY}): run site.yml --tags hosts.",
        "The error budget of flask-app-latency is overspent.",
        "The error budget of pod-readiness is burning: its alerts fire.",
    ]
    assert verdict.headline(sample.troubled()) == "9 things need attention."


def test_an_empty_cluster_needs_nobody():
    absent = [{**each, "health": "not installed"} for each in sample.status()["components"]]
    empty = sample.status(components=absent, certificates=[], credentials=[])
    assert verdict.headline(empty) == "Landfall is not installed here."
    assert verdict.attention(empty) == []
    assert "There are none." in verdict.page(empty)


@pytest.mark.parametrize("status", [sample.status(), sample.troubled()], ids=["well", "troubled"])
def test_screen_and_page_say_the_same(status):
    lines, made = terminal.lines(status), verdict.page(status)
    assert max(map(len, lines)) <= 80
    shown = " ".join(" ".join(lines).split())
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", made.replace("&#39;", "'")))
    for each in [
        *(row[key] for row in status["components"] for key in ("release", "version", "newest")),
        *(row["expires"] for row in status["certificates"]),
        *(row["service"] for row in status["credentials"]),
        *(row["slo"] for row in status["slos"]["rows"]),
        status["rollout"]["text"],
        status["addresses"]["state"],
        verdict.headline(status),
        *verdict.attention(status),
    ]:
        assert each in shown
        assert each in said


def test_unverified_charts_are_on_one_line_and_no_alarm():
    status = sample.status(unverified=["argo-cd", "grafana"])
    said = "Unverified charts, whose sha256 no setting has (docs/charts.md): argo-cd, grafana."
    assert said in " ".join(" ".join(terminal.lines(status)).split())
    assert said in verdict.page(status)
    assert verdict.headline(status) == "All is well."
    assert "Unverified" not in verdict.page(sample.status())


def test_objectives_that_were_not_asked_say_why():
    status = sample.status(slos={"state": "not run", "why": "simulated here: no Prometheus runs", "rows": []})
    assert "Service level objectives: not run (simulated here: no Prometheus runs)" in terminal.lines(status)
    assert "simulated here: no Prometheus runs" in verdict.page(status)


def test_the_page_needs_nothing_else_and_its_policy_says_so():
    made = verdict.page(sample.troubled())
    elements = Elements(made).found
    assert not {"script", "img", "link", "iframe", "object", "form", "base"} & {tag for tag, _ in elements}
    assert [attributes for _, attributes in elements if {"src", "style", "onclick"} & set(attributes)] == []
    (style,) = re.findall(r"<style>(.*?)</style>", made, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [each["content"] for tag, each in elements if each.get("http-equiv")]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"


def test_what_others_wrote_is_text_on_the_page():
    status = sample.status()
    status["components"][0]["health"] = "<script>alert(1)</script>"
    status["addresses"]["why"] = '"><img src=x>'
    made = verdict.page(status)
    assert "<script" not in made
    assert "<img" not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made


def test_files_are_written_whole(tmp_path):
    path = tmp_path / "new" / "status.html"
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text() == "two"
    assert [each.name for each in path.parent.iterdir()] == ["status.html"]


@pytest.mark.parametrize(("state", "why"), [("current", ""), ("stale", "grafana.example.org is not ours")])
def test_records_in_route53_are_shown_in_place_of_the_hosts_block(state, why):
    known = {"hosts_file": "", "lines": [], "zones": ["example.org (Z1)"], "state": state, "why": why}
    status = sample.status(addresses=sample.status()["addresses"] | known)
    told = f" ({why})" if why else ""
    assert f"Records in Route 53 in example.org (Z1): {state}{told}" in terminal.lines(status)
    made = verdict.page(status)
    assert f"records {state}" in made
    assert "in Route 53, example.org (Z1)" in made
    said = [f"The records in Route 53 are stale ({why}): run site.yml --tags hosts."] if why else []
    assert verdict.attention(status) == said
    nowhere = sample.status(addresses=sample.status()["addresses"] | known | {"state": "none", "why": ""})
    assert not [line for line in terminal.lines(nowhere) if "Route 53" in line]
