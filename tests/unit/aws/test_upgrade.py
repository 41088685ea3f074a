"""One version up: each thing that can be in the way, with the same thing not in the way as its control."""

from __future__ import annotations

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError
from ansible_collections.landfall.eks.plugins.module_utils.eks import upgrade, upgrade_facts
from tests.fake_cluster import FakeCluster
from tests.unit.aws.test_stack import WHEN, Stubbed

ASKED = "apiserver_requested_deprecated_apis"
METRICS = f"""\
# TYPE {ASKED} gauge
{ASKED}{{group="",removed_release="",resource="componentstatuses",subresource="",version="v1"}} 1
{ASKED}{{group="flowcontrol.apiserver.k8s.io",removed_release="1.35",resource="flowschemas",version="v1beta9"}} 1
{ASKED}{{group="batch",removed_release="1.38",resource="cronjobs",subresource="",version="v2"}} 1
"""


@pytest.mark.parametrize(
    ("live", "wanted", "said"),
    [
        ("", "1.35", ""),
        ("1.35", "1.35", ""),
        ("1.34", "1.35", ""),
        ("1.35", "1.34", "write 1.35. EKS rolls an upgrade back within seven days: -e cluster_state=rolled_back."),
        ("1.35", "1.33", "write 1.35."),
        ("1.33", "1.35", "write 1.34 first."),
        ("1.9", "1.10", ""),
    ],
)
def test_steps(live, wanted, said):
    found = upgrade.step_problem(live, wanted)
    assert found.endswith(said) if said else found == ""


def test_a_deprecated_api_that_goes_is_said_and_one_that_stays_is_not():
    (said,) = upgrade.deprecated_in_use(METRICS, "1.35")
    assert said.startswith("flowcontrol.apiserver.k8s.io/v1beta9 flowschemas was asked for since")
    assert "is gone from Kubernetes 1.35 on: find who asks" in said
    assert upgrade.deprecated_in_use(METRICS, "1.34") == []
    assert len(upgrade.deprecated_in_use(METRICS, "1.38")) == 2


def budget(name, allowed, healthy=2, wanted=1, expected=2):
    status = {
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": wanted,
        "expectedPods": expected,
    }
    return {"metadata": {"namespace": "shop", "name": name}, "status": status}


def test_budgets_by_which_no_node_is_drained():
    ill, strict = upgrade.blocking_budgets(
        [budget("fine", 1), budget("strict", 0, wanted=2), budget("ill", 0, healthy=0), budget("empty", 0, expected=0)]
    )
    assert ill.startswith(
        "The PodDisruptionBudget shop/ill allows no disruption, so no node is drained: 0 of its 2 pods"
    )
    assert strict.endswith("it wants 2 of 2 pods: give it one more, or let it allow one less.")


def offered(version, clusters, default=()):
    return {
        "addonVersion": version,
        "compatibilities": [{"clusterVersion": each, "defaultVersion": each in default} for each in clusters],
    }


OFFERED = [
    offered("v3", ["1.35"]),
    offered("v2", ["1.34", "1.35"], default=["1.35"]),
    offered("v1", ["1.33", "1.34"], default=["1.34"]),
]


@pytest.mark.parametrize(
    ("wanted", "live", "by_hand", "chosen"),
    [
        ("1.35", "", "", "v2"),
        ("1.35", "v3", "", "v3"),
        ("1.35", "v1", "", "v2"),
        ("1.34", "v1", "", "v1"),
        ("1.35", "v2", "v3", "v3"),
    ],
)
def test_an_addon_stays_while_it_fits(wanted, live, by_hand, chosen):
    assert upgrade.addon_choice("coredns", OFFERED, wanted, live, by_hand) == (chosen, "")


def test_an_addon_that_does_not_fit():
    assert (
        "which EKS does not offer for Kubernetes 1.35: write one of v3, v2"
        in upgrade.addon_choice("coredns", OFFERED, "1.35", "", "v1")[1]
    )
    assert upgrade.addon_choice("coredns", [], "1.36")[1].startswith("EKS offers no version of the add-on coredns")


CLUSTER = {"cluster": {"name": "production", "arn": "arn:aws:eks:eu-central-1:123456789012:cluster/production"}}


