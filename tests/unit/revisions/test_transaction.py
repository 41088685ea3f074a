"""The transaction: what a run changed goes back in reverse order once one of its releases has failed."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.helm.command import Helm
from ansible_collections.landfall.eks.plugins.module_utils.helm.storage import LABEL_IDENTITY
from ansible_collections.landfall.eks.plugins.module_utils.revisions import records
from ansible_collections.landfall.eks.plugins.module_utils.revisions.store import Store, entries
from ansible_collections.landfall.eks.plugins.module_utils.revisions.transaction import roll_back_run
from ansible_collections.landfall.eks.plugins.module_utils.rollout import rollback


def run(name, **more):
    return {"name": name, "namespace": name, "job": "", "ready": [], "delivery": "helm", **more}


def noted(revision, identity):
    return {LABEL_IDENTITY: f"{revision}.{identity}"}


@pytest.fixture
def platform(cluster, helm_secret, monkeypatch):
    """Three releases, all upgraded by this run but the second; the third one has failed."""
    request = cluster.request

    def kept(method, path, **more):
        if method == "POST":
            cluster.add({"kind": "Secret", **more["body"]})
        return request(method, path, **more)

    cluster.request = kept
    cluster.add({"kind": "Namespace", "metadata": {"name": "landfall-system"}})
    for name in ("first", "second", "third"):
        cluster.add(helm_secret(name, name, 1, "deployed", labels=noted(1, "c-1")))
    before = entries(cluster, [run(name) for name in ("first", "second", "third")], None)
    fields = {"releases": before, "changed": [], "proven": True, "note": "rolled out", "restores": 0}
    Store(cluster, "landfall-system").add(fields, "abc")
    for name, status, labels in (("first", "deployed", noted(2, "c-2")), ("third", "failed", {})):
        cluster.add(helm_secret(name, name, 1, "superseded", labels=noted(1, "c-1")))
        cluster.add(helm_secret(name, name, 2, status, labels=labels))
    cluster.done = []

    def roll_back(_, release, revision, __):
        cluster.done.append((release["name"], revision))
        return rollback.Result(f"it is back at revision {revision}, and ready", good=True)

    monkeypatch.setattr(rollback, "roll_back", roll_back)
    return cluster


def undone(cluster, *runs):
    return roll_back_run(Store(cluster, "landfall-system"), list(runs), ["third/third"], Helm("helm", {}, 5))


def test_what_was_changed_goes_back_last_first(platform):
    done, others = undone(platform, run("first"), run("second"), run("third"))
    assert platform.done == [("third", 1), ("first", 1)]
    assert done == {"third/third": "it is back at revision 1, and ready"}
    assert others == ["first/first: changed by the same run; it is back at revision 1, and ready."]
    newest = Store(platform, "landfall-system").read()[-1]
    assert (newest["note"], newest["proven"], newest["restores"]) == ("rolled back to 1: third failed", True, 1)


def test_what_argo_cd_owns_is_left_to_it_and_not_counted_as_back(platform):
    done, others = undone(platform, run("first"), run("third", delivery="argocd"))
    assert platform.done == [("first", 1)]
    assert "Argo CD goes on trying" in done["third/third"]
    assert len(others) == 1
    assert Store(platform, "landfall-system").read()[-1]["proven"] is False


def test_without_a_record_there_is_no_transaction(cluster):
    assert undone(cluster, run("first"), run("third")) is None


def test_a_record_holds_digests_and_no_values(platform):
    record = records.newest_proven(Store(platform, "landfall-system").read())
    assert {key for each in record["releases"] for key in each} == {
        "release", "namespace", "component", "owner", "adopted", "chart", "version", "chart_digest", "values_hash",
        "revision",
    }  # fmt: skip
