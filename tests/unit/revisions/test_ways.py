"""How each release gets back, and where it cannot."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.revisions.steps import Standing, Step, way

KEY = "a/a"


def helm(revision, identity, status="superseded"):
    return {"revision": revision, "identity": identity, "status": status, "namespace": "a", "name": "a"}


def target(values, revision=1, owner="helm"):
    entry = {"chart_digest": "c", "values_hash": values, "revision": revision, "owner": owner}
    return {**entry, "chart": "a", "version": "1.0.0"}


def standing(*history, **more):
    return Standing(KEY, history[-1] if history else None, tuple(history), **more)


@pytest.mark.parametrize(
    ("now", "then", "step"),
    [
        (standing(helm(1, "c-1"), helm(2, "c-2", "deployed")), target("1"), Step(KEY, "rollback", 1)),
        (standing(helm(1, "c-1"), helm(2, "", "failed")), target("1"), Step(KEY, "rollback", 1)),
        (standing(helm(1, "c-1", "deployed")), target("1"), Step(KEY, "none")),
        # Helm's numbers go on, what it is made of does not: a copy made by an earlier way back will do.
        (standing(helm(3, "c-1"), helm(4, "c-2", "deployed")), target("1"), Step(KEY, "rollback", 3)),
        # The newest revision is as it was, but was never finished.
        (standing(helm(1, "c-1"), helm(2, "c-1", "pending-upgrade")), target("1"), Step(KEY, "rollback", 1)),
        (standing(helm(1, "c-1", "deployed")), None, Step(KEY, "uninstall")),
        (standing(), None, Step(KEY, "none")),
        # It was uninstalled in the meantime, and what is there now began anew.
        (standing(helm(1, "c-2", "deployed")), target("1", revision=5), Step(KEY, "uninstall")),
    ],
)
def test_way(now, then, step):
    assert way(now, then) == step


@pytest.mark.parametrize(
    ("now", "then", "verb", "why"),
    [
        (
            standing(helm(4, "c-3"), helm(5, "c-2", "deployed")),
            target("1"),
            "refused",
            "Helm keeps no revision of it any",
        ),
        (standing(), target("1"), "refused", "Helm keeps no revision of it any"),
        (standing(helm(1, "c-1", "deployed"), adopted=True), None, "refused", "it was adopted"),
        (standing(owner="argocd"), target("1"), "stays", "revert the commit"),
        (standing(helm(1, "c-1", "deployed")), target("", owner="argocd"), "stays", "set flask_app_delivery back"),
    ],
)
def test_where_there_is_no_way_the_reason_is_said(now, then, verb, why):
    step = way(now, then)
    assert step.verb == verb
    assert why in step.why
