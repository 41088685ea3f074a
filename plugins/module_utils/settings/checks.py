"""What a type cannot say about a setting: a table of small checks over the values of all settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.argocd import accounts, sso
from ansible_collections.landfall.eks.plugins.module_utils.argocd import checks as delivery
from ansible_collections.landfall.eks.plugins.module_utils.eks import checks
from ansible_collections.landfall.eks.plugins.module_utils.logs import checks as log_checks
from ansible_collections.landfall.eks.plugins.module_utils.monitoring import (
    grafana_oidc,
    slo_checks,
    slo_files,
    slo_model,
)
from ansible_collections.landfall.eks.plugins.module_utils.orphans.deletions import (
    ASKABLE,
    SWEEPABLE,
    wrong_words,
)
from ansible_collections.landfall.eks.plugins.module_utils.settings import (
    charts,
    forms,
    hosts,
    names,
    networks,
    pods,
    tls,
    urls,
)
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation
from ansible_collections.landfall.eks.plugins.module_utils.text import variables

_AT_LEAST_TWO = ("ingress_replicas", "argocd_server_replicas")
"""Pods before which a load balancer stands: with one alone, each of its restarts is an outage."""


def check_pairs(at: Situation) -> Iterator[str]:
    """What stands behind a load balancer are two pods at least."""
    for name in _AT_LEAST_TWO:
        if at.values.get(name) == 1:
            yield f"{name} is 1, and whenever that pod restarts nobody is there: write 2 or more."


def check_image(at: Situation) -> Iterator[str]:
    """On a real cluster the application's image comes from a registry, and which one is somebody's decision."""
    for name, value in at.values.items() if at.real else ():
        setting = at.settings[name]
        concerned = name.endswith("_image_repository") and setting.role in at.roles
        if concerned and (not value or value == setting.option.get("default")):
            yield (
                f"{name} is {value!r}, which is in no registry: write where your pipeline pushes the image, "
                f"or {setting.role}_enabled: false."
            )


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
    of_files = at.merged.get(slo_files.SETTING, {}).get("problems", []) if slo_files.SETTING in at.values else []
    if problems := [*of_files, *slo_checks.problems(given, merged)]:
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


def check_grafana(at: Situation) -> Iterator[str]:
    """Grafana's login at a provider names its endpoints, a client, and who may log in."""
    yield from grafana_oidc.problems(at.values.get(grafana_oidc.SETTING) or {})


def check_logs(at: Situation) -> Iterator[str]:
    """What of Elasticsearch's size is set by hand, and Fluent Bit's buffer, are quantities that make sense."""
    yield from log_checks.problems(at.values.get("efk_size_by_hand") or {}, at.values.get("efk_buffer_size"))


def check_cluster(at: Situation) -> Iterator[str]:
    """What a cluster is made from is what AWS takes, and was decided by somebody."""
    making = "cluster" in at.roles and at.values.get("cluster_state") != "absent"
    yield from checks.problems(at.values, making=making)


def check_texts(at: Situation) -> Iterator[str]:
    """Versions, policies and the like are texts; anything else would be written out as Python writes it."""
    for setting in ("cluster_addon_versions", "argocd_sso.rbac", "argocd_sso.secrets"):
        name, _unused, leaf = setting.partition(".")
        texts = at.values.get(name) or {}
        for key, value in ((texts.get(leaf) or {}) if leaf else texts).items():
            if not isinstance(value, str):
                shown = "" if at.settings[name].secret else f" ({value!r})"
                yield f"{setting}.{key}{shown} is no text: write it in quotes."


def check_environment(at: Situation) -> Iterator[str]:
    """Environment variables are such; their values are not shown, since tokens and passwords are among them."""
    for name, value in (at.values.get("platform_environment") or {}).items():
        if fault := variables.fault(name, value):
            yield f"platform_environment.{str(name).partition('=')[0]} {fault}."


def check_own_variables(at: Situation) -> Iterator[str]:
    """What is listed as one's own are names, or beginnings of names, and none of our settings."""
    for entry in at.values.get(names.OWN) or []:
        if entry in at.settings:
            yield f"{names.OWN}: {entry} is a setting of Landfall: remove it from the list."
        elif not re.fullmatch(r"[A-Za-z_]\w*\*?", entry):
            yield f"{names.OWN} ({entry!r}) is no name: write one such as monitoring_team, or monitoring_*."


def check_what_goes_too(at: Situation) -> Iterator[str]:
    """What is to go beside the platform, or the cluster, is named by words that are known there."""
    for name, known in (("uninstall_delete", ASKABLE), ("cluster_delete", SWEEPABLE)):
        if name in at.values:
            yield from wrong_words(name, at.values[name], known)


CHECKS: tuple[Callable[[Situation], Iterator[str]], ...] = (
    hosts.check_hosts,
    hosts.check_hosts_differ,
    hosts.check_overridden_hosts,
    hosts.check_dns,
    forms.check_minimum_below_maximum,
    forms.check_numbers,
    check_pairs,
    networks.check_networks,
    networks.check_who_may_enter,
    networks.check_families,
    check_image,
    forms.check_names,
    forms.check_forms,
    networks.check_load_balancer,
    forms.check_paths,
    forms.check_metadata,
    pods.check_reach,
    pods.check_levels,
    check_cluster,
    networks.check_addresses,
    forms.check_references,
    forms.check_image_tags,
    charts.check_charts,
    charts.check_mirrors,
    urls.check_logins,
    check_retention,
    check_slos,
    check_logs,
    check_texts,
    check_environment,
    check_own_variables,
    tls.check_tls,
    check_what_goes_too,
    delivery.check_delivery,
    delivery.check_repository,
    delivery.check_path,
    sso.check_sso,
    check_grafana,
    accounts.check_accounts,
)


def check_all(at: Situation) -> list[str]:
    """Return the sentences of all checks."""
    return [problem for check in CHECKS for problem in check(at)]
