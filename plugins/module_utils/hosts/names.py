"""Host names and addresses: what DNS accepts, and what a hosts file may be given."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterable, Iterator

HOST_LENGTH = 253
"""Characters of a name as people write it; RFC 1035, 3.1, has 255 octets on the wire."""
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
"""One label of a name (RFC 1123)."""
_OF_EVERY_MACHINE = re.compile(r"(.+\.)?(localhost[46]?|localdomain[46]?)|broadcasthost|ip6-[a-z]+")
"""Names of loopback and of multicast groups: RFC 6761, 6.3, and the hosts files of Debian, Fedora and macOS."""


def host_problem(host: str) -> str:
    """Return what is wrong with a host name (RFC 1123), as the end of a sentence that began with it; empty if nothing.

    >>> host_problem("grafana.example.org")
    ''
    """
    return next((advice(host) for is_wrong, advice in _HOST_FAULTS if is_wrong(host)), "")


def _wrong_labels(host: str) -> list[str]:
    return [label for label in host.split(".") if not LABEL.fullmatch(label.lower())]


def _punycode(host: str) -> str:
    try:
        return f"write {host.lower().encode('idna').decode()}"
    except UnicodeError:
        return "write it in ASCII"


_NAME_ADVICE = "write a host name such as grafana.example.org"
_HOST_FAULTS: tuple[tuple[Callable[[str], object], Callable[[str], str]], ...] = (
    (lambda host: not host, lambda _: f"is empty: {_NAME_ADVICE}"),
    (lambda host: not host.isascii(), lambda host: f"has letters outside ASCII: {_punycode(host)}"),
    (lambda host: "*" in host, lambda _: f"is a wildcard: {_NAME_ADVICE}"),
    (lambda host: host.endswith("."), lambda host: f"ends in a dot: write {host.rstrip('.')}"),
    (lambda host: len(host) > HOST_LENGTH, lambda _: f"is longer than {HOST_LENGTH} characters: write a shorter one"),
    (
        lambda host: host.rpartition(".")[2].isdigit(),
        lambda _: f"is a number or an address and no name: {_NAME_ADVICE}",
    ),
    (
        _wrong_labels,
        lambda host: (
            f"is no host name, since {_wrong_labels(host)[0]!r} is not made of letters, digits and inner hyphens "
            f"(63 at most): {_NAME_ADVICE}"
        ),
    ),
    (lambda host: host != host.lower(), lambda host: f"has capital letters: write {host.lower()}"),
)
"""What can be wrong with a host name, the first that applies being said: (is it wrong so, what to say)."""


def address_problem(address: str) -> str:
    """Return what is wrong with the address of a load balancer, as the end of a sentence; empty if nothing.

    >>> address_problem("203.0.113.7")
    ''
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "is no IP address: write one such as 203.0.113.7"
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id:
            return "has the zone of one interface: write an address that is valid everywhere"
        found = found.ipv4_mapped or found
    # Of version 4 that is 240.0.0.0/4, with the address of a broadcast at its end.
    reserved = isinstance(found, ipaddress.IPv4Address) and found.is_reserved
    if found.is_unspecified or found.is_multicast or found.is_link_local or reserved:
        return "is an address that no load balancer has: write one such as 203.0.113.7"
    return ""


def refusals(names: Iterable[str], addresses: Iterable[str], of_machine: Collection[str]) -> list[str]:
    """Return why a hosts file does not get names and addresses, one sentence without its full stop for each.

    `of_machine` are the names, in lower case, that the machine itself has.
    """
    return [
        *(f"{name!r} {problem}" for name in names if (problem := _name_problem(name, of_machine))),
        *(f"{address!r} {problem}" for address in addresses if (problem := address_problem(address))),
    ]


def _name_problem(name: str, of_machine: Collection[str]) -> str:
    if problem := host_problem(name):
        return problem
    if _OF_EVERY_MACHINE.fullmatch(name) or name in of_machine:
        return "is a name of this machine itself: write another host name"
    return ""


def names_of_machine(lines: Iterable[str], hostname: str) -> set[str]:
    """Return the names of the machine called `hostname`, in lower case: it, its first label, and those beside them.

    `lines` are a hosts file's, such as C(127.0.1.1 web01.example.org web01).
    """
    known = {hostname.lower(), hostname.lower().partition(".")[0]} - {""}
    return known.union(*(words for words in _words(lines) if words & known))


def _words(lines: Iterable[str]) -> Iterator[set[str]]:
    for line in lines:
        yield set(line.partition("#")[0].lower().split()[1:])
