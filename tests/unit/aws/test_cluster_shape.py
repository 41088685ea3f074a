"""Our clusters are of a shape that EKS takes; for each rule one that breaks it."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from ansible_collections.landfall.eks.plugins.module_utils.eks import template
from tests.unit.aws import network
from tests.unit.aws.cluster_plays import NAME, client, stacks
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import AUTO, USUAL
from tests.unit.aws.stricter import cluster_shape


@pytest.fixture(autouse=True)
def stricter(taught, monkeypatch):  # noqa: F811
    cluster_shape.install(monkeypatch)


def create(written):
    client("cloudformation").create_stack(
        StackName=NAME, TemplateBody=json.dumps(written), Capabilities=["CAPABILITY_IAM"]
    )


def made(**other):
    return json.loads(template.body("whole", USUAL | other))


@pytest.mark.parametrize("mode", [{}, AUTO], ids=["groups", "auto"])
@pytest.mark.parametrize("existing", [False, True], ids=["own", "existing"])
def test_eks_takes_what_we_make(mode, existing):
    there = network.make() if existing else {}
    given = {"vpc_id": there["vpc"], "subnet_ids": there["subnets"]} if existing else {}
    create(made(**mode, **given))
    assert stacks() == {NAME: "CREATE_COMPLETE"}


def refused(written):
    with pytest.raises(ClientError) as error:
        create(written)
    return error.value.response["Error"]["Message"]


@pytest.mark.parametrize("left_out", ["ComputeConfig", "KubernetesNetworkConfig", "StorageConfig"])
def test_half_an_auto_mode_is_refused(left_out):
    written = made(**AUTO)
    del written["Resources"]["Cluster"]["Properties"][left_out]
    assert refused(written) == cluster_shape.HALF


def test_add_ons_that_nobody_updates_are_refused_in_auto_mode():
    written = made(**AUTO)
    del written["Resources"]["Cluster"]["Properties"]["BootstrapSelfManagedAddons"]
    assert refused(written) == cluster_shape.SELF_MANAGED


def test_the_role_of_a_usual_cluster_does_not_do():
    written = made(**AUTO)
    written["Resources"]["ClusterRole"] = made()["Resources"]["ClusterRole"]
    assert "tag its session" in refused(written)


def test_subnets_of_two_networks_are_refused():
    one, other = network.make(), network.make()
    mixed = made(vpc_id=one["vpc"], subnet_ids=[one["subnets"][0], other["subnets"][1]])
    assert refused(mixed) == cluster_shape.TWO_NETWORKS


def test_subnets_of_one_zone_are_refused():
    there = network.make()
    second = network.subnet(there["vpc"], network.ZONES[0], 9)
    alone = made(vpc_id=there["vpc"], subnet_ids=[there["subnets"][0], second])
    assert refused(alone) == cluster_shape.ONE_ZONE
