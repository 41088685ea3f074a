"""What a user types: up, up again, one part alone, a bad setting, a mended cluster."""

import hashlib
import json
import os
import re
import shutil
import signal
import time

import pytest

from tests.e2e.machine import words

pytestmark = pytest.mark.cluster

RELEASES = {
    "argo-cd": "argocd",
    "aws-load-balancer-controller": "kube-system",
    "eck-operator": "elastic-system",
    "eck-stack": "logging",
    "flask-app": "flask-app",
    "fluent-bit": "logging",
    "kube-prometheus-stack": "monitoring",
    "metrics-server": "kube-system",
    "nginx-ingress": "ingress",
}


def changed_tasks(said):
    """Return the names of the tasks that changed something, from what ansible-playbook printed."""
    tasks = re.split(r"^TASK \[", said, flags=re.MULTILINE)[1:]
    return [task.partition("]")[0] for task in tasks if re.search(r"^changed: ", task, re.MULTILINE)]


NAMES = {"flask.example.org", "grafana.example.org", "kibana.example.org"}


def test_up_ends_with_a_table_of_nine_releases_and_the_hosts_block(first_up, checkout):
    summary = checkout.summary()
    assert {each["release"]: each["namespace"] for each in summary["components"]} == RELEASES
    assert {each["health"] for each in summary["components"]} == {"ready"}
    assert {each["source"] for each in summary["components"]} <= {"stand-in", "upstream", "cache"}
    assert summary["changed"] > 0
    assert summary["seconds"]["total"] > 0
    for each in summary["components"]:
        assert re.search(rf"^{each['release']} .*{re.escape(each['version'])}.*ready", first_up, re.MULTILINE)
    assert {line.split()[1] for line in summary["hosts"]} == NAMES
    assert all(line in first_up for line in summary["hosts"])
    assert "nothing answers at the addresses" in first_up


def test_hosts_file_holds_the_block_and_ca_and_kubeconfig_are_there(first_up, checkout):
    lines = (checkout.state / "hosts").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == checkout.summary()["hosts"]
    assert (checkout.state / "ca.crt").read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert (checkout.state / "kubeconfig").stat().st_mode & 0o077 == 0


def test_urls_lead_to_the_services(first_up, checkout):
    urls = {each["release"]: each["urls"] for each in checkout.summary()["components"]}
    assert urls["flask-app"] == ["https://flask.example.org"]
    assert urls["eck-stack"] == ["https://kibana.example.org"]
    assert urls["kube-prometheus-stack"] == ["https://grafana.example.org"]
    assert len(urls["argo-cd"]) == 1
    assert ".elb." in urls["argo-cd"][0]


def test_second_up_changes_nothing(second_up, checkout):
    assert changed_tasks(second_up) == []
    assert re.findall(r"changed=(\d+)", second_up) == ["0", "0"]
    assert checkout.summary()["changed"] == 0


def test_ansible_converts_nothing_that_a_module_returned(first_up, second_up):
    assert "Value for result key" not in first_up + second_up


def test_kubectl_and_helm_just_work(second_up, checkout):
    listed = checkout.kubectl("get nodes -o json")
    zones = {each["metadata"]["labels"]["topology.kubernetes.io/zone"] for each in json.loads(listed)["items"]}
    assert len(zones) == 3
    assert set(checkout.revisions()) == set(RELEASES)


def test_one_tag_touches_nothing_else(second_up, checkout):
    before = checkout.revisions()
    changed = '\'{"efk_fluent_bit_values": {"podAnnotations": {"example.org/touched": "yes"}}}\''
    checkout.run(f"ansible-playbook -i inventories/local site.yml --tags efk -e {changed}")
    after = checkout.revisions()
    assert {name for name in before if before[name] != after[name]} == {"fluent-bit"}
    checkout.run("ansible-playbook -i inventories/local site.yml --tags efk")


