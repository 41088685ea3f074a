"""Uninstalling: what only a controller can take away goes while it is there, and what stays is said beforehand.

The AWS Load Balancer Controller is a loop here that does with Services what that does: it puts its finalizer on them,
and takes it off one that is going, as long as its Deployment is there.
"""

import contextlib
import json
import re
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tests.e2e.machine import Machine, until

pytestmark = pytest.mark.cluster

FINALIZER = "service.k8s.aws/resources"
TAGS = "ingress,argocd,efk"


class Controller(threading.Thread):
    """Acts unless it `sleeps`, as long as its Deployment is there; `seen` holds what it did with which Service."""

    def __init__(self, machine):
        super().__init__(daemon=True)
        self.machine, self.seen, self.sleeps, self.ends = machine, [], False, False

    def run(self):
        while not self.ends:
            # The cluster may be looked at while it boots or ends.
            with contextlib.suppress(AssertionError, KeyError):
                self.look()
            time.sleep(1)

    def look(self):
        services = self.machine.get("services", "--all-namespaces")["items"]
        for each in [each for each in services if each["spec"]["type"] == "LoadBalancer"]:
            metadata = each["metadata"]
            there, *_ = self.machine.try_("kubectl", "get", "deployment/aws-load-balancer-controller", "-n=kube-system")
            going, held = "deletionTimestamp" in metadata, FINALIZER in metadata.get("finalizers", [])
            if there != 0 or self.sleeps or going is not held:
                continue
            self.patch(metadata, [] if going else [FINALIZER])
            self.seen.append(("let go" if going else "held", metadata["name"]))

    def patch(self, metadata, finalizers):
        patch = json.dumps({"metadata": {"finalizers": finalizers}})
        where = f"--namespace={metadata['namespace']}"
        self.machine.kubectl("patch", f"service/{metadata['name']}", where, "--type=merge", f"--patch={patch}")


@pytest.fixture(scope="module")
def cluster():
    # A short path: the sockets of a cluster lie in it.
    with tempfile.TemporaryDirectory(prefix="landfall-") as folder:
        machine = Machine(Path(folder))
        try:
            machine.playbook("playbooks/local_cluster.yml")
            machine.playbook("site.yml", "--tags", TAGS)
            yield machine
        finally:
            machine.playbook("playbooks/local_cluster.yml", "-e", "local_cluster_state=absent")


@pytest.fixture(scope="module")
def controller(cluster):
    controller = Controller(cluster)
    controller.start()
    until(lambda: len(controller.seen) == 2, 120, "the finalizer on both Services")
    yield controller
    controller.ends = True
    controller.join()


def kinds(machine):
    """Return what of the platform is there: kind and name."""
    wanted = "deployments,services,statefulsets,elasticsearches,kibanas,persistentvolumeclaims"
    there = machine.try_("kubectl", "get", wanted, "--all-namespaces", "-o", "name", "--ignore-not-found")
    return set(there[1].split())


def uninstall(machine, *words):
    status, _, said = machine.try_("ansible-playbook", "-i", "inventories/local", "playbooks/uninstall.yml", *words)
    return status, " ".join(said.split()), int((re.search(r"changed=(\d+)", said) or ["", "-1"])[1])


def test_a_name_that_nobody_can_ask_for_is_refused_before_anything_is_done(cluster, controller):
    before = kinds(cluster)
    status, said, changed = uninstall(cluster, "-e", "uninstall_delete=volumes,disks")
    assert status != 0
    assert "uninstall_delete does not know disks: write one or more of volumes, addresses" in said
    assert changed == 0
    assert kinds(cluster) == before


def test_a_plan_says_what_goes_and_what_stays_and_changes_nothing(cluster, controller):
    before = kinds(cluster)
    status, said, changed = uninstall(cluster, "--check")
    assert status == 0, said
    assert changed > 0
    assert "release logging/eck-stack goes" in said
    assert "load balancer argocd/argocd-nlb goes" in said
    assert re.search(r"volume logging/elasticsearch-data-\S+ stays 50Gi of data; asked for as volumes", said)
    assert "namespace landfall-system stays it holds the credentials of what lies on the volumes" in said
    assert kinds(cluster) == before


def test_the_controller_stays_until_its_load_balancers_are_gone(cluster, controller):
    """The control: of a controller that does nothing, nothing is taken away that only it could take away."""
    controller.sleeps = True
    status, said, _ = uninstall(cluster, "-e", "uninstall_timeout=5")
    assert status != 0
    assert "Service argocd/argocd-nlb is still there after" in said
    assert f"held by the finalizer {FINALIZER} (the AWS Load Balancer Controller" in said
    there = kinds(cluster)
    assert "deployment.apps/aws-load-balancer-controller" in there
    assert "service/argocd-nlb" in there
    # Custom resources went before that, and their operator is there still.
    assert not [each for each in there if each.startswith(("elasticsearch.", "kibana."))]
    assert "statefulset.apps/elastic-operator" in there


def test_once_it_lets_go_everything_goes_and_it_goes_last(cluster, controller):
    controller.sleeps = False
    status, said, _ = uninstall(cluster)
    assert status == 0, said
    let_go = {name for what, name in controller.seen if what == "let go"}
    assert let_go == {"argocd-nlb", "nginx-ingress-controller"}
    left = kinds(cluster)
    assert {each.partition("/")[0] for each in left} == {"persistentvolumeclaim", "service"}
    assert {each for each in left if each.startswith("service/")} == {"service/kubernetes"}


def test_again_there_is_nothing_to_do(cluster, controller):
    status, said, changed = uninstall(cluster)
    assert (status, changed) == (0, 0), said


def test_volumes_go_if_they_are_asked_for_and_then_nothing_is_left(cluster, controller):
    status, said, changed = uninstall(cluster, "-e", "uninstall_delete=volumes")
    assert status == 0, said
    assert changed > 0
    assert kinds(cluster) == {"service/kubernetes"}
    names = {each["metadata"]["name"] for each in cluster.get("namespaces")["items"]}
    assert not names & {"logging", "argocd", "ingress", "landfall-system"}
    assert cluster.get("persistentvolumes")["items"] == []
    assert uninstall(cluster, "-e", "uninstall_delete=volumes")[2] == 0
