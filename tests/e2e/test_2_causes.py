"""Failing upgrades, each provoked: what the run said, what it kept, and where the release stands afterwards."""

import json
import re

import pytest

pytestmark = pytest.mark.cluster

PLAY = "ansible-playbook -i inventories/local tests/e2e/causes/causes.yml"
SAID = {
    "image": r"container main: ImagePullBackOff .*faulty:broken",
    "scheduling": r"Insufficient cpu",
    "volume": r"volume data is not bound: ProvisioningFailed: .*no-such-class",
    "crash": r"container main: CrashLoopBackOff .*last exit code 1",
    "webhook": r'failed calling webhook "judge\.example\.org"',
    "quota": r"FailedCreate: .*exceeded quota: one-pod",
    "missing-definition": r'no matches for kind "NobodyKnows"',
    "load-balancer": r"Service edge: status\.loadBalancer\.ingress is empty",
}


@pytest.fixture(scope="module")
def sentences(second_up, checkout):
    """Upgrade all releases into their faults at once; return what the run said of each."""
    checkout.run(f"{PLAY} -e '{json.dumps({'faulty': False})}'")
    checkout.kubectl("apply -f tests/e2e/causes/obstacles.yml")
    said = checkout.run(f"{PLAY} -e '{json.dumps({'faulty': True})}'", fails=True)
    found = {cause: re.findall(rf"{cause}/{cause}: .*?; evidence: [^ ;]+\.(?=\\n|\"|$)", said, re.M) for cause in SAID}
    yield {cause: lines[-1] if lines else said[-4000:] for cause, lines in found.items()}
    checkout.kubectl("delete -f tests/e2e/causes/obstacles.yml --wait=false")
    for cause in SAID:
        checkout.run(f"KUBECONFIG=.landfall/kubeconfig .landfall/bin/helm uninstall {cause} -n {cause} --wait")
    checkout.kubectl(f"delete namespace {' '.join(SAID)}")


@pytest.mark.parametrize("cause", SAID)
def test_failing_upgrade_names_its_cause_keeps_evidence_and_goes_back(sentences, checkout, cause):
    said = sentences[cause]
    print(f"provoked: {said}")
    assert re.search(SAID[cause], said)
    # Helm finds an unknown kind before it writes anything down.
    back = "nothing had been changed" if cause == "missing-definition" else "it is back at revision 1, and ready"
    assert back in said
    folders = list((checkout.state / "evidence").glob(f"*/{cause}.{cause}"))
    kept = {each.name for folder in folders for each in folder.iterdir()}
    assert {"cause.txt", "events.yml", "manifest.yml"} <= kept
    live = json.loads(checkout.kubectl(f"get deployment {cause} -n {cause} -o json"))
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "example.org/faulty:good"
    assert live["status"]["readyReplicas"] == 1
