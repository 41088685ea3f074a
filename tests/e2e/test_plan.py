"""A plan before a rollout, after it and before a change; what a hand changed, found and put back.

On an embedded cluster of its own, with Argo CD and the Flask application.
"""

import base64
import copy
import json
import re

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster, client_from
from ansible_collections.landfall.eks.plugins.module_utils.plan import dry_run, fields, rows
from tests.e2e.machine import Machine
from tests.unit.plan.conftest import changed, recorded
from tests.unit.plan.test_rows import CHANGED, REPLACED

pytestmark = pytest.mark.cluster

TAGS = ("--tags", "argocd,flask_app")
# Another maximum is a change; another name in the selector, under the same name of the Deployment, cannot be one.
OTHERWISE = {
    "flask_app_max_replicas": 4,
    "flask_app_values": {"nameOverride": "other", "fullnameOverride": "flask-app"},
}
IMAGE = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "example.org/by-hand:1"}]}}}}
SHORTEST_SECRET = 6
TIME = re.compile(r"[-0-9]+T[:0-9]+Z")


class Planned(Machine):
    """A cluster whose plans and drifts are read from the files that they leave."""

    def plan(self, *words, fails=False, **settings):
        """Make a plan; return what is written and what was said."""
        status, _, said = self.try_(
            "ansible-playbook", "-i", "inventories/local", "playbooks/plan.yml", *words, "-e", json.dumps(settings)
        )
        assert (status != 0) is fails, said[-6000:]
        return json.loads((self.folder / "plan.json").read_text()), " ".join(said.split())

    def drift(self, **settings):
        said = self.playbook("playbooks/drift.yml", "-e", json.dumps(settings))
        return json.loads((self.folder / "drift.json").read_text()), " ".join(said.split())

    def versions(self):
        """Return the resourceVersion of everything that nobody but a rollout or a hand changes."""
        # Without those whose status follows the pods.
        kinds = "namespace,service,configmap,secret,serviceaccount,ingress,networkpolicy"
        return {
            (each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]): each["metadata"][
                "resourceVersion"
            ]
            for each in self.get(kinds, "--all-namespaces")["items"]
        }

    def secrets(self):
        """Return every value that lies in a Secret, as it is and as the API writes it; Helm's own records left out."""
        values = set()
        for each in self.get("secrets", "--all-namespaces")["items"]:
            if each["type"] != "helm.sh/release.v1":
                for packed in (each.get("data") or {}).values():
                    values |= {packed, base64.b64decode(packed).decode("utf-8", "ignore")}
        # When a password was set is no secret, and may be when something else was made, too.
        return {each for each in values if len(each) >= SHORTEST_SECRET and not TIME.fullmatch(each)}


def actions(plan, component):
    """Return {title: action} of a component's objects in a plan."""
    return {rows.title(each): each["action"] for each in plan["objects"] if each["component"] == component}


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    machine = Planned(tmp_path_factory.mktemp("plan"))
    try:
        machine.playbook("playbooks/local_cluster.yml")
        yield machine
    finally:
        machine.playbook("playbooks/local_cluster.yml", "-e", "local_cluster_state=absent")


@pytest.fixture(scope="module")
def first(empty):
    """The plan for the empty cluster, what was said, and the objects before and after."""
    before = empty.versions()
    return *empty.plan(*TAGS), before, empty.versions()


@pytest.fixture(scope="module")
def full(empty, first):
    empty.playbook("site.yml", *TAGS)
    return empty


def test_on_an_empty_cluster_all_is_to_be_created_and_nothing_is(first):
    plan, said, before, after = first
    assert plan["changes"] is True
    assert {each["action"] for each in plan["releases"]} == {"install"}
    assert plan["counts"]["create"] == len(plan["objects"]) > 40
    assert "Namespace landfall-system" in actions(plan, "namespaces")
    assert "Secret argocd/argocd-secret" in actions(plan, "credentials")
    checked = {rows.title(each): each["checked"] for each in plan["objects"]}
    assert checked["Deployment flask-app/flask-app"] == rows.SCHEMA
    assert "Service argocd/argocd-nlb (schema)" in said
    public = {each["object"] for each in plan["public"]}
    assert public == {"Service argocd/argocd-nlb", "Ingress flask-app/flask-app"}
    assert (plan["refused"], plan["data_at_risk"]) == ([], [])
    assert after == before


def test_after_the_rollout_the_plan_is_empty_and_a_pipeline_goes_on(full):
    before = full.versions()
    plan, said = full.plan(*TAGS, plan_fail_on_changes=True)
    assert "Plan for cluster local: no changes." in said
    assert (plan["changes"], plan["objects"], plan["releases"]) == (False, [], [])
    assert set(plan["unchanged"]) == {"argo-cd", "flask-app"}
    drifted, said = full.drift()
    assert (drifted["objects"], "Drift of cluster local: none." in said) == ([], True)
    assert drifted["looked_at"] > 30
    assert full.versions() == before


def test_a_change_is_one_what_cannot_change_is_replaced_and_a_pipeline_stops(full):
    plan, said = full.plan("--tags", "flask_app", fails=True, plan_fail_on_changes=True, **OTHERWISE)
    found = actions(plan, "flask_app")
    assert found["HorizontalPodAutoscaler flask-app/flask-app"] == "change"
    assert found["Deployment flask-app/flask-app"] == "replace"
    assert "ServiceAccount flask-app/flask-app" in found
    assert "spec.maxReplicas: 5 -> 4" in said
    assert "spec.selector.matchLabels.app.kubernetes.io/name (immutable): flask-app -> other" in said
    assert "spec.selector: field is immutable" in plan["refused"][0]["why"]
    assert "plan_fail_on_changes is true, and there are changes:" in said
    assert full.get("hpa", "flask-app", "--namespace=flask-app")["spec"]["maxReplicas"] == 5


