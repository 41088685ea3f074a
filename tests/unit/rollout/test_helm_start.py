"""A job that could not leave its result is not started."""

import errno
import tempfile

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.landfall.eks.plugins.action import helm_start


def test_a_folder_with_room_is_made_for_its_owner_alone(tmp_path):
    folder = tmp_path / "state" / "run"
    helm_start.have_room(folder)
    assert folder.stat().st_mode & 0o077 == 0
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_said_before_the_job_starts(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(AnsibleActionFail, match=r"run.*No space left on device.*platform_state_dir"):
        helm_start.have_room(tmp_path / "run")
