"""What goes and what stays is said before anything goes; controllers go after what only they can take away."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.dns import names
from ansible_collections.landfall.eks.plugins.module_utils.orphans.deletions import (
    SWEEPABLE,
    words,
    wrong_words,
)
from ansible_collections.landfall.eks.plugins.module_utils.uninstall import plan, steps
from tests.fake_cluster import FakeCluster
from tests.unit.uninstall.platform import add, roll_out, written

OURS = {"labels": {"landfall.eks/made-by": "landfall"}}
INGRESS, LOGS, ARGOCD = ("ingress", "nginx-ingress"), ("logging", "eck-stack"), ("argocd", "argo-cd")
CONTROLLER = ("kube-system", "aws-load-balancer-controller")
RELEASES = frozenset({INGRESS, LOGS, ARGOCD, CONTROLLER, ("elastic-system", "eck-operator")})
FINALIZER = "service.k8s.aws/resources"


def asked(*names):
    return plan.UninstallRequest(RELEASES, "landfall-system", frozenset(names))


def balancer(host, **metadata):
    return {
        "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": [{"hostname": host}]}},
        "metadata": {"finalizers": [FINALIZER], **metadata},
    }


@pytest.fixture
def api():
    api = FakeCluster()
    roll_out(api, RELEASES)
    for name in ("ingress", "logging", "argocd", "landfall-system"):
        add(api, "Namespace", "", name, metadata=OURS)
    add(api, "Service", "ingress", "nginx", INGRESS, **balancer("one.example.org"))
    add(api, "Service", "argocd", "argocd-nlb", **balancer("two.example.org", **OURS))
    add(api, "Service", "ingress", "plain", INGRESS, spec={"type": "ClusterIP"})
    add(api, "Elasticsearch", "logging", "elasticsearch", LOGS)
    add(api, "Kibana", "logging", "kibana", LOGS)
    claim_of = {"labels": {"elasticsearch.k8s.elastic.co/statefulset-name": "elasticsearch-es-default"}}
    spec = {"volumeName": "pv-1", "resources": {"requests": {"storage": "50Gi"}}}
    add(api, "PersistentVolumeClaim", "logging", "data-0", metadata=claim_of, spec=spec)
    add(api, "PersistentVolume", "", "pv-1", spec={"persistentVolumeReclaimPolicy": "Retain"})
    return api


def fates(found):
    return {(each.what, each.name): each.fate for each in found.rows}


def test_the_table_before_anything_goes(api):
    found = plan.plan_uninstall(api, asked())
    assert found.problems == []
    assert fates(found) == {
        **{("release", "/".join(each)): "goes" for each in RELEASES},
        ("Elasticsearch", "logging/elasticsearch"): "goes",
        ("Kibana", "logging/kibana"): "goes",
        ("load balancer", "ingress/nginx"): "goes",
        ("load balancer", "argocd/argocd-nlb"): "goes",
        ("volume", "logging/data-0"): "stays",
        ("namespace", "ingress"): "goes",
        ("namespace", "argocd"): "goes",
        ("namespace", "logging"): "stays",
        ("namespace", "landfall-system"): "stays",
        ("definitions", "* (3)"): "goes",
    }
    assert written(api) == []
    lines = plan.table(found.as_dict()["rows"])
    # Why stands under each row.
    assert lines[0].split() == ["What", "Name", "Fate"]
    assert max(map(len, lines)) <= 80
    first = [each for each in lines[1:] if not each.startswith(" ")]
    assert [" stays " in each for each in first] == sorted(" stays " in each for each in first)


def test_what_is_asked_for_by_name_goes_and_with_it_what_it_held(api):
    rows = fates(plan.plan_uninstall(api, asked("volumes")))
    assert (
        rows["volume", "logging/data-0"]
        == rows["namespace", "logging"]
        == rows["namespace", "landfall-system"]
        == "goes"
    )
    rows = fates(plan.plan_uninstall(api, asked("credentials")))
    assert (rows["namespace", "landfall-system"], rows["namespace", "logging"]) == ("goes", "stays")


def test_a_volume_that_is_somebody_elses_stays_even_if_volumes_are_asked_for(api):
    add(api, "PersistentVolumeClaim", "logging", "theirs", spec={})
    found = plan.plan_uninstall(api, asked("volumes"))
    assert ("volume", "logging/theirs") not in fates(found)
    row = next(each for each in found.rows if each.name == "logging" and each.what == "namespace")
    assert (row.fate, row.why) == ("stays", "it holds PersistentVolumeClaim/theirs")
    steps.volumes(api, asked("volumes"), dry_run=False)
    assert ("PersistentVolumeClaim", "logging", "theirs") in api.objects


def test_a_definition_with_somebodys_objects_stays_unless_it_is_asked_for(api):
    add(api, "Application", "argocd", "shop")
    found = plan.plan_uninstall(api, asked())
    row = next(each for each in found.rows if each.name == "applications.argoproj.io")
    assert (row.fate, "argocd/shop" in row.why, "asked for as definitions" in row.why) == ("stays", True, True)
    assert fates(found)["namespace", "argocd"] == "stays"
    row = next(
        each for each in plan.plan_uninstall(api, asked("definitions")).rows if each.name == "applications.argoproj.io"
    )
    assert (row.fate, row.why) == ("goes", "and with it argocd/shop")


def test_somebodys_load_balancer_of_our_controller_stops_everything(api):
    add(api, "Service", "shop", "web", **balancer("shop.example.org"))
    found = plan.plan_uninstall(api, asked())
    assert len(found.problems) == 1
    assert found.problems[0].startswith("Service shop/web is not Landfall's")
    assert "ingress_enabled: false" in found.problems[0]
    # A control: with a controller of somebody else's, theirs stays with theirs.
    without = plan.UninstallRequest(RELEASES - {CONTROLLER}, "landfall-system")
    assert plan.plan_uninstall(api, without).problems == []


def test_without_a_release_there_is_nothing_but_namespaces(api):
    found = plan.plan_uninstall(api, plan.UninstallRequest(frozenset(), "landfall-system"))
    assert {each.what for each in found.rows} == {"load balancer", "namespace", "volume"}


def test_custom_resources_go_and_are_waited_for(api):
    kibana = api.objects["Kibana", "logging", "kibana"]
    kibana["metadata"]["finalizers"] = ["finalizer.k8s.elastic.co"]
    step = steps.custom_resources(api, asked(), dry_run=False)
    assert written(api) == ["DELETE elasticsearches/elasticsearch", "DELETE kibanas/kibana"]
    assert list(step.waiting) == ["Kibana logging/kibana"]
    assert "finalizer.k8s.elastic.co" in step.waiting["Kibana logging/kibana"]
    # Asked once is enough, and then it is gone.
    assert steps.custom_resources(api, asked(), dry_run=False).removed == []
    kibana["metadata"]["finalizers"] = []
    assert steps.custom_resources(api, asked(), dry_run=False).waiting == {}
    assert api.key(kibana) not in api.objects


def test_a_service_waits_for_its_finalizer_and_says_who_takes_it_off(api):
    said = {"type": "Warning", "reason": "FailedDeployModel", "message": "AccessDenied: no rights"}
    add(api, "Event", "ingress", "e1", involvedObject={"uid": "nginx"}, **said)
    step = steps.services(api, asked(), dry_run=False)
    assert sorted(step.hosts) == ["one.example.org", "two.example.org"]
    said = step.waiting["Service ingress/nginx"]
    assert FINALIZER in said
    assert "the AWS Load Balancer Controller" in said
    assert "FailedDeployModel: AccessDenied: no rights" in said
    assert not [each for each in written(api) if "plain" in each]

    def controller(api, found):
        found["metadata"]["finalizers"] = []

    api.reconcile = controller
    steps.services(api, asked(), dry_run=False)
    assert steps.services(api, asked(), dry_run=False).waiting == {}


def test_a_dry_run_names_the_same_and_writes_nothing(api):
    would = steps.custom_resources(api, asked(), dry_run=True).removed
    would += steps.services(api, asked(), dry_run=True).removed
    would += steps.volumes(api, asked("volumes"), dry_run=True).removed
    assert written(api) == []
    did = steps.custom_resources(api, asked(), dry_run=False).removed
    did += steps.services(api, asked(), dry_run=False).removed
    did += steps.volumes(api, asked("volumes"), dry_run=False).removed
    assert would == did


def test_a_retained_volume_is_set_to_go_before_its_claim(api):
    step = steps.volumes(api, asked("volumes"), dry_run=False)
    assert written(api) == ["PATCH persistentvolumes/pv-1", "DELETE persistentvolumeclaims/data-0"]
    volume = api.objects["PersistentVolume", "", "pv-1"]
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
    volume["status"] = {"phase": "Failed", "message": "rpc error: VolumeInUse"}
    assert "rpc error: VolumeInUse" in steps.gone_volumes(api, step.hosts)["PersistentVolume pv-1"]
    api.objects.clear()
    assert steps.gone_volumes(api, step.hosts) == {}


def test_somebodys_application_keeps_what_it_deployed(api):
    finalizers = ["resources-finalizer.argocd.argoproj.io"]
    add(api, "Application", "argocd", "shop", metadata={"finalizers": finalizers})
    assert not [each for each in steps.custom_resources(api, asked(), dry_run=True).removed if "shop" in each]
    steps.custom_resources(api, asked("definitions"), dry_run=False)
    assert written(api).index("PATCH applications/shop") < written(api).index("DELETE applications/shop")


@pytest.mark.parametrize("given", ["volumes, addresses", ["volumes", "addresses"]])
def test_names_are_a_list_or_a_text_with_commas(given):
    assert words(given) == ["volumes", "addresses"]
    assert wrong_words("uninstall_delete", given) == []


@pytest.mark.parametrize("given", ["volume", ["volumes", "disks"], {"volumes": True}, 3])
def test_an_unknown_name_is_one_sentence(given):
    assert len(wrong_words("uninstall_delete", given)) == 1
    assert "volumes, addresses, definitions, credentials" in wrong_words("uninstall_delete", given)[0]
    assert "snapshots" in wrong_words("cluster_delete", given, SWEEPABLE)[0]


def test_records_in_route53_are_in_the_table(api):
    annotations = {names.NOTE: "Z1 Z2"}
    api.patch("/api/v1/namespaces/landfall-system", {"metadata": {"annotations": annotations}})
    rows = fates(plan.plan_uninstall(api, asked()))
    assert {key for key in rows if key[0] == "records"} == {
        ("records", "Route 53, zone Z1"),
        ("records", "Route 53, zone Z2"),
    }
