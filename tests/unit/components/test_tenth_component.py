"""A component that nothing knows by name reaches all of the product: two lines in playbooks, and its own folder."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.plan import drift
from ansible_collections.landfall.eks.plugins.module_utils.preflight import brought, capacity, existing
from ansible_collections.landfall.eks.plugins.module_utils.status import gather
from tests.fake_cluster import FakeCluster
from tests.unit.components.playing import ENOUGH, asked, checks_of, run

ROOT = Path(__file__).parents[3]
TOY = Path(__file__).parent / "toy"
LAST = """\
    - name: Roll out the Flask application
      ansible.builtin.import_role: {name: landfall.eks.flask_app, rolespec_validate: false}
      tags: [flask_app]
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the collection with one more component: its role, and a line in each of two lists."""
    folder = tmp_path_factory.mktemp("copy") / "ansible_collections/landfall/eks"
    for part in ("plugins", "roles", "playbooks", "meta", "app/chart"):
        ignored = shutil.ignore_patterns("__pycache__", "local_cluster")
        shutil.copytree(ROOT / part, folder / part, symlinks=True, ignore=ignored)
    shutil.copytree(TOY, folder / "roles/toy")
    site = folder / "playbooks/site.yml"
    before = site.read_text()
    assert LAST in before
    site.write_text(before.replace(LAST, LAST + LAST.replace("flask_app", "toy")))
    return folder


@pytest.fixture(scope="module")
def said(copy, tmp_path_factory):
    found = run(copy, tmp_path_factory.mktemp("run"), **ENOUGH)
    assert found["settings"]["problems"] == []
    return found


@pytest.fixture(scope="module")
def rows(said):
    return said["settings"]["releases"]


def test_its_tag_and_its_settings_are_known(copy, tmp_path):
    found = run(copy, tmp_path, "--tags", "toy", toy_replicsa=1)
    problems = found["settings"]["problems"]
    assert found["settings"]["components"] == ["toy"]
    # The certificate authority that this run may make serves the load balancers of later ones too.
    balanced = [each["name"] for each in found["settings"]["balanced"]]
    assert sorted(balanced) == ["argo-cd", "nginx-ingress"]
    assert len(problems) == 1
    assert problems[0].startswith("toy_replicsa is not a setting of Landfall: did you mean toy_replicas?")
    others = run(copy, tmp_path, "--tags", "teddy")["settings"]["problems"]
    assert any("teddy is not a tag of Landfall" in each and "flask_app, toy" in each for each in others)


def test_a_contract_with_a_slip_is_refused(copy, tmp_path):
    role = copy / "roles/toy/vars/main.yml"
    before = role.read_text()
    role.write_text(before.replace("namespaces: [", "namespcaes: ["))
    try:
        problems = run(copy, tmp_path)["settings"]["problems"]
    finally:
        role.write_text(before)
    assert any("toy_component" in each and "namespcaes" in each for each in problems)


def test_a_field_that_cannot_be_evaluated_is_said(copy, tmp_path):
    role = copy / "roles/toy/vars/main.yml"
    before = role.read_text()
    role.write_text(before.replace("version: 1.0.0", 'version: "{{ toy_version }}"'))
    try:
        problems = run(copy, tmp_path)["settings"]["problems"]
    finally:
        role.write_text(before)
    assert any("toy_component cannot be evaluated" in each and "toy_version" in each for each in problems)


def test_the_run_knows_and_plans_it(said):
    assert "toy" in said["settings"]["components"]
    assert "toy" in [each["name"] for each in said["run"]["releases"]]
    assert [(each["component"], each["name"]) for each in said["run"]["planned"]] == [("toy", "toy")]
    assert [each["name"] for each in said["run"]["started"]] == ["toy"]
    assert said["notes"][-1] == "The toy is a toy."


def test_the_record_holds_no_values_and_stays_small(said):
    text = json.dumps(said["run"])
    assert all("values" not in each for part in ("releases", "planned", "started") for each in said["run"][part])
    assert len(said["run"]["releases"]) > len(["toy"])
    assert len(text) < 64 * 1024


def test_no_fact_cache_holds_the_record(said):
    assert "planted" in said["facts"]
    assert "platform_run" not in said["facts"]
    assert "toys" not in said["facts"]


def test_it_stands_in_the_objectives(said):
    assert "toys" in said["namespaces"]
    assert "toy-availability" in said["slos"]
    rules = json.dumps(said["rules"])
    assert "toy_errors_total" in rules
    assert "|toys" in rules


def test_its_pods_need_room(rows):
    toy = [each for each in capacity.needs_of(rows) if each.name == "toy"]
    assert [(each.count, each.volumes) for each in toy] == [(3, 1)]


@pytest.mark.parametrize(("policy", "problems", "left"), [("leave", 0, ["toy"]), ("refuse", 1, ["toy"])])
def test_one_of_others_is_found_and_its_policy_counts(rows, policy, problems, left):
    toys = [each | {"existing": {**each["existing"], "policy": policy}} for each in rows if each["name"] == "toy"]
    cluster = FakeCluster()
    labels = {"app.kubernetes.io/name": "toy"}
    spec = {"selector": {"matchLabels": {"app.kubernetes.io/instance": "toy"}}}
    metadata = {"name": "their-toy", "namespace": "theirs", "labels": labels}
    cluster.add({"kind": "Deployment", "metadata": metadata, "spec": spec, "status": {"availableReplicas": 1}})
    found, _ = existing.find(cluster, brought.rows_of(toys), installing=True)
    assert found.left == left
    assert len(found.problems) == problems
    assert all("toy_existing" in each for each in found.problems)


def test_status_misses_it(rows):
    health = {each["release"]: each["health"] for each in gather.components(FakeCluster(), asked(rows))}
    assert health["toy"] == gather.ABSENT


def test_verify_tries_it(rows, said):
    names = checks_of(rows, said["settings"])
    assert {("components", "toy"), ("https", "toy.example.org"), ("logins", "Toy")} <= names


def test_drift_looks_at_what_it_applies_itself():
    cluster = FakeCluster()
    kept = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "toy", "namespace": "toys"}}
    annotations = {"landfall.eks/applied": json.dumps(kept)}
    labels = {"landfall.eks/made-by": "landfall"}
    cluster.add(kept | {"metadata": {**kept["metadata"], "annotations": annotations, "labels": labels}})
    contract = yaml.safe_load((TOY / "vars/main.yml").read_text())["toy_component"]
    applied, _ = drift.rolled_out(cluster, contract["object_kinds"])
    assert [each.wanted["metadata"]["name"] for each in applied] == ["toy"]


def test_a_verb_without_a_rollout_learns_of_it(copy):
    found = sorted(path.parents[1].name for path in (copy / "roles").glob("*/tasks/component.yml"))
    assert "toy" in found


def test_uninstall_takes_what_the_record_has(said):
    going = yaml.safe_load((ROOT / "roles/uninstall/vars/main.yml").read_text())["__uninstall_going"]
    assert going == "{{ platform_run.releases }}"
    assert "toy" in [each["name"] for each in said["run"]["releases"]]
