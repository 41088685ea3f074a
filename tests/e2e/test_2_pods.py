"""Pod Security and NetworkPolicies as a real API server takes them: the pods of the charts, and what a rollout left.

The charts are upstream's where LANDFALL_CHART_CACHE has them, otherwise the stand-ins.
"""

import json
import tempfile

import pytest

from tests.unit.components.rendering import COMPONENTS, chart_of, release, releases, rendered

pytestmark = pytest.mark.cluster

NAMES = [each["name"] for role in COMPONENTS for each in releases(role)]
LEVELS = {
    "argocd": "restricted",
    "elastic-system": "restricted",
    "flask-app": "restricted",
    "ingress": "restricted",
    "landfall-system": "restricted",
    "logging": "privileged",
    "monitoring": "privileged",
}
# What cannot do with less: (release, workload).
NODE_EXPORTER = "kube-prometheus-stack-prometheus-node-exporter"
NEEDING_MORE = {("fluent-bit", "fluent-bit"), ("kube-prometheus-stack", NODE_EXPORTER)}
TRIED = "levels-tried"


def pods(name):
    """Yield (workload, pod) of all that a release runs, hooks and tests too; without what the namespace must have."""
    for each in rendered(release(name), "--namespace", release(name)["namespace"]):
        spec = each["spec"] if each["kind"] == "Pod" else (each.get("spec") or {}).get("template", {}).get("spec")
        if isinstance(spec, dict) and "containers" in spec:
            kept = {key: value for key, value in spec.items() if key != "serviceAccountName"}
            yield each["metadata"]["name"], {"apiVersion": "v1", "kind": "Pod", "spec": kept}


def refused(checkout, found, namespace):
    """Return why admission refuses a pod in a namespace; empty if it does not. Nothing is made."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as body:
        json.dump({**found, "metadata": {"generateName": "tried-", "namespace": namespace}}, body)
        body.flush()
        said = checkout.kubectl(f"create --dry-run=server -f {body.name} 2>&1 || true")
    assert "created (server dry run)" in said or "violates PodSecurity" in said, said
    return "" if "created" in said else said


@pytest.fixture(scope="module")
def levels(second_up, checkout):
    """Return a function that names a namespace of a level."""
    for each in ("baseline", "restricted"):
        checkout.kubectl(f"create namespace {TRIED}-{each}")
        labels = f"pod-security.kubernetes.io/enforce={each} pod-security.kubernetes.io/enforce-version=v1.36"
        checkout.kubectl(f"label namespace {TRIED}-{each} {labels}")
    yield lambda level: f"{TRIED}-{level}"
    checkout.kubectl(f"delete namespace {TRIED}-baseline {TRIED}-restricted --wait=false")


def place(spec, levels):
    """Return the namespace of a release, or one of its level if the release is not rolled out by default."""
    if spec["namespace"] in {*LEVELS, "kube-system"}:
        return spec["namespace"]
    return levels(spec["namespace_labels"]["pod-security.kubernetes.io/enforce"])


def test_each_namespace_that_is_made_has_a_level(second_up, checkout):
    found = json.loads(checkout.kubectl("get namespaces -l landfall.eks/made-by=landfall -o json"))["items"]
    labels = {each["metadata"]["name"]: each["metadata"]["labels"] for each in found}
    enforced = {name: each.get("pod-security.kubernetes.io/enforce") for name, each in labels.items()}
    assert {name: enforced[name] for name in LEVELS} == LEVELS
    assert None not in {enforced[name] for name in LEVELS}
    system = json.loads(checkout.kubectl("get namespace kube-system -o json"))["metadata"]["labels"]
    assert not any(each.startswith("pod-security") for each in system)


@pytest.mark.parametrize("name", NAMES)
def test_every_pod_is_admitted_where_it_runs_and_no_level_is_lower_than_it_has_to_be(
    levels, checkout, name, record_property
):
    namespace = place(release(name), levels)
    for workload, found in pods(name):
        assert refused(checkout, found, namespace) == "" or namespace == "kube-system"
        strict = refused(checkout, found, levels("restricted"))
        if (name, workload) in NEEDING_MORE:
            # A stand-in asks for less than its chart.
            if chart_of(release(name)).suffix == ".tgz":
                assert "violates PodSecurity" in strict
                assert "violates PodSecurity" in refused(checkout, found, levels("baseline"))
        else:
            assert strict == "", workload
    record_property("table", f"{name}: pods of {chart_of(release(name)).name}")


def test_the_policies_are_there_and_found_by_drift(second_up, checkout):
    found = json.loads(checkout.kubectl("get networkpolicies -A -l landfall.eks/component -o json"))["items"]
    places = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in found}
    assert {(namespace, "default-deny") for namespace in set(LEVELS) - {"landfall-system"}} <= places
    assert "kube-system" not in {namespace for namespace, _ in places}
    change = json.dumps({"spec": {"ingress": [{}]}})
    checkout.kubectl(f"patch networkpolicy default-deny -n monitoring --type merge -p '{change}'")
    said = checkout.run("ansible-playbook -i inventories/local playbooks/drift.yml -e drift_repair=true")
    assert "NetworkPolicy monitoring/default-deny" in said
    spec = json.loads(checkout.kubectl("get networkpolicy default-deny -n monitoring -o json"))["spec"]
    assert "ingress" not in spec


def test_nginx_reads_secrets_where_its_ingresses_are_and_not_the_authoritys_key(second_up, checkout):
    """The API server's own verdict on the permissions that were applied."""

    def may(account, namespace, verb="get secrets"):
        user = f"--as system:serviceaccount:{account}"
        return checkout.kubectl(f"auth can-i {verb} {user} -n {namespace} || true").strip() == "yes"

    nginx = "ingress:nginx-ingress"
    assert [name for name in LEVELS if may(nginx, name)] == ["flask-app", "ingress", "logging", "monitoring"]
    assert may(nginx, "monitoring", "list ingresses.networking.k8s.io")
    controller = "argocd:argocd-application-controller"
    assert may(controller, "flask-app", "create deployments.apps")
    assert not may(controller, "landfall-system")
    assert not may("monitoring:kube-prometheus-stack-operator", "landfall-system")
