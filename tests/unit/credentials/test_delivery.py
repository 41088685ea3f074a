"""What a delivery asks of the cluster."""

from datetime import UTC, datetime

from ansible_collections.landfall.eks.plugins.module_utils.credentials import delivery
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import Run
from tests.fake_cluster import FakeCluster

HOME = "landfall-system"
PASSWORD = {
    "name": "shop-admin",
    "kind": "password",
    "secret": {"name": "admin", "namespace": "shop", "data": {"password": "{password}"}},
}
RUN = Run(HOME, "test", datetime(2030, 1, 15, 12, tzinfo=UTC))


def reads(cluster, *, dry_run):
    """Deliver, and return how often all Secrets were read."""
    cluster.log.clear()
    delivery.deliver(cluster, [PASSWORD], RUN, dry_run=dry_run)
    return [call.path for call in cluster.log].count("/api/v1/secrets")


def test_secrets_are_read_again_only_where_some_were_written():
    cluster = FakeCluster()
    assert reads(cluster, dry_run=False) == 2
    assert cluster.objects["Secret", "shop", "admin"]
    assert reads(cluster, dry_run=False) == 1
    assert reads(cluster, dry_run=True) == 1
