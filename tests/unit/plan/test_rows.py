"""What a change is called: create, change, replace, delete; data at risk; new public endpoints. Each with a control."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.plan import immutable, risks, rows
from tests.unit.plan.conftest import changed, recorded

SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
ALB = "alb.ingress.kubernetes.io/scheme"

# (kind, path, other value): the API refuses these.
REPLACED: list[tuple[str, str, Any]] = [
    ("Deployment", "spec.selector.matchLabels", {"app": "other"}),
    ("StatefulSet", "spec.serviceName", "other"),
    ("StatefulSet", "spec.podManagementPolicy", "Parallel"),
    ("StatefulSet", "spec.volumeClaimTemplates", []),
    ("Job", "spec.template.spec.restartPolicy", "OnFailure"),
    ("Job", "spec.completions", 3),
    ("Service", "spec.clusterIP", "10.0.0.9"),
    ("Service", "spec.loadBalancerClass", "eks.amazonaws.com/nlb"),
    ("PersistentVolumeClaim", "spec.storageClassName", "other"),
    ("PersistentVolumeClaim", "spec.accessModes", ["ReadWriteMany"]),
    ("ClusterRoleBinding", "roleRef.name", "edit"),
    ("StorageClass", "parameters.type", "gp2"),
    ("StorageClass", "provisioner", "example.org/other"),
    ("Secret", "type", "kubernetes.io/tls"),
]
# Their neighbours, which it takes.
CHANGED: list[tuple[str, str, Any]] = [
    ("Deployment", "spec.replicas", 7),
    ("Deployment", "metadata.labels.new", "yes"),
    ("StatefulSet", "spec.replicas", 7),
    ("StatefulSet", "spec.template.spec.terminationGracePeriodSeconds", 99),
    ("StatefulSet", "spec.persistentVolumeClaimRetentionPolicy.whenScaled", "Delete"),
    ("Job", "spec.suspend", True),
    ("Service", "spec.sessionAffinity", "ClientIP"),
    ("PersistentVolumeClaim", "spec.resources.requests.storage", "20Gi"),
    ("ClusterRoleBinding", "subjects", []),
    ("StorageClass", "allowVolumeExpansion", True),
    ("Secret", "data.user", "b3RoZXI="),
]


def judged(before: Any, after: Any, **more: Any) -> dict[str, Any]:
    row = rows.judge(before, after, set(), **more)
    assert row is not None
    return row


@pytest.mark.parametrize(("kind", "path", "value"), REPLACED)
def test_what_cannot_change_is_replaced(kind: str, path: str, value: Any) -> None:
    before = recorded(kind)
    row = judged(before, changed(before, path, value))
    assert row["action"] == rows.REPLACE
    assert all(each.startswith(path) for each in row["immutable"])


@pytest.mark.parametrize(("kind", "path", "value"), CHANGED)
def test_its_neighbours_are_changed(kind: str, path: str, value: Any) -> None:
    before = recorded(kind)
    row = judged(before, changed(before, path, value))
    assert (row["action"], row["immutable"]) == (rows.CHANGE, [])


def test_a_field_that_is_set_once_may_be_given_to_what_has_none() -> None:
    without = changed(recorded("Service"), "spec.loadBalancerClass", None)
    assert judged(without, recorded("Service"))["action"] == rows.CHANGE


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap"])
def test_data_that_was_declared_immutable_is(kind: str) -> None:
    before = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, "data": {"a": "MQ=="}, "immutable": True}
    assert judged(before, changed(before, "data.a", "Mg=="))["action"] == rows.REPLACE
    mutable = changed(before, "immutable", None)
    assert judged(mutable, changed(mutable, "data.a", "Mg=="))["action"] == rows.CHANGE


def test_what_the_server_calls_immutable_is_replaced_whatever_the_table_says() -> None:
    wanted = {"apiVersion": "x/v1", "kind": "Odd", "metadata": {"name": "odd"}, "spec": {"a": 2}}
    before = {**wanted, "spec": {"a": 1, "defaulted": True}}
    row = judged(before, wanted, refusal="spec.a: field is immutable")
    assert (row["action"], [each["path"] for each in row["fields"]]) == (rows.REPLACE, ["spec.a"])
    other = judged(before, wanted, refusal="spec.a: must be odd")
    assert other["action"] == rows.CHANGE
    assert "refuses it: spec.a: must be odd" in other["notes"][0]


@pytest.mark.parametrize(
    "message",
    [
        "spec.selector: field is immutable",
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals' are forbidden",
        "spec.clusterIPs[0]: may not change once set",
        "cannot change roleRef",
        "spec: Forbidden: spec is immutable after creation except resources.requests for bound claims",
    ],
)
def test_the_servers_words_for_it(message: str) -> None:
    assert immutable.says_immutable(message)


def test_other_refusals_are_not_taken_for_it() -> None:
    assert not immutable.says_immutable("exceeded quota: few, requested: pods=1")


def test_create_delete_keep_and_nothing() -> None:
    there = recorded("Deployment")
    assert judged(None, there)["action"] == rows.CREATE
    assert judged(there, None)["action"] == rows.DELETE
    kept = changed(there, "metadata.annotations", {risks.KEEP: "keep"})
    assert judged(kept, None)["action"] == rows.KEEP
    assert rows.judge(there, recorded("Deployment"), set()) is None


def claim(size: str) -> dict[str, Any]:
    return changed(recorded("PersistentVolumeClaim"), "spec.resources.requests.storage", size)


def elasticsearch(count: int, size: str = "100Gi", **spec: Any) -> dict[str, Any]:
    templates = [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": size}}}}]
    node_set = {"name": "default", "count": count, "volumeClaimTemplates": templates}
    return {
        "apiVersion": "elasticsearch.k8s.elastic.co/v1",
        "kind": "Elasticsearch",
        "metadata": {"name": "logs", "namespace": "logging"},
        "spec": {"nodeSets": [node_set], **spec},
    }


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (claim("8Gi"), None, "the volume behind this claim goes"),
        (claim("8Gi"), claim("4Gi"), "shrink from 8Gi to 4Gi"),
        (claim("8Gi"), changed(claim("8Gi"), "spec.storageClassName", "other"), "the volume behind this claim goes"),
        (recorded("Namespace"), None, "everything in flask-app goes"),
        (recorded("StatefulSet"), changed(recorded("StatefulSet"), "spec.volumeClaimTemplates", []), "do not follow"),
        (
            changed(recorded("StatefulSet"), "spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Delete"),
            None,
            "volumes are deleted",
        ),
        (elasticsearch(3), None, "deletes its volumes"),
        (elasticsearch(3), elasticsearch(2), "shrinks from 3 to 2"),
        (elasticsearch(3), elasticsearch(3, "50Gi"), "shrink from 100Gi to 50Gi"),
    ],
)
def test_data_at_risk(before: Any, after: Any, says: str) -> None:
    assert says in judged(before, after)["data_at_risk"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, claim("8Gi")),
        (claim("8Gi"), claim("16Gi")),
        (claim("1Gi"), changed(claim("1024Mi"), "metadata.labels", {"a": "b"})),
        (recorded("Namespace"), changed(recorded("Namespace"), "metadata.labels.new", "yes")),
        (recorded("StatefulSet"), changed(recorded("StatefulSet"), "spec.replicas", 0)),
        (recorded("StatefulSet"), None),
        (elasticsearch(3), elasticsearch(4, "200Gi")),
        (elasticsearch(3, volumeClaimDeletePolicy="DeleteOnScaledownOnly"), None),
        (changed(claim("8Gi"), "metadata.annotations", {risks.KEEP: "keep"}), None),
    ],
)
def test_no_data_at_risk(before: Any, after: Any) -> None:
    assert judged(before, after)["data_at_risk"] == ""


def service(scheme: str | None, *ranges: str) -> dict[str, Any]:
    made = changed(recorded("Service"), "spec.loadBalancerSourceRanges", list(ranges) or None)
    made["metadata"]["annotations"] = {SCHEME: scheme} if scheme else {}
    return made


def ingress(*hosts: str, scheme: str = "") -> dict[str, Any]:
    made = changed(recorded("Ingress"), "spec.rules", [{"host": each} for each in hosts])
    made["metadata"]["annotations"] = {ALB: scheme} if scheme else {}
    return made


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (None, service("internet-facing", "192.0.2.0/24"), "faces the internet, for 192.0.2.0/24"),
        (None, service("internet-facing"), "for 0.0.0.0/0"),
        (service("internal"), service("internet-facing"), "faces the internet"),
        (
            service("internet-facing", "192.0.2.0/24"),
            service("internet-facing", "192.0.2.0/24", "0.0.0.0/0"),
            "0.0.0.0/0",
        ),
        (service("internet-facing", "192.0.2.0/24"), service("internet-facing"), "lets in 0.0.0.0/0"),
        (service("internet-facing", "192.0.2.128/25"), service("internet-facing", "192.0.2.0/24"), "192.0.2.0/24"),
        (service("internet-facing", "pl-1"), service("internet-facing", "pl-1", "pl-2"), "lets in pl-2"),
        # Without a class the in-tree controller takes it, and makes it public.
        (None, changed(service(None), "spec.loadBalancerClass", None), "faces the internet"),
        (None, ingress("a.example.org"), "answers at a.example.org"),
        (ingress("a.example.org"), ingress("a.example.org", "b.example.org"), "answers at b.example.org"),
        (ingress("a.example.org"), ingress("a.example.org", scheme="internet-facing"), "faces the internet"),
    ],
)
def test_new_public_endpoints(before: Any, after: Any, says: str) -> None:
    assert says in judged(before, after)["public"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, service("internal")),
        (None, service(None)),
        (None, changed(service(None), "spec.type", "ClusterIP")),
        (service("internet-facing", "0.0.0.0/0"), service("internet-facing", "192.0.2.0/24")),
        (service("internet-facing"), changed(service("internet-facing"), "metadata.labels.new", "yes")),
        (service("internet-facing", "192.0.2.0/24"), service("internet-facing", "192.0.2.128/25")),
        (service("internet-facing"), None),
        (ingress("a.example.org", "b.example.org"), ingress("a.example.org")),
    ],
)
def test_no_new_public_endpoints(before: Any, after: Any) -> None:
    assert judged(before, after)["public"] == ""
