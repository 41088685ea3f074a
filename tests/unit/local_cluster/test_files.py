from __future__ import annotations

import stat
import threading
import time
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import files


def test_written_only_when_different(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    assert files.write(path, "a")
    assert not files.write(path, b"a")
    assert files.write(path, "b")
    assert path.read_text() == "b"
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    files.write(path, "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_was_cut_off_reads_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    assert files.read_json(path) == {}
    path.write_text('{"ports": {"etcd"')
    assert files.read_json(path) == {}


def test_a_second_run_waits_for_the_first_even_if_it_removes_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    order = []

    def second() -> None:
        with files.locked(folder):
            order.append("second")
            assert folder.is_dir()

    with files.locked(folder):
        other = threading.Thread(target=second)
        other.start()
        time.sleep(0.2)
        order.append("first")
        folder.rmdir()
    other.join(timeout=60)
    assert order == ["first", "second"]
