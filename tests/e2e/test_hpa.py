"""The real autoscaler with the real metrics-server: from 2 to 5 under simulated load and back, never beyond."""

import json
import shutil
import tempfile
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.machine import Machine, until

pytestmark = pytest.mark.cluster

AT_ONCE = {
    "scaleUpWindowSeconds": 0,
    "scaleUpPodsPerPeriod": 4,
    "scaleUpPeriodSeconds": 15,
    "scaleDownWindowSeconds": 0,
    "scaleDownPodsPerPeriod": 4,
    "scaleDownPeriodSeconds": 15,
}
VALUES = {"flask_app_values": {"autoscalingBehavior": AT_ONCE}}
# Of 100m that a pod requests: far above the 80 % at which the autoscaler adds one.
BUSY, IDLE = "300m", "5m"
USAGE = "kwok.x-k8s.io/usage-cpu"


@pytest.fixture(scope="module")
def machine():
    folder = Path(tempfile.mkdtemp(prefix="lf-hpa-"))
    made = Machine(folder)
    made.playbook("playbooks/local_cluster.yml")
    made.playbook("site.yml", "--tags", "metrics_server,flask_app", "-e", json.dumps(VALUES))
    yield made
    made.run("make", "down")
    shutil.rmtree(folder, ignore_errors=True)


class Autoscaler:
    """The Deployment's replicas, seen all the time while pods are made busy or idle."""

    def __init__(self, machine):
        self.machine = machine
        self.seen = Counter()
        self.usage = IDLE
        self.stop = threading.Event()

    def watch(self):
        while not self.stop.wait(0.5):
            self.seen[self.replicas()] += 1
            # New pods, too, are as busy as the others.
            self.machine.kubectl("-n", "flask-app", "annotate", "pods", "--all", "--overwrite", f"{USAGE}={self.usage}")

    def replicas(self):
        return self.machine.get("deployment/flask-app", "-n", "flask-app")["spec"]["replicas"]


@pytest.fixture
def autoscaler(machine):
    watched = Autoscaler(machine)
    thread = threading.Thread(target=watched.watch)
    thread.start()
    yield watched
    watched.stop.set()
    thread.join()


def test_autoscaler_is_as_the_chart_promises(machine):
    spec = machine.get("hpa/flask-app", "-n", "flask-app")["spec"]
    target = spec["metrics"][0]["resource"]["target"]
    assert (spec["minReplicas"], spec["maxReplicas"], target["averageUtilization"]) == (2, 5, 80)
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 0


def test_two_five_and_back_to_two(autoscaler, machine, record_property):
    # A Deployment that says no number begins with one pod; the autoscaler's first look brings its minimum.
    until(lambda: autoscaler.replicas() == 2, 60, "2 replicas at rest")
    autoscaler.seen.clear()
    until(
        lambda: "currentMetrics" in machine.get("hpa/flask-app", "-n", "flask-app").get("status", {}), 90, "any metrics"
    )
    autoscaler.usage = BUSY
    until(lambda: autoscaler.replicas() == 5, 120, "5 replicas under load")
    # Three more looks of the autoscaler, every 15 s, while every pod is as busy as before.
    looks = sum(autoscaler.seen.values())
    until(lambda: sum(autoscaler.seen.values()) > looks + 40, 90, "enough looks")
    assert autoscaler.replicas() == 5
    autoscaler.usage = IDLE
    until(lambda: autoscaler.replicas() == 2, 120, "2 replicas at rest again")
    assert set(autoscaler.seen) <= {2, 3, 4, 5}
    record_property("table", f"replicas seen under load and at rest: {dict(sorted(autoscaler.seen.items()))}")


SPOILT = {
    "runAsNonRoot": ("pod", "runAsNonRoot", False),
    "runAsUser": ("pod", "runAsUser", 0),
    "seccompProfile": ("pod", "seccompProfile", {"type": "Unconfined"}),
    "allowPrivilegeEscalation": ("container", "allowPrivilegeEscalation", True),
    "capabilities": ("container", "capabilities", {"drop": []}),
}


def pod_of(machine):
    """Return a pod as the chart's Deployment makes it."""
    template = machine.get("deployment/flask-app", "-n", "flask-app")["spec"]["template"]
    metadata = {"name": "tried", "namespace": "flask-app"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def offered(machine, pod):
    """Offer a pod to the API server without making it; return the exit status and what was said."""
    status, _, said = machine.try_("kubectl", "create", "--dry-run=server", "-f", "-", text=json.dumps(pod))
    return status, said


def test_restricted_accepts_the_charts_pod(machine):
    labels = machine.get("namespace/flask-app")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert offered(machine, pod_of(machine))[0] == 0


@pytest.mark.parametrize("name", SPOILT)
def test_restricted_refuses_a_spoilt_pod(machine, name):
    where, key, value = SPOILT[name]
    pod = pod_of(machine)
    spoilt = pod["spec"] if where == "pod" else pod["spec"]["containers"][0]
    spoilt["securityContext"][key] = value
    status, said = offered(machine, pod)
    assert status != 0
    assert 'violates PodSecurity "restricted:' in said


def test_restricted_refuses_the_hosts_network(machine):
    pod = pod_of(machine)
    pod["spec"]["hostNetwork"] = True
    assert 'violates PodSecurity "restricted:' in offered(machine, pod)[1]
