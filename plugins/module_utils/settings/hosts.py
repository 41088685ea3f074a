"""Host names and domains in settings: what DNS and an Ingress accept, each name once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import joined

HOST_LENGTH = 253
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
"""One label of a name (RFC 1123)."""


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


def own_names(
    components: Iterable[Mapping[str, Any]], domain: str, typed: Collection[str]
) -> tuple[list[dict[str, str]], list[str]]:
    """Return the names of components as {host, namespace}, and those left out: outside of the domain, and not typed.

    A component is {releases: [{name, namespace}], hosts: {release: host}}.
    """
    found = [
        {"host": host, "namespace": release["namespace"]}
        for each in components
        for release in each["releases"]
        if (host := each.get("hosts", {}).get(release["name"]))
    ]
    inside = [each for each in found if each["host"] in typed or f".{each['host']}".endswith(f".{domain}")]
    return inside, [each["host"] for each in found if each not in inside]


def check_hosts(at: Situation) -> Iterator[str]:
    """Host names and domains are names that DNS and an Ingress accept."""
    domain = at.values.get("platform_domain") or ""
    for name, value in at.ending("_host", "_domain"):
        # What is wrong with the domain is said once, not again for each name in it.
        said = domain and host_problem(domain) and value.endswith(f".{domain}")
        if (problem := host_problem(value)) and not said:
            yield f"{name} ({value!r}) {problem}."
    for name, value in at.ending("_hosts", "_names"):
        for host in value if isinstance(value, list) else []:
            if problem := host_problem(str(host)):
                yield f"{name} ({host!r}) {problem}."


def check_hosts_differ(at: Situation) -> Iterator[str]:
    """Two components cannot answer at one name."""
    owners: dict[str, list[str]] = {}
    for name, value in at.ending("_host"):
        if value and at.enabled(at.settings[name].role):
            owners.setdefault(value, []).append(name)
    for host, names in owners.items():
        if len(names) > 1:
            yield f"{joined(names)} are all {host!r}: give each a name of its own."
