"""What preflight asks of AWS as a whole: in a simulated account, and where AWS does not answer."""

import boto3
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws import endpoint
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import subnet_rules
from ansible_collections.landfall.eks.plugins.module_utils.preflight import aws
from tests.unit.aws.stubbed import Stubbed
from tests.unit.aws.vpcs import vpc

NAME = "mine"
RIGHTS = [{"action": "ec2:DescribeSubnets", "why": "it", "needed": False, "otherwise": ""}]
HANDED_IN = [
    {"setting": "ingress_controller_role_arn", "value": "", "why": "the role"},
    {"setting": "ingress_vpc_id", "value": "vpc-1", "why": "the VPC"},
    {"setting": "hosts_addresses", "value": [], "why": "the addresses"},
]


def wanted(server="", addresses="no", **options):
    balancer = aws.Balancer(
        subnet_rules.BalancerRequest("nginx-ingress", "internet-facing", [], "ingress_subnets"), addresses=addresses
    )
    return aws.Wanted(NAME, server, balancers=[balancer], rights=RIGHTS, **options)


def made(vpc_id):
    subnets = boto3.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Subnets"]
    subnet_rules = {"subnetIds": [each["SubnetId"] for each in subnets], "vpcId": vpc_id}
    made = boto3.client("eks").create_cluster(
        name=NAME,
        roleArn="arn:aws:iam::123456789012:role/eks",
        resourcesVpcConfig={"subnetIds": subnet_rules["subnetIds"]},
    )
    return made["cluster"]["endpoint"]


def test_an_account_in_which_nothing_is_in_the_way(moto_server):
    """The control of all others."""
    facts = aws.look(Session, wanted(vpc=vpc()))
    assert facts.asked
    assert facts.problems == []
    assert "eu-central-1a, eu-central-1b, eu-central-1c" in facts.lines["subnets"]
    assert "0 of 50 (AWS's default, quota not read) network load balancers, 1 more wanted" in facts.lines["quotas"]
    assert "Elastic IPs" not in facts.lines["quotas"]


def test_elastic_ips_are_counted_where_they_are_wanted(moto_server):
    facts = aws.look(Session, wanted(vpc=vpc(), addresses="perhaps"))
    assert "0 of 5 (AWS's default, quota not read) Elastic IPs, 3 more wanted" in facts.lines["quotas"]


@pytest.mark.parametrize(("addresses", "refused"), [("yes", True), ("perhaps", False)])
def test_a_quota_that_was_read_and_is_too_small_stops_only_what_cannot_do_without(
    moto_server, monkeypatch, addresses, refused
):
    monkeypatch.setattr(aws.quotas, "limit", lambda session, quota: 4)
    for _ in range(2):
        boto3.client("ec2").allocate_address(Domain="vpc")
    facts = aws.look(Session, wanted(vpc=vpc(), addresses=addresses))
    assert "2 of 4 Elastic IPs, 3 more wanted" in facts.lines["quotas"]
    assert bool(facts.problems) is refused
    assert all("ec2/L-0263D0A3 to 5 at least" in problem for problem in facts.problems)


def test_everything_that_is_wrong_is_said_together(moto_server, monkeypatch):
    monkeypatch.setattr(aws.identity, "skew_of", lambda date, now: 600.0)
    monkeypatch.setattr(aws.quotas, "limit", lambda session, quota: 0)
    facts = aws.look(Session, wanted("https://127.0.0.1:6443", vpc=vpc("a")))
    parts = ("clock", "eu-central-1a alone", "network load balancers", "target groups")
    assert len(facts.problems) == len(parts)
    for part in parts:
        assert sum(part in problem for problem in facts.problems) == 1, facts.problems


def test_another_region_is_said_once_and_nothing_is_judged_there(moto_server):
    facts = aws.look(Session, wanted("https://X.gr7.eu-west-1.eks.amazonaws.com"))
    (problem,) = facts.problems
    assert "is in eu-west-1, and AWS is asked in eu-central-1: write platform_aws_region: eu-west-1" in problem
    assert "subnets" not in facts.lines