def test_another_chart_of_the_same_version_is_refused_until_its_digest_is_written(second_up, checkout, tmp_path):
    """The attack: somebody swaps an archive of the cache for one that makes everybody cluster-admin."""
    source = tmp_path / "metrics-server"
    shutil.copytree(checkout.path / "roles/local_cluster/files/stand_ins/metrics-server", source)
    cache = {"LANDFALL_CHART_CACHE": str(tmp_path)}
    play = "ansible-playbook -i inventories/local site.yml --tags metrics_server"
    everybody = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:authenticated"}
    role = {"kind": "ClusterRole", "apiGroup": "rbac.authorization.k8s.io", "name": "cluster-admin"}
    evil = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "other-bytes"},
        "roleRef": role,
        "subjects": [everybody],
    }
    good = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other-bytes", "namespace": "kube-system"}}

    def package(extra):
        (source / "templates" / "other.yaml").write_text(json.dumps(extra))
        checkout.run(f".landfall/bin/helm package {source} -d {tmp_path}")
        (archive,) = tmp_path.glob("*.tgz")
        return hashlib.sha256(archive.read_bytes()).hexdigest()

    def live():
        kinds = ("configmap", "clusterrolebinding")
        there = "other-bytes -n kube-system --ignore-not-found -o name"
        found = [checkout.kubectl(f"get {each} {there}") for each in kinds]
        return int(checkout.revisions()["metrics-server"][0]), [bool(each.strip()) for each in found]

    def forget():
        checkout.kubectl("delete secret landfall-charts -n landfall-system --ignore-not-found")

    forget()
    first, _ = live()
    seen = package(good)
    said = checkout.run(play, **cache)
    assert "Unverified charts, whose sha256 no setting has (docs/charts.md): metrics-server." in " ".join(said.split())
    assert live() == (first + 1, [True, False])
    other = package(evil)
    said = " ".join(checkout.run(play, fails=True, **cache).split())
    assert f"SHA-256 {other}, and had {seen} when" in said
    assert live() == (first + 1, [True, False])
    pinned = f"""-e '{{"metrics_server_chart": {{"sha256": "{package(good | {"data": {"word": "two"}})}"}}}}'"""
    for _ in range(2):
        checkout.run(f"{play} {pinned}", **cache)
        assert live() == (first + 2, [True, False])
    forget()
    checkout.run(play)
    assert live() == (first + 3, [False, False])


def test_check_mode_shows_the_change_and_makes_none(second_up, checkout):
    records = "get secrets --all-namespaces -l owner=helm -o jsonpath='{.items[*].metadata.resourceVersion}'"
    before = checkout.kubectl(records)
    said = checkout.run("ansible-playbook -i inventories/local site.yml --check --diff -e flask_app_max_replicas=4")
    assert "spec.maxReplicas: 5 -> 4" in said
    assert checkout.kubectl(records) == before


def test_unknown_tag_fails_with_the_eight_names(second_up, checkout):
    said = checkout.run("ansible-playbook -i inventories/local site.yml --tags nonsense", fails=True)
    assert "nonsense" in said
    assert "metrics_server" in said


def test_untouched_eks_inventory_is_refused_with_what_to_write(checkout):
    said = checkout.run("ansible-playbook site.yml", fails=True)
    for setting in ("platform_kubeconfig", "ingress_allowed_cidrs", "flask_app_image_repository"):
        assert setting in said
    assert re.search(r"changed=0 ", said)


