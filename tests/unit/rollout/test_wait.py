"""The wait: from Helm's job over workloads and rows to ready or failed, with the cause."""

import base64
import json
import os
import time

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.rollout import outcomes, wait
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import ReleaseWaiter

WORKLOAD = {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "kibana"}}


def run(**more):
    return {
        "name": "logs",
        "namespace": "logging",
        "job": "",
        "identity": "abc",
        "source": "cache",
        "ready": [],
        "timeout": 60,
        "started": time.time(),
        **more,
    }


def deployment(available):
    return {
        "kind": "Deployment",
        "metadata": {"name": "kibana", "namespace": "logging", "generation": 1},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "kibana"}}},
        "status": {"observedGeneration": 1, "updatedReplicas": 1, "availableReplicas": available},
    }


def outcome(cluster, **more):
    return ReleaseWaiter(cluster, [run(**more)]).poll()["logging/logs"]


def test_ready_release_is_noted_once(cluster, helm_secret):
    secret = cluster.add(helm_secret(manifest=[WORKLOAD]))
    cluster.add(deployment(1))
    first = outcome(cluster)
    assert (first.phase, first.changed, len(cluster.written)) == ("ready", True, 1)
    secret["metadata"]["labels"][storage.LABEL_IDENTITY] = "1.abc"
    second = outcome(cluster)
    assert (second.phase, second.changed, len(cluster.written)) == ("ready", False, 1)


def test_releases_are_read_together(cluster, helm_secret):
    names = ("logs", "shop", "web")
    for name in names:
        cluster.add(helm_secret(name, manifest=[{**WORKLOAD, "metadata": {"name": name}}]))
        cluster.add({**deployment(1), "metadata": {"name": name, "namespace": "logging"}})
    # A namesake of somebody else's, and a revision that is no more.
    cluster.add(helm_secret("web", "elsewhere", manifest=[{**WORKLOAD, "metadata": {"name": "missing"}}]))
    cluster.add(helm_secret("web", revision=0, status="superseded"))
    waiter = ReleaseWaiter(cluster, [run(name=name, identity="") for name in names])
    outcomes = waiter.poll()
    assert {key: (each.phase, each.wanted) for key, each in outcomes.items()} == {
        f"logging/{name}": ("ready", 1) for name in names
    }
    # What Helm has, the manifests of these, and their Deployments.
    assert [call.path for call in cluster.log] == ["/api/v1/secrets"] * 2 + [
        "/apis/apps/v1/namespaces/logging/deployments"
    ]
    waiter.poll()
    assert [call.path for call in cluster.log].count("/api/v1/secrets") == 3
    assert waiter.chart(waiter.live["logging/web"]) == {"chart": "web", "version": "1.2.3"}


def test_a_record_whose_status_changes_meanwhile_is_read_all_the_same(cluster, helm_secret):
    secret = cluster.add(helm_secret(manifest=[WORKLOAD]))
    cluster.add(deployment(1))

    def supersede(call):
        if "name in" in call.query.get("labelSelector", ""):
            secret["metadata"]["labels"]["status"] = "superseded"

    cluster.before = supersede
    assert outcome(cluster, identity="").phase == "ready"


def test_waits_for_workloads_and_says_which(cluster, helm_secret):
    cluster.add(helm_secret(manifest=[WORKLOAD]))
    cluster.add(deployment(0))
    found = outcome(cluster)
    assert (found.phase, found.message) == ("running", "Deployment kibana: 0 of 1 replicas available")
    assert cluster.written == []


