"""Protection against deletion: of the stack, by CloudFormation, and of the cluster, by EKS.

The cluster's is switched by EKS's API and is no part of the template: EKS refuses to delete an active cluster that has
it (EKS user guide, deletion-protection), so CloudFormation could not roll back a creation whose nodes fail.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal
from ansible_collections.landfall.eks.plugins.module_utils.eks import stack
from ansible_collections.landfall.eks.plugins.module_utils.eks.clusters import READY
from ansible_collections.landfall.eks.plugins.module_utils.eks.upgrade_facts import NOT_FOUND

ALIVE = (READY, "UPDATING", "PENDING")
"""States in which EKS refuses to delete a protected cluster; it deletes one that is creating, failed or deleting."""
WAIT_SECONDS = 600
PAUSE = 5.0


@dataclass(frozen=True)
class Protection:
    """Whether a stack and a cluster are protected; None for one that is not there, or that others made."""

    stack: bool | None
    cluster: bool | None

    def differs(self, wanted: bool) -> bool:
        """Whether anything that is there is not as wanted."""
        return (not wanted) in {self.stack, self.cluster}


def read(session: Session, stack_name: str, cluster: str) -> Protection:
    """Return what is protected; `cluster` is empty for a stack that has none. AwsError.

    Without the stack, a cluster of that name is somebody else's, and is left alone.
    """
    found = stack.read(session, stack_name)
    if not found.there or found.status in stack.NEVER_MADE:
        return Protection(None, None)
    told = _cluster(session, cluster) if cluster else {}
    alive = told.get("status") in ALIVE
    return Protection(found.protected, bool(told.get("deletionProtection")) if alive else None)


def switch(session: Session, found: Protection, stack_name: str, cluster: str, wanted: bool) -> None:
    """Protect what is not as wanted, or no longer, and wait until it is so. AwsError."""
    if found.cluster is not None and found.cluster is not wanted:
        _await(session, cluster, found.cluster)
        session.call("eks", "update_cluster_config", name=cluster, deletionProtection=wanted)
        _await(session, cluster, wanted)
    if found.stack is not None and found.stack is not wanted:
        session.call(
            "cloudformation", "update_termination_protection", StackName=stack_name, EnableTerminationProtection=wanted
        )


def _await(session: Session, cluster: str, protected: bool) -> None:
    """Wait until EKS is at work on nothing of a cluster, before which it takes no other change, and it is as said."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        told = _cluster(session, cluster)
        if told.get("status") == READY and bool(told.get("deletionProtection")) is protected:
            return
        if time.monotonic() > end:
            raise AwsError(
                f"The cluster {cluster} is {told.get('status') or 'not there'} and its deletion protection was not "
                f"changed in {WAIT_SECONDS} s: look at it in EKS, then run again."
            )
        time.sleep(PAUSE)


def _cluster(session: Session, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = session.call("eks", "describe_cluster", name=name)["cluster"]
    except AwsError as error:
        if refusal(error) == NOT_FOUND:
            return {}
        raise
    return found
