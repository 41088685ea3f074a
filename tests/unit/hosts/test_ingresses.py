"""What live Ingresses say of host names and of their load balancer, and how they are waited for."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.hosts import ingresses as subject

NLB = "nlb-1.elb.eu-west-1.amazonaws.com"


def ingress(class_name: str | None, hosts: list[str | None], point: dict[str, str] | None = None) -> dict[str, Any]:
    rules = [{"host": host} if host else {"http": {}} for host in hosts]
    spec: dict[str, Any] = {"rules": rules} | ({"ingressClassName": class_name} if class_name else {})
    status = {"loadBalancer": {"ingress": [point]} if point else {}}
    return {"metadata": {"namespace": "shop", "name": str(hosts[0])}, "spec": spec, "status": status}


FOUND = [
    ingress("nginx", ["kibana.x", "grafana.x"], {"hostname": NLB}),
    ingress("nginx", ["grafana.x", None], {"hostname": NLB}),
    ingress("alb", ["other.x"], {"hostname": "alb"}),
    ingress(None, ["classless.x"]),
]


OWN = subject.own_of(
    "nginx", [{"host": f"{each}.x", "namespace": "shop"} for each in ("kibana", "grafana", "other", "a", "new")]
)


def test_only_those_of_the_class_count() -> None:
    assert subject.published(FOUND, OWN) == subject.Published(("grafana.x", "kibana.x"), (NLB,))
    assert subject.published([], OWN) == subject.Published()


@pytest.mark.parametrize("host", ["github.com", "registry-1.docker.io", "*.x", "kibana.x.", "KIBANA.x", ""])
def test_names_that_no_component_has_are_nobodys(host: str) -> None:
    strangers = [ingress("nginx", [host], {"ip": "198.51.100.66"}), ingress("nginx", [host])]
    assert subject.published([*FOUND, *strangers], OWN) == subject.published(FOUND, OWN)


def test_our_names_in_a_namespace_of_others_are_theirs() -> None:
    taken = ingress("nginx", ["kibana.x"], {"ip": "198.51.100.66"})
    taken["metadata"]["namespace"] = "team-a"
    rejected = ingress("nginx", ["kibana.x"])
    rejected["metadata"]["namespace"] = "team-a"
    assert subject.published([*FOUND, taken, rejected], OWN) == subject.published(FOUND, OWN)


def test_of_an_ingress_of_ours_only_our_names_count() -> None:
    found = subject.published([ingress("nginx", ["a.x", "github.com", "*.apps.x"], {"hostname": NLB})], OWN)
    assert found == subject.Published(("a.x",), (NLB,))


def test_an_ingress_may_have_an_address_itself() -> None:
    found = subject.published([ingress("nginx", ["a.x"], {"ip": "203.0.113.5"})], OWN)
    assert (found.addresses, found.balancers, found.waiting) == (("203.0.113.5",), (), ())


class Controller:
    """A clock that goes on while somebody sleeps, and a cluster whose last Ingress gets its load balancer then."""

    def __init__(self, at: float) -> None:
        self.now, self.at = 0.0, at

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def read(self) -> list[dict[str, Any]]:
        return [*FOUND, ingress("nginx", ["new.x"], {"hostname": NLB} if self.now >= self.at else None)]


def waited(at: float, timeout: float) -> tuple[tuple[str, ...], float]:
    controller = Controller(at)
    found = subject.wait(controller.read, OWN, timeout, controller, controller.sleep)
    return found.waiting, controller.now


def test_a_load_balancer_is_noticed_within_a_second() -> None:
    assert waited(at=0, timeout=300) == ((), 0)
    waiting, now = waited(at=6.5, timeout=300)
    assert not waiting
    assert now - 6.5 <= 1


def test_one_that_does_not_come_is_named() -> None:
    assert waited(at=99, timeout=10) == (("shop/new.x",), 10)
    assert waited(at=99, timeout=0) == (("shop/new.x",), 0)
