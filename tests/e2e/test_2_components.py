"""Roles in a play of somebody's own, one for a chart of theirs: the first example of docs/components.md."""

import json
import os
import re
import tarfile

import pytest
import yaml

from tests import installed
from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.cluster

PLAY = "ansible-playbook -i inventories/local tests/e2e/components/play.yml"
HERE = "KUBECONFIG=$PWD/.landfall/kubeconfig PATH=$PWD/.landfall/bin:$PATH"


def example():
    """Return the settings of the page's first example."""
    page = (ROOT / "docs/components.md").read_text(encoding="utf-8")
    return yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0])


@pytest.fixture(scope="module")
def charts(tmp_path_factory):
    """A folder that holds the chart of the page's first example: packaged once, since other bytes are refused."""
    (release,) = example()["platform_components"]["podinfo"]["releases"]
    folder = tmp_path_factory.mktemp("charts")
    with tarfile.open(folder / f"podinfo-{release['chart']['version']}.tgz", "w:gz") as archive:
        archive.add(ROOT / "tests/e2e/components/podinfo", "podinfo")
    return folder


@pytest.fixture
def podinfo(charts):
    """Return the settings of the page's first example, and a folder that holds its chart."""
    return example(), charts


def test_a_chart_of_ones_own_is_rolled_out_left_alone_and_removed(second_up, checkout, podinfo, tmp_path):
    settings, cache = podinfo
    (release,) = settings["platform_components"]["podinfo"]["releases"]

    def play(words="", fails=False, **values):
        release["values"] |= values
        (tmp_path / "settings.yml").write_text(json.dumps(settings))
        charts = f"LANDFALL_CHART_CACHE={cache}"
        return checkout.run(f"{HERE} {charts} {PLAY} -e settings={tmp_path}/settings.yml {words}", fails=fails)

    def live():
        found = json.loads(checkout.kubectl("get deployments,greetings.example.org -n podinfo -o json"))
        deployment, greeting = found["items"]
        return deployment["spec"]["template"]["spec"]["containers"][0]["image"], greeting["text"]

    before = checkout.revisions()
    play()
    assert live() == ("example.org/faulty:good", "Hello from local")
    assert checkout.kubectl("get validatingwebhookconfigurations podinfo -o name").strip()
    again = play()
    assert "changed=0" in again
    # What site.yml has rolled out is in sync for a role alone too.
    assert {name: each for name, each in checkout.revisions().items() if name in before} == before
    said = play("--tags own -e settle_timeout=10", fails=True, image="example.org/faulty:broken")
    assert "ImagePullBackOff" in said
    assert live() == ("example.org/faulty:good", "Hello from local")
    play("--tags own -e platform_state=absent")
    assert "podinfo" not in checkout.revisions()
    assert "metrics-server" in checkout.revisions()


PLAY_OF_THREE = """
- name: Roll out three components
  hosts: clusters
  gather_facts: false
  vars_files: [settings.yml]
  roles:
    - landfall.eks.metrics_server
    - landfall.eks.efk
    - {role: landfall.eks.components, tags: [own]}
"""


@pytest.mark.parametrize("core", ["oldest", "newest"])
def test_the_built_collection_works_alone_in_an_empty_folder(second_up, checkout, podinfo, tmp_path, core):
    """What Galaxy gives, on the oldest and newest core: no ansible.cfg, and of the checkout only the inventory."""
    programs, beside = installed.NEWEST if core == "newest" else installed.oldest()
    collections, folder = tmp_path / "collections", tmp_path / "mine"
    folder.mkdir()
    installed.install(installed.build(tmp_path), collections)
    settings, cache = podinfo
    (folder / "settings.yml").write_text(json.dumps(settings))
    (folder / "play.yml").write_text(PLAY_OF_THREE)
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(filter(None, [str(collections), beside])),
        "LANDFALL_CHART_CACHE": str(cache),
        "LANDFALL_STATE_DIR": str(checkout.state),
        "PATH": f"{programs}:{checkout.path}/.landfall/bin:{os.environ['PATH']}",
    }
    typed = f"cd {folder} && ansible-playbook -i {checkout.path}/inventories/local play.yml"
    before = checkout.revisions()
    checkout.run(typed, **environment)
    assert "changed=0" in checkout.run(typed, **environment)
    found = checkout.revisions()
    assert {name: each for name, each in found.items() if name in before} == before
    assert "podinfo" in found
    checkout.run(f"{typed} --tags own -e platform_state=absent", **environment)
    assert checkout.revisions() == before
