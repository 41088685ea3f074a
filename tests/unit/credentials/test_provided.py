"""Certificates that somebody supplies: what is accepted, and what is refused in a sentence."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ansible_collections.landfall.eks.plugins.module_utils.credentials import provided
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CredentialError, Item
from tests.unit.credentials.fake_store import NOW, encoded, shown_of, text_of
from tests.unit.credentials.issuing import INTERMEDIATE, ROOT, Issued, issue

Make = Callable[..., Item]
HOST = "kibana.example.org"
PLACE = "platform_tls_certificates[0]"


def nobody(*_: str) -> None:
    """Look for a Secret that is not there."""


def leaf(*hosts: str, **other: Any) -> Issued:
    return issue(*(hosts or (HOST,)), by=INTERMEDIATE, **other)


def entry(given: Issued, *chain: Issued, key: str = "") -> dict[str, str]:
    return {"certificate": "".join(each.pem for each in (given, *chain)), "key": key or given.key_pem()}


def read(*entries: dict[str, str], look: provided.Look = nobody) -> tuple[list[provided.Bundle], list[str]]:
    return provided.read(entries, look, NOW)


def refused(*entries: dict[str, str], look: provided.Look = nobody) -> str:
    """Return the one sentence that is said."""
    (sentence,) = read(*entries, look=look)[1]
    assert sentence.startswith(PLACE)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("P-256", "PKCS#8"),
        ("P-256", "PKCS#1 or SEC1"),
        ("P-384", "PKCS#8"),
        ("RSA-2048", "PKCS#8"),
        ("RSA-2048", "PKCS#1 or SEC1"),
        ("RSA-4096", "PKCS#1 or SEC1"),
        ("Ed25519", "PKCS#8"),
    ],
)
def test_keys_of_each_kind_and_form_are_accepted(kind: str, form: str) -> None:
    given = leaf(kind=kind)
    (bundle,), problems = read(entry(given, INTERMEDIATE, key=given.key_pem(form)))
    assert problems == []
    assert bundle.data["tls.key"].startswith("-----BEGIN PRIVATE KEY-----")
    made = serialization.load_pem_private_key(bundle.data["tls.key"].encode(), password=None)
    assert made.public_key() == given.certificate.public_key()


def test_the_chain_may_be_in_any_order_and_is_sent_from_the_certificate_on() -> None:
    given, stranger = leaf(), issue("Another root", authority=True)
    for order in itertools.permutations([given, INTERMEDIATE, ROOT, stranger]):
        (bundle,), problems = read({"certificate": "".join(each.pem for each in order), "key": given.key_pem()})
        assert problems == []
        assert bundle.data["tls.crt"] == given.pem + INTERMEDIATE.pem, "without the root, and without strangers"
        assert bundle.data["ca.crt"] == ROOT.pem


def test_one_file_may_hold_all(tmp_path: Path) -> None:
    given = leaf()
    file = tmp_path / "all.pem"
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    file.write_text(f"Bag Attributes\n{parameters}{given.key_pem()}{given.pem}{INTERMEDIATE.pem}")
    (bundle,), problems = read({"certificate": str(file), "key": str(file)})
    assert problems == []
    assert bundle.hosts == {HOST}


def test_a_certificate_that_signs_itself_needs_nobody_else() -> None:
    (bundle,), problems = read(entry(issue(HOST)))
    assert (bundle.chain, problems) == ((), [])


def _of_old_intermediate() -> dict[str, str]:
    old = issue(
        "Old intermediate", by=ROOT, authority=True, since=NOW - timedelta(days=20), until=NOW - timedelta(days=10)
    )
    return entry(issue(HOST, by=old), old)


WRONG: dict[str, tuple[Callable[[], dict[str, str]], str]] = {
    "no certificate": (lambda: {"certificate": leaf().key_pem(), "key": leaf().key_pem()}, "holds no certificate"),
    "broken certificate": (
        lambda: {
            "certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "key": leaf().key_pem(),
        },
        "holds a certificate that cannot be read",
    ),
    "no key": (lambda: {"certificate": leaf().pem, "key": leaf().pem}, ".key holds no private key"),
    "two keys": (
        lambda: entry(leaf(), INTERMEDIATE, key=leaf().key_pem() + leaf(kind="RSA-2048").key_pem()),
        "holds 2 private keys",
    ),
    "encrypted key": (
        lambda: entry(leaf(), INTERMEDIATE, key=leaf().key_pem(password=b"word")),
        "is encrypted: decrypt it (openssl pkey)",
    ),
    "key encrypted in the old way": (
        lambda: entry(
            leaf(kind="RSA-2048"), INTERMEDIATE, key=leaf(kind="RSA-2048").key_pem("PKCS#1 or SEC1", b"word")
        ),
        "is encrypted: decrypt it (openssl pkey)",
    ),
    "broken key": (
        lambda: entry(leaf(), INTERMEDIATE, key="-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----"),
        "holds a private key that cannot be read",
    ),
    "key of another": (
        lambda: entry(leaf(), INTERMEDIATE, key=leaf(kind="RSA-2048").key_pem()),
        "the private key belongs to no certificate in it",
    ),
    "expired": (lambda: entry(leaf(until=NOW - timedelta(hours=1)), INTERMEDIATE), "ended on 2030-01-15"),
    "not yet valid": (
        lambda: entry(leaf(since=NOW + timedelta(days=3)), INTERMEDIATE),
        "is not valid before 2030-01-18",
    ),
    "no names": (lambda: entry(issue(by=INTERMEDIATE), INTERMEDIATE), "has no subject alternative names"),
    "short RSA": (lambda: entry(leaf(kind="RSA-1024"), INTERMEDIATE), "has an RSA key of 1024 bits"),
    "odd curve": (lambda: entry(leaf(kind="K-256"), INTERMEDIATE), "has a key on the curve secp256k1"),
    "for clients": (
        lambda: entry(leaf(usage=x509.ExtendedKeyUsageOID.CLIENT_AUTH), INTERMEDIATE),
        "is not for servers by its extended key usage",
    ),
    "no intermediate": (
        lambda: entry(leaf()),
        "comes without the certificate of its issuer (CN=Example intermediate): append the intermediate ones",
    ),
    "another intermediate": (lambda: entry(leaf(), issue("Other", authority=True)), "without the certificate of its"),
    "expired intermediate": (
        _of_old_intermediate,
        "holds CN=Old intermediate, which ended on 2030-01-05",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_used_is_refused_in_a_sentence(name: str) -> None:
    make, sentence = WRONG[name]
    wrong = make()
    said = refused(wrong)
    assert sentence in said
    assert shown_of([wrong["key"]], said) == [], "no key is shown"


def test_all_that_is_wrong_is_said_together() -> None:
    late = leaf(kind="RSA-1024", until=NOW - timedelta(days=1))
    problems = read(entry(late), entry(leaf(), INTERMEDIATE), {"secret": "shop/none"})[1]
    assert [each.partition("]")[0][-1] for each in problems] == ["0", "0", "0", "2"]


def test_a_signature_with_sha_1_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries sign nothing with it any more, so the certificate only says that it was."""
    given = leaf()
    monkeypatch.setattr(provided, "_hash_name", lambda _: "SHA1")
    monkeypatch.setattr(provided, "_hash_is_broken", lambda each: each == given.certificate)
    assert "is signed with SHA1, which clients refuse" in refused(entry(given, INTERMEDIATE))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"certificate": "/no/such.pem", "key": "/no/such.key"}, "is /no/such.pem, which cannot be read (No such file"),
        ({"secret": "shop/none"}, ".secret is shop/none, which is not in the cluster"),
    ],
)
def test_what_is_not_there_is_said(written: dict[str, str], sentence: str) -> None:
    assert sentence in refused(written)


