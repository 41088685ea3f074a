"""Certificates that somebody else supplies, as files, texts or Secrets: read, judged, and matched with hosts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    LABEL_MADE_BY,
    MADE_BY,
    TLS_TYPE,
    CredentialError,
    Item,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import Secret, decoded
from ansible_collections.landfall.eks.plugins.module_utils.credentials.sources import Issued, Source
from ansible_collections.landfall.eks.plugins.module_utils.libraries.cryptography import (
    ExtendedKeyUsageOID,
    InvalidSignature,
    UnsupportedAlgorithm,
    ec,
    ed25519,
    hashes,
    rsa,
    serialization,
    x509,
)

SETTING = "platform_tls_certificates"
RSA_MINIMUM = 2048
"""Bits of an RSA key (CA/Browser Forum, Baseline Requirements, 6.1.5)."""
CURVES = ("secp256r1", "secp384r1", "secp521r1")
"""Curves that TLS libraries and browsers accept in certificates (the same section)."""
BROKEN_HASHES = (hashes.MD5, hashes.SHA1)

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_SECRET = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")

Look = Callable[[str, str], Secret | None]  # pylint: disable=unsupported-binary-operation
"""Returns a Secret of the cluster by namespace and name; None if there is none."""


class ProvidedError(Exception):
    """One sentence on a certificate that cannot be used, and what to write instead."""


@dataclass(frozen=True)
class Bundle:
    """A certificate with what it is signed by, as far as that is given, and its private key.

    `place` is the entry of the setting, as sentences call it. `chain` begins with the certificate's issuer.
    """

    place: str
    leaf: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: Any = field(repr=False)

    @cached_property
    def hosts(self) -> set[str]:
        """The names that the certificate is for."""
        return {host.lower() for host in certificates.named_hosts(self.leaf)}

    def covers(self, host: str) -> bool:
        """Tell whether the certificate is for a host; a wildcard is for one level below it (RFC 9525, 6.3)."""
        return host in self.hosts or f"*.{host.partition('.')[2]}" in self.hosts

    @property
    def data(self) -> dict[str, str]:
        """The keys of the delivered Secret; a root, which servers do not send, is in ca.crt alone."""
        sent = [self.leaf, *(each for each in self.chain if not _is_root(each))]
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "tls.crt": "".join(certificates.pem(each) for each in sent),
            "tls.key": key.decode(),
            "ca.crt": certificates.pem([self.leaf, *self.chain][-1]),
        }


class Provided(Source):
    """Certificates of the setting; what is inside the cluster stays with its own certificate authority."""

    def __init__(self, bundles: Sequence[Bundle]) -> None:
        """Take the certificates that were read."""
        self._bundles = bundles

    def issue(self, item: Item, now: datetime) -> Issued | None:  # noqa: ARG002 - it is judged where it is read
        """Return the certificate that covers all hosts of an item."""
        if item.internal:
            return None
        if found := best(self._bundles, item.hosts):
            return Issued(found.data)
        if item.fallback:
            return None
        raise CredentialError(_without(item))


def source(entries: Sequence[Mapping[str, Any]], look: Look, now: datetime) -> Provided:
    """Return the source of the setting's entries. Raises CredentialError for the first that cannot be used."""
    bundles, problems = read(entries, look, now)
    if problems:
        raise CredentialError(problems[0])
    return Provided(bundles)


