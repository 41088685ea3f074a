"""Many objects read with few requests."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException

LIMIT = 200
"""Objects of one kind that are listed for the sake of a few; where there are more, each is read by itself."""

Object = dict[str, Any]


class Address(NamedTuple):
    """Where an object is; `namespace` is empty, or of no account, for an object of the cluster."""

    api_version: str
    kind: str
    namespace: str
    name: str


class Snapshots:
    """Reads objects of a cluster, and remembers which kinds cannot be listed."""

    def __init__(self, cluster: Cluster) -> None:
        """Take the cluster."""
        self.cluster = cluster
        self._unlisted: set[tuple[str, str]] = set()

    def read(self, wanted: Iterable[Address]) -> dict[Address, Object | None]:
        """Return each object, or None if it (or its kind) is not there; several of one kind come in one list.

        Raises ApiException.
        """
        kinds: dict[tuple[str, str], list[Address]] = {}
        for each in dict.fromkeys(wanted):
            kinds.setdefault((each.api_version, each.kind), []).append(each)
        found: dict[Address, Object | None] = {}
        for kind, addresses in kinds.items():
            listed = self._listed(kind, {each.namespace for each in addresses}) if len(addresses) > 1 else None
            found |= {each: self._get(each) if listed is None else _of(listed, each) for each in addresses}
        return found

    def _get(self, each: Address) -> Object | None:
        return self.cluster.get(each.api_version, each.kind, each.name, each.namespace)

    def _listed(self, kind: tuple[str, str], namespaces: set[str]) -> list[Object] | None:
        """Return the objects of a kind, in one namespace or in all; None where each is better read by itself."""
        path = self.cluster.resource_path(*kind, next(iter(namespaces)) if len(namespaces) == 1 else None)
        if path is None or kind in self._unlisted:
            return None if path else []
        try:
            page = self.cluster.request("GET", path, query={"limit": str(LIMIT)})
        except ApiException as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            page = {"metadata": {"continue": "unknown"}}
        if (page.get("metadata") or {}).get("continue"):
            self._unlisted.add(kind)
            return None
        # In a list the API leaves out what all items have in common.
        return [{"apiVersion": kind[0], "kind": kind[1], **each} for each in page.get("items") or []]


def _of(listed: list[Object], wanted: Address) -> Object | None:
    """Return one of the objects of a kind; one of the cluster has no namespace, whatever was asked for."""
    for each in listed:
        metadata = each["metadata"]
        if metadata["name"] == wanted.name and metadata.get("namespace", wanted.namespace) == wanted.namespace:
            return each
    return None
