"""What AWS is asked about load balancers before a run: their subnets, and whether Elastic IPs are available."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import (
    elastic_ips,
    lookup,
)
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import (
    subnets as load_balancer_subnets,
)
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers.plan import Places


class AwsAccount:
    """The account of a cluster, for plan.plan; AWS is not asked before the first question."""

    def __init__(self, region: str, cluster: str, vpc_id: str = "") -> None:
        """Keep what is asked about; without `vpc_id` the EKS cluster of that name says which VPC it is in."""
        self._region = region
        self._cluster = cluster
        self._vpc_id = vpc_id
        self._promised = 0

    @cached_property
    def _session(self) -> Session:
        return Session(self._region)

    def holds(self, wanted: Sequence[str], there: Sequence[str], host: str) -> bool:
        """Say whether the subnets `wanted` (ids or names) hold all of `there`, or of the load balancer `host`."""
        try:
            ids = self._ids(wanted)
            if there:
                return self._ids(there) <= ids
            found = lookup.balancers(self._session, [host])
        except (AwsError, load_balancer_subnets.SubnetsError):
            return False
        return bool(found) and all(set(each.subnets) <= ids for each in found)

    def _ids(self, wanted: Sequence[str]) -> set[str]:
        return {each.id for each in load_balancer_subnets.named(self._session, wanted, self._vpc_id)}

    def places(self, release: str, scheme: str, subnets: Sequence[str]) -> Places:
        """Find the places of a new load balancer, and whether each can have an Elastic IP."""
        try:
            found = self._subnets(scheme, subnets)
            zones = [each.zone for each in found]
            count = elastic_ips.missing(self._session, self._cluster, release, zones)
            hindrance = elastic_ips.hindrance(self._session, self._cluster, release, count, self._promised)
        except (AwsError, load_balancer_subnets.SubnetsError) as error:
            return Places(hindrance=str(error).rstrip("."))
        if hindrance:
            return Places(hindrance=hindrance)
        self._promised += count
        return Places(tuple(each.id for each in found), tuple(zones))

    def _subnets(self, scheme: str, wanted: Sequence[str]) -> list[load_balancer_subnets.Subnet]:
        if wanted:
            return load_balancer_subnets.named(self._session, wanted, self._vpc_id)
        return load_balancer_subnets.discover(self._session, self._cluster, self._vpc_id, scheme)
