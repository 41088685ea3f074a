"""playbooks/cluster.yml with nothing but the published policies, against a simulated AWS that enforces them."""

from __future__ import annotations

import moto.kms.responses
import pytest

from tests.unit.aws.cluster_plays import CLUSTER, NAME, Plays, client, create, protected, stacks, template_of
from tests.unit.aws.enforced import KEY_ID, Enforced
from tests.unit.aws.leftovers import Controllers
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import of_type

BOUNDARY = "arn:aws:iam::123456789012:policy/landfall-boundary"
ROLE = "arn:aws:iam::123456789012:role/cloudformation-landfall"
OF_PERSON = ("cluster", "leaving")
OF_STACK = ("stack", "network")
GONE = ("-e", "cluster_state=absent", "-e", "cluster_protected=false", "-e", "cluster_delete_installed=true")
ALL = ("-e", "cluster_delete=volumes,addresses,snapshots,logs")


@pytest.fixture
def play(tmp_path, taught, monkeypatch):  # noqa: F811
    monkeypatch.setattr(moto.kms.responses, "validate_policy", lambda key, action: None)
    return Plays(tmp_path, AWS_ACCESS_KEY_ID=KEY_ID)


def leave():
    stack = client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    controllers = Controllers(CLUSTER, outputs["VpcId"], outputs["PrivateSubnets"].split(","))
    controllers.balancer("ingress/nginx")
    controllers.snapshot(controllers.volume("data-0"))
    controllers.interface()
    controllers.address()


def test_the_policies_suffice_from_nothing_to_nothing(play, monkeypatch):
    enforced = Enforced(*OF_PERSON, *OF_STACK)
    enforced.install(monkeypatch)
    well, said = play(cluster_permissions_boundary=BOUNDARY)
    assert well, said
    assert protected() == (True, True)
    roles = of_type(template_of(), "IAM::Role")
    assert {each["PermissionsBoundary"] for each in roles.values()} == {BOUNDARY}
    leave()
    well, said = play(*GONE, *ALL, cluster_permissions_boundary=BOUNDARY)
    assert well, said
    assert stacks() == {}
    assert enforced.refused == []
    done = {each.action for each in enforced.asked}
    assert {"cloudformation:CreateStack", "cloudformation:DeleteStack"} <= done
    assert {"eks:UpdateClusterConfig", "eks:CreateCluster", "iam:CreateRole", "ec2:DeleteVpc"} <= done
    assert {"ec2:DeleteVolume", "elasticloadbalancing:DeleteLoadBalancer", "ec2:ReleaseAddress"} <= done


def test_with_a_role_of_cloudformation_a_person_needs_little(play, monkeypatch):
    enforced = Enforced(*OF_PERSON, of_roles={ROLE: OF_STACK})
    enforced.install(monkeypatch)
    settings = {"cluster_permissions_boundary": BOUNDARY, "cluster_stack_role": ROLE}
    well, said = play(**settings)
    assert well, said
    assert {each.action for each in enforced.asked} >= {"eks:CreateCluster", "iam:CreateRole"}
    # Without the setting the stack keeps its role, for a change and for its deletion too.
    well, said = play(cluster_permissions_boundary=BOUNDARY, cluster_nat_gateways="each_zone")
    assert well, said
    assert "cloudformation:UpdateStack" in {each.action for each in enforced.asked}
    well, said = play(*GONE)
    assert well, said
    assert (stacks(), enforced.refused) == ({}, [])


def test_the_plan_of_a_change_needs_no_more(play, monkeypatch):
    create(permissions_boundary=BOUNDARY)
    enforced = Enforced(*OF_PERSON, *OF_STACK)
    enforced.install(monkeypatch)
    well, said = play("--check", "-e", "cluster_plan=true", cluster_permissions_boundary=BOUNDARY)
    assert well, said
    assert enforced.refused == []
    assert "cloudformation:CreateChangeSet" in {each.action for each in enforced.asked}


def test_a_cluster_without_the_boundary_is_refused(play, monkeypatch):
    """The control: what an attacker leaves out of his template is what the policies ask for."""
    enforced = Enforced(*OF_PERSON, *OF_STACK)
    enforced.install(monkeypatch)
    well, said = play()
    assert not well
    assert "is not authorized to perform: iam:" in said
    assert "iam:CreateRole" in {each.action for each in enforced.refused}
    assert stacks() == {}


def test_a_person_without_the_role_is_refused(play, monkeypatch):
    enforced = Enforced(*OF_PERSON, of_roles={ROLE: OF_STACK})
    enforced.install(monkeypatch)
    well, said = play(cluster_permissions_boundary=BOUNDARY, cluster_stack_role=f"{ROLE}-of-others")
    assert not well
    assert "iam:PassRole" in said
    assert stacks() == {}
