"""Who is at work on a cluster, read from the Lease without taking it."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import (
    Clock,
    Lease,
    hold_of,
)

NOBODY = {"running": False, "holder": "", "since": "", "text": "no rollout is at work"}


def read_lease(cluster: Cluster, namespace: str, clock: Clock | None = None) -> dict[str, object]:
    """Return {running, holder, since, text} of the run that holds the Lease of `namespace`."""
    clock = clock or cluster.server_time
    found = Lease(cluster, namespace, clock).read()
    if found is None:
        return dict(NOBODY)
    hold, now = hold_of(found), clock()
    if hold.free(now):
        text = f"{NOBODY['text']}; the last one never gave its Lease back" if hold.holder else str(NOBODY["text"])
        return {**NOBODY, "text": text}
    text = hold.who()
    if hold.ending:
        text += ", has ended, and leaves Helm still at work"
    elif hold.silent(now):
        text += f", is silent, and loses the Lease in {hold.left(now):.0f} s"
    return {"running": True, "holder": hold.holder, "since": hold.since, "text": text}
