"""Host names and domains in settings: what DNS and an Ingress accept, each name once, none of a stranger's domain."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.hosts.names import host_problem
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import joined

ZONE_ID = re.compile(r"Z[A-Z0-9]{1,31}")
"""Id of a hosted zone (ResourceId of Route 53's API: 32 characters at most)."""
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")

Name = dict[str, str]
"""A component's host name, {host, namespace, release}."""


def own_names(
    components: Iterable[Mapping[str, Any]], domain: str, typed: Collection[str]
) -> tuple[list[Name], list[Name]]:
    """Return the names of components, and of these the ones that are refused: outside of the domain, and not typed.

    A component is {releases: [{name, namespace}], hosts: {release: host}}.
    """
    found = [
        {"host": host, "namespace": release["namespace"], "release": release["name"]}
        for each in components
        for release in each["releases"]
        if (host := each.get("hosts", {}).get(release["name"]))
    ]
    inside = [each for each in found if each["host"] in typed or f".{each['host']}".endswith(f".{domain}")]
    return inside, [each for each in found if each not in inside]


def outside_problems(outside: Iterable[Name], domain: str) -> list[str]:
    """Return a sentence for each name outside of the domain; of one that is no name at all, others say so."""
    return [
        f"{each['host']}, the host of {each['release']}, is outside of platform_domain ({domain}): write a name of "
        "that domain, or list it in hosts_names too."
        for each in outside
        if not host_problem(domain) and not host_problem(each["host"])
    ]


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


def check_overridden_hosts(at: Situation) -> Iterator[str]:
    """Values over our own give an Ingress no name that no setting names: nothing would lead to it."""
    if "hosts" not in at.roles or at.values.get("platform_state") == "absent":
        return
    known = {str(value) for _unused, value in at.ending("_host")} | set(at.values.get("hosts_names") or [])
    for name, value in at.values.items():
        if name.endswith("_values") and at.enabled(at.settings[name].role):
            for host in sorted(set(ingress_hosts(value)) - known):
                yield (
                    f"{name} gives an Ingress the host {host!r}, which no setting names: write it as the component's "
                    "host, or list it in hosts_names too."
                )


def ingress_hosts(values: Any) -> Iterator[str]:
    """Yield the host names that a chart's values give to Ingresses: below a key `ingress`, or in a manifest of one.

    Charts take them as `host`, `hostname`, or `hosts`, texts or mappings with one of the first two.
    """
    if isinstance(values, list):
        for each in values:
            yield from ingress_hosts(each)
    elif isinstance(values, Mapping):
        if values.get("kind") == "Ingress":
            yield from _hosts(values.get("spec"))
        for key, value in values.items():
            yield from _hosts(value) if key == "ingress" else ingress_hosts(value)


def _hosts(given: Any) -> Iterator[str]:
    """Yield the host names of what an Ingress is made of."""
    if isinstance(given, Mapping) and given.get("enabled") is not False:
        yield from (given[key] for key in ("host", "hostname") if isinstance(given.get(key), str))
        for listed in (given.get(key) for key in ("hosts", "rules")):
            for each in listed if isinstance(listed, list) else []:
                yield from [each] if isinstance(each, str) else _hosts(each)


def check_dns(at: Situation) -> Iterator[str]:
    """What leads to Route 53 has the form that it takes, and nothing asks for what its aliases cannot do."""
    zone, role = (str(at.values.get(f"platform_dns_{each}") or "") for each in ("zone", "role_arn"))
    if zone and not ZONE_ID.fullmatch(zone) and (problem := host_problem(zone)):
        yield f"platform_dns_zone ({zone!r}) is no id of a zone, and as a name it {problem}."
    if role and not _ROLE.fullmatch(role):
        yield (
            f"platform_dns_role_arn ({role!r}) is no ARN of an IAM role: write arn:aws:iam::<account>:role/<name>, or "
            "nothing."
        )
    if at.values.get("platform_dns") == "route53" and at.values.get("hosts_addresses"):
        yield (
            "hosts_addresses is set though platform_dns is route53, whose records lead to the load balancer by its "
            "name: empty the one, or change the other."
        )
