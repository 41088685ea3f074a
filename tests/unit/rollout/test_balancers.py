"""A Service whose controller cannot follow it: events as aws-load-balancer-controller 3.5.0 writes them.

It has client-go's older recorder, which counts a repeated event and moves its lastTimestamp (controller-runtime 0.24,
pkg/internal/recorder). The texts are those of its pkg/service/model_build_managed_sg.go and
pkg/networking/subnet_resolver.go.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.helm.storage import LABEL_IDENTITY
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.classes import (
    AUTO_MODE_CLASS,
    CONTROLLER_CLASS,
)
from ansible_collections.landfall.eks.plugins.module_utils.rollout import balancers, patience, rollback, wait
from ansible_collections.landfall.eks.plugins.module_utils.rollout.remedies import remedy_of
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import ReleaseWaiter

CREATED, CHANGED = "2026-11-29T08:00:00Z", "2026-11-30T12:00:00Z"
BEFORE, AFTER, LATER = "2026-11-29T08:00:09Z", "2026-11-30T12:00:01Z", "2026-11-30T12:00:07Z"
IPV6 = "Failed build model due to unsupported v6 cidr 2001:db8::/32 when lb is not dualstack"
NO_SUBNET = (
    "Failed build model due to unable to resolve at least one subnet. Evaluated 0 subnets: 0 are tagged for other "
    "clusters, and 0 have insufficient available IP addresses"
)
DENIED = (
    "Failed deploy model due to operation error EC2: AuthorizeSecurityGroupIngress, https response error StatusCode: "
    "403, RequestID: 1, api error UnauthorizedOperation: You are not authorized to perform this operation."
)
ROW = {"api_version": "v1", "kind": "Service", "name": "edge", "namespace": "ingress"}
ROWS = [{**ROW, "field": "status.loadBalancer.ingress.0.hostname"}]


def service(changed=CHANGED, hostname="edge.elb.example.org", **spec):
    """Return a Service that was made, then narrowed by Helm; its controller has written finalizer and status since."""
    managed = [
        {"manager": "helm", "operation": "Update", "time": changed},
        {"manager": "controller", "operation": "Update", "time": BEFORE},
        {"manager": "controller", "operation": "Update", "subresource": "status", "time": "2026-12-24T00:00:00Z"},
    ]
    metadata = {"name": "edge", "namespace": "ingress", "uid": "uid-2", "creationTimestamp": CREATED}
    points = [{"hostname": hostname}] if hostname else []
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {**metadata, "managedFields": managed},
        "spec": {"type": "LoadBalancer", "loadBalancerClass": CONTROLLER_CLASS, **spec},
        "status": {"loadBalancer": {"ingress": points} if points else {}},
    }


def event(reason, seen, message="Successfully reconciled", **more):
    """Return an event as client-go's older recorder writes it, seen once or, by `more`, again and again."""
    about = {"kind": "Service", "namespace": "ingress", "name": "edge", "uid": "uid-2", "apiVersion": "v1"}
    return {
        "kind": "Event",
        "metadata": {"name": f"edge.{reason}.{seen}", "namespace": "ingress"},
        "involvedObject": {**about, **more.pop("about", {})},
        "type": "Normal" if reason == balancers.RECONCILED else "Warning",
        "reason": reason,
        "message": message,
        "firstTimestamp": seen,
        "lastTimestamp": seen,
        "count": 1,
        "eventTime": None,
        "source": {"component": "service"},
        **more,
    }


def newer_event(reason, seen, message):
    """Return an event as the recorder of events.k8s.io writes it: no count, and a series once it repeats."""
    series = {"count": 4, "lastObservedTime": seen.replace("Z", ".250000Z")}
    empty = {"firstTimestamp": None, "lastTimestamp": None, "count": None}
    return event(reason, seen, message) | empty | {"eventTime": BEFORE.replace("Z", ".500000Z"), "series": series}


DONE = event(balancers.RECONCILED, BEFORE)
REPEATED = event("FailedBuildModel", AFTER, IPV6, lastTimestamp=LATER, count=9)
STANDING = {
    "a network that the model refuses": [DONE, event("FailedBuildModel", AFTER, IPV6)],
    "refused again and again": [DONE, REPEATED],
    "nothing but refusals, the older ones being forgotten": [REPEATED],
    "AWS refuses": [DONE, event("FailedDeployModel", AFTER, DENIED)],
    "done in between, then refused": [event(balancers.RECONCILED, AFTER), REPEATED],
    "the other recorder": [DONE, newer_event("FailedBuildModel", LATER, IPV6)],
    "many that differ, told together": [
        DONE,
        event("FailedDeployModel", LATER, f"(combined from similar events): {DENIED}", count=12),
    ],
}
OVER = {
    "done after it": [REPEATED, event(balancers.RECONCILED, "2026-11-30T12:00:08Z")],
    "refused before the change": [event("FailedBuildModel", "2026-11-30T11:59:59Z", IPV6)],
    "of a namesake that was deleted": [event("FailedBuildModel", AFTER, IPV6, about={"uid": "uid-1"})],
    "of a pod of that name": [event("FailedBuildModel", AFTER, IPV6, about={"kind": "Pod", "uid": "uid-3"})],
    "another warning": [event("FailedUpdateStatus", AFTER, "Failed update status due to conflict")],
    "nothing, long after": [],
}


@pytest.fixture
def outcome(cluster, helm_secret, tmp_path):
    """Return a function that judges a release whose Helm has ended well, with a Service in its rows."""
    job = tmp_path / "j1.1"
    job.write_text('{"finished": 1, "rc": 0}')
    cluster.add(helm_secret("edge", "ingress"))

    def judge(*objects, seconds=None, **more):
        for each in objects:
            cluster.add(each)
        run = {"name": "edge", "namespace": "ingress", "identity": "", "source": "cache", "ready": ROWS, "timeout": 600}
        waiter = ReleaseWaiter(cluster, [{**run, "job": str(job), "started": wait.time.time(), **more}])
        return (waiter.poll() if seconds is None else waiter.wait(seconds))["ingress/edge"]

    return judge


