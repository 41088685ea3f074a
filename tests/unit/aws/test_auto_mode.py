"""EKS Auto Mode: fixed at creation, and what the role does inside of such a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.eks import creation
from tests.unit.aws.cluster_plays import Plays, changed, template_of
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import AUTO, made

VARIABLES = yaml.safe_load((Path(__file__).parents[3] / "roles/cluster/vars/main.yml").read_text())


@pytest.mark.parametrize(
    ("live", "wanted", "said"), [(True, True, ""), (False, False, ""), (True, False, "true"), (False, True, "false")]
)
def test_a_cluster_keeps_its_mode(live, wanted, said):
    found = creation.switched(made(**AUTO if live else {}), auto_mode=wanted)
    assert (
        found.endswith(f"was created with {said}, which stays: write that, or create another cluster.")
        if said
        else not found
    )
    assert creation.switched(None, auto_mode=wanted) == ""


def test_the_playbook_makes_one_and_refuses_to_leave_it(tmp_path, taught):  # noqa: F811
    plays = Plays(tmp_path)
    well, said = plays("--check", cluster_auto_mode=True)
    assert well, said
    assert "neither they nor its fee for each of them are in it" in said
    well, said = plays(cluster_auto_mode=True)
    assert well, said
    assert "ComputeConfig" in template_of()["Resources"]["Cluster"]["Properties"]
    well, said = plays(cluster_auto_mode=True)
    assert (well, changed(said)) == (True, 0)
    well, said = plays()
    assert not well
    assert "Nothing was changed, since this is in the way: - cluster_auto_mode is false" in said


def test_its_volumes_and_network_policies_are_its_own():
    assert "ebs.csi.eks.amazonaws.com" in VARIABLES["__cluster_storage_class"]["provisioner"]
    policies = VARIABLES["__cluster_network_policies"]
    assert (policies["kind"], policies["metadata"]) == (
        "ConfigMap",
        {"name": "amazon-vpc-cni", "namespace": "kube-system"},
    )
    assert policies["data"] == {"enable-network-policy-controller": "true"}
