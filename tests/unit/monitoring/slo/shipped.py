"""The rules as the role makes them, of its own objectives and of a user's."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_model import Slo, slo_of
from tests.unit.components.rendering import evaluate, release

Groups = list[dict[str, Any]]


def rules_map(**settings: Any) -> dict[str, Any]:
    """Return what the release hands to the chart as additionalPrometheusRulesMap."""
    found: dict[str, Any] = release("kube-prometheus-stack", **settings)["values"]["additionalPrometheusRulesMap"]
    return found


def objectives(**settings: Any) -> dict[str, Slo]:
    """Return the objectives by name."""
    found = evaluate("monitoring", "monitoring_component.in_force.monitoring_slos", **settings)
    return {name: slo_of(name, fields, "https://example.org") for name, fields in found.items()}


def groups(name: str, **settings: Any) -> Groups:
    """Return the rule groups of one objective."""
    found: Groups = rules_map(**settings)[f"slo-{name}"]["groups"]
    return found


def alerts(found: Groups) -> list[dict[str, Any]]:
    """Return the alerting rules of groups."""
    return [rule for group in found for rule in group["rules"] if "alert" in rule]
