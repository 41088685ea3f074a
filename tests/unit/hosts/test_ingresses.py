"""What live Ingresses say of host names and of their load balancer, and how they are waited for."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.helm import marks
from ansible_collections.landfall.eks.plugins.module_utils.hosts import ingresses as subject

NLB = "nlb-1.elb.eu-west-1.amazonaws.com"
STRANGER = {"ip": "198.51.100.66"}


def ingress(
    class_name: str | None,
    hosts: list[str | None],
    point: dict[str, str] | None = None,
    namespace: str = "shop",
    release: str = "web",
    **more: str,
) -> dict[str, Any]:
    rules = [{"host": host} if host else {"http": {}} for host in hosts]
    spec: dict[str, Any] = {"rules": rules} | ({"ingressClassName": class_name} if class_name else {})
    labels = {marks.INSTANCE: release} if release else {}
    return {
        "metadata": {"namespace": namespace, "name": str(hosts[0]), "labels": labels, **more},
        "spec": spec,
        "status": {"loadBalancer": {"ingress": [point] if point else []}},
    }


FOUND = [
    ingress("nginx", ["kibana.x", "grafana.x"], {"hostname": NLB}),
    ingress("nginx", ["grafana.x", None], {"hostname": NLB}),
    ingress("alb", ["other.x"], {"hostname": "alb"}),
    ingress(None, ["classless.x"]),
]
ROWS = [
    {"host": f"{each}.x", "namespace": "shop", "release": "web"} for each in ("kibana", "grafana", "other", "a", "new")
]
OWN = subject.own_of(ROWS)


def test_only_those_of_the_class_count() -> None:
    assert subject.published(FOUND, OWN) == subject.Published(("grafana.x", "kibana.x"), (NLB,))
    assert subject.published([], OWN) == subject.Published()


@pytest.mark.parametrize(
    "host",
    ["github.com", "sts.eu-west-1.amazonaws.com", "*.example.org", "*.x", "kibana.x.", "KIBANA.x", "localhost", ""],
)
@pytest.mark.parametrize("namespace", ["shop", "team-a"])
def test_names_that_no_component_has_are_nobodys(host: str, namespace: str) -> None:
    strangers = [ingress("nginx", [host], STRANGER, namespace), ingress("nginx", [host], None, namespace)]
    assert subject.published([*FOUND, *strangers], OWN) == subject.published(FOUND, OWN)


@pytest.mark.parametrize(("namespace", "release"), [("team-a", "web"), ("shop", "other"), ("shop", "")])
@pytest.mark.parametrize("point", [STRANGER, None])
def test_our_names_on_an_ingress_of_another_namespace_or_release_are_not_ours(
    namespace: str, release: str, point: dict[str, str] | None
) -> None:
    taken = ingress("nginx", ["kibana.x"], point, namespace, release)
    assert subject.published([*FOUND, taken], OWN) == subject.published(FOUND, OWN)


def test_the_mark_of_helm_counts_more_than_a_label_and_only_in_its_own_namespace() -> None:
    own = {marks.NAME: "web", marks.NAMESPACE: "shop"}
    for given, names in ((own, ("a.x",)), ({**own, marks.NAMESPACE: "team-a"}, ()), ({marks.NAME: "web"}, ())):
        found = ingress("nginx", ["a.x"], {"hostname": NLB}, release="web")
        found["metadata"]["annotations"] = given
        assert subject.published([found], OWN).names == names


def test_of_an_ingress_of_ours_only_our_names_count() -> None:
    found = subject.published([ingress("nginx", ["a.x", "github.com", "*.apps.x"], {"hostname": NLB})], OWN)
    assert found == subject.Published(("a.x",), (NLB,))


def test_a_typed_name_counts_on_an_ingress_of_our_release_alone() -> None:
    own = subject.own_of(ROWS, ["shop.other.com"])
    assert subject.published([ingress("nginx", ["shop.other.com"], {"hostname": NLB})], own).balancers == (NLB,)
    stranger = ingress("nginx", ["shop.other.com"], STRANGER, "team-a")
    assert subject.published([stranger], own) == subject.Published()


OLD, YOUNG = "2026-11-30T12:00:00Z", "2026-11-30T12:00:01Z"


def claimed(ours: str, theirs: str, point: dict[str, str] | None = None, hosts: tuple[str, ...] = ("a.x",)) -> Any:
    """Return what is published where both have one host; the first one to come is served by NGINX."""
    mine = ingress("nginx", list(hosts), point, creationTimestamp=ours)
    other = ingress("nginx", ["a.x"], STRANGER, "team-a", creationTimestamp=theirs)
    return subject.published([mine, other], OWN)


def test_a_name_that_an_older_ingress_of_a_stranger_claims_is_not_waited_for_and_not_written() -> None:
    assert claimed(YOUNG, OLD) == subject.Published(taken={"a.x": "team-a/a.x"})
    # The controls: a younger one takes nothing, nor does one whose claim NGINX has not granted.
    assert claimed(OLD, YOUNG).waiting == ("shop/a.x",)
    assert claimed(YOUNG, OLD, {"hostname": NLB}) == subject.Published(("a.x",), (NLB,))


def test_an_ingress_that_keeps_one_of_its_names_is_waited_for() -> None:
    found = claimed(YOUNG, OLD, hosts=("a.x", "new.x"))
    assert (found.names, found.waiting, found.taken) == (("new.x",), ("shop/a.x",), {"a.x": "team-a/a.x"})


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


def test_one_of_a_stranger_without_a_load_balancer_holds_nobody_up() -> None:
    strangers = [ingress("nginx", [host], None, "team-a") for host in ("github.com", "kibana.x")]
    controller = Controller(at=0)
    read = lambda: [*controller.read(), *strangers]  # noqa: E731
    assert subject.wait(read, OWN, 300, controller, controller.sleep).waiting == ()
    assert controller.now == 0
