"""An installed collection starts on the oldest ansible-core that it names and on the newest, and says what it lacks."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.unit.product.conftest import NO_REGISTRY, ROOT

PINS = "tests/unit/product/oldest.txt"
EKS = "ansible_collections/landfall/eks"
NO_HOSTS = "The inventory has no host in the group clusters"
BAD = re.compile(r"Traceback|does not support Ansible|unexpected keyword|No module named|couldn't resolve")


class Core(NamedTuple):
    """An ansible-core: the folder of its programs, and where else it finds collections."""

    programs: Path
    beside: str = ""


def bundled() -> str:
    """Return the folder of the collections that came with the package ansible."""
    found = find_spec("ansible_collections.kubernetes.core")
    assert found
    assert found.submodule_search_locations
    return str(Path(next(iter(found.submodule_search_locations))).parents[2])


@pytest.fixture(scope="session", params=["oldest", "newest"])
def core(request: pytest.FixtureRequest) -> Core:
    if request.param == "newest":
        return Core(Path(sys.executable).parent)
    # The oldest core on the oldest Python that is there; the newest one runs on that of the tests.
    command = ["bash", "tools/cached_venv.sh", "oldest-core-and-python", PINS]
    environment = {**os.environ, "LANDFALL_PYTHON": "3.12 3.13"}
    made = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    if made.returncode and NO_REGISTRY.search(made.stderr):
        pytest.skip(f"not run: the packages of {PINS} are in no registry that answers here")
    assert made.returncode == 0, made.stderr
    # The package ansible of its own time brings a kubernetes.core that is older than what galaxy.yml asks for.
    return Core(Path(made.stdout.strip()) / "bin", bundled())


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


@pytest.mark.parametrize("playbook", ["site", "status"])
def test_an_installed_playbook_starts(core: Core, collections: Path, tmp_path: Path, playbook: str) -> None:
    words = ["-i", inventory(collections), f"landfall.eks.{playbook}"]
    kubeconfig = tmp_path / "kubeconfig"
    # In check mode too: that is how a plan is made.
    for mode in ([], ["--check", "--diff"]):
        run = play(core, collections, tmp_path, *words, *mode, "-e", f"platform_kubeconfig={kubeconfig}")
        assert started(run, kubeconfig), run.said


def test_every_playbook_parses(core: Core, collections: Path, tmp_path: Path) -> None:
    playbooks = sorted((collections / EKS / "playbooks").glob("*.yml"))
    names = [f"landfall.eks.{path.stem}" for path in playbooks]
    checked = play(core, collections, tmp_path, "-i", inventory(collections), "--syntax-check", *names)
    assert checked.code == 0, checked.said
    assert not BAD.search(checked.said), checked.said
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
    newest = Core(Path(sys.executable).parent)
    words = ["-i", inventory(copy), "landfall.eks.status", "-e", f"platform_kubeconfig={tmp_path}/kubeconfig"]
    assert not started(play(newest, copy, tmp_path, *words), tmp_path / "kubeconfig")


def test_a_core_that_is_too_old_and_a_group_that_is_typed(copy: Path, tmp_path: Path) -> None:
    """The controls of requires_ansible, and of the playbooks' hosts: Ansible only warns of both."""
    runtime, site = copy / EKS / "meta/runtime.yml", copy / EKS / "playbooks/site.yml"
    runtime.write_text(re.sub("requires_ansible: .*", 'requires_ansible: ">=99.0.0"', runtime.read_text()))
    site.write_text(re.sub(r"(?m)^  hosts: .*", "  hosts: clusters", site.read_text()))
    run = play(Core(Path(sys.executable).parent), copy, tmp_path, "-i", "localhost,", "landfall.eks.site")
    assert run.code == 0
    assert "does not support Ansible" in run.said
    assert "no hosts matched" in run.said


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_every_playbook_refuses_an_inventory_without_clusters(path: Path) -> None:
    hosts = re.findall(r"(?m)^(?:- |  )hosts: (.*)$", path.read_text())
    assert set(hosts) <= {'"{{ groups | landfall.eks.cluster_group }}"'}
    assert hosts or "ansible.builtin.import_playbook" in path.read_text()
