"""What is one host's and one run's alone: the state folder, and in it the folder of the background jobs."""

import multiprocessing
from pathlib import Path

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.lease import run

ROOT = Path(__file__).parents[3]


def test_each_host_has_a_folder_of_its_own_below_the_state_folder(tmp_path):
    folders = [run.jobs_folder(str(tmp_path), host) for host in ("one", "two", "a/two", "a_two")]
    assert {each.parent for each in folders} == {tmp_path / "run"}
    assert len(set(folders)) == len(folders)
    assert folders[0] == run.jobs_folder(str(tmp_path), "one")


def test_each_run_has_one_too(tmp_path, monkeypatch):
    ours = run.jobs_folder(str(tmp_path), "one")
    # What tells one ansible-playbook from another, and is the same in all that it forks.
    monkeypatch.setattr(multiprocessing.current_process(), "authkey", b"another ansible-playbook")
    assert run.jobs_folder(str(tmp_path), "one") != ours


def test_a_home_folder_is_expanded():
    assert Path.home() in run.jobs_folder("~/state", "one").parents


def test_each_cluster_has_a_state_folder_of_its_own_and_the_local_one_keeps_its():
    files = ("roles/platform/defaults/main.yml", "inventories/local/group_vars/clusters.yml")
    each, local = (yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))["platform_state_dir"] for name in files)
    assert each.endswith("/.landfall/{{ inventory_hostname }}")
    assert "~ '/.landfall'" in local
