"""The EKS clusters of an account, as hosts of an inventory."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws import token
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal, spoken

SIDE_BY_SIDE = 8
READY = "ACTIVE"
NEEDED = "allow eks:ListClusters and eks:DescribeCluster there, or take it out of regions"

Facts = dict[str, Any]


@dataclass(frozen=True)
class Access:
    """How AWS is asked: as a profile, and with roles (ARNs) that are assumed from it, one by one."""

    profile: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filters:
    """Which clusters: `names` are patterns as of a shell, `tags` the values (one, or several) that a tag may have."""

    names: Sequence[str] = ("*",)
    tags: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def pick(self, facts: Facts) -> bool:
        """Whether a cluster is wanted."""
        by_name = any(fnmatch.fnmatchcase(facts["name"], pattern) for pattern in self.names)
        return by_name and all(facts["tags"].get(tag) in _several(values) for tag, values in self.tags.items())


def _several(values: str | Sequence[str]) -> list[str]:
    return [values] if isinstance(values, str) else list(values)


def read_clusters(regions: Sequence[str], access: Access) -> list[Facts]:
    """Return the facts of all clusters of some regions; without any, of the region that the environment names.

    Raises AwsError, with a sentence for each region without an answer.
    """
    found: list[Facts] = []
    problems = []
    for region in regions or [""]:
        try:
            found += _of_region(Session(region, access.profile, access.roles))
        except AwsError as error:
            advice = f": {NEEDED}" if refusal(error) else ""
            problems.append(f"The clusters of {region or 'the region'} are not known: {_bare(error)}{advice}.")
    if problems:
        raise AwsError(" ".join(problems))
    return found


def _bare(error: AwsError) -> str:
    return str(error).rstrip(".")


def _of_region(session: Session) -> list[Facts]:
    names = [name for page in session.pages("eks", "list_clusters") for name in page["clusters"]]
    client = session.client("eks")

    def described(name: str) -> Facts:
        with spoken(f"eks describe_cluster of {name}"):
            return facts_of(client.describe_cluster(name=name)["cluster"], session.region)

    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        return list(pool.map(described, names))


def facts_of(cluster: Mapping[str, Any], region: str) -> Facts:
    """Return what is kept of an answer of describe_cluster: plain JSON, and no secret is in it."""
    network = cluster.get("resourcesVpcConfig") or {}
    return {
        "name": cluster["name"],
        "support": str((cluster.get("upgradePolicy") or {}).get("supportType", "")),
        "arn": cluster["arn"],
        "account": cluster["arn"].split(":")[4],
        "region": region,
        "status": cluster.get("status", ""),
        "version": cluster.get("version", ""),
        "endpoint": cluster.get("endpoint", ""),
        "certificate_authority": (cluster.get("certificateAuthority") or {}).get("data", ""),
        "auto_mode": bool((cluster.get("computeConfig") or {}).get("enabled")),
        "vpc_id": network.get("vpcId", ""),
        "subnet_ids": list(network.get("subnetIds") or []),
        "public_access": bool(network.get("endpointPublicAccess", True)),
        "tags": dict(cluster.get("tags") or {}),
    }


def named(found: Iterable[Facts], filters: Filters) -> tuple[dict[str, Facts], list[str]]:
    """Return the wanted clusters that can be worked with, by the name of their host, and warnings about the others.

    A host is called as its cluster is; where several regions have one of that name, each is called <name>.<region>.
    """
    wanted = [each for each in found if filters.pick(each)]
    warnings = [
        f"The cluster {each['name']} in {each['region']} is left out, since it is {each['status'] or 'of no status'} "
        f"and not {READY}."
        for each in wanted
        if each["status"] != READY
    ]
    ready = [each for each in wanted if each["status"] == READY]
    often = {name for name, count in Counter(each["name"] for each in ready).items() if count > 1}
    warnings += [
        f"Several clusters are called {name}: their hosts are {name}.<region>, and each needs a hosts_file of its own."
        for name in sorted(often)
    ]
    hosts = {f"{each['name']}.{each['region']}" if each["name"] in often else each["name"]: each for each in ready}
    return hosts, warnings


def kubeconfig(facts: Facts, access: Access) -> dict[str, Any]:
    """Return a kubeconfig for a cluster whose tokens are made when they are needed; no secret is in it."""
    name = facts["name"]
    cluster = {"server": facts["endpoint"], "certificate-authority-data": facts["certificate_authority"]}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "users": [
            {"name": name, "user": {"exec": token.command(name, facts["region"], access.profile, access.roles)}},
        ],
        "preferences": {},
    }
