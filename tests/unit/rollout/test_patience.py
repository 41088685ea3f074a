"""What is given up early and what is waited for, seconds being those of a clock that is only told to have passed."""

import json
import os

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.rollout import patience, wait
from ansible_collections.landfall.eks.plugins.module_utils.rollout.progress import Plain
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import ReleaseWaiter

NAMED_SECONDS = 5
GIVEN_UP_SECONDS = 60
LABELS = {"app": "web"}
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mirror/of/example.org/web:9"
BACK_OFF = f'Back-off pulling image "{IMAGE}": ErrImagePull: '
PULLED = (
    f'rpc error: code = {{}} desc = failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": '
)
NOT_FOUND = PULLED.format("NotFound") + f"{IMAGE}: not found"
UNAUTHORIZED = PULLED.format("Unknown") + "unexpected status from HEAD request to https://example.org: 401 Unauthorized"
NO_ROOM = "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available"
FORBIDDEN = 'pods "web-1" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'
DENIED = 'admission webhook "policy.example.org" denied the request: no limits'


class Clock:
    """Takes the place of `time` in module wait; the world goes on while somebody sleeps."""

    def __init__(self, world):
        self.now, self.world = 1_000_000.0, world

    def time(self):
        return self.now

    monotonic = time

    def sleep(self, seconds):
        self.now += seconds
        self.world(self.now - 1_000_000.0)


class Settled:
    """How a wait ended, at which second, when a cause was first named, and what a log shows."""

    def __init__(self, outcome, seconds, named, lines):
        self.phase, self.message = outcome.phase, outcome.message
        self.seconds, self.named, self.lines = seconds, named, lines


@pytest.fixture
def settled(cluster, helm_secret, monkeypatch, tmp_path):
    """Return a function that waits as action settle does: one short call after the other, until the release ends."""

    job = tmp_path / "j1.1"
    job.write_text('{"finished": 1, "rc": 0}')

    def settle(world, kind="Deployment", workloads=("web",), **more):
        cluster.add(helm_secret("web", "web", manifest=[workload(kind, name) for name in workloads]))
        clock, plain = Clock(world), Plain()
        monkeypatch.setattr(wait, "time", clock)
        monkeypatch.setattr(wait, "POLL_SECONDS", 1.0)
        world(0.0)
        run = {"name": "web", "namespace": "web", "identity": "", "source": "cache", "ready": []}
        run |= {"job": str(job), "timeout": 600, "started": clock.now, **more}
        named, lines = None, []
        while True:
            outcome = ReleaseWaiter(cluster, [run]).wait(3)["web/web"]
            seconds = clock.now - run["started"]
            lines += plain.show({"web/web": outcome.as_dict()}, {"web/web": seconds})
            named = seconds if named is None and outcome.cause else named
            if outcome.phase != "running":
                return Settled(outcome, seconds, named, lines)

    return settle


def workload(kind="Deployment", name="web", ready=0, **status):
    counted = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": ready, "readyReplicas": ready}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "web", "uid": f"uid-{name}"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}},
        "status": {**counted, **status},
    }


def pod(name="web-1", app="web", made="2026-11-30T00:00:01Z", **status):
    metadata = {"name": name, "namespace": "web", "labels": {"app": app}, "creationTimestamp": made}
    return {"kind": "Pod", "metadata": metadata, "spec": {}, "status": status}


def container(reason="", message="", **more):
    state = {"waiting": {"reason": reason, "message": message}} if reason else {"running": {}}
    return {"containerStatuses": [{"name": "main", "state": state, "ready": False, **more}]}


def unscheduled(message=NO_ROOM):
    return {"conditions": [{"type": "PodScheduled", "status": "False", "message": message}]}


def crashed(reason="CrashLoopBackOff"):
    return container(reason, "back-off" if reason else "", lastState={"terminated": {"exitCode": 1, "reason": "Error"}})


def warned(about, reason, message):
    metadata = {"name": f"{about}.1", "namespace": "web"}
    told = {"type": "Warning", "reason": reason, "message": message, "lastTimestamp": "2026-11-30T00:00:02Z"}
    return {"kind": "Event", "metadata": metadata, "involvedObject": {"name": about}, **told}


def there(cluster, *objects):
    """Return a world in which objects are there and nothing changes."""

    def world(now):
        for each in objects if not now else ():
            cluster.add(each)

    return world


