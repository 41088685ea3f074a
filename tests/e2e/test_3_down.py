"""The end: nothing is left."""

import pytest

pytestmark = pytest.mark.cluster


def test_down_leaves_no_process_and_no_folder(second_up, checkout):
    running = checkout.processes()
    assert len(running) >= 6
    checkout.run("make down")
    assert not checkout.state.exists()
    assert checkout.processes() == []
    assert checkout.run("git status --porcelain") == ""
