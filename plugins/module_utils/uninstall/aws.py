"""What AWS holds of the platform once the cluster has let go: its load balancers, and addresses that were kept."""

from __future__ import annotations

from collections.abc import Collection

from ansible_collections.landfall.eks.plugins.module_utils.aws import tags
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.orphans import search
from ansible_collections.landfall.eks.plugins.module_utils.orphans.account import Orphan, listed


def balancers_there(session: Session, hosts: Collection[str]) -> dict[str, str]:
    """Return, by title, what AWS says of the load balancers with these DNS names that it still lists. AwsError."""
    if not hosts:
        return {}
    waiting = {}
    for each in listed(session, "elbv2", "describe_load_balancers", "LoadBalancers"):
        if each["DNSName"] in hosts:
            state = (each.get("State") or {}).get("Code", "?")
            said = f"AWS still lists it ({state}){_protected(session, each['LoadBalancerArn'])}"
            waiting[f"load balancer {each['LoadBalancerName']}"] = said
    return waiting


def _protected(session: Session, arn: str) -> str:
    found = session.call("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)["Attributes"]
    protected = any(each["Key"] == "deletion_protection.enabled" and each["Value"] == "true" for each in found)
    return ": its deletion protection is on, switch it off" if protected else ""


def addresses(session: Session, name: str) -> list[Orphan]:
    """Return the Elastic IPs that Landfall allocated for the cluster's load balancers. AwsError."""
    report = search.find_orphans(session, name, ("address",))
    return [each for each in report.rows if each.why == f"tag {tags.LANDFALL} = {name}"]
