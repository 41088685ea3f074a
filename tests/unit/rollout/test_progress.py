"""How a wait is told, to a log and to a callback plugin."""

import pickle

import pytest
from ansible import constants
from ansible.utils import color

from ansible_collections.landfall.eks.plugins.action import settle
from ansible_collections.landfall.eks.plugins.module_utils.rollout.progress import QUIET_SECONDS, Plain, Progress


def waiting(message="Deployment a: 0 of 1 replicas available", **more):
    return {"phase": "running", "message": message, "have": 1, "wanted": 3, "cause": "", **more}


READY = {"phase": "ready", "message": "", "have": 3, "wanted": 3, "cause": ""}


def test_a_log_gets_a_line_only_for_a_change_and_not_too_often():
    plain = Plain()
    assert plain.show({"a/a": waiting()}, {"a/a": 0.0}) == [
        "      0 s  a/a: 1 of 3 ready, waits for Deployment a: 0 of 1 replicas available"
    ]
    assert plain.show({"a/a": waiting()}, {"a/a": 60.0}) == []
    assert len(plain.show({"a/a": waiting("Deployment a: 1 of 2")}, {"a/a": 61.0})) == 1
    assert plain.show({"a/a": waiting("Deployment a: 2 of 3")}, {"a/a": 62.0}) == []
    assert len(plain.show({"a/a": waiting("Deployment a: 2 of 3")}, {"a/a": 61.0 + QUIET_SECONDS})) == 1
    assert plain.show({"a/a": READY}, {"a/a": 72.0}) == ["     72 s  a/a: ready"]


def test_what_the_cluster_says_already_is_shown_while_waiting():
    shown = Plain().show({"a/a": waiting(cause="pod a-1: 3 Insufficient cpu")}, {"a/a": 5.0})
    assert shown[0].endswith("replicas available (pod a-1: 3 Insufficient cpu)")


def test_outcomes_reach_ansible_playbook_with_the_text_that_tells_of_them():
    sent = pickle.loads(pickle.dumps(Progress("a: ready", "local", {"a/a": READY})))  # noqa: S301
    assert (sent, sent.host, sent.outcomes) == ("a: ready", "local", {"a/a": READY})


def test_what_was_not_started_is_not_said_to_have_taken_all_of_the_run():
    assert settle.own_start({"started": 5.0, "job": "/run/1"}, begun=300.0) == 5.0
    assert settle.own_start({"started": 5.0, "job": ""}, begun=300.0) == 300.0


@pytest.mark.parametrize(
    ("coloured", "forced", "hosts", "live"),
    [
        (True, False, ["a"], True),
        (False, False, ["a"], False),
        # Colours in a pipeline's log do not make it a terminal.
        (True, True, ["a"], False),
        (True, False, ["a", "b"], False),
    ],
)
def test_polls_are_short_where_a_person_looks_on(monkeypatch, coloured, forced, hosts, live):
    monkeypatch.setattr(color, "ANSIBLE_COLOR", coloured)
    monkeypatch.setattr(constants, "ANSIBLE_FORCE_COLOR", forced)
    assert settle.is_terminal(hosts) is live
