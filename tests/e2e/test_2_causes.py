"""Failing upgrades, caused side by side: what the run said, what it kept, and where each release stands afterwards."""

import json
import re

import pytest

from tests.e2e.causes import rows

pytestmark = pytest.mark.cluster

PLAY = "ansible-playbook -i inventories/local tests/e2e/causes/causes.yml"
CAUSES = [row["cause"] for row in rows.caused()]
HERE = "KUBECONFIG=$PWD/.landfall/kubeconfig PATH=$PWD/.landfall/bin:$PATH"


@pytest.fixture(scope="module")
def said(second_up, checkout):
    """Upgrade all releases into their faults at once; return what the run said, on one line."""
    try:
        checkout.run(f"{HERE} tests/e2e/causes/prepare.sh {' '.join(CAUSES)}")
        yield " ".join(checkout.run(PLAY, fails=True).replace("\\n", "\n").split())
    finally:
        checkout.run(f"{HERE} tests/e2e/causes/clear.sh {' '.join(CAUSES)}")


@pytest.mark.parametrize("row", rows.caused(), ids=CAUSES)
def test_failing_upgrade_names_its_cause_keeps_evidence_and_goes_back(said, checkout, row):
    cause = row["cause"]
    found = re.search(rows.sentence(row), said)
    about = re.search(
        rf"{cause}/{cause}: (Error|not ready after|still failing after|waiting does not help) .{{600}}", said
    )
    assert found, about[0] if about else said[-4000:]
    print(f"{row['word']}: {found[0]}")
    folders = list((checkout.state / "evidence").glob(f"*/{cause}.{cause}"))
    kept = {each.name for folder in folders for each in folder.iterdir()}
    assert {"cause.txt", "events.yml", "manifest.yml"} <= kept
    if not row.get("gone"):
        live = json.loads(checkout.kubectl(f"get deployment {cause} -n {cause} -o json"))
        assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "example.org/faulty:good"
        assert live["status"]["readyReplicas"] == 1