def test_a_hands_work_is_drift_and_no_plan_and_only_that_is_put_back(full):
    untouched = full.versions()
    full.kubectl("patch", "deployment", "flask-app", "--namespace=flask-app", f"--patch={json.dumps(IMAGE)}")
    full.kubectl("delete", "configmap", "argocd-cm", "--namespace=argocd")
    full.kubectl("label", "service", "flask-app", "--namespace=flask-app", "--overwrite", "app.kubernetes.io/name=mine")
    # The autoscaler's count is its own.
    full.kubectl("scale", "deployment/flask-app", "--replicas=3", "--namespace=flask-app")
    by_hand = {
        "Deployment flask-app/flask-app",
        "ConfigMap argocd/argocd-cm",
        "Service flask-app/flask-app",
    }
    drifted, said = full.drift()
    assert {rows.title(each) for each in drifted["objects"]} == by_hand
    assert "by kubectl-patch at 20" in said
    assert "image: example.org/by-hand:1 -> " in said
    assert "ConfigMap argocd/argocd-cm is missing" in said
    plan, _ = full.plan("--tags", "flask_app")
    assert plan["changes"] is False
    # Helm would stumble over what others own by now, and the plan says so.
    changing, _ = full.plan("--tags", "flask_app", flask_app_max_replicas=4)
    assert any("kubectl-patch changed this" in each["why"] for each in changing["refused"])

    repaired, said = full.drift(drift_repair=True)
    assert (repaired["repaired"], len(repaired["objects"])) == (True, len(by_hand))
    assert "3 objects, put back" in said
    image = full.get("deployment", "flask-app", "--namespace=flask-app")["spec"]["template"]["spec"]["containers"][0]
    assert "by-hand" not in image["image"]
    again, said = full.drift()
    assert (again["objects"], "Drift of cluster local: none." in said) == ([], True)
    moved = {place for place, version in full.versions().items() if untouched.get(place) != version}
    assert moved == {("ConfigMap", "argocd", "argocd-cm"), ("Service", "flask-app", "flask-app")}


def test_no_secret_is_in_a_plan_or_a_drift(full, first):
    secrets = full.secrets()
    assert len(secrets) > 20
    # The search finds what is there to be found.
    assert seen(secrets, json.dumps(full.get("secrets", "--all-namespaces"))) != []
    # One that has to be made anew is named, and what it held is not shown.
    full.kubectl("delete", "secret", "argocd-redis", "--namespace=argocd", "--ignore-not-found")
    plan, said = full.plan("--tags", "argocd", "--diff")
    assert actions(plan, "credentials")["Secret argocd/argocd-redis"] == "create"
    drifted, more = full.drift()
    everything = json.dumps([plan, drifted, first[0]], ensure_ascii=False) + said + more + first[1]
    assert seen(secrets, everything) == []


def seen(secrets, text):
    """Return those of the secrets that stand in a text, as they are or as JSON writes them."""
    return [each for each in secrets if each in text or json.dumps(each)[1:-1] in text]


@pytest.fixture(scope="module")
def samples(full):
    """The recorded objects made anew, beside each other in the namespace default; and the cluster to ask."""
    cluster = Cluster(client_from({"kubeconfig": str(full.folder / "kubeconfig")}))
    made = {}
    for kind in sorted({kind for kind, _, _ in [*REPLACED, *CHANGED]}):
        made[kind] = fields.cleaned(cluster.request("POST", path_of(cluster, kind), body=sample(kind)))
    return cluster, made


def path_of(cluster, kind):
    return cluster.resource_path(recorded(kind)["apiVersion"], kind, "default")


def sample(kind):
    found = fields.cleaned(recorded(kind))
    if "namespace" in found["metadata"]:
        found["metadata"]["namespace"] = "default"
    found["metadata"] |= {"name": "landfall-sample", "labels": {}, "annotations": {}}
    if kind == "Job":
        del found["spec"]["selector"], found["spec"]["template"]["metadata"]
    if kind == "Service":
        for key in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
            found["spec"].pop(key, None)
    if kind == "PersistentVolumeClaim":
        found["spec"].pop("volumeName", None)
    return found


@pytest.mark.parametrize(("kind", "path", "value"), REPLACED)
def test_the_api_server_refuses_what_the_table_calls_immutable(samples, kind, path, value):
    cluster, made = samples
    row = asked(cluster, changed(made[kind], path, value))
    assert row["action"] == rows.REPLACE
    assert any("the API server refuses it" in each for each in row["notes"]), row


# A claim grows only once it is bound, which needs a pod.
@pytest.mark.parametrize(("kind", "path", "value"), [each for each in CHANGED if each[0] != "PersistentVolumeClaim"])
def test_it_takes_what_the_table_lets_change(samples, kind, path, value):
    cluster, made = samples
    row = asked(cluster, changed(made[kind], path, value))
    assert (row["action"], row["notes"]) == (rows.CHANGE, [])


def asked(cluster, wanted):
    """Return the row of an object whose every field is applied, by somebody who takes them all."""
    live = cluster.get(wanted["apiVersion"], wanted["kind"], wanted["metadata"]["name"], "default")
    after, refusal, _ = dry_run.applied(cluster, copy.deepcopy(wanted), "somebody", force=True)
    row = rows.judge(live, wanted if after is None else after, set(), refusal=refusal)
    assert row is not None
    return row