def until(cluster, seconds, status_at):
    """Return a world whose one pod has the status that `status_at` gives for a second, and is ready after `seconds`."""

    def world(now):
        done = now >= seconds
        cluster.add(pod(**({"conditions": [{"type": "Ready", "status": "True"}]} if done else status_at(now))))
        cluster.add(workload(ready=int(done)))

    return world


def no_replicas(message):
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    return workload(replicas=0, updatedReplicas=0, conditions=[condition])


HOPELESS = {
    "an image that is not there": ([workload(), pod(**container("ErrImagePull", NOT_FOUND))], "web:9: not found"),
    "an image while the kubelet backs off": (
        [workload(), pod(**container("ImagePullBackOff", BACK_OFF + NOT_FOUND))],
        "web:9: not found",
    ),
    "an image without a login": ([workload(), pod(**container("ErrImagePull", UNAUTHORIZED))], "401 Unauthorized"),
    "a quota, while an old pod restarts": ([no_replicas(FORBIDDEN), pod(**container())], "exceeded quota"),
    "a policy": ([no_replicas(DENIED)], "denied the request"),
    "a key that a Secret lacks": (
        [
            workload(),
            pod(**container("CreateContainerConfigError", "couldn't find key password in Secret web/login")),
        ],
        "couldn't find key password",
    ),
    "a Secret that is not there": (
        [workload(), pod(**container("CreateContainerConfigError", 'secret "login" not found'))],
        'secret "login" not found',
    ),
    "a name that is none": ([workload(), pod(**container("InvalidImageName", "couldn't parse"))], "InvalidImageName"),
}


@pytest.mark.parametrize("name", HOPELESS)
def test_what_waiting_does_not_cure_is_named_and_given_up(cluster, settled, name):
    objects, said = HOPELESS[name]
    found = settled(there(cluster, *objects))
    assert found.phase == "failed"
    assert found.message.startswith("waiting does not help: Deployment web: ")
    assert said in found.message
    assert found.named <= NAMED_SECONDS
    assert patience.GRACE_SECONDS <= found.seconds <= GIVEN_UP_SECONDS


def test_a_stateful_set_that_may_make_no_pod_is_given_up(cluster, settled):
    found = settled(
        there(cluster, workload("StatefulSet", replicas=0), warned("web", "FailedCreate", FORBIDDEN)), "StatefulSet"
    )
    assert "exceeded quota" in found.message
    assert found.seconds <= GIVEN_UP_SECONDS


def test_every_late_workload_is_looked_at(cluster, settled):
    """The first one has not said anything, and goes on for longer than the second may."""
    second = pod("db-1", "db", **container("ErrImagePull", NOT_FOUND))
    found = settled(there(cluster, workload(), workload(name="db"), second), workloads=("web", "db"))
    assert found.message.startswith("waiting does not help: Deployment db: ")
    assert found.named <= NAMED_SECONDS
    assert found.seconds <= GIVEN_UP_SECONDS


def test_what_an_operator_makes_is_looked_at(cluster, settled):
    owner = {"kind": "Kibana", "metadata": {"name": "kibana", "namespace": "web", "uid": "uid-k"}, "status": {}}
    made = workload(name="kibana-kb")
    made["metadata"]["ownerReferences"] = [{"kind": "Kibana", "name": "kibana", "uid": "uid-k"}]
    row = {"api_version": "kibana.k8s.elastic.co/v1", "kind": "Kibana", "name": "kibana", "namespace": "web"}
    found = settled(
        there(cluster, owner, made, pod("kb-1", "kibana-kb", **container("ErrImagePull", NOT_FOUND))),
        workloads=(),
        ready=[{**row, "field": "status.health", "equals": "green"}],
    )
    assert found.message.startswith("waiting does not help: Kibana kibana: status.health is empty")
    assert "web:9: not found" in found.message


def test_a_cause_is_shown_at_once_where_there_was_none(cluster, settled):
    found = settled(until(cluster, 30, lambda now: unscheduled() if now > 4 else {}))
    first = next(line for line in found.lines if "Insufficient cpu" in line)
    assert float(first.split()[0]) - 4 <= NAMED_SECONDS


