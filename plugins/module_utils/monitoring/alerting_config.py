"""The whole configuration of Alertmanager, and what a run has to say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_channels import (
    Endpoints,
    channel,
)
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_receivers import NOBODY, parse
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_routing import (
    Timing,
    inhibitions,
    routes,
)

TEMPLATES = "/etc/alertmanager/config/*.tmpl"
"""Where the Prometheus operator mounts all keys of the Secret that holds alertmanager.yaml (0.93, statefulset.go)."""

HOW = "docs/alerting.md says how to add a receiver"


def alertmanager_config(
    receivers: Sequence[Mapping[str, Any]],
    cluster: str,
    *,
    labels: Sequence[str] = (),
    templates: str = TEMPLATES,
    timing: Timing | None = None,
    endpoints: Endpoints | None = None,
) -> dict[str, Any]:
    """Return the content of alertmanager.yaml for monitoring_receivers; it holds their secrets.

    `labels` are those by which SLOs keep their entities apart. `templates` is a pattern of paths on Alertmanager's
    machine; that, `timing` and `endpoints` are others in tests alone.
    """
    known = parse(receivers)
    there = endpoints or Endpoints()
    return {
        "global": {"resolve_timeout": "5m"},
        "templates": [templates],
        "route": routes(known, timing or Timing()),
        "inhibit_rules": inhibitions(labels),
        "receivers": [{"name": NOBODY}, *(channel(each, cluster, there) for each in known)],
    }


def alerting_notes(receivers: Sequence[Mapping[str, Any]], left: bool = False) -> list[str]:
    """Return what people have to be told at the end of a run: who is not called.

    `left` says that somebody else's Prometheus operator was left as it is, whose Alertmanager is not ours to configure.
    """
    if left:
        unused = "monitoring_receivers is not used: the Alertmanager here is not ours. Add your receivers to that one."
        return [unused] if receivers else []
    called = {severity for each in parse(receivers) for severity in each.severities}
    if not called:
        return [f"Nobody will be called: monitoring_receivers names nobody, so alerts are only listed. {HOW}."]
    if "critical" not in called:
        return [f"Nobody will be called for critical alerts: no receiver has that severity. {HOW}."]
    return []
