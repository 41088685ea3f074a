"""Where a rollout stands, a line per component."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.rollout.board import WIDTH, Board, Frame, line
from tests.unit.rollout.terminal import screen


def run(component, name, job="/run/1"):
    return {"component": component, "name": name, "namespace": component, "job": job}


def outcome(phase="ready", have=1, wanted=1, message="", cause=""):
    return {"phase": phase, "have": have, "wanted": wanted, "message": message, "cause": cause}


def record(*started, **more):
    return {"settings": {"components": ["efk", "argocd"]}, "started": list(started), "planned": [], **more}


def shown(board, now):
    return [line(row, row.seconds(now), names=6) for row in board.rows.values()]


def test_a_component_goes_from_waiting_to_ready():
    board = Board()
    board.record(record(), 0.0)
    assert shown(board, 1.0) == ["efk     waiting", "argocd  waiting"]
    board.enter("efk", 2.0)
    assert shown(board, 3.0)[0] == "efk     preparing                 1 s"
    board.record(record(run("efk", "eck-operator"), run("efk", "eck-stack")), 4.0)
    board.enter("argocd", 5.0)
    late = outcome("running", 1, 3, "Deployment a: 0 of 1", "pod a-1: 3 Insufficient cpu")
    board.settled({"efk/eck-operator": outcome(), "efk/eck-stack": late}, 7.0)
    assert shown(board, 8.0)[0] == (
        "efk     rolling out    2 of 4     6 s  Deployment a: 0 of 1 (pod a-1: 3 Insufficient cpu)"
    )
    board.settled({"efk/eck-stack": outcome(have=3, wanted=3)}, 12.0)
    assert shown(board, 300.0)[0] == "efk     ready          4 of 4    10 s"


def test_what_is_in_sync_has_the_seconds_of_its_role_however_long_the_run_takes():
    board = Board()
    board.record(record(), 0.0)
    board.enter("efk", 1.0)
    board.record(record(run("efk", "eck-stack", job="")), 2.0)
    board.enter("argocd", 3.0)
    board.settled({"efk/eck-stack": outcome()}, 303.0)
    assert shown(board, 303.0)[0] == "efk     in sync        1 of 1     2 s"


def test_seconds_end_with_the_role_where_all_was_ready_by_then():
    board = Board()
    board.record(record(), 0.0)
    board.enter("efk", 1.0)
    board.record(record(run("efk", "eck-stack")), 2.0)
    board.settled({"efk/eck-stack": outcome()}, 3.0)
    board.enter("argocd", 4.0)
    board.settled({"efk/eck-stack": outcome()}, 90.0)
    assert board.rows["efk"].seconds(90.0) == 3.0


def test_a_failed_release_fails_its_component_and_says_why():
    board = Board()
    board.record(record(run("efk", "eck-stack")), 0.0)
    board.enter("argocd", 1.0)
    board.settled({"efk/eck-stack": outcome("failed", 0, 2, "not ready after 9 s: it crashes")}, 9.0)
    assert shown(board, 9.0)[0].endswith("failed         0 of 2     9 s  not ready after 9 s: it crashes")
    board.fail("argocd", 9.0)
    assert board.rows["argocd"].state == "failed"
    assert board.left(changed=True).startswith("0 of 2 components are ready; ")
    assert board.left(changed=False) == "nothing was changed"


@pytest.mark.parametrize(("planned", "state"), [([{"component": "efk"}], "planned"), ([], "done")])
def test_a_plan_starts_nothing(planned, state):
    board = Board()
    board.enter("efk", 0.0)
    board.record(record(planned=planned), 0.0)
    board.enter("efk", 0.0)
    board.enter("argocd", 1.0)
    assert board.rows["efk"].state == state


def test_no_line_is_wider_than_the_terminal_or_100_columns():
    board = Board()
    board.record(record(run("efk", "eck-stack")), 0.0)
    board.settled({"efk/eck-stack": outcome("running", 0, 1, "long " * 50)}, 1.0)
    row = board.rows["efk"]
    assert len(line(row, 1.0, names=6, width=80)) == 80
    assert len(line(row, 1.0, names=6, width=200)) == WIDTH
    assert line(row, 1.0, names=6).endswith("…")


def test_lines_are_rewritten_in_place():
    frame = Frame()
    text = "before\n" + frame.draw(["a waits", "b waits", "at work"]) + frame.draw(["a ready", "b waits"])
    assert screen(text) == ["before", "a ready", "b waits", ""]
    assert screen(text + frame.erase() + "aside\n" + frame.draw(["a ready", "b ready"])) == [
        *("before", "aside", "a ready", "b ready", ""),
    ]