def test_late_release_fails_with_the_clusters_reason(cluster, helm_secret):
    cluster.add(helm_secret(manifest=[WORKLOAD]))
    cluster.add(deployment(0))
    waiting = {"name": "kibana", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
    cluster.add(
        {
            "kind": "Pod",
            "metadata": {"name": "kibana-1", "namespace": "logging", "labels": {"app": "kibana"}},
            "status": {"containerStatuses": [waiting]},
        }
    )
    found = outcome(cluster, started=time.time() - 61)
    assert found.phase == "failed"
    assert found.message == (
        "not ready after 60 s: Deployment kibana: 0 of 1 replicas available "
        "(pod kibana-1: container kibana: ImagePullBackOff no such image)"
    )


def test_row_that_does_not_hold_is_waited_for(cluster, helm_secret):
    cluster.add(helm_secret())
    row = {"api_version": "v1", "kind": "Service", "name": "nlb", "namespace": "logging", "field": "status.x"}
    assert outcome(cluster, ready=[row]).message == "Service nlb: does not exist"


@pytest.mark.parametrize("status", ["failed", "pending-upgrade", "uninstalled"])
def test_release_that_helm_does_not_call_deployed_has_failed(cluster, helm_secret, status):
    cluster.add(helm_secret(status=status))
    assert outcome(cluster).message == f"Helm calls revision 1 {status}"


def test_job_at_work_and_job_that_failed(cluster, tmp_path):
    job = tmp_path / "1"
    assert outcome(cluster, job=str(job)).phase == "running"
    job.write_text(json.dumps({"finished": 0, "pid": os.getpid()}))
    assert outcome(cluster, job=str(job)).message == "Helm is at work"
    job.write_text(json.dumps({"finished": 1, "rc": 1, "stderr": "WARNING: x\nError: UPGRADE FAILED: no such kind\n"}))
    found = outcome(cluster, job=str(job))
    assert (found.phase, found.message) == ("failed", "Error: UPGRADE FAILED: no such kind")


@pytest.mark.parametrize(
    ("error", "age", "passing"),
    [("etcdserver: leader changed", 0, True), ("etcdserver: leader changed", 61, False), ("no such kind", 0, False)],
)
def test_an_error_of_helms_that_may_pass_while_there_is_time_left(cluster, tmp_path, error, age, passing):
    job = tmp_path / "1"
    job.write_text(json.dumps({"finished": 1, "rc": 1, "stderr": f"Error: UPGRADE FAILED: {error}\n"}))
    found = outcome(cluster, job=str(job), started=time.time() - age).as_dict()
    assert (found["phase"], found["passing"]) == ("failed", passing)


def test_job_that_never_ends_fails_in_time(cluster, tmp_path):
    found = outcome(cluster, job=str(tmp_path / "1"), started=time.time() - 61)
    assert (found.phase, found.message) == ("failed", "not ready after 60 s: Helm has just been started")


def test_it_stops_as_soon_as_all_are_done(cluster, helm_secret):
    cluster.add(helm_secret())
    begun = time.monotonic()
    assert ReleaseWaiter(cluster, [run()]).wait(30)["logging/logs"].phase == "ready"
    assert time.monotonic() - begun < wait.POLL_SECONDS * 10


def test_job_that_ends_while_the_records_are_read_has_not_failed(cluster, helm_secret, tmp_path, monkeypatch):
    job = tmp_path / "1"
    cluster.add(helm_secret(status="pending-install"))
    read = storage.read_releases

    def read_while_helm_ends(*arguments):
        found = read(*arguments)
        job.write_text('{"finished": 1, "rc": 0}')
        return found

    monkeypatch.setattr(storage, "read_releases", read_while_helm_ends)
    assert outcome(cluster, job=str(job)).phase == "running"


def test_a_cause_is_shown_without_what_secrets_hold(cluster, helm_secret):
    """The cluster's own words repeat what they were told: an address out of a configuration, a login of a registry."""
    address = "https://chat.example.org/a/T0K3NofTheCh4t"
    told = f'pulling "https://me:of-the-url@example.org" with --token of-the-flag failed, see {address}'
    waiting = {"name": "kibana", "state": {"waiting": {"reason": "ErrImagePull", "message": told}}}
    cluster.add(helm_secret(manifest=[WORKLOAD]))
    cluster.add(deployment(0))
    config = base64.b64encode(f"receivers:\n  - url: {address}\n".encode()).decode()
    cluster.add({"kind": "Secret", "metadata": {"name": "a", "namespace": "logging"}, "data": {"a.yaml": config}})
    cluster.add(
        {
            "kind": "Pod",
            "metadata": {"name": "kibana-1", "namespace": "logging", "labels": {"app": "kibana"}},
            "status": {"containerStatuses": [waiting]},
        }
    )
    waiter = ReleaseWaiter(cluster, [run(started=time.time() - 61)])
    shown = waiter.wait(1)["logging/logs"].as_dict()
    assert shown["phase"] == "failed"
    assert 'ErrImagePull pulling "https://me:•••@example.org" with --token ••• failed, see •••' in shown["message"]
    # While it is waited for, what looks like a secret is masked too.
    running = outcomes.Outcome("running", "Deployment kibana: x", cause=told).as_dict()
    assert "of-the" not in running["cause"]
    # Who may not list Secrets is told the cause all the same.
    cluster.refuse(403, "no", method="GET", path="/secrets", times=9)
    assert "of-the" not in waiter._without_secrets(run(), told)
