"""Updates by EKS's own API, begun and waited for, where CloudFormation does not do them."""

from __future__ import annotations

import time

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import live

PAUSE = 10.0
"""Seconds between two looks."""
WAIT_SECONDS = 36 * 3600
"""As long as CloudFormation itself waits for a cluster or a node group (timeoutInMinutes of their schemas)."""


def move_control_plane(session: Session, cluster: str, version: str) -> None:
    """Move a control plane to another version, up or back, and wait until EKS has done so. AwsError.

    What a run that was killed began is waited for, and not begun again: EKS does one at a time.
    """
    going = _going(session, cluster)
    if going is None or going.version != version:
        answer = session.call("eks", "update_cluster_version", name=cluster, version=version)
        follow(session, cluster, answer["update"]["id"])
    else:
        follow(session, cluster, going.id)


def renew_nodes(session: Session, cluster: str, group: str, version: str) -> None:
    """Replace the nodes of a group by some with the newest image of a version of Kubernetes, and wait. AwsError.

    The version is always named: without one, EKS moves the group to that of the control plane (EKS API reference,
    UpdateNodegroupVersion).
    """
    going = _going(session, cluster, group)
    if going is None:
        answer = session.call(
            "eks", "update_nodegroup_version", clusterName=cluster, nodegroupName=group, version=version
        )
        follow(session, cluster, answer["update"]["id"], group)
    else:
        follow(session, cluster, going.id, group)


def _going(session: Session, cluster: str, group: str = "") -> live.Update | None:
    found = live.read_updates(session, cluster, group)
    return next((each for each in found if each.status == "InProgress"), None)


def follow(session: Session, cluster: str, update: str, group: str = "") -> None:
    """Wait for an update that was begun; AwsError with EKS's reason if it failed."""
    where = {"nodegroupName": group} if group else {}
    end = time.monotonic() + WAIT_SECONDS
    while True:
        told = session.call("eks", "describe_update", name=cluster, updateId=update, **where)["update"]
        if told["status"] == "Successful":
            return
        if told["status"] != "InProgress":
            why = "; ".join(str(each.get("errorMessage", "")).rstrip(".") for each in told.get("errors") or [])
            what = f"the nodes of {group}" if group else f"the control plane of {cluster}"
            raise AwsError(f"EKS did not update {what} ({told['status']}): {why or 'it gives no reason'}.")
        if time.monotonic() > end:
            raise AwsError(
                f"EKS has been at update {update} of {cluster} for {WAIT_SECONDS // 3600} hours: look there."
            )
        time.sleep(PAUSE)
