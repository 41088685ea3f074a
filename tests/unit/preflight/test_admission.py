"""Webhooks that nobody answers, and namespaces that a policy refuses: seen before any change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.preflight import written
from ansible_collections.landfall.eks.plugins.modules import admission_facts as subject
from tests.fake_cluster import FakeCluster

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
SHOP = {"name": "shop", "namespace": "shop"}
CHART = {
    "Chart.yaml": "name: shop\nversion: 1.0.0\n",
    "templates/all.yaml": "apiVersion: apps/v1\nkind: Deployment\n---\napiVersion: v1\nkind: Service\n",
    "templates/ingress.yaml": '{{- if .on }}\napiVersion: {{ include "shop.ingress" . }}\nkind: Ingress\n{{- end }}\n',
    "templates/tests/test.yaml": "apiVersion: batch/v1\nkind: Job\n",
    "charts/db/templates/set.yaml": 'apiVersion: "apps/v1"\nkind: "StatefulSet"\nmetadata:\n  kind: Nothing\n',
}
INGRESSES = {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "operations": ["CREATE", "UPDATE"]}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    for name, text in CHART.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def cluster() -> FakeCluster:
    made = FakeCluster({"kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a"}}})
    for kind in ("Validating", "Mutating"):
        name = f"{kind}WebhookConfiguration"
        made.define(name, "admissionregistration.k8s.io/v1", f"{name.lower()}s", namespaced=False)
    made.now = lambda: NOW
    return made


def hook(cluster: FakeCluster, rule: dict[str, Any] | None = None, **fields: Any) -> None:
    """Add a webhook of others, by default the leftover of an ingress controller, as the API server completes it."""
    kind, metadata = fields.pop("kind", "ValidatingWebhookConfiguration"), fields.pop("metadata", {})
    raw = {
        "name": "validate.nginx.ingress.kubernetes.io",
        "failurePolicy": "Fail",
        "clientConfig": {"service": {"namespace": "ingress-nginx", "name": "admission", "port": 443}},
        "namespaceSelector": {},
        "objectSelector": {},
        "rules": [{"apiVersions": ["v1"], "scope": "*", **INGRESSES, **(rule or {})}],
        **fields,
    }
    cluster.add({"kind": kind, "metadata": {"name": "ingress-nginx-admission", **metadata}, "webhooks": [raw]})


def service(cluster: FakeCluster, *ready: bool | None, age: int = 3600) -> None:
    metadata = {"name": "admission", "namespace": "ingress-nginx"}
    then = (NOW - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")
    cluster.add({"kind": "Service", "metadata": {**metadata, "creationTimestamp": then}})
    labels = {"kubernetes.io/service-name": "admission"}
    ends = [{"addresses": ["10.0.0.1"], "conditions": {} if each is None else {"ready": each}} for each in ready]
    sliced = {**metadata, "name": "admission-x", "labels": labels, "creationTimestamp": then}
    cluster.add({"kind": "EndpointSlice", "metadata": sliced, "endpoints": ends})


def params(chart: Path, **fields: Any) -> dict[str, Any]:
    rest = {"live": {"shop/shop": {}}, "namespace": "landfall-system", "namespace_metadata": {}}
    return {"releases": [SHOP], "charts": {"shop": {"path": str(chart)}}, **rest, **fields}


def look(cluster: FakeCluster, chart: Path, **fields: Any) -> tuple[list[str], list[str]]:
    found = subject.unanswered(cluster, params(chart, **fields))
    assert cluster.written == []
    return found.problems, found.notes


def test_a_leftover_webhook_is_named_with_what_it_refuses_and_what_to_do(cluster: FakeCluster, chart: Path) -> None:
    hook(cluster)
    (problem,), notes = look(cluster, chart)
    assert notes == []
    assert problem == (
        "The ValidatingWebhookConfiguration ingress-nginx-admission (validate.nginx.ingress.kubernetes.io) would "
        "refuse ingresses.networking.k8s.io in the namespace shop, which this run writes: it fails closed, and its "
        "Service ingress-nginx/admission is not there. Delete the configuration (kubectl delete "
        "validatingwebhookconfiguration ingress-nginx-admission) if nobody needs it, or bring it back."
    )


@pytest.mark.parametrize(
    "rule",
    [
        {"apiGroups": ["*"], "resources": ["*"], "operations": ["*"]},
        {"resources": ["*/*"], "scope": "Namespaced"},
        {"apiGroups": [""], "resources": ["pods"], "operations": ["CREATE"]},
        {"apiGroups": ["apps"], "resources": ["statefulsets"]},
        {"apiGroups": [""], "resources": ["secrets"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]},
    ],
)
def test_what_a_run_writes_is_covered(cluster: FakeCluster, chart: Path, rule: dict[str, Any]) -> None:
    hook(cluster, rule, kind="MutatingWebhookConfiguration")
    ((problem,), _) = look(cluster, chart)
    assert "The MutatingWebhookConfiguration ingress-nginx-admission" in problem


@pytest.mark.parametrize(
    "rule",
    [
        {"operations": ["DELETE", "CONNECT"]},
        {"resources": ["ingresses/status"]},
        {"apiGroups": ["serving.knative.dev"], "resources": ["services"]},
        {"apiGroups": ["batch"], "resources": ["jobs"]},
        {"apiGroups": [""], "resources": ["namespaces"]},
        {"scope": "Cluster"},
    ],
)
def test_what_a_run_does_not_write_is_not(cluster: FakeCluster, chart: Path, rule: dict[str, Any]) -> None:
    hook(cluster, rule)
    assert look(cluster, chart) == ([], [])


@pytest.mark.parametrize(
    "fields",
    [
        {"failurePolicy": "Ignore"},
        {"clientConfig": {"url": "https://policy.example.org/judge"}},
        {"matchConditions": [{"name": "landfall-no-pod-answers", "expression": "false"}]},
        {"namespaceSelector": {"matchLabels": {"team": "b"}}},
        {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]}},
        {"objectSelector": {"matchLabels": {"app.kubernetes.io/managed-by": "kustomize"}}},
        {"metadata": {"annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "shop"}}},
    ],
)
def test_a_webhook_that_does_not_stand_in_the_way_is_not_named(
    cluster: FakeCluster, chart: Path, fields: dict[str, Any]
) -> None:
    hook(cluster, **fields)
    assert look(cluster, chart) == ([], [])


@pytest.mark.parametrize(
    "fields",
    [
        {"matchConditions": [{"name": "not-system", "expression": "request.userInfo.username != 'system'"}]},
        {"objectSelector": {"matchLabels": {"cost-center": "7"}}},
        {"objectSelector": {"matchExpressions": [{"key": "cost-center", "operator": "Exists"}]}},
    ],
)
def test_what_cannot_be_told_before_it_is_rendered_is_only_noted(
    cluster: FakeCluster, chart: Path, fields: dict[str, Any]
) -> None:
    hook(cluster, **fields)
    problems, notes = look(cluster, chart)
    assert (problems, len(notes)) == ([], 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"namespaceSelector": {"matchExpressions": [{"key": "skip", "operator": "DoesNotExist"}]}},
        {"namespaceSelector": {"matchLabels": {"team": "a"}}},
        {"objectSelector": {"matchExpressions": [{"key": "skip", "operator": "NotIn", "values": ["yes"]}]}},
        {"objectSelector": {"matchLabels": {"app.kubernetes.io/managed-by": "Helm"}}},
    ],
)
def test_selectors_that_pick_what_is_written(cluster: FakeCluster, chart: Path, fields: dict[str, Any]) -> None:
    hook(cluster, **fields)
    problems, notes = look(cluster, chart)
    assert (len(problems), notes) == (1, [])


@pytest.mark.parametrize(
    ("ready", "age", "problems", "notes"),
    [
        ((True,), 3600, 0, 0),
        ((False, True), 3600, 0, 0),
        ((None,), 3600, 0, 0),
        ((False,), 3600, 1, 0),
        ((), 3600, 1, 0),
        ((), 60, 0, 1),
        ((False,), 60, 0, 1),
    ],
)
def test_a_service_without_ready_endpoints_counts_once_its_pods_had_time(
    cluster: FakeCluster, chart: Path, ready: tuple[bool | None, ...], age: int, problems: int, notes: int
) -> None:
    hook(cluster)
    service(cluster, *ready, age=age)
    found = look(cluster, chart)
    assert (len(found[0]), len(found[1])) == (problems, notes)
    assert all("has no ready endpoints" in each and "start its pods" in each for each in [*found[0], *found[1]])


def test_pods_that_have_just_changed_count_as_starting(cluster: FakeCluster, chart: Path) -> None:
    hook(cluster)
    service(cluster, False)
    (found,) = [each for each in cluster.objects.values() if each["kind"] == "EndpointSlice"]
    found["metadata"]["annotations"] = {"endpoints.kubernetes.io/last-change-trigger-time": "2026-11-30T11:59:00Z"}
    problems, notes = look(cluster, chart)
    assert (problems, len(notes)) == ([], 1)


def test_one_that_a_row_of_others_judges_is_not_named_twice(cluster: FakeCluster, chart: Path) -> None:
    hook(cluster, metadata={"labels": {"app": "controller"}})
    rows = [{**SHOP, "existing": {"webhooks": "app=controller"}}]
    assert look(cluster, chart, releases=rows) == ([], [])


def test_a_cluster_without_such_webhooks_is_asked_twice_and_no_more(cluster: FakeCluster, chart: Path) -> None:
    assert look(cluster, chart) == ([], [])
    assert list(subject.refused_namespaces(cluster, params(chart))) == []
    assert len(cluster.log) == 2


def test_kinds_are_read_from_the_templates_of_a_chart_and_its_subcharts(chart: Path) -> None:
    assert written.kinds_in(chart) == {
        *(("apps/v1", "Deployment"), ("v1", "Service"), ("", "Ingress"), ("apps/v1", "StatefulSet")),
    }


def policy(cluster: FakeCluster, status: int = 422, said: str = "") -> None:
    """Refuse namespaces without a cost centre, as a ValidatingAdmissionPolicy does."""

    def answer(call: Any) -> Any:
        metadata = call.body["metadata"]
        if "cost-center" in {**metadata["labels"], **metadata.get("annotations", {})}:
            return call.body
        return status, said or f'namespaces "{metadata["name"]}" is forbidden: ValidatingAdmissionPolicy denied it.'

    def asked(call: Any) -> None:
        if call.method == "POST":
            cluster.answers["/api/v1/namespaces"] = answer
        else:
            cluster.answers.pop("/api/v1/namespaces", None)

    cluster.before = asked


def refused(cluster: FakeCluster, chart: Path, **fields: Any) -> list[str]:
    found = list(subject.refused_namespaces(cluster, params(chart, live={}, **fields)))
    assert cluster.written == []
    return found


def test_a_namespace_that_a_policy_refuses_is_seen_in_a_dry_run(cluster: FakeCluster, chart: Path) -> None:
    policy(cluster)
    (problem,) = refused(cluster, chart)
    assert problem == (
        'The cluster refuses the namespace landfall-system (namespaces "landfall-system" is forbidden: '
        "ValidatingAdmissionPolicy denied it): write what it asks for as platform_labels and platform_annotations, or "
        "make the namespace yourself."
    )
    assert refused(cluster, chart, namespace_metadata={"labels": {"cost-center": "7"}}) == []
    assert refused(cluster, chart, namespace_metadata={"annotations": {"cost-center": "7"}}) == []


@pytest.mark.parametrize(
    ("status", "said"),
    [(409, "exists"), (500, "failed calling webhook"), (403, 'User "a" cannot create resource "namespaces"')],
)
def test_what_is_said_elsewhere_is_not_repeated(cluster: FakeCluster, chart: Path, status: int, said: str) -> None:
    policy(cluster, status, said)
    assert refused(cluster, chart) == []


def test_a_webhook_on_the_namespaces_that_are_made(cluster: FakeCluster, chart: Path) -> None:
    hook(cluster, {"apiGroups": [""], "resources": ["namespaces"]}, namespaceSelector={"matchLabels": {"tier": "app"}})
    assert look(cluster, chart, live={}) == ([], [])
    ((problem,), _) = look(cluster, chart, live={}, namespace_metadata={"labels": {"tier": "app"}})
    assert "would refuse namespaces, which" in problem