def forms(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each entry that is not written as it must be; nothing is read."""
    for index, entry in enumerate(entries):
        yield from _form(f"{SETTING}[{index}]", entry)


def _form(place: str, entry: Mapping[str, Any]) -> Iterator[str]:
    given = {name for name, value in entry.items() if value}
    if given not in ({"certificate", "key"}, {"secret"}):
        yield f"{place} is to have certificate and key, or secret alone: write either."
    elif "secret" in given and not _SECRET.fullmatch(entry["secret"]):
        yield f"{place}.secret ({entry['secret']!r}) is no Secret: write <namespace>/<name>."
    for name in sorted(given & {"certificate", "key"}):
        if not _is_text(entry[name]) and not entry[name].startswith("/"):
            yield f"{place}.{name} is neither PEM text nor a full path: write one that begins with /."


def read(entries: Sequence[Mapping[str, Any]], look: Look, now: datetime) -> tuple[list[Bundle], list[str]]:
    """Return the certificates of the setting's entries, and sentences on those that cannot be used, some among them."""
    bundles: list[Bundle] = []
    problems: list[str] = []
    for index, entry in enumerate(entries):
        place = f"{SETTING}[{index}]"
        if any(_form(place, entry)):  # which is said of the settings
            continue
        try:
            bundle = _read_secret(place, entry["secret"], look) if entry.get("secret") else _read_files(place, entry)
        except ProvidedError as error:
            problems.append(str(error))
            continue
        problems += [f"{place} {fault}." for fault in _faults(bundle, now)]
        bundles.append(bundle)
    return bundles, problems


def missing(bundles: Sequence[Bundle], items: Iterable[Item]) -> list[str]:
    """Return a sentence for each wanted certificate that none of the provided ones can be."""
    return [
        _without(item)
        for item in items
        if not item.internal and not item.fallback and best(bundles, item.hosts) is None
    ]


def best(bundles: Sequence[Bundle], hosts: Sequence[str]) -> Bundle | None:
    """Return the certificate for all of the hosts: one that names them before a wildcard, then the one that lasts."""
    fitting = [each for each in bundles if all(each.covers(host) for host in hosts)]
    return max(fitting, key=lambda each: (each.hosts >= set(hosts), each.leaf.not_valid_after_utc), default=None)


def _without(item: Item) -> str:
    named = " and ".join(item.hosts)
    return (
        f"{SETTING} has no certificate for {named}, which {item.name} needs: add one that names it, or a wildcard one "
        "level above."
    )


def _is_text(value: str) -> bool:
    return "-----BEGIN" in value


def _read_files(place: str, entry: Mapping[str, Any]) -> Bundle:
    texts = {name: _content(f"{place}.{name}", entry[name]) for name in ("certificate", "key")}
    return parse(place, texts["certificate"], texts["key"], ".certificate", ".key")


def _content(place: str, value: str) -> str:
    """Return the text of a setting that is that text, or the path of a file with it."""
    if _is_text(value):
        return value
    try:
        content = Path(value).read_bytes()
    except OSError as error:
        raise ProvidedError(
            f"{place} is {value}, which cannot be read ({error.strerror}): write the path of a PEM file that this user "
            "may read."
        ) from error
    if b"-----BEGIN" not in content:
        raise ProvidedError(
            f"{place} is {value}, which holds no PEM text: convert it, as with openssl x509 -inform der, or openssl "
            "pkcs12 -nodes."
        )
    return content.decode("utf-8", "replace")


def _read_secret(place: str, named: str, look: Look) -> Bundle:
    namespace, _unused, name = named.partition("/")
    found = look(namespace, name)
    if found is None:
        raise ProvidedError(f"{place}.secret is {named}, which is not in the cluster: create it, or correct the name.")
    if (found["metadata"].get("labels") or {}).get(LABEL_MADE_BY) == MADE_BY:
        raise ProvidedError(f"{place}.secret is {named}, which Landfall writes itself: name one of your own.")
    if found.get("type") != TLS_TYPE:
        raise ProvidedError(f"{place}.secret is {named}, of type {found.get('type')}: name one of type {TLS_TYPE}.")
    try:
        data = decoded(found) or {}
    except UnicodeDecodeError as error:
        raise ProvidedError(f"{place}.secret is {named}, which holds no PEM text: create it from PEM files.") from error
    return parse(place, data.get("tls.crt", ""), data.get("tls.key", ""), ".secret's tls.crt", ".secret's tls.key")


def parse(place: str, certificate: str, key: str, of_certificate: str = "", of_key: str = "") -> Bundle:
    """Return the one certificate whose key is given, with what signed it, wherever in the text they are.

    `of_certificate` and `of_key` say in sentences what of the entry the two texts are. Raises ProvidedError.
    """
    found = _certificates(f"{place}{of_certificate}", certificate)
    private = _key(f"{place}{of_key}", key)
    leaf = next((each for each in found if _spki(each.public_key()) == _spki(private.public_key())), None)
    if leaf is None:
        raise ProvidedError(
            f"{place}: the private key belongs to no certificate in it: write the one that the certificate was asked "
            "for with."
        )
    return Bundle(place, leaf, tuple(_chain(leaf, found)), private)


def _certificates(place: str, text: str) -> list[x509.Certificate]:
    blocks = [match[0] for match in _BLOCK.finditer(text) if match[1].endswith("CERTIFICATE")]
    if not blocks:
        raise ProvidedError(f"{place} holds no certificate: write the file that begins with BEGIN CERTIFICATE.")
    try:
        return [x509.load_pem_x509_certificate(each.encode()) for each in blocks]
    except ValueError as error:
        raise ProvidedError(f"{place} holds a certificate that cannot be read: write the file as it was issued.") from (
            error
        )


def _key(place: str, text: str) -> Any:
    blocks = [match[0] for match in _BLOCK.finditer(text) if match[1].endswith("PRIVATE KEY")]
    if len(blocks) != 1:
        many = f"{len(blocks)} private keys: leave the one of the certificate" if blocks else "no private key: write it"
        raise ProvidedError(f"{place} holds {many}.")
    if "ENCRYPTED" in blocks[0]:
        raise ProvidedError(
            f"{place} is encrypted: decrypt it (openssl pkey), and keep it as a variable of Ansible Vault."
        )
    try:
        return serialization.load_pem_private_key(blocks[0].encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ProvidedError(f"{place} holds a private key that cannot be read: write it as it was made.") from error


def _spki(key: Any) -> bytes:
    found: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found


def _chain(leaf: x509.Certificate, found: Sequence[x509.Certificate]) -> Iterator[x509.Certificate]:
    """Yield the issuers of a certificate, one after the other, as far as they are there."""
    current, left = leaf, [each for each in found if each != leaf]
    while not _is_root(current):
        issuer = next((each for each in left if _signed(current, each)), None)
        if issuer is None:
            return
        left.remove(issuer)
        current = issuer
        yield issuer


def _signed(certificate: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        # Whatever is signed in a way that is not supported is refused for that.
        return certificate.issuer == by.subject and _hash_is_broken(certificate)
    return True


def _is_root(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def _faults(bundle: Bundle, now: datetime) -> Iterator[str]:
    """Yield what is wrong with a certificate, as ends of sentences."""
    yield from _faults_of_time(bundle, now)
    yield from _faults_of_strength(bundle)
    if not bundle.hosts:
        yield "has no subject alternative names, the only ones that clients look at: have it issued with its hosts"
    if not _is_for_servers(bundle.leaf):
        yield "is not for servers by its extended key usage: have one issued with serverAuth"
    if not bundle.chain and not _is_root(bundle.leaf):
        yield (
            f"comes without the certificate of its issuer ({bundle.leaf.issuer.rfc4514_string()}): append the "
            "intermediate ones, or the root that signed it, to the same file"
        )


def _faults_of_time(bundle: Bundle, now: datetime) -> Iterator[str]:
    for what, each in _named(bundle):
        if each.not_valid_after_utc < now:
            yield f"{what}ended on {each.not_valid_after_utc:%Y-%m-%d}: write the renewed one"
        elif each.not_valid_before_utc > now:
            yield f"{what}is not valid before {each.not_valid_before_utc:%Y-%m-%d}: write one that is, or set the clock"


def _faults_of_strength(bundle: Bundle) -> Iterator[str]:
    for what, each in _named(bundle):
        if weak := _weakness(each.public_key()):
            yield f"{what}has {weak}: have one issued with RSA of {RSA_MINIMUM} bits or more, or with P-256"
        if not _is_root(each) and _hash_is_broken(each):
            yield f"{what}is signed with {_hash_name(each)}, which clients refuse: have it issued with SHA-256"


def _named(bundle: Bundle) -> Iterator[tuple[str, x509.Certificate]]:
    """Yield what is sent, each with what it is in a sentence that begins with the entry."""
    yield "", bundle.leaf
    for each in bundle.chain:
        yield f"holds {each.subject.rfc4514_string()}, which ", each


def _weakness(key: Any) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return "" if key.key_size >= RSA_MINIMUM else f"an RSA key of {key.key_size} bits"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "" if key.curve.name in CURVES else f"a key on the curve {key.curve.name}"
    return "" if isinstance(key, ed25519.Ed25519PublicKey) else "a key of a kind that clients do not know"


def _hash_is_broken(certificate: x509.Certificate) -> bool:
    return isinstance(_hash(certificate), BROKEN_HASHES)


def _hash_name(certificate: x509.Certificate) -> str:
    found = _hash(certificate)
    return found.name.upper() if found else ""


def _hash(certificate: x509.Certificate) -> Any:
    """Return the hash of a certificate's signature; None for one whose signature has none of its own."""
    try:
        return certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None


def _is_for_servers(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return bool({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(usage))
