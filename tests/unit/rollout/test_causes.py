"""Causes of which only objects can be judged here, each as the named program writes them; and the rows as a whole."""

import re
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.rollout import diagnosis
from ansible_collections.landfall.eks.plugins.module_utils.rollout.passing import may_pass
from ansible_collections.landfall.eks.plugins.module_utils.rollout.remedies import REMEDIES, remedy_of
from tests.e2e.causes import rows

ROOT = Path(__file__).parents[3]


def judged_object(cluster, objects):
    """Put a row's objects into the cluster; return the one that is not ready."""
    metadata = {"name": "web", "namespace": "web"}
    if "service" in objects:
        found = cluster.add({"kind": "Service", "metadata": metadata, "spec": objects["service"]})
    elif "job" in objects:
        found = cluster.add({"kind": "Job", "metadata": metadata, "spec": {}, "status": objects["job"]})
    else:
        found = cluster.add(
            {"kind": "Deployment", "metadata": metadata, "spec": {"selector": {"matchLabels": {"a": "b"}}}}
        )
        of_it = {"name": "web-1", "namespace": "web", "labels": {"a": "b"}}
        pod = {"kind": "Pod", "metadata": of_it, "spec": objects.get("spec", {})}
        cluster.add({**pod, "status": objects["status"]})
    about = found["metadata"]["name"] if found["kind"] != "Deployment" else "web-1"
    if "event" in objects:
        event = {"kind": "Event", "metadata": {"name": "1", "namespace": "web"}, "involvedObject": {"name": about}}
        cluster.add({**event, "type": "Warning", **objects["event"], "lastTimestamp": "2026-11-26"})
    cluster.text = lambda *_: objects.get("log", "")
    return found


@pytest.mark.parametrize("row", rows.judged(), ids=lambda row: row["cause"])
def test_cause_from_source(cluster, row):
    said = diagnosis.cause_of(cluster, judged_object(cluster, row["objects"]), logs=True)
    assert re.fullmatch(rows.pattern(row["says"]), said), said


@pytest.mark.parametrize("row", rows.ROWS, ids=lambda row: row["cause"])
def test_every_cause_has_a_remedy_and_an_evidence_word(row):
    assert remedy_of(row["says"])
    assert row["word"] in {"provoked", "from source"}
    assert (row["word"] == "provoked") <= ("objects" not in row)


SAID_ELSEWHERE = (
    'Error: query: failed to query with labels: secrets is forbidden: User "ada" cannot list resource "secrets"',
    "pod db-0: its volume data is not bound: ProvisioningFailed: api error UnauthorizedOperation: not authorized",
    "pod web-1: 0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules",
    "pod web-1: 0/3 nodes are available: 3 Too many pods.",
    "pod web-1: 0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports.",
    "pod web-1: container main: CrashLoopBackOff, its log ends with: exec /serve: exec format error",
    "Helm calls revision 2 pending-upgrade",
    "create: failed to create: Request entity too large: limit is 3145728",
    'Deployment.apps "web" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes',
    "Error: UPGRADE FAILED: update: read tcp 10.0.0.7:50116->10.0.0.1:443: read: connection reset by peer",
)
"""What has a remedy, but no row: each in the words of the program that says it."""


def test_every_remedy_is_reached():
    reached = {remedy_of(row["says"]) for row in rows.ROWS} | {remedy_of(text) for text in SAID_ELSEWHERE}
    assert reached == {remedy for _, remedy in REMEDIES}


@pytest.mark.parametrize(
    "said",
    [
        'Secret "sh.helm.release.v1.a.v2" is invalid: data: Too long: may not be more than 1048576 bytes',
        'Secret "sh.helm.release.v1.a.v2" is invalid: data: Too long: must have at most 1048576 bytes',
        'ConfigMap "a" is invalid: []: Too long: may not be more than 1048576 bytes',
        "create: failed to create: Request entity too large: limit is 3145728",
        "create: failed to create: etcdserver: request is too large",
        "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2101234 vs. 2097152)",
    ],
)
def test_what_is_too_large_for_one_object_is_to_be_taken_out_of_the_values(said):
    assert remedy_of(f"Error: UPGRADE FAILED: {said}").startswith("move large texts from the values")
    assert not may_pass(f"Error: UPGRADE FAILED: {said}")


def test_a_name_that_is_too_long_is_another_matter():
    assert not remedy_of('Service "a" is invalid: metadata.name: Too long: may not be more than 63 bytes')


def test_names_are_told_once():
    names = [row["cause"] for row in rows.ROWS]
    assert len(names) == len(set(names))


def test_at_least_fifteen_causes_are_provoked():
    assert len([row for row in rows.ROWS if row["word"] == "provoked"]) >= 15


def test_a_secret_in_a_crashed_containers_log_is_masked(cluster):
    row = next(row for row in rows.judged() if row["cause"] == "log")
    found = judged_object(cluster, {**row["objects"], "log": "login with correct-horse failed"})
    cluster.add(
        {
            "kind": "Secret",
            "metadata": {"name": "s", "namespace": "web"},
            "data": {"password": "Y29ycmVjdC1ob3JzZQ=="},
        }
    )
    said = diagnosis.cause_of(cluster, found, logs=True)
    assert "login with ••• failed" in said
    assert "correct-horse" not in said


def test_while_waiting_no_kubelet_is_asked_for_a_log(cluster):
    row = next(row for row in rows.judged() if row["cause"] == "log")
    found = judged_object(cluster, row["objects"])
    cluster.text = None
    assert diagnosis.cause_of(cluster, found).endswith("(last exit code 1, Error)")
