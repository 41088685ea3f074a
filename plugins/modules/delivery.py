#!/usr/bin/python
"""Module that moves a release's objects from Helm to Argo CD, or back, or deletes them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: delivery
short_description: Moves a release's objects from Helm to Argo CD, or back
version_added: 0.1.0
description:
  - V(argocd) makes Argo CD the owner of the fields that Helm owns, so that its first sync takes the objects over as
    they are. Helm's record is forgotten later, once the Application is Synced and Healthy, by M(landfall.eks.settle).
  - V(helm) deletes what Argo CD is told the release by, finalizers dropped and its objects kept, and makes Helm their
    owner; Helm then has to be told to adopt them.
  - V(absent) deletes what Argo CD is told the release by and, where Helm does not know the release, its objects.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  state:
    description: Who delivers the release from now on.
    type: str
    choices: [argocd, helm, absent]
    required: true
  name:
    description: Name of the release.
    type: str
    required: true
  namespace:
    description: Namespace of the release.
    type: str
    required: true
  kinds:
    description: The kinds of its objects, each C({group, kind, version}).
    type: list
    elements: dict
    required: true
  told_by:
    description:
      - What Argo CD is told the release by, the Application first, each C({api_version, kind, name, namespace}).
    type: list
    elements: dict
    default: []
attributes:
  diff_mode:
    description: Whether the task shows what it changes as a difference.
    support: full
"""

EXAMPLES = r"""
- name: Take a release back from Argo CD
  landfall.eks.delivery:
    kubeconfig: .landfall/kubeconfig
    state: helm
    name: flask-app
    namespace: flask-app
    kinds:
      - {group: apps, version: v1, kind: Deployment}
    told_by:
      - {api_version: argoproj.io/v1alpha1, kind: Application, name: flask-app, namespace: argocd}
"""

RETURN = r"""
objects:
  description: Objects of the release that were there.
  type: list
  elements: str
  returned: always
handed_over:
  description: Objects whose owner changed.
  type: list
  elements: str
  returned: always
removed:
  description: Objects that were deleted.
  type: list
  elements: str
  returned: always
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.argocd import takeover
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading


def version_of(kind: dict[str, str]) -> str:
    return "/".join(each for each in (kind["group"], kind["version"]) if each)


def shown(result: dict[str, Any], to: str) -> dict[str, str]:
    """Return a diff by titles: what changes its owner, and what goes."""
    other = "helm" if to == "argocd" else "argocd"
    return {
        "before": "".join(
            [f"{each}: {other}\n" for each in result["handed_over"]] + [f"{each}\n" for each in result["removed"]]
        ),
        "after": "".join(f"{each}: {to}\n" for each in result["handed_over"]),
    }


def run(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    options, dry_run = module.params, module.check_mode
    kinds = [(version_of(each), each["kind"]) for each in options["kinds"]]
    release = takeover.Delivered(options["name"], options["namespace"], kinds)
    there = [takeover.title(each) for each in takeover.live_objects(cluster, release) if takeover.of_either(each)]
    handed_over: list[str] = []
    removed: list[str] = []
    if options["state"] == "argocd":
        handed_over = takeover.rename(cluster, release, takeover.HELM, takeover.ARGOCD, dry_run=dry_run)
    else:
        removed = takeover.remove(cluster, options["told_by"], dry_run=dry_run)
    if options["state"] == "helm":
        handed_over = takeover.rename(cluster, release, takeover.ARGOCD, takeover.HELM, dry_run=dry_run)
    if options["state"] == "absent":
        removed += takeover.delete_objects(cluster, release, dry_run=dry_run)
    return {"objects": there, "handed_over": handed_over, "removed": removed}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "state": {"type": "str", "choices": ["argocd", "helm", "absent"], "required": True},
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "kinds": {"type": "list", "elements": "dict", "required": True},
            "told_by": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        try:
            result = run(module, cluster)
        except takeover.TakeoverError as error:
            module.fail_json(msg=str(error))
        changed = bool(result["handed_over"] or result["removed"])
        module.exit_json(changed=changed, diff=shown(result, module.params["state"]), **result)


if __name__ == "__main__":
    main()
