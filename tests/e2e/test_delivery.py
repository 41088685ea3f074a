"""Helm hands the Flask application to Argo CD and takes it back: the same objects and pods all the way, then none.

Argo CD's controller is simulated: kwok calls its Application Synced, and its server-side apply is made by kubectl under
the same field manager. The API server, whose bookkeeping decides what is taken over, is real.
"""

import json
import re

import pytest
import yaml

from tests.e2e.machine import Machine, until

pytestmark = pytest.mark.cluster

KINDS = (
    "deployment,service,horizontalpodautoscaler,ingress,networkpolicy,poddisruptionbudget,serviceaccount,replicaset,pod"
)
TO_ARGOCD = {"flask_app_delivery": "argocd", "argocd_repo_url": "https://git.example.org/team/landfall.git"}
TRACKING = "argocd.argoproj.io/tracking-id"
HELMS = "meta.helm.sh/release-name"
HANGING = {"metadata": {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}}


class Delivery(Machine):
    """A cluster with Argo CD's definitions and the Flask application."""

    def roll_out(self, *words, **settings):
        """Run site.yml for the application; return how many changes it reports."""
        said = self.playbook("site.yml", "--tags", "flask_app", *words, "-e", json.dumps(settings))
        return int(re.search(r"changed=(\d+)", said)[1])

    def uids(self):
        """Return every object of the application with its uid."""
        found = self.get(KINDS, "--namespace=flask-app")["items"]
        return {f"{each['kind']} {each['metadata']['name']} {each['metadata']['uid']}" for each in found}

    def pods(self):
        return [each for each in self.uids() if each.startswith("Pod ")]

    def deployment(self):
        return self.get("deployment", "flask-app", "--namespace=flask-app", "--show-managed-fields")

    def annotations(self):
        return self.deployment()["metadata"]["annotations"]

    def appliers(self):
        """Return who owns fields of the Deployment by server-side apply."""
        fields = self.deployment()["metadata"]["managedFields"]
        return [each["manager"] for each in fields if each["operation"] == "Apply"]

    def helm_knows_it(self):
        return "flask-app" in self.run("helm", "list", "--namespace=flask-app", "--short")

    def sync(self):
        """Apply what the Application says, as Argo CD does: with a mark of its own, and by force."""
        helm = self.get("application", "flask-app", "--namespace=argocd")["spec"]["source"]["helm"]
        words = [helm["releaseName"], "app/chart", "--namespace=flask-app", "--skip-tests", "--values=-"]
        rendered = self.run("helm", "template", *words, text=json.dumps(helm["valuesObject"]))
        objects = [each for each in yaml.safe_load_all(rendered) if each]
        for each in objects:
            where = f"{each['apiVersion'].rpartition('/')[0]}/{each['kind']}:flask-app/{each['metadata']['name']}"
            each["metadata"].setdefault("annotations", {})[TRACKING] = f"flask-app:{where}"
        how = ["--server-side", "--force-conflicts", "--field-manager=argocd-controller", "--namespace=flask-app"]
        self.kubectl("apply", *how, "--filename=-", text=yaml.safe_dump_all(objects))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    machine = Delivery(tmp_path_factory.mktemp("delivery"))
    try:
        machine.playbook("playbooks/local_cluster.yml")
        machine.playbook("site.yml", "--tags", "argocd,flask_app")
        yield machine
    finally:
        machine.playbook("playbooks/local_cluster.yml", "-e", "local_cluster_state=absent")


def test_both_moves_keep_every_object_and_every_pod(cluster):
    # A Deployment begins with one, until the autoscaler has seen it.
    until(lambda: len(cluster.pods()) == 2, 120, "two pods, the fewest that the autoscaler keeps")
    before, template = cluster.uids(), cluster.deployment()["spec"]["template"]
    assert {each.split()[0] for each in before} >= {"Deployment", "Service", "HorizontalPodAutoscaler", "Pod"}
    assert cluster.appliers() == ["helm"]

    assert cluster.roll_out("--check", **TO_ARGOCD) > 0
    assert (cluster.appliers(), cluster.helm_knows_it()) == (["helm"], True)
    assert cluster.get("application", "--all-namespaces")["items"] == []

    assert cluster.roll_out(**TO_ARGOCD) > 0
    assert not cluster.helm_knows_it()
    cluster.sync()
    assert cluster.appliers() == ["argocd-controller"]
    # What Helm alone had written went with Argo CD's first apply: nothing is left that nobody owns.
    assert TRACKING in cluster.annotations()
    assert HELMS not in cluster.annotations()
    assert cluster.roll_out(**TO_ARGOCD) == 0
    assert cluster.component("flask-app")["source"] == "git"
    assert cluster.component("flask-app")["urls"] == ["https://flask.example.org"]
    assert cluster.uids() == before
    assert cluster.deployment()["spec"]["template"] == template

    assert cluster.roll_out("--check") > 0
    assert (cluster.appliers(), cluster.helm_knows_it()) == (["argocd-controller"], False)

    assert cluster.roll_out() > 0
    assert cluster.helm_knows_it()
    assert cluster.appliers() == ["helm"]
    assert HELMS in cluster.annotations()
    assert TRACKING not in cluster.annotations()
    left = cluster.get("application,appproject", "--all-namespaces")["items"]
    assert [each["metadata"]["name"] for each in left] == ["default"], "Argo CD's own project alone"
    assert cluster.roll_out() == 0
    assert cluster.uids() == before
    assert cluster.deployment()["spec"]["template"] == template


def test_a_move_that_was_killed_before_helm_came_is_finished_by_the_next_run(cluster):
    before = cluster.uids()
    # As a run leaves it that dies between the two: Argo CD no longer has it, and Helm does not know it yet.
    cluster.kubectl("delete", "secret", "--namespace=flask-app", "--selector=owner=helm")
    cluster.kubectl(
        "annotate", "deployment/flask-app", f"{HELMS}-", "meta.helm.sh/release-namespace-", "--namespace=flask-app"
    )
    assert cluster.roll_out() > 0
    assert cluster.helm_knows_it()
    assert cluster.uids() == before


def test_it_goes_with_the_platform_whatever_finalizer_it_has(cluster):
    cluster.roll_out(**TO_ARGOCD)
    # What the autoscaler decides is no part of what is applied, so it stays.
    cluster.kubectl("scale", "deployment/flask-app", "--replicas=3", "--namespace=flask-app")
    cluster.sync()
    assert cluster.deployment()["spec"]["replicas"] == 3
    hanging = f"--patch={json.dumps(HANGING)}"
    cluster.kubectl("patch", "application/flask-app", "--namespace=argocd", "--type=merge", hanging)
    said = cluster.playbook("playbooks/uninstall.yml", "-e", json.dumps(TO_ARGOCD))
    assert "failed=0" in said
    names = {each["metadata"]["name"] for each in cluster.get("namespaces")["items"]}
    assert {"flask-app", "argocd"} & names == set()
