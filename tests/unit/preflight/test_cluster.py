"""What is found out about a cluster, with a cluster that is a table of answers."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.preflight import cluster as subject
from tests.fake_cluster import FakeCluster

ROLE = {
    "rules": [
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]},
        {"apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "verbs": ["list"]},
    ]
}


def storage_class(name: str, default: str = "false", born: str = "2026-01-01") -> dict[str, Any]:
    mark = {subject.DEFAULT_CLASS_MARKS[0]: default}
    metadata = {"name": name, "annotations": mark, "creationTimestamp": born}
    return {"metadata": metadata, "provisioner": "example.org/disk"}


class Table:
    """A cluster that answers from a table and allows everything but the resources in `denied`."""

    def __init__(self, version: str = "v1.35.4", denied: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> None:
        self.version, self.denied, self.groups = version, denied, groups
        self.classes = [storage_class("gp3", "true")]
        self.reviews: list[str] = []

    def request(
        self, method: str, path: str, *, body: Any = None, query: Any = None, accept: str = ""
    ) -> dict[str, Any]:
        if method == "POST":
            if body["kind"] == "SelfSubjectRulesReview":
                return {"status": {"incomplete": True}}
            resource = body["spec"]["resourceAttributes"]["resource"]
            self.reviews.append(resource)
            return {"status": {"allowed": resource not in self.denied if resource != "*" else not self.denied}}
        return {"gitVersion": self.version} if path == "/version" else {"items": []}

    def api_groups(self) -> tuple[str, ...]:
        return self.groups

    def list(self, api_version: str, kind: str) -> list[dict[str, Any]]:
        assert "storageclasses" not in self.denied
        return self.classes if (api_version, kind) == ("storage.k8s.io/v1", "StorageClass") else []

    def resource_path(self, api_version: str, kind: str, namespace: str | None) -> str | None:
        return f"/apis/{api_version}/{kind.lower()}s" if api_version.partition("/")[0] in self.groups else None


def of_family(*families: str) -> FakeCluster:
    metadata = {"name": "kubernetes", "namespace": "default"}
    return FakeCluster({"kind": "Service", "metadata": metadata, "spec": {"ipFamilies": list(families)}})


@pytest.mark.parametrize("families", [("IPv6",), ("IPv6", "IPv4")])
def test_no_load_balancer_of_ours_leads_to_an_ipv6_cluster(families: tuple[str, ...]) -> None:
    releases = [{"component": each, "load_balancer": {"service": "x"}} for each in ("edge", "edge", "api")]
    (said,) = subject.family_problems(of_family(*families), releases)
    assert "api_enabled: false, edge_enabled: false" in said
    assert subject.family_problems(of_family(*families), [{"component": "logs"}]) == []


@pytest.mark.parametrize("families", [("IPv4",), ("IPv4", "IPv6"), ()])
def test_other_clusters_will_do(families: tuple[str, ...]) -> None:
    releases = [{"component": "edge", "load_balancer": {"service": "x"}}]
    assert subject.family_problems(of_family(*families), releases) == []
    assert subject.family_problems(FakeCluster(), releases) == []


POD = {"name": "x", "count": 1, "cpu": "0", "memory": "0", "volumes": 1}


def wanted(**other: Any) -> subject.Requirements:
    return subject.Requirements(
        **{
            "oldest": "1.33",
            "newest": "1.36",
            "role": ROLE,
            "storage_class": "",
            "releases": [{"name": "x", "namespace": "x", "selected": True, "pods": [POD]}],
            "check_capacity": False,
        }
        | other
    )


def test_a_cluster_that_will_do() -> None:
    facts = subject.gather(Table(groups=("apps", "monitoring.coreos.com")), wanted())
    assert facts.problems == []
    assert (facts.reachable, facts.service_monitors, facts.storage_class) == (True, True, "gp3")
    assert facts.lines["storage"] == "class gp3, volumes made by example.org/disk"
    assert set(facts.lines) == {"storage", "NetworkPolicies"}


def test_who_may_do_everything_is_asked_for_no_more() -> None:
    cluster = Table()
    subject.gather(cluster, wanted())
    assert cluster.reviews == ["*"]
    # A control: of anybody else each permission is asked for, and one that is missing named.
    cluster = Table(denied=("deployments",))
    (problem,) = subject.gather(cluster, wanted()).problems
    assert sorted(cluster.reviews) == ["*", "deployments", "secrets", "storageclasses"]
    assert "may not create deployments.apps: let" in problem


def test_problems_come_all_together() -> None:
    cluster = Table("v1.32.9", denied=("deployments", "secrets"))
    cluster.classes = []
    facts = subject.gather(cluster, wanted())
    assert facts.reachable
    assert not facts.service_monitors
    assert len(facts.problems) == 3
    assert "may not list secrets; create deployments.apps: let an administrator" in facts.problems[1]


def test_storage_is_not_looked_at_without_the_right_to() -> None:
    facts = subject.gather(Table(denied=("storageclasses",)), wanted())
    assert [problem for problem in facts.problems if "StorageClass" in problem] == []


@pytest.mark.parametrize("version", ["v1.33.0", "v1.34.2-eks-abc1234", "1.36.9", "v1.36"])
def test_versions_that_will_do(version: str) -> None:
    assert subject.version_problems(version, "1.33", "1.36") == []


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("v1.32.9", "upgrade the cluster"),
        ("v1.37.0", "newer Landfall"),
        ("v2.0.0", "newer Landfall"),
        ("?", "no version"),
    ],
)
def test_versions_that_will_not_do(version: str, said: str) -> None:
    assert said in subject.version_problems(version, "1.33", "1.36")[0]


@pytest.mark.parametrize(
    ("classes", "name", "chosen", "said"),
    [
        ([storage_class("gp3", "true")], "", "gp3", ""),
        ([storage_class("gp2", "true"), storage_class("gp3", "true", "2026-02-01")], "", "gp3", ""),
        ([storage_class("gp3")], "gp3", "gp3", ""),
        ([storage_class("gp3")], "", "", "write one of them as platform_storage_class"),
        ([], "", "", "has none at all"),
        ([storage_class("gp3", "true")], "io2", "", "platform_storage_class is 'io2', which is no StorageClass here"),
    ],
)
def test_storage_class(classes: list[dict[str, Any]], name: str, chosen: str, said: str) -> None:
    found, problems = subject.choose_storage_class(classes, name)
    assert found.get("metadata", {}).get("name", "") == chosen
    assert said in (problems[0] if problems else "")
    assert bool(problems) == bool(said)


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("[Errno 111] Connection refused", "refuses connections"),
        ("Connection to 10.0.0.1 timed out. (connect timeout=5)", "does not answer within seconds"),
        ("Failed to resolve 'x.invalid' ([Errno -2] Name or service not known)", "does not resolve"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "certificate"),
        ("[Errno 101] Network is unreachable", "out of reach"),
        ("something\nelse", "(something else)"),
    ],
)
def test_each_silence_has_its_own_sentence(cause: str, said: str) -> None:
    sentence = subject.silence_problem(cause, "https://c")
    assert said in sentence
    assert sentence.startswith("The cluster at https://c ")
    assert sentence.count("\n") == 0


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (401, "Unauthorized", "does not accept the credentials"),
        (403, 'User "system:anonymous" cannot get path "/apis"', "does not accept the credentials"),
        (403, 'User "bob" cannot get path "/version"', "let an administrator allow it"),
        (503, "etcd", "answers with an error (503 etcd)"),
    ],
)
def test_each_refusal_has_its_own_sentence(status: int, reason: str, said: str) -> None:
    assert said in subject.refusal_problem(status, reason, "https://c")


@pytest.mark.parametrize(
    ("provisioner", "drivers", "auto_mode", "said"),
    [
        ("ebs.csi.aws.com", {"ebs.csi.aws.com"}, False, ""),
        ("ebs.csi.aws.com", set(), False, "install the EKS add-on aws-ebs-csi-driver"),
        ("kubernetes.io/aws-ebs", set(), False, "by ebs.csi.aws.com, which is not installed"),
        ("kubernetes.io/aws-ebs", {"ebs.csi.aws.com"}, False, ""),
        ("ebs.csi.eks.amazonaws.com", set(), True, ""),
        ("ebs.csi.eks.amazonaws.com", set(), False, "install the driver ebs.csi.eks.amazonaws.com"),
        ("rancher.io/local-path", set(), False, ""),
    ],
)
def test_somebody_makes_the_volumes(provisioner: str, drivers: set[str], auto_mode: bool, said: str) -> None:
    problems = subject.driver_problems({"metadata": {"name": "c"}, "provisioner": provisioner}, drivers, auto_mode)
    assert bool(problems) == bool(said)
    assert said in "".join(problems)
