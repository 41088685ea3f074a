"""An installed collection starts on the oldest ansible-core that it names and on the newest, and says what it lacks."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.installed import NEWEST, ROOT, Core, oldest

EKS = "ansible_collections/landfall/eks"
NO_HOSTS = "The inventory has no host in the group clusters"
BAD = re.compile(r"Traceback|does not support Ansible|unexpected keyword|No module named|couldn't resolve")


class Run(NamedTuple):
    code: int
    said: str


def play(core: Core, collections: Path, folder: Path, *words: str) -> Run:
    """Run ansible-playbook as a user whose home is an empty folder, with no checkout, no proxy and no AWS."""
    closed = "http://127.0.0.1:9"
    environment = {
        "HOME": str(folder),
        "PATH": f"{core.programs}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(filter(None, [str(collections), core.beside])),
        "AWS_EC2_METADATA_DISABLED": "true",
        "http_proxy": closed,
        "https_proxy": closed,
    }
    command = [str(core.programs / "ansible-playbook"), *words]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    return Run(done.returncode, done.stdout + done.stderr)


def inventory(collections: Path) -> str:
    return str(collections / EKS / "inventories/eks")


def started(run: Run, kubeconfig: Path) -> bool:
    """Say whether a play began and ended in a sentence on the kubeconfig that is not there."""
    sentence = re.search(rf"platform_kubeconfig[^\n]*{re.escape(str(kubeconfig))}", run.said)
    return run.code == 2 and "PLAY [" in run.said and bool(sentence) and not BAD.search(run.said)


@pytest.fixture(scope="session", params=["oldest", "newest"])
def core(request: pytest.FixtureRequest) -> Core:
    return NEWEST if request.param == "newest" else oldest()


@pytest.mark.parametrize("playbook", ["site", "status"])
def test_an_installed_playbook_starts(core: Core, collections: Path, tmp_path: Path, playbook: str) -> None:
    words = ["-i", inventory(collections), f"landfall.eks.{playbook}"]
    kubeconfig = tmp_path / "kubeconfig"
    # In check mode too: that is how a plan is made.
    for mode in ([], ["--check", "--diff"]):
        run = play(core, collections, tmp_path, *words, *mode, "-e", f"platform_kubeconfig={kubeconfig}")
        assert started(run, kubeconfig), run.said


def test_every_playbook_parses(core: Core, collections: Path, tmp_path: Path) -> None:
    """On an inventory without clusters: ansible-lint has no other, in Galaxy's importer nor on a user's machine."""
    playbooks = sorted((collections / EKS / "playbooks").glob("*.yml"))
    names = [f"landfall.eks.{path.stem}" for path in playbooks]
    checked = play(core, collections, tmp_path, "-i", "localhost,", "--syntax-check", *names)
    assert checked.code == 0, checked.said
    assert not re.search(rf"{BAD.pattern}|WARNING|ERROR", checked.said), checked.said
    assert len(playbooks) > 10


def test_an_inventory_without_clusters_is_refused(core: Core, collections: Path, tmp_path: Path) -> None:
    run = play(core, collections, tmp_path, "-i", "localhost,", "landfall.eks.site")
    assert run.code != 0
    assert NO_HOSTS in run.said
    assert not BAD.search(run.said), run.said


@pytest.fixture
def copy(collections: Path, tmp_path: Path) -> Path:
    shutil.copytree(collections, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy"


def test_a_file_that_is_missing_is_no_start(copy: Path, tmp_path: Path) -> None:
    """The control of the tests above: so would a file look that the artifact should hold and does not."""
    shutil.rmtree(copy / EKS / "plugins/module_utils/text")
    words = ["-i", inventory(copy), "landfall.eks.status", "-e", f"platform_kubeconfig={tmp_path}/kubeconfig"]
    assert not started(play(NEWEST, copy, tmp_path, *words), tmp_path / "kubeconfig")


def test_a_core_that_is_too_old_and_a_group_that_is_typed(copy: Path, tmp_path: Path) -> None:
    """The controls of requires_ansible, and of the playbooks' hosts: Ansible only warns of both."""
    runtime, site = copy / EKS / "meta/runtime.yml", copy / EKS / "playbooks/site.yml"
    runtime.write_text(re.sub("requires_ansible: .*", 'requires_ansible: ">=99.0.0"', runtime.read_text()))
    site.write_text(re.sub(r"(?m)^  hosts: .*", "  hosts: clusters", site.read_text()))
    run = play(NEWEST, copy, tmp_path, "-i", "localhost,", "landfall.eks.site")
    assert run.code == 0
    assert "does not support Ansible" in run.said
    assert "no hosts matched" in run.said


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_every_playbook_refuses_an_inventory_without_clusters(path: Path) -> None:
    hosts = re.findall(r"(?m)^(?:- |  )hosts: (.*)$", path.read_text())
    assert set(hosts) <= {'"{{ groups | landfall.eks.cluster_group }}"'}
    assert hosts or "ansible.builtin.import_playbook" in path.read_text()