def insight(name, status, version="1.35"):
    return {
        "id": "a1b2c3d4-0000-0000-0000-000000000000",
        "name": name,
        "category": "UPGRADE_READINESS",
        "kubernetesVersion": version,
        "insightStatus": {"status": status, "reason": "Deprecated API usage detected"},
        "lastRefreshTime": WHEN,
    }


class Eks(Stubbed):
    region = "eu-central-1"

    def __init__(self, *answers):
        super().__init__("eks", *answers)


def ask_for(live, *further, wanted="1.35"):
    cluster = {"cluster": CLUSTER["cluster"] | {"version": live, "status": "ACTIVE"}}
    session = Eks(
        ("describe_cluster", {"name": "production"}, cluster),
        (
            "describe_addon_versions",
            {"addonName": "coredns", "kubernetesVersion": wanted},
            {"addons": [{"addonName": "coredns", "addonVersions": OFFERED}]},
        ),
        ("describe_addon", {"clusterName": "production", "addonName": "coredns"}, {"addon": {"addonVersion": "v1"}}),
        *further,
    )
    found = upgrade_facts.read_versions(session, "production", wanted, ["coredns"], {})
    session.done()
    return found


GROUPS = (
    ("list_nodegroups", {"clusterName": "production"}, {"nodegroups": ["default"]}),
    (
        "describe_nodegroup",
        {"clusterName": "production", "nodegroupName": "default"},
        {"nodegroup": {"nodegroupName": "default", "version": "1.34"}},
    ),
)


def test_eks_is_asked_for_its_insights_on_the_way_up():
    told = {
        "insights": [insight("Deprecated APIs", "ERROR"), insight("Kubelet", "PASSING"), insight("x", "ERROR", "1.36")]
    }
    found = ask_for("1.34", *GROUPS, ("list_insights", {"clusterName": "production"}, told))
    assert found.addons == {"coredns": "v2"}
    assert len(found.problems) == 1
    assert found.problems[0].startswith("EKS says of Deprecated APIs: Deprecated API usage detected (aws eks describe-")


def test_eks_is_not_asked_for_them_without_a_step():
    assert ask_for("1.34", wanted="1.34").addons == {"coredns": "v1"}


def test_an_add_on_that_a_region_lacks_is_left_out_and_named():
    agent = "eks-node-monitoring-agent"
    nothing = ("describe_addon_versions", {"addonName": agent, "kubernetesVersion": "1.35"}, {"addons": []})

    def found(by_hand):
        session = Eks(nothing)
        session.stubber.add_client_error("describe_cluster", "ResourceNotFoundException", "No cluster found")
        session.stubber._queue.rotate(1)
        return upgrade_facts.read_versions(session, "production", "1.35", [agent], by_hand)

    left_out = found({})
    assert (left_out.addons, left_out.problems) == ({}, [])
    assert left_out.notes == [f"The add-on {agent} is left out, since eu-central-1 does not offer it."]
    # The control: one that somebody wants, and one that a cluster needs.
    assert found({agent: "v1"}).problems
    session = Eks(("describe_addon_versions", None, {"addons": []}))
    session.stubber.add_client_error("describe_cluster", "ResourceNotFoundException", "No cluster found")
    session.stubber._queue.rotate(1)
    assert upgrade_facts.read_versions(session, "production", "1.35", ["coredns"], {}).problems


def test_a_step_too_far_ends_the_questions():
    cluster = {"cluster": CLUSTER["cluster"] | {"version": "1.33"}}
    session = Eks(("describe_cluster", None, cluster))
    found = upgrade_facts.read_versions(session, "production", "1.35", ["coredns"], {})
    assert found.problems
    assert found.addons == {}


def test_no_cluster_is_an_answer_and_a_refusal_is_none():
    session = Eks()
    session.stubber.add_client_error("describe_cluster", "ResourceNotFoundException", "No cluster found")
    assert upgrade_facts.read_cluster(session, "production").live == ""
    session.stubber.add_client_error("describe_cluster", "AccessDeniedException", "not you")
    with pytest.raises(AwsError, match="not you"):
        upgrade_facts.read_cluster(session, "production")


def test_the_cluster_itself_is_asked():
    cluster = FakeCluster({"kind": "PodDisruptionBudget", **budget("strict", 0, wanted=2)})
    cluster.answers["/metrics"] = METRICS
    said = upgrade_facts.ask_cluster(cluster, "1.35")
    assert [each.split()[0] for each in said] == ["flowcontrol.apiserver.k8s.io/v1beta9", "The"]
