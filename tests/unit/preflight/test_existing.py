"""What is ours, what is others', and what is made of it; with a cluster that is a table of answers."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.preflight import brought, ownership, strangers
from ansible_collections.landfall.eks.plugins.module_utils.preflight import existing as subject
from tests.fake_objects import has_labels
from tests.unit.components import rendering

NAME = "app.kubernetes.io/name"
EDGE = "aws-load-balancer-controller"
DEPLOYMENTS = "/apis/apps/v1/deployments"
APIS = "/apis/apiregistration.k8s.io/v1/apiservices"
SECRETS, NAMESPACES = "/api/v1/secrets", "/api/v1/namespaces"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
HELM = {ownership.HELM_NAMESPACE: "kube-system", ownership.HELM_NAME: "metrics-server"}
WORKS = {"conditions": [{"type": "Available", "status": "True"}]}


class Table:
    """Answers lists from a table, those of Deployments as their labels meet the selector that is asked for."""

    def __init__(self, answers: dict[str, list[dict[str, Any]]], auto_mode: bool = False) -> None:
        self.answers, self.auto_mode = answers, auto_mode
        self.asked: list[str] = []

    def request(self, method: str, path: str, *, query: Any = None, accept: str = "") -> dict[str, Any]:
        self.asked.append(path)
        found = self.answers.get(path, [])
        selector = query["labelSelector"] if path == DEPLOYMENTS else ""
        return {"items": [each for each in found if has_labels(each["metadata"].get("labels") or {}, selector)]}

    def resource_path(self, api_version: str, kind: str, namespace: str | None) -> str | None:
        return "/there" if self.auto_mode and kind == "NodeClass" else None


def row(release: str = "metrics-server", policy: str = "leave", namespace: str = "kube-system") -> brought.Row:
    said = {**rendering.release(release)["existing"], "what": "it", "setting": "x_existing", "policy": policy}
    return brought.Row(release, namespace=namespace, namespace_setting="x_namespace", selected=True, **said)


def secret(namespace: str, name: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": "s", "namespace": namespace, "labels": {"owner": "helm", "name": name, **labels}}
    return {"metadata": metadata}


def api(**annotations: str) -> dict[str, Any]:
    metadata = {"name": "v1beta1.metrics.k8s.io", "annotations": HELM | annotations}
    return {"kind": "APIService", "metadata": metadata, "status": WORKS}


def look(answers: dict[str, Any], *rows: brought.Row, installing: bool = True, auto: bool = False) -> brought.Existing:
    return subject.find(Table(answers, auto), rows, installing)[0]


def test_nothing_is_there() -> None:
    found = look({}, row())
    assert (found.left, found.problems) == ([], [])
    assert found.lines == {"it": "not there, comes with this run"}


@pytest.mark.parametrize(
    ("answers", "ours"),
    [
        ({APIS: [api()], SECRETS: [secret("kube-system", "metrics-server")]}, False),
        ({APIS: [api()], SECRETS: [secret("kube-system", "metrics-server", **{ownership.IDENTITY: "1.a-b"})]}, True),
        # Killed before the release was noted: what it has made already tells.
        ({APIS: [api(**{ownership.OURS: "landfall"})], SECRETS: [secret("kube-system", "metrics-server")]}, True),
        (
            {
                APIS: [api()],
                SECRETS: [secret("kube-system", "metrics-server")],
                NAMESPACES: [{"metadata": {"name": "kube-system", "labels": {ownership.OURS: "landfall"}}}],
            },
            True,
        ),
        (
            {
                APIS: [api()],
                SECRETS: [secret("kube-system", "metrics-server")],
                NAMESPACES: [{"metadata": {"name": "kube-system"}}],
            },
            False,
        ),
        ({APIS: [api()], NAMESPACES: [{"metadata": {"name": "kube-system"}}]}, False),
    ],
)
def test_what_is_ours_goes_on_and_what_is_others_is_left(answers: dict[str, Any], ours: bool) -> None:
    found = look(answers, row())
    assert found.left == ([] if ours else ["metrics-server"])
    assert found.lines["it"].startswith("Landfall's own" if ours else "v1beta1.metrics.k8s.io, of the Helm release")
    assert found.problems == []


def test_definitions_that_a_killed_run_applied_make_its_controller_ours() -> None:
    name = "aws-load-balancer-controller"
    marks = {ownership.HELM_NAMESPACE: "kube-system", ownership.HELM_NAME: name}
    metadata = {"name": name, "namespace": "kube-system", "annotations": marks, "labels": {NAME: name}}
    deployment = {"metadata": metadata, "spec": {}}
    definition = {"metadata": {"name": "d", "labels": {ownership.DEFINITIONS_OF: name}}}
    answers = {
        DEPLOYMENTS: [deployment],
        SECRETS: [secret("kube-system", name)],
        DEFINITIONS: [definition],
    }
    found = look(answers, row(name))
    assert (found.left, found.lines) == ([], {"it": "Landfall's own"})


def test_webhooks_are_looked_for_only_where_their_server_is_not_there() -> None:
    deployment = {"metadata": {"name": EDGE, "namespace": "kube-system", "labels": {NAME: EDGE}}, "spec": {}}
    orphan = {"metadata": {"name": "aws-load-balancer-webhook"}}
    webhooks = {subject.WEBHOOKS.format(kind): [orphan] for kind in ("mutating", "validating")}
    cluster = Table(webhooks)
    assert subject.find(cluster, [row(EDGE)], installing=True)[0].orphans == {EDGE: [orphan] * 2}
    assert set(webhooks) <= set(cluster.asked)
    cluster = Table({DEPLOYMENTS: [deployment], **webhooks})
    assert subject.find(cluster, [row(EDGE)], installing=True)[0].orphans == {}
    assert not set(webhooks) & set(cluster.asked)


def test_adopting_leaves_nothing_out_but_never_takes_away_what_is_others() -> None:
    answers = {APIS: [api()], SECRETS: [secret("kube-system", "metrics-server")]}
    assert look(answers, row(policy="adopt")).left == []
    assert look(answers, row(policy="adopt"), installing=False).left == ["metrics-server"]


def test_a_cluster_in_auto_mode_needs_no_controller() -> None:
    edge = row(EDGE)
    found = look({}, edge, auto=True)
    assert (found.left, found.load_balancer_class) == ([EDGE], "eks.amazonaws.com/nlb")
    chosen = look({}, row(EDGE, "adopt"), auto=True)
    assert (chosen.left, chosen.load_balancer_class) == ([], "service.k8s.aws/nlb")


def test_releases_of_others_by_our_names() -> None:
    records = ownership.Records({("logging", "fluent-bit"): False, ("logging", "eck-stack"): True}, set(), set())
    releases = [
        {"name": name, "namespace": "logging", "namespace_setting": "efk_namespace", "selected": True}
        for name in ("fluent-bit", "eck-stack")
    ]
    problems = strangers.stranger_problems(releases, [], records)
    assert len(problems) == 1
    assert "logging/fluent-bit is there and was not made by Landfall" in problems[0]