def test_a_cluster_that_eks_does_not_know(moto_server):
    known = aws.look(Session, wanted("https://X.gr7.eu-central-1.eks.amazonaws.com", vpc=vpc()))
    assert [problem.partition(",")[0] for problem in known.problems] == ["EKS has no cluster mine in eu-central-1"]
    behind_a_tunnel = aws.look(Session, wanted("https://127.0.0.1:6443", vpc=vpc()))
    assert behind_a_tunnel.problems == []
    assert "EKS has no mine" in behind_a_tunnel.lines["cluster"]


def test_what_eks_knows_of_the_cluster_is_compared(moto_server):
    made(vpc())
    facts = aws.look(Session, wanted("https://X.gr7.eu-central-1.eks.amazonaws.com"))
    assert any("but the cluster mine is at https://" in problem for problem in facts.problems), facts.problems


@pytest.mark.parametrize(
    ("server", "region"),
    [
        ("https://0A1B.gr7.eu-central-1.eks.amazonaws.com", "eu-central-1"),
        ("https://0A1B.yl4.us-gov-west-1.eks.amazonaws.com/", "us-gov-west-1"),
        ("https://0A1B.sk1.cn-north-1.eks.amazonaws.com.cn", "cn-north-1"),
        ("https://127.0.0.1:6443", ""),
        ("https://k8s.eu-central-1.example.org", ""),
        ("", ""),
    ],
)
def test_the_region_stands_in_an_endpoint_of_eks(server, region):
    assert endpoint.region_of(server) == region


def test_the_server_is_that_of_the_context(tmp_path):
    content = (
        "current-context: one\n"
        "contexts: [{name: one, context: {cluster: a}}, {name: two, context: {cluster: b}}]\n"
        "clusters: [{name: a, cluster: {server: https://a}}, {name: b, cluster: {server: https://b}}]\n"
    )
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    assert endpoint.server_of(str(path), "") == "https://a"
    assert endpoint.server_of(str(path), "two") == "https://b"
    assert endpoint.server_of(str(path), "three") == ""
    assert endpoint.server_of(str(tmp_path / "none"), "") == ""
    assert endpoint.server_of({"clusters": None}, "") == ""


def without_keys(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)


def test_without_keys_a_line_says_what_can_be_handed_in(monkeypatch):
    without_keys(monkeypatch)
    facts = aws.look(Session, wanted(handed_in=HANDED_IN))
    assert (facts.asked, facts.problems) == (False, [])
    assert "ingress_controller_role_arn: the role" in facts.lines["aws"]
    assert "hosts_addresses: " in facts.lines["aws"]
    assert "ingress_vpc_id" not in facts.lines["aws"], "that one was handed in"


def test_a_run_that_needs_aws_is_stopped_without_keys(monkeypatch):
    without_keys(monkeypatch)
    (problem,) = aws.look(Session, wanted(needed=True)).problems
    assert "ingress_addresses needs AWS" in problem
    assert "hosts_addresses" in problem


def test_an_aws_that_does_not_answer_is_said_soon(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    facts = aws.look(Session, wanted())
    assert facts.problems == []
    assert "AWS did not answer sts get_caller_identity" in facts.lines["aws"]


ASSOCIATION = {"clusterName": NAME, "namespace": "kube-system", "serviceAccount": "controller"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"associations": [ASSOCIATION]}, "kube-system/controller has its role by EKS Pod Identity"),
        ({"associations": []}, "ingress_controller_role_arn is empty"),
        ("AccessDeniedException", "not checked (AccessDeniedException)"),
    ],
)
def test_who_gives_the_controller_its_rights(answer, said):
    session = Stubbed(("eks", "list_pod_identity_associations", answer))
    assert said in aws.controller_line(session, NAME, "kube-system", "controller")


def test_what_may_not_be_read_is_a_line(moto_server, monkeypatch):
    def refuse(*_args, **_options):
        raise AwsError("AWS refused it")

    monkeypatch.setattr(aws.subnet_rules, "read", refuse)
    monkeypatch.setattr(aws.quotas, "balancers", refuse)
    facts = aws.look(Session, wanted(vpc=vpc()))
    assert facts.problems == []
    assert facts.lines["subnets"] == facts.lines["quotas"] == "not looked at (AWS refused it)"
