#!/usr/bin/python
"""Module that says what a run would change, object by object, against what is live."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plan
short_description: Says what a run would change against live objects
version_added: 0.1.0
description:
  - Renders the releases that would change, applies every object in a dry run of the API server, and says of each
    whether it would be created, changed, replaced (a field that cannot change) or deleted, which data is at risk, and
    what would newly be open to the internet.
  - What cannot be tried yet, since its namespace or kind comes with the run, is validated by schema and marked so.
  - Secrets are masked. Nothing in the cluster is changed.
  - Its action half shows the plan, writes it to a file, and fails on changes where that is wanted.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  cluster:
    description: Name of the cluster, as it is shown.
    type: str
    required: true
  path:
    description: File that the plan is written to, as JSON.
    type: path
    required: true
  fail_on_changes:
    description: Whether the task fails if anything would change.
    type: bool
    default: false
  records:
    description: Namespace of Landfall's own records, which a run makes first.
    type: str
    required: true
  releases:
    description: The releases that would change, each with its chart and values.
    type: list
    elements: dict
    default: []
  runs:
    description: All releases of the run, C({name, namespace}).
    type: list
    elements: dict
    default: []
  objects:
    description: Objects that roles apply themselves, C({component, objects}).
    type: list
    elements: dict
    default: []
  policies:
    description: NetworkPolicies of each component, by its name, as its C(network_policies).
    type: dict
    default: {}
  permissions:
    description: Permissions of each component, by its name, as its C(permissions).
    type: dict
    default: {}
  namespaces:
    description: Namespaces that would be made or labelled.
    type: list
    elements: str
    default: []
  definitions:
    description: Custom resource definitions that would be applied.
    type: list
    elements: str
    default: []
  secrets:
    description: Secrets and Certificates that would be written or go, C({action, kind, namespace, name}).
    type: list
    elements: dict
    default: []
  handed_over:
    description: Objects that would get another owner or go, C({component, to, objects, removed}).
    type: list
    elements: dict
    default: []
  untested:
    description: How charts differ from those that Landfall is tested with, by release.
    type: dict
    default: {}
  unverified:
    description: Names of the releases whose charts no sha256 of the settings confirms.
    type: list
    elements: str
    default: []
  others:
    description: What is no object to be applied, C({component, action, kind, namespace, name, note}).
    type: list
    elements: dict
    default: []
attributes:
  diff_mode:
    description: Whether the task shows what it changes as a difference.
    support: full
"""

EXAMPLES = r"""
- name: Say what would change
  landfall.eks.plan:
    kubeconfig: .landfall/kubeconfig
    cluster: local
    path: .landfall/plan.json
    records: landfall-system
"""

RETURN = r"""
plan:
  description: What is written to the file; see docs/plan.md.
  type: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm import crds, render
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart import ChartError
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.module_utils.plan import collect, report

LIST_OF_DICTS = {"type": "list", "elements": "dict", "default": []}
LIST_OF_NAMES = {"type": "list", "elements": "str", "default": []}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "cluster": {"type": "str", "required": True},
            "path": {"type": "path", "required": True},
            "fail_on_changes": {"type": "bool", "default": False},
            "records": {"type": "str", "required": True},
            **dict.fromkeys(("releases", "runs", "objects", "handed_over", "others"), LIST_OF_DICTS),
            # Names alone.
            "secrets": {**LIST_OF_DICTS, "no_log": False},
            **{name: {"type": "dict", "default": {}} for name in ("policies", "permissions", "untested")},
            **dict.fromkeys(("namespaces", "definitions", "unverified"), LIST_OF_NAMES),
        },
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        helm = module.get_bin_path("helm") or "helm"
        try:
            plan, rows = collect.collect(cluster, module.params, helm)
        except (render.RenderError, crds.DefinitionError, ChartError) as error:
            module.fail_json(msg=str(error))
        module.exit_json(changed=False, plan=plan, diff=report.diff(rows))


if __name__ == "__main__":
    main()
