"""What a run with nothing to do takes, counted: tasks, Python interpreters and requests to the Kubernetes API."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube import builtin
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster, client_from
from tests import counting
from tests.e2e.machine import Machine, until

pytestmark = pytest.mark.cluster

TASKS = 40
PYTHONS = 0
REQUESTS = 70
LEASE = "/apis/coordination.k8s.io/v1/namespaces/landfall-system/leases/landfall"
CHANGE = ("-e", '{"metrics_server_values": {"podLabels": {"tests": "counted"}}}')


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    made = Machine(tmp_path_factory.mktemp("counts"))
    try:
        made.playbook("playbooks/local_cluster.yml")
        made.playbook("site.yml")
        yield made
    finally:
        made.playbook("playbooks/local_cluster.yml", "-e", "local_cluster_state=absent")


@pytest.fixture(scope="module")
def count(machine):
    """Return a function that counts a run of site.yml; the proxy outlives it, so that its Lease is freed."""
    with counting.counter(machine.environment, {"local": machine}) as counter:

        def run(*words):
            until(lambda: not machine.holder(), 60, "the Lease is free")
            counts = counter.playbook("-i", "inventories/local", "site.yml", *words)
            assert counts.status == 0, counts.said[-6000:]
            return counts

        yield run


@pytest.fixture(scope="module")
def idle(count):
    """The second run after a rollout; the first one may still write down what the rollout has brought."""
    count()
    return count()


def requests(counts):
    """Return the requests without those that keep and free the Lease, which are as many as a machine is slow.

    What keeps it asks for the server's time first.
    """
    taken = counts.requests.index(f"PUT {LEASE}") + 1
    kept = (each for each in counts.requests[taken:] if LEASE not in each and each != "GET /version")
    return [*counts.requests[:taken], *kept]


def test_a_run_with_nothing_to_do_takes_little(idle):
    assert "changed=0" in idle.said
    assert len(idle.tasks) <= TASKS, idle
    assert len(idle.pythons) <= PYTHONS, idle
    assert len(requests(idle)) <= REQUESTS, idle


def test_one_component_takes_less(count, idle):
    one = count("--tags", "metrics_server")
    assert len(one.tasks) < len(idle.tasks), one
    assert len(requests(one)) < len(requests(idle)), one


def test_control_the_counter_sees_more_once_something_changes(count, idle):
    changed = count(*CHANGE)
    assert "changed=0" not in changed.said
    assert len(changed.tasks) > len(idle.tasks), changed
    assert len(changed.pythons) > len(idle.pythons), changed
    assert len(requests(changed)) > len(requests(idle)), changed


def test_built_in_kinds_are_where_we_look_for_them(machine):
    cluster = Cluster(client_from({"kubeconfig": str(machine.folder / "kubeconfig")}))
    for (api_version, kind), (plural, namespaced) in builtin.PLACES.items():
        found = cluster.request("GET", f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}")
        assert (kind, plural, namespaced) in [
            (each["kind"], each["name"], each["namespaced"]) for each in found["resources"]
        ]