def test_a_file_that_is_no_text_is_said_with_how_to_convert_it(tmp_path: Path) -> None:
    file = tmp_path / "binary.crt"
    file.write_bytes(leaf().certificate.public_bytes(serialization.Encoding.DER))
    assert "holds no PEM text: convert it" in refused({"certificate": str(file), "key": leaf().key_pem()})


def secret(data: dict[str, str], kind: str = "kubernetes.io/tls", **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": "own", "namespace": "shop", "labels": labels}, "type": kind, "data": encoded(data)}


def test_a_secret_is_taken_as_files_are() -> None:
    given = leaf()
    there = secret({"tls.crt": given.pem + INTERMEDIATE.pem, "tls.key": given.key_pem()})
    (bundle,), problems = read({"secret": "shop/own"}, look=lambda *place: there if place == ("shop", "own") else None)
    assert (bundle.hosts, problems) == ({HOST}, [])
    assert "of type Opaque" in refused({"secret": "shop/own"}, look=lambda *_: there | {"type": "Opaque"})
    ours = secret(text_of(there), **{"landfall.eks/made-by": "landfall"})
    assert "which Landfall writes itself" in refused({"secret": "shop/own"}, look=lambda *_: ours)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({}, "is to have certificate and key, or secret alone"),
        ({"certificate": "/a"}, "is to have certificate and key, or secret alone"),
        ({"certificate": "/a", "key": "/b", "secret": "a/b"}, "is to have certificate and key, or secret alone"),
        ({"certificate": "a.pem", "key": "/b"}, "[0].certificate is neither PEM text nor a full path"),
        ({"certificate": "/a", "key": "b.key"}, "[0].key is neither PEM text nor a full path"),
        ({"secret": "kibana"}, "('kibana') is no Secret: write <namespace>/<name>"),
        ({"secret": "Logging/kibana"}, "is no Secret"),
    ],
)
def test_how_an_entry_is_written(written: dict[str, str], sentence: str) -> None:
    (said,) = provided.forms([written])
    assert sentence in said


