"""The Lease that lets one run at a time work on a cluster: two that race for it cannot both win."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException

API_VERSION = "coordination.k8s.io/v1"
NAME = "landfall"
ENDING = "landfall.eks/ending"
"""Annotation of a Lease whose ansible-playbook has ended, while something that it had started is still at work."""
MARGIN_SECONDS = 2
"""The API server tells its time in whole seconds, so that two machines' readings can be that far apart."""

Clock = Callable[[], datetime]
"""Returns the time of the cluster, in UTC."""
Body = dict[str, Any]
"""A Lease as the API has it."""


class LeaseLostError(Exception):
    """A sentence on who has the Lease now, or that it is gone."""


@dataclass(frozen=True)
class Hold:
    """What a Lease says; `seconds` is its length unrenewed.

    `holder` is user@machine/run id/inventory host, empty for a free one.
    """

    holder: str
    since: str
    renewed: datetime
    seconds: int
    ending: bool

    def left(self, now: datetime) -> float:
        """Return the seconds until it ends by itself; negative once it has."""
        return (self.renewed + timedelta(seconds=self.seconds + MARGIN_SECONDS) - now).total_seconds()

    def free(self, now: datetime) -> bool:
        """Say whether anybody may take it."""
        return not self.holder or self.left(now) < 0

    def silent(self, now: datetime) -> bool:
        """Say whether a renewal is overdue, as it is once a machine has stopped or lost its network."""
        return (now - self.renewed).total_seconds() > self.seconds / 2

    def who(self) -> str:
        """Return who holds it, since when, and on what run id."""
        owner, run, _unused = parts_of(self.holder)
        return f"{owner} has been at work on this cluster since {self.since} (run {run})"


@dataclass(frozen=True)
class Busy:
    """Why the Lease could not be taken: `text` says it, `passing` that it will be over soon by itself.

    `holder` is whose it is; empty where that is not known yet.
    """

    text: str
    passing: bool
    holder: str = ""


def parts_of(holder: str) -> tuple[str, str, str]:
    """Return user@machine, run id and inventory host of a holder's name; an older Landfall named no inventory host."""
    owner, _unused, rest = holder.partition("/")
    run, _unused, host = rest.partition("/")
    return owner, run, host


def other_host(holder: str, ours: str) -> str:
    """Return the inventory host for which our own run holds the Lease already; empty if another run does, or none."""
    owner, run, host = parts_of(holder)
    return host if (owner, run) == parts_of(ours)[:2] and holder != ours else ""


def same_cluster(hosts: Iterable[str]) -> str:
    """Return the sentence for inventory hosts of one run that are one cluster."""
    return (
        f"{' and '.join(sorted(hosts))} are the same cluster: take all but one of them out of the inventory, or write "
        "the platform_kubeconfig or platform_context of the cluster that is meant."
    )


def hold_of(body: Body) -> Hold:
    """Return what a Lease says."""
    spec = body.get("spec") or {}
    return Hold(
        holder=spec.get("holderIdentity") or "",
        since=_shown(spec.get("acquireTime")),
        renewed=_parsed(spec.get("renewTime")),
        seconds=spec.get("leaseDurationSeconds") or 0,
        ending=ENDING in (body["metadata"].get("annotations") or {}),
    )


