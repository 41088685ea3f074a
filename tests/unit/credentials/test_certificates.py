import ipaddress
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import KeyPair
from tests.unit.credentials.fake_store import NOW

HOSTS = ("*.example.org", "example.org", "10.0.0.7")
PERMITTED = ("example.org", "10.0.0.7")


@pytest.fixture(scope="module")
def ca() -> KeyPair:
    return certificates.make_ca("test", NOW, PERMITTED)


@pytest.fixture(scope="module")
def leaf(ca: KeyPair) -> KeyPair:
    return certificates.make_leaf(ca, HOSTS, NOW)


def test_authority_may_sign_servers_and_nothing_below(ca: KeyPair) -> None:
    extensions = ca.certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.value.ca, constraints.value.path_length, constraints.critical) == (True, 0, True)
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, False)
    assert ca.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Landfall CA of test"
    assert ca.certificate.not_valid_after_utc == NOW + timedelta(days=5 * 365)
    ca.certificate.verify_directly_issued_by(ca.certificate)


def test_leaf_is_a_server_certificate_for_its_hosts(ca: KeyPair, leaf: KeyPair) -> None:
    extensions = leaf.certificate.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["*.example.org", "example.org"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("10.0.0.7")]
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert leaf.certificate.not_valid_before_utc == NOW - timedelta(hours=1)
    assert leaf.certificate.not_valid_after_utc == NOW + timedelta(days=365)
    leaf.certificate.verify_directly_issued_by(ca.certificate)


def test_common_name_of_a_long_load_balancer_name_is_cut() -> None:
    host = f"k8s-{'x' * 59}.elb.eu-west-1.amazonaws.com"
    made = certificates.make_leaf(certificates.make_ca("test", NOW, (host,)), (host,), NOW)
    assert len(made.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value) == 64
    assert certificates.named_hosts(made.certificate) == {host}


def test_leaf_never_outlives_its_authority(ca: KeyPair) -> None:
    late = NOW + timedelta(days=1800)
    assert certificates.make_leaf(ca, HOSTS, late).certificate.not_valid_after_utc == ca.certificate.not_valid_after_utc


def test_pair_survives_writing_and_reading(leaf: KeyPair) -> None:
    again = KeyPair.read(leaf.data)
    assert again is not None
    assert again.data == leaf.data


@pytest.mark.parametrize(
    "damage",
    [
        {"tls.crt": ""},
        {"tls.key": "no key"},
        {"tls.key": certificates.make_ca("other", NOW, PERMITTED).data["tls.key"]},
    ],
)
def test_damaged_pair_counts_as_none(leaf: KeyPair, damage: dict[str, str]) -> None:
    assert KeyPair.read(leaf.data | damage) is None


def test_renewal_rule(ca: KeyPair, leaf: KeyPair) -> None:
    def reason(hosts: tuple[str, ...] = HOSTS, days: int = 0, authority: KeyPair = ca) -> str:
        return certificates.renewal_reason(leaf, authority, hosts, NOW + timedelta(days=days)) or "none"

    assert reason() == "none"
    assert reason(hosts=tuple(reversed(HOSTS))) == "none"
    assert reason(days=243) == "none"
    assert reason(days=244) == "it ends on 2031-01-15"
    assert reason(hosts=("example.org",)) == "its host names changed"
    assert reason(authority=certificates.make_ca("test", NOW, PERMITTED)) == "another CA had signed it"
    assert certificates.renewal_reason(None, ca, HOSTS, NOW) == "there is none that can be read"


def limits(*permitted: str) -> tuple[list[str], list[str]]:
    found = certificates.constraints_of(certificates.make_ca("test", NOW, permitted).certificate)
    assert found is not None
    one, other = found.permitted_subtrees or (), found.excluded_subtrees or ()
    return [str(each.value) for each in one], [str(each.value) for each in other]


def test_authority_is_limited_to_what_is_permitted() -> None:
    assert limits("example.org", "*.example.org", "kibana.example.org", "shop.example.com") == (
        ["example.org", "shop.example.com"],
        ["0.0.0.0/0", "::/0"],
    )
    assert limits("example.org", "10.0.0.7") == (["example.org", "10.0.0.7/32"], ["::/0"])
    assert limits("example.org", "::1", "10.0.0.7") == (["example.org", "10.0.0.7/32", "::1/128"], [])
    assert limits("10.0.0.7") == (["10.0.0.7/32"], ["", "::/0"]), "where there is no domain no name is permitted"


def test_the_limits_are_critical_and_for_servers_alone(ca: KeyPair) -> None:
    extensions = ca.certificate.extensions
    assert extensions.get_extension_for_class(x509.NameConstraints).critical
    usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_hosts_outside_of_the_limits_are_named() -> None:
    ca = certificates.make_ca("test", NOW, ("example.org", "elb.eu-west-1.amazonaws.com", "10.0.0.7")).certificate
    inside = ("example.org", "*.example.org", "a.b.example.org", "x.elb.eu-west-1.amazonaws.com", "10.0.0.7")
    outside = ["example.com", "badexample.org", "*.org", "org", "s3.amazonaws.com", "10.0.0.8", "::1"]
    assert certificates.refused_hosts(ca, inside) == []
    assert certificates.refused_hosts(ca, [*inside, *outside]) == outside
    assert certificates.permitted_domains(ca) == ["elb.eu-west-1.amazonaws.com", "example.org", "10.0.0.7/32"]
