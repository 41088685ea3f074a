"""What a type cannot say about a setting: a table of small checks over the values of all settings."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.argocd import accounts
from ansible_collections.landfall.eks.plugins.module_utils.argocd import checks as delivery
from ansible_collections.landfall.eks.plugins.module_utils.eks import checks
from ansible_collections.landfall.eks.plugins.module_utils.logs import checks as log_checks
from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_checks, slo_model
from ansible_collections.landfall.eks.plugins.module_utils.orphans.deletions import (
    ASKABLE,
    SWEEPABLE,
    wrong_words,
)
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import Setting, joined

HOST_LENGTH = 253
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_FORMS = (
    (("_storage", "_storage_size", "_volume_size"), r"[1-9]\d*(\.\d+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?", "a size", "20Gi"),
    (("_retention_size",), r"[1-9]\d*([KMGTPE]?B)", "a size of Prometheus", "40GB"),
    (("_retention",), r"([1-9]\d*(ms|[smhdwy]))+", "a span of time", "15d"),
)
"""How texts are written: (endings of the settings' names, pattern, what it is, an example)."""
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_REPOSITORY_URL = re.compile(r"(https?|ssh)://\S+|[\w.-]+@[\w.-]+:\S+")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_AT_LEAST_TWO = ("ingress_replicas", "argocd_server_replicas")
"""Pods before which a load balancer stands: with one alone, each of its restarts is an outage."""
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")


@dataclass(frozen=True)
class Situation:
    """What the checks look at.

    `values` are the settings that are of the right type, coerced to it, by name; `roles` are the roles, without their
    collection's name, that this run selects and that are enabled; `merged` are settings, by name, over what Landfall
    itself has there.
    """

    values: Mapping[str, Any]
    settings: Mapping[str, Setting]
    roles: tuple[str, ...]
    merged: Mapping[str, Any] = field(default_factory=dict)

    def ending(self, *endings: str) -> Iterator[tuple[str, Any]]:
        """Yield (name, value) of the settings whose name ends so; empty ones only if they must not be empty."""
        for name, value in self.values.items():
            may_be_empty = self.settings[name].option.get("default", "") in ("", None)
            if name.endswith(endings) and (value or not may_be_empty):
                yield name, value

    def follows(self, name: str) -> bool:
        """Whether a setting is by default what another one is, and is as empty as that one."""
        default = re.fullmatch(r"{{ (\w+) }}", str(self.settings[name].option.get("default")))
        return default is not None and not self.values.get(name) and not self.values.get(default[1], True)

    @property
    def real(self) -> bool:
        """Whether this run rolls out on a real cluster."""
        return not self.values.get("platform_simulated") and self.values.get("platform_state") != "absent"

    def enabled(self, role: str) -> bool:
        """Whether a role is switched on; one without a switch is."""
        return bool(self.values.get(f"{role}_enabled", True))


def host_problem(host: str) -> str:
    """Return what is wrong with a host name (RFC 1123), as the end of a sentence that began with it; empty if nothing.

    >>> host_problem("grafana.example.org")
    ''
    """
    return next((advice(host) for is_wrong, advice in _HOST_FAULTS if is_wrong(host)), "")


def _wrong_labels(host: str) -> list[str]:
    return [label for label in host.split(".") if not _LABEL.fullmatch(label.lower())]


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


def check_minimum_below_maximum(at: Situation) -> Iterator[str]:
    """A setting with `min` in its name is not above the one with `max` in that place."""
    for name, low in at.values.items():
        other = "_".join("max" if word == "min" else word for word in name.split("_"))
        high = at.values.get(other)
        if other != name and isinstance(low, int) and isinstance(high, int) and low > high:
            yield f"{name} ({low}) is above {other} ({high}): write a minimum that is not above the maximum."


def check_numbers(at: Situation) -> Iterator[str]:
    """Counts, days and seconds are positive; percentages and ports are in their ranges."""
    for name, value in at.values.items():
        if not isinstance(value, int) or isinstance(value, bool):
            continue
        low, high = _range_of(name)
        low = 0 if at.settings[name].option.get("default") == 0 else low
        if value < low:
            yield f"{name} ({value}) is too small: write a whole number from {low} on."
        elif high is not None and value > high:
            yield f"{name} ({value}) is too large: write a whole number from {low} to {high}."


def _range_of(name: str) -> tuple[int, int | None]:
    if name.endswith(("_percent", "_percentage", "_utilization")):
        return 1, 100
    if name.endswith("_port"):
        return 1, 65535
    return (0, None) if name.endswith("_wait") else (1, None)


def check_pairs(at: Situation) -> Iterator[str]:
    """What stands behind a load balancer are two pods at least."""
    for name in _AT_LEAST_TWO:
        if at.values.get(name) == 1:
            yield f"{name} is 1, and whenever that pod restarts nobody is there: write 2 or more."


def check_networks(at: Situation) -> Iterator[str]:
    """Networks are in CIDR notation, with no address bits left of the mask."""
    for name, value in at.ending("_cidrs", "_cidr"):
        for cidr in value if isinstance(value, list) else [value]:
            if problem := network_problem(str(cidr)):
                yield f"{name} ({cidr!r}) {problem}."


def network_problem(cidr: str) -> str:
    """Return what is wrong with a network, as the end of a sentence that began with it; empty if nothing."""
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return "is no network: write one in CIDR notation, such as 203.0.113.0/24"
    if "/" not in cidr:
        return f"has no prefix length: write {network}"
    address = ipaddress.ip_interface(cidr).ip
    if address != network.network_address:
        return f"is an address inside of a network: write {network} or {address}/{address.max_prefixlen}"
    return ""


def check_who_may_enter(at: Situation) -> Iterator[str]:
    """On a real cluster, who may reach it is somebody's decision: open to all has to be typed."""
    if not at.real:
        return
    for name, value in at.values.items():
        if (
            name.endswith("_allowed_cidrs")
            and not value
            and at.settings[name].role in at.roles
            and not at.follows(name)
        ):
            yield (
                f"{name} is empty: write the networks that may reach it, such as ['203.0.113.0/24'] "
                "(['0.0.0.0/0'] is everybody)."
            )


def check_image(at: Situation) -> Iterator[str]:
    """On a real cluster the application's image comes from a registry, and which one is somebody's decision."""
    name = "flask_app_image_repository"
    if at.real and "flask_app" in at.roles and name in at.values:
        value = at.values[name]
        if not value or value == at.settings[name].option.get("default"):
            yield (
                f"{name} is {value!r}, which is in no registry: write where your pipeline pushes the image, "
                "or flask_app_enabled: false."
            )


def check_names(at: Situation) -> Iterator[str]:
    """Names of Kubernetes objects, and the cluster's name, are what the APIs accept."""
    for name, value in at.ending("_namespace"):
        if not _LABEL.fullmatch(value):
            yield f"{name} ({value!r}) is no name of a namespace: write lower-case letters, digits and inner hyphens."
    cluster = at.values.get("platform_cluster_name")
    if cluster is not None and not _CLUSTER_NAME.fullmatch(cluster):
        yield f"platform_cluster_name ({cluster!r}) is no name of a cluster: write letters, digits, '.', '_' and '-'."


def check_forms(at: Situation) -> Iterator[str]:
    """Sizes and spans of time are a number and a unit that their reader knows."""
    for endings, pattern, what, example in _FORMS:
        for name, value in at.ending(*endings):
            if isinstance(value, str) and not re.fullmatch(pattern, value):
                yield f"{name} ({value!r}) is not {what}: write a number and a unit, such as {example}."


def check_load_balancer(at: Situation) -> Iterator[str]:
    """Elastic IPs are one per subnet, and only for a load balancer that faces the internet."""
    for prefix in ("ingress", "argocd"):
        yield from _elastic_ip_problems(at, prefix)


def _elastic_ip_problems(at: Situation, prefix: str) -> Iterator[str]:
    subnets = at.values.get(f"{prefix}_subnets") or []
    addresses = at.values.get(f"{prefix}_eip_allocations") or []
    internal = at.values.get(f"{prefix}_scheme") == "internal"
    if addresses and len(addresses) != len(subnets):
        yield (
            f"{prefix}_eip_allocations has {len(addresses)} entries and {prefix}_subnets has {len(subnets)}: "
            "write one allocation for each subnet, in the same order."
        )
    if addresses and internal:
        yield f"{prefix}_eip_allocations is set though {prefix}_scheme is internal: empty the one, or change the other."
    elif at.values.get(f"{prefix}_addresses") == "eip" and internal:
        yield (
            f"{prefix}_addresses is eip though {prefix}_scheme is internal, and Elastic IPs face the internet: write "
            f"{prefix}_addresses: {'auto' if prefix == 'ingress' else 'dns'}."
        )


def check_paths(at: Situation) -> Iterator[str]:
    """Paths are absolute: what is relative to one program's folder is not to the next one's."""
    for name in ("platform_kubeconfig", "platform_state_dir", "platform_chart_stand_ins", "hosts_file"):
        value = at.values.get(name)
        if isinstance(value, str) and value and not PurePath(value).is_absolute():
            yield f"{name} ({value!r}) is not a full path: write one that begins with /."


def check_addresses(at: Situation) -> Iterator[str]:
    """Addresses that are handed in are IP addresses."""
    for address in at.values.get("hosts_addresses") or []:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            yield f"hosts_addresses ({address!r}) is no IP address: write one such as 203.0.113.7."


def check_references(at: Situation) -> Iterator[str]:
    """Git repositories and image repositories have the form that their clients accept."""
    for name, value in at.ending("_repo_url"):
        if not _REPOSITORY_URL.fullmatch(value):
            yield f"{name} ({value!r}) is no Git URL: write one such as https://git.example.org/team/platform.git."
    for name, value in at.ending("_image_repository"):
        if value and not _IMAGE.fullmatch(value):
            yield f"{name} ({value!r}) is no image repository: write one such as registry.example.org/team/flask."


def check_image_tags(at: Situation) -> Iterator[str]:
    """A tag names one image for good: what `latest` is changes without anybody changing a setting."""
    for name, value in at.ending("_image_tag"):
        if value == "latest":
            yield f"{name} is 'latest', which is another image tomorrow: write the tag of one build, such as 1.4.2."
        elif not _TAG.fullmatch(value):
            yield f"{name} ({value!r}) is no tag of an image: write letters, digits, '.', '_' and '-', such as 1.4.2."


def check_retention(at: Situation) -> Iterator[str]:
    """Prometheus drops data by size before its volume is full, which only helps if that size is below the volume's."""
    kept, volume = at.values.get("monitoring_retention_size"), at.values.get("monitoring_prometheus_storage")
    size, room = _bytes(kept, "B"), _bytes(volume, "")
    if size and room and size >= room:
        yield (
            f"monitoring_retention_size ({kept}) does not fit into monitoring_prometheus_storage ({volume}): write a "
            "size a fifth below the volume's, or a larger volume."
        )


def _bytes(text: Any, unit: str) -> float:
    """Return a size such as 40GB (unit B; Prometheus counts in 1024) or 50Gi (no unit) in bytes; 0 if it is none."""
    found = re.fullmatch(rf"(\d+(?:\.\d+)?)([KMGTPE]?)(i?){unit}", str(text), re.IGNORECASE)
    if not found:
        return 0.0
    base = 1024 if unit or found[3] else 1000
    return float(found[1]) * float(base ** (" KMGTPE".index(found[2].upper() or " ")))


def check_slos(at: Situation) -> Iterator[str]:
    """Service level objectives can be made rules of, and their windows lie within what Prometheus keeps."""
    runbooks = at.values.get("monitoring_runbooks_url")
    if runbooks is not None and not re.fullmatch(r"https?://\S+", runbooks):
        yield f"monitoring_runbooks_url ({runbooks!r}) is no URL: write one such as https://wiki.example.org/runbooks."
    given = at.values.get(slo_checks.SETTING) or {}
    merged = at.merged.get(slo_checks.SETTING)
    if problems := slo_checks.problems(given, merged):
        yield from problems
        return
    longest = max((int(each.get("window") or 30) for each in slo_model.enabled(merged or {}).values()), default=0)
    kept = _days(at.values.get("monitoring_retention"))
    if kept is not None and kept < longest:
        yield (
            f"monitoring_retention ({at.values['monitoring_retention']}) is shorter than the longest window of "
            f"{slo_checks.SETTING}, {longest} days: write {longest + 5}d, or shorter windows."
        )


def _days(text: Any) -> float | None:
    """Return a span of time of Prometheus, such as 1w2d, in days; None if it is none."""
    if not isinstance(text, str) or not re.fullmatch(r"(\d+(ms|[smhdwy]))+", text):
        return None
    seconds = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
    return sum(int(count) * seconds[unit] for count, unit in re.findall(r"(\d+)(ms|[smhdwy])", text)) / 86400


def check_logs(at: Situation) -> Iterator[str]:
    """What of Elasticsearch's size is set by hand, and Fluent Bit's buffer, are quantities that make sense."""
    yield from log_checks.problems(at.values.get("efk_size_by_hand") or {}, at.values.get("efk_buffer_size"))


def check_cluster(at: Situation) -> Iterator[str]:
    """What a cluster is made from is what AWS takes, and was decided by somebody."""
    making = "cluster" in at.roles and at.values.get("cluster_state") != "absent"
    yield from checks.problems(at.values, making=making)


def check_environment(at: Situation) -> Iterator[str]:
    """Environment variables are texts; anything else would be written out as Python writes it."""
    for name, value in (at.values.get("platform_environment") or {}).items():
        if not isinstance(value, str):
            yield f"platform_environment.{name} ({value!r}) is no text: write it in quotes."


def check_what_goes_too(at: Situation) -> Iterator[str]:
    """What is to go beside the platform, or the cluster, is named by words that are known there."""
    for name, known in (("uninstall_delete", ASKABLE), ("cluster_delete", SWEEPABLE)):
        if name in at.values:
            yield from wrong_words(name, at.values[name], known)


CHECKS: tuple[Callable[[Situation], Iterator[str]], ...] = (
    check_hosts,
    check_hosts_differ,
    check_minimum_below_maximum,
    check_numbers,
    check_pairs,
    check_networks,
    check_who_may_enter,
    check_image,
    check_names,
    check_forms,
    check_load_balancer,
    check_paths,
    check_cluster,
    check_addresses,
    check_references,
    check_image_tags,
    check_retention,
    check_slos,
    check_logs,
    check_environment,
    check_what_goes_too,
    delivery.check_delivery,
    delivery.check_repository,
    delivery.check_path,
    delivery.check_sso,
    accounts.check_accounts,
)


def check_all(at: Situation) -> list[str]:
    """Return the sentences of all checks."""
    return [problem for check in CHECKS for problem in check(at)]