class Lease:
    """The Lease of one namespace; every write names the version that it was based on, so that of two one fails."""

    def __init__(self, cluster: Cluster, namespace: str, clock: Clock) -> None:
        """Keep where the Lease is, and what tells the time there: clocks of machines differ, and all must agree."""
        self.cluster = cluster
        self.namespace = namespace
        self.clock = clock
        self.path = f"/apis/{API_VERSION}/namespaces/{namespace}/leases"

    def read(self) -> Body | None:
        """Return the Lease, or None."""
        return self.cluster.get(API_VERSION, "Lease", NAME, self.namespace)

    def take(self, holder: str, seconds: int) -> Body | Busy:
        """Try once to get the Lease for `seconds`; return it, or why not. A holder may take its own one again."""
        found = self.read()
        if found is not None and (busy := self._busy(hold_of(found), holder)):
            return busy
        try:
            if found is None:
                return self.cluster.create(self.path, self._taken(self._new(), holder, seconds))
            return self._put(self._taken(found, holder, seconds))
        except ApiException as error:
            if error.status not in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
                raise
            return Busy("another run is just taking the Lease of this cluster", passing=True)

    def renew(self, held: Body, *, ending: bool = False) -> Body:
        """Renew a Lease that this run has; `ending` tells others that the run is about to be over.

        Raises LeaseLostError if somebody else has it now, or if it was deleted.
        """
        try:
            return self._put(self._renewed(held, ending))
        except ApiException as error:
            if error.status not in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
                raise
        # Somebody may merely have put a label on it.
        return self._put(self._renewed(self.still_ours(hold_of(held).holder), ending))

    def still_ours(self, holder: str) -> Body:
        """Return the Lease if `holder` has it; raises LeaseLostError if not."""
        found = self.read()
        if found is None:
            raise LeaseLostError("the Lease of this run was deleted")
        now = hold_of(found)
        if now.holder != holder:
            raise LeaseLostError(
                f"the Lease of this run ran out, and {now.who()}" if now.holder else "the Lease was freed"
            )
        return found

    def release(self, held: Body, *, delete: bool) -> None:
        """Free a Lease that this run has, or delete it; another one's is left alone."""
        try:
            now = self.still_ours(hold_of(held).holder)
            if delete:
                read = {"resourceVersion": now["metadata"]["resourceVersion"]}
                self.cluster.delete(f"{self.path}/{NAME}", preconditions=read)
            else:
                self._put(self._freed(now))
        except LeaseLostError:
            return
        except ApiException as error:
            if error.status not in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
                raise

    def _busy(self, hold: Hold, holder: str) -> Busy | None:
        now = self.clock()
        if hold.holder == holder or hold.free(now):
            return None
        if hold.ending:
            return Busy(f"{hold.who()}, has ended, and leaves Helm still at work", passing=True, holder=hold.holder)
        if hold.silent(now):
            text = f"{hold.who()}, is silent, and loses the Lease in {hold.left(now):.0f} s"
            return Busy(text, passing=True, holder=hold.holder)
        return Busy(hold.who(), passing=False, holder=hold.holder)

    def _put(self, body: Body) -> Body:
        return self.cluster.replace(f"{self.path}/{NAME}", body)

    def _new(self) -> Body:
        return {
            "apiVersion": API_VERSION,
            "kind": "Lease",
            "metadata": {"name": NAME, "namespace": self.namespace, "labels": namespaces.LABEL_OURS},
        }

    def _taken(self, found: Body, holder: str, seconds: int) -> Body:
        body, now = copy.deepcopy(found), _written(self.clock())
        before = body.get("spec") or {}
        ours = before.get("holderIdentity") == holder
        body["metadata"].get("annotations", {}).pop(ENDING, None)
        body["spec"] = {
            "holderIdentity": holder,
            "acquireTime": before["acquireTime"] if ours else now,
            "renewTime": now,
            "leaseDurationSeconds": seconds,
            "leaseTransitions": (before.get("leaseTransitions") or 0) + (not ours),
        }
        return body

    def _renewed(self, held: Body, ending: bool) -> Body:
        body = copy.deepcopy(held)
        body["spec"]["renewTime"] = _written(self.clock())
        if ending:
            body["metadata"].setdefault("annotations", {})[ENDING] = "true"
        return body

    def _freed(self, held: Body) -> Body:
        body = self._renewed(held, ending=False)
        body["metadata"].get("annotations", {}).pop(ENDING, None)
        for name in ("holderIdentity", "acquireTime"):
            body["spec"].pop(name, None)
        return body


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _parsed(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.fromtimestamp(0, UTC)


def _shown(text: str | None) -> str:
    return f"{_parsed(text):%Y-%m-%d %H:%M:%S} UTC"
