"""A Helm that ended with an error that may pass is called again: in time, seldom enough, and only if that may help."""

import time
from types import SimpleNamespace

import pytest

from ansible_collections.landfall.eks.plugins.action import settle
from ansible_collections.landfall.eks.plugins.module_utils.rollout import passing
from ansible_collections.landfall.eks.plugins.plugin_utils import run_records

KNOWN = {"toy_component": {}, "inventory_hostname": "one"}
PASSING = {"phase": "failed", "message": "Error: EOF", "changed": False, "passing": True, "cause": ""}
LASTING = {**PASSING, "passing": False}
READY = {"phase": "ready", "message": "", "changed": True, "passing": False}


def run(name="a", **more):
    return {
        "component": "toy",
        "name": name,
        "namespace": "toys",
        "timeout": 600,
        "started": time.time(),
        **more,
    }


def called(outcomes, declared=("toy",), **more):
    runs = {f"toys/{name}": run(name, **more) for name in ("a", "b")}
    settled = {f"toys/{name}": outcome for name, outcome in outcomes.items()}
    return [each["name"] for each in settle.called_again(runs, settled, declared)]


def test_what_may_pass_is_called_again_while_others_are_waited_for_or_ready():
    assert called({"a": PASSING}) == ["a"]
    assert called({"a": READY, "b": PASSING}) == ["b"]
    assert called({"a": READY}) == []


def test_nothing_is_called_again_once_one_has_failed_for_good():
    assert called({"a": LASTING}) == []
    assert called({"a": PASSING, "b": LASTING}) == []


@pytest.mark.parametrize(("calls", "seconds"), [(1, 2), (2, 5), (3, 10), (20, 10)])
def test_it_is_called_ever_more_seldom(calls, seconds):
    assert called({"a": PASSING}, calls=calls) == ["a"]
    assert passing.back_off(calls) == seconds


@pytest.mark.parametrize(("age", "again"), [(597, ["a"]), (599, [])])
def test_the_back_off_counts_into_the_releases_time(age, again):
    assert called({"a": PASSING}, started=time.time() - age, patience=300) == again


def test_a_release_of_no_component_of_the_play_is_not_called_again():
    assert called({"a": PASSING}, declared=()) == []


def test_the_wait_ends_as_soon_as_one_is_to_be_called_again(monkeypatch):
    """The others of it, still at work, are for the next wait."""
    slept = []
    task = SimpleNamespace(args={"runs": [run("a"), run("b", calls=2)]}, async_val=0, check_mode=False, diff=False)
    action = settle.ActionModule(task, SimpleNamespace(_shell=SimpleNamespace(tmpdir="x")), None, None, None, None)
    outcomes = {"toys/a": {**READY, "phase": "running", "have": 0, "wanted": 0, "cause": ""}, "toys/b": PASSING}
    monkeypatch.setattr(settle.InWorker, "run", lambda *_: {})
    monkeypatch.setattr(action, "_execute_module", lambda **_: {"outcomes": outcomes})
    monkeypatch.setattr(settle.time, "sleep", slept.append)
    result = action.run(None, KNOWN)
    assert [each["name"] for each in result["again"]] == ["b"]
    assert result["failures"] == []
    assert slept == [passing.BACK_OFF_SECONDS[1]]


def test_a_release_that_is_started_again_keeps_its_place_in_the_record():
    started = [run("a", job="1"), run("b", job="2"), run("a", job="3")]
    record = run_records.extended({"started": []}, {"started": started})
    assert [(each["name"], each["job"]) for each in record["started"]] == [("a", "3"), ("b", "2")]


def test_what_waited_for_others_is_started_once_they_are_ready_and_not_after_a_failure():
    later = [run("c", waits_for=["a"])]
    runs = {f"toys/{name}": run(name) for name in ("a", "b")}
    assert settle.no_longer_waiting(later, runs, {}) == []
    assert settle.no_longer_waiting(later, runs, {"toys/b": READY}) == []
    assert settle.no_longer_waiting(later, runs, {"toys/a": READY}) == later
    assert settle.no_longer_waiting(later, runs, {"toys/a": READY, "toys/b": LASTING}) == []


def test_what_waits_for_one_that_waits_itself_is_started_after_it():
    later = [run("c", waits_for=["b"]), run("b", waits_for=["a"])]
    runs = {"toys/a": run("a")}
    assert settle.no_longer_waiting(later, runs, {"toys/a": READY}) == [later[1]]
    runs |= {"toys/b": run("b")}
    assert settle.no_longer_waiting(later[:1], runs, {"toys/a": READY, "toys/b": READY}) == [later[0]]


def test_it_is_shown_with_what_it_waits_for():
    assert settle.held_back(run("c", waits_for=["a", "b"]))["message"] == "waits for a, b"
