"""How long a version is supported, and what it costs: to the day."""

from __future__ import annotations

from datetime import date

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.eks import support
from ansible_collections.landfall.eks.plugins.module_utils.preflight import aws


@pytest.mark.parametrize(
    ("day", "hour", "state"),
    [
        ("2026-12-01", 0.10, "in standard support until 2026-12-02"),
        ("2026-12-02", 0.60, "in extended support since 2026-12-02, until 2027-12-02"),
        ("2027-12-02", 0.60, "out of support since 2027-12-02"),
    ],
)
def test_a_version_costs_more_from_the_day_on_which_standard_support_ends(day, hour, state):
    assert support.hour("1.34", date.fromisoformat(day)) == hour
    assert support.state("1.34", date.fromisoformat(day)) == state


def test_a_warning_says_what_aws_does():
    day = date(2026, 12, 1)
    assert support.warning("1.35", "STANDARD", day) == ""
    assert support.warning("1.99", "STANDARD", day) == ""
    assert support.warning("1.34", "STANDARD", day).endswith("upgrades the control plane by itself: upgrade it before.")
    assert "costs 0.60 instead of 0.10 USD an hour" in support.warning("1.34", "EXTENDED", day)
    assert support.warning("1.33", "EXTENDED", day).startswith("Kubernetes 1.33 left standard support on 2026-07-29")


def test_preflight_warns_of_a_version_that_left_standard_support():
    known = {"version": "1.33", "upgradePolicy": {"supportType": "STANDARD"}}
    assert aws._support(known).startswith("Kubernetes 1.33 left standard support on 2026-07-29, and AWS then upgrades")
    assert aws._support({"version": "1.99"}) == ""
