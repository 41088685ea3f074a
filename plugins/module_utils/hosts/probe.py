"""Whether addresses answer for host names: a TLS handshake each, with the name as SNI and its certificate looked at."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import named_hosts
from ansible_collections.landfall.eks.plugins.module_utils.libraries.cryptography import x509

SIDE_BY_SIDE = 16
BETWEEN_ROUNDS = 5.0
"""Seconds between two rounds of handshakes."""
STRAGGLERS = 60.0
"""Seconds that the other addresses get once one has answered; a zone that has just come is not later than that."""
_OTHER_NAMES = 62
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH (x509_vfy.h)."""
_EXPIRED = frozenset({9, 10})
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""


@dataclass(frozen=True)
class Handshake:
    """How one handshake ended: the `problem`, if it failed, and a `note` on a certificate that was taken anyhow."""

    problem: str = ""
    note: str = ""


@dataclass
class Answers:
    """What came of it: addresses that answered for a name at least, the others with why not, and notes."""

    answering: list[str] = field(default_factory=list)
    silent: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def handshake(address: str, name: str, port: int, timeout: float, authority: str = "") -> Handshake:
    """Do one handshake; `authority` is a CA certificate (PEM) that is trusted beside those of this machine.

    A certificate of a CA that is not known here, as companies have them, is taken if it has the name. One with
    other names is not: somebody else has the address by now.
    """
    context = ssl.create_default_context()
    if authority:
        context.load_verify_locations(cadata=authority)
    try:
        _certificate(address, name, port, timeout, context)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _OTHER_NAMES:
            return Handshake("it shows a certificate of other names")
        if error.verify_code in _EXPIRED:
            return Handshake("its certificate is not valid now")
        return _unknown_authority(address, name, port, timeout)
    except ssl.SSLError as error:
        return Handshake(f"it does not speak TLS as it should ({error.reason or error})")
    except OSError as error:
        return Handshake(_reason(error, timeout))
    return Handshake()


def _unknown_authority(address: str, name: str, port: int, timeout: float) -> Handshake:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # Only to see the names; nothing is sent.
    context.verify_mode = ssl.CERT_NONE
    try:
        certificate = x509.load_der_x509_certificate(_certificate(address, name, port, timeout, context))
    except (OSError, ValueError) as error:
        return Handshake(f"its certificate cannot be read ({error})")
    if not _has(certificate, name):
        return Handshake("it shows a certificate of other names")
    return Handshake(note=f"its certificate for {name} is of a certificate authority that is not known here")


def _certificate(address: str, name: str, port: int, timeout: float, context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection((address, port), timeout=timeout) as plain,
        context.wrap_socket(plain, server_hostname=name) as wrapped,
    ):
        return wrapped.getpeercert(binary_form=True) or b""


def _has(certificate: x509.Certificate, name: str) -> bool:
    """Say whether a certificate is for a name: itself, or a wildcard in place of its first label (RFC 9525, 6.3)."""
    ours = {name.lower(), f"*.{name.lower().partition('.')[2]}"}
    return not ours.isdisjoint(each.lower() for each in named_hosts(certificate))


def _reason(error: OSError, timeout: float) -> str:
    if isinstance(error, TimeoutError):
        return f"it did not answer within {timeout:g} seconds"
    if isinstance(error, ConnectionRefusedError):
        return "it refuses connections"
    if isinstance(error, ConnectionResetError):
        return "it ends connections before they are secure"
    return f"it cannot be reached ({error.strerror or error})"


def probe(
    addresses: Sequence[str],
    names: Sequence[str],
    shake: Callable[[str, str], Handshake],
    patience: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Answers:
    """Try each address with each name until all answer, for `patience` seconds, and less once some do.

    `shake` is handshake with its other arguments given.
    """
    start, first = clock(), 0.0
    results: dict[str, dict[str, Handshake]] = {}
    while True:
        waiting = [each for each in addresses if not _answers(results.get(each, {}))]
        results |= _round(waiting, names, shake)
        now = clock()
        if not first and any(_answers(each) for each in results.values()):
            first = now
        end = min(start + patience, first + STRAGGLERS) if first else start + patience
        if all(_answers(results[each]) for each in addresses) or now >= end:
            return _told(addresses, results)
        sleep(BETWEEN_ROUNDS)


def _round(
    addresses: Sequence[str], names: Sequence[str], shake: Callable[[str, str], Handshake]
) -> dict[str, dict[str, Handshake]]:
    pairs = [(address, name) for address in addresses for name in names]
    results: dict[str, dict[str, Handshake]] = {address: {} for address in addresses}
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        done = pool.map(lambda pair: shake(*pair), pairs)
        for (address, name), result in zip(pairs, done, strict=True):
            results[address][name] = result
    return results


def _answers(results: Mapping[str, Handshake]) -> bool:
    return any(not each.problem for each in results.values())


def _told(addresses: Sequence[str], results: Mapping[str, Mapping[str, Handshake]]) -> Answers:
    answers = Answers()
    for address in addresses:
        of_names = results[address]
        problems = {name: each.problem for name, each in of_names.items() if each.problem}
        if len(problems) == len(of_names):
            answers.silent[address] = "; ".join(sorted(set(problems.values())))
            continue
        answers.answering.append(address)
        answers.notes += [f"{address} for {name}: {problem}" for name, problem in problems.items()]
        answers.notes += [f"{address}: {each.note}" for each in of_names.values() if each.note]
    return answers
