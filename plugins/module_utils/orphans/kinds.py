"""One finder for each kind of object that a cluster can leave in AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws import tags as cluster_tags
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import tags_of
from ansible_collections.landfall.eks.plugins.module_utils.orphans import account, network
from ansible_collections.landfall.eks.plugins.module_utils.orphans.account import Account, Finder, Orphan

GONE = frozenset({"deleted", "deleting", "terminated", "shutting-down"})
NAT_GATEWAYS = ("nat-gateway", "describe_nat_gateways", "NatGateways", "NatGatewayId")
INTERNET_GATEWAYS = ("internet-gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId")


def stacks(at: Account) -> Iterator[Orphan]:
    """Stacks that are there, whatever their state."""
    for name, status in at.stacks.items():
        yield Orphan("stack", name, name, "its name or tag", "no: playbooks/cluster.yml deletes it", f"it is {status}")


def volumes(at: Account) -> Iterator[Orphan]:
    """Volumes that the EBS driver made for claims."""
    for each in account.tagged(at, "volume", "describe_volumes", "Volumes", "volume-id"):
        tags = tags_of(each.get("Tags") or [])
        why = cluster_tags.reason(tags, at.name)
        if not why or at.part_of_stack(each["VolumeId"], tags) or each["State"] in GONE:
            continue
        claim = "/".join(tags.get(f"kubernetes.io/created-for/pvc/{part}", "") for part in ("namespace", "name"))
        price = account.VOLUME_GIB_USD.get(each.get("VolumeType", ""))
        yield Orphan(
            "volume",
            each["VolumeId"],
            tags.get("Name", "") if claim == "/" else claim,
            why,
            "volumes" if each["State"] == "available" else "no: it is attached",
            f"{each['Size']} GiB, {each['State']}",
            None if price is None else round(price * each["Size"], 2),
        )


def snapshots(at: Account) -> Iterator[Orphan]:
    """Snapshots of such volumes."""
    for each in account.tagged(at, "snapshot", "describe_snapshots", "Snapshots", "snapshot-id", OwnerIds=["self"]):
        tags = tags_of(each.get("Tags") or [])
        if why := cluster_tags.reason(tags, at.name):
            size = each.get("VolumeSize", 0)
            holds = f"of {each.get('VolumeId', '?')}, at most {size} GiB"
            price = round(account.SNAPSHOT_GIB_USD * size, 2)
            yield Orphan("snapshot", each["SnapshotId"], tags.get("Name", ""), why, "snapshots", holds, price)


def log_groups(at: Account) -> Iterator[Orphan]:
    """The control plane's log, which EKS makes again when its last lines come after the group was deleted."""
    for prefix in (f"/aws/eks/{at.name}/", f"/aws/containerinsights/{at.name}/"):
        for each in account.listed(at.session, "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
            size = each.get("storedBytes", 0) / account.GIB
            if each["logGroupName"] not in at.of_stacks:
                price = round(account.LOG_GIB_USD * size, 2)
                name = each["logGroupName"]
                yield Orphan("log group", name, name, "its name", "logs", f"{size:.1f} GiB", price)


def roles(at: Account) -> Iterator[Orphan]:
    """IAM roles and instance profiles of Landfall's stacks that are no part of one any more."""
    prefix = f"{account.stack_names(at.name)[0]}-"
    for kind, operation, where, key in (
        ("role", "list_roles", "Roles", "RoleName"),
        ("instance profile", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    ):
        for each in account.listed(at.session, "iam", operation, where):
            name = each[key]
            if name.startswith(prefix) and name not in at.of_stacks and _iam_tags(at, kind, name):
                why = f"tag {cluster_tags.LANDFALL} = {at.name}"
                yield Orphan(kind, name, name, why, "no: nothing is billed; delete it in IAM", "", 0.0)


def _iam_tags(at: Account, kind: str, name: str) -> bool:
    """Say whether an IAM object has the cluster's tag: a name that begins alike may be of another cluster."""
    if kind == "role":
        answer = at.session.call("iam", "list_role_tags", RoleName=name)
    else:
        answer = at.session.call("iam", "list_instance_profile_tags", InstanceProfileName=name)
    return tags_of(answer["Tags"]).get(cluster_tags.LANDFALL) == at.name


def keys(at: Account) -> Iterator[Orphan]:
    """KMS keys of the cluster's secrets; one that is pending deletion costs nothing and can still be called back."""
    for each in account.listed(at.session, "kms", "list_keys", "Keys"):
        identity = each["KeyId"]
        if identity in at.of_stacks:
            continue
        known = at.session.call("kms", "describe_key", KeyId=identity)["KeyMetadata"]
        if known.get("KeyManager") == "AWS":
            continue
        answer = at.session.call("kms", "list_resource_tags", KeyId=identity)["Tags"]
        why = cluster_tags.reason({tag["TagKey"]: tag["TagValue"] for tag in answer}, at.name)
        if why:
            pending = known["KeyState"] == "PendingDeletion"
            until = f"AWS deletes it on {known['DeletionDate']:%Y-%m-%d}" if pending else known["KeyState"]
            taken = account.LEFT_TO_AWS if pending else "no: what it encrypted would be lost"
            yield Orphan("key", identity, known.get("Description", ""), why, taken, until, 0.0 if pending else 1.0)


def _rest(kind: str, listing: tuple[str, str, str, str], monthly: float = 0.0) -> Finder:
    """Return a finder for what only a stack makes, and what is left of it when the stack is gone."""

    resource, operation, where, key = listing

    def found(at: Account) -> Iterator[Orphan]:
        for each in account.tagged(at, resource, operation, where, f"{resource}-id"):
            tags, state = tags_of(each.get("Tags") or []), _state(each)
            why = cluster_tags.reason(tags, at.name)
            if why and state not in GONE and not at.part_of_stack(each[key], tags):
                taken = "no: it was made with the network; delete it by hand"
                yield Orphan(kind, each[key], tags.get("Name", ""), why, taken, state, monthly)

    return found


def instances(at: Account) -> Iterator[Orphan]:
    """Machines: nodes that outlived their group, or those of Auto Mode."""
    for group in account.tagged(at, "instance", "describe_instances", "Reservations", "instance-id"):
        for each in group["Instances"]:
            tags = tags_of(each.get("Tags") or [])
            why = cluster_tags.reason(tags, at.name)
            if why and _state(each) not in GONE and not account.cluster_is_there(at):
                taken = "no: terminate it by hand"
                yield Orphan("instance", each["InstanceId"], tags.get("Name", ""), why, taken, _state(each), None)


def _state(each: dict[str, Any]) -> str:
    state = each.get("State", "")
    return str(state.get("Name", "") if isinstance(state, dict) else state)


FINDERS: dict[str, Finder] = {
    "stack": stacks,
    "load balancer": network.load_balancers,
    "classic load balancer": network.classic_load_balancers,
    "target group": network.target_groups,
    "network interface": network.interfaces,
    "security group": network.security_groups,
    "instance": instances,
    "volume": volumes,
    "snapshot": snapshots,
    "address": network.addresses,
    "NAT gateway": _rest("NAT gateway", NAT_GATEWAYS, account.GATEWAY_USD),
    "subnet": _rest("subnet", ("subnet", "describe_subnets", "Subnets", "SubnetId")),
    "internet gateway": _rest("internet gateway", INTERNET_GATEWAYS),
    "route table": _rest("route table", ("route-table", "describe_route_tables", "RouteTables", "RouteTableId")),
    "network": _rest("network", ("vpc", "describe_vpcs", "Vpcs", "VpcId")),
    "log group": log_groups,
    "role": roles,
    "key": keys,
}
"""In the order in which they are shown."""