ENDS_WELL = {
    "a node after 120 s": (120, lambda now: unscheduled()),
    # It runs for a while before each crash.
    "a database after 150 s": (150, lambda now: crashed("" if now % 40 < 20 else "CrashLoopBackOff")),
    "four times 429": (
        150,
        lambda now: container("ImagePullBackOff", BACK_OFF + "failed to copy: 429 Too Many Requests"),
    ),
    "a registry that does not answer": (
        200,
        lambda now: container("ErrImagePull", PULLED.format("DeadlineExceeded") + "dial tcp: i/o timeout"),
    ),
    "a registry that fails": (
        200,
        lambda now: container("ErrImagePull", PULLED.format("Unknown") + "503 Service Unavailable"),
    ),
    "a Secret that comes 30 s later": (
        35,
        lambda now: container("CreateContainerConfigError", 'secret "login" not found') if now < 30 else {},
    ),
    "a slow image": (500, lambda now: container("ContainerCreating")),
    # Each for less than the grace, and never twice in a row.
    "a login that fails now and then": (
        200,
        lambda now: container("ErrImagePull", UNAUTHORIZED if now % 60 < 30 else "dial tcp: i/o timeout"),
    ),
}


@pytest.mark.parametrize("name", ENDS_WELL)
def test_what_may_pass_is_waited_for(cluster, settled, name):
    seconds, status_at = ENDS_WELL[name]
    found = settled(until(cluster, seconds, status_at))
    assert (found.phase, found.seconds) == ("ready", pytest.approx(seconds, abs=3))


def test_a_quota_that_old_pods_free_is_waited_for(cluster, settled):
    def world(now):
        cluster.add(workload(ready=1) if now >= 30 else no_replicas(FORBIDDEN))

    assert settled(world).phase == "ready"


def test_an_old_pod_does_not_count(cluster, settled):
    """An upgrade with the right image, which takes its time to be pulled, in place of a wrong one."""
    old = pod("web-0", made="2026-11-29T00:00:00Z", **container("ErrImagePull", NOT_FOUND))

    def world(now):
        cluster.add(old)
        until(cluster, 400, lambda now: container("ContainerCreating"))(now)

    assert settled(world).phase == "ready"


@pytest.mark.parametrize(
    ("ends", "phase", "seconds"), [("2999-01-01T00:00:00Z", "ready", 400), ("2026-11-30T00:00:00Z", "failed", 300)]
)
def test_room_that_an_old_pod_holds_until_it_ends_is_waited_for(cluster, settled, ends, phase, seconds):
    """Behind a load balancer that takes minutes; the control is one that should have ended long ago."""
    old = pod("web-0", made="2026-11-29T00:00:00Z", conditions=[{"type": "Ready", "status": "True"}])
    old["metadata"]["deletionTimestamp"] = ends
    cluster.add(old)
    found = settled(until(cluster, 400, lambda now: unscheduled()))
    assert found.phase == phase, found.message
    assert seconds <= found.seconds < seconds + GIVEN_UP_SECONDS
    assert any("Insufficient cpu" in line for line in found.lines), "what it waits for is shown all the same"


@pytest.mark.parametrize(
    "status", [container("ContainerCreating"), {"conditions": [{"type": "Ready", "status": "True"}]}]
)
def test_an_event_of_the_past_does_not_count(cluster, settled, status):
    made = [workload("StatefulSet"), pod(**status), warned("web", "FailedCreate", FORBIDDEN)]
    assert settled(there(cluster, *made), "StatefulSet").message.startswith("not ready after 600 s: ")


PATIENCE_ENDS = {
    "room": unscheduled(),
    "crashes": crashed(),
    "a busy registry": container("ErrImagePull", "429 Too Many Requests"),
}


@pytest.mark.parametrize("name", PATIENCE_ENDS)
@pytest.mark.parametrize("seconds", [300, 20])
def test_patience_ends(cluster, settled, name, seconds):
    more = {} if seconds == patience.PATIENCE_SECONDS else {"patience": seconds}
    found = settled(there(cluster, workload(), pod(**PATIENCE_ENDS[name])), **more)
    assert found.message.startswith(f"still failing after its patience of {seconds} s: Deployment web: 0 of 1 replicas")
    assert found.seconds == pytest.approx(seconds + 3, abs=3)


def test_what_runs_between_its_crashes_has_its_patience_too(cluster, settled):
    found = settled(until(cluster, 900, lambda now: crashed("" if now % 90 < 50 else "CrashLoopBackOff")))
    assert found.message.startswith("still failing after its patience of 300 s: ")


def test_patience_is_never_longer_than_the_timeout(cluster, settled):
    found = settled(there(cluster, workload(), pod(**crashed())), patience=900, timeout=60)
    assert found.message.startswith("not ready after 60 s: Deployment web: ")


