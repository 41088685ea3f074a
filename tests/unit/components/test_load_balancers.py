"""What a run does about a load balancer that is there, or that is to be made; AWS's answers are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import changes as changing
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.plan import (
    NoAccount,
    Places,
    Row,
    plan,
)
from tests.unit.components.rendering import evaluate, release

HOST = "k8s-ingress-nginxing-0123.elb.eu-central-1.amazonaws.com"
OTHER = "k8s-ingress-nginxing-4567.elb.eu-central-1.amazonaws.com"
CONTROLLER, AUTO_MODE = "service.k8s.aws/nlb", "eks.amazonaws.com/nlb"


class Account:
    """AWS with given answers; `asked` are the questions."""

    def __init__(self, hindrance: str = "", holds: bool = False) -> None:
        self.hindrance, self.answer = hindrance, holds
        self.asked: list[str] = []

    def holds(self, wanted: Sequence[str], there: Sequence[str], host: str) -> bool:
        self.asked.append("holds")
        return self.answer

    def places(self, release: str, scheme: str, subnets: Sequence[str]) -> Places:
        self.asked.append("places")
        if self.hindrance:
            return Places(hindrance=self.hindrance)
        return Places(tuple(subnets) or ("subnet-a", "subnet-b"), ("zone-a", "zone-b"))


def annotations(**settings: Any) -> dict[str, str]:
    found: dict[str, str] = evaluate("ingress", "__ingress_wanted_annotations", **settings)
    return found


def row(**settings: Any) -> Row:
    return Row(
        release="nginx-ingress",
        namespace="ingress",
        name="nginx-ingress-controller",
        settings="ingress",
        load_balancer_class=settings.pop("load_balancer_class", CONTROLLER),
        addresses=settings.pop("addresses", "auto"),
        replace=settings.pop("replace", ""),
        without_eip="auto",
        annotations=annotations(**settings),
        scheme=settings.get("ingress_scheme", "internet-facing"),
    )


def live(host: str = HOST, load_balancer_class: str = CONTROLLER, **settings: Any) -> dict[str, Any]:
    """Return the Service that these settings made."""
    return {
        "metadata": {"annotations": annotations(**settings)},
        "spec": {"loadBalancerClass": load_balancer_class},
        "status": {"loadBalancer": {"ingress": [{"hostname": host}]} if host else {}},
    }


def annotated(service: dict[str, Any], **values: str) -> dict[str, Any]:
    more = {changing.PREFIX + key.replace("_", "-"): value for key, value in values.items()}
    return service | {"metadata": {"annotations": service["metadata"]["annotations"] | more}}


def without(service: dict[str, Any], key: str) -> dict[str, Any]:
    left = {name: value for name, value in service["metadata"]["annotations"].items() if name != changing.PREFIX + key}
    return service | {"metadata": {"annotations": left}}


SUBNETS = {"ingress_subnets": ["subnet-a", "subnet-b"]}
NAMED = SUBNETS | {"ingress_eip_allocations": ["eip-a", "eip-b"]}
MADE_BY_A_RUN = {"subnets": "subnet-a,subnet-b", "eip_allocations": "eip-1,eip-2"}

REFUSED = [
    ("scheme", live(), {"ingress_scheme": "internal"}, "recreated", "scheme is internet-facing and should be internal"),
    ("scheme that was left to the controller", without(live(), "scheme"), {}, "recreated", "scheme is internal and"),
    ("class", live(), {"load_balancer_class": AUTO_MODE}, "Kubernetes refuses", f"should be {AUTO_MODE}"),
    (
        "target type",
        annotated(live(), nlb_target_type="instance"),
        {},
        "other target groups",
        "instance and should be ip",
    ),
    (
        "legacy type",
        annotated(live(), type="external"),
        {},
        "left behind in AWS",
        "type is external and should be not set",
    ),
    ("name", annotated(live(), name="shop"), {}, "only counts when it is created", "name is shop"),
    ("private addresses", annotated(live(), private_ipv4_addresses="10.0.0.9"), {}, "only counts", "10.0.0.9"),
    ("subnet taken away", live(**SUBNETS), {"ingress_subnets": ["subnet-a"]}, "lose a zone", "should be subnet-a"),
    ("subnets that AWS does not confirm", live(), SUBNETS, "lose a zone", "subnets is not set"),
    ("names for ids", live(**SUBNETS), {"ingress_subnets": ["left", "right"]}, "lose a zone", "should be left,right"),
    (
        "other allocations",
        live(**NAMED),
        NAMED | {"ingress_eip_allocations": ["eip-a", "eip-c"]},
        "only counts",
        "eip-c",
    ),
    ("allocations for none", live(**SUBNETS), NAMED, "only counts when it is created", "eip-allocations is not set"),
    ("allocations for those of a run", annotated(live(), **MADE_BY_A_RUN), NAMED, "only counts", "eip-a,eip-b"),
    (
        "allocations demanded afterwards",
        live(),
        {"addresses": "eip"},
        "made without Elastic IPs",
        "ingress_addresses: auto",
    ),
]


@pytest.mark.parametrize(
    ("service", "settings", "outcome", "said"), [each[1:] for each in REFUSED], ids=[e[0] for e in REFUSED]
)
def test_what_only_a_new_load_balancer_can_have_is_refused(
    service: dict[str, Any], settings: dict[str, Any], outcome: str, said: str
) -> None:
    planned = plan(row(**settings), service, Account())
    (problem,) = planned.problems
    assert outcome in problem
    assert said in problem
    assert f"write ingress_replace: {HOST} to have it replaced" in problem
    assert not planned.replace
    on_purpose = plan(row(**settings, replace=HOST), service, Account())
    assert (on_purpose.problems, on_purpose.replace) == ([], True)
    forgotten = plan(row(**settings, replace=OTHER), service, Account())
    assert forgotten.problems == planned.problems


KEPT = [
    ("nothing is different", live(), {}),
    ("all that was named before", live(**NAMED), NAMED),
    ("a zone more", live(**SUBNETS), {"ingress_subnets": ["subnet-c", "subnet-a", "subnet-b"]}),
    (
        "a zone more, with its address",
        live(**NAMED),
        {
            "ingress_subnets": ["subnet-c", "subnet-a", "subnet-b"],
            "ingress_eip_allocations": ["eip-c", "eip-a", "eip-b"],
        },
    ),
    ("made by a run, and other ways are wanted now", annotated(live(), **MADE_BY_A_RUN), {"addresses": "dns"}),
    ("made by a run with eip", annotated(live(), **MADE_BY_A_RUN), {"addresses": "eip"}),
    ("attributes can be changed", annotated(live(), attributes="deletion_protection.enabled=true"), {}),
]


@pytest.mark.parametrize(("service", "settings"), [each[1:] for each in KEPT], ids=[each[0] for each in KEPT])
def test_what_is_there_stays_as_it_was_made(service: dict[str, Any], settings: dict[str, Any]) -> None:
    account = Account()
    planned = plan(row(**settings), service, account)
    assert (planned.problems, planned.replace, planned.zones, planned.line) == ([], False, [], HOST)
    assert account.asked == []
    wanted = row(**settings).annotations | planned.annotations
    there = service["metadata"]["annotations"]
    # Neither an allocation nor a subnet is taken away.
    for key in changing.KEPT:
        assert set(changing.entries(there.get(key, ""))) <= set(changing.entries(wanted.get(key, "")))


def test_subnets_in_two_spellings_are_compared_by_aws() -> None:
    account = Account(holds=True)
    assert plan(row(ingress_subnets=["left", "right"]), live(**SUBNETS), account).problems == []
    assert plan(row(**SUBNETS), live(), account).problems == []
    assert account.asked == ["holds", "holds"]
    assert plan(row(**SUBNETS), live(), NoAccount()).problems


def test_a_service_without_a_load_balancer_yet_may_change_but_not_its_class() -> None:
    waiting = live(host="")
    assert plan(row(ingress_scheme="internal"), waiting, Account()).problems == []
    (problem,) = plan(row(load_balancer_class=AUTO_MODE), waiting, Account()).problems
    assert "kubectl delete service nginx-ingress-controller -n ingress" in problem


# --- One that is to be made


@pytest.mark.parametrize(
    ("settings", "asked", "zones", "said"),
    [
        ({}, ["places"], ["zone-a", "zone-b"], "an Elastic IP in each of zone-a, zone-b"),
        ({"addresses": "eip"}, ["places"], ["zone-a", "zone-b"], "an Elastic IP in each"),
        ({"addresses": "eni"}, [], [], "that AWS chooses"),
        ({"addresses": "dns"}, [], [], "that AWS chooses"),
        ({"ingress_scheme": "internal"}, [], [], "that AWS chooses"),
        (NAMED, [], [], "that the settings name"),
        ({"load_balancer_class": AUTO_MODE}, [], [], "EKS Auto Mode does not promise"),
        ({"load_balancer_class": AUTO_MODE, "addresses": "eip"}, ["places"], ["zone-a", "zone-b"], "an Elastic IP"),
    ],
)
def test_which_addresses_a_new_one_gets(
    settings: dict[str, Any], asked: list[str], zones: list[str], said: str
) -> None:
    account = Account()
    planned = plan(row(**settings), None, account)
    assert (account.asked, planned.zones, planned.problems, planned.annotations) == (asked, zones, [], {})
    assert said in planned.line


def test_without_elastic_ips_auto_goes_on_and_eip_does_not() -> None:
    account = Account(hindrance="the region has 5 of 5")
    planned = plan(row(), None, account)
    assert (planned.zones, planned.problems) == ([], [])
    assert "that AWS chooses, since Elastic IPs cannot be had: the region has 5 of 5" in planned.line
    (problem,) = plan(row(addresses="eip"), None, account).problems
    assert "ingress_addresses is eip, and the Elastic IPs cannot be had: the region has 5 of 5" in problem
    (problem,) = plan(replace(row(addresses="eip"), settings="argocd", without_eip="dns"), None, account).problems
    assert "argocd_addresses: dns" in problem


def test_replacing_on_purpose_is_planned_as_a_new_one() -> None:
    planned = plan(row(replace=HOST), live(), Account())
    assert (planned.replace, planned.zones) == (True, ["zone-a", "zone-b"])
    assert f"{HOST} is replaced, as ingress_replace says" in planned.line
    # It has what it could get: replacing would gain nothing, and nothing would bring its Service back.
    same = plan(row(replace=HOST), annotated(live(), **MADE_BY_A_RUN), Account())
    assert (same.replace, same.zones) == (False, [])
    refused = plan(row(replace=HOST, addresses="eip"), live(), Account(hindrance="no right"))
    assert refused.problems
    assert not refused.replace


# --- What the roles make of it

PLANNED = {"annotations": {}, "subnets": ["subnet-a", "subnet-b"], "zones": ["a", "b"], "replace": False}


@pytest.mark.parametrize(
    ("role", "name", "prefix"), [("ingress", "nginx-ingress", "ingress"), ("argocd", "argo-cd", "argocd")]
)
def test_allocated_addresses_and_kept_ones_stand_in_the_service(role: str, name: str, prefix: str) -> None:
    def service(**variables: Any) -> dict[str, str]:
        if role == "argocd":
            found: dict[str, str] = evaluate(role, "__argocd_service", **variables)["metadata"]["annotations"]
        else:
            found = release(name, **variables)["values"]["controller"]["service"]["annotations"]
        return {key.removeprefix(changing.PREFIX): value for key, value in found.items()}

    assert not {"subnets", "eip-allocations"} & set(service())
    made = service(
        platform_load_balancers={name: PLANNED}, **{f"__{prefix}_elastic_ips": {"allocations": ["eip-1", "eip-2"]}}
    )
    assert (made["subnets"], made["eip-allocations"]) == ("subnet-a,subnet-b", "eip-1,eip-2")
    kept = {changing.SUBNETS: "subnet-x", changing.ALLOCATIONS: "eip-x"}
    stays = service(
        platform_load_balancers={name: PLANNED | {"annotations": kept, "subnets": [], "zones": []}},
        **{f"__{prefix}_elastic_ips": {"skipped": True}},
    )
    assert (stays["subnets"], stays["eip-allocations"]) == ("subnet-x", "eip-x")


def test_what_eks_auto_mode_wants_otherwise() -> None:
    auto = {"platform_load_balancer_class": AUTO_MODE}
    ours, theirs = annotations(), annotations(**auto)
    key = f"{changing.PREFIX}proxy-protocol"
    assert key in ours
    assert key not in theirs
    attributes = f"{changing.PREFIX}target-group-attributes"
    assert theirs[attributes] == f"proxy_protocol_v2.enabled=true,{ours[attributes]}"
    assert {name: value for name, value in theirs.items() if name != attributes} == {
        name: value for name, value in ours.items() if name not in {attributes, key}
    }
    for name in ("nginx-ingress", "argo-cd"):
        labels = release(name, **auto)["namespace_labels"]
        assert [each for each in labels if each.endswith("inject")] == ["eks.amazonaws.com/pod-readiness-gate-inject"]


ACM = {"platform_tls_source": "acm", "platform_tls_acm_certificates": ["arn:aws:acm:a"]}


@pytest.mark.parametrize(("before", "after"), [({}, ACM), (ACM, {})], ids=["to acm", "from acm"])
def test_where_tls_ends_changes_no_load_balancer_and_its_price_is_told(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    planned = plan(row(**after), live(**before), Account())
    assert (planned.problems, planned.replace) == ([], False)
    assert planned.line.startswith(f"{HOST}, with another listener: it sends to a new target group")
    for same in (before, after):
        assert plan(row(**same), live(**same), Account()).line == HOST, "control"
    assert plan(row(**after), live(host="", **before), Account()).line == "not there yet"
