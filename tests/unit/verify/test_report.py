"""The results three ways, and the action's exit."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as Xml

from ansible_collections.landfall.eks.plugins.module_utils.verify import report
from tests.unit.verify import sample


def found(*rows: dict[str, Any]) -> dict[str, Any]:
    return report.document("test", "2026-11-26T06:00:00Z", False, rows or sample.ROWS)


def test_what_was_not_run_is_no_success() -> None:
    assert report.headline(found()) == "2 passed, 1 failed, 2 not run."
    assert found()["counts"] == {"passed": 2, "failed": 1, "not run": 2}
    text = " ".join(" ".join(report.lines(found())).split())
    for row in sample.ROWS:
        assert row["detail"] in text
    assert "What was not run would be by: ansible-playbook playbooks/verify.yml -e verify_alerts=true" in text


def test_junit() -> None:
    root = Xml.fromstring(report.junit(found()))  # noqa: S314 (our own)
    suites = {each.get("name"): each for each in root}
    assert list(suites) == ["https", "logins", "alerts", "logs"]
    https = suites["https"]
    assert (https.get("tests"), https.get("failures"), https.get("skipped")) == ("2", "1", "0")
    (failure,) = root.iter("failure")
    assert failure.get("message") == sample.ROWS[1]["detail"]
    skipped = [each.get("message") for each in root.iter("skipped")]
    assert skipped[0] == "it would call people; run ansible-playbook playbooks/verify.yml -e verify_alerts=true"
    assert len(list(root.iter("testcase"))) == 5


def test_what_xml_cannot_hold_is_left_out() -> None:
    row = {**sample.ROWS[1], "detail": "bad \x00\x1b[31m <b> & end"}
    root = Xml.fromstring(report.junit(found(row)))  # noqa: S314
    (failure,) = root.iter("failure")
    assert failure.get("message") == "bad [31m <b> & end"


def test_the_page_says_the_same_and_escapes() -> None:
    row = {**sample.ROWS[1], "detail": "<script>alert(1)</script>"}
    made = report.page(found(*sample.ROWS, row))
    for each in sample.ROWS:
        assert each["name"] in made
    assert "<script" not in made
    assert "2 failed" in made
