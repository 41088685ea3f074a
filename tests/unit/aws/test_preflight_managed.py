"""What EKS says that it manages, beside what the cluster shows of it."""

from datetime import UTC, datetime

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.preflight import aws, aws_managed
from tests.unit.aws.stubbed import Stubbed
from tests.unit.components import rendering

NAME = "mine"
CLASSIC = {"kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": False}}, "computeConfig": {"enabled": False}}
AUTO = {"kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": True}}, "computeConfig": {"enabled": True}}


def release(name, policy="leave"):
    said = rendering.release(name)
    return {**said, "existing": {**said["existing"], "policy": policy}}


def capability(kind="ARGOCD", status="ACTIVE"):
    now = datetime.now(UTC)
    arn = f"arn:aws:eks:eu-central-1:123456789012:capability/mine/{kind.lower()}"
    said = {"capabilityName": f"my-{kind.lower()}", "arn": arn, "type": kind, "status": status, "version": "1"}
    return {**said, "createdAt": now, "modifiedAt": now}


def look(*releases, known=CLASSIC, addons=(), capabilities=(), left=(), load_balancer_class=""):
    answers = (
        ("eks", "list_addons", addons if isinstance(addons, str) else {"addons": list(addons)}),
        (
            "eks",
            "list_capabilities",
            capabilities if isinstance(capabilities, str) else {"capabilities": list(capabilities)},
        ),
    )
    return aws_managed.look(Stubbed(*answers), NAME, known, aws_managed.Seen(releases, left, load_balancer_class))


def test_what_is_managed_is_shown():
    found = look(release("metrics-server"), addons=["metrics-server", "coredns"], capabilities=[capability("KRO")])
    assert found.problems == []
    assert found.lines == {"EKS add-ons": "coredns, metrics-server", "EKS capabilities": "KRO (my-kro)"}


def test_nothing_is_managed():
    found = look(release("metrics-server", "adopt"), release("argo-cd"))
    assert (found.problems, found.lines) == ([], {"EKS add-ons": "none", "EKS capabilities": "none"})


def test_an_add_on_is_adopted_only_once_eks_has_let_go():
    (problem,) = look(release("metrics-server", "adopt"), addons=["metrics-server"]).problems
    assert problem.startswith("metrics_server_existing is adopt, and EKS manages metrics-server as its add-on")
    assert "aws eks delete-addon --cluster-name mine --addon-name metrics-server --preserve" in problem
    # What such a removal keeps carries the marks of EKS all the same.
    assert look(release("metrics-server", "adopt"), addons=["coredns"]).problems == []


def test_a_capability_that_the_cluster_does_not_show_stops_a_second_argo_cd():
    (problem,) = look(release("argo-cd"), capabilities=[capability()]).problems
    assert "as its capability my-argocd" in problem
    assert "argocd_enabled: false" in problem


@pytest.mark.parametrize(
    ("capabilities", "left"), [([capability()], ["argo-cd"]), ([capability(status="DELETING")], []), ([], [])]
)
def test_a_capability_that_is_left_or_goes_stops_nothing(capabilities, left):
    assert look(release("argo-cd"), capabilities=capabilities, left=left).problems == []


@pytest.mark.parametrize(
    ("known", "load_balancer_class", "problems", "line"),
    [
        (AUTO, "eks.amazonaws.com/nlb", 0, "on"),
        (CLASSIC, "eks.amazonaws.com/nlb", 1, None),
        (CLASSIC, "service.k8s.aws/nlb", 0, None),
        # EKS says nothing of it.
        ({}, "eks.amazonaws.com/nlb", 0, None),
    ],
)
def test_auto_mode_that_was_switched_off_makes_no_load_balancers(known, load_balancer_class, problems, line):
    found = look(known=known, load_balancer_class=load_balancer_class)
    assert (len(found.problems), found.lines.get("EKS Auto Mode")) == (problems, line)


def test_without_the_permission_the_marks_of_the_cluster_do():
    found = look(release("argo-cd", "adopt"), addons="AccessDeniedException", capabilities="AccessDeniedException")
    assert found.problems == []
    assert set(found.lines.values()) == {"not looked at (AccessDeniedException)"}


def test_a_boto3_that_does_not_know_capabilities(monkeypatch):
    pages = Session.pages

    def older(self, service, operation, **arguments):
        if operation == "list_capabilities":
            raise KeyError(operation)
        return pages(self, service, operation, **arguments)

    monkeypatch.setattr(Session, "pages", older)
    assert look(release("argo-cd")).lines["EKS capabilities"].startswith("not looked at, since this boto3")


def test_preflight_asks_for_it(moto_server, monkeypatch):
    asked = []
    monkeypatch.setattr(aws_managed, "look", lambda *args: asked.append(args) or aws_managed.Managed({"x": "y"}, ["z"]))
    monkeypatch.setattr(Session, "call", told(Session.call))
    seen = aws_managed.Seen([release("argo-cd")])
    balancer = aws.Balancer(aws.subnet_rules.BalancerRequest("nginx-ingress", "internal", [], "ingress_subnets"))
    facts = aws.read_account(Session, aws.AccountQuestions(NAME, "", balancers=[balancer], seen=seen))
    assert [each[1:] for each in asked] == [(NAME, DESCRIBED, seen)]
    assert (facts.lines["x"], "z" in facts.problems) == ("y", True)


DESCRIBED = {"arn": "arn:aws:eks:eu-central-1:123456789012:cluster/mine", "endpoint": "", "status": "ACTIVE"}


def told(call):
    """Return Session.call with one cluster described."""

    def answer(self, service, operation, **arguments):
        if operation == "describe_cluster":
            return {"cluster": DESCRIBED}
        return call(self, service, operation, **arguments)

    return answer
