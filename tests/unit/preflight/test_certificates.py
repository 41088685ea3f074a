"""What preflight says of certificates before the first change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError
from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates as made
from ansible_collections.landfall.eks.plugins.module_utils.credentials.ca import Authority
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import Item
from ansible_collections.landfall.eks.plugins.module_utils.preflight import certificates
from ansible_collections.landfall.eks.plugins.module_utils.preflight.certificates import Facts, Questions
from tests.unit.credentials.fake_store import NOW, encoded
from tests.unit.credentials.issuing import INTERMEDIATE, issue
from tests.unit.credentials.test_sources import unlimited

HOME = "landfall-system"
ELB = "elb.eu-central-1.amazonaws.com"


def item(name: str, *hosts: str, **other: Any) -> Item:
    return Item(name, "certificate", name, "shop", hosts=hosts, **other)


KIBANA = item("kibana-tls", "kibana.example.org")
WILD = item("ingress-tls", "*.example.org", "example.org", fallback=True)


def read(
    *items: Item,
    authority: Authority | None = None,
    reached: Sequence[str] = ("argocd.example.org",),
    region: str = "eu-central-1",
    session: Any = None,
    **tls: Any,
) -> Facts:
    kept = {"metadata": {"name": "landfall-ca"}, "data": encoded(authority.data)} if authority else None
    wanted = Questions(HOME, {"permitted": ["example.org"], **tls}, items, ["kibana.example.org"], reached, region)
    look = {(HOME, "landfall-ca"): kept}
    return certificates.read(wanted, lambda *place: look.get(place), session, NOW)


def limited(*names: str) -> Authority:
    return Authority(made.make_ca("test", NOW, names))


def test_on_an_empty_cluster_nothing_is_in_the_way() -> None:
    found = read(KIBANA, WILD)
    assert (found.problems, found.notes) == ([], [])
    assert found.permitted == [
        "example.org",
        "kibana.example.org",
        "*.example.org",
        "argocd.example.org",
        ELB,
    ]


def test_without_a_load_balancer_of_its_own_no_name_of_one_is_permitted() -> None:
    assert ELB not in read(KIBANA, reached=()).permitted


@pytest.mark.parametrize(("reached", "notes"), [(("argocd.example.org",), 1), ((), 0)])
def test_an_unknown_region_is_a_note_where_a_load_balancer_is_certified(reached: tuple[str, ...], notes: int) -> None:
    found = read(KIBANA, region="", reached=reached)
    assert (found.problems, len(found.notes)) == ([], notes)
    assert all("write platform_aws_region" in each for each in found.notes)
    assert read(KIBANA, region="", reached=reached, authority=limited("example.org", ELB)).notes == []


@pytest.mark.parametrize(
    ("permitted", "refused"),
    [
        (("example.org", ELB), ""),
        (("example.org",), ELB),
        (("example.com", ELB), "kibana.example.org, argocd.example.org"),
    ],
)
def test_hosts_that_the_authority_may_not_sign_for_are_refused(permitted: tuple[str, ...], refused: str) -> None:
    found = read(KIBANA, authority=limited(*permitted))
    assert len(found.problems) == bool(refused)
    for said in found.problems:
        assert said.startswith(f"The certificate authority of the cluster may not sign for {refused}, only for ")
        assert "playbooks/rotate.yml -e rotate=landfall-ca" in said


def test_one_without_limits_is_a_note_with_the_command_and_stops_nothing() -> None:
    found = read(KIBANA, authority=Authority(unlimited()))
    assert found.problems == []
    assert "nothing limits the names" in found.notes[0]
    assert "-e rotate=landfall-ca" in found.notes[0]


def test_one_that_ends_within_a_year_is_a_note_and_one_that_ends_soon_is_replaced() -> None:
    def at(days: int) -> Facts:
        old = Authority(made.make_ca("test", NOW - timedelta(days=5 * 365 - days), ("example.org",)))
        return read(KIBANA, authority=old, reached=())

    assert at(400).notes == []
    assert "ends on" in at(360).notes[0]
    # Its successor is limited to what the settings say.
    assert (at(20).notes, at(20).problems) == ([], [])


def entry(*hosts: str, **other: Any) -> dict[str, str]:
    given = issue(*hosts, by=INTERMEDIATE, **other)
    return {"certificate": given.pem + INTERMEDIATE.pem, "key": given.key_pem()}


def provided(*entries: dict[str, str], items: Sequence[Item] = (KIBANA, WILD), **other: Any) -> Facts:
    return read(*items, source="provided", certificates=list(entries), **other)


def test_provided_ones_must_cover_every_host() -> None:
    assert provided(entry("*.example.org")).problems == []
    (said,) = provided(entry("grafana.example.org")).problems
    assert said.startswith(
        "platform_tls_certificates has no certificate for kibana.example.org, which kibana-tls needs"
    )
    (said,) = provided(entry("kibana.example.org", until=NOW - timedelta(days=1))).problems
    assert "[0] ended on" in said, "one that ended is not told to be missing as well"
    deep = item("deep-tls", "a.b.example.org")
    (said,) = provided(entry("*.example.org"), items=[deep]).problems
    assert "a.b.example.org" in said


def test_what_is_left_to_the_own_authority_is_a_note() -> None:
    notes = provided(entry("kibana.example.org")).notes
    assert [each.partition(":")[0] for each in notes] == ["*.example.org and example.org", "argocd.example.org"]
    assert provided(entry("*.example.org", "example.org")).notes == []


def test_one_that_ends_soon_is_a_note() -> None:
    (note,) = provided(entry("*.example.org", "example.org", until=NOW + timedelta(days=20))).notes
    assert note == "platform_tls_certificates[0] ends on 2030-02-04: renew it"


def test_a_narrow_authority_is_no_problem_for_hosts_that_others_certify() -> None:
    narrow = limited("elsewhere.example")
    assert provided(entry("*.example.org", "example.org"), authority=narrow).problems == []
    assert "*.example.org" in provided(entry("kibana.example.org"), authority=narrow).problems[0]


def test_certificates_without_the_source_are_a_note() -> None:
    (note,) = read(KIBANA, certificates=[{"certificate": "/a", "key": "/b"}]).notes
    assert note == "platform_tls_certificates is not used, since platform_tls_source is own_ca"


ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/1"


def test_a_certificate_of_another_region_is_refused_without_asking() -> None:
    other = ARN.replace("eu-central-1", "us-east-1")
    (said,) = read(KIBANA, source="acm", acm=[other]).problems
    assert "is in us-east-1, and load balancers in eu-central-1 cannot use it" in said


def test_without_aws_nothing_is_asked_and_without_permissions_it_is_a_note() -> None:
    assert read(KIBANA, source="acm", acm=[ARN]).problems == []

    def refused() -> None:
        raise AwsError("AWS refused acm describe_certificate: AccessDenied: no")

    found = read(KIBANA, source="acm", acm=[ARN], session=refused)
    assert found.problems == []
    assert "were not looked at (AWS refused acm describe_certificate" in found.notes[0]
