"""The inventory of clusters, read by Ansible from a simulated account of two regions."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError
from ansible_collections.landfall.eks.plugins.module_utils.eks import clusters
from ansible_collections.landfall.eks.plugins.module_utils.text.run_files import RunFiles

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
REGIONS = ["eu-central-1", "eu-west-1"]
ROLE = "arn:aws:iam::111122223333:role/eks"


def make(name, region="eu-central-1", **tags):
    network = {"subnetIds": ["subnet-1"], "endpointPublicAccess": False}
    boto3.client("eks", region_name=region).create_cluster(
        name=name, roleArn=ROLE, resourcesVpcConfig=network, tags=tags, version="1.35"
    )


@pytest.fixture
def two(moto_server):
    make("first", team="a", environment="staging")
    make("second", "eu-west-1", team="b", environment="production")


def plain(value):
    """Return what ansible-inventory lists without its marks of text that is no template."""
    if isinstance(value, dict):
        return value.get("__ansible_unsafe") or {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def command(folder, program, *words, **options):
    path = folder / "landfall.yml"
    path.write_text(yaml.safe_dump({"plugin": "landfall.eks.clusters"} | options))
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    call = [BIN / program, "-i", path, *words]
    return subprocess.run(call, check=False, capture_output=True, text=True, cwd=ROOT, env=environment)


def listed(folder, **options):
    done = command(folder, "ansible-inventory", "--list", **options)
    assert done.returncode == 0, done.stderr
    return plain(json.loads(done.stdout)), done.stderr


def test_two_regions(two, tmp_path):
    found, _ = listed(tmp_path, regions=REGIONS)
    assert sorted(found["clusters"]["hosts"]) == ["first", "second"]
    host = found["_meta"]["hostvars"]["second"]
    assert host["platform_cluster_name"] == "second"
    assert host["platform_aws_region"] == "eu-west-1"
    assert host["ansible_connection"] == "local"
    assert Path(host["ansible_python_interpreter"]).samefile(sys.executable)
    facts = host["eks_cluster"]
    assert (facts["version"], facts["status"], facts["region"]) == ("1.35", "ACTIVE", "eu-west-1")
    assert facts["tags"] == {"team": "b", "environment": "production"}
    assert facts["subnet_ids"] == ["subnet-1"]
    kubeconfig = host["platform_kubeconfig"]
    assert kubeconfig["clusters"][0]["cluster"]["server"] == facts["endpoint"]
    assert kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"] == facts["certificate_authority"]
    assert "eu-west-1" in kubeconfig["users"][0]["user"]["exec"]["args"]


def test_the_region_of_the_environment_is_asked_alone(two, tmp_path):
    assert listed(tmp_path)[0]["clusters"]["hosts"] == ["first"]


@pytest.mark.parametrize(
    ("options", "hosts"),
    [
        ({"tags": {"team": "a"}}, ["first"]),
        ({"tags": {"team": ["a", "b"]}}, ["first", "second"]),
        ({"tags": {"team": ["a", "b"], "environment": "production"}}, ["second"]),
        ({"names": ["f*"]}, ["first"]),
        ({"names": ["f*", "second"], "tags": {"team": "b"}}, ["second"]),
    ],
)
def test_filters(two, tmp_path, options, hosts):
    assert sorted(listed(tmp_path, regions=REGIONS, **options)[0]["clusters"]["hosts"]) == hosts


def test_variables_and_groups_of_ones_own(two, tmp_path):
    found, _ = listed(
        tmp_path,
        regions=REGIONS,
        compose={"ingress_vpc_id": "eks_cluster.vpc_id", "team": "eks_cluster.tags.team | upper"},
        groups={"live": "eks_cluster.tags.environment == 'production'"},
        keyed_groups=[{"key": "eks_cluster.tags.team", "prefix": "team"}],
    )
    assert found["live"]["hosts"] == ["second"]
    assert found["team_a"]["hosts"] == ["first"]
    assert found["_meta"]["hostvars"]["first"]["team"] == "A"
    assert "ingress_vpc_id" in found["_meta"]["hostvars"]["first"]


def test_what_a_tag_says_is_no_template(moto_server, tmp_path):
    make("first", evil="{{ lookup('pipe', 'echo template') }}")
    message = "msg='{{ eks_cluster.tags.evil }}'"
    done = command(tmp_path, "ansible", "clusters", "-m", "ansible.builtin.debug", "-a", message)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "echo template" in done.stdout
    assert "lookup" in done.stdout


def test_the_example_works_with_the_shared_settings(two):
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    call = [BIN / "ansible-inventory", "-i", ROOT / "inventories/eks-aws", "--list"]
    done = subprocess.run(call, check=True, capture_output=True, text=True, cwd=ROOT, env=environment)
    host = plain(json.loads(done.stdout))["_meta"]["hostvars"]["first"]
    assert host["platform_kubeconfig"]["kind"] == "Config", "and not the empty one of group_vars"
    assert host["flask_app_image_repository"] == "", "group_vars of inventories/eks are read"


def test_a_cache_is_asked_instead_of_aws_and_keeps_no_secret(two, tmp_path):
    options = {
        "regions": REGIONS,
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    before, _ = listed(tmp_path, **options)
    boto3.client("eks", region_name="eu-west-1").delete_cluster(name="second")
    after, _ = listed(tmp_path, **options)
    assert after == before
    assert listed(tmp_path, **options, tags={"team": "a"})[0]["clusters"]["hosts"] == ["first"]
    fresh, _ = listed(tmp_path, regions=REGIONS)
    assert fresh["clusters"]["hosts"] == ["first"], "the control: AWS has one cluster less"
    kept = "".join(path.read_text() for path in (tmp_path / "cache").iterdir())
    assert "second" in kept
    for secret in ("testing", "k8s-aws-v1", "exec", "kubeconfig"):
        assert secret not in kept


def test_other_regions_are_not_answered_from_the_cache(two, tmp_path):
    options = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    assert listed(tmp_path, regions=REGIONS[:1], **options)[0]["clusters"]["hosts"] == ["first"]
    assert listed(tmp_path, regions=REGIONS[1:], **options)[0]["clusters"]["hosts"] == ["second"]


def test_the_file_is_of_its_owner_alone_and_goes_with_the_run(two, tmp_path):
    program = "import os, sys; print(oct(os.stat(sys.argv[1]).st_mode & 0o777), open(sys.argv[1]).read())"
    arguments = ["clusters", "-m", "ansible.builtin.command"]
    arguments += ["-a", f'{{"argv": ["{sys.executable}", "-c", "{program}", "{{{{ platform_kubeconfig }}}}"]}}']
    done = command(tmp_path, "ansible", *arguments, kubeconfig="file")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0o600" in done.stdout
    assert "client.authentication.k8s.io/v1" in done.stdout
    path = Path(listed(tmp_path, kubeconfig="file")[0]["_meta"]["hostvars"]["first"]["platform_kubeconfig"])
    assert path.is_absolute()
    assert not path.exists()
    assert not path.parent.exists()


def test_a_fork_does_not_take_the_files_away():
    files = RunFiles()
    path = files.write("a", "b")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    files.end(os.getpid() + 1)
    assert path.exists()
    files.end(os.getpid())
    assert not path.parent.exists()


RUN = "---\n- hosts: clusters\n  gather_facts: false\n  tasks: [{ansible.builtin.debug: {msg: reached}}]\n"


def play(folder, **options):
    (folder / "play.yml").write_text(RUN)
    return command(folder, "ansible-playbook", str(folder / "play.yml"), **options)


def test_a_run_on_clusters_that_answer_is_green(two, tmp_path):
    done = play(tmp_path)
    assert done.returncode == 0
    assert "reached" in done.stdout


def test_a_run_without_an_answer_of_aws_fails(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    done = play(tmp_path)
    assert done.returncode != 0
    assert "AWS did not answer eks list_clusters" in done.stderr
    assert "reached" not in done.stdout


def test_a_run_on_no_cluster_fails(moto_server, tmp_path):
    done = play(tmp_path)
    assert done.returncode != 0
    assert "No cluster is left to work on" in done.stderr


def test_a_file_of_another_name_is_refused(two, tmp_path):
    (tmp_path / "other.yml").write_text("plugin: landfall.eks.clusters\n")
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    call = [BIN / "ansible-inventory", "-i", tmp_path / "other.yml", "--list"]
    done = subprocess.run(call, check=False, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode != 0


# The rest needs answers that the simulated AWS does not give.


def facts(name, region="eu-central-1", status="ACTIVE", **tags):
    described = {"name": name, "arn": f"arn:aws:eks:{region}:111122223333:cluster/{name}", "status": status}
    return clusters.facts_of(described | {"tags": tags}, region)


def test_what_is_not_active_is_left_out_by_name():
    found = [facts("a"), facts("b", status="UPDATING"), facts("c", status="DELETING"), facts("d", status="FAILED")]
    hosts, warnings = clusters.named(found, clusters.Filters(names=["[abc]"]))
    assert list(hosts) == ["a"]
    assert [warning.split(" is left out")[0] for warning in warnings] == [
        "The cluster b in eu-central-1",
        "The cluster c in eu-central-1",
    ]
    assert "UPDATING and not ACTIVE" in warnings[0]


def test_one_name_in_two_regions_is_two_hosts():
    hosts, warnings = clusters.named([facts("a"), facts("a", "eu-west-1"), facts("b")], clusters.Filters())
    assert sorted(hosts) == ["a.eu-central-1", "a.eu-west-1", "b"]
    assert "Several clusters are called a" in warnings[0]


def test_access_denied_in_a_region_is_a_sentence_that_names_it(monkeypatch):
    """The simulated AWS allows everything: botocore's own hook gives the answer that AWS would."""
    make("first")

    class Denying(clusters.Session):
        def client(self, service, region="", **options):
            client = super().client(service, region, **options)
            if service == "eks" and self.region == "eu-west-1":
                denied = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
                answer = (type("Answer", (), {"status_code": 403})(), denied)
                client.meta.events.register("before-call.eks", lambda **_: answer)
            return client

    monkeypatch.setattr(clusters, "Session", Denying)
    with pytest.raises(AwsError) as refused:
        clusters.read_clusters(REGIONS, clusters.Access())
    assert str(refused.value) == (
        "The clusters of eu-west-1 are not known: AWS refused eks list_clusters: AccessDeniedException: not "
        "authorized: allow eks:ListClusters and eks:DescribeCluster there, or take it out of regions."
    )
    assert [each["name"] for each in clusters.read_clusters(REGIONS[:1], clusters.Access())] == ["first"]
