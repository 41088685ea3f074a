"""Certificates as somebody else issues them: any key, any form, any mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.unit.credentials.fake_store import NOW

PEM = serialization.Encoding.PEM
FORMS = {
    "PKCS#8": serialization.PrivateFormat.PKCS8,
    "PKCS#1 or SEC1": serialization.PrivateFormat.TraditionalOpenSSL,
}


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(PEM).decode()

    def key_pem(self, form: str = "PKCS#8", password: bytes = b"") -> str:
        hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        return str(self.key.private_bytes(PEM, FORMS[form], hidden).decode())


@cache
def key_of(kind: str) -> Any:
    if kind.startswith("RSA"):
        return rsa.generate_private_key(65537, int(kind.removeprefix("RSA-")))
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "K-256": ec.SECP256K1()}[kind])


def issue(
    *hosts: str,
    by: Issued | None = None,
    kind: str = "P-256",
    authority: bool = False,
    since: datetime = NOW - timedelta(days=1),
    until: datetime = NOW + timedelta(days=90),
    usage: x509.ObjectIdentifier | None = None,
) -> Issued:
    """Issue a certificate; without `by` it signs itself."""
    # A key of its own for each issuer, or all of one kind would be the same.
    key = ec.generate_private_key(ec.SECP256R1()) if authority else key_of(kind)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0] if hosts else "nobody")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if hosts and not authority:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    signer = by.key if by else key
    return Issued(builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()), key)


ROOT = issue("Example root", authority=True)
INTERMEDIATE = issue("Example intermediate", by=ROOT, authority=True)
