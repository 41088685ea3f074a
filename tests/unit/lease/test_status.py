"""The word that a renewer leaves, and what it is worth."""

import time

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.lease import status
from ansible_collections.landfall.eks.plugins.module_utils.lease.status import Status

ANNA = "anna@laptop/a1"


@pytest.mark.parametrize(
    ("age", "lost", "certain"), [(0, "", True), (29, "", True), (31, "", False), (-60, "", False), (0, "gone", False)]
)
def test_it_is_certain_while_nobody_else_can_have_taken_it(age, lost, certain):
    assert Status(ANNA, time.time() - age, 30, 1, lost).certain() is certain


def test_a_file_of_another_run_or_half_a_file_says_nothing(tmp_path):
    path = status.status_path(str(tmp_path), "one")
    assert status.read(path, ANNA) is None
    path.write_text('{"holder": "anna@')
    assert status.read(path, ANNA) is None
    status.write(path, Status("bob@ci/b2", 1.0, 30, 1))
    assert status.read(path, ANNA) is None
    assert status.read(path, "bob@ci/b2") == Status("bob@ci/b2", 1.0, 30, 1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_arn_is_a_file_name_too(tmp_path):
    path = status.status_path(str(tmp_path), "arn:aws:eks:eu-west-1:111122223333:cluster/shop")
    assert path.parent == tmp_path


def test_a_user_without_a_name_is_no_obstacle(monkeypatch):
    def unknown():
        raise KeyError("uid not found")

    monkeypatch.setattr(status.getpass, "getuser", unknown)
    assert status.holder_name("a1", "blue").startswith("somebody@")
