"""A change of a cluster as the updates that AWS takes, and as the one that it does not."""

from __future__ import annotations

import json

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.eks import stack, steps, template
from tests.unit.aws.cluster_plays import NAME, client, create
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import SPOT, USUAL, made
from tests.unit.aws.stricter.updates import COMBINED, OFFERED, begin, versions  # noqa: F401

OLD = {name: found[-1][0] for name, found in OFFERED.items()}
NEW = {name: found[0][0] for name, found in OFFERED.items()}
BEFORE = {"version": "1.34", "addon_versions": OLD}
AFTER = {"version": "1.35", "addon_versions": NEW}
LABELLED = [{"name": "default", "min": 3, "max": 6, "labels": {"a": "b"}}]
CHANGES = {
    "version alone": {},
    "version and launch template": {"node_hop_limit": 2},
    "version and labels": {"node_groups": LABELLED},
    "version and all of a group": {"node_groups": LABELLED, "node_hop_limit": 2},
    "version and network": {"nat_gateways": "each_zone", "flow_logs": "none"},
    "version and another group": {"node_groups": [*USUAL["node_groups"], SPOT]},
    "version and a group made anew": {"node_groups": [{"name": "default", "min": 3, "os": "bottlerocket"}]},
    "version and a group fewer": {"node_groups": [{"name": "other", "min": 3}]},
}


def names(found):
    return [each.name for each in found.now]


def work_out(live, wanted, running="1.34", *, follow=True):
    return steps.work_out(live, wanted, running, follow=follow)


def test_an_upgrade_waits_for_the_nodes():
    live, wanted = made(**BEFORE), made(**AFTER)
    found = work_out(live, wanted, follow=False)
    assert names(found) == ["control plane"]
    assert found.now[0].lines == ("control plane: Cluster 1.34 -> 1.35",)
    assert found.waiting == (
        "add-ons: AddonCoredns v1.11.4-eksbuild.1 -> v1.12.4-eksbuild.1",
        "add-ons: AddonKubeProxy v1.34.0-eksbuild.2 -> v1.35.0-eksbuild.2",
        "nodes: NodesDefault 1.34 -> 1.35",
    )
    after = found.now[-1].template
    assert names(work_out(after, wanted, "1.35", follow=False)) == [], "a run changes nothing while they wait"
    assert names(work_out(after, wanted, "1.35")) == ["add-ons", "nodes"]
    assert names(work_out(live, wanted)) == ["control plane", "add-ons", "nodes"], "at once, if that is wanted"


def test_without_a_stack_and_without_a_difference():
    wanted = made(**AFTER)
    assert names(work_out({}, wanted, "")) == ["creation"]
    assert work_out(wanted, wanted, "1.35", follow=False) == steps.Steps(())


def test_an_ordinary_change_does_not_wait():
    live = made(**AFTER)
    wanted = made(**AFTER, node_hop_limit=2, node_groups=LABELLED)
    found = work_out(live, wanted, "1.35", follow=False)
    assert (names(found), found.waiting) == (["settings", "launch templates"], ())
    pinned = made(version="1.35", addon_versions=NEW | {"coredns": "v1.13.0-eksbuild.1"})
    assert names(work_out(live, pinned, "1.35", follow=False)) == ["add-ons"]


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.replace(" ", "-"))
def test_a_run_that_is_killed_goes_on(change):
    """From wherever it stopped, what is left is done, and the end is the same."""
    live, wanted = made(**BEFORE), made(**AFTER, **CHANGES[change])
    whole = work_out(live, wanted).now
    assert whole[-1].template == wanted
    for index, each in enumerate(whole):
        running = each.template["Resources"]["Cluster"]["Properties"]["Version"]
        left = work_out(each.template, wanted, running).now
        assert [one.body for one in left] == [one.body for one in whole[index + 1 :]]


