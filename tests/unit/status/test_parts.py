"""The parts of a status: addresses, objectives, upstream's versions, who is at work."""

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError
from ansible_collections.landfall.eks.plugins.module_utils.helm.remote import RemoteError
from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import Lease
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.prometheus import PrometheusError
from ansible_collections.landfall.eks.plugins.module_utils.status import addresses, lease, slos, upstream
from tests.fake_cluster import FakeCluster
from tests.unit.lease.clock import Clock

NAMES = ("flask.example.org", "grafana.example.org")
OWN = [{"host": name, "namespace": "shop", "release": "web"} for name in NAMES]
NLB = "k8s-ingress-nginx.elb.eu-west-1.amazonaws.com"


def cluster_of(names: tuple[str, ...] = NAMES, entry: dict[str, str] | None = None) -> FakeCluster:
    """Return Ingresses of two names behind one load balancer, and a Service with one of its own."""
    balanced = {"loadBalancer": {"ingress": [entry or {"hostname": NLB}]}}

    stranger = {"loadBalancer": {"ingress": [{"ip": "198.51.100.66"}]}}

    def one(kind: str, namespace: str, name: str, status: Any, **spec: Any) -> dict[str, Any]:
        labels = {"app.kubernetes.io/instance": "web"}
        metadata = {"namespace": namespace, "name": name, "labels": labels}
        return {"kind": kind, "metadata": metadata, "spec": spec, "status": status}

    return FakeCluster(
        *(one("Ingress", "shop", name, balanced, ingressClassName="nginx", rules=[{"host": name}]) for name in names),
        one("Ingress", "shop", "not-ours", {}, ingressClassName="other", rules=[{"host": NAMES[0]}]),
        one("Ingress", "shop", "anothers", stranger, ingressClassName="nginx", rules=[{"host": "github.com"}]),
        one("Ingress", "team-a", "anothers", stranger, ingressClassName="nginx", rules=[{"host": NAMES[0]}]),
        one("Service", "ingress", "nginx", balanced),
        one("Service", "argocd", "argocd-nlb", {"loadBalancer": {"ingress": [{"hostname": "argocd.elb"}]}}),
        one("Service", "flask-app", "flask-app", {}),
    )


def block(*lines: str) -> str:
    return "\n".join(["127.0.0.1 localhost", "# BEGIN landfall test", *lines, "# END landfall test", ""])


def judged(
    path: Path,
    text: str,
    dns: dict[str, list[str]],
    given: tuple[str, ...] = (),
    named: tuple[str, ...] = (),
    **objects: Any,
) -> addresses.Addresses:
    path.write_text(text)
    cluster = cluster_of(**objects)
    return addresses.read_addresses(
        cluster, "test", str(path), addresses.Given(named, given, OWN), lambda name: dns.get(name, [])
    )


FULL = block(*(f"{ip} {name}" for name in NAMES for ip in ("203.0.113.1", "203.0.113.2")))
DNS = {NLB: ["203.0.113.1", "203.0.113.2", "203.0.113.3"]}


def test_a_block_that_is_as_it_should_be(tmp_path: Path) -> None:
    found = judged(tmp_path / "hosts", FULL, DNS)
    assert (found.state, found.why) == ("current", "")
    assert found.names == list(NAMES)
    assert found.points == [NLB]
    assert found.others == {"argocd/argocd-nlb": ["argocd.elb"]}


@pytest.mark.parametrize(
    ("text", "dns", "why"),
    [
        (block("203.0.113.1 grafana.example.org"), DNS, "flask.example.org not in it"),
        (FULL, {NLB: ["203.0.113.1"]}, "203.0.113.2 not among the addresses that are live"),
        (FULL.replace("flask.", "shop."), DNS, "flask.example.org not in it; shop.example.org no longer served"),
        ("127.0.0.1 localhost\n", DNS, "the file has no block of this cluster"),
        (block("203.0.113.1 grafana.example.org").replace("# END landfall test", ""), DNS, "remove what is left"),
    ],
)
def test_stale_blocks(tmp_path: Path, text: str, dns: dict[str, list[str]], why: str) -> None:
    found = judged(tmp_path / "hosts", text, dns)
    assert found.state == "stale"
    assert why in found.why


