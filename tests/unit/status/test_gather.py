"""The whole of a status, over objects in memory."""

import base64
import json
from datetime import UTC, datetime

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates
from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.status import verdict
from ansible_collections.landfall.eks.plugins.module_utils.status.gather import StatusRequest, gather
from tests.fake_cluster import FakeCluster
from tests.unit.rollout.conftest import helm_secret  # noqa: F401

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOME = "landfall-system"
NOTED = {storage.LABEL_IDENTITY: "1.live", storage.LABEL_SOURCE: "upstream"}
PASSWORD = "correct-horse-battery"


def live_cluster():
    """Return a cluster whose Services have no pods."""
    cluster = FakeCluster()
    cluster.answers["/api/v1/namespaces/monitoring/services/http:*"] = (503, "no endpoints available")
    return cluster


@pytest.fixture
def cluster():
    made = live_cluster()
    made.now = lambda: NOW
    return made


def secret(name, namespace, data, kind="Opaque", **annotations):
    return {
        "kind": "Secret",
        "type": kind,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"landfall.eks/credential": name},
            "annotations": annotations,
        },
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


def release(name="logs", namespace="logging", **more):
    chart = {"ref": f"https://charts.test/{name}", "version": "1.2.3", "sha256": None}
    return {"component": "efk", "name": name, "namespace": namespace, "chart": chart, "ready": [], **more}


def wanted(*releases, **more):
    place = {"release": "kube-prometheus-stack", "namespace": "monitoring", "service": "prometheus", "port": "9090"}
    return StatusRequest("test", HOME, list(releases), place, **more)


def deployment(ready=1):
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shipper", "namespace": "logging", "generation": 1},
        "spec": {"replicas": 1},
        "status": {
            "observedGeneration": 1,
            "updatedReplicas": 1,
            "replicas": 1,
            "availableReplicas": ready,
        },
    }


def test_components_with_their_owner_and_newest_version(cluster, helm_secret):  # noqa: F811
    cluster.add(helm_secret(labels=NOTED))
    status = gather(cluster, wanted(release(), newest=lambda refs: {"logs": {"version": "1.3.0", "why": ""}}), NOW)
    (row,) = status["components"]
    assert (row["version"], row["newest"], row["newer"], row["owner"]) == ("1.2.3", "1.3.0", True, "helm")
    assert verdict.headline(status) == "All is well."
    assert cluster.written == []


@pytest.mark.parametrize(
    ("sha256", "labels", "unverified"),
    [
        (None, NOTED, ["logs"]),
        ("f" * 64, NOTED, ["logs"]),
        ("e" * 64, {**NOTED, storage.LABEL_IDENTITY: f"1.{'e' * 24}-{'0' * 24}"}, []),
        (None, {**NOTED, storage.LABEL_SOURCE: "stand-in"}, []),
        (None, {}, []),
    ],
)
def test_charts_of_which_no_setting_has_the_digest(cluster, helm_secret, sha256, labels, unverified):  # noqa: F811
    cluster.add(helm_secret(labels=labels))
    chart = {"ref": "https://charts.test/logs", "version": "1.2.3", "sha256": sha256}
    status = gather(cluster, wanted(release(chart=chart), release("absent")), NOW)
    assert status["unverified"] == unverified


def test_upstream_is_left_in_peace_if_that_is_wished(cluster, helm_secret):  # noqa: F811
    cluster.add(helm_secret(labels=NOTED))
    (row,) = gather(cluster, wanted(release()), NOW)["components"]
    assert (row["newest"], row["newest_why"], row["newer"]) == ("not asked", "status_ask_upstream is false", False)


def test_a_component_that_lost_its_pods_is_told(cluster, helm_secret):  # noqa: F811
    cluster.add(helm_secret(labels=NOTED, manifest=[deployment()]))
    cluster.add(deployment())
    assert gather(cluster, wanted(release()), NOW)["components"][0]["health"] == "ready"
    cluster.add(deployment(ready=0))
    status = gather(cluster, wanted(release()), NOW)
    assert verdict.attention(status) == ["logs is not ready: Deployment shipper: 0 of 1 replicas available."]


def test_what_never_got_ready_is_told_as_it_is(cluster, helm_secret):  # noqa: F811
    cluster.add(helm_secret(manifest=[deployment()]))
    cluster.add(deployment(ready=0))
    (row,) = gather(cluster, wanted(release()), NOW)["components"]
    assert (row["source"], row["health"]) == ("not recorded", "Deployment shipper: 0 of 1 replicas available")
    cluster.add(helm_secret(revision=2, status="pending-upgrade"))
    (row,) = gather(cluster, wanted(release()), NOW)["components"]
    assert row["health"] == "Helm calls revision 2 pending-upgrade"


def test_nothing_is_there(cluster):
    status = gather(cluster, wanted(release(), release("argo-cd", "argocd")), NOW)
    assert [each["health"] for each in status["components"]] == ["not installed"] * 2
    assert [each["owner"] for each in status["components"]] == ["nobody"] * 2
    assert verdict.headline(status) == "Landfall is not installed here."


def test_argo_cd_may_own_a_release(cluster):
    cluster.add(
        {
            "kind": "Application",
            "metadata": {"name": "flask-app", "namespace": "argocd", "labels": {"landfall.eks/made-by": "landfall"}},
            "spec": {"source": {"path": "app/chart"}, "destination": {"namespace": "flask-app"}},
            "status": {},
        }
    )
    (row,) = gather(cluster, wanted(release("flask-app", "flask-app")), NOW)["components"]
    assert (row["owner"], row["source"]) == ("argocd", "git")


def test_no_secret_is_in_it(cluster):
    ca = certificates.make_ca("test", NOW, ("example.org",))
    leaf = certificates.make_leaf(ca, ("grafana.example.org",), NOW)
    said = {"landfall.eks/service": "Grafana", "landfall.eks/user": "admin"}
    made = {"password": PASSWORD, "created": "2026-11-20T12:00:00Z"}
    cluster.add(secret("grafana-admin", HOME, made, **said))
    cluster.add(secret("grafana-tls", "monitoring", leaf.data, "kubernetes.io/tls"))
    status = gather(cluster, wanted(release()), NOW)
    (row,) = status["credentials"]
    assert (row["service"], row["user"], row["age"], row["made"]) == ("Grafana", "admin", "6 d", True)
    assert status["certificates"][0]["days"] == 365
    text = json.dumps(status)
    assert PASSWORD not in text
    assert leaf.data["tls.key"].splitlines()[1] not in text
    # A control: the same search finds what is there.
    assert "grafana-tls" in text


@pytest.mark.parametrize(
    ("service", "simulated", "why"),
    [
        (False, False, "there is no Service monitoring/prometheus"),
        (True, False, "Prometheus does not answer through the API server (503 no endpoints available)"),
        (True, True, "simulated here: no Prometheus runs"),
    ],
)
def test_objectives_that_cannot_be_asked(cluster, helm_secret, service, simulated, why):  # noqa: F811
    if service:
        cluster.add({"kind": "Service", "metadata": {"name": "prometheus", "namespace": "monitoring"}, "spec": {}})
    cluster.add(helm_secret("kube-prometheus-stack", "monitoring", labels=NOTED))
    asked = wanted(release("kube-prometheus-stack", "monitoring"), simulated=simulated)
    found = gather(cluster, asked, NOW)["slos"]
    assert (found["state"], found["why"], found["rows"]) == ("not run", why, [])
