"""Two roles in a play of somebody's own, one for a chart of theirs: the first example of docs/components.md."""

import json
import re
import tarfile

import pytest
import yaml

from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.cluster

PLAY = "ansible-playbook -i inventories/local tests/e2e/components/play.yml"
HERE = "KUBECONFIG=$PWD/.landfall/kubeconfig PATH=$PWD/.landfall/bin:$PATH"


def example():
    """Return the settings of the page's first example."""
    page = (ROOT / "docs/components.md").read_text(encoding="utf-8")
    return yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0])


def test_a_chart_of_ones_own_is_rolled_out_left_alone_rolled_back_and_uninstalled(second_up, checkout, tmp_path):
    settings = example()
    (release,) = settings["platform_components"]["podinfo"]["releases"]
    with tarfile.open(tmp_path / f"podinfo-{release['chart']['version']}.tgz", "w:gz") as archive:
        archive.add(ROOT / "tests/e2e/components/podinfo", "podinfo")

    def play(words="", fails=False, **values):
        release["values"] |= values
        (tmp_path / "settings.yml").write_text(json.dumps(settings))
        charts = f"LANDFALL_CHART_CACHE={tmp_path}"
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
