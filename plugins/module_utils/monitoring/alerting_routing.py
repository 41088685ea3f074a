"""Which alert reaches whom, when, and which is inhibited because another one says more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_receivers import (
    NOBODY,
    Receiver,
)

GROUP_BY = ("alertname", "slo", "cluster", "namespace", "severity")
"""What makes alerts one message. `cluster` keeps two clusters apart that share an account: the key by which PagerDuty
knows an incident is a digest of these."""

SAME_THING = (
    *("alertname", "slo", "cluster", "namespace", "service", "ingress", "job", "instance", "node", "device"),
    *("mountpoint", "pod", "container", "deployment", "statefulset", "daemonset", "persistentvolumeclaim"),
)
"""Labels that two alerts must share for the graver one to speak for the other, besides those by which an SLO keeps its
entities apart. One that both lack is shared."""

NODE_IS_DOWN = ("KubeNodeNotReady", "KubeNodeUnreachable", "NodeReadinessBurn")

_MATCHERS: dict[str, str] = {
    "critical": 'severity="critical"',
    # An alert whose severity nobody has thought of must not get lost.
    "warning": 'severity!~"critical|info|none"',
    "info": 'severity="info"',
}

Route = dict[str, Any]


@dataclass(frozen=True)
class Timing:
    """Seconds: how long a first message waits for more of its group, later ones, and until it is said again."""

    group_wait: float = 30
    page_group_wait: float = 10
    group_interval: float = 300
    heartbeat: float = 60
    repeat: Mapping[str, float] = field(default_factory=lambda: {"critical": 3600, "warning": 43200, "info": 86400})

    def scaled(self, factor: float) -> Timing:
        """Return the same with every span multiplied by `factor`: below 1 for tests that cannot wait."""
        return replace(
            self,
            group_wait=self.group_wait * factor,
            page_group_wait=self.page_group_wait * factor,
            group_interval=self.group_interval * factor,
            heartbeat=self.heartbeat * factor,
            repeat={severity: seconds * factor for severity, seconds in self.repeat.items()},
        )


def routes(receivers: Iterable[Receiver], timing: Timing) -> Route:
    """Return Alertmanager's tree of routes.

    Every receiver has a branch for each of its severities, and every alert looks at all of them. What fits none ends
    with nobody: Watchdog without a heartbeat, and InfoInhibitor, which is there to inhibit (both of severity `none`).
    """
    branches = [branch for each in receivers for branch in _branches(each, timing)]
    return {
        "receiver": NOBODY,
        "group_by": list(GROUP_BY),
        "group_wait": duration(timing.group_wait),
        "group_interval": duration(timing.group_interval),
        "repeat_interval": duration(timing.repeat["warning"]),
        "routes": branches,
    }


def _branches(receiver: Receiver, timing: Timing) -> list[Route]:
    if receiver.heartbeat:
        beat = duration(timing.heartbeat)
        every = {"group_wait": duration(0), "group_interval": beat, "repeat_interval": beat}
        return [_branch(receiver, 'alertname="Watchdog"') | every]
    return [
        _branch(receiver, _MATCHERS[severity])
        | {"repeat_interval": duration(timing.repeat[severity])}
        | ({"group_wait": duration(timing.page_group_wait)} if severity == "critical" else {})
        for severity in receiver.severities
    ]


def _branch(receiver: Receiver, matcher: str) -> Route:
    return {"receiver": receiver.name, "matchers": [matcher], "continue": True}


def inhibitions(labels: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Return Alertmanager's rules of what is not said since something graver is.

    `labels` are further ones that name the thing which an alert is about.
    """
    down, same = "|".join(NODE_IS_DOWN), [*SAME_THING, *sorted(set(labels) - set(SAME_THING))]
    return [
        _inhibition(['severity="critical"'], ['severity=~"warning|info"'], same),
        _inhibition(['severity="warning"'], ['severity="info"'], same),
        # The rule's other end comes with kube-prometheus-stack: it fires where there is nothing but info.
        _inhibition(['alertname="InfoInhibitor"'], ['severity="info"'], ("cluster", "namespace")),
        _inhibition(
            [f'alertname=~"{down}"', 'node!=""'],
            [f'alertname!~"{down}"', 'pod!=""', 'node!=""'],
            ("cluster", "node"),
        ),
    ]


def _inhibition(source: list[str], target: list[str], equal: Iterable[str]) -> dict[str, Any]:
    return {"source_matchers": source, "target_matchers": target, "equal": list(equal)}


def duration(seconds: float) -> str:
    """Write seconds as Alertmanager reads them.

    >>> duration(10), duration(0.5)
    ('10s', '500ms')
    """
    return f"{seconds:.0f}s" if float(seconds).is_integer() else f"{seconds * 1000:.0f}ms"