def test_without_dns_the_names_alone_are_judged(tmp_path: Path) -> None:
    found = judged(tmp_path / "hosts", FULL, {})
    assert (found.state, found.why) == ("not asked", f"the names are right; {NLB} does not resolve here")
    assert judged(tmp_path / "hosts", block("203.0.113.1 grafana.example.org"), {}).state == "stale"


def test_addresses_that_a_person_wrote_or_the_cluster_has_need_no_dns(tmp_path: Path) -> None:
    assert judged(tmp_path / "hosts", FULL, {}, given=("203.0.113.1", "203.0.113.2")).state == "current"
    assert judged(tmp_path / "hosts", FULL, {}, given=("203.0.113.9",)).state == "stale"
    assert judged(tmp_path / "hosts", FULL, {}, entry={"ip": "203.0.113.9"}).state == "stale"


def test_names_that_a_person_wrote_count(tmp_path: Path) -> None:
    assert judged(tmp_path / "hosts", FULL, DNS, named=("wiki.example.org",)).why == "wiki.example.org not in it"
    assert judged(tmp_path / "hosts", FULL, DNS, named=NAMES).state == "current"


@pytest.mark.parametrize(
    ("way", "aws", "found"),
    [("auto", ("10.0.0.1",), ["10.0.0.1"]), ("auto", (), ["10.0.0.9"]), ("dns", ("10.0.0.1",), ["10.0.0.9"])],
)
def test_aws_is_asked_before_dns(
    monkeypatch: pytest.MonkeyPatch, way: str, aws: tuple[str, ...], found: list[str]
) -> None:
    monkeypatch.setattr(addresses, "Session", lambda region: region)
    monkeypatch.setattr(addresses.lookup, "find_addresses", lambda *_: addresses.lookup.BalancerAddresses(aws, "", ""))
    monkeypatch.setattr(addresses.resolve, "lookup", lambda _: ["10.0.0.9"])
    assert addresses.asker(way, "eu-central-1")(NLB) == found


def test_without_rights_in_aws_there_is_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(region: str) -> None:
        raise addresses.AwsError("No credentials.")

    monkeypatch.setattr(addresses, "Session", refuse)
    monkeypatch.setattr(addresses.resolve, "lookup", lambda _: ["10.0.0.9"])
    assert addresses.asker("auto", "")(NLB) == ["10.0.0.9"]


def test_nothing_is_stale_where_nothing_is(tmp_path: Path) -> None:
    assert judged(tmp_path / "hosts", "", {}, names=()).state == "none"


