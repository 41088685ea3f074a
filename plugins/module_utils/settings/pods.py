"""What settings say of namespaces, levels of Pod Security and NetworkPolicies, where a type cannot say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.hosts.names import LABEL
from ansible_collections.landfall.eks.plugins.module_utils.kube.namespaces import LEVELS
from ansible_collections.landfall.eks.plugins.module_utils.kube.network_policies import EVERY_NAMESPACE
from ansible_collections.landfall.eks.plugins.module_utils.settings.networks import network_problem
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import joined

LAST_PORT = 65535


def check_reach(at: Situation) -> Iterator[str]:
    """Namespaces that a component reaches into are named, or are all; none holds the certificate authority's key."""
    records = at.values.get("platform_namespace")
    for name, value in at.ending("_namespaces"):
        for each in value if isinstance(value, list) else []:
            if each == EVERY_NAMESPACE and len(value) > 1:
                yield f"{name} has '*' beside others: write ['*'] for the whole cluster, or names alone."
            elif each == records:
                yield (
                    f"{name} has {each!r}, where the key of the certificate authority lies (platform_namespace): "
                    "remove it."
                )
            elif each != EVERY_NAMESPACE and not LABEL.fullmatch(str(each)):
                yield (
                    f"{name} ({each!r}) is no name of a namespace: write lower-case letters, digits and inner hyphens."
                )


def check_levels(at: Situation) -> Iterator[str]:
    """Levels of Pod Security are such, and of namespaces."""
    name = "platform_pod_security"
    for namespace, level in (at.values.get(name) or {}).items():
        if not LABEL.fullmatch(str(namespace)):
            yield f"{name} has the key {namespace!r}, which is no name of a namespace: write one such as monitoring."
        elif level not in LEVELS:
            yield f"{name}.{namespace} must be {joined(LEVELS, 'or')}, not {level!r}."


def policy_problems(tree: Mapping[str, Any], place: str) -> Iterator[str]:
    """Yield a sentence for each thing in a component's NetworkPolicies that the cluster would refuse, or misread."""
    own = {release["namespace"] for release in tree["releases"]}
    for index, row in enumerate(tree.get("network_policies") or []):
        at = f"{place}.network_policies[{index}]"
        if not LABEL.fullmatch(row["name"]):
            yield f"{at}.name ({row['name']!r}) is no name: write lower-case letters, digits and inner hyphens."
        if row["namespace"] not in own:
            yield (
                f"{at}.namespace ({row['namespace']!r}) has none of its releases: write {joined(sorted(own), 'or')}."
            )
        for side in ("from", "to"):
            for number, flow in enumerate(row.get(side) or []):
                yield from _of_flow(flow, f"{at}.{side}[{number}]")


def _of_flow(flow: Mapping[str, Any], at: str) -> Iterator[str]:
    namespace = flow.get("namespace")
    if namespace and namespace != EVERY_NAMESPACE and not LABEL.fullmatch(namespace):
        yield f"{at}.namespace ({namespace!r}) is no name of a namespace: write one such as monitoring, or '*' for all."
    for cidr in flow.get("cidrs") or []:
        if problem := network_problem(cidr):
            yield f"{at}.cidrs ({cidr!r}) {problem}."
    for field in ("ports", "udp"):
        for port in flow.get(field) or []:
            if not 1 <= int(port) <= LAST_PORT:
                yield f"{at}.{field} ({port}) is no port: write a number from 1 to {LAST_PORT}."
