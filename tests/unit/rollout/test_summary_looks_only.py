"""The summary: what it says of each release, and that it leaves everything as it is."""

import time

from ansible_collections.landfall.eks.plugins.module_utils.helm import marks, storage
from ansible_collections.landfall.eks.plugins.module_utils.hosts import ingresses
from ansible_collections.landfall.eks.plugins.module_utils.status import summary

LABELS = {storage.LABEL_IDENTITY: "1.live", storage.LABEL_SOURCE: "cache"}


def planned(**more):
    return {
        "component": "efk",
        "name": "logs",
        "namespace": "logging",
        "job": "/gone/with/the/run",
        "identity": "planned",
        "source": "cache",
        "ready": [],
        "timeout": 60,
        "started": time.time(),
        **more,
    }


def test_a_release_that_check_mode_would_change_keeps_its_identity(cluster, helm_secret):
    cluster.add(helm_secret(labels=LABELS))
    (row,) = summary.components(cluster, [planned()], [], simulated=False)
    assert (row["name"], row["release"], row["health"]) == ("efk", "logs", "ready")
    assert cluster.written == []


def test_what_the_run_has_seen_ready_is_not_read_again(cluster, helm_secret):
    cluster.add(helm_secret(labels=LABELS))
    cluster.add(helm_secret("other", labels=LABELS))
    row = {"api_version": "v1", "kind": "Service", "name": "nlb", "namespace": "logging", "field": "status.x"}
    seen = planned(identity="live", ready=[row], chart="logs", version="1.2.3")
    found = summary.components(cluster, [seen], [], simulated=False, ready=["logging/logs"])
    assert [(each["release"], each["version"], each["health"]) for each in found] == [
        ("logs", "1.2.3", "ready"),
        ("other", "1.2.3", "ready"),
    ]
    assert not [call for call in cluster.log if call.path.endswith("/nlb")]
    # A control: of another revision than that which was ready, all is read.
    changed = {**seen, "identity": "older"}
    first, _ = summary.components(cluster, [changed], [], simulated=False, ready=["logging/logs"])
    assert first["health"] == "Service nlb: does not exist"


def test_a_ready_row_that_does_not_hold_is_the_health(cluster, helm_secret):
    cluster.add(helm_secret(labels=LABELS))
    row = {"api_version": "v1", "kind": "Service", "name": "nlb", "namespace": "logging", "field": "status.x"}
    (found,) = summary.components(cluster, [planned(ready=[row])], [], simulated=False)
    assert found["health"] == "Service nlb: does not exist"


def published(host, namespace="logging", release="logs", **metadata):
    return {
        "kind": "Ingress",
        "metadata": {
            "namespace": namespace,
            "name": host,
            "annotations": {marks.NAME: release, marks.NAMESPACE: namespace},
            **metadata,
        },
        "spec": {"ingressClassName": "nginx", "rules": [{"host": host}]},
    }


def test_what_others_write_into_ingresses_is_not_shown_as_ours(cluster, helm_secret):
    own = ingresses.own_of([{"host": "logs.example.org", "namespace": "logging", "release": "logs"}], ["typed.org"])
    cluster.add(helm_secret(labels=LABELS))
    for each in (
        published("logs.example.org"),
        published("typed.org"),
        published("github.com"),
        published("logs.example.org", "team-a", name="claimed"),
        published("evil.example.org", "team-a"),
        published("sts.eu-west-1.amazonaws.com", annotations={}, labels={marks.INSTANCE: "logs"}),
    ):
        cluster.add(each)
    (row,) = summary.components(cluster, [planned()], [], simulated=False, own=own)
    assert row["urls"] == ["https://logs.example.org", "https://typed.org"]
    (row,) = summary.components(cluster, [planned()], [], simulated=False)
    assert row["urls"] == []
