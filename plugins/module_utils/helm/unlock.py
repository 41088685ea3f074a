"""Ending what an interrupted run left: Helm refuses to work on such a release, and nothing in Helm ends that state.

https://github.com/helm/helm/issues/4558
"""

from __future__ import annotations

from http import HTTPStatus

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.helm.command import Helm, HelmError
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import (
    Action,
    Decision,
    Live,
    Release,
    Wanted,
    decide,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException

INTERRUPTED = "Landfall: interrupted while it was {status}, no run works on it any more"


class UnlockError(Exception):
    """A sentence on a release that could not be unlocked."""


def unlock(cluster: Cluster, name: str, namespace: str, helm: Helm, *, dry_run: bool = False) -> Decision:
    """End what is unfinished of a release, unless with `dry_run`, and return the decision on it.

    A pending revision is marked failed and stays in the history, an interrupted uninstallation is finished. A release
    that has changed since it was last read is left as it is. Raises UnlockError.
    """
    live = Live(storage.read_revisions(cluster, namespace, name))
    decision = decide(live, Wanted(""))
    if live.newest is None or dry_run:
        return decision
    if decision.action is Action.UNLOCK_THEN_UPGRADE:
        _mark_failed(cluster, live.newest)
    elif decision.action is Action.UNINSTALL_THEN_INSTALL:
        try:
            helm.uninstall(name, namespace)
        except HelmError as error:
            said = f"The uninstallation of {namespace}/{name} was interrupted and could not be finished: {error}"
            raise UnlockError(said) from error
    return decision


def _mark_failed(cluster: Cluster, release: Release) -> None:
    description = INTERRUPTED.format(status=release["status"])
    secret = cluster.get("v1", "Secret", release["secret"], release["namespace"])
    if secret is None or storage.entry(secret["metadata"])["status"] != release["status"]:
        raise _at_work(release)
    try:
        storage.mark_failed(cluster, secret, description)
    except ApiException as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        # It may be this very mark, written by a first try whose answer was lost.
        now = cluster.get("v1", "Secret", release["secret"], release["namespace"])
        if now is None or storage.decode_release(now)["info"].get("description") != description:
            raise _at_work(release) from error


def _at_work(release: Release) -> UnlockError:
    return UnlockError(
        f"The release {release['namespace']}/{release['name']} changes while it is unlocked, so somebody else works on "
        f"it: wait until `helm history {release['name']} -n {release['namespace']}` shows no pending revision, then "
        "run again."
    )