def test_each_host_gets_one_that_names_it_or_else_a_wildcard(certificate: Make) -> None:
    named, wild = leaf(), leaf("*.example.org", kind="P-384")
    bundles, problems = read(entry(wild, INTERMEDIATE), entry(named, INTERMEDIATE))
    assert problems == []
    source = provided.Provided(bundles)

    def issued(*hosts: str, **changes: Any) -> str:
        found = source.issue(certificate(*hosts, **changes), NOW)
        return "own" if found is None else "named" if found.data["tls.crt"].startswith(named.pem) else "wild"

    assert issued(HOST) == "named"
    assert issued("grafana.example.org") == "wild"
    assert issued("*.example.org", "example.org", fallback=True) == "own", "the wildcard is not for the domain itself"
    assert issued("*.example.org", fallback=True) == "wild"
    assert issued("kibana.logging.svc") == "own"
    assert issued("10.0.0.1") == "own"
    for host in ("a.b.example.org", "example.org", "shop.example.com"):
        with pytest.raises(CredentialError, match=f"has no certificate for {host}, which kibana-tls needs"):
            issued(host)


def test_of_two_that_fit_the_one_that_lasts_longer_is_taken(certificate: Make) -> None:
    short, long = leaf(), leaf(kind="P-384", until=NOW + timedelta(days=200))
    bundles, _ = read(entry(short, INTERMEDIATE), entry(long, INTERMEDIATE))
    found = provided.Provided(bundles).issue(certificate(HOST), NOW)
    assert found is not None
    assert found.data["tls.crt"].startswith(long.pem)


def test_a_source_is_refused_for_the_first_that_cannot_be_used() -> None:
    with pytest.raises(CredentialError, match="comes without the certificate of its issuer"):
        provided.source([entry(leaf())], nobody, NOW)
