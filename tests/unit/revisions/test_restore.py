"""How each release gets back to what a record says of it, and where it cannot."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.helm.state import Action, Live, decide
from ansible_collections.landfall.eks.plugins.module_utils.revisions.restore import planned, wanted
from tests.unit.revisions.test_transaction import noted, run


def helm(revision, identity, status="superseded"):
    return {"revision": revision, "identity": identity, "status": status}


def target(values, revision=1, owner="helm"):
    entry = {"chart_digest": "c", "values_hash": values, "revision": revision, "owner": owner}
    return {**entry, "chart": "a", "version": "1.0.0", "component": "flask_app"}


@pytest.mark.parametrize(
    ("history", "then", "action", "revision"),
    [
        ([helm(1, "c-1"), helm(2, "c-2", "deployed")], target("1"), Action.ROLL_BACK, 1),
        ([helm(1, "c-1"), helm(2, "", "failed")], target("1"), Action.ROLL_BACK, 1),
        ([helm(1, "c-1", "deployed")], target("1"), Action.NOTHING, 0),
        # Helm's numbers go on, what it is made of does not: a copy made by an earlier way back will do.
        ([helm(3, "c-1"), helm(4, "c-2", "deployed")], target("1"), Action.ROLL_BACK, 3),
        # The newest revision is as it was, but was never finished.
        ([helm(1, "c-1"), helm(2, "c-1", "pending-upgrade")], target("1"), Action.ROLL_BACK, 1),
        ([helm(1, "c-1", "deployed")], None, Action.UNINSTALL, 0),
        ([], None, Action.NOTHING, 0),
        # It was uninstalled in the meantime, and what is there now began anew.
        ([helm(1, "c-2", "deployed")], target("1", revision=5), Action.UNINSTALL, 0),
    ],
)
def test_back(history, then, action, revision):
    found = decide(Live(tuple(history)), wanted(then))
    assert (found.action, found.revision) == (action, revision)


@pytest.mark.parametrize(
    ("live", "wanted_then", "action", "reason"),
    [
        (
            Live((helm(4, "c-3"), helm(5, "c-2", "deployed"))),
            wanted(target("1")),
            Action.REFUSE,
            "Helm keeps no revision of it any more that is as it was then (chart a 1.0.0, its revision 1)",
        ),
        (Live(), wanted(target("1")), Action.REFUSE, "Helm keeps no revision of it any"),
        (Live((helm(1, "c-1", "deployed"),)), wanted(None, adopted=True), Action.REFUSE, "it was adopted"),
        (Live(owner="argocd"), wanted(target("1")), Action.LEAVE, "revert the commit"),
        (
            Live((helm(1, "c-1", "deployed"),)),
            wanted(target("", owner="argocd")),
            Action.LEAVE,
            "Argo CD owned it then: set flask_app_delivery back to argocd",
        ),
    ],
)
def test_where_there_is_no_way_the_reason_is_said(live, wanted_then, action, reason):
    found = decide(live, wanted_then)
    assert found.action is action
    assert reason in found.reason


def test_what_would_cost_data_is_refused(cluster, helm_secret):
    claim = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": "data"}}
    cluster.add(helm_secret(revision=1, status="superseded", labels=noted(1, "c-1")))
    cluster.add(helm_secret(revision=2, labels=noted(2, "c-2"), manifest=[claim]))
    entry = {**target("1"), "release": "logs", "namespace": "logging"}
    found = planned(cluster, {"releases": [entry]}, [run("logs", namespace="logging")])["logging/logs"]
    assert (found.action, found.reason) == (
        Action.REFUSE,
        "PersistentVolumeClaim data would be deleted with its data",
    )