def claimed(cluster):
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "web"}}
    waiting = pod()
    waiting["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    return there(cluster, workload(), waiting, {**claim, "status": {"phase": "Pending"}})


def test_a_volume_that_nobody_makes_has_its_patience(cluster, settled):
    found = settled(claimed(cluster))
    assert found.message.startswith("still failing after its patience of 300 s: ")
    assert "its volume data is not bound" in found.message


def cluster_autoscaler(cluster):
    cluster.add({"kind": "ConfigMap", "metadata": {"name": "cluster-autoscaler-status", "namespace": "autoscaler"}})


def test_what_this_run_did_not_start_has_the_whole_timeout(cluster, settled):
    found = settled(there(cluster, *HOPELESS["an image that is not there"][0]), job="")
    assert found.message.startswith("not ready after 600 s: ")
    assert found.named <= NAMED_SECONDS


def test_a_folder_that_cannot_be_written_stops_nobody(cluster, settled, tmp_path):
    (tmp_path / "j1.1.seen").mkdir()
    found = settled(there(cluster, *HOPELESS["an image that is not there"][0]))
    assert found.message.startswith("not ready after 600 s: ")


AUTOSCALERS = {
    "karpenter": lambda cluster: cluster.define("NodePool", "karpenter.sh/v1", "nodepools", namespaced=False),
    "auto mode": lambda cluster: cluster.define("NodeClass", "eks.amazonaws.com/v1", "nodeclasses", namespaced=False),
    "cluster autoscaler": cluster_autoscaler,
}


@pytest.mark.parametrize("name", AUTOSCALERS)
def test_where_nodes_are_made_room_and_volumes_have_the_whole_timeout(cluster, settled, name):
    AUTOSCALERS[name](cluster)
    assert settled(until(cluster, 400, lambda now: unscheduled())).phase == "ready"
    cluster.objects.clear()
    AUTOSCALERS[name](cluster)
    assert settled(claimed(cluster)).message.startswith("not ready after 600 s: ")


def test_where_nodes_are_made_crashes_have_their_patience_all_the_same(cluster, settled):
    AUTOSCALERS["karpenter"](cluster)
    assert settled(there(cluster, workload(), pod(**crashed()))).seconds == pytest.approx(303, abs=3)


def test_no_autoscaler_is_waited_for_where_a_full_node_stops_a_daemon_set(cluster, settled):
    """Its pod may run on that node alone, and counts as the one that may be away while the others are updated."""
    AUTOSCALERS["karpenter"](cluster)
    counted = {"desiredNumberScheduled": 3, "updatedNumberScheduled": 1, "numberAvailable": 2}
    full = unscheduled("0/3 nodes are available: 1 Too many pods, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].")
    found = settled(there(cluster, workload("DaemonSet", **counted), pod(**full)), "DaemonSet")
    assert found.seconds == pytest.approx(303, abs=3)
    assert "DaemonSet web: 1 of 3 nodes updated (pod web-1: 0/3 nodes are available: 1 Too many pods" in found.message


def test_who_may_not_look_for_an_autoscaler_is_not_stopped_by_that(cluster, settled):
    cluster.answers["/api/v1/configmaps"] = 403
    assert settled(there(cluster, workload(), pod(**unscheduled()))).message.startswith(
        "still failing after its patience of 300 s"
    )


def hook_job(name):
    metadata = {"name": name, "namespace": "web", "annotations": {"helm.sh/hook": "pre-install"}}
    return {"kind": "Job", "metadata": metadata, "spec": {"selector": {"matchLabels": {"app": name}}}, "status": {}}


@pytest.mark.parametrize(("own", "seconds"), [("before", 48), ("another", 600)])
def test_a_hook_that_waiting_does_not_cure_ends_helm_too(cluster, settled, helm_secret, tmp_path, own, seconds):
    """Only of the release's own hooks: the namespace may hold those of another one."""
    job = tmp_path / "j2.1"
    job.write_text(json.dumps({"finished": 0, "pid": os.getpid()}))
    pending = helm_secret("web", "web", revision=2, status="pending-upgrade", hooks=[{"kind": "Job", "name": own}])
    cluster.add(pending)
    found = settled(
        there(cluster, hook_job("before"), pod("before-1", "before", **container("ErrImagePull", NOT_FOUND))),
        job=str(job),
    )
    assert found.seconds == pytest.approx(seconds, abs=3)
    assert "not found" in found.message
    assert ("waiting does not help: hook Job before: not complete" in found.message) is (own == "before")
