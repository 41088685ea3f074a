"""Who gets the Lease, who is told what, and how it is given back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubernetes.client.exceptions import ApiException

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces
from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import (
    Busy,
    Lease,
    LeaseLostError,
    hold_of,
)
from tests.fake_cluster import FakeCluster
from tests.unit.lease.clock import Clock

ANNA, BOB = "anna@laptop/a1", "bob@ci/b2"


def test_a_missing_lease_is_made_for_its_taker(lease):
    spec = lease.take(ANNA, 30)["spec"]
    assert spec == {
        "holderIdentity": ANNA,
        "acquireTime": "2026-11-23T12:00:00.000000Z",
        "renewTime": "2026-11-23T12:00:00.000000Z",
        "leaseDurationSeconds": 30,
        "leaseTransitions": 1,
    }


def test_another_run_is_told_who_since_when_and_on_what_run(lease, clock):
    lease.take(ANNA, 30)
    clock.turn(5)
    busy = lease.take(BOB, 30)
    text = "anna@laptop has been at work on this cluster since 2026-11-23 12:00:00 UTC (run a1)"
    assert busy == Busy(text, passing=False, holder=ANNA)


def test_a_run_may_take_its_own_again_and_has_it_since_the_first_time(lease, clock):
    lease.take(ANNA, 30)
    clock.turn(10)
    spec = lease.take(ANNA, 30)["spec"]
    assert (spec["acquireTime"], spec["leaseTransitions"]) == ("2026-11-23T12:00:00.000000Z", 1)
    assert spec["renewTime"] == "2026-11-23T12:00:10.000000Z"


@pytest.mark.parametrize(("silence", "outcome"), [(14, "busy"), (16, "passing"), (31, "passing"), (33, "taken")])
def test_a_silent_holder_is_waited_out(lease, clock, silence, outcome):
    lease.take(ANNA, 30)
    clock.turn(silence)
    found = lease.take(BOB, 30)
    if outcome == "taken":
        assert hold_of(found).holder == BOB
        assert found["spec"]["leaseTransitions"] == 2
    else:
        assert found.passing is (outcome == "passing")
        assert ("is silent" in found.text) is found.passing


def test_an_ending_run_is_waited_out_and_its_mark_goes_with_it(lease):
    held = lease.renew(lease.take(ANNA, 30), ending=True)
    busy = lease.take(BOB, 30)
    assert busy.passing
    assert "leaves Helm still at work" in busy.text
    lease.release(held, delete=False)
    assert not hold_of(lease.take(BOB, 30)).ending


def test_of_two_that_make_it_at_once_one_gets_it(lease, cluster):
    cluster.surprise(lambda: lease.take(ANNA, 30))
    assert isinstance(lease.take(BOB, 30), Busy)
    assert hold_of(lease.read()).holder == ANNA


def test_of_two_that_take_over_at_once_one_gets_it(lease, cluster, clock):
    lease.take("carol@ci/c3", 30)
    clock.turn(60)
    cluster.surprise(lambda: lease.take(ANNA, 30))
    assert isinstance(lease.take(BOB, 30), Busy)
    assert hold_of(lease.read()).holder == ANNA


def test_renewing_bears_a_label_that_somebody_added(lease, cluster, clock):
    held = lease.take(ANNA, 30)
    labelled = lease.read()
    labelled["metadata"]["labels"]["team"] = "shop"
    cluster.request("PUT", f"{lease.path}/landfall", body=labelled)
    clock.turn(10)
    renewed = lease.renew(held)
    assert renewed["metadata"]["labels"]["team"] == "shop"
    assert renewed["spec"]["renewTime"] == "2026-11-23T12:00:10.000000Z"


def test_renewing_finds_out_that_another_run_has_it(lease, clock):
    held = lease.take(ANNA, 30)
    clock.turn(60)
    lease.take(BOB, 30)
    with pytest.raises(
        LeaseLostError, match=r"ran out, and bob@ci has been at work .* since .* 12:01:00 UTC \(run b2\)"
    ):
        lease.renew(held)
    assert hold_of(lease.read()).holder == BOB


def test_renewing_finds_out_that_it_was_deleted(lease, cluster):
    held = lease.take(ANNA, 30)
    cluster.objects.clear()
    with pytest.raises(LeaseLostError, match="was deleted"):
        lease.renew(held)
    assert lease.read() is None


def test_a_late_renewal_keeps_what_nobody_has_taken(lease, clock):
    held = lease.take(ANNA, 30)
    clock.turn(3600)
    assert hold_of(lease.renew(held)).left(clock()) > 30


@pytest.mark.parametrize("delete", [True, False])
def test_release_lets_the_next_one_start_at_once(lease, delete):
    lease.release(lease.take(ANNA, 30), delete=delete)
    assert (lease.read() is None) is delete
    assert hold_of(lease.take(BOB, 30)).holder == BOB


@pytest.mark.parametrize("delete", [True, False])
def test_release_leaves_another_runs_lease_alone(lease, clock, delete):
    held = lease.take(ANNA, 30)
    clock.turn(60)
    lease.take(BOB, 30)
    lease.release(held, delete=delete)
    assert hold_of(lease.read()).holder == BOB


def test_refusals_are_not_taken_for_a_busy_lease(lease, cluster):
    def refuse():
        raise ApiException(status=403, reason="leases are forbidden")

    cluster.surprise(refuse)
    with pytest.raises(ApiException, match="forbidden"):
        lease.take(ANNA, 30)


def test_the_namespace_is_made_once_and_marked_as_ours(cluster):
    assert namespaces.ensure(cluster, "landfall-system", make=False) == ("absent", False)
    assert namespaces.ensure(cluster, "landfall-system", make=True) == ("there", True)
    assert namespaces.ensure(cluster, "landfall-system", make=True) == ("there", False)
    made = cluster.objects["Namespace", "", "landfall-system"]
    assert made["metadata"]["labels"] == {
        "landfall.eks/made-by": "landfall",
        "pod-security.kubernetes.io/enforce": "restricted",
    }


def test_a_namespace_that_another_run_makes_meanwhile_will_do(cluster):
    cluster.surprise(lambda: namespaces.ensure(cluster, "landfall-system", make=True))
    assert namespaces.ensure(cluster, "landfall-system", make=True) == ("there", False)


def test_a_namespace_on_its_way_out_is_waited_for(cluster):
    gone = {"name": "landfall-system", "deletionTimestamp": "2026-11-23T12:00:00Z", "finalizers": ["x.org/y"]}
    cluster.add({"kind": "Namespace", "metadata": gone})
    assert namespaces.ensure(cluster, "landfall-system", make=True) == ("going", False)


STEPS = st.lists(st.tuples(st.sampled_from(["take", "renew", "release"]), st.integers(0, 2), st.integers(0, 40)))


# Without a deadline: a busy machine is no failure.
@settings(deadline=None)
@given(steps=STEPS)
def test_never_two_holders(steps):
    """Whatever runs do and however long they pause: who may renew is the one whom the Lease names."""
    clock, held = Clock(), {}
    lease = Lease(FakeCluster(), "landfall-system", clock)
    for what, who, pause in steps:
        name = f"run@host/{who}"
        if what == "take" and not isinstance(taken := lease.take(name, 30), Busy):
            held[name] = taken
        elif what == "renew" and name in held:
            try:
                held[name] = lease.renew(held[name])
            except LeaseLostError:
                del held[name]
        elif what == "release" and name in held:
            lease.release(held.pop(name), delete=False)
        clock.turn(pause)
        now = lease.read()
        alive = [each for each, body in held.items() if hold_of(body).left(clock()) > 0]
        assert len(alive) <= 1
        assert not alive or hold_of(now).holder == alive[0]