class Recorded:
    """Prometheus with a few series of the rules."""

    def __init__(self, series: dict[str, list[tuple[str, str]]], status: str = "success") -> None:
        self.series, self.status = series, status

    def get(self, rest: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        assert rest == "/api/v1/query"
        assert query
        found = next((value for name, value in self.series.items() if name in query["query"]), [])
        result = [{"metric": {"slo": slo}, "value": [1764138000.1, value]} for slo, value in found]
        return {"status": self.status, "error": "too busy", "data": {"resultType": "vector", "result": result}}


def test_objectives_with_the_worst_first() -> None:
    rows = slos.rows(
        Recorded(
            {
                "slo:objective:ratio": [("a", "0.999"), ("b", "0.99"), ("c", "0.95"), ("d", "0.9")],
                "slo:error_budget_remaining:ratio": [("a", "1"), ("b", "-0.25"), ("c", "0.5")],
                "slo:burn_rate:ratio1h": [("b", "20")],
                "ALERTS": [("b", "2"), ("c", "1")],
            }
        )
    )
    assert [(each["slo"], each["state"], each["alerts"]) for each in rows] == [
        ("b", "overspent", 2),
        ("c", "burning", 1),
        ("d", "met", 0),
        ("a", "met", 0),
    ]
    assert rows[2]["remaining"] is None


def test_prometheus_may_refuse() -> None:
    with pytest.raises(PrometheusError, match="too busy"):
        slos.rows(Recorded({}, status="error"))


def test_newest_versions_are_asked_of_upstream(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("name: own\nversion: 0.2.0\n")
    refs = {
        "own": str(tmp_path),
        "there": "https://charts.test/one",
        "silent": "oci://silent.test/charts/two",
        "refusing": "https://charts.test/three",
        "odd": "https://charts.test/four",
        "one": "https://charts.test/five-1.0.0.tgz",
    }

    def ask(ref: str) -> dict[str, str]:
        if "silent" in ref:
            raise RemoteError("dial tcp: lookup silent.test: no such host")
        if ref.endswith("three"):
            raise RemoteError("no chart of that name")
        return {"version": "1.10.0"} if ref.endswith("one") else {}

    found = upstream.newest(refs, ask)
    assert found["own"] == {"version": "0.2.0", "why": ""}
    assert found["there"] == {"version": "1.10.0", "why": ""}
    assert found["silent"] == {"version": "", "why": "dial tcp: lookup silent.test: no such host"}
    assert found["refusing"] == {"version": "", "why": "no chart of that name"}
    assert found["one"]["version"] == ""
    assert found["odd"]["version"] == ""
    assert found["odd"]["why"]


def test_who_is_at_work_is_read_and_not_taken() -> None:
    cluster, clock = FakeCluster(), Clock()
    home = "landfall-system"
    assert lease.read_lease(cluster, home, clock) == {
        "running": False,
        "holder": "",
        "since": "",
        "text": "no rollout is at work",
    }
    Lease(cluster, home, clock).take("anna@laptop/a1", 30)
    version = cluster.objects["Lease", home, "landfall"]["metadata"]["resourceVersion"]
    found = lease.read_lease(cluster, home, clock)
    assert (found["running"], found["holder"]) == (True, "anna@laptop/a1")
    assert found["text"] == "anna@laptop has been at work on this cluster since 2026-11-23 12:00:00 UTC (run a1)"
    clock.turn(20)
    assert "is silent, and loses the Lease in 12 s" in str(lease.read_lease(cluster, home, clock)["text"])
    clock.turn(20)
    found = lease.read_lease(cluster, home, clock)
    assert found["running"] is False
    assert "never gave its Lease back" in str(found["text"])
    assert cluster.objects["Lease", home, "landfall"]["metadata"]["resourceVersion"] == version


def recorded(look: addresses.Records, **given: Any) -> addresses.Addresses:
    told = addresses.Given(own=OWN, records=look, **given)
    return addresses.read_addresses(cluster_of(), "test", "", told, lambda _: ["203.0.113.1"])


def test_names_in_route53() -> None:
    asked: list[Any] = []

    def look(names: Any, points: Any) -> tuple[list[str], str]:
        asked.append((names, points))
        return ["example.org (Z1)"], ""

    found = recorded(look)
    assert asked == [(list(NAMES), [NLB])]
    assert (found.state, found.zones, found.why, found.lines) == ("current", ["example.org (Z1)"], "", [])
    stale = recorded(lambda *_: (["example.org (Z1)"], "flask.example.org does not lead to the load balancer"))
    assert (stale.state, stale.why) == ("stale", "flask.example.org does not lead to the load balancer")


def test_a_route53_that_refuses_was_not_asked() -> None:
    def look(*_: Any) -> tuple[list[str], str]:
        raise AwsError("AWS refused route53 list_hosted_zones: AccessDenied: no.")

    found = recorded(look)
    assert (found.state, found.why) == ("not asked", "AWS refused route53 list_hosted_zones: AccessDenied: no")
