"""The limits of the certificate authority, judged by those that validate chains: each accepts what is within, and
refuses what is outside; the control is the same certificate of an authority without limits."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import KeyPair

NOW = datetime.now(UTC).replace(microsecond=0)
PERMITTED = ("example.org", "elb.eu-west-1.amazonaws.com")
INSIDE = ("kibana.example.org", "k8s-argocd-0123.elb.eu-west-1.amazonaws.com")
OUTSIDE = ("login.example.com", "s3.eu-west-1.amazonaws.com", "badexample.org")
REPOSITORY = Path(__file__).parents[3]

Accepts = Callable[[Path, KeyPair, KeyPair, str], bool]


@pytest.fixture(scope="module")
def ca() -> KeyPair:
    return certificates.make_ca("test", NOW, PERMITTED)


@pytest.fixture(scope="module")
def unlimited() -> KeyPair:
    """An authority as earlier versions made it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Landfall CA of earlier")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(certificates.key_usage(signs_certificates=True), critical=True)
    )
    return KeyPair(builder.sign(key, hashes.SHA256()), key)


def by_cryptography(_: Path, authority: KeyPair, leaf: KeyPair, host: str) -> bool:
    verifier = PolicyBuilder().store(Store([authority.certificate])).build_server_verifier(x509.DNSName(host))
    try:
        verifier.verify(leaf.certificate, [])
    except VerificationError:
        return False
    return True


def by_openssl(folder: Path, authority: KeyPair, leaf: KeyPair, host: str) -> bool:
    (folder / "ca.pem").write_text(certificates.pem(authority.certificate))
    (folder / "leaf.pem").write_text(certificates.pem(leaf.certificate))
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", host]
    done = subprocess.run(
        [*command, "-CAfile", "ca.pem", "leaf.pem"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 or "subtree violation" in done.stderr, done.stderr
    return done.returncode == 0


def by_python(folder: Path, authority: KeyPair, leaf: KeyPair, host: str) -> bool:
    context = ssl.create_default_context(cadata=certificates.pem(authority.certificate))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=host)
    file = folder / "server.pem"
    file.write_text(leaf.data["tls.crt"] + leaf.data["tls.key"])
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    server = serving.wrap_bio(outgoing, incoming, server_side=True)
    try:
        for side in (client, server, client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    except ssl.SSLCertVerificationError as error:
        return "subtree violation" not in error.verify_message
    return True


def by_go(folder: Path, authority: KeyPair, leaf: KeyPair, host: str) -> bool:
    """Ask Helm, a program of Go, for a chart of a repository at that host, through a proxy that leads here."""
    (folder / "ca.pem").write_text(certificates.pem(authority.certificate))
    with serving(folder, leaf) as proxy:
        done = subprocess.run(
            [
                REPOSITORY / ".landfall/bin/helm",
                "show",
                "chart",
                "one",
                "--repo",
                f"https://{host}",
                "--ca-file",
                "ca.pem",
            ],
            cwd=folder,
            env={"HTTPS_PROXY": f"http://127.0.0.1:{proxy}", "HOME": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
    said = done.stdout + done.stderr
    assert done.returncode, "there is no chart"
    refused = "not permitted by any constraint" in said
    assert refused or "404" in said, said
    return not refused


@contextmanager
def serving(folder: Path, leaf: KeyPair) -> Iterator[int]:
    """Serve 404 over TLS to whatever host a client asks a proxy for; yield the proxy's port."""
    file = folder / "server.pem"
    file.write_text(leaf.data["tls.crt"] + leaf.data["tls.key"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_CONNECT(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            self.close_connection = True
            try:
                with context.wrap_socket(self.connection, server_side=True) as inner:
                    inner.recv(65536)
                    inner.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


JUDGES = {
    "cryptography": by_cryptography,
    "OpenSSL": pytest.param(by_openssl, marks=pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")),
    "Python's ssl": by_python,
    "Go": pytest.param(
        by_go, marks=pytest.mark.skipif(not (REPOSITORY / ".landfall/bin/helm").exists(), reason="no helm")
    ),
}


@pytest.mark.parametrize("accepts", JUDGES.values(), ids=JUDGES)
def test_each_validator_accepts_what_is_within_and_refuses_what_is_outside(
    tmp_path: Path, ca: KeyPair, unlimited: KeyPair, accepts: Accepts
) -> None:
    for host in INSIDE:
        assert accepts(tmp_path, ca, certificates.make_leaf(ca, (host,), NOW), host), host
    for host in OUTSIDE:
        # What somebody with the key would make: our own code refuses to.
        assert not accepts(tmp_path, ca, certificates.make_leaf(ca, (host,), NOW), host), host
        control = certificates.make_leaf(unlimited, (host,), NOW)
        assert accepts(tmp_path, unlimited, control, host), f"control: {host} without limits"


@pytest.mark.parametrize("accepts", JUDGES.values(), ids=JUDGES)
def test_each_validator_accepts_the_wildcard_of_the_domain(tmp_path: Path, ca: KeyPair, accepts: Accepts) -> None:
    leaf = certificates.make_leaf(ca, ("*.example.org", "example.org"), NOW)
    assert accepts(tmp_path, ca, leaf, "anything.example.org")


@pytest.mark.parametrize("accepts", [by_openssl, by_python], ids=["OpenSSL", "Python's ssl"])
def test_one_name_outside_spoils_a_certificate(tmp_path: Path, ca: KeyPair, accepts: Accepts) -> None:
    for odd in ("login.example.com", "10.0.0.1"):
        leaf = certificates.make_leaf(ca, ("kibana.example.org", odd), NOW)
        assert not accepts(tmp_path, ca, leaf, "kibana.example.org"), odd


def test_nobody_below_may_sign(ca: KeyPair) -> None:
    """Path length 0: an intermediate certificate of the authority's is worth nothing."""
    key = ec.generate_private_key(ec.SECP256R1())
    below = KeyPair(
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "below")]))
        .issuer_name(ca.certificate.subject)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=10))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(certificates.key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key()), critical=False)
        .sign(ca.key, hashes.SHA256()),
        key,
    )
    leaf = certificates.make_leaf(below, ("kibana.example.org",), NOW)
    host = x509.DNSName("kibana.example.org")
    verifier = PolicyBuilder().store(Store([ca.certificate])).build_server_verifier(host)
    with pytest.raises(VerificationError):
        verifier.verify(leaf.certificate, [below.certificate])
