"""playbooks/cluster.yml over the life of a version: up, nodes after it, back, and patched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import steps
from ansible_collections.landfall.eks.plugins.modules import cluster_rollback
from tests.unit.aws import api_stub
from tests.unit.aws.cluster_plays import NAME, PLATFORM, SOON, Plays, changed, create, stacks, template_of
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import made
from tests.unit.aws.stricter.updates import RefusedError, begin, versions  # noqa: F401
from tests.unit.aws.test_steps import NEW, OLD, apply

FOLLOW = ("-e", "cluster_nodes_follow=true")
BACK = ("-e", "cluster_state=rolled_back")
PATCH = ("-e", "cluster_patch=true")
FILES = 2
"""Changes of a run that changes nothing in AWS, on a cluster whose files it writes for the first time."""
NEVER_UPGRADED = (
    "The cluster production runs 1.34 and was not upgraded to it: EKS rolls back an upgrade, and not the version that "
    "a cluster was created with."
)
KIND = {"name": "poddisruptionbudgets", "kind": "PodDisruptionBudget", "namespaced": True}
BUDGETS = "/apis/policy/v1/poddisruptionbudgets"


@pytest.fixture
def cluster(tmp_path, versions):  # noqa: F811
    """Yield the plays on a cluster of 1.34 that has an API server."""
    create(version="1.34", addon_versions=OLD, access=[{"principal_arn": PLATFORM}])
    begin(versions, "1.34")
    with api_stub.serving(tmp_path) as (server, told):
        server.answers |= {"/metrics": "", "/apis/policy/v1": {"resources": [KIND]}, BUDGETS: {"items": []}}
        versions.cluster.endpoint = told["endpoint"]
        versions.cluster.certificate_authority = {"data": told["certificate_authority"]}
        play = Plays(tmp_path)
        play.server = server
        yield play


def nodes(versions):  # noqa: F811
    return {name: (each.version, each.release_version) for name, each in versions.groups.items()}


def upgraded(versions):  # noqa: F811
    """Take the first step of an upgrade, as a run does that is killed after it."""
    wanted = made(version="1.35", addon_versions=NEW, access=[{"principal_arn": PLATFORM}])
    assert apply(steps.work_out(template_of(), wanted, "1.34", follow=False).now[0].body) == ("UPDATE_COMPLETE", "")


def test_up_and_the_nodes_when_a_person_says_so(cluster, versions):  # noqa: F811
    well, said = cluster(cluster_version="1.35")
    assert well, said
    assert "These wait until you run with -e cluster_nodes_follow=true" in said
    assert "EKS can roll the control plane back to 1.34 until" in said
    assert (versions.cluster.version, versions.addons) == ("1.35", OLD)
    assert nodes(versions) == {"default": ("1.34", "1.34.1-20261001")}
    well, said = cluster(*FOLLOW, cluster_version="1.35")
    assert well, said
    assert (nodes(versions)["default"][0], versions.addons) == ("1.35", NEW)
    assert "These wait" not in said
    well, said = cluster(*FOLLOW, cluster_version="1.35")
    assert well, said
    assert changed(said) == 0, said


def test_a_run_that_was_killed_goes_on_unless_nodes_would_not_drain(cluster, versions):  # noqa: F811
    upgraded(versions)
    status = {"disruptionsAllowed": 0, "expectedPods": 2, "currentHealthy": 2, "desiredHealthy": 2}
    strict = {"metadata": {"namespace": "shop", "name": "strict"}, "status": status}
    cluster.server.answers[BUDGETS] = {"items": [strict]}
    well, said = cluster(*FOLLOW, cluster_version="1.35")
    assert not well
    assert "The PodDisruptionBudget shop/strict allows no disruption" in said
    assert versions.addons == OLD, "it is refused before anything changes"
    cluster.server.answers[BUDGETS] = {"items": []}
    well, said = cluster(*FOLLOW, cluster_version="1.35")
    assert well, said
    assert (nodes(versions)["default"][0], versions.addons) == ("1.35", NEW)


def test_back_within_the_window_and_up_again(cluster, versions):  # noqa: F811
    upgraded(versions)
    well, said = cluster(*BACK, cluster_version="1.35")
    assert well, said
    assert (versions.cluster.version, changed(said)) == ("1.34", 1)
    assert "since the next run would upgrade it again" in said
    assert rolled_back() == {"target": "1.34", "done": True, "until": "", "problems": []}
    # The stack says 1.35 still, and is not asked to change that.
    well, said = cluster(cluster_version="1.34", cluster_protected=False)
    assert well, said
    assert "The stack names 1.35 and the control plane runs 1.34" in said
    assert (changed(said), stacks()) == (FILES, {NAME: "UPDATE_COMPLETE"})
    well, said = cluster(cluster_version="1.35", cluster_protected=False)
    assert well, said
    assert versions.cluster.version == "1.35"
    assert template_of()["Resources"]["Cluster"]["Properties"]["Version"] == "1.35", "the two agree again"


def rolled_back():
    return cluster_rollback.ask(Session("eu-central-1"), "production", datetime.now(UTC))


def test_the_window_and_what_closes_it(cluster, versions):  # noqa: F811
    assert rolled_back()["problems"] == [NEVER_UPGRADED]
    upgraded(versions)
    assert rolled_back()["problems"] == []
    assert rolled_back()["until"].startswith("EKS can roll the control plane back to 1.34 until ")
    versions.groups["default"].version, versions.addons = "1.35", dict(NEW)
    addons, more, newer = sorted(rolled_back()["problems"])
    assert addons.startswith("The add-on coredns runs v1.12.4-eksbuild.1, which EKS does not offer for Kubernetes 1.34")
    assert more.startswith("The add-on kube-proxy runs")
    assert newer.startswith("The nodes of default run 1.35, and nodes must not be newer than the control plane")
    with pytest.raises(RefusedError, match="Kubelet version skew"):
        versions.move("1.34")
    versions.updates[-1]["createdAt"] -= timedelta(days=8).total_seconds()
    assert rolled_back()["until"] == ""
    with pytest.raises(RefusedError, match="The rollback window of 7 days has passed"):
        versions.move("1.34")
    well, said = cluster(*BACK)
    assert not well
    assert "The cluster production was upgraded to 1.35 more than 7 days ago" in said


def test_patched_within_a_version(cluster, versions):  # noqa: F811
    versions.newest = {"1.34": "1.34.2-20261120"}
    versions.offered["vpc-cni"] = [("v1.21.0-eksbuild.1", ("1.34",)), *versions.offered["vpc-cni"]]
    well, said = cluster("--check", *PATCH, cluster_version="1.34")
    assert well, said
    assert "nodes default: 1.34.1-20261001 -> 1.34.2-20261120, 50 days newer" in said
    assert "AddonVpcCni v1.20.4-eksbuild.1 -> v1.21.0-eksbuild.1" in said
    assert nodes(versions) == {"default": ("1.34", "1.34.1-20261001")}
    well, said = cluster(*PATCH, cluster_version="1.34")
    assert well, said
    assert nodes(versions) == {"default": ("1.34", "1.34.2-20261120")}
    assert versions.addons["vpc-cni"] == "v1.21.0-eksbuild.1"
    well, said = cluster(*PATCH, cluster_version="1.34")
    assert well, said
    assert changed(said) == 0, said


def test_an_empty_cluster_is_deleted_once_it_was_looked_at(cluster):
    cluster.server.answers["/api/v1/secrets"] = {"items": []}
    cluster.server.tokens.clear()
    well, said = cluster("-e", "cluster_state=absent", "-e", "cluster_protected=false", **SOON)
    assert well, said
    assert cluster.server.tokens, "control: the cluster was asked"
    assert stacks() == {}
