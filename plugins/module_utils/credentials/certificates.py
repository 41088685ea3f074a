"""The certificate authority of a cluster and the server certificates that it signs."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.cryptography import (
    ExtendedKeyUsageOID,
    InvalidSignature,
    NameOID,
    ec,
    hashes,
    serialization,
    x509,
)

CA_LIFETIME = timedelta(days=5 * 365)
"""People trust it by hand, so it outlives many certificates; but a key that somebody copied is of no use after that."""
CA_TOLD_BEFORE = timedelta(days=365)
"""It is distributed by hand, so its end is told a year before, by status, preflight and an alert."""
LEAF_LIFETIME = timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)
CLOCK_SKEW = timedelta(hours=1)
"""Validity starts so much earlier, for clients whose clocks are behind."""
RENEW_AT = 1 / 3
"""Part of its life that a server certificate has left when it is renewed: a run a quarter of a year is then enough."""
COMMON_NAME_MAXIMUM = 64
EVERY_ADDRESS = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def read(cls, data: dict[str, str] | None) -> KeyPair | None:
        """Read `tls.crt` and `tls.key` (PEM); None if they are missing, damaged or do not belong together."""
        try:
            certificate = x509.load_pem_x509_certificate((data or {}).get("tls.crt", "").encode())
            key = serialization.load_pem_private_key((data or {}).get("tls.key", "").encode(), password=None)
        except ValueError:
            return None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            return None
        return cls(certificate, key)

    @property
    def data(self) -> dict[str, str]:
        """`tls.crt` and `tls.key` as PEM text."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {"tls.crt": pem(self.certificate), "tls.key": key.decode()}


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def read(data: dict[str, str]) -> x509.Certificate | None:
    """Return the first certificate in `tls.crt`, whatever its key; None if there is none that can be read."""
    try:
        return x509.load_pem_x509_certificate(data.get("tls.crt", "").encode())
    except ValueError:
        return None


def make_ca(cluster: str, now: datetime, permitted: Iterable[str]) -> KeyPair:
    """Make a certificate authority whose subject names the cluster. `now` is in UTC.

    It may sign servers alone, for the domains and single addresses that are `permitted`: see `name_constraints`.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(f"Landfall CA of {cluster}")
    builder = (
        _builder(key, subject, subject, now, now + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(name_constraints(permitted), critical=True)
    )
    return KeyPair(builder.sign(key, hashes.SHA256()), key)


def name_constraints(permitted: Iterable[str]) -> x509.NameConstraints:
    """Return what limits a certificate authority to domains, with all names below them, and to single addresses.

    RFC 5280, 4.2.1.10: a kind of name of which none is permitted is unlimited unless it is excluded; so addresses are,
    and names where there is no domain. A wildcard stands for its domain.
    """
    names = [general_name(each.removeprefix("*.")) for each in permitted]
    domains = {each.value for each in names if isinstance(each, x509.DNSName)}
    networks = {ipaddress.ip_network(each.value) for each in names if isinstance(each, x509.IPAddress)}
    narrow = sorted(each for each in domains if not any(each.endswith(f".{other}") for other in domains))
    everything = [each for each in EVERY_ADDRESS if each.version not in {known.version for known in networks}]
    trees = [
        *(x509.DNSName(each) for each in narrow),
        *(x509.IPAddress(each) for each in sorted(networks, key=lambda network: (network.version, network))),
    ]
    excluded = [
        *([] if narrow else [x509.DNSName("")]),
        *(x509.IPAddress(each) for each in everything),
    ]
    return x509.NameConstraints(trees or None, excluded or None)


def constraints_of(ca: x509.Certificate) -> x509.NameConstraints | None:
    """Return what limits the names that a certificate authority may sign; None if nothing does."""
    try:
        return ca.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None


def refused_hosts(ca: x509.Certificate, hosts: Iterable[str]) -> list[str]:
    """Return the hosts, in their order, that a certificate authority may not sign a certificate for."""
    limits = constraints_of(ca)
    return [] if limits is None else [host for host in hosts if not _is_permitted(limits, host)]


def permitted_domains(ca: x509.Certificate) -> list[str]:
    """Return the domains and networks that a certificate authority may sign for; none if nothing limits it."""
    limits = constraints_of(ca)
    return [] if limits is None else [str(each.value) for each in limits.permitted_subtrees or ()]


def _is_permitted(limits: x509.NameConstraints, host: str) -> bool:
    name = general_name(host.removeprefix("*."))
    permitted = [each for each in limits.permitted_subtrees or () if isinstance(each, type(name))]
    excluded = [each for each in limits.excluded_subtrees or () if isinstance(each, type(name))]
    within = not permitted or any(_holds(each.value, name.value) for each in permitted)
    return within and not any(_holds(each.value, name.value) for each in excluded)


def _holds(limit: Any, name: Any) -> bool:
    """Tell whether a domain or network holds a name or address."""
    if isinstance(limit, str):
        return not limit or f".{name}".endswith(f".{limit}")
    return name in limit


def make_leaf(ca: KeyPair, hosts: tuple[str, ...], now: datetime) -> KeyPair:
    """Make a server certificate for host names, wildcards or IP addresses; it never outlives its CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    until = min(now + LEAF_LIFETIME, ca.certificate.not_valid_after_utc)
    builder = (
        _builder(key, _subject(hosts[0]), ca.certificate.subject, now, until)
        .add_extension(x509.SubjectAlternativeName([general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key()), critical=False)
    )
    return KeyPair(builder.sign(ca.key, hashes.SHA256()), key)


def ends_soon(certificate: x509.Certificate, now: datetime) -> bool:
    """Tell whether less than RENEW_BEFORE is left."""
    return certificate.not_valid_after_utc - now < RENEW_BEFORE


def is_old(certificate: x509.Certificate, now: datetime) -> bool:
    """Tell whether less than RENEW_AT of its life is left, or less than RENEW_BEFORE."""
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return certificate.not_valid_after_utc - now < max(life * RENEW_AT, RENEW_BEFORE)


def is_signed_by(leaf: KeyPair | None, ca: KeyPair) -> bool:
    """Tell whether a certificate authority signed a certificate."""
    if leaf is None:
        return False
    try:
        leaf.certificate.verify_directly_issued_by(ca.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def renewal_reason(leaf: KeyPair | None, ca: KeyPair, hosts: tuple[str, ...], now: datetime) -> str | None:
    """Say why a certificate must be renewed; None if it can stay."""
    if leaf is None:
        return "there is none that can be read"
    if is_old(leaf.certificate, now):
        return f"it ends on {leaf.certificate.not_valid_after_utc:%Y-%m-%d}"
    if named_hosts(leaf.certificate) != set(hosts):
        return "its host names changed"
    return None if is_signed_by(leaf, ca) else "another CA had signed it"


def named_hosts(certificate: x509.Certificate) -> set[str]:
    """Return the host names and addresses that a certificate is for."""
    return set(hosts_in_order(certificate))


def hosts_in_order(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the host names and addresses that a certificate is for, the first being its common name."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names)


def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Landfall"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:COMMON_NAME_MAXIMUM]),
        ]
    )


def _builder(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since - CLOCK_SKEW)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Return the usage of a certificate authority's key, or else of a server's or client's."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def general_name(host: str) -> x509.GeneralName:
    """Return a host name or an IP address as a certificate holds it."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
