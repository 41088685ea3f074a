"""How a wait is shown, on a terminal and in a log."""

import re

import pytest
from ansible import constants
from ansible.utils import color

from ansible_collections.landfall.eks.plugins.action import settle
from ansible_collections.landfall.eks.plugins.module_utils.rollout.progress import QUIET_SECONDS, Live, Plain


def waiting(message="Deployment a: 0 of 1 replicas available", **more):
    return {"phase": "running", "message": message, "have": 1, "wanted": 3, "cause": "", **more}


READY = {"phase": "ready", "message": "", "have": 3, "wanted": 3, "cause": ""}


class Terminal:
    """What a terminal shows after texts with the two control sequences that are used."""

    def __init__(self):
        self.rows, self.at = [], 0

    def write(self, text):
        for part in (text + "\n").splitlines():
            up = re.match(r"\x1b\[(\d+)A", part)
            self.at -= int(up[1]) if up else 0
            erased = "\x1b[2K" in part
            row = re.sub(r"\x1b\[\d+[AK]", "", part)
            old = self.rows[self.at] if self.at < len(self.rows) else ""
            self.rows[self.at : self.at + 1] = [row if erased else row + old[len(row) :]]
            self.at += 1


def test_lines_are_rewritten_in_place_and_what_ended_stays_above():
    live, terminal = Live(60), Terminal()
    terminal.write("TASK [settle]")
    steps = [
        {"a/a": waiting(), "b/b": waiting("Helm is at work", wanted=0, have=0)},
        {"a/a": waiting("Deployment a: 1 of 2 replicas available"), "b/b": READY},
        {"a/a": READY},
    ]
    for number, outcomes in enumerate(steps):
        for text in live.show(outcomes, dict.fromkeys(outcomes, 2.0 * (number + 1))):
            terminal.write(text)
        if number == 0:
            assert terminal.rows[1:] == [
                "      2 s  a/a: 1 of 3 ready, waits for Deployment a: 0 of …",
                "      2 s  b/b: Helm is at work",
            ]
    assert terminal.rows == ["TASK [settle]", "      4 s  b/b: ready", "      6 s  a/a: ready"]


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
def test_lines_are_rewritten_on_a_terminal_and_for_one_cluster_alone(monkeypatch, coloured, forced, hosts, live):
    monkeypatch.setattr(color, "ANSIBLE_COLOR", coloured)
    monkeypatch.setattr(constants, "ANSIBLE_FORCE_COLOR", forced)
    assert settle.is_terminal(hosts) is live
