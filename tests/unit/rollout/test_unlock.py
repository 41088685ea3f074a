"""What an interrupted run left: a pending revision is marked failed, an interrupted uninstallation is finished."""

import copy
from http import HTTPStatus

import pytest
from kubernetes.client.exceptions import ApiException

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.helm.command import HelmError
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import Action
from ansible_collections.landfall.eks.plugins.module_utils.helm.unlock import UnlockError, unlock

SAID = "Landfall: interrupted while it was pending-upgrade, no run works on it any more"


class Helm:
    """Remembers what was uninstalled, or fails."""

    def __init__(self, error=None):
        self.uninstalled = []
        self.error = error

    def uninstall(self, name, namespace):
        if self.error:
            raise HelmError(self.error)
        self.uninstalled.append(f"{namespace}/{name}")


@pytest.fixture
def locked(cluster, helm_secret):
    """A release with a good revision and a pending one, in a cluster that refuses to write over a newer version."""
    cluster.add(helm_secret(revision=1))
    pending = cluster.add(helm_secret(revision=2, status="pending-upgrade", manifest=[{"kind": "Service"}]))
    pending["metadata"]["resourceVersion"] = "7"
    cluster.meanwhile = lambda: None
    request, get = cluster.request, cluster.get

    def checked(method, path, *, body=None, **more):
        if method != "PUT":
            return request(method, path, body=body, **more)
        cluster.meanwhile()
        if (
            body["metadata"]["resourceVersion"]
            != get("v1", "Secret", path.rpartition("/")[2], "logging")["metadata"]["resourceVersion"]
        ):
            raise ApiException(status=HTTPStatus.CONFLICT)
        cluster.add(body)
        return request(method, path, body=body, **more)

    cluster.request = checked
    cluster.get = lambda *words: copy.deepcopy(get(*words))
    return cluster


def newest(cluster):
    return cluster.get("v1", "Secret", "sh.helm.release.v1.logs.v2", "logging")


def test_a_pending_revision_is_marked_failed_and_stays(locked):
    before = newest(locked)
    assert unlock(locked, "logs", "logging", Helm()).action is Action.UNLOCK_THEN_UPGRADE
    after = newest(locked)
    record = storage.decode_release(after)
    assert after["metadata"]["labels"]["status"] == "failed"
    assert (record["info"]["status"], record["info"]["description"]) == ("failed", SAID)
    # Nothing else of it changes: Helm's next upgrade starts from this record.
    was = storage.decode_release(before)
    assert {**record, "info": None} == {**was, "info": None}
    assert {**after["metadata"], "labels": None} == {**before["metadata"], "labels": None}
    assert [method for method, _, _ in locked.written] == ["PUT"]


def test_a_dry_run_marks_nothing(locked):
    assert unlock(locked, "logs", "logging", Helm(), dry_run=True).action is Action.UNLOCK_THEN_UPGRADE
    assert locked.written == []


def test_what_somebody_else_writes_meanwhile_is_not_lost(locked):
    def finish():
        locked.meanwhile = lambda: None
        locked.add({**newest(locked), "metadata": {**newest(locked)["metadata"], "resourceVersion": "8"}})

    locked.meanwhile = finish
    with pytest.raises(UnlockError, match="logging/logs changes while it is unlocked"):
        unlock(locked, "logs", "logging", Helm())
    assert newest(locked)["metadata"]["labels"]["status"] == "pending-upgrade"
    assert newest(locked)["metadata"]["resourceVersion"] == "8"


def test_a_mark_whose_answer_was_lost_is_no_conflict(locked):
    def write_it_first():
        locked.meanwhile = lambda: None
        storage.mark_failed(locked, newest(locked), SAID)
        newest_now = newest(locked)
        newest_now["metadata"]["resourceVersion"] = "8"
        locked.add(newest_now)

    locked.meanwhile = write_it_first
    unlock(locked, "logs", "logging", Helm())
    assert newest(locked)["metadata"]["labels"]["status"] == "failed"


def test_a_revision_that_has_ended_meanwhile_is_left_as_it_is(cluster, helm_secret):
    cluster.add(helm_secret(revision=2))
    helm = Helm()
    unlock(cluster, "logs", "logging", helm)
    unlock(cluster, "not-there", "elsewhere", helm)
    assert (cluster.written, helm.uninstalled) == ([], [])


def test_an_interrupted_uninstallation_is_finished(cluster, helm_secret):
    cluster.add(helm_secret(status="uninstalling"))
    helm = Helm()
    assert unlock(cluster, "logs", "logging", helm).action is Action.UNINSTALL_THEN_INSTALL
    assert helm.uninstalled == ["logging/logs"]
    with pytest.raises(UnlockError, match="could not be finished: Error: timed out"):
        unlock(cluster, "logs", "logging", Helm("Error: timed out"))
