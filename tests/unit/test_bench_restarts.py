"""What `make bench-restarts` measures with: which endpoints are sent to when, and what it makes of the figures."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from tests.bench.late_balancer import Withdrawals, endpoints
from tests.bench.restarts import ENDS, PODS, ROOM, Case, Round, rounds

LATE = 120
OPTIONS = argparse.Namespace(pre_stop=5, delay=1.5, late=LATE)


def test_a_new_endpoint_is_taken_at_once_and_one_that_leaves_is_used_on() -> None:
    late = Withdrawals(LATE)
    late.told(0, "shop", {"a", "b"})
    late.told(0, "web", {"z"})
    late.told(10, "shop", {"b", "c"})
    late.told(20, "shop", {"c", "d"})
    seen = {now: late.wanted(now)["shop"] for now in (20, 129, 130, 139, 140)}
    assert seen == {20: {"a", "b", "c", "d"}, 129: {"a", "b", "c", "d"}} | {
        130: {"b", "c", "d"},
        139: {"b", "c", "d"},
        140: {"c", "d"},
    }
    assert late.wanted(140)["web"] == {"z"}


def test_one_that_comes_back_stays() -> None:
    late = Withdrawals(LATE)
    for now, usable in {0: {"a"}, 10: set[str](), 20: {"a"}}.items():
        late.told(now, "shop", usable)
    assert late.wanted(10 + LATE)["shop"] == {"a"}


def test_control_without_lateness_it_is_left_at_once() -> None:
    late = Withdrawals(0)
    late.told(0, "shop", {"a"})
    late.told(10, "shop", {"b"})
    assert late.wanted(10)["shop"] == {"b"}


def test_what_ends_or_is_not_ready_is_no_endpoint() -> None:
    def one(address: str, **conditions: bool) -> dict[str, Any]:
        return {"addresses": [address], "conditions": conditions}

    found = {
        "ports": [{"name": "http", "port": 8080}, {"name": "metrics", "port": 9090}],
        "endpoints": [one("a", ready=True), one("b", ready=False), one("c", ready=True, terminating=True)],
    }
    assert endpoints(found) == {"a:8080"}
    assert endpoints({"ports": None, "endpoints": None}) == set()


def test_it_measures_what_eks_gets_at_full_length() -> None:
    (late,) = [each for each in rounds(OPTIONS) if each.late == LATE]
    measured, *controls = late.cases
    assert measured.pre_stop > LATE
    assert [each.pre_stop for each in controls] == [60, 0]
    assert len(rounds(argparse.Namespace(**vars(OPTIONS) | {"late": 0}))) == 1


@pytest.mark.parametrize("number", [0, 1])
def test_the_pods_that_end_fit_on_the_node_beside_those_that_serve(number: int) -> None:
    each = rounds(OPTIONS)[number]
    ending = sum(PODS * -(-(case.pre_stop + ENDS) // each.pace) for case in each.cases)
    assert ending + len(each.cases) * (PODS + 1) <= ROOM + len(each.cases) * PODS
    assert each.pace * 20 < 15 * 60, "twenty restarts in a quarter of an hour"


def test_a_loss_and_a_control_that_loses_nothing_are_problems() -> None:
    measured, control = Case("ours", 180), Case("control", 0)
    judged = Round("late", LATE, [measured, control])
    assert judged.problems() == ["control lost nothing, so this round shows nothing"]
    control.lost["fresh", "503"] = 7
    assert judged.problems() == []
    measured.lost["fresh", "503"] = 1
    assert judged.problems() == ["ours lost 1"]
