"""Going back: rows about objects that only the failed revision brought are not waited for."""

from ansible_collections.landfall.eks.plugins.module_utils.rollout import rollback

NEW = {"api_version": "v1", "kind": "Service", "name": "new", "namespace": "logging", "field": "status.x"}
OLD = {**NEW, "name": "old"}


def test_only_rows_with_an_object_are_left(cluster):
    cluster.add({"kind": "Service", "metadata": {"name": "old", "namespace": "logging"}})
    assert rollback._rows_of_old(cluster, {"ready": [OLD, NEW]}) == [OLD]