def asked_for_events(cluster):
    return [call.path for call in cluster.log if call.path.endswith("/events")]


@pytest.mark.parametrize("events", STANDING.values(), ids=STANDING)
def test_a_load_balancer_that_does_not_follow_its_service_is_not_ready(outcome, events):
    judged = outcome(service(), *events)
    assert (judged.phase, judged.message) == ("running", "Service edge: its load balancer is not what it says")
    assert (judged.have, judged.wanted) == (0, 1)


@pytest.mark.parametrize("events", OVER.values(), ids=OVER)
def test_what_does_not_count(outcome, events):
    assert outcome(service(), *events).phase == "ready"


def test_it_is_what_the_release_fails_with_and_soon(outcome, cluster, monkeypatch):
    cluster.add(service(loadBalancerSourceRanges=["203.0.113.0/24", "2001:db8::/32"]))
    cluster.add(REPEATED)
    monkeypatch.setattr(patience, "GRACE_SECONDS", 0)
    judged = outcome(seconds=0)
    assert judged.phase == "failed"
    said = f"FailedBuildModel: {IPV6}"
    assert judged.message == f"waiting does not help: Service edge: its load balancer is not what it says ({said})"
    assert "IPv4" in remedy_of(judged.message)


@pytest.mark.parametrize("said", [NO_SUBNET, IPV6])
def test_one_that_is_never_made_is_given_up_for_the_same_reason(outcome, monkeypatch, said):
    monkeypatch.setattr(patience, "GRACE_SECONDS", 0)
    judged = outcome(service(hostname=""), event("FailedBuildModel", AFTER, said), seconds=0)
    assert judged.phase == "failed"
    assert judged.message.startswith("waiting does not help: Service edge: status.loadBalancer.ingress.0.hostname is")
    assert judged.message.endswith(f"(FailedBuildModel: {said})")


@pytest.mark.parametrize(
    ("reason", "message", "kind"),
    [
        ("FailedBuildModel", NO_SUBNET, patience.Kind.HOPELESS),
        ("FailedBuildModel", IPV6, patience.Kind.HOPELESS),
        (
            "FailedBuildModel",
            "Failed build model due to operation error EC2: DescribeSubnets, api error RequestLimitExceeded: slow down",
            patience.Kind.PASSING,
        ),
        ("FailedDeployModel", DENIED, patience.Kind.PASSING),
        ("FailedDeployModel", "Failed deploy model due to TooManyTargets", patience.Kind.PASSING),
    ],
)
def test_what_aws_answers_may_pass(reason, message, kind):
    assert patience.kind_of(f"{reason}: {message}", service()) == kind


def test_after_a_change_the_controller_has_a_minute_to_say_something(outcome):
    now = datetime.now(UTC)
    just, before = (f"{now - timedelta(seconds=ago):%Y-%m-%dT%H:%M:%SZ}" for ago in (1, 62))
    judged = outcome(service(just))
    assert judged.message == "Service edge: its controller has not taken the change over yet"
    assert outcome(event(balancers.RECONCILED, just)).phase == "ready"
    assert outcome(service(before)).phase == "ready", "one that says nothing is not waited for any longer"


def test_a_run_that_changes_nothing_asks_for_no_event(outcome, cluster):
    assert outcome(service(), REPEATED, job="").phase == "ready"
    assert asked_for_events(cluster) == []
    assert outcome(job="", applied=True).phase == "running", "what the component applies itself was changed"
    assert len(asked_for_events(cluster)) == 1


@pytest.mark.parametrize("spec", [{"loadBalancerClass": "example.org/other"}, {"loadBalancerClass": None}])
def test_load_balancers_of_others_are_left_to_them(outcome, cluster, spec):
    assert outcome(service(**spec), REPEATED).phase == "ready"
    assert asked_for_events(cluster) == []


def test_eks_auto_mode_writes_the_same(outcome):
    assert outcome(service(loadBalancerClass=AUTO_MODE_CLASS), REPEATED).phase == "running"


def test_who_may_not_read_events_is_not_stopped(outcome, cluster):
    cluster.refuse(403, "events is forbidden", method="GET", path="/events", times=9)
    assert outcome(service(), REPEATED).phase == "ready"


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([REPEATED], "which is not ready either: not ready after 0 s: Service edge: its load balancer is not"),
        ([event(balancers.RECONCILED, "2026-11-30T12:00:09Z")], "and ready"),
    ],
    ids=["refused", "reconciled"],
)
def test_a_release_is_back_only_once_its_load_balancer_is(cluster, helm_secret, events, said):
    class Helm:
        seconds = 0

        def roll_back(self, *_):
            cluster.add(helm_secret("edge", "ingress", revision=3))

    for number, status in ((1, "superseded"), (2, "failed")):
        cluster.add(helm_secret("edge", "ingress", number, status, labels={LABEL_IDENTITY: f"{number}.abc"}))
    for each in (service(), *events):
        cluster.add(each)
    run = {"name": "edge", "namespace": "ingress", "ready": ROWS}
    found = rollback.roll_back(cluster, run, 1, Helm())
    assert found.text.startswith(f"it is back at revision 1, {said}")


def test_what_was_seen_is_kept_from_one_call_to_the_next(outcome, tmp_path):
    assert outcome(service(), REPEATED, seconds=0).phase == "running"
    (name,) = json.loads((tmp_path / "j1.1.seen").read_text())
    assert name == "hopeless Service edge"
