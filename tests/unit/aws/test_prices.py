"""The estimate: what it counts, and that it says what it is."""

from __future__ import annotations

import re
from datetime import date

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.eks import costs
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import shape_from
from tests.unit.aws.shapes import KEY, SPOT, USUAL

TODAY = date(2026, 11, 26)


def lines(region="us-east-1", **other):
    return costs.estimate(shape_from(USUAL | other), region, TODAY)


def total(**other):
    return sum(each.month or 0 for each in costs.items(shape_from(USUAL | other), TODAY))


def test_it_says_what_it_is():
    said = lines("eu-central-1")
    assert said[0] == (
        "estimate, not a quote: list prices of us-east-1 as of 2026-06, 730 hours a month; eu-central-1 differs"
    )
    assert said[-1].startswith("nor what the platform makes")
    assert "differs" not in lines()[0]


def test_the_usual_cluster():
    # By hand: 73 for EKS, 32.85 + 3.65 for a NAT gateway and its address, 3 x (140.16 + 4) for nodes, 1 for the key.
    assert total() == pytest.approx(73 + 32.85 + 3.65 + 3 * (140.16 + 4) + 1)
    assert any(each == "together about 543 USD a month" for each in lines())


@pytest.mark.parametrize(
    ("other", "more"),
    [
        ({"nat_gateways": "each_zone"}, 2 * (32.85 + 3.65)),
        ({"key_arn": KEY}, -1),
        ({"version": "1.33"}, 365),
        ({"version": "1.36"}, 0),
    ],
)
def test_what_a_setting_costs(other, more):
    assert total(**other) - total() == pytest.approx(more)


def test_spot_is_said_to_be_less():
    assert any("at the on-demand price, which spot stays below" in each for each in lines(node_groups=[SPOT]))


def test_an_instance_type_without_a_price_is_said():
    said = lines(node_groups=[{"name": "big", "instance_types": ["x2idn.metal"], "min": 2}])
    assert "2 x x2idn.metal (big): no price known here" in said
    assert any(re.match(r"together about \d+ USD a month, without x2idn.metal", each) for each in said)
