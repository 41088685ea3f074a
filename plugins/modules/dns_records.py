#!/usr/bin/python
"""Module that keeps the records of a cluster's names in Route 53."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_records
short_description: Keeps the records of a cluster's names in Route 53
version_added: 0.1.0
description:
  - Keeps an alias (type A) for each name in a hosted zone that exists, which leads to the cluster's load balancer, and
    a TXT record beside it that says which cluster it is of.
  - A record without that mark, or with another cluster's, is never changed; a name that has one is a problem. Those of
    this cluster whose names are no longer wanted are removed, in every zone that ever held one.
  - Nothing is written if there is a problem. In check mode problems are returned, otherwise the module fails.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  namespace:
    description: Namespace of Landfall's own records, whose annotation names the zones that may hold some.
    type: str
    required: true
  names:
    description: Host names that are to lead to the load balancer.
    type: list
    elements: str
    default: []
  known:
    description: All names of the settings; their records stay, also where nothing serves them now.
    type: list
    elements: str
    default: []
  balancers:
    description: DNS names of the load balancer; in check mode it may be still to come.
    type: list
    elements: str
    default: []
  zone:
    description: Id or name of the hosted zone; empty for the public one with the longest name that fits.
    type: str
    default: ""
  role_arn:
    description: IAM role that is assumed for Route 53 alone, for a zone of another account.
    type: str
    default: ""
  region:
    description: AWS region of the load balancer; empty for that of the environment or the profile.
    type: str
    default: ""
attributes:
  diff_mode:
    description: Whether the task shows what it changes as a difference.
    support: full
"""

EXAMPLES = r"""
- name: Lead the names of a cluster to its load balancer
  landfall.eks.dns_records:
    cluster: production
    namespace: landfall-system
    names: [grafana.example.org]
    balancers: [k8s-ingress-nginxing-0123456789.elb.eu-central-1.amazonaws.com]
"""

RETURN = r"""
problems:
  description: Why names cannot be written, one sentence each.
  type: list
  elements: str
  returned: always
zones:
  description: The zone of each name.
  type: dict
  returned: always
notes:
  description: What stays although it was of this cluster, one sentence each.
  type: list
  elements: str
  returned: always
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, refusal
from ansible_collections.landfall.eks.plugins.module_utils.dns import names, records
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws

NOTHING: dict[str, Any] = {"changed": False, "problems": [], "zones": {}, "notes": []}
NO_BOTO3 = "The Python package boto3 is missing: install Landfall's requirements.txt."


def keep(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    """Return the module's result. AwsError."""
    params = module.params
    noted = names.noted(cluster, params["namespace"])
    if not (params["names"] or params["known"] or noted):
        return NOTHING
    if aws.MISSING:
        raise AwsError(NO_BOTO3)
    account = names.Account(params["cluster"], params["region"], params["role_arn"])
    wanted = names.Wanted(params["names"], params["known"], params["balancers"], params["zone"], noted)
    found = names.look(account, wanted, planning=module.check_mode)
    if found.problems:
        return NOTHING | {"problems": found.problems}
    if not module.check_mode:
        names.write(account, found, lambda ids: names.write_note(cluster, params["namespace"], ids))
    return {
        "changed": found.changed,
        "problems": [],
        "zones": {name: str(zone) for name, zone in found.places.items()},
        "notes": found.notes,
        "diff": {
            "before": found.lines(lambda each: each.before),
            "after": found.lines(lambda each: each.after),
            "before_header": "Route 53",
            "after_header": "Route 53",
        },
    }


def advised(error: AwsError, namespace: str, *, noted_only: bool) -> str:
    """Return a sentence for what AWS refused, with a way out."""
    if isinstance(error, records.DnsError):
        return str(error)
    out = (
        f"remove the annotation {names.NOTE} of the namespace {namespace} to leave the records of this cluster where "
        "they are"
        if noted_only
        else "write platform_dns: hosts"
    )
    allow = ": allow it (docs/aws.md has the policy)" if refusal(error) else ""
    return f"{str(error).rstrip('.')}{allow}, or {out}."


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "cluster": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "default": []},
            "known": {"type": "list", "elements": "str", "default": []},
            "balancers": {"type": "list", "elements": "str", "default": []},
            "zone": {"type": "str", "default": ""},
            "role_arn": {"type": "str", "default": ""},
            "region": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    params = module.params
    with reading(module) as cluster:
        try:
            result = keep(module, cluster)
        except AwsError as error:
            said = advised(error, params["namespace"], noted_only=not params["names"])
            result = NOTHING | {"problems": [said]}
    if result["problems"] and not module.check_mode:
        module.fail_json(msg=" ".join(result["problems"]), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
