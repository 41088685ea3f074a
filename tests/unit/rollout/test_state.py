"""The one decision on a release: its state, the reason, and what follows, forward and back."""

import pytest

from ansible_collections.landfall.eks.plugins.filter.release_decision import release_decision
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import (
    Action,
    Chart,
    Live,
    State,
    Wanted,
    decide,
    identity,
)


def revision(number, status="superseded", made_of=""):
    return {"revision": number, "status": status, "identity": made_of}


def judged(wanted, *revisions, **more):
    found = decide(Live(revisions, **more), wanted)
    return found.state, found.action


FORWARD = Wanted("c-1")
PENDING = ("pending-install", "pending-upgrade", "pending-rollback")


@pytest.mark.parametrize(
    ("newest", "state", "action"),
    [
        (revision(3, "deployed", "c-1"), State.IN_SYNC, Action.NOTHING),
        (revision(3, "deployed", "c-2"), State.OUT_OF_SYNC, Action.UPGRADE),
        (revision(3, "deployed", "d-1"), State.OUT_OF_SYNC, Action.UPGRADE),
        # Deployed, but nobody has seen it ready.
        (revision(3, "deployed"), State.OUT_OF_SYNC, Action.UPGRADE),
        (revision(1, "failed"), State.FAILED, Action.UPGRADE),
        (revision(3, "unknown"), State.FAILED, Action.UPGRADE),
        (revision(3, "uninstalled", "c-1"), State.ABSENT, Action.INSTALL),
        (revision(3, "uninstalling", "c-1"), State.LOCKED, Action.UNINSTALL_THEN_INSTALL),
        *((revision(3, status), State.LOCKED, Action.UNLOCK_THEN_UPGRADE) for status in PENDING),
    ],
)
def test_forward(newest, state, action):
    assert judged(FORWARD, newest) == (state, action)
    # What lies behind the newest revision changes nothing.
    assert judged(FORWARD, newest, revision(0, "superseded", "c-1")) == (state, action)


def test_what_is_not_there_is_installed():
    assert judged(FORWARD) == (State.ABSENT, Action.INSTALL)


@pytest.mark.parametrize("status", ["deployed", "failed", "uninstalling", *PENDING])
def test_what_is_not_wanted_is_uninstalled(status):
    assert judged(Wanted(None), revision(1, status))[1] is Action.UNINSTALL


def test_what_is_gone_is_not_uninstalled_again():
    assert judged(Wanted(None)) == (State.ABSENT, Action.NOTHING)
    assert judged(Wanted(None), revision(1, "uninstalled")) == (State.ABSENT, Action.NOTHING)


@pytest.mark.parametrize("owner", ["argocd", "others"])
def test_what_others_own_is_refused_unless_it_is_adopted(owner):
    assert judged(FORWARD, revision(1, "deployed"), owner=owner) == (State.FOREIGN, Action.REFUSE)
    assert judged(Wanted("c-1", adopt=True), owner=owner) == (State.ABSENT, Action.INSTALL)
    # To go back is no occasion to adopt anything.
    assert judged(Wanted("c-1", adopt=True, back=True), owner=owner) == (State.FOREIGN, Action.LEAVE)


@pytest.mark.parametrize(
    ("newest", "reason"),
    [
        (revision(3, "deployed", "c-2"), "its values differ"),
        (revision(3, "deployed", "d-2"), "its chart differs"),
        (revision(3, "deployed"), "revision 3 was not seen ready"),
        (revision(3, "pending-upgrade"), "Helm calls revision 3 pending-upgrade"),
        (revision(3, "deployed", "c-1"), "its chart and values are live"),
    ],
)
def test_the_reason_ends_a_sentence(newest, reason):
    assert decide(Live((newest,)), FORWARD).reason == reason


@pytest.mark.parametrize(
    ("newest", "chart"),
    [
        (revision(1, "deployed", "c-2"), Chart.SAME),
        (revision(1, "deployed", "d-1"), Chart.OTHER),
        (revision(1, "deployed"), Chart.UNKNOWN),
        (revision(1, "failed", "c-1"), Chart.UNKNOWN),
    ],
)
def test_the_live_chart_is_known_only_of_what_was_seen_ready(newest, chart):
    assert decide(Live((newest,)), FORWARD).chart is chart


@pytest.mark.parametrize(
    ("revisions", "action", "leads_to"),
    [
        ([revision(1, "deployed")], Action.UNINSTALL, 0),
        ([revision(1, "failed")], Action.UNINSTALL, 0),
        ([revision(1, "pending-install")], Action.UNINSTALL, 0),
        ([revision(1, made_of="c-1"), revision(2, "deployed")], Action.ROLL_BACK, 1),
        ([revision(1, made_of="c-1"), revision(2, made_of="c-2"), revision(3, "failed")], Action.ROLL_BACK, 2),
        ([revision(1), revision(2, "failed")], Action.UNINSTALL, 0),
        ([revision(4, "deployed", "c-4")], Action.NOTHING, 0),
        ([], Action.NOTHING, 0),
    ],
)
def test_back_to_the_newest_revision_that_was_seen_ready(revisions, action, leads_to):
    found = decide(Live(tuple(revisions)), Wanted("", back=True))
    assert (found.action, found.revision) == (action, leads_to)


def test_what_was_adopted_is_not_uninstalled_on_the_way_back():
    found = decide(Live((revision(1, "failed"),)), Wanted("", adopt=True, back=True))
    assert found.action is Action.REFUSE
    assert found.reason == "it was adopted, so uninstalling it would delete what others made"


def test_identity_depends_on_chart_values_and_secrets():
    identities = {
        identity("x", {"a": 1}, []),
        identity("y", {"a": 1}, []),
        identity("x", {"a": 2}, []),
        identity("x", {"a": 1}, ["s"]),
    }
    assert len(identities) == 4
    assert len(identity("0" * 64)) <= 63 - len("1000.")


def test_the_role_gets_plain_types():
    spec = {"name": "logs", "namespace": "logging", "values": {"a": 1}}
    made_of = identity("0" * 64, {"a": 1})
    live = {"logging/logs": revision(2, "deployed", made_of)}
    assert release_decision(spec, live, "0" * 64) == {
        "state": "InSync",
        "reason": "its chart and values are live",
        "action": "nothing",
        "revision": 0,
        "chart": "same",
        "identity": made_of,
    }
    gone = release_decision(spec, live)
    assert (gone["action"], gone["identity"]) == ("uninstall", "")
    assert {type(each) for each in gone.values()} == {str, int}
