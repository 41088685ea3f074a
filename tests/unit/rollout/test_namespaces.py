"""Namespaces: made once, marked as ours only then, given the labels that any of their releases wants."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces

WANTED = [
    {"namespace": "logging"},
    {"namespace": "logging", "namespace_labels": {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}},
    {"namespace": "flask-app", "namespace_labels": {"level": "restricted"}},
]


def bodies(cluster):
    return {path: body["metadata"]["labels"] for _, path, body in cluster.written}


def test_missing_ones_are_made_with_the_mark_and_all_labels(cluster):
    assert namespaces.make(cluster, WANTED, dry_run=False) == ["logging", "flask-app"]
    made = {body["metadata"]["name"]: body["metadata"]["labels"] for _, _, body in cluster.written}
    assert made == {
        "logging": {"landfall.eks/made-by": "landfall", "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"},
        "flask-app": {"landfall.eks/made-by": "landfall", "level": "restricted"},
    }


def test_somebody_elses_gets_the_label_and_no_mark(cluster):
    cluster.add({"kind": "Namespace", "metadata": {"name": "flask-app", "labels": {"level": "baseline"}}})
    assert namespaces.make(cluster, WANTED[2:], dry_run=False) == ["flask-app"]
    assert bodies(cluster) == {"/api/v1/namespaces/flask-app": {"level": "restricted"}}


@pytest.mark.parametrize("dry_run", [True, False])
def test_one_that_is_as_wanted_is_left_alone(cluster, dry_run):
    cluster.add({"kind": "Namespace", "metadata": {"name": "flask-app", "labels": {"level": "restricted", "x": "y"}}})
    assert namespaces.make(cluster, WANTED[2:], dry_run=dry_run) == []
    assert cluster.written == []


def test_dry_run_names_them_and_writes_nothing(cluster):
    assert namespaces.make(cluster, WANTED, dry_run=True) == ["logging", "flask-app"]
    assert cluster.written == []


EXTRA = {"labels": {"cost-center": "7", "level": "none"}, "annotations": {"owner": "sre"}}


def test_those_made_here_carry_the_labels_and_annotations_of_the_settings(cluster):
    namespaces.make(cluster, WANTED[2:], EXTRA, dry_run=False)
    metadata = cluster.objects["Namespace", "", "flask-app"]["metadata"]
    # What a release wants on its namespace counts more.
    assert metadata["labels"] == {"landfall.eks/made-by": "landfall", "cost-center": "7", "level": "restricted"}
    assert metadata["annotations"] == {"owner": "sre"}
    assert namespaces.make(cluster, WANTED[2:], EXTRA, dry_run=False) == []


def test_those_that_an_earlier_run_made_get_them_too(cluster):
    namespaces.make(cluster, WANTED[2:], dry_run=False)
    assert namespaces.make(cluster, WANTED[2:], EXTRA, dry_run=True) == ["flask-app"]
    assert namespaces.make(cluster, WANTED[2:], EXTRA, dry_run=False) == ["flask-app"]
    metadata = cluster.objects["Namespace", "", "flask-app"]["metadata"]
    assert (metadata["labels"]["cost-center"], metadata["annotations"]) == ("7", {"owner": "sre"})


def test_somebody_elses_do_not_get_them(cluster):
    cluster.add({"kind": "Namespace", "metadata": {"name": "kube-system"}})
    assert namespaces.make(cluster, [{"namespace": "kube-system"}], EXTRA, dry_run=False) == []
    assert cluster.written == []


def test_the_namespace_of_the_records_carries_them(cluster):
    assert namespaces.ensure(cluster, "landfall-system", EXTRA, make=True) == ("there", True)
    metadata = cluster.objects["Namespace", "", "landfall-system"]["metadata"]
    assert (metadata["labels"]["cost-center"], metadata["annotations"]) == ("7", {"owner": "sre"})


def test_a_namespace_with_somebodys_application_stays_since_its_finalizers_would_hold_it(cluster):
    assert namespaces.keepers(cluster, "argocd", 0) == []
    cluster.add({"kind": "Application", "metadata": {"name": "shop", "namespace": "argocd"}})
    assert namespaces.keepers(cluster, "argocd", 0) == ["Application/shop"]


LEVEL = "pod-security.kubernetes.io/enforce"


def level(name):
    return {"namespace": "logging", "namespace_labels": {LEVEL: name, f"{LEVEL}-version": "v1.36"}}


@pytest.mark.parametrize("order", [["restricted", "privileged"], ["privileged", "restricted"]])
def test_of_two_levels_of_pod_security_the_lower_one_counts(cluster, order):
    namespaces.make(cluster, [*map(level, order), {"namespace": "logging"}], dry_run=False)
    assert cluster.objects["Namespace", "", "logging"]["metadata"]["labels"][LEVEL] == "privileged"


def test_a_level_of_the_settings_counts_more(cluster):
    extra = {"labels": {LEVEL: "privileged"}, "levels": {"logging": "baseline"}}
    namespaces.make(cluster, [level("restricted"), {"namespace": "shop"}], extra, dry_run=False)
    labels = cluster.objects["Namespace", "", "logging"]["metadata"]["labels"]
    assert (labels[LEVEL], labels[f"{LEVEL}-version"]) == ("baseline", "v1.36")
    assert namespaces.make(cluster, [level("restricted")], extra, dry_run=True) == []
    assert namespaces.make(cluster, [level("restricted")], dry_run=True) == ["logging"]


def test_a_namespace_of_others_gets_no_level(cluster):
    cluster.add({"kind": "Namespace", "metadata": {"name": "logging", "labels": {LEVEL: "baseline"}}})
    gates = {"namespace": "logging", "namespace_labels": {"gates": "enabled"}}
    namespaces.make(cluster, [level("restricted"), gates], {"levels": {"logging": "privileged"}}, dry_run=False)
    labels = cluster.objects["Namespace", "", "logging"]["metadata"]["labels"]
    assert labels == {LEVEL: "baseline", "gates": "enabled"}


def test_the_namespace_of_the_records_takes_no_pods_that_could_do_harm(cluster):
    namespaces.ensure(cluster, "landfall-system", make=True)
    assert cluster.objects["Namespace", "", "landfall-system"]["metadata"]["labels"][LEVEL] == "restricted"


def test_namespaces_that_a_release_reaches_into_are_there_before_it(cluster):
    wanted = [{"namespace": "ingress", "also_in": {"setting": "x", "names": ["ingress", "logging", "shop"]}}]
    cluster.add({"kind": "Namespace", "metadata": {"name": "shop"}})
    assert namespaces.make(cluster, wanted, dry_run=False) == ["ingress", "logging"]
    assert namespaces.names(wanted) == ["ingress", "logging", "shop"]
    assert cluster.objects["Namespace", "", "shop"]["metadata"].get("labels") is None
