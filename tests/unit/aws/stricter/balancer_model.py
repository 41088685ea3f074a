"""A Network Load Balancer with ip targets while the pods behind it are replaced, in simulated seconds.

It takes what a release renders, and counts the connections that are lost. It knows no network: a connection is lost if
the pod that the load balancer chooses does not accept it, or ends before the connection does.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LATE = 120
"""Seconds for which a target gets new connections after it was deregistered, whatever its deregistration delay.

kubernetes-sigs/aws-load-balancer-controller#2366 and #2131, aws/containers-roadmap#470: "It consistently took 2
minutes".
"""
REGISTERING = 180
"""Seconds until the load balancer knows a target that was registered, and checks its health: "It can take a few minutes
for the registration process to complete and health checks to start" (Health checks for Network Load Balancer target
groups, its user guide)."""
THRESHOLD = 3
"""Health checks in a row that make a target healthy or unhealthy: defaultHealthCheckHealthyThreshold and its sibling in
pkg/service/model_builder.go of aws-load-balancer-controller 3.5.0, as long as no annotation names another one."""
STILL_SENT = 40
"""Seconds for which an unhealthy target still gets connections: "about 30-40 seconds" (aws/containers-roadmap#470)."""
NOTICE = 120
"""Seconds from the notice to the end of a Spot Instance (Spot Instance interruption notices, Amazon EC2)."""
HEARD = 2
"""Seconds until the controller has deregistered the target of a pod that is on its way out."""
AWS = "service.beta.kubernetes.io/aws-load-balancer-"


@dataclass(frozen=True)
class Rollout:
    """What a release says of its pods and their target group, and what traffic they have; all times in seconds.

    `drain` is how long a pod that was told to end finishes what it has, `lasts` how long a connection is open, `start`
    how long a new container takes to answer. Pods are spread over `zones`.
    """

    pre_stop: int
    grace: int
    interval: int = 10
    healthy: int = THRESHOLD
    unhealthy: int = THRESHOLD
    gates: bool = True
    cross_zone: bool = True
    replicas: int = 2
    surge: int = 1
    unavailable: int = 0
    drain: int = 50
    start: int = 10
    lasts: int = 5
    zones: int = 2

    @property
    def serves(self) -> int:
        """How long a pod takes new connections once it is on its way out."""
        return min(self.pre_stop, self.grace)

    @property
    def killed(self) -> int:
        """How long after that it is gone, with every connection that it still has."""
        return min(self.pre_stop + self.drain, self.grace)


def rollout(
    pod: Mapping[str, Any], annotations: Mapping[str, str], strategy: Mapping[str, Any], **more: Any
) -> Rollout:
    """Return what pods and Service of a release say.

    `pod` is {lifecycle, terminationGracePeriodSeconds}; `strategy` is {maxSurge, maxUnavailable}, Kubernetes' defaults
    for what it lacks: a quarter, which of two is one more and none less.
    """
    said = {key.removeprefix(AWS): value for key, value in annotations.items()}
    names = {"interval": "interval", "healthy": "healthy-threshold", "unhealthy": "unhealthy-threshold"}
    checks: dict[str, Any] = {
        name: int(said[f"healthcheck-{key}"]) for name, key in names.items() if f"healthcheck-{key}" in said
    }
    assert said["nlb-target-type"] == "ip"
    return Rollout(
        pre_stop=pod["lifecycle"]["preStop"]["sleep"]["seconds"],
        grace=pod["terminationGracePeriodSeconds"],
        surge=strategy.get("maxSurge", 1),
        unavailable=strategy.get("maxUnavailable", 0),
        cross_zone="load_balancing.cross_zone.enabled=true" in said.get("attributes", ""),
        **checks,
        **more,
    )


def deregistration(annotations: Mapping[str, str]) -> int:
    """Return the deregistration delay of a Service's targets."""
    found = re.search(r"deregistration_delay\.timeout_seconds=(\d+)", annotations[f"{AWS}target-group-attributes"])
    assert found
    return int(found[1])


@dataclass
class Pod:
    """A pod and its target. `leaves` is when it was told to go, `gone` when it ends whatever it has."""

    rules: Rollout
    made: int
    zone: int
    leaves: int | None = None
    node_ends: int | None = None

    @property
    def answers(self) -> int:
        """When its containers are ready, and it is registered."""
        return self.made + self.rules.start

    @property
    def healthy(self) -> int:
        """When the load balancer begins to send to it."""
        return self.answers + REGISTERING + self.rules.interval * self.rules.healthy

    @property
    def gone(self) -> int | None:
        """When it ends, with its connections."""
        ends = [self.node_ends, None if self.leaves is None else self.leaves + self.rules.killed]
        return min((each for each in ends if each is not None), default=None)

    def ready(self, now: int) -> bool:
        """Say whether it counts as available: with a readiness gate, once its target is healthy."""
        return self.leaves is None and now >= (self.healthy if self.rules.gates else self.answers)

    def accepts(self, now: int) -> bool:
        """Say whether it takes a new connection."""
        told = self.leaves is None or now < self.leaves + self.rules.serves
        return now >= self.answers and told and (self.node_ends is None or now < self.node_ends)

    def is_sent_to(self, now: int) -> bool:
        """Say whether the load balancer sends new connections to it.

        Nobody deregisters what is on a node that just ends: its health checks have to fail first.
        """
        if self.leaves is not None:
            return self.healthy <= now < self.leaves + HEARD + LATE
        failing = self.rules.interval * self.rules.unhealthy + STILL_SENT
        return now >= self.healthy and (self.node_ends is None or now < self.node_ends + failing)


@dataclass
class Balancer:
    """The pods of a release, and their connections: those are lost that a pod refuses, its end cuts, or nobody gets."""

    rules: Rollout
    pods: list[Pod] = field(default_factory=list)
    open: list[tuple[int, Pod]] = field(default_factory=list)
    sent: int = 0
    lost: int = 0

    def __post_init__(self) -> None:
        """Begin with pods that have long been there."""
        self.turn: Iterator[int] = itertools.count()
        long_ago = -self.rules.start - REGISTERING - self.rules.interval * self.rules.healthy
        self.pods = [Pod(self.rules, long_ago, number % self.rules.zones) for number in range(self.rules.replicas)]

    def connect(self, now: int) -> None:
        """Open one connection in each zone, as clients do that know the addresses of all."""
        for zone in range(self.rules.zones):
            self.sent += 1
            targets = [each for each in self.pods if each.is_sent_to(now)]
            near = [each for each in targets if self.rules.cross_zone or each.zone == zone]
            # Where no target of any zone is healthy, it sends to all that it knows.
            known = [each for each in self.pods if each.leaves is None and now >= each.answers + REGISTERING]
            chosen = near or ([] if targets else known)
            pod = chosen[next(self.turn) % len(chosen)] if chosen else None
            if pod is None or not pod.accepts(now):
                self.lost += 1
            else:
                self.open.append((now + self.rules.lasts, pod))

    def close(self, now: int) -> None:
        """End what is over, and cut what a pod that ends still has."""
        cut = [(ends, pod) for ends, pod in self.open if pod.gone is not None and pod.gone <= now < ends]
        self.lost += len(cut)
        self.open = [(ends, pod) for ends, pod in self.open if now < ends and (pod.gone is None or now < pod.gone)]

    def replace(self, now: int, new: list[Pod]) -> None:
        """Do what the controllers of Deployment and ReplicaSet do, for which a pod on its way out counts no more."""
        staying = [each for each in self.pods if each.leaves is None]
        old = [each for each in staying if each not in new]
        if len(new) < self.rules.replicas and len(staying) < self.rules.replicas + self.rules.surge:
            new.append(Pod(self.rules, now, len(new) % self.rules.zones))
            self.pods.append(new[-1])
        # One that is not ready goes at any time.
        spare = sum(each.ready(now) for each in staying) - (self.rules.replicas - self.rules.unavailable)
        if old and spare > 0:
            old[0].leaves = now


def lost_in_a_rollout(rules: Rollout) -> int:
    """Return how many connections are lost while all pods are replaced, one after the other."""
    balancer, new = Balancer(rules), list[Pod]()
    end: int | None = None
    for now in itertools.count():
        balancer.replace(now, new)
        balancer.connect(now)
        balancer.close(now)
        done = len(new) == rules.replicas and all(each.leaves is not None for each in balancer.pods if each not in new)
        end = now + rules.grace + LATE + REGISTERING if done and end is None else end
        if end is not None and now >= end:
            return balancer.lost
    raise AssertionError


def lost_on_a_spot_node(rules: Rollout, *, drained: bool) -> int:
    """Return how many connections are lost when the node of one pod ends, two minutes after the notice of it.

    `drained` says that somebody has the pod leave as soon as the notice is there.
    """
    balancer = Balancer(rules)
    balancer.pods[0].node_ends = NOTICE
    balancer.pods[0].leaves = 0 if drained else None
    balancer.pods.append(Pod(rules, 0, 0))
    for now in range(NOTICE + LATE + REGISTERING + rules.grace):
        balancer.connect(now)
        balancer.close(now)
    return balancer.lost
