"""The rows of certificates: what somebody supplied, and what has to be said of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from tests.unit.bad_input.rows import Row, setting
from tests.unit.credentials.issuing import Issued, issue

NOW = datetime.now(UTC)
LASTING: dict[str, Any] = {"since": NOW - timedelta(days=1), "until": NOW + timedelta(days=90)}
ROOT = issue("Example root", authority=True, **LASTING)
HOST = "shop.example.com"
ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/1"


def leaf(*hosts: str, **other: Any) -> Issued:
    return issue(*hosts, by=ROOT, **(LASTING | other))


def entry(given: Issued, key: str = "") -> dict[str, str]:
    return {"certificate": given.pem + ROOT.pem, "key": key or given.key_pem()}


# Each as a user writes it, and what is said of it. All stand in one list, so that one run judges them together.
WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"certificate": "/etc/a.pem"}, "[0] is to have certificate and key, or secret alone"),
    (
        {"certificate": "/etc/a.pem", "key": "/etc/a.key", "secret": "shop/tls"},
        "[1] is to have certificate and key, or",
    ),
    ({"certificate": "a.pem", "key": "/etc/a.key"}, ".certificate is neither PEM text nor a full path"),
    ({"secret": "kibana"}, "('kibana') is no Secret: write <namespace>/<name>"),
    ({"secret": "shop/none"}, ".secret is shop/none, which is not in the cluster"),
    ({"certificate": "/no/such.pem", "key": "/no/such.key"}, "is /no/such.pem, which cannot be read"),
    ({"certificate": leaf(HOST).key_pem(), "key": leaf(HOST).key_pem()}, ".certificate holds no certificate"),
    ({"certificate": leaf(HOST).pem, "key": leaf(HOST).pem}, ".key holds no private key"),
    (entry(leaf(HOST), leaf(HOST).key_pem() + leaf(HOST, kind="RSA-2048").key_pem()), "holds 2 private keys"),
    (entry(leaf(HOST), leaf(HOST).key_pem(password=b"word")), "is encrypted: decrypt it"),
    (entry(leaf(HOST), leaf(HOST, kind="RSA-2048").key_pem()), "the private key belongs to no certificate in it"),
    (entry(leaf(HOST, until=NOW - timedelta(hours=1))), "[11] ended on"),
    (entry(leaf(HOST, since=NOW + timedelta(days=3))), "[12] is not valid before"),
    (entry(leaf(HOST, kind="RSA-1024")), "has an RSA key of 1024 bits"),
    (entry(leaf(HOST, usage=x509.ExtendedKeyUsageOID.CLIENT_AUTH)), "is not for servers by its extended key usage"),
    (entry(leaf()), "has no subject alternative names"),
    ({"certificate": leaf(HOST).pem, "key": leaf(HOST).key_pem()}, "comes without the certificate of its issuer"),
    # Right by itself, and for one of the hosts alone.
    (entry(leaf("kibana.example.org")), "has no certificate for grafana.example.org, which grafana-tls needs"),
    (entry(leaf("*.eu.example.org")), "has no certificate for flask.example.org, which flask-tls needs"),
)
TOGETHER = {"platform_tls_source": "provided", "platform_tls_certificates": [given for given, _ in WRONG]}

WRONG_CERTIFICATES = (
    *(
        Row(f"a certificate that {said}", ("platform_tls_certificates", said), TOGETHER, alone=True)
        for _, said in WRONG
    ),
    setting("platform_tls_source", "letsencrypt", "one of own_ca, provided, cert_manager or acm, not 'letsencrypt'"),
    Row(
        "provided, and none there",
        ("platform_tls_source is provided, and platform_tls_certificates is empty: write your certificates there",),
        {"platform_tls_source": "provided"},
        alone=True,
    ),
    Row(
        "acm, and no ARN there",
        ("platform_tls_source is acm, and platform_tls_acm_certificates is empty: write the ARNs there",),
        {"platform_tls_source": "acm"},
        alone=True,
    ),
    setting("platform_tls_source", None, "has no value"),
    setting("platform_tls_certificates", "/etc/all.pem", "must be a list"),
    setting("platform_tls_certificates", ["/etc/all.pem"], "platform_tls_certificates[0] must be a mapping"),
    setting("platform_tls_certificates", [{"file": "/etc/all.pem"}], "is not as it must be"),
    setting(
        "platform_tls_certificates", [{"certificate": 7, "key": "/a"}], "is a number, not text: write it in quotes"
    ),
    setting("platform_tls_acm_certificates", ARN, "must be a list"),
    setting("platform_tls_acm_certificates", ["certificate/1"], "('certificate/1') is no ARN of a certificate"),
    setting("platform_tls_acm_certificates", [ARN, ARN], "platform_tls_acm_certificates[1] is there twice"),
    Row(
        "a certificate of ACM in another region",
        (f"{ARN} is in eu-central-1, and load balancers in eu-west-1 cannot use it",),
        {"platform_tls_source": "acm", "platform_tls_acm_certificates": [ARN], "platform_aws_region": "eu-west-1"},
        alone=True,
    ),
    setting("platform_tls_domains", "example.com", "must be a list"),
    setting("platform_tls_domains", ["*.example.com"], "('*.example.com') is a wildcard"),
    setting("platform_tls_domains", ["Example.com"], "has capital letters: write example.com"),
    setting("platform_tls_domains", ["example.com."], "ends in a dot: write example.com"),
    setting("platform_tls_domains", [f"{'a' * 64}.com"], "63 at most"),
    setting("platform_tls_domains", ["münchen.de"], "write xn--mnchen-3ya.de"),
)