def test_failing_upgrade_says_why_keeps_evidence_and_goes_back(second_up, checkout):
    broken = "-e flask_app_image_tag=broken -e settle_timeout=20"
    said = checkout.run(f"ansible-playbook -i inventories/local site.yml --tags flask_app {broken}", fails=True)
    sentence = next(line for line in said.splitlines() if "flask-app/flask-app: not ready after 20 s" in line)
    for part in (
        "Deployment flask-app",
        "ImagePullBackOff",
        ":broken",
        "it is back at revision",
        "and ready",
        "evidence: ",
    ):
        assert part in sentence
    evidence = list((checkout.state / "evidence").glob("*/flask-app.flask-app/*"))
    assert {"cause.txt", "events.yml", "manifest.yml", "pods.yml"} <= {each.name for each in evidence}
    assert ":broken" in next(each for each in evidence if each.name == "pods.yml").read_text()
    again = checkout.run("ansible-playbook -i inventories/local site.yml --tags flask_app")
    assert {each["health"] for each in checkout.summary()["components"]} == {"ready"}
    assert changed_tasks(again) == []


def test_run_killed_in_the_middle_of_an_upgrade_is_finished_by_the_next(second_up, checkout):
    secrets = "get secrets --all-namespaces -l landfall.eks/credential -o json"
    credentials = [
        (each["metadata"]["uid"], each.get("data")) for each in json.loads(checkout.kubectl(secrets))["items"]
    ]
    changed = json.dumps({"monitoring_kube_prometheus_stack_values": {"commonLabels": {"example.org/touched": "yes"}}})
    run = checkout.start(f"ansible-playbook -i inventories/local site.yml -e '{changed}'")
    pending = "get secrets -n monitoring -l owner=helm,status=pending-upgrade -o name"
    deadline = time.monotonic() + 300
    while not checkout.kubectl(pending).strip():
        assert run.poll() is None, "the run ended before the upgrade was seen"
        assert time.monotonic() < deadline
    checkout.kill_everything_of(run)
    assert checkout.kubectl(pending).strip(), "the kill came too late to leave anything pending"
    checkout.run(f"ansible-playbook -i inventories/local site.yml -e '{changed}'")
    assert {each["health"] for each in checkout.summary()["components"]} == {"ready"}
    # The interrupted revision stays in the history, with what happened.
    *_, interrupted, newest = checkout.history("kube-prometheus-stack", "monitoring")
    assert (newest["status"], interrupted["status"]) == ("deployed", "failed")
    assert interrupted["description"].startswith("Landfall: interrupted while it was pending-upgrade")
    assert set(checkout.statuses().values()) == {"deployed"}
    after = [(each["metadata"]["uid"], each.get("data")) for each in json.loads(checkout.kubectl(secrets))["items"]]
    assert after == credentials
    checkout.run("make up")


@pytest.mark.parametrize("programs", [["kube-apiserver"], ["etcd", "kwok", "metrics-server", "moto"]], ids=" ".join)
def test_killed_processes_are_healed_by_up(second_up, checkout, programs):
    for program in programs:
        victim = next(each for each in checkout.processes() if program in " ".join(words(each)[:3]))
        os.kill(victim.pid, signal.SIGKILL)
    said = checkout.run("make up")
    assert {each["health"] for each in checkout.summary()["components"]} == {"ready"}
    assert set(checkout.revisions()) == set(RELEASES), said
    names = " ".join(word for each in checkout.processes() for word in words(each)[:3])
    assert [program for program in programs if program not in names] == []


def test_built_and_installed_collection_runs_too(second_up, checkout, tmp_path):
    checkout.run(f"ansible-galaxy collection build --output-path {tmp_path}")
    archive = next(tmp_path.glob("landfall-eks-*.tar.gz"))
    checkout.run(f"ansible-galaxy collection install --offline --no-deps --force -p {tmp_path}/collections {archive}")
    before = checkout.revisions()
    said = checkout.run(
        f"cd {tmp_path} && ansible-playbook -i {checkout.path}/inventories/local landfall.eks.site",
        ANSIBLE_COLLECTIONS_PATH=f"{tmp_path}/collections",
    )
    assert f"{tmp_path}/collections/ansible_collections/landfall/eks" in said
    assert re.findall(r"changed=(\d+)", said) == ["0"]
    assert checkout.revisions() == before
