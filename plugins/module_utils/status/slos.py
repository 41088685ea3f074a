"""What the platform promises and how much of each error budget is left, as Prometheus has recorded it."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.prometheus import Getter, instant

QUERIES = {
    "objective": "max by (slo) (slo:objective:ratio)",
    "remaining": "min by (slo) (slo:error_budget_remaining:ratio)",
    "burn_rate": "max by (slo) (slo:burn_rate:ratio1h)",
    "alerts": 'count by (slo) (ALERTS{alertstate="firing", slo!=""})',
}
"""Of the rules in slo/rules.py; of an objective that is kept for each host or pod, the worst one counts."""
MET, BURNING, SPENT = "met", "burning", "overspent"

Row = dict[str, Any]


def rows(prometheus: Getter) -> list[Row]:
    """Return {slo, objective, remaining, burn_rate, alerts, state} of each objective, the worst first.

    `objective` and `remaining` are shares (1 is all of it); what is not recorded yet is None. Raises PrometheusError,
    and what the getter raises.
    """
    found: dict[str, Row] = {}
    for field, query in QUERIES.items():
        for labels, value in instant(prometheus, query):
            name = labels.get("slo", "")
            found.setdefault(name, {"slo": name, **dict.fromkeys(QUERIES)})[field] = value
    for row in found.values():
        row["alerts"] = int(row["alerts"] or 0)
        row["state"] = _state(row)
    return sorted(found.values(), key=lambda row: (row["state"] == MET, row["remaining"] or 0, row["slo"]))


def _state(row: Row) -> str:
    if row["remaining"] is not None and row["remaining"] < 0:
        return SPENT
    return BURNING if row["alerts"] else MET