def test_a_group_that_is_new_begins_with_what_the_control_plane_runs():
    groups = [*USUAL["node_groups"], SPOT]
    first, *_ = work_out(made(**BEFORE), made(**AFTER, node_groups=groups)).now
    assert first.template["Resources"]["NodesSpotArm"]["Properties"]["Version"] == "1.34"
    assert "LaunchSpotArm" in first.template["Resources"]


def test_a_new_add_on_begins_with_what_eks_picks():
    live = made(**BEFORE)
    del live["Resources"]["AddonCoredns"]
    first, *_ = work_out(live, made(**AFTER)).now
    assert "AddonVersion" not in first.template["Resources"]["AddonCoredns"]["Properties"]


@pytest.mark.parametrize(
    ("there", "running", "wanted", "by_eks"),
    [
        ("1.35", "1.34", "1.35", "1.35"),  # rolled back, and now up again
        ("1.35", "1.34", "1.34", ""),  # rolled back
        ("1.34", "1.35", "1.35", ""),  # upgraded in the console
    ],
)
def test_a_control_plane_that_others_moved_is_eks_own(there, running, wanted, by_eks):
    """CloudFormation is not asked for the version that runs (aws/containers-roadmap#115)."""
    live, goal = made(version=there, addon_versions=OLD), made(version=wanted, addon_versions=OLD)
    found = work_out(live, goal, running)
    assert [each.version for each in found.now if each.version] == ([by_eks] if by_eks else [])
    for each in found.now:
        assert not each.template or each.template["Resources"]["Cluster"]["Properties"]["Version"] == there


def apply(body):
    client("cloudformation").update_stack(StackName=NAME, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    found = client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]
    told = client("cloudformation").describe_stack_events(StackName=NAME)["StackEvents"]
    return found["StackStatus"], stack.failure(told[::-1])


@pytest.mark.parametrize("change", ["version and all of a group", "version and a group made anew"])
def test_each_update_is_one_that_aws_takes(versions, change):  # noqa: F811
    create(**BEFORE)
    begin(versions, "1.34")
    live, wanted = made(**BEFORE), made(**AFTER, **CHANGES[change])
    for each in work_out(live, wanted).now:
        assert apply(each.body) == ("UPDATE_COMPLETE", ""), each.name
    assert versions.cluster.version == "1.35"
    assert versions.addons == NEW
    assert change == "version and a group made anew" or {each.version for each in versions.groups.values()} == {"1.35"}


def test_one_update_with_all_of_it_wedges_the_stack(versions):  # noqa: F811
    """The control: what a run did before, and what people found (aws/containers-roadmap#497 and #1258)."""
    create(**BEFORE)
    begin(versions, "1.34")
    status, why = apply(template.body("whole", USUAL | AFTER | {"node_hop_limit": 2}))
    assert status == "UPDATE_ROLLBACK_FAILED"
    assert why == f"NodesDefault (AWS::EKS::Nodegroup) was not made or changed: {COMBINED}."
    assert versions.cluster.version == "1.35", "and the template says 1.34"


def test_nodes_that_do_not_drain_cost_nothing_else(versions):  # noqa: F811
    """A failed update of nodes takes back nodes alone: neither the control plane nor add-ons are part of it."""
    create(**BEFORE)
    begin(versions, "1.34")
    versions.failing = {"NodesDefault": "PodEvictionFailure: Reached max retries while trying to evict pods"}
    statuses = [apply(each.body)[0] for each in work_out(made(**BEFORE), made(**AFTER)).now]
    assert statuses == ["UPDATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]
    assert (versions.cluster.version, versions.addons) == ("1.35", NEW)
    versions.failing = {}
    live = client("cloudformation").get_template(StackName=NAME)["TemplateBody"]
    found = work_out(live if isinstance(live, dict) else json.loads(live), made(**AFTER), "1.35")
    assert names(found) == ["nodes"]
    assert apply(found.now[0].body)[0] == "UPDATE_COMPLETE"
